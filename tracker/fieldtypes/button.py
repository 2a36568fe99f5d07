"""A button that opens an address made from the record's fields, or starts automations; nothing is
stored.
"""

from __future__ import annotations

import html
from typing import Any

import peewee as pw

from tracker import limits
from tracker.buttons import SLOT, opens, runs, words
from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, Source, check_length, clean_text, registry
from tracker.operators import Operator
from tracker.schema import Field
from tracker.text import _


@registry.register
class ButtonType(FieldType):
    """``options``: ``address`` with ``{field key}`` in it (empty: it starts automations), ``label``
    and its ``names``.
    """

    key = "button"
    name = _("Button")
    icon = "hand-click"
    order = 26
    family = "button"
    widget = "button"
    stored = False
    written = False
    groups = False

    def text(self, value: Any, field: Field, context: Context) -> str:
        return value if value and not runs(field) else ""

    def html(self, value: Any, field: Field, context: Context) -> str:
        if not value:
            return ""
        told, address = html.escape(words(field, context)), html.escape(value, quote=True)
        if runs(field):
            return (
                f'<button class="btn btn-sm" type="button" data-press="{address}">{told}</button>'
            )
        return (
            f'<a class="btn btn-sm" href="{address}" target="_blank" rel="noopener noreferrer">'
            f"{told}</a>"
        )

    def json(self, value: Any, field: Field, context: Context) -> Any:
        if not value:
            return None
        said = {"label": words(field, context)}
        return said if runs(field) else {**said, "url": value}

    def predicate(self, field: Field, operator: Operator, operand: Any, source: Source) -> Any:
        """Nothing is stored: to conditions a button is empty."""
        return pw.SQL("1 = 1" if operator.key == "empty" else "1 = 0")

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        address = check_length(clean_text(options.get("address")), limits.ADDRESS_LENGTH)
        if address and not opens(SLOT.sub("", address)):
            raise Refused(_("An address begins with https://, http://, mailto:, tel: or /."))
        english = clean_text((options.get("names") or {}).get("en") or options.get("label_en"))
        return {
            "address": address,
            "label": clean_text(options.get("label"))[: limits.NAME_LENGTH],
            "names": {"en": english[: limits.NAME_LENGTH]} if english else {},
        }
