"""Roster (花名册): companies, channels or people, how often each was visited, when last, when next.

Options: ``visits`` (``table``, ``link`` and ``date`` of the visits that point to this table, with
``planned`` and ``done`` conditions) for a roster of records, or ``by`` and ``date`` for one of the
values of a field; ``target_days`` is how long an entity may go without a visit, ``tiers`` (a choice
``field`` and ``days`` by option) how long it is for each; ``open`` and ``risk`` (``table``,
``link``, ``condition``) are records counted beside the visits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson
from flask import request

from tracker import fieldtypes, neglect, permissions, rollcall, schema
from tracker.errors import Missing, Refused
from tracker.neglect import Line, Sheet, Tally
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.text import _
from views import colours, http, rosteroptions, rostersettings, rostervalues
from views.cells import row_classes
from views.kinds import ViewKind, registry
from views.viewing import Viewing

ROWS = 100
SHOWN_FIELDS = 3
TILE_ROWS = 10
ORDERS = {
    "neglect": _("Neglected first"),
    "name": _("By name"),
    "last": _("Latest visit first"),
    "quarter": _("Most this quarter first"),
    "visits": _("Most visits first"),
    "next": _("Next visit first"),
}
FILTERS = {
    "": _("All"),
    "overdue": _("Overdue"),
    "soon": _("Due soon"),
    "never": _("Never visited"),
    "unplanned": _("No visit planned"),
}


@dataclass
class Entry:
    """One entity as the page shows it."""

    line: Line
    name: str
    href: str
    cells: list[str] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    color: str = ""  # the classes of its row


@registry.register
class RosterKind(ViewKind):
    key = "roster"
    name = _("Roster")
    icon = "users"
    order = 30
    template = "roster.html"
    tools = ("filter", "search", "hide", "color")
    paints = ("edge", "row")

    def defaults(self, table: Table | None, viewer: Viewer) -> dict[str, Any]:
        """Visits by the first table that points here, else the values of a choice or name."""
        if table is None:
            return {}
        visits = rosteroptions.first_pointing(table, viewer)
        if visits:
            return {"visits": visits, "target_days": 30}
        date = next((one for one in table.fields if rosteroptions.is_date(one)), None)
        by = next(
            (one for one in table.fields if fieldtypes.get(one).family in {"one", "text"}), None
        )
        return {"by": by.id, "date": date.id} if by and date else {}

    def check_options(
        self, options: dict[str, Any], table: Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        if table is None:
            raise Refused(_("A roster shows a table."))
        return rosteroptions.checked(options, table, viewer)

    def context(self, viewing: Viewing) -> dict[str, Any]:
        found = read(viewing, after=_after(viewing), limit=ROWS)
        counted = [one for one in rosteroptions.COUNTED if viewing.options.get(one)]
        return {
            "entries": found.entries,
            "fields": found.fields,
            "counted": counted,
            "tally": found.tally,
            "after": orjson.dumps(found.after).decode() if found.after else None,
            "orders": ORDERS,
            "order": asked(viewing, "by", ORDERS, "neglect"),
            "filters": FILTERS,
            "only": asked(viewing, "only", FILTERS, ""),
            "targets": targets(viewing),
            "file_form": rosteroptions.file_address(viewing.viewer, viewing.options),
            "total": _total(viewing),
            "more": bool(viewing.params.get("after")),
        }

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        asked_rows = viewing.params.get("rows", "")
        rows = int(asked_rows) if asked_rows in {"3", "5"} else TILE_ROWS
        found = read(viewing, limit=rows)
        return {"entries": found.entries, "tally": found.tally}

    def tables(self, viewing: Viewing) -> list[Query]:
        """The entities, their visits, and what is counted beside them."""
        parts = [viewing.options.get(one) for one in ("visits", *rosteroptions.COUNTED)]
        known = schema.current().tables
        found = {one["table"]: known.get(one["table"]) for one in parts if one}
        beside = [one for one in found.values() if one and one.id != viewing.scope.table.id]
        seen = [one for one in beside if permissions.possible_access(viewing.viewer, one).lanes]
        return [viewing.scope, *(Query(viewing.viewer, one) for one in seen)]

    def data(self, viewing: Viewing, what: str) -> Any:
        """``profile``: the whole history of one value (``key`` in the address); ``settings``."""
        if what == "profile" and "by" in viewing.options:
            key = request.args.get("key", "")
            return http.page("roster_value.html", **rostervalues.profile(viewing, key))
        if what == "settings" and viewing.may_change:
            return http.page("roster_settings.html", **rostersettings.dialog(viewing, request.args))
        raise Missing


@dataclass(frozen=True)
class Found:
    """One page of entries; ``fields`` are those of their cells."""

    entries: list[Entry]
    fields: list[Field]
    tally: Tally
    after: list[Any] | None


def asked(viewing: Viewing, name: str, known: dict[str, Any], usual: str) -> str:
    given = viewing.params.get(name, "")
    return given if given in known else usual


def _after(viewing: Viewing) -> list[Any] | None:
    """The key of the page asked for; None, the first page, for what is none."""
    try:
        key = orjson.loads(viewing.params.get("after") or "null")
    except orjson.JSONDecodeError:
        return None
    order = asked(viewing, "by", ORDERS, "neglect")
    kinds = (str, int) if order in {"name", "last", "next"} else (int, int)
    if not isinstance(key, list) or len(key) != 2 or any(isinstance(one, bool) for one in key):
        return None
    fits = all(isinstance(one, kind) for one, kind in zip(key, kinds, strict=True))
    small = all(abs(one) < 2**53 for one in key if isinstance(one, int))
    return key if fits and small else None


def read(viewing: Viewing, *, after: list[Any] | None = None, limit: int = ROWS) -> Found:
    """A page of the roster as its viewer may see it."""
    order = asked(viewing, "by", ORDERS, "neglect")
    only = asked(viewing, "only", FILTERS, "")
    if "by" in viewing.options:
        lines, tally, key = rostervalues.page(viewing, order, only, after=after, limit=limit)
        entries = [Entry(line, name, href) for line, name, href in lines]
        return Found(entries, [], tally, key)
    if not viewing.options.get("visits"):
        return Found([], [], Tally(), None)
    sheet = neglect.sheet(
        viewing.query.order([]),
        rosteroptions.source_of(viewing.options),
        rosteroptions.target_of(viewing.options, viewing.table),
        order=order,
        only=only,
        after=after,
        limit=limit,
    )
    title = viewing.scope.table.title
    fields = [one for one in viewing.shown if title is None or one.id != title.id][:SHOWN_FIELDS]
    return Found(_entries(viewing, sheet, fields), fields, sheet.tally, sheet.after)


def _entries(viewing: Viewing, sheet: Sheet, fields: list[Field]) -> list[Entry]:
    """With names, cells and what is open; a few statements for the page, however long."""
    ids = [line.id for line in sheet.lines]
    records = {one.id: one for one in viewing.scope.only(fields).fetch(ids)}
    context, marks = viewing.viewer.context, colours.of(viewing).marks(ids)
    counts = {one: counted(viewing.viewer, viewing.options, one, ids) for one in ("open", "risk")}
    entries = []
    for line in sheet.lines:
        record = records.get(line.id)
        if record is None:  # gone between two statements
            continue
        cells = [fieldtypes.get(one).html(record[one], one, context) for one in fields]
        numbers = {one: found.get(line.id, 0) for one, found in counts.items()}
        href = f"/r/{viewing.table.id}/{line.id}/profile"
        color = row_classes(marks[line.id]) if line.id in marks else ""
        entries.append(Entry(line, record.title or f"#{line.id}", href, cells, numbers, color))
    return entries


def counted(viewer: Viewer, options: dict[str, Any], what: str, ids: list[int]) -> dict[int, int]:
    """Entity id → how many of its items are open, or at risk."""
    given = options.get(what)
    if not given:
        return {}
    return rollcall.open_items(viewer, given["table"], given["link"], given["condition"], ids)


def _total(viewing: Viewing) -> int | None:
    """How many entities the viewer may see at all; None where the roster shows values."""
    return None if "by" in viewing.options else viewing.scope.count()


def targets(viewing: Viewing) -> list[tuple[str, int | None]]:
    """What is asked of each tier: ``(its name, days)``, and of the rest under an empty name."""
    target = rosteroptions.target_of(viewing.options, viewing.table)
    found: list[tuple[str, int | None]] = []
    if target.tier is not None:
        kind = fieldtypes.get(target.tier)
        context = viewing.viewer.context
        found = [
            (kind.text(option, target.tier, context), target.of(option)) for option in target.tiers
        ]
    return [*found, ("", target.days)] if target.days or not found else found
