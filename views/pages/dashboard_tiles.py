"""The dialog of a tile: a view of the base, or a figure, a list or a text made in place."""

from __future__ import annotations

from typing import Any

from flask import g, request

from tracker import definitions, fieldtypes, limits, schema
from tracker.errors import Missing, Refused
from tracker.models import View
from tracker.periods import NAMED
from tracker.permissions import access
from tracker.schema import Table
from tracker.text import LANGUAGES, _, say
from views import http, kinds, view_options
from views.charts.names import measures
from views.dashboards.lists import MOST_FIELDS
from views.dashboards.narrowing import PERIODS
from views.pages.dashboards import load, tiles_now
from views.room import Room
from views.viewing import Viewing

room = Room("dashboard_tiles")
SIZES = {"calendar": (8, 6), "grid": (6, 4), "roster": (6, 4), "matrix": (6, 4), "chart": (6, 3)}
SIZES |= {"kanban": (12, 3), "gallery": (6, 4), "pivot": (8, 4)}
SIZES |= {"timeline": (8, 4), "hierarchy": (6, 4)}
KINDS = {"view": _("View"), "number": _("Figure"), "list": _("List of records"), "text": _("Text")}


@room.page("/v/<int:view_id>/tiles/edit", loads="view")
def edit(view_id: int) -> Any:
    """The dialog of a new tile, or of the one ``at`` its place."""
    viewing = load(view_id)
    at, tile = chosen(viewing, request.args.get("at", ""))
    given = {key: value for key, value in request.args.items() if key in {"kind", "table"}}
    return dialog(viewing, at, {**tile, **given})


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
    seen = access(g.viewer, table).visible_table
    return http.fragment(
        "tiles/_edit.html",
        "dialog",
        status=status,
        viewing=viewing,
        at=at,
        tile=tile,
        tile_kinds=KINDS,
        problem=say(problem, g.lang) if problem else "",
        views=[(one, seen_views(one)) for one in tables],
        kind_name=lambda key: kinds.get(key),
        tables=tables,
        table=table,
        fields=[one for one in seen.fields if seen.title is None or one.id != seen.title.id],
        sorts=[one for one in seen.fields if fieldtypes.get(one).family != "link"],
        most_fields=MOST_FIELDS,
        most_rows=limits.TILE_RECORDS,
        measures=measures(seen, measured(tile), g.lang),
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
    typed: dict[str, Any] = {**before, **request.form.to_dict()}
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
        width, height = SIZES.get(view.kind, (6, 4))
        return {"kind": "view", "view": view.id, **(size or {"w": width, "h": height})}
    made = given_list(typed) if typed["kind"] == "list" else given_number(typed)
    names = {key: typed[f"name_{key}"] for key in LANGUAGES if typed.get(f"name_{key}")}
    usual = {"w": 6, "h": 4} if typed["kind"] == "list" else {"w": 3, "h": 1}
    return {
        "title": typed.get("title", ""),
        "names": names,
        "table": int(typed["table"]) if str(typed.get("table", "")).isdecimal() else 0,
        "filter": filter_of(before, typed),
        **made,
        **(size or usual),
    }


def given_number(typed: dict[str, Any]) -> dict[str, Any]:
    kind, _colon, field = str(typed.get("measure", "count")).partition(":")
    compare = {"field": typed.get("date"), "span": typed.get("span")} if typed.get("date") else None
    return {
        "kind": "number",
        "measure": {"kind": kind, "field": field or None},
        "compare": compare,
    }


def given_list(typed: dict[str, Any]) -> dict[str, Any]:
    field, _colon, order = str(typed.get("sort_by", "")).partition(":")
    rows = str(typed.get("rows", ""))
    return {
        "kind": "list",
        "fields": request.form.getlist("fields"),
        "sort": {"field": field, "desc": order == "desc"} if field else None,
        "rows": int(rows) if rows.isascii() and rows.isdecimal() and len(rows) < 5 else None,
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
