"""A node of the organisation tree."""

from __future__ import annotations

from typing import Any

import peewee as pw

from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, clean_text, registry
from tracker.schema import Field
from tracker.text import _


@registry.register
class DepartmentType(FieldType):
    key = "department"
    name = _("Department")
    icon = "sitemap"
    order = 12
    family = "one"
    widget = "department"

    def column(self, field: Field) -> pw.Field:
        return pw.IntegerField(null=True)

    def parse(self, raw: Any, field: Field, context: Context) -> int | None:
        if raw is None or (isinstance(raw, str) and not clean_text(raw)):
            return None
        found = context.directory.find_department(raw)
        if found is None:
            raise Refused(_("There is no department called “{text}”.", text=str(raw)[:60]))
        return found

    def text(self, value: Any, field: Field, context: Context) -> str:
        return "" if value is None else context.directory.department(value, context.lang)

    def json(self, value: Any, field: Field, context: Context) -> Any:
        return None if value is None else {"id": value, "name": self.text(value, field, context)}
