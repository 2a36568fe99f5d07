"""A day, without a time and without a zone."""

from __future__ import annotations

from datetime import date
from typing import Any

import peewee as pw

from tracker.context import Context
from tracker.days import DayColumn, parse_day
from tracker.fieldtypes import FieldType, clean_text, registry
from tracker.periods import short_day, span
from tracker.schema import Field
from tracker.text import _


@registry.register
class DateType(FieldType):
    key = "date"
    name = _("Date")
    icon = "calendar"
    order = 6
    family = "time"
    widget = "date"

    def column(self, field: Field) -> pw.Field:
        return DayColumn(null=True)

    def parse(self, raw: Any, field: Field, context: Context) -> str | None:
        if raw is None or (isinstance(raw, str) and not clean_text(raw)):
            return None
        return parse_day(raw).isoformat()

    def text(self, value: Any, field: Field, context: Context) -> str:
        return "" if value is None else short_day(value, context)

    def sheet(self, value: Any, field: Field, context: Context) -> Any:
        return None if value is None else date.fromisoformat(value)

    def operand(self, raw: Any, field: Field, context: Context) -> tuple[str, str]:
        """``(first day, day after the last)`` of the span the operand names."""

        start, end = span(raw, context)
        return start.isoformat(), end.isoformat()
