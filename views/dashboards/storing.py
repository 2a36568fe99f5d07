"""What a dashboard may store: its tiles, each checked, for whoever arranges it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracker import definitions, limits
from tracker.errors import Missing, Refused
from tracker.fieldtypes import check_length, clean_text
from tracker.permissions import Viewer
from tracker.text import _
from views.dashboards.figures import check_number
from views.dashboards.lists import check_list

COLUMNS = 12
HIGHEST = 12  # rows
Tile = dict[str, Any]


def check_tiles(raw: Any, viewer: Viewer) -> list[Tile]:
    """Tiles as they may be stored; raises `Refused` in words."""
    if not isinstance(raw, list):
        raise Refused(_("This request cannot be read."))
    if len(raw) > limits.DASHBOARD_TILES:
        raise Refused(_("A dashboard has at most {n} tiles.", n=limits.DASHBOARD_TILES))
    return [_check_tile(one, viewer) for one in raw]


def _check_tile(raw: Any, viewer: Viewer) -> Tile:
    kind = raw.get("kind") if isinstance(raw, dict) else None
    if kind not in CHECKS:
        raise Refused(_("There is no tile of this kind."))
    size = {"w": _size(raw.get("w"), 4, COLUMNS), "h": _size(raw.get("h"), 3, HIGHEST)}
    return {"kind": kind, **CHECKS[kind](raw, viewer), **size}


def _check_text(raw: Tile, viewer: Viewer) -> Tile:
    return {"text": check_length(clean_text(raw.get("text")), limits.TEXT_LENGTH)}


def _check_view(raw: Tile, viewer: Viewer) -> Tile:
    """Its title is the view's, unless it has one of its own."""
    named = _named(raw)
    return {"view": _visible_view(raw.get("view"), viewer), **(named if named["title"] else {})}


def _check_number(raw: Tile, viewer: Viewer) -> Tile:
    return {**_named(raw), **check_number(raw, viewer)}


def _check_list(raw: Tile, viewer: Viewer) -> Tile:
    return {**_named(raw), **check_list(raw, viewer)}


def _named(raw: Tile) -> Tile:
    """The title, in other languages too."""
    given = raw.get("names")
    names = given if isinstance(given, dict) else {}
    return {
        "title": clean_text(raw.get("title"))[: limits.NAME_LENGTH],
        "names": {str(key): clean_text(text)[: limits.NAME_LENGTH] for key, text in names.items()},
    }


CHECKS: dict[str, Callable[[Tile, Viewer], Tile]] = {
    "view": _check_view,
    "number": _check_number,
    "list": _check_list,
    "text": _check_text,
}


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
