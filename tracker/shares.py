"""Shares: numbers kept in percent that files and programs know as fractions of one.

Text is percent, with or without its sign; a number from a file or a program is a fraction, as in
Excel and in Airtable: ``"12.5"``, ``"12.5 %"`` and ``0.125`` are the same share.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tracker.context import Context
from tracker.fieldtypes import clean_text
from tracker.numeric import Numeric, precision, scale, to_decimal, unscale
from tracker.schema import Field

SIGNS = "%％ \u00a0"


class Share(Numeric):
    """A share with ``options["precision"]`` decimals of a percent."""

    widget = "percent"
    shift = 2  # one is a hundred percent
    spelled = True

    def parse(self, raw: Any, field: Field, context: Context) -> int | None:
        if raw is None or (isinstance(raw, str) and not clean_text(raw)):
            return None
        if isinstance(raw, str):
            number = to_decimal(clean_text(raw).rstrip(SIGNS))
        else:
            number = to_decimal(raw).scaleb(self.shift)
        return scale(number, precision(field))

    def text(self, value: Any, field: Field, context: Context) -> str:
        return "" if value is None else f"{super().text(value, field, context)}%"

    def sheet(self, value: Any, field: Field, context: Context) -> Decimal | None:
        return None if value is None else unscale(value, precision(field) + self.shift)

    def json(self, value: Any, field: Field, context: Context) -> float | None:
        return None if value is None else float(unscale(value, precision(field) + self.shift))
