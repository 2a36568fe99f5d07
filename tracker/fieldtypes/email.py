"""An e-mail address."""

from __future__ import annotations

import re
from typing import Any

from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, clean_text, registry
from tracker.schema import Field
from tracker.text import _

_ADDRESS = re.compile(r"^[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}\.[^@\s,;<>\".]{2,60}$")


@registry.register
class EmailType(FieldType):
    key = "email"
    name = _("Email")
    icon = "mail"
    order = 20
    widget = "email"

    def parse(self, raw: Any, field: Field, context: Context) -> str | None:
        text = clean_text(raw)
        if text and not _ADDRESS.match(text):
            raise Refused(_("“{text}” is not an e-mail address.", text=text[:60]))
        return text or None

    def html(self, value: Any, field: Field, context: Context) -> str:
        shown = super().html(value, field, context)
        return f'<a href="mailto:{shown}">{shown}</a>' if shown else ""
