"""The dialog of a tile: a view of the base, or a figure, a list or a text made in place."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request

from tracker import conditions, definitions, fieldtypes, limits, schema
from tracker.conditions import Condition
from tracker.errors import Missing, Refused
from tracker.models import View
from tracker.periods import NAMED
from tracker.permissions import access
from tracker.schema import Table
from tracker.text import _, say
from views import conditionwords, http, kinds, view_options
from views.charts.names import measures
from views.dashboards.drafting import drafted, view_of
from views.dashboards.lists import MOST_FIELDS
from views.dashboards.narrowing import PERIODS
from views.dashboards.storing import Tile, known, standing, to_edit
from views.dashboards.tiles import label_of, tried
from views.pages.dashboards import load, tiles_now
from views.room import Room
from views.viewing import Viewing

room = Room("dashboard_tiles")
KINDS = {"view": _("View"), "number": _("Figure"), "list": _("List of records"), "text": _("Text")}
EDIT = "/v/<int:view_id>/tiles/edit"


@room.page(EDIT, loads="view")
def edit(view_id: int) -> Any:
    """The dialog of a new tile, or of the one ``at`` its place."""
    viewing = load(view_id)
    at, tile = chosen(viewing, request.args.get("at", ""))
    return dialog(viewing, at, tile)


@room.page("/v/<int:view_id>/tiles/draft", post=True, loads="view")
def draft(view_id: int) -> Any:
    """The dialog again after another kind, table or filter was chosen; nothing is stored."""
    viewing = load(view_id)
    at, before = chosen(viewing, request.form.get("at", ""))
    return dialog(viewing, at, drafted(before, request.form, g.viewer))


@room.page("/v/<int:view_id>/tiles/preview", post=True, loads="view")
def preview(view_id: int) -> Any:
    """The tile as the dialog says it; what is wrong or missing is said in its place."""
    viewing = load(view_id)
    _at, before = chosen(viewing, request.form.get("at", ""))
    tile = tried(viewing, drafted(before, request.form, g.viewer))
    return http.answer(render_template("tiles/_tile.html", viewing=viewing, tile=tile))


@room.page(EDIT, post=True, loads="view")
def save(view_id: int) -> Any:
    """Store the tile of the dialog; what is wrong is said in it."""
    viewing = load(view_id)
    at, before = chosen(viewing, request.form.get("at", ""))
    now, tile = tiles_now(viewing), drafted(before, request.form, g.viewer)
    tiles = standing(known(now, g.viewer), now)
    try:
        if tile["kind"] == "view" and view_of(tile["view"], g.viewer) is None:
            raise Refused(_("Choose a view."))
        tiles = [*tiles, tile] if at is None else [*tiles[:at], tile, *tiles[at + 1 :]]
        view_options.store_options(viewing, {"tiles": tiles})
    except Refused as refused:
        return dialog(viewing, at, tile, problem=refused.text, status=422)
    return http.go(f"/v/{viewing.view.id}?arrange=1")


def chosen(viewing: Viewing, raw: str) -> tuple[int | None, Tile]:
    """``(place, tile)``; a new one where no place is named."""
    if not raw:
        return None, {"kind": "view"}
    tiles = tiles_now(viewing)
    if not raw.isdecimal() or len(raw) > 4 or int(raw) >= len(tiles):
        raise Missing
    return int(raw), to_edit(tiles[int(raw)], g.viewer)


def dialog(
    viewing: Viewing,
    at: int | None,
    tile: Tile,
    *,
    problem: Any = None,
    status: int = 200,
) -> Any:
    """The dialog with ``tile`` in it, checked or not."""
    tables = definitions.tables_of(g.viewer, viewing.base)
    if not tables:
        raise Missing
    table = next((one for one in tables if one.id == tile.get("table")), tables[0])
    return http.fragment(
        "tiles/_edit.html",
        "dialog",
        status=status,
        viewing=viewing,
        at=at,
        tile=tile,
        title=label_of(tile, g.lang),
        tile_kinds=KINDS,
        problem=say(problem, g.lang) if problem else "",
        views=[(one, seen_views(one)) for one in tables],
        kind_name=lambda key: kinds.get(key),
        tables=tables,
        table=table,
        **about(table, tile),
    )


def about(table: Table, tile: Tile) -> dict[str, Any]:
    """What a figure or a list can say of the table, as its viewer sees it."""
    seen = access(g.viewer, table).visible_table
    return {
        "conditions": conditionwords.about(g.viewer, seen, filter_shown(tile.get("filter"), seen)),
        "problems": {},
        "fields": [one for one in seen.fields if seen.title is None or one.id != seen.title.id],
        "sorts": [one for one in seen.fields if fieldtypes.get(one).family != "link"],
        "most_fields": MOST_FIELDS,
        "most_rows": limits.TILE_RECORDS,
        "measures": measures(seen, measured(tile), g.lang),
        "dates": dates(table),
        "spans": [(key, NAMED[key][0].to(g.lang)) for key in PERIODS],
    }


def filter_shown(condition: Condition | None, seen: Table) -> Condition | None:
    """The filter to build on; none where it is of another table, or over what is hidden."""
    try:
        checked = conditions.check(condition, seen, g.viewer.context) if condition else None
    except (Refused, Missing):
        return None
    return checked


def seen_views(table: Table) -> list[View]:
    return [one for one in definitions.views_of(g.viewer, table) if one.kind in kinds.registry]


def dates(table: Table) -> list[schema.Field]:
    seen = access(g.viewer, table).fields
    return [one for one in seen if fieldtypes.get(one).family == "time"]


def measured(tile: Tile) -> str:
    measure = tile.get("measure") or {}
    return f"{measure['kind']}:{measure['field']}" if measure.get("field") else "count"
