"""Dashboards behind a link: the tiles that have a shared form, each through a window of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import render_template
from markupsafe import Markup

from tracker import definitions, permissions, schema, sharedlinks
from tracker.errors import Missing, Refused
from tracker.permissions import Viewer
from tracker.schema import Field
from tracker.text import label
from views.dashboards import figures, tiles
from views.dashboards import lists as listing
from views.dashboards.narrowing import Narrowing, asked, narrowed, without_dates
from views.prose import html_of
from views.shared import lists, plain, sums, times, trees
from views.shared.look import Look, Shown
from views.shared.windows import viewing_through, window

TILE_ROWS = 10
SHEETS = ("chart", "dashboard", "pivot", "roster", "matrix", "hierarchy", "cards", "kanban")
DRAWN: dict[str, Callable[[Look], Shown]] = {  # kinds whose tile is not a list of records
    "chart": sums.chart_tile,
    "pivot": sums.pivot_tile,
    "matrix": sums.matrix_tile,
    "roster": sums.roster_tile,
    "hierarchy": trees.hierarchy_tile,
    "calendar": times.month_tile,
}


def dashboard(look: Look) -> Shown:
    """What the sharer does not see is not there."""
    holder, options = look.held.viewer, look.held.options
    narrowing = asked(look.held.params, options.get("fits"))
    shown = []
    for at, stored in enumerate(options.get("tiles") or []):
        tile = tiles.Tile(at, stored["kind"], tiles.width_of(stored), tiles.height_of(stored))
        try:
            TILES[tile.kind](tile, stored, holder, narrowing)
        except (Missing, Refused, KeyError):
            continue
        shown.append(tile)
    context = {"tiles": shown, "narrowing": narrowing, "arranging": False}
    nobody = permissions.NOBODY.speaking(holder.context.lang, holder.context.zone)
    return Shown("_shared_tiles.html", nobody, context, SHEETS)


def _number(tile: tiles.Tile, stored: dict[str, Any], holder: Viewer, given: Narrowing) -> None:
    """The figure; its filter and what narrows the page stand in the window."""
    table = _given(holder, stored)
    seen = permissions.access(holder, table).visible_table
    figures.figure(holder, stored, given)  # refused to the holder, it is refused here
    compare = stored.get("compare") or {}
    own = seen.by_id.get(compare.get("field") or 0)
    day = given.field_of("date", seen, own) if given.period else own
    measured = seen.by_id.get((stored.get("measure") or {}).get("field") or 0)
    condition = without_dates(stored.get("filter"), day) if given.period else stored.get("filter")
    tests = [condition, *replace(given, period="").tests(seen, None)]
    fields = [one for one in (day, measured) if one is not None]
    viewer = _through(holder, table, fields, tests)
    bare = replace(given, departments=(), department=None, person=None)
    tile.body = figures.figure(viewer, {**stored, "filter": None}, bare)
    tile.title = figures.title_of(stored, given, holder.context.lang)


def _list(tile: tiles.Tile, stored: dict[str, Any], holder: Viewer, given: Narrowing) -> None:
    seen = permissions.access(holder, _given(holder, stored)).visible_table
    found = listing.listed(holder, stored, given)
    condition = stored.get("filter")
    condition = without_dates(condition, found.date) if given.period else condition
    tests = [condition, *given.tests(seen, found.date)]
    viewer = _through(holder, found.table, found.fields, tests)
    sort = stored.get("sort")
    known = {one.id for one in found.fields}
    bare = {**stored, "filter": None, "sort": sort if sort and sort["field"] in known else None}
    bare["fields"] = [one.id for one in found.fields]
    made = listing.listed(viewer, bare, Narrowing())
    tile.title = tiles.label_of(stored, holder.context.lang)
    _fill(tile, viewer, fields=made.fields, records=made.records)


def _view(tile: tiles.Tile, stored: dict[str, Any], holder: Viewer, given: Narrowing) -> None:
    view = definitions.view(holder, stored["view"])
    if view.table_id is None or not sharedlinks.may_share(holder, view):
        raise Missing
    look = Look(narrowed(holder, view, given), {}, 0)
    lang = holder.context.lang
    tile.title = tiles.label_of(stored, lang) or label(view, lang)
    if view.kind in DRAWN:
        shown = DRAWN[view.kind](look)
        made = render_template(shown.template, **shown.context)
        tile.body = Markup(made)  # noqa: S704 - a template escapes
        return
    through = viewing_through(look.held)
    records = through.query.only(lists.listed_fields(through)[:6]).page(TILE_ROWS).records
    _fill(tile, through.viewer, fields=lists.listed_fields(through)[:6], records=records)


def _text(tile: tiles.Tile, stored: dict[str, Any], holder: Viewer, given: Narrowing) -> None:
    tile.body = html_of(stored.get("text", ""))


TILES = {"number": _number, "list": _list, "view": _view, "text": _text}


def _given(holder: Viewer, stored: dict[str, Any]) -> schema.Table:
    """The table of a tile, where its records may leave with the holder."""
    table = schema.current().table(stored["table"])
    if not sharedlinks.may_give(holder, table.id):
        raise Missing
    return table


def _through(holder: Viewer, table: schema.Table, fields: list[Field], tests: list[Any]) -> Viewer:
    given = [one for one in tests if one is not None]
    return permissions.through(window(holder, table, fields, given))


def _fill(tile: tiles.Tile, viewer: Viewer, **found: Any) -> None:
    found |= {"title": tile.title, "context": viewer.context, "plain": plain.cell}
    made = render_template("_shared_table.html", **found)
    tile.body = Markup(made)  # noqa: S704 - a template escapes
