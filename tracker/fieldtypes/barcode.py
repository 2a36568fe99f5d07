"""The text of a barcode or QR code, scanned or typed, checked where its kind has a check digit."""

from __future__ import annotations

import re
from typing import Any

from tracker import limits
from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, check_length, clean_text, registry
from tracker.schema import Field
from tracker.text import Text, _

GTIN = {"ean13": 13, "ean8": 8, "upca": 12}  # kinds that end in a check digit: how many digits
PATTERNS = {"code39": re.compile(r"[0-9A-Z. $/+%-]+"), "code128": re.compile(r"[\x00-\x7f]+")}
CODES: dict[str, Text] = {
    "any": _("any kind"),
    "qr": _("QR code"),
    "ean13": Text("EAN-13"),
    "ean8": Text("EAN-8"),
    "upca": Text("UPC-A"),
    "code39": Text("Code 39"),
    "code128": Text("Code 128"),
}


@registry.register
class BarcodeType(FieldType):
    key = "barcode"
    name = _("Barcode")
    icon = "barcode"
    order = 23
    widget = "barcode"

    def parse(self, raw: Any, field: Field, context: Context) -> str | None:
        text = clean_text(raw.get("text") if isinstance(raw, dict) else raw)
        text = check_length(" ".join(text.splitlines()), limits.BARCODE_LENGTH)
        code = field.options.get("code", "any")
        if text and not fits(text, code):
            name = CODES[code]
            raise Refused(_("“{text}” is no code of the kind {code}.", text=text[:60], code=name))
        return text or None

    def operand(self, raw: Any, field: Field, context: Context) -> str:
        """Any part of a code may be looked for."""
        return clean_text(raw)

    def html(self, value: Any, field: Field, context: Context) -> str:
        shown = super().html(value, field, context)
        return f'<span class="code">{shown}</span>' if shown else ""

    def json(self, value: Any, field: Field, context: Context) -> Any:
        return None if value is None else {"text": value}

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        code = clean_text(options.get("code")) or "any"
        if code not in CODES:
            raise Refused(_("There is no such kind of code."))
        return {"code": code}


def fits(text: str, code: str) -> bool:
    """Whether ``text`` can be a code of that kind."""
    if code in GTIN:
        return len(text) == GTIN[code] and text.isascii() and text.isdecimal() and checks(text)
    return code not in PATTERNS or bool(PATTERNS[code].fullmatch(text))


def checks(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (weights 3 and 1 from the right)."""
    total = sum(int(one) * (3, 1)[place % 2] for place, one in enumerate(reversed(digits[:-1])))
    return (total + int(digits[-1])) % 10 == 0
