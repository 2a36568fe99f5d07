"""Groups of one view's records as labelled series, each number with the records behind it.

Everything is computed in SQL from the rows and fields that the viewer may see.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tracker import fieldtypes, limits
from tracker.errors import Refused
from tracker.grouping import By, Row, measured
from tracker.query import Query
from tracker.schema import Field
from tracker.text import _, label
from views.behind import Door, test_of
from views.charts.drawing import PALETTE, Bin, Drawing, Mark, unit_of
from views.charts.kinds import Chart
from views.charts.names import Names, color_of, measure_name
from views.charts.plan import Plan, adds_up
from views.charts.times import without_gaps
from views.viewing import Viewing

MEASURED = ("teal", "amber", "purple", "blue")  # colours of several measures
NONE = Bin((None,), "")
Cells = dict[tuple[Any, Any], Row]  # (group, layer) → its numbers


class Grouped(Chart):
    """A chart of groups."""

    def draw(self, viewing: Viewing, plan: Plan, query: Query) -> Drawing:
        return draw(viewing, plan, query)


def draw(viewing: Viewing, plan: Plan, query: Query) -> Drawing:
    """The groups of the records as the plan wants them: one to three queries, and the names."""
    by = [plan.grouping, *([plan.split] if plan.split else [])]
    found = [_plain(one, by) for one in _measured(query, by, plan)]
    alone = found if plan.split is None else None
    if alone is None and not plan.adds_up:  # averages of parts make no average of the whole
        alone = [_plain(one, by[:1]) for one in _measured(query, by[:1], plan)]
    whole = _whole(query, by, found, plan)
    names = Names(query.viewer)
    for place, one in enumerate(by):
        names.load(one, {group.keys[place] for group in found})
    pen = _Pen(plan, Door(viewing), {_pair(one): one for one in found}, alone)
    sizes = _sizes(alone if alone is not None else found, 0)
    keys = _ordered(plan.grouping, sizes, plan.order, names)
    shown, rest = (keys, []) if plan.timely or len(keys) <= plan.top + 1 else _cut(keys, plan.top)
    categories = _bins(plan, plan.grouping, shown, rest, names)
    layers = _layers(plan, found, names)
    marks = [[pen.mark(one, layer) for one in categories] for layer in layers]
    if plan.cumulative:
        marks = [
            pen.running(row, categories, layer) for row, layer in zip(marks, layers, strict=True)
        ]
    one_measure = len(plan.measures) == 1
    return Drawing(
        plan=plan,
        categories=categories,
        layers=layers,
        marks=marks,
        wholes=[pen.whole(one) for one in categories] if one_measure else [],
        total=pen.units[0].text(whole),
        groups=len(keys),
        names=label(plan.grouping.field, names.context.lang),
        href=pen.door.href([]),
        targets="" if plan.target is None else pen.units[0].typed(plan.target),
    )


def _measured(query: Query, by: list[By], plan: Plan) -> list[Row]:
    found = measured(query, by, plan.measures, most=limits.CHART_CELLS)
    if len({one.keys[0] for one in found}) > limits.GROUPS:
        words = _("These are more than {n} groups. Narrow the filter.", n=limits.GROUPS)
        raise Refused(words)
    return found


def _whole(query: Query, by: list[By], found: list[Row], plan: Plan) -> float | int:
    """The first measure over all records; the sum of its groups, where each record is in one."""
    several = any(fieldtypes.get(one.field).family in {"many", "link"} for one in by)
    if plan.adds_up and not several:
        return sum(one.numbers[0] or 0 for one in found)
    [whole] = measured(query, [], plan.measures[:1]) or [Row((), (0,), 0)]
    return whole.numbers[0] or 0


def _plain(group: Row, by: list[By]) -> Row:
    """The group with unset checkboxes as unchecked ones."""
    keys = tuple(
        bool(key) if fieldtypes.get(one.field).family == "checkbox" else key
        for key, one in zip(group.keys, by, strict=True)
    )
    return replace(group, keys=keys)


def _pair(group: Row) -> tuple[Any, Any]:
    return (group.keys[0], group.keys[1] if len(group.keys) > 1 else None)


def _sizes(found: Iterable[Row], place: int) -> dict[Any, float]:
    sizes: dict[Any, float] = {}
    for one in found:
        sizes[one.keys[place]] = sizes.get(one.keys[place], 0) + (one.numbers[0] or 0)
    return sizes


# ── bins ─────────────────────────────────────────────────────────────────────


def _ordered(by: By, sizes: dict[Any, float], order: str, names: Names) -> list[Any]:
    """The keys in order, times without gaps, the empty one last."""
    keys = [one for one in sizes if one is not None]
    if by.timely:
        keys = without_gaps(sorted(keys), by.bucket)
    elif order == "label":
        keys.sort(key=lambda key: (names.of(by, key).casefold(), str(key)))
    elif order in {"value", "value_up"}:
        way = -1 if order == "value" else 1
        keys.sort(key=lambda key: (way * sizes[key], str(key)))
    else:
        keys.sort(key=_own_place(by.field))
    return [*keys, *([None] if None in sizes else [])]


def _own_place(field: Field) -> Any:
    """Options as they stand in the field, numbers by size, texts by letter."""
    places = {one["id"]: place for place, one in enumerate(field.options.get("choices", []))}
    return lambda key: (
        places.get(key, len(places)),
        key if isinstance(key, int) else 0,
        str(key),
    )


def _cut(keys: list[Any], most: int) -> tuple[list[Any], list[Any]]:
    return keys[:most], keys[most:]


def _bins(plan: Plan, by: By, shown: list[Any], rest: list[Any], names: Names) -> list[Bin]:
    """A bin for each key, and one for the rest where numbers can be added up."""
    bins = [
        Bin((one,), names.of(by, one), color_of(by.field, one), test_of(by, one)) for one in shown
    ]
    if rest and plan.adds_up:
        words = _("{n} others", n=len(rest)).to(names.context.lang)
        several = fieldtypes.get(by.field).family in {"many", "link"}
        test = None if several else {"not": {"any": [one.test for one in bins]}}
        bins.append(Bin(tuple(rest), words, "gray", test))
    return bins


def _layers(plan: Plan, found: list[Row], names: Names) -> list[Bin]:
    """What each category is split into, or the measures; a single layer where it is neither."""
    if plan.split is None:
        return [
            Bin((None,), measure_name(one, names.context.lang), MEASURED[place], measure=place)
            for place, one in enumerate(plan.measures)
        ]
    keys = _ordered(plan.split, _sizes(found, 1), "value", names)
    most = plan.kind.layers
    shown, rest = (keys, []) if len(keys) <= most + 1 else _cut(keys, most)
    shown = _ordered(plan.split, dict.fromkeys(shown, 0.0), "key", names)
    bins = _bins(plan, plan.split, shown, rest, names)
    return [
        replace(one, color=one.color or _next_color(place, one)) for place, one in enumerate(bins)
    ]


def _next_color(place: int, one: Bin) -> str:
    return "gray" if one.keys == (None,) else PALETTE[place % len(PALETTE)]


# ── numbers ──────────────────────────────────────────────────────────────────


class _Pen:
    """Numbers of bins with their words and addresses."""

    def __init__(self, plan: Plan, door: Door, cells: Cells, alone: list[Row] | None) -> None:
        self.plan, self.door, self.cells = plan, door, cells
        self.alone = None if alone is None else {one.keys[0]: one for one in alone}
        self.units = [unit_of(one, door.context) for one in plan.measures]

    def mark(self, first: Bin, layer: Bin) -> Mark:
        """What one layer has in a category."""
        keys = [(one, other) for one in first.keys for other in layer.keys]
        found = [self.cells[key] for key in keys if key in self.cells]
        tests = [first.test] if self.plan.split is None else [first.test, layer.test]
        return self._mark(found, layer.measure, tests)

    def whole(self, first: Bin) -> Mark:
        """A category over all its layers."""
        if self.alone is not None:
            found = [self.alone[one] for one in first.keys if one in self.alone]
        else:
            found = [row for key, row in self.cells.items() if key[0] in first.keys]
        return self._mark(found, 0, [first.test])

    def _mark(self, found: list[Row], which: int, tests: list[Any]) -> Mark:
        adding = adds_up(self.plan.measures[which])
        given = [one.numbers[which] for one in found]
        numbers = [one for one in given if one is not None]
        if not numbers or (len(numbers) > 1 and not adding):
            empty = adding and (bool(found) or self.plan.gaps == "zero")
            return Mark(0 if empty else None)
        number, unit = sum(numbers), self.units[which]
        return Mark(unit.shown(number), unit.text(number), self.door.href(tests))

    def running(self, marks: list[Mark], categories: list[Bin], layer: Bin) -> list[Mark]:
        """Each number with all before it, where they add up."""
        if not adds_up(self.plan.measures[layer.measure]):
            return marks
        unit, told = self.units[layer.measure], []
        number: float = 0
        for place, one in enumerate(marks):
            number += one.value or 0
            tests = [_until(categories[: place + 1])]
            tests += [] if self.plan.split is None else [layer.test]
            href = self.door.href(tests) if number else None
            told.append(Mark(number, unit.text(number * unit.scale), href))
        return told


def _until(bins: list[Bin]) -> Any:
    """The condition of records in any of these: of times, one span."""
    tests: list[Any] = [one.test for one in bins]
    if any(one is None for one in tests):
        return None
    if len(tests) > 1 and all(isinstance(one, dict) and one.get("op") == "within" for one in tests):
        ends = [tests[0]["value"][0], tests[-1]["value"][1]]
        return {**tests[0], "value": ends}
    return tests[0] if len(tests) == 1 else {"any": tests} if len(tests) <= 50 else None
