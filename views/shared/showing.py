"""What the page of a shared link shows, by the kind of its view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tracker.errors import Missing
from tracker.sharedlinks import Opened
from views.shared import grids, hues, lists, sums, tiles, times, trees
from views.shared.look import ASKED, Look, Shown
from views.viewing import Viewing

SHOWN_BY: dict[str, Callable[[Look], Shown]] = {
    "grid": grids.grid,
    "gallery": lists.gallery,
    "kanban": lists.kanban,
    "calendar": times.calendar,
    "timeline": times.timeline,
    "chart": sums.chart,
    "pivot": sums.pivot,
    "matrix": sums.matrix,
    "roster": sums.roster,
    "hierarchy": trees.hierarchy,
    "dashboard": tiles.dashboard,
}


def may_be_shown(view: Any) -> bool:
    """Whether views of this kind have a shared page."""
    return view.kind in SHOWN_BY


def show(opened: Opened, params: Mapping[str, str], address: str) -> Shown:
    """The page, narrowed further by what the visitor asks for."""
    return SHOWN_BY[opened.view.kind](look(opened, params, address))


def look(opened: Opened, params: Mapping[str, str], address: str) -> Look:
    """``address`` is the path that the link was opened by."""
    if not may_be_shown(opened.view):
        raise Missing
    given = {key: params[key] for key in ASKED if params.get(key)}
    kept: dict[str, str] = dict(opened.link.scope or {}).get("params") or {}
    held = hues.readable(Viewing(opened.holder, opened.view, kept))
    return Look(held, given, opened.link.id, address)
