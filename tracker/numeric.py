"""Exact numbers: how they are read, scaled to integers and shown; the base of numeric kinds."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import peewee as pw

from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, clean_text
from tracker.schema import Field
from tracker.text import _

MAX_PRECISION = 9
_LARGEST = 2**63 - 1
_HIGHEST = 308  # the exponent of the largest double
_GROUPED = re.compile(r"^-?\d{1,3}([,，\u00a0 ]\d{3})+(\.\d+)?$")


def precision(field: Field) -> int:
    return int(field.options.get("precision", 0))


def to_decimal(raw: Any) -> Decimal:
    """What a person or sheet calls a number → `Decimal`; raises `Refused`."""
    if isinstance(raw, bool):
        return Decimal(int(raw))
    if isinstance(raw, int | Decimal):
        return Decimal(raw)
    text = clean_text(repr(raw) if isinstance(raw, float) else raw)
    if _GROUPED.match(text):
        text = re.sub(r"[,，\u00a0 ]", "", text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Refused(_("“{text}” is not a number.", text=text[:60])) from None
    if not number.is_finite():
        raise Refused(_("“{text}” is not a number.", text=text[:60]))
    if number.adjusted() > _HIGHEST:  # writing out 1e999999999 would take all memory
        raise Refused(_("This number is too large."))
    return number


def scale(number: Decimal, places: int) -> int:
    """``number`` as an integer of ``places`` decimals, rounded half away from zero."""
    if number.adjusted() > 19:
        raise Refused(_("This number is too large."))
    scaled = int((number.scaleb(places)).to_integral_value(rounding="ROUND_HALF_UP"))
    if abs(scaled) > _LARGEST:
        raise Refused(_("This number is too large."))
    return scaled


def unscale(value: int, places: int) -> Decimal:
    return Decimal(value).scaleb(-places)


class Numeric(FieldType):
    """A number with ``options["precision"]`` decimals."""

    family = "number"
    widget = "number"
    align = "end"
    sums = True

    def column(self, field: Field) -> pw.Field:
        return pw.BigIntegerField(null=True)

    def parse(self, raw: Any, field: Field, context: Context) -> int | None:
        if raw is None or (isinstance(raw, str) and not clean_text(raw)):
            return None
        return scale(to_decimal(raw), precision(field))

    def text(self, value: Any, field: Field, context: Context) -> str:
        return "" if value is None else f"{unscale(value, precision(field)):,.{precision(field)}f}"

    def sheet(self, value: Any, field: Field, context: Context) -> Any:
        return None if value is None else unscale(value, precision(field))

    def json(self, value: Any, field: Field, context: Context) -> Any:
        if value is None:
            return None
        return float(unscale(value, precision(field))) if precision(field) else value

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        places = options.get("precision", 0)
        if not str(places).isdecimal() or int(str(places)[:9]) > MAX_PRECISION:
            raise Refused(_("Decimals must be a number from 0 to {limit}.", limit=MAX_PRECISION))
        return {"precision": int(places)}
