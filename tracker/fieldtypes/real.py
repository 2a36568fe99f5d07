"""A number as formulas compute it: a double, shown with as many decimals as wanted."""

from __future__ import annotations

from typing import Any

import peewee as pw

from tracker.context import Context
from tracker.fieldtypes import FieldType, registry
from tracker.numeric import to_decimal
from tracker.schema import Field
from tracker.text import _

DIGITS = 12  # that are shown where nobody said how many decimals


@registry.register
class RealType(FieldType):
    """``options``: ``decimals`` (None: as many as there are), ``style`` (``""``, ``percent`` or
    ``currency``), ``symbol``. A value is a float, not a scaled integer.
    """

    key = "real"
    name = _("Computed number")
    icon = "number-123"
    order = 61
    family = "number"
    align = "end"
    sums = True
    scaled = False
    written = False
    offered = False

    def column(self, field: Field) -> pw.Field:
        return pw.DoubleField(null=True)

    def text(self, value: Any, field: Field, context: Context) -> str:
        if value is None:
            return ""
        style = field.options.get("style")
        said = figure(abs(value) * (100 if style == "percent" else 1), field.options)
        sign = "-" if value < 0 and any(digit in said for digit in "123456789") else ""
        if style == "currency":
            return f"{sign}{field.options.get('symbol') or '¥'}{said}"
        return f"{sign}{said}%" if style == "percent" else f"{sign}{said}"

    def sheet(self, value: Any, field: Field, context: Context) -> Any:
        return value

    def operand(self, raw: Any, field: Field, context: Context) -> float:
        return float(to_decimal(raw))


def figure(value: float, options: dict[str, Any]) -> str:
    """The digits of a number that is not negative."""
    decimals = options.get("decimals")
    if decimals is not None:
        return f"{value:,.{decimals}f}"
    if value and not 1e-6 <= value < 1e15:
        return f"{value:.{DIGITS}g}"
    whole = len(str(int(value)))
    said = f"{value:,.{max(0, DIGITS - whole)}f}"
    return said.rstrip("0").rstrip(".") if "." in said else said
