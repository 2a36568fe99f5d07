"""The window of a shared view: the fields it shows and the filters it has, nothing else.

Whoever looks through it is nobody, so every other door of the product is closed to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tracker import fieldtypes, limits, permissions, schema
from tracker.conditions import Condition
from tracker.errors import Missing, Refused
from tracker.models import View
from tracker.permissions import Pane, Viewer, Window
from tracker.query import Query
from tracker.schema import Field, Table
from views import colours
from views.viewing import Viewing

CONDITIONS = {"filter", "done", "planned", "condition", "when", "rules", "colors"}
NAMING = {  # options that name a field
    *("field", "group", "split", "color", "cover", "start", "end", "title", "repeat", "date"),
    *("progress", "parent", "by"),
}
# Without these the view is none: they show whatever its cards or columns leave out.
BEARING = {
    "kanban": ("group",),
    "calendar": ("start", "end"),
    "timeline": ("start", "end"),
    "hierarchy": ("parent",),
    "roster": ("by", "date"),
}
# Kinds that show what is not hidden, and how many fields of it.
FACES = {"gallery": limits.CARD_FIELDS, "kanban": limits.CARD_FIELDS, "hierarchy": 6, "roster": 3}


@dataclass
class Sought(Viewing):
    """A look that a visitor searches: only in the fields of ``shown_by``, as if no others were."""

    shown_by: Viewing | None = None
    text: str = ""

    @cached_property
    def query(self) -> Query:
        query = Viewing(self.viewer, self.view, self.params).query
        text = fieldtypes.clean_text(self.text)[: limits.SEARCH_LENGTH]
        if not text or self.shown_by is None:
            return query
        return query.test(self.shown_by.scope.scope.search(text))


def viewing_through(viewing: Viewing, *, aside: Iterable[int] = ()) -> Viewing:
    """What the holder looks at, as it is shown to whoever has the link: the view's fields in its
    rows, its sort as far as it goes by fields that are shown; the filters stand in the window.

    ``aside`` are fields that are reckoned with and not shown: for looks that print no fields but
    those they name.
    """
    fields = shown_fields(viewing)
    known = {one.id for one in fields}
    hidden = [one for one in aside if one not in known and one in viewing.table.by_id]
    reckoned = [viewing.table.by_id[one] for one in dict.fromkeys(hidden)]
    try:
        tests = [one for one in (viewing.saved_filter, viewing.filter) if one is not None]
    except Refused:
        raise Missing from None  # what was shared goes by a field that is gone
    viewer = permissions.through(window(viewing.viewer, viewing.table, [*fields, *reckoned], tests))
    options = {key: one for key, one in viewing.options.items() if key != "filter"}
    sorts = [
        {"field": field.id, "desc": bool(one.get("desc"))}
        for one in viewing.sorts
        if (field := viewing.table.find(one["field"])) is not None and field.id in known
    ]
    options |= {"sort": sorts, "hidden": hidden}
    if viewing.view.kind != "chart":  # the order of a chart is that of its bars
        options["order"] = [one.id for one in fields]
    view = View(**{**viewing.view.__data__, "options": options})
    return Viewing(viewer, view, {})


def shown_fields(viewing: Viewing) -> list[Field]:
    """A grid shows its columns, cards what they carry; other kinds what they are made from."""
    kind, title = viewing.view.kind, viewing.table.title
    titles = [title] if title is not None and title.id in viewing.table.by_id else []
    if kind in {"chart", "pivot"}:
        titles = []
    bearing = [one for name in BEARING.get(kind, ()) if (one := viewing.option_field(name))]
    if kind == "grid":
        first = [one for one in titles if one in viewing.shown or not viewing.shown]
        return _once([*first, *viewing.shown])
    named = set(named_fields(viewing.options))
    named |= {one["by"] for one in colours.chosen(viewing) if "by" in one}
    named -= viewing.hidden
    found = [one for one in viewing.table.fields if one.id in named]
    return _once([*titles, *bearing, *_face(viewing, [*titles, *bearing]), *found])


def _face(viewing: Viewing, but: list[Field]) -> list[Field]:
    """What a card or line shows beside its title."""
    most = FACES.get(viewing.view.kind, 0)
    return [one for one in viewing.shown if one not in but][:most]


def _once(fields: Iterable[Field]) -> list[Field]:
    return list({one.id: one for one in fields}.values())


def named_fields(options: Any) -> Iterable[int]:
    """The ids of the fields that options name; conditions are none of it."""
    if isinstance(options, list):
        for one in options:
            yield from named_fields(one)
    elif isinstance(options, dict):
        for key, value in options.items():
            if key in CONDITIONS or key in {"sort", "visits", "open", "risk", "layers", "tiers"}:
                continue
            if key in NAMING and isinstance(value, int) and not isinstance(value, bool):
                yield value
            else:
                yield from named_fields(value)


def condition_fields(condition: Any) -> Iterable[int]:
    """The ids of the fields that a condition of the view's maker looks at."""
    if isinstance(condition, list):
        for one in condition:
            yield from condition_fields(one)
    elif isinstance(condition, dict):
        field = condition.get("field")
        if isinstance(field, int) and not isinstance(field, bool):
            yield field
        for key in ("all", "any", "not"):
            yield from condition_fields(condition.get(key))


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
