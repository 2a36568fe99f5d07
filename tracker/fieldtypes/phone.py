"""A telephone number, kept as written."""

from __future__ import annotations

import re
from typing import Any

from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, clean_text, registry
from tracker.schema import Field
from tracker.text import _

_NUMBER = re.compile(
    r"^[+()（）0-9][0-9()（）\-–—./ ]{2,38}(?:\s*(?:转|ext\.?|x|#)\s*\d{1,8})?$", re.I
)


@registry.register
class PhoneType(FieldType):
    key = "phone"
    name = _("Phone")
    icon = "phone"
    order = 21
    widget = "phone"

    def parse(self, raw: Any, field: Field, context: Context) -> str | None:
        text = clean_text(raw)
        if text and not _NUMBER.match(text):
            raise Refused(_("“{text}” is not a telephone number.", text=text[:60]))
        return text or None

    def html(self, value: Any, field: Field, context: Context) -> str:
        shown = super().html(value, field, context)
        dialled = re.sub(r"[^0-9+]", "", value or "")
        return f'<a href="tel:{dialled}">{shown}</a>' if shown else ""
