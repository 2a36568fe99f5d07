"""What those who watch over others find on their start page: figures, risks, failures, rosters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import peewee as pw
from flask import g

from automations import runner
from tracker import clock, definitions, fieldtypes, schema
from tracker.errors import Missing, Refused
from tracker.models import Automation, Run, View
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.rollcall import test
from tracker.schema import Base, Table
from tracker.text import label
from views.dashboards.figures import Figure, figure
from views.dashboards.narrowing import Narrowing
from views.dossier import Item, shown
from views.rosteroptions import options_of, rosters_of

FIGURES, RISKS, FAILURES = 4, 6, 5
FAILED_DAYS = 7


# ── the month in figures ─────────────────────────────────────────────────────


def figures(viewer: Viewer) -> list[tuple[str, Figure]]:
    """``(title, figure)``: the first numbers of the dashboards that are beside last month."""
    found: list[tuple[str, Figure]] = []
    for base in definitions.bases_of(viewer):
        for view in definitions.dashboards_of(viewer, base):
            for tile in options_of(view).get("tiles") or []:
                if tile.get("kind") == "number" and tile.get("compare") and len(found) < FIGURES:
                    found += _figure(viewer, tile)
    return found


def _figure(viewer: Viewer, tile: dict[str, Any]) -> list[tuple[str, Figure]]:
    try:
        title = label({"name": tile.get("title", ""), "names": tile.get("names")}, g.lang)
        return [(title, figure(viewer, tile, Narrowing()))]
    except (Missing, Refused, KeyError):
        return []


def views_of(viewer: Viewer) -> list[tuple[Table, View]]:
    """Every view the viewer may open, base by base."""
    return [
        (table, view)
        for base in definitions.bases_of(viewer)
        for table in definitions.tables_of(viewer, base)
        for view in definitions.views_of(viewer, table)
    ]


def calendar(viewer: Viewer) -> View | None:
    """The first calendar there is for this person."""
    return next((view for _table, view in views_of(viewer) if view.kind == "calendar"), None)


# ── neglect and risk ─────────────────────────────────────────────────────────


def rosters(viewer: Viewer) -> list[View]:
    """The first roster with a target of each base."""
    found: dict[int, View] = {}
    for table, view in views_of(viewer):
        options = options_of(view)
        target = options.get("target_days") or options.get("tiers")
        if view.kind == "roster" and options.get("visits") and target:
            found.setdefault(table.base_id, view)
    return list(found.values())[:2]


@dataclass(frozen=True)
class Risks:
    """What a roster counts as at risk; ``more`` beyond those shown."""

    items: list[Item]
    more: int
    table: Table


def risks(viewer: Viewer) -> list[Risks]:
    """What is at risk among the records that rosters count so, as the viewer may see them."""
    found: dict[tuple[int, str], Risks] = {}
    for base in definitions.bases_of(viewer):
        for table in definitions.tables_of(viewer, base):
            for view in rosters_of(viewer, table):
                given = options_of(view).get("risk")
                if given and (given["table"], str(given["condition"])) not in found:
                    risk = _risks(viewer, given)
                    if risk and risk.items:
                        found[given["table"], str(given["condition"])] = risk
    return list(found.values())


def _risks(viewer: Viewer, given: dict[str, Any]) -> Risks | None:
    try:
        query = Query(viewer, schema.current().table(given["table"]))
    except Missing:
        return None
    table = query.access.visible_table
    query = query.test(test(query, given["condition"]))
    told = [one for one in table.fields if fieldtypes.get(one).widget in {"stage", "person"}][:2]
    records = query.only(told).page(RISKS).records
    items = [
        Item(table, one, " ".join(text for _field, text in shown(viewer, one, told)), late=True)
        for one in records
    ]
    more = query.count() - len(items) if len(items) == RISKS else 0
    return Risks(items, more, table)


# ── automations ──────────────────────────────────────────────────────────────


def failures(viewer: Viewer, base: Base) -> list[dict[str, Any]]:
    """Automations whose last run failed within the week, and those that were paused for cause."""
    rows = {one.id: one for one in runner.of_base(viewer, base)}
    since = clock.now() - timedelta(days=FAILED_DAYS)
    latest = Run.select(pw.fn.MAX(Run.id)).where(Run.automation.in_(list(rows) or [0]))
    runs = Run.select().where(Run.id.in_(latest.group_by(Run.automation)), Run.state == "failed")
    failed = {run.automation_id: run for run in runs if run.started_at >= since}
    found = [
        _failure(one, failed.get(one.id))
        for one in rows.values()
        if one.id in failed or one.paused_why
    ]
    return found[:FAILURES]


def _failure(automation: Automation, run: Run | None) -> dict[str, Any]:
    return {
        "automation": automation,
        "why": runner.why(automation if run is None or automation.paused_why else run),
        "at": run.started_at if run else None,
        "paused": bool(automation.paused_why),
        "href": f"/configure/{automation.base_id}/automations/{automation.id}",
    }
