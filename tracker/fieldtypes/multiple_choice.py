"""Any number of a list of options."""

from __future__ import annotations

from typing import Any

import peewee as pw

from tracker import choices
from tracker.context import Context
from tracker.fieldtypes import FieldType, registry
from tracker.members import MembersColumn, split, unique
from tracker.schema import Field
from tracker.text import _, label


@registry.register
class MultipleChoiceType(FieldType):
    key = "multiple_choice"
    name = _("Multiple choice")
    icon = "checks"
    order = 9
    family = "many"
    widget = "choices"

    def column(self, field: Field) -> pw.Field:
        return MembersColumn(null=True)

    def parse(self, raw: Any, field: Field, context: Context) -> list[int] | None:
        return unique([choices.need(field, part) for part in split(raw)])

    def text(self, value: Any, field: Field, context: Context) -> str:
        return ", ".join(label(one, context.lang) for one in self.chosen(value, field))

    def html(self, value: Any, field: Field, context: Context) -> str:
        return "".join(choices.tag(one, context.lang) for one in self.chosen(value, field))

    def json(self, value: Any, field: Field, context: Context) -> Any:
        return [one["name"] for one in self.chosen(value, field)] or None

    def operand(self, raw: Any, field: Field, context: Context) -> int:
        return choices.need(field, raw)

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        return choices.check(options.get("choices"), old)

    @staticmethod
    def chosen(value: Any, field: Field) -> list[dict[str, Any]]:
        found = (choices.by_id(field, one) for one in value or [])
        return [one for one in found if one]
