"""Money: an exact number with a currency sign."""

from __future__ import annotations

import re
from typing import Any

from tracker.context import Context
from tracker.fieldtypes import clean_text, registry
from tracker.numeric import Numeric, precision, unscale
from tracker.schema import Field
from tracker.text import _

_SIGNS = re.compile(r"^(-?)\s*(?:[¥￥$€£]|RMB|CNY|USD|EUR|元)\s*|\s*(?:元|RMB|CNY|USD|EUR)$", re.I)


@registry.register
class CurrencyType(Numeric):
    key = "currency"
    name = _("Currency")
    icon = "coin"
    order = 4

    def parse(self, raw: Any, field: Field, context: Context) -> int | None:
        if isinstance(raw, str):
            raw = _SIGNS.sub(r"\1", clean_text(raw)) or raw
        return super().parse(raw, field, context)

    def text(self, value: Any, field: Field, context: Context) -> str:
        if value is None:
            return ""
        amount = f"{abs(unscale(value, precision(field))):,.{precision(field)}f}"
        return f"{'-' if value < 0 else ''}{field.options.get('symbol', '¥')}{amount}"

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        options = {"precision": 2, **options}
        symbol = clean_text(options.get("symbol", "¥"))[:4]
        return {**super().check_options(options, old), "symbol": symbol or "¥"}
