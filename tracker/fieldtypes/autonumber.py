"""A number given once to each record, in order, with an optional pattern such as ``V-{0000}``."""

from __future__ import annotations

import re
from typing import Any

import peewee as pw

from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, clean_text, registry
from tracker.numeric import scale, to_decimal
from tracker.schema import Field
from tracker.text import _

_SLOT = re.compile(r"\{(0+)\}")


@registry.register
class AutonumberType(FieldType):
    key = "autonumber"
    name = _("Autonumber")
    icon = "hash"
    order = 30
    family = "number"
    align = "end"
    written = False
    groups = False

    def column(self, field: Field) -> pw.Field:
        return pw.BigIntegerField(null=True)

    def operand(self, raw: Any, field: Field, context: Context) -> int:
        return scale(to_decimal(raw), 0)

    def text(self, value: Any, field: Field, context: Context) -> str:
        if value is None:
            return ""
        pattern = field.options.get("pattern") or "{0}"
        return _SLOT.sub(lambda slot: str(value).zfill(len(slot[1])), pattern)

    def sheet(self, value: Any, field: Field, context: Context) -> Any:
        return self.text(value, field, context) if field.options.get("pattern") else value

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        pattern = clean_text(options.get("pattern"))[:40]
        if pattern and not _SLOT.search(pattern):
            raise Refused(_("The pattern needs a place for the number, such as V-{0000}."))
        return {"pattern": pattern}
