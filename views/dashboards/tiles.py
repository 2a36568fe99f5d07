"""The tiles of a dashboard as its viewer sees them; what is not theirs to see is not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import render_template
from jinja2 import TemplateNotFound
from markupsafe import Markup

from tracker import definitions, schema
from tracker.errors import Missing, Refused
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.text import _, label, say
from views import kinds
from views.dashboards.figures import figure, title_of
from views.dashboards.lists import listed
from views.dashboards.narrowing import MISSED, Narrowing, date_of, narrowed
from views.dashboards.storing import COLUMNS, HIGHEST, check_tiles
from views.prose import html_of
from views.viewing import Viewing


@dataclass
class Tile:
    """One tile ready for the page. ``at`` is its place in the stored list; one that is ``empty``
    is only there for who arranges it.
    """

    at: int
    kind: str
    width: int
    height: int
    title: str = ""
    href: str | None = None
    icon: str = ""
    body: Any = ""
    problem: str = ""
    empty: bool = False
    table: schema.Table | None = None
    date: schema.Field | None = None
    misses: list[str] = field(default_factory=list)

    def missed(self, lang: str) -> str:
        """Which of the page's filters say nothing about this tile."""
        return " · ".join(MISSED[one].to(lang) for one in self.misses)


def tiles_of(viewing: Viewing, narrowing: Narrowing, *, broken: bool = False) -> list[Tile]:
    """The tiles of a dashboard; with ``broken`` also those that show nothing, to take them away."""
    stored = enumerate(viewing.options.get("tiles") or [])
    found = [_filled(at, one, viewing.viewer, narrowing) for at, one in stored]
    return [one for one in found if broken or not one.empty]


def tried(viewing: Viewing, draft: dict[str, Any]) -> Tile:
    """The tile that a draft would be; what is wrong with it is its ``problem``."""
    try:
        [stored] = check_tiles([draft], viewing.viewer)
    except Refused as refused:
        words = say(refused.text, viewing.viewer.context.lang)
        return Tile(0, draft["kind"], width_of(draft), height_of(draft), problem=words)
    return _filled(0, stored, viewing.viewer, Narrowing())


def _filled(at: int, stored: dict[str, Any], viewer: Viewer, narrowing: Narrowing) -> Tile:
    tile = Tile(at, stored["kind"], width_of(stored), height_of(stored))
    try:
        FILLERS[tile.kind](tile, stored, viewer, narrowing)
    except (Missing, KeyError):
        tile.empty = True
        tile.problem = _("This tile shows nothing to you.").to(viewer.context.lang)
    except Refused as refused:
        tile.problem = say(refused.text, viewer.context.lang)
    return tile


def width_of(stored: dict[str, Any]) -> int:
    return max(1, min(COLUMNS, int(stored.get("w") or 4)))


def height_of(stored: dict[str, Any]) -> int:
    return max(1, min(HIGHEST, int(stored.get("h") or 3)))


def _fill_view(tile: Tile, stored: dict[str, Any], viewer: Viewer, narrowing: Narrowing) -> None:
    """A view through its kind's tile template."""
    view = definitions.view(viewer, stored["view"])
    if view.kind not in kinds.registry or view.table_id is None:
        raise Missing
    shown = narrowed(viewer, view, narrowing)
    lang = viewer.context.lang
    tile.title, tile.icon = label_of(stored, lang) or label(view, lang), shown.kind.icon
    tile.href = narrowed_href(shown)
    tile.date = date_of(shown, narrowing)
    tile.misses = narrowing.misses(shown.table, tile.date)
    if shown.kind.narrows is not None:
        tile.misses = [one for one in narrowing.every() if one not in shown.kind.narrows]
    tile.table = schema.current().table(view.table_id)
    context = shown.kind.tile(shown)
    try:
        made = render_template(shown.kind.tile_template, viewing=shown, **context)
    except TemplateNotFound:
        raise Refused(_("This kind of view has no tile yet. Open it instead.")) from None
    tile.body = Markup(made)  # noqa: S704 - a template escapes


def narrowed_href(viewing: Viewing) -> str:
    params = {key: value for key, value in viewing.params.items() if key != "date"}
    return f"/v/{viewing.view.id}?{urlencode(params)}" if params else f"/v/{viewing.view.id}"


def _fill_number(tile: Tile, stored: dict[str, Any], viewer: Viewer, narrowing: Narrowing) -> None:
    """A figure; a filter over fields hidden from the viewer is a tile that is not there."""
    try:
        tile.body = figure(viewer, stored, narrowing)
    except Refused:
        raise Missing from None
    tile.title = title_of(stored, narrowing, viewer.context.lang)
    tile.href, tile.table = tile.body.href, schema.current().table(stored["table"])
    tile.misses, tile.date = list(tile.body.misses), tile.body.date


def _fill_list(tile: Tile, stored: dict[str, Any], viewer: Viewer, narrowing: Narrowing) -> None:
    """The first records of a table, chosen in the tile itself."""
    try:
        found = listed(viewer, stored, narrowing)
    except Refused:
        raise Missing from None
    tile.title, tile.icon = label_of(stored, viewer.context.lang), "list-details"
    tile.href, tile.misses, tile.date = found.href, list(found.misses), found.date
    tile.table = found.table
    made = render_template("tiles/_list.html", tile=tile, found=found)
    tile.body = Markup(made)  # noqa: S704 - a template escapes


def label_of(stored: dict[str, Any], lang: str) -> str:
    return label({"name": stored.get("title", ""), "names": stored.get("names")}, lang)


def _fill_text(tile: Tile, stored: dict[str, Any], viewer: Viewer, narrowing: Narrowing) -> None:
    tile.body = html_of(stored.get("text", ""))


FILLERS: dict[str, Callable[[Tile, dict[str, Any], Viewer, Narrowing], None]] = {
    "view": _fill_view,
    "number": _fill_number,
    "list": _fill_list,
    "text": _fill_text,
}


# ── scope ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Scope:
    """A table behind the tiles: its records that the viewer may see, and those within the
    page's filters.
    """

    table: schema.Table
    visible: int
    shown: int


def scope_of(viewer: Viewer, tiles: list[Tile], narrowing: Narrowing) -> list[Scope]:
    """The tables behind the tiles, each once."""
    first: dict[int, tuple[schema.Table, schema.Field | None]] = {}
    for one in tiles:
        if one.table is not None:
            first.setdefault(one.table.id, (one.table, one.date))
    return [_scope(viewer, table, date, narrowing) for table, date in first.values()]


def _scope(
    viewer: Viewer, table: schema.Table, date: schema.Field | None, narrowing: Narrowing
) -> Scope:
    query = Query(viewer, table)
    visible = query.count()
    tests = narrowing.tests(query.access.visible_table, date)
    for test in tests:
        query = query.where(test)
    return Scope(table, visible, query.count() if tests else visible)
