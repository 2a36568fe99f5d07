"""Groups of one view's records as labelled series, each number with the records behind it.

Everything is computed in SQL from the rows and fields that the viewer may see.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tracker import fieldtypes
from tracker.conditions import Condition
from tracker.grouping import By, Group, groups
from tracker.numeric import precision
from tracker.schema import Field
from tracker.text import _
from views.behind import Door, test_of
from views.charts.names import Names, color_of, measure_name
from views.charts.plan import Plan
from views.charts.times import without_gaps
from views.viewing import Viewing

LAYERS = 8  # series before the rest is put together
PALETTE = ("teal", "blue", "amber", "purple", "green", "pink", "cyan", "orange", "indigo", "olive")
Cells = dict[tuple[Any, Any], float]  # (group, layer) → number


@dataclass(frozen=True)
class Bin:
    """Keys drawn as one: a category, or a layer of it. ``test`` is the condition that a record
    belongs to it, None where none can say so.
    """

    keys: tuple[Any, ...]
    label: str
    color: str | None = None
    test: Condition | None = True


@dataclass(frozen=True)
class Mark:
    """One number as it is drawn, read and opened; ``value`` is None where there is nothing."""

    value: float | None
    text: str
    href: str | None


@dataclass(frozen=True)
class Drawing:
    """A chart ready to be drawn and to be read as a table: ``marks`` by layer, then by category."""

    plan: Plan
    categories: list[Bin]
    layers: list[Bin]
    marks: list[list[Mark]]
    wholes: list[Mark]  # each category over all layers
    total: str
    groups: int  # how many there are in all

    @property
    def rest(self) -> Mark | None:
        """What lies beyond the top, put together as the last category."""
        return self.wholes[-1] if self.categories and len(self.categories[-1].keys) > 1 else None


def draw(viewing: Viewing, plan: Plan) -> Drawing:
    """The groups of the view's records as the plan wants them: two queries and the names."""
    query = viewing.query.order([])
    by = [plan.by, *([plan.split] if plan.split else [])]
    found = [_plain(one, by) for one in groups(query, by, plan.measure)]
    [whole] = groups(query, [], plan.measure) or [Group((), 0, 0)]
    names = Names(viewing.viewer)
    for place, one in enumerate(by):
        names.load(one, {group.keys[place] for group in found})
    pen = _Pen(plan, Door(viewing), {_pair(one): one.number for one in found})
    keys = _ordered(plan.by, _sizes(found, 0), by_size=plan.order == "value")
    shown, rest = (
        (keys, []) if plan.by.timely or len(keys) <= plan.top + 1 else _cut(keys, plan.top)
    )
    categories = _bins(plan, plan.by, shown, rest, names)
    layers = _layers(plan, found, names)
    return Drawing(
        plan=plan,
        categories=categories,
        layers=layers,
        marks=[[pen.mark([one], [layer]) for one in categories] for layer in layers],
        wholes=[pen.mark([one], layers) for one in categories],
        total=pen.text(whole.number),
        groups=len(keys),
    )


def _plain(group: Group, by: list[By]) -> Group:
    """The group with unset checkboxes as unchecked ones."""
    keys = tuple(
        bool(key) if fieldtypes.get(one.field).family == "checkbox" else key
        for key, one in zip(group.keys, by, strict=True)
    )
    return Group(keys, group.number, group.count)


def _pair(group: Group) -> tuple[Any, Any]:
    return (group.keys[0], group.keys[1] if len(group.keys) > 1 else None)


def _sizes(found: Iterable[Group], place: int) -> dict[Any, float]:
    sizes: dict[Any, float] = {}
    for one in found:
        sizes[one.keys[place]] = sizes.get(one.keys[place], 0) + one.number
    return sizes


# ── bins ─────────────────────────────────────────────────────────────────────


def _ordered(by: By, sizes: dict[Any, float], *, by_size: bool) -> list[Any]:
    """The keys in order, times without gaps, the empty one last."""
    keys = [one for one in sizes if one is not None]
    if by.timely:
        keys = without_gaps(sorted(keys), by.bucket)
    elif by_size:
        keys.sort(key=lambda key: (-sizes[key], str(key)))
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


def _layers(plan: Plan, found: list[Group], names: Names) -> list[Bin]:
    """What each category is split into; a single layer where it is not."""
    if plan.split is None:
        return [Bin((None,), measure_name(plan.measure, names.context.lang), PALETTE[0])]
    keys = _ordered(plan.split, _sizes(found, 1), by_size=True)
    shown, rest = (keys, []) if len(keys) <= LAYERS + 1 else _cut(keys, LAYERS)
    shown = _ordered(plan.split, dict.fromkeys(shown, 0.0), by_size=False)
    bins = _bins(plan, plan.split, shown, rest, names)
    return [
        Bin(one.keys, one.label, one.color or _next_color(place, one), one.test)
        for place, one in enumerate(bins)
    ]


def _next_color(place: int, one: Bin) -> str:
    return "gray" if one.keys == (None,) else PALETTE[place % len(PALETTE)]


# ── numbers ──────────────────────────────────────────────────────────────────


class _Pen:
    """Numbers of bins with their words and addresses."""

    def __init__(self, plan: Plan, door: Door, cells: Cells) -> None:
        self.plan, self.door, self.cells = plan, door, cells
        self.unit = plan.measure.field
        self.scale = 10 ** precision(self.unit) if self.unit else 1

    def mark(self, firsts: list[Bin], seconds: list[Bin]) -> Mark:
        """The cells of these bins put together."""
        keys = [
            (first, second)
            for one in firsts
            for first in one.keys
            for other in seconds
            for second in other.keys
        ]
        numbers = [self.cells[key] for key in keys if key in self.cells]
        if not numbers or (len(numbers) > 1 and not self.plan.adds_up):
            return Mark(0 if self.plan.adds_up else None, "", None)
        number = sum(numbers)
        tests = [one.test for one in [*firsts, *(seconds if len(seconds) == 1 else [])]]
        return Mark(number / self.scale, self.text(number), self.door.href(tests))

    def text(self, number: float) -> str:
        """A measured number as its field writes it."""
        if self.unit is None:
            return f"{round(number):,}"
        kind = fieldtypes.get(self.unit)
        shown = round(number) if kind.scaled else number
        return kind.text(shown, self.unit, self.door.context)
