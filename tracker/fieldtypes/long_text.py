"""Text of several lines."""

from __future__ import annotations

from typing import Any

from tracker import limits
from tracker.context import Context
from tracker.fieldtypes import FieldType, check_length, clean_text, registry
from tracker.schema import Field
from tracker.text import _


@registry.register
class LongTextType(FieldType):
    key = "long_text"
    name = _("Long text")
    icon = "align-left"
    order = 2
    widget = "long_text"
    groups = False

    def parse(self, raw: Any, field: Field, context: Context) -> str | None:
        text = clean_text(raw).replace("\r\n", "\n").replace("\r", "\n")
        return check_length(text, limits.LONG_TEXT_LENGTH) or None
