"""Several values of another kind, in order: what a lookup gives of numbers, dates and boxes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import orjson

from tracker.context import Context
from tracker.fieldtypes import FieldType, TextColumn, registry
from tracker.schema import Field
from tracker.text import _


class ListColumn(TextColumn):
    """A list kept as JSON."""

    def python_value(self, value: str | None) -> list[Any] | None:
        return (orjson.loads(value) or None) if value else None

    def db_value(self, value: Any) -> str | None:
        return orjson.dumps(value).decode() if isinstance(value, list) else value


@registry.register
class SeveralType(FieldType):
    """``options``: ``of`` (the kind of each value) and what that kind is shown by."""

    key = "several"
    name = _("Several values")
    icon = "list"
    order = 60
    family = "list"
    written = False
    offered = False
    groups = False

    def column(self, field: Field) -> ListColumn:
        return ListColumn(null=True)

    def text(self, value: Any, field: Field, context: Context) -> str:
        kind = each(field)
        return ", ".join(kind.text(one, field, context) for one in value or [])

    def gives(self, field: Field) -> str:
        return "list"

    def formula_value(self, value: Any, field: Field, context: Context) -> Any:
        kind = each(field)
        if kind.family == "number":
            places = int(field.options.get("precision", 0))
            return tuple(float(one) / 10**places for one in value)
        if kind.family == "time":
            read = datetime if kind.widget == "datetime" else date
            return tuple(read.fromisoformat(one) for one in value)
        return tuple(value)

    def json(self, value: Any, field: Field, context: Context) -> Any:
        return [each(field).json(one, field, context) for one in value or []] or None


def each(field: Field) -> FieldType:
    """The kind of each of the values."""
    return registry.get(field.options.get("of") or "text")
