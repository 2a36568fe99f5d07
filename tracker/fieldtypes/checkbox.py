"""Yes or no."""

from __future__ import annotations

from typing import Any

import peewee as pw

from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, clean_text, registry
from tracker.folding import fold
from tracker.schema import Field
from tracker.text import _

YES = {"1", "true", "yes", "y", "on", "t", "是", "对", "有", "√", "✓", "x"}
NO = {"", "0", "false", "no", "n", "off", "f", "否", "错", "无", "×"}


@registry.register
class CheckboxType(FieldType):
    key = "checkbox"
    name = _("Checkbox")
    icon = "checkbox"
    order = 5
    family = "checkbox"
    widget = "checkbox"

    def column(self, field: Field) -> pw.Field:
        return pw.BooleanField(null=True)

    def parse(self, raw: Any, field: Field, context: Context) -> bool | None:
        if isinstance(raw, bool) or raw is None:
            return raw
        word = fold(clean_text(raw))
        if word not in YES and word not in NO:
            raise Refused(_("“{text}” is neither yes nor no.", text=word[:60]))
        return word in YES

    def text(self, value: Any, field: Field, context: Context) -> str:
        return _("Yes").to(context.lang) if value else ""

    def html(self, value: Any, field: Field, context: Context) -> str:
        return (
            f'<span class="check" aria-label="{_("Yes").to(context.lang)}">✓</span>'
            if value
            else ""
        )

    def sheet(self, value: Any, field: Field, context: Context) -> Any:
        return value
