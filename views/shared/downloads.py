"""Files of what a link shows, where its maker allowed that: its records, or a chart's numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracker import clock, fieldtypes
from tracker.errors import Missing
from tracker.models import View
from tracker.query import Query
from tracker.schema import Field
from tracker.text import label
from views.layers import same_kind
from views.pages.exporting import TYPES, clean, file_of, named
from views.shared import rosterfiles
from views.shared.lists import narrowed
from views.shared.look import Look
from views.shared.sums import pivot_of
from views.shared.windows import told_fields, viewing_through
from views.viewing import Viewing

Make = Callable[[Look, str], Any]


def formats_of(view: View) -> list[str]:
    """The files that a link to the view can give; none for kinds that have no records or numbers
    of their own to take along.
    """
    if view.kind not in GIVEN or (view.kind == "roster" and "by" in (view.options or {})):
        return []
    return [*GIVEN[view.kind][1]]


def file(look: Look, format: str) -> Any:
    """The answer with the file; ``look`` says what the visitor searched and sorted."""
    view = look.held.view
    if format not in formats_of(view):
        raise Missing
    response = GIVEN[view.kind][0](look, format)
    name = clean(f"{label(view, _lang(look))} {clock.today(_zone(look)).isoformat()}.{format}")
    return named(response, name)


def _lang(look: Look) -> str:
    return look.held.viewer.context.lang


def _zone(look: Look) -> str:
    return look.held.viewer.context.zone


# ── records ──────────────────────────────────────────────────────────────────


def _records(look: Look, format: str) -> Any:
    """The fields that the page tells of each record, in the order of the view."""
    viewing = narrowed(look, export=True)
    told = {one.id for one in told_fields(look.held)}
    fields = [one for one in viewing.shown if one.id in told and _written(one)]
    query = _placed(viewing).only(fields)
    rosterfiles.need_room(query.through(query.access.exported).count())
    return file_of(query, format, "", title=label(look.held.view, _lang(look)))


def _written(field: Field) -> bool:
    return fieldtypes.get(field).widget != "button"


def _placed(viewing: Viewing) -> Query:
    """The records that stand on the page: on days, those that have one."""
    if viewing.view.kind not in {"calendar", "timeline"}:
        return viewing.query
    start, end = map(viewing.option_field, ("start", "end"))
    lasting = viewing.view.kind == "timeline" and same_kind(start, end)
    dates = [one for one in (start, end if lasting else None) if one is not None]
    filled = [{"field": one.id, "op": "filled"} for one in dates]
    return viewing.query.where({"any": filled} if filled else False)


# ── numbers ──────────────────────────────────────────────────────────────────


def _chart(look: Look, format: str) -> Any:
    through = viewing_through(look.held, export=True)
    return through.kind.data(through, "chart.xlsx")


def _pivot(look: Look, format: str) -> Any:
    seen = pivot_of(look, export=True)
    return seen.kind.data(seen, "export")


BOTH = tuple(TYPES)
GIVEN: dict[str, tuple[Make, tuple[str, ...]]] = {
    "grid": (_records, BOTH),
    "gallery": (_records, BOTH),
    "kanban": (_records, BOTH),
    "calendar": (_records, BOTH),
    "timeline": (_records, BOTH),
    "hierarchy": (_records, BOTH),
    "roster": (rosterfiles.file, BOTH),
    "chart": (_chart, ("xlsx",)),
    "pivot": (_pivot, ("xlsx",)),
}
