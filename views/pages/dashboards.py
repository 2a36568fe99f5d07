"""Dashboards: arranging tiles, what the page's filters mean; the phone's calendar."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request

from tracker import definitions, schema
from tracker.errors import Conflict, Forbidden, Missing
from tracker.models import View
from tracker.permissions import access
from tracker.schema import Table
from tracker.text import _, label, say
from views import http, view_options
from views.dashboards.narrowing import PARTS, usual_field
from views.dashboards.narrowing import fits as fit
from views.dashboards.storing import known, standing
from views.pages.records import sent
from views.room import Room
from views.viewing import Viewing, look

room = Room("dashboards")
CHANGED = _("Somebody else has arranged this dashboard meanwhile. Reload it and try again.")


def load(view_id: int) -> Viewing:
    """A dashboard that the viewer may change."""
    viewing = look(g.viewer, view_id, request.args)
    if viewing.view.table_id is not None:
        raise Missing
    if not viewing.may_change:
        raise Forbidden(_("This dashboard is not yours to change."))
    return viewing


def tiles_now(viewing: Viewing) -> list[dict[str, Any]]:
    return list(viewing.options.get("tiles") or [])


@room.page("/v/<int:view_id>/tiles", post=True, loads="view")
def arrange(view_id: int) -> Any:
    """All tiles anew: ``{"tiles": […], "was": [… as the page knew them]}``."""
    viewing, body = load(view_id), sent()
    now = tiles_now(viewing)
    if body.get("was") != known(now, g.viewer):
        raise Conflict(CHANGED)
    view_options.store_options(viewing, {"tiles": standing(body.get("tiles"), now)})
    kept = View.get_by_id(viewing.view.id).options["tiles"]
    return current_app.json.response({"saved": True, "tiles": known(kept, g.viewer)})


# ── what the filters mean ────────────────────────────────────────────────────


@room.page("/v/<int:view_id>/fits", loads="view")
def fits(view_id: int) -> Any:
    """The dialog: for each table of the tiles, the fields that the page's filters mean."""
    viewing = load(view_id)
    chosen = viewing.options.get("fits") or {}
    tables = tiled_tables(viewing)
    rows = [{"table": one, "parts": parts_of(one, chosen)} for one in tables]
    return http.page("dashboard_fits.html", viewing=viewing, rows=rows)


def tiled_tables(viewing: Viewing) -> list[Table]:
    """The tables behind the tiles, as the viewer sees them, each once."""
    found: dict[int, Table] = {}
    for tile in tiles_now(viewing):
        try:
            table_id = tile.get("table")
            if tile["kind"] == "view":
                table_id = definitions.view(g.viewer, tile["view"]).table_id
            if table_id:
                table = schema.current().table(table_id)
                found[table.id] = access(g.viewer, table).visible_table
        except Missing:
            continue
    return list(found.values())


def parts_of(table: Table, chosen: dict[str, Any]) -> list[dict[str, Any]]:
    words = {"date": _("Period"), "department": _("Department"), "person": _("Person")}
    kept = chosen.get(str(table.id), {})
    found = []
    for part in PARTS:
        usual = usual_field(part, table)
        found.append(
            {
                "key": part,
                "words": say(words[part], g.lang),
                "fields": [one for one in table.fields if fit(part, one)],
                "usual": label(usual, g.lang) if usual else "",
                "chosen": kept.get(part),
            }
        )
    return found


@room.page("/v/<int:view_id>/fits", post=True, loads="view")
def save_fits(view_id: int) -> Any:
    viewing = load(view_id)
    given: dict[str, dict[str, int]] = {}
    for name, value in request.form.items():
        table, _dot, part = name.partition(".")
        if part in PARTS and value.isascii() and value.isdecimal() and len(value) < 16:
            given.setdefault(table, {})[part] = int(value)
    now = tiles_now(viewing)
    tiles = standing(known(now, g.viewer), now)
    view_options.store_options(viewing, {"fits": given, "tiles": tiles})
    return http.go(f"/v/{viewing.view.id}?arrange=1", toast=_("Saved."))


# ── the phone's calendar ─────────────────────────────────────────────────────


@room.page("/calendar", loads="first calendar")
def calendar() -> Any:
    """To the first calendar there is for the viewer; a sentence where there is none."""
    rows = View.select().where(View.kind == "calendar", View.deleted_at.is_null())
    for row in rows.order_by(View.base, View.ord, View.id):
        try:
            return http.go(f"/v/{definitions.view(g.viewer, row.id).id}")
        except Missing:
            continue
    return http.page("no_calendar.html", crumbs=[(say(_("Calendar"), g.lang), "")])
