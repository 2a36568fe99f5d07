"""People as values: the base of person kinds."""

from __future__ import annotations

import html
from typing import Any

import peewee as pw

from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, clean_text
from tracker.schema import Field
from tracker.text import _


class Colleague(FieldType):
    """One person, kept as their id."""

    family = "one"
    widget = "person"

    def column(self, field: Field) -> pw.Field:
        return pw.IntegerField(null=True)

    def parse(self, raw: Any, field: Field, context: Context) -> int | None:
        if raw is None or (isinstance(raw, str) and not clean_text(raw)):
            return None
        found = context.directory.find_person(raw)
        if found is None:
            raise Refused(_("There is nobody called “{text}”.", text=str(raw)[:60]))
        return found

    def text(self, value: Any, field: Field, context: Context) -> str:
        return "" if value is None else context.directory.person(value)

    def html(self, value: Any, field: Field, context: Context) -> str:
        shown = self.text(value, field, context)
        return f'<span class="who">{html.escape(shown)}</span>' if shown else ""

    def json(self, value: Any, field: Field, context: Context) -> Any:
        return None if value is None else {"id": value, "name": self.text(value, field, context)}
