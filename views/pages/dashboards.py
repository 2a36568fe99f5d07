"""Dashboards: arranging, adding and changing tiles; the phone's calendar."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request

from tracker import definitions, fieldtypes, schema
from tracker.errors import Conflict, Forbidden, Missing, Refused
from tracker.models import View
from tracker.periods import NAMED
from tracker.permissions import access
from tracker.schema import Table
from tracker.text import LANGUAGES, _, say
from views import http, kinds, view_options
from views.charts.names import measures
from views.dashboards.narrowing import PERIODS
from views.pages.records import sent
from views.room import Room
from views.viewing import Viewing, look

room = Room("dashboards")
SIZES = {"calendar": (8, 6), "grid": (6, 4), "roster": (6, 4), "matrix": (6, 4), "chart": (6, 3)}
SIZES |= {"kanban": (12, 3), "gallery": (6, 4), "pivot": (8, 4)}
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
    if body.get("was") != tiles_now(viewing):
        raise Conflict(CHANGED)
    view_options.store_options(viewing, {"tiles": body.get("tiles")})
    return current_app.json.response({"saved": True})


# ── one tile ─────────────────────────────────────────────────────────────────


@room.page("/v/<int:view_id>/tiles/edit", loads="view")
def edit(view_id: int) -> Any:
    """The dialog of a new tile, or of the one ``at`` its place."""
    viewing = load(view_id)
    at, tile = chosen(viewing, request.args.get("at", ""))
    tile = {
        **tile,
        **{key: value for key, value in request.args.items() if key in {"kind", "table"}},
    }
    return dialog(viewing, at, tile)


def chosen(viewing: Viewing, raw: str) -> tuple[int | None, dict[str, Any]]:
    """``(place, tile)``; a new one where no place is named."""
    if not raw:
        return None, {"kind": "view"}
    tiles = tiles_now(viewing)
    if not raw.isdecimal() or len(raw) > 4 or int(raw) >= len(tiles):
        raise Missing
    return int(raw), tiles[int(raw)]


def dialog(
    viewing: Viewing,
    at: int | None,
    tile: dict[str, Any],
    *,
    problem: Any = None,
    status: int = 200,
) -> Any:
    tables = definitions.tables_of(g.viewer, viewing.base)
    if not tables:
        raise Missing
    table = next((one for one in tables if str(one.id) == str(tile.get("table"))), tables[0])
    return http.fragment(
        "tiles/_edit.html",
        "dialog",
        status=status,
        viewing=viewing,
        at=at,
        tile=tile,
        problem=say(problem, g.lang) if problem else "",
        views=[(one, seen_views(one)) for one in tables],
        tables=tables,
        table=table,
        measures=measures(access(g.viewer, table).visible_table, measured(tile), g.lang),
        dates=dates(table),
        spans=[(key, NAMED[key][0].to(g.lang)) for key in PERIODS],
        languages=LANGUAGES,
    )


def seen_views(table: Table) -> list[View]:
    return [one for one in definitions.views_of(g.viewer, table) if one.kind in kinds.registry]


def dates(table: Table) -> list[schema.Field]:
    seen = access(g.viewer, table).fields
    return [one for one in seen if fieldtypes.get(one).family == "time"]


def measured(tile: dict[str, Any]) -> str:
    measure = tile.get("measure")
    if isinstance(measure, str):
        return measure
    measure = measure or {}
    return f"{measure['kind']}:{measure['field']}" if measure.get("field") else "count"


@room.page("/v/<int:view_id>/tiles/edit", post=True, loads="view")
def save(view_id: int) -> Any:
    """Store the tile of the dialog; what is wrong is said in it."""
    viewing = load(view_id)
    at, before = chosen(viewing, request.form.get("at", ""))
    tiles = tiles_now(viewing)
    typed = {**before, **request.form.to_dict()}
    try:
        tile = given(before, typed, viewing)
        tiles = [*tiles, tile] if at is None else [*tiles[:at], tile, *tiles[at + 1 :]]
        view_options.store_options(viewing, {"tiles": tiles})
    except Refused as refused:
        return dialog(viewing, at, typed, problem=refused.text, status=422)
    return http.go(f"/v/{viewing.view.id}?arrange=1")


def given(before: dict[str, Any], typed: dict[str, Any], viewing: Viewing) -> dict[str, Any]:
    """The tile as the dialog's fields say it, unchecked; its size stays."""
    size: dict[str, Any] = {key: before[key] for key in ("w", "h") if key in before}
    if typed["kind"] == "text":
        return {"kind": "text", "text": typed.get("text", ""), **(size or {"w": 6, "h": 2})}
    if typed["kind"] == "view":
        view = view_of(typed.get("view"))
        width, height = SIZES.get(view.kind, (6, 3))
        return {"kind": "view", "view": view.id, **(size or {"w": width, "h": height})}
    kind, _colon, field = str(typed.get("measure", "count")).partition(":")
    compare = {"field": typed.get("date"), "span": typed.get("span")} if typed.get("date") else None
    return {
        "kind": "number",
        "title": typed.get("title", ""),
        "names": {
            key: typed.get(f"name_{key}", "") for key in LANGUAGES if typed.get(f"name_{key}")
        },
        "table": int(typed["table"]) if str(typed.get("table", "")).isdecimal() else 0,
        "filter": filter_of(before, typed),
        "measure": {"kind": kind, "field": field or None},
        "compare": compare,
        **(size or {"w": 3, "h": 1}),
    }


def view_of(raw: Any) -> View:
    try:
        return definitions.view(g.viewer, int(raw) if str(raw).isdecimal() else 0)
    except Missing:
        raise Refused(_("Choose a view.")) from None


def filter_of(before: dict[str, Any], typed: dict[str, Any]) -> Any:
    """All records, those of a view, or those of the tile as it stood."""
    raw = typed.get("records", "")
    if raw == "same":
        return before.get("filter")
    return view_of(raw).options.get("filter") if raw else None


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
