"""Text in one line."""

from __future__ import annotations

from typing import Any

from tracker import limits
from tracker.context import Context
from tracker.fieldtypes import FieldType, check_length, clean_text, registry
from tracker.schema import Field
from tracker.text import _


@registry.register
class TextType(FieldType):
    key = "text"
    name = _("Text")
    icon = "letter-case"
    order = 1

    def parse(self, raw: Any, field: Field, context: Context) -> str | None:
        text = " ".join(clean_text(raw).splitlines())
        return check_length(text, limits.TEXT_LENGTH) or None
