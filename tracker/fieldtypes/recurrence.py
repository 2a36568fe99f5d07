"""How a record repeats: every week on Monday, until the end of the year. Calendars unroll it."""

from __future__ import annotations

from typing import Any

from tracker import recurrence, recurrencewords
from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, clean_text, registry
from tracker.schema import Field
from tracker.text import _


@registry.register
class RecurrenceType(FieldType):
    """A value is an RRULE in one form (`recurrence.Rule`); people read and write it in words."""

    key = "recurrence"
    name = _("Repeats")
    icon = "repeat"
    order = 8
    family = "rule"
    widget = "recurrence"
    groups = False

    def parse(self, raw: Any, field: Field, context: Context) -> str | None:
        text = clean_text(raw)
        return str(recurrencewords.read(text)) if text else None

    def text(self, value: Any, field: Field, context: Context) -> str:
        return "" if value is None else _words(value, context)

    def sheet(self, value: Any, field: Field, context: Context) -> Any:
        """With every day that is left out, so that it comes back as it went."""
        return None if value is None else _words(value, context, whole=True)


def _words(value: Any, context: Context, *, whole: bool = False) -> str:
    try:
        return recurrencewords.said(recurrence.read(value), whole=whole).to(context.lang)
    except Refused:
        return str(value)
