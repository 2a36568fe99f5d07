"""A pivot laid out: columns, rows under their headings, totals, each number with its records.

Everything is computed from the rows and fields that the viewer may see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracker import fieldtypes
from tracker.conditions import Condition
from tracker.crossing import ALL, OTHERS, Cell, Cross, Key, cells, several
from tracker.grouping import By, Measure
from tracker.numeric import precision
from tracker.query import Query
from tracker.schema import Field
from tracker.text import _
from views.behind import test_of
from views.charts.names import Names
from views.charts.times import without_gaps
from views.pivots.doors import Doors
from views.pivots.plan import ADDING, Plan
from views.viewing import Viewing

WARMTHS = 5
Found = dict[Key, Cell]


@dataclass(frozen=True)
class Head:
    """One key of a dimension. ``test`` is the condition that a record belongs to it, None where
    none can say so, True for all.
    """

    key: Any
    label: str
    test: Condition | None = True


@dataclass(frozen=True)
class Number:
    """One number as it is read and opened; ``warmth`` 0 to `WARMTHS`."""

    value: float | int | None
    text: str
    href: str | None = None
    share: str = ""
    warmth: int = 0


@dataclass(frozen=True)
class Line:
    """A row: ``depth`` 1 beneath a heading; ``heading`` where rows stand beneath it."""

    label: str
    depth: int
    heading: bool
    numbers: list[Number]  # column by column, measure by measure


@dataclass(frozen=True)
class Sheet:
    """``columns`` end with all together where there are any others."""

    plan: Plan
    columns: list[Head]
    lines: list[Line]
    total: list[Number]
    rows: int  # how many there are, headings not counted
    records: int


def lay_out(
    viewing: Viewing, plan: Plan, query: Query, *, page: tuple[int, int] | None = None
) -> Sheet:
    """The pivot of the query's records; ``page`` is the first row shown and how many."""
    beyond: list[Any] = []
    found = cells(
        query,
        Cross(plan.rows, plan.column, plan.measures),
        lambda totals: _kept(plan, totals, beyond),
    )
    names = Names(viewing.viewer)
    for place, one in enumerate(Cross(plan.rows, plan.column, ()).dimensions):
        names.load(one, {key[place] for key in found} - {ALL, OTHERS})
    columns = _columns(plan, found, names, beyond)
    heads = _Heads(plan, found, names)
    pen = _Pen(plan, found, Doors(viewing), columns, viewing)
    ordered = heads.ordered(columns)
    first, most = page or (0, len(ordered))
    lines = [pen.line(head, depth, parts) for head, depth, parts in ordered[first : first + most]]
    whole = found.get((ALL,) * (len(plan.rows) + bool(plan.column)))
    return Sheet(
        plan=plan,
        columns=columns,
        lines=lines,
        total=pen.numbers((ALL,) * len(plan.rows), []),
        rows=len(ordered),
        records=whole.count if whole else 0,
    )


# ── columns ──────────────────────────────────────────────────────────────────


def _kept(plan: Plan, totals: dict[Any, Cell], beyond: list[Any]) -> list[Any] | None:
    """The keys that get columns of their own: the latest times, else the largest by the first
    number. None where all fit; those that do not go to ``beyond``.
    """
    keys = list(totals)
    if plan.column is None or len(keys) <= plan.top + 1:
        return None
    if plan.column.timely:
        keys.sort(key=lambda key: (key is not None, str(key)), reverse=True)
    else:
        sizes = {key: one.numbers.get(0, one.count) or 0 for key, one in totals.items()}
        keys.sort(key=lambda key: (-sizes[key], str(key)))
    beyond += keys[plan.top :]
    return keys[: plan.top]


def _columns(plan: Plan, found: Found, names: Names, beyond: list[Any]) -> list[Head]:
    """The columns in order, the rest after them, and all together at the end."""
    whole = Head(ALL, _("Together").to(names.context.lang))
    if plan.column is None:
        return [whole]
    there = {key[-1] for key in found} - {ALL, OTHERS}
    keys = sorted(there - {None}, key=own_place(plan.column.field))
    if plan.column.timely and len(filled := without_gaps(keys, plan.column.bucket)) <= plan.top:
        keys = filled
    keys += [None] if None in there else []
    heads = [_head(plan.column, key, names) for key in keys]
    if beyond:
        words = _("{n} others", n=len(beyond)).to(names.context.lang)
        heads.append(Head(OTHERS, words, _others(plan.column, heads, beyond)))
    return [*heads, whole]


def _head(by: By, key: Any, names: Names) -> Head:
    return Head(key, names.of(by, key), test_of(by, key))


def _others(by: By, shown: list[Head], beyond: list[Any]) -> Condition | None:
    """The condition that a record belongs to the columns put together."""
    if not several(by.field):
        return {"not": {"any": [one.test for one in shown]}}
    filled = [one for one in beyond if one is not None]
    tests: list[Condition] = [{"field": by.field.id, "op": "has_any", "value": filled}]
    if None in beyond:
        tests.append({"field": by.field.id, "op": "empty"})
    return tests[0] if len(tests) == 1 else {"any": tests}


def own_place(field: Field) -> Callable[[Any], Any]:
    """Options as they stand in the field, numbers by size, texts by letter."""
    places = {one["id"]: place for place, one in enumerate(field.options.get("choices", []))}
    return lambda key: (
        places.get(key, len(places)),
        key if isinstance(key, int) else 0,
        str(key),
    )


# ── rows ─────────────────────────────────────────────────────────────────────


class _Heads:
    """The rows in order, those of the second field beneath those of the first."""

    def __init__(self, plan: Plan, found: Found, names: Names) -> None:
        self.plan, self.found, self.names = plan, found, names
        self.below: dict[tuple[Any, ...], dict[Any, None]] = {}
        for key in found:
            keys = key[: len(plan.rows)]
            for depth, one in enumerate(keys):
                if one != ALL:
                    self.below.setdefault(keys[:depth], {})[one] = None

    def ordered(self, columns: list[Head]) -> list[tuple[Head, int, list[tuple[Any, Head]]]]:
        """``(head, depth, [(key, head) from the first field down to it])`` of each row."""
        made = []
        for head in self._sorted((), columns):
            above = [(head.key, head)]
            made.append((head, 0, above))
            if len(self.plan.rows) > 1:
                for one in self._sorted((head.key,), columns):
                    made.append((one, 1, [*above, (one.key, one)]))
        return made

    def _sorted(self, above: tuple[Any, ...], columns: list[Head]) -> list[Head]:
        by, rank = self.plan.rows[len(above)], self.plan.rank
        keys = list(self.below.get(above, ()))
        place = own_place(by.field)
        named = [one for one in keys if one is not None]
        own = {one: self.names.of(by, one) for one in named}
        spelled = fieldtypes.get(by.field).widget in {"person", "department", "link"}
        named.sort(key=(lambda key: own[key]) if spelled else place)
        ordered = [*named, *([None] if None in keys else [])]
        if rank.measure is None:
            ordered = ordered[::-1] if rank.falling else ordered
        else:
            ordered = self._ranked(ordered, above, columns)
        return [_head(by, one, self.names) for one in ordered]

    def _ranked(self, keys: list[Any], above: tuple[Any, ...], columns: list[Head]) -> list[Any]:
        """By a measure in one column; rows without a number come last."""
        rank = self.plan.rank
        column = next((one.key for one in columns if column_ref(one) == rank.column), ALL)
        rest = (ALL,) * (len(self.plan.rows) - len(above) - 1)
        sizes: dict[Any, Any] = {}
        for one in keys:
            cell = self.found.get(_key(self.plan, (*above, one, *rest), column))
            sizes[one] = cell.numbers[rank.measure or 0] if cell else None
        full = [one for one in keys if sizes[one] is not None]
        full.sort(key=lambda one: sizes[one], reverse=rank.falling)
        return [*full, *(one for one in keys if sizes[one] is None)]


def column_ref(head: Head) -> str | None:
    """A column as an address names it; None for all together."""
    return None if head.key == ALL else "…" if head.key == OTHERS else str(head.key)


def _key(plan: Plan, rows: tuple[Any, ...], column: Any) -> Key:
    return (*rows, column) if plan.column else rows


# ── numbers ──────────────────────────────────────────────────────────────────


class _Pen:
    """Cells with their words, shares, warmth and addresses."""

    def __init__(
        self, plan: Plan, found: Found, doors: Doors, columns: list[Head], viewing: Viewing
    ) -> None:
        self.plan, self.found, self.doors, self.columns = plan, found, doors, columns
        self.context = viewing.viewer.context
        self.most = [self._warmest(number) for number in range(len(plan.measures))]
        self.opened = [doors.part(one.test) for one in columns]

    def line(self, head: Head, depth: int, parts: list[tuple[Any, Head]]) -> Line:
        keys = tuple(key for key, _head in parts)
        rest = (ALL,) * (len(self.plan.rows) - len(keys))
        numbers = self.numbers((*keys, *rest), [one.test for _key, one in parts])
        return Line(head.label, depth, bool(rest), numbers)

    def numbers(self, rows: tuple[Any, ...], tests: list[Condition | None]) -> list[Number]:
        opened = [self.doors.part(one) for one in tests]
        whole = self.found.get(_key(self.plan, rows, ALL))
        made = []
        for column, last in zip(self.columns, self.opened, strict=True):
            cell = self.found.get(_key(self.plan, rows, column.key))
            href = self.doors.href([*opened, last]) if cell else None
            below = self.found.get(_key(self.plan, (ALL,) * len(rows), column.key))
            for place in range(len(self.plan.measures)):
                inner = column.key not in {ALL} and bool(rows) and rows[-1] != ALL
                made.append(self._number(place, cell, href, inner, whole, below))
        return made

    def _number(
        self,
        place: int,
        cell: Cell | None,
        href: str | None,
        inner: bool,
        row: Cell | None,
        column: Cell | None,
    ) -> Number:
        measure = self.plan.measures[place]
        value = cell.numbers[place] if cell else None
        if cell is None or value is None:
            return Number(None, "", None)
        whole = {"row": row, "column": column, "total": self.found.get(self._everything)}
        shared = self._share(measure, value, place, whole.get(self.plan.share))
        warmth = self._warmth(value, place) if self.plan.heat and inner else 0
        return Number(scaled(value, measure), text_of(value, measure, self), href, shared, warmth)

    @property
    def _everything(self) -> Key:
        return _key(self.plan, (ALL,) * len(self.plan.rows), ALL)

    def _share(self, measure: Measure, value: float, place: int, whole: Cell | None) -> str:
        if measure.kind not in ADDING or whole is None or not whole.numbers[place]:
            return ""
        return f"{100 * value / (whole.numbers[place] or 1):.1f}%"

    def _warmest(self, place: int) -> float:
        """The largest number of the cells themselves, without totals."""
        inner = [
            abs(cell.numbers[place] or 0)
            for key, cell in self.found.items()
            if ALL not in key and place in cell.numbers
        ]
        return max(inner, default=0)

    def _warmth(self, value: float, place: int) -> int:
        most = self.most[place]
        return min(WARMTHS, 1 + int(WARMTHS * abs(value) / most)) if most and value else 0


def scaled(value: float, measure: Measure) -> float | int:
    """A measured number in the units that people read."""
    places = 0 if measure.kind in {"count", "unique"} else _places(measure.field)
    return value / 10**places if places else value


def _places(field: Field | None) -> int:
    return precision(field) if field and fieldtypes.get(field).scaled else 0


def text_of(value: float, measure: Measure, pen: _Pen) -> str:
    """A measured number as its field writes it."""
    if measure.field is None or measure.kind == "unique":
        return f"{round(value):,}"
    kind = fieldtypes.get(measure.field)
    shown = round(value) if kind.scaled else value
    return kind.text(shown, measure.field, pen.context)
