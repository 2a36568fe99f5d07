"""A chart ready to be drawn and to be read as a table, each number with the records behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracker import fieldtypes
from tracker.conditions import Condition
from tracker.context import Context
from tracker.grouping import UNIQUE, Measure
from tracker.numeric import precision
from tracker.schema import Field
from views.charts.plan import Plan

PALETTE = ("teal", "blue", "amber", "purple", "green", "pink", "cyan", "orange", "indigo", "olive")


@dataclass(frozen=True)
class Bin:
    """Keys drawn as one: a category, or a layer of it. ``test`` is the condition that a record
    belongs to it, None where none can say so.
    """

    keys: tuple[Any, ...]
    label: str
    color: str | None = None
    test: Condition | None = True
    measure: int = 0  # of the plan's, where layers are measures


@dataclass(frozen=True)
class Mark:
    """One number as it is drawn, read and opened; ``value`` is None where there is nothing."""

    value: float | None
    text: str = ""
    href: str | None = None


@dataclass(frozen=True)
class Drawing:
    """``marks`` by layer, then by category. ``wholes`` are the categories over all layers, none
    where layers do not come together. ``names`` heads the column of categories.
    """

    plan: Plan
    categories: list[Bin]
    layers: list[Bin]
    marks: list[list[Mark]]
    wholes: list[Mark]
    total: str
    groups: int  # how many there are in all
    names: str = ""
    note: str = ""  # what the drawing says in a sentence
    href: str | None = None  # the records behind the whole
    targets: str = ""  # the target as people read it

    @property
    def rest(self) -> Mark | None:
        """What lies beyond the top, put together as the last category."""
        several = self.wholes and self.categories and len(self.categories[-1].keys) > 1
        return self.wholes[-1] if several else None


@dataclass(frozen=True)
class Unit:
    """How the numbers of one measure are scaled and written."""

    field: Field | None
    context: Context

    @property
    def scale(self) -> int:
        return 10 ** precision(self.field) if self.field else 1

    def shown(self, number: float) -> float:
        """A stored number in the unit of people."""
        return number if self.scale == 1 else number / self.scale

    def text(self, number: float | None) -> str:
        """A measured number as its field writes it."""
        if number is None:
            return ""
        if self.field is None:
            return f"{round(number):,}"
        kind = fieldtypes.get(self.field)
        shown = round(number) if kind.scaled else number
        return kind.text(shown, self.field, self.context)

    def typed(self, number: float) -> str:
        """A number in the unit of people, as a target is."""
        return self.text(number * self.scale) if self.field else f"{number:,g}"

    def sheet(self, value: float | None) -> float | None:
        """A drawn value as a workbook's formats want it: shares of one, days."""
        if value is None or self.field is None:
            return value
        kind = fieldtypes.get(self.field)
        if kind.shift:
            return value / 100
        return value / 86_400 if kind.widget == "duration" else value

    def json(self) -> dict[str, Any]:
        """What an axis writes round its numbers."""
        if self.field is None:
            return {"before": "", "after": "", "hours": False}
        kind = fieldtypes.get(self.field)
        money = "currency" in (self.field.type, self.field.result)
        return {
            "before": str(self.field.options.get("symbol", "¥")) if money else "",
            "after": "%" if kind.shift else "",
            "hours": kind.widget == "duration",
        }


def unit_of(measure: Measure, context: Context) -> Unit:
    return Unit(None if measure.kind == UNIQUE else measure.field, context)
