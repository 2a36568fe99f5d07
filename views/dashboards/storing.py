"""What a dashboard may store: its tiles, each checked, for whoever arranges it.

A tile over fields or views hidden from its arranger is moved and taken away unseen: it goes to them
as its place alone and stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracker import definitions, limits, schema
from tracker.errors import Missing, Refused
from tracker.fieldtypes import check_length, clean_text
from tracker.permissions import Viewer
from tracker.text import _
from views.dashboards.figures import check_number
from views.dashboards.lists import check_list

COLUMNS = 12
HIGHEST = 12  # rows
Tile = dict[str, Any]


class Kept(dict[str, Any]):
    """A tile as it stands in the dashboard, whoever arranges it: nothing that is sent is one."""


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
    if isinstance(raw, Kept):
        return {**raw, **size}
    return {"kind": kind, **CHECKS[kind](raw, viewer), **size}


# ── what its arranger does not see ───────────────────────────────────────────


def known(tiles: list[Tile], viewer: Viewer) -> list[Tile]:
    """The tiles as they go to who arranges them: ``{"kind", "w", "h", "kept": place}`` in the place
    of one that is not for their eyes.
    """
    return [
        one if _open(one, viewer) else {**_bare(one), "kept": at} for at, one in enumerate(tiles)
    ]


def standing(raw: Any, tiles: list[Tile]) -> Any:
    """What was sent, with the tiles that are named by their place as they stand there."""
    return [_standing(one, tiles) for one in raw] if isinstance(raw, list) else raw


def _standing(raw: Any, tiles: list[Tile]) -> Any:
    at = raw.get("kept") if isinstance(raw, dict) else None
    if type(at) is not int or not 0 <= at < len(tiles):
        return raw
    return Kept({**tiles[at], **{key: raw[key] for key in ("w", "h") if key in raw}})


def to_edit(tile: Tile, viewer: Viewer) -> Tile:
    """What a dialog begins with: nothing of a tile that is not for the eyes of who edits it."""
    table = schema.current().tables.get(tile.get("table") or 0)
    shaped = table is not None and viewer.coordinates_base(table.base_id)
    return tile if shaped or _open(tile, viewer) else _bare(tile)


def _open(tile: Tile, viewer: Viewer) -> bool:
    """Whether they could have made it."""
    try:
        _check_tile(tile, viewer)
    except Refused:
        return False
    return True


def _bare(tile: Tile) -> Tile:
    return {key: tile[key] for key in ("kind", "w", "h") if key in tile}


# ── kinds of tiles ───────────────────────────────────────────────────────────


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
