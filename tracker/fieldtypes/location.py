"""A place on the earth: latitude and longitude, with words beside them.

The value is one line, ``31.230416,121.473701 人民广场``, so that it is found, compared, sorted and
kept as text is.
"""

from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

from tracker import limits
from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, check_length, clean_text, registry
from tracker.numeric import to_decimal
from tracker.schema import Field
from tracker.text import _

_NUMBER = r"([+-]?\d{1,3}(?:\.\d{1,15})?)\s*°?\s*"
_PAIR = re.compile(
    rf"(?:geo:)?\s*(?:北纬|[纬N])?\s*{_NUMBER}([NS])?\s*[,，;；\s]\s*"
    rf"(?:东经|[经E])?\s*{_NUMBER}([EW])?(?:[,，;；\s]+(.*))?",
    re.I | re.S,
)
PLACES = Decimal("0.000001")  # a tenth of a metre
WRONG = _("Write latitude and longitude, such as 31.230416, 121.473701.")


@registry.register
class LocationType(FieldType):
    key = "location"
    name = _("Location")
    icon = "map-pin"
    order = 24
    widget = "location"
    groups = False

    def parse(self, raw: Any, field: Field, context: Context) -> str | None:
        if isinstance(raw, dict):
            return _of_parts(raw)
        text = " ".join(clean_text(raw).split())
        if not text:
            return None
        found = _PAIR.fullmatch(text)
        if not found:
            raise Refused(WRONG)
        first, south, second, west, words = found.groups()
        latitude = to_decimal(first) * (-1 if (south or "").upper() == "S" else 1)
        longitude = to_decimal(second) * (-1 if (west or "").upper() == "W" else 1)
        return _value(latitude, longitude, words or "")

    def operand(self, raw: Any, field: Field, context: Context) -> str:
        """Words of the place may be looked for, and its numbers."""
        return clean_text(raw)

    def text(self, value: Any, field: Field, context: Context) -> str:
        if value is None:
            return ""
        numbers, _blank, words = value.partition(" ")
        return f"{words} ({numbers.replace(',', ', ')})" if words else numbers.replace(",", ", ")

    def html(self, value: Any, field: Field, context: Context) -> str:
        if value is None:
            return ""
        numbers, _blank, words = html.escape(value).partition(" ")
        shown = words or numbers.replace(",", ", ")
        return f'<a class="place" href="geo:{numbers}" title="{numbers}">{shown}</a>'

    def sheet(self, value: Any, field: Field, context: Context) -> Any:
        return value

    def json(self, value: Any, field: Field, context: Context) -> Any:
        if value is None:
            return None
        numbers, _blank, words = value.partition(" ")
        latitude, longitude = numbers.split(",")
        return {"latitude": float(latitude), "longitude": float(longitude), "text": words}


def _of_parts(raw: dict[str, Any]) -> str | None:
    latitude, longitude = raw.get("latitude"), raw.get("longitude")
    if latitude in (None, "") and longitude in (None, ""):
        return None
    try:
        return _value(to_decimal(latitude), to_decimal(longitude), clean_text(raw.get("text")))
    except Refused:
        raise Refused(WRONG) from None


def _value(latitude: Decimal, longitude: Decimal, words: str) -> str:
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise Refused(_("Latitude goes from -90 to 90, longitude from -180 to 180."))
    numbers = f"{_place(latitude)},{_place(longitude)}"
    words = check_length(" ".join(words.split()), limits.PLACE_LENGTH)
    return f"{numbers} {words}" if words else numbers


def _place(number: Decimal) -> str:
    return f"{(number.quantize(PLACES) + 0).normalize():f}"
