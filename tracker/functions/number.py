"""Functions of numbers. Numbers are IEEE doubles; rounding goes by their decimal digits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_UP, Decimal
from typing import Any

from tracker.formula.function import function
from tracker.formula.values import DIVISION, Fault, finite, flat
from tracker.text import _

LONGEST = 400  # decimals beyond these mean nothing to a double


def _numbers(values: Any) -> Iterator[float]:
    """What counts as a number among arguments and in lists; texts and blanks do not."""
    return (float(one) for one in flat(values) if isinstance(one, float | bool))


def _filled(values: Any) -> int:
    return sum(one is not None and one != "" for one in flat(values))


@function("ABS", "number:number", "number", _("A number without its sign."), "ABS(-5)")
def absolute(number: float) -> float:
    return abs(number)


@function("SUM", "number:any…", "number", _("The sum of numbers."), "SUM(1, 2, 3.5)")
def total(*values: Any) -> float:
    found = 0.0
    for number in _numbers(values):
        found += number
    return found


@function(
    "AVERAGE",
    "number:any…",
    "number",
    _("The average of numbers; blanks do not count."),
    "AVERAGE(1, 2, 6)",
)
def average(*values: Any) -> float:
    found = list(_numbers(values))
    if not found:
        raise Fault(_("There is no number to take the average of."), DIVISION)
    return total(*found) / len(found)


@function("MAX", "number:any…", "number", _("The largest of numbers."), "MAX(1, 7, 3)")
def largest(*values: Any) -> float | None:
    return max(_numbers(values), default=0.0)


@function("MIN", "number:any…", "number", _("The smallest of numbers."), "MIN(1, 7, 3)")
def smallest(*values: Any) -> float | None:
    return min(_numbers(values), default=0.0)


@function(
    "COUNT", "value:any…", "number", _("How many of the values are numbers."), 'COUNT(1, "a")'
)
def count(*values: Any) -> int:
    return len(list(_numbers(values)))


@function(
    "COUNTA",
    "value:any…",
    "number",
    _("How many of the values are not blank."),
    'COUNTA(1, "a", BLANK())',
)
def count_filled(*values: Any) -> int:
    return _filled(values)


@function(
    "COUNTALL",
    "value:any…",
    "number",
    _("How many values there are, blank ones included."),
    'COUNTALL(1, "a", BLANK())',
)
def count_all(*values: Any) -> int:
    return len(list(flat(values)))


def decimal(number: float) -> Decimal:
    """The decimal number that a double shows, so that 1.005 rounds as people expect."""
    return Decimal(repr(number))


def rounded(number: float, places: float, mode: str) -> float:
    digits = int(min(max(places, -LONGEST), LONGEST))
    step = Decimal(1).scaleb(-digits)
    found = decimal(number)
    if found.adjusted() + digits > 25 or not found:  # every digit is kept: nothing to round
        return number
    if mode == "HALF":  # halves go up, as 2.5 → 3 and -2.5 → -2
        whole = (found / step + Decimal("0.5")).to_integral_value(ROUND_FLOOR)
    else:
        whole = (found / step).to_integral_value(mode)
    return finite(float(whole * step))


@function(
    "ROUND",
    "number:number [places:number]",
    "number",
    _("A number rounded to some decimals; halves are rounded up."),
    "ROUND(2.675, 2)",
)
def round_half(number: float, places: float = 0) -> float:
    return rounded(number, places, "HALF")


@function(
    "ROUNDUP",
    "number:number [places:number]",
    "number",
    _("A number rounded to some decimals, away from zero."),
    "ROUNDUP(1.1, 0)",
)
def round_up(number: float, places: float = 0) -> float:
    return rounded(number, places, ROUND_UP)


@function(
    "ROUNDDOWN",
    "number:number [places:number]",
    "number",
    _("A number rounded to some decimals, toward zero."),
    "ROUNDDOWN(1.9, 0)",
)
def round_down(number: float, places: float = 0) -> float:
    return rounded(number, places, ROUND_DOWN)


def multiple(number: float, significance: float, mode: str) -> float:
    step = abs(decimal(significance))
    if not step:
        return 0.0
    found = decimal(number)
    if found and found.adjusted() - step.adjusted() > 25:
        return number
    return finite(float((found / step).to_integral_value(mode) * step))


@function(
    "CEILING",
    "number:number [significance:number]",
    "number",
    _("The next multiple of the significance (or of 1) that is not below the number."),
    "CEILING(1.01, 0.1)",
)
def ceiling(number: float, significance: float = 1) -> float:
    return multiple(number, significance, ROUND_CEILING)


@function(
    "FLOOR",
    "number:number [significance:number]",
    "number",
    _("The next multiple of the significance (or of 1) that is not above the number."),
    "FLOOR(1.99, 0.1)",
)
def floor(number: float, significance: float = 1) -> float:
    return multiple(number, significance, ROUND_FLOOR)


@function(
    "INT",
    "number:number",
    "number",
    _("The largest whole number that is not above the number."),
    "INT(-1.5)",
)
def whole(number: float) -> float:
    return float(math.floor(number))


@function(
    "EVEN",
    "number:number",
    "number",
    _("The smallest even number that is not below the number."),
    "EVEN(1.5)",
)
def even(number: float) -> float:
    return float(2 * math.ceil(number / 2))


@function(
    "ODD",
    "number:number",
    "number",
    _("The next odd number, away from zero."),
    "ODD(1.5)",
)
def odd(number: float) -> float:
    size = abs(number)
    found = float(2 * math.ceil((size - 1) / 2) + 1) if size > 1 else 1.0
    return -found if number < 0 else found


@function(
    "MOD",
    "number:number divisor:number",
    "number",
    _("What remains of a division; it has the sign of the divisor."),
    "MOD(7, 3)",
)
def remainder(number: float, divisor: float) -> float:
    if divisor == 0:
        raise Fault(_("Nothing can be divided by 0."), DIVISION)
    return number % divisor


@function(
    "POWER",
    "base:number exponent:number",
    "number",
    _("A number to some power."),
    "POWER(2, 10)",
)
def power(base: float, exponent: float) -> float:
    if base == 0 and exponent < 0:
        raise Fault(_("Nothing can be divided by 0."), DIVISION)
    found = base**exponent
    if isinstance(found, complex):
        raise Fault(_("This power is no number."))
    return finite(found)


@function("EXP", "number:number", "number", _("e to some power."), "EXP(1)")
def exponential(number: float) -> float:
    return math.exp(number)


@function("SQRT", "number:number", "number", _("The square root of a number."), "SQRT(16)")
def square_root(number: float) -> float:
    if number < 0:
        raise Fault(_("A negative number has no square root."))
    return math.sqrt(number)


@function(
    "LOG",
    "number:number [base:number]",
    "number",
    _("The logarithm of a number to some base (10, where none is named)."),
    "LOG(1024, 2)",
)
def logarithm(number: float, base: float = 10) -> float:
    if number <= 0 or base <= 0 or base == 1:
        raise Fault(_("This logarithm is no number."))
    if base in (2, 10):  # exact where the result is whole
        return math.log2(number) if base == 2 else math.log10(number)
    return math.log(number) / math.log(base)
