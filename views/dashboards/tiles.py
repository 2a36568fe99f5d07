"""The tiles of a dashboard as its viewer sees them; what is not theirs to see is not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import render_template
from markupsafe import Markup

from tracker import definitions, limits, schema
from tracker.errors import Missing, Refused
from tracker.fieldtypes import check_length, clean_text
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.text import _, label, say
from views import kinds
from views.dashboards.figures import check_number, figure, title_of
from views.dashboards.narrowing import Narrowing, date_of, params_for
from views.prose import html_of
from views.viewing import Viewing

COLUMNS = 12
HIGHEST = 12  # rows


@dataclass
class Tile:
    """One tile ready for the page. ``at`` is its place in the stored list."""

    at: int
    kind: str
    width: int
    height: int
    title: str = ""
    href: str | None = None
    icon: str = ""
    body: Any = ""
    problem: str = ""
    table: schema.Table | None = None
    misses: list[str] = field(default_factory=list)


def tiles_of(viewing: Viewing, narrowing: Narrowing, *, broken: bool = False) -> list[Tile]:
    """The tiles of a dashboard; with ``broken`` also those that show nothing, to take them away."""
    found = []
    for at, stored in enumerate(viewing.options.get("tiles") or []):
        tile = Tile(at, stored["kind"], _width(stored), _height(stored))
        try:
            FILLERS[tile.kind](tile, stored, viewing.viewer, narrowing)
        except (Missing, KeyError):
            if not broken:
                continue
            tile.problem = _("This tile shows nothing to you.").to(viewing.viewer.context.lang)
        except Refused as refused:
            tile.problem = say(refused.text, viewing.viewer.context.lang)
        found.append(tile)
    return found


def _width(stored: dict[str, Any]) -> int:
    return max(1, min(COLUMNS, int(stored.get("w") or 4)))


def _height(stored: dict[str, Any]) -> int:
    return max(1, min(HIGHEST, int(stored.get("h") or 3)))


def _fill_view(tile: Tile, stored: dict[str, Any], viewer: Viewer, narrowing: Narrowing) -> None:
    """A view through its kind's tile template."""
    view = definitions.view(viewer, stored["view"])
    if view.kind not in kinds.registry or view.table_id is None:
        raise Missing
    shown = Viewing(viewer, view, {})
    shown = Viewing(viewer, view, params_for(shown, narrowing))
    tile.title, tile.icon = label(view, viewer.context.lang), shown.kind.icon
    tile.href = narrowed_href(shown)
    tile.misses = narrowing.misses(shown.table, date_of(shown))
    tile.table = schema.current().table(view.table_id)
    context = shown.kind.tile(shown)
    tile.body = Markup(render_template(shown.kind.tile_template, viewing=shown, **context))  # noqa: S704 - a template escapes


def narrowed_href(viewing: Viewing) -> str:
    params = {key: value for key, value in viewing.params.items() if key != "date"}
    return f"/v/{viewing.view.id}?{urlencode(params)}" if params else f"/v/{viewing.view.id}"


def _fill_number(tile: Tile, stored: dict[str, Any], viewer: Viewer, narrowing: Narrowing) -> None:
    """A figure; a filter over fields hidden from the viewer is a tile that is not there."""
    tile.title = title_of(stored, narrowing, viewer.context.lang)
    try:
        tile.body = figure(viewer, stored, narrowing)
    except Refused:
        raise Missing from None
    tile.href, tile.table = tile.body.href, schema.current().table(stored["table"])
    tile.misses = list(tile.body.misses)


def _fill_text(tile: Tile, stored: dict[str, Any], viewer: Viewer, narrowing: Narrowing) -> None:
    tile.body = html_of(stored.get("text", ""))


FILLERS: dict[str, Callable[[Tile, dict[str, Any], Viewer, Narrowing], None]] = {
    "view": _fill_view,
    "number": _fill_number,
    "text": _fill_text,
}


# ── what may be stored ───────────────────────────────────────────────────────


def check_tiles(raw: Any, viewer: Viewer) -> list[dict[str, Any]]:
    """Tiles as they may be stored; raises `Refused` in words."""
    if not isinstance(raw, list):
        raise Refused(_("This request cannot be read."))
    if len(raw) > limits.DASHBOARD_TILES:
        raise Refused(_("A dashboard has at most {n} tiles.", n=limits.DASHBOARD_TILES))
    return [_check_tile(one, viewer) for one in raw]


def _check_tile(raw: Any, viewer: Viewer) -> dict[str, Any]:
    if not isinstance(raw, dict) or raw.get("kind") not in FILLERS:
        raise Refused(_("There is no tile of this kind."))
    size = {"w": _size(raw.get("w"), 4, COLUMNS), "h": _size(raw.get("h"), 3, HIGHEST)}
    if raw["kind"] == "text":
        text = check_length(clean_text(raw.get("text")), limits.TEXT_LENGTH)
        return {"kind": "text", "text": text, **size}
    if raw["kind"] == "view":
        return {"kind": "view", "view": _visible_view(raw.get("view"), viewer), **size}
    title = clean_text(raw.get("title"))[: limits.NAME_LENGTH]
    named = raw.get("names")
    named = named if isinstance(named, dict) else {}
    names = {str(key): clean_text(text)[: limits.NAME_LENGTH] for key, text in named.items()}
    number = check_number(raw, viewer)
    return {"kind": "number", "title": title, "names": names, **number, **size}


def _size(raw: Any, usual: int, most: int) -> int:
    if raw is None:
        return usual
    if isinstance(raw, bool) or not isinstance(raw, int) or not 1 <= raw <= most:
        raise Refused(_("A tile is 1 to {n} wide or high.", n=most))
    return raw


def _visible_view(view_id: Any, viewer: Viewer) -> int:
    try:
        view = definitions.view(viewer, view_id if isinstance(view_id, int) else 0)
    except Missing:
        raise Refused(_("This tile points to something that is not there.")) from None
    if view.table_id is None:
        raise Refused(_("A dashboard cannot stand on another one."))
    return int(view.id)


# ── scope ────────────────────────────────────────────────────────────────────


def scope_of(viewer: Viewer, tiles: list[Tile]) -> list[tuple[schema.Table, int]]:
    """The tables behind the tiles, each with how many of its records the viewer may see."""
    tables = {one.table.id: one.table for one in tiles if one.table is not None}
    return [(one, Query(viewer, one).count()) for one in tables.values()]
