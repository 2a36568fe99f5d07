"""The window of a shared view: the fields it shows and the filters it has, nothing else.

Whoever looks through it is nobody, so every other door of the product is closed to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracker import fieldtypes, permissions, schema
from tracker.conditions import Condition
from tracker.errors import Missing, Refused
from tracker.models import View
from tracker.permissions import Pane, Viewer, Window
from tracker.schema import Field, Table
from views import colours
from views.viewing import Viewing

COMMON = ("filter", "sort", "hidden", "order", "widths", "group", "color")
UNNAMED = {*COMMON[:5], "colors", "rules"}  # a condition shows nothing of its fields
LISTS = {"grid", "gallery", "kanban", "calendar", "timeline"}  # kinds that show records one by one
DRAWN = {"chart"}  # kinds whose tile shows numbers alone


def viewing_through(viewing: Viewing) -> Viewing:
    """What the holder looks at, as it is shown to whoever has the link: the view's fields in its
    rows, its sort as far as it goes by fields that are shown; the filters stand in the window.
    """
    fields = shown_fields(viewing)
    try:
        tests = [one for one in (viewing.saved_filter, viewing.filter) if one is not None]
    except Refused:
        raise Missing from None  # what was shared goes by a field that is gone
    viewer = permissions.through(window(viewing.viewer, viewing.table, fields, tests))
    known = {one.id for one in fields}
    options = {key: one for key, one in viewing.options.items() if key not in {"filter", "hidden"}}
    sorts = [
        {"field": field.id, "desc": bool(one.get("desc"))}
        for one in viewing.sorts
        if (field := viewing.table.find(one["field"])) is not None and field.id in known
    ]
    options |= {"sort": sorts, "order": [one.id for one in fields]}
    view = View(**{**viewing.view.__data__, "options": options})
    return Viewing(viewer, view, {})


def shown_fields(viewing: Viewing) -> list[Field]:
    """A grid shows its columns; other kinds their title and the fields that they are made from."""
    title = viewing.table.title
    titles = [title] if title is not None and title.id in viewing.table.by_id else []
    if viewing.view.kind == "grid":
        return [*titles, *(one for one in viewing.shown if one not in titles)]
    if viewing.view.kind in DRAWN:
        titles = []
    named = set(_numbers({k: v for k, v in viewing.options.items() if k not in UNNAMED}))
    named |= {one["by"] for one in colours.chosen(viewing) if "by" in one}
    hidden = set(viewing.options.get("hidden") or ())
    found = [one for one in viewing.table.fields if one.id in named and one.id not in hidden]
    return [*titles, *(one for one in found if one not in titles)]


def _numbers(value: Any) -> Iterable[int]:
    """Every whole number in options: the ids of fields are among them."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _numbers(one)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value


def window(
    holder: Viewer, table: Table, fields: Iterable[Field], tests: Iterable[Condition]
) -> Window:
    """These fields of a table in the rows that meet the tests; of linked records the title."""
    fields = list(fields)
    panes: dict[int, Pane] = {}
    for one in fields:
        target = schema.current().tables.get(_target(one) or 0)
        if target is not None and target.title is not None:
            panes[target.id] = Pane(frozenset([target.title.id]))
    panes[table.id] = Pane(frozenset(one.id for one in fields), tuple(tests))
    return Window(holder, panes)


def _target(field: Field) -> int | None:
    linked = fieldtypes.get(field).family == "link"
    found: Any = field.options.get("table") if linked else None
    return found
