"""A web address."""

from __future__ import annotations

import re
from typing import Any

from tracker import limits
from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, check_length, clean_text, registry
from tracker.schema import Field
from tracker.text import _

_ADDRESS = re.compile(r"^https?://[^\s<>\"'\\\x00-\x1f]{3,}$", re.I)
_BARE = re.compile(r"^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+(/\S*)?$", re.I)


@registry.register
class UrlType(FieldType):
    key = "url"
    name = _("Web address")
    icon = "link"
    order = 22
    widget = "url"

    def parse(self, raw: Any, field: Field, context: Context) -> str | None:
        text = check_length(clean_text(raw), limits.TEXT_LENGTH)
        if _BARE.match(text):
            text = f"https://{text}"
        if text and not _ADDRESS.match(text):
            raise Refused(_("A web address begins with http:// or https://."))
        return text or None

    def html(self, value: Any, field: Field, context: Context) -> str:
        shown = super().html(value, field, context)
        if not shown:
            return ""
        return f'<a href="{shown}" rel="noopener noreferrer" target="_blank">{shown}</a>'
