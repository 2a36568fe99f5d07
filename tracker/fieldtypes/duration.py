"""A length of time, kept in seconds, written as hours, minutes and seconds."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import clean_text, registry
from tracker.numeric import Numeric, scale, to_decimal
from tracker.schema import Field
from tracker.text import _

FORMATS = ("h:mm", "h:mm:ss")
_CLOCK = re.compile(r"(-?)(\d{1,9})[:：](\d{1,2})(?:[:：](\d{1,2})(?:\.0+)?)?")
_WORDS = re.compile(
    r"(-?)\s*(?:(\d+(?:\.\d+)?)\s*(?:d|days?|天|日))?\s*"
    r"(?:(\d+(?:\.\d+)?)\s*(?:h|hrs?|hours?|小时|个小时|时))?\s*"
    r"(?:(\d+(?:\.\d+)?)\s*(?:m|mins?|minutes?|分钟|分))?\s*"
    r"(?:(\d+)\s*(?:s|secs?|seconds?|秒钟|秒))?",
    re.I,
)
_UNITS = (86_400, 3_600, 60, 1)


@registry.register
class DurationType(Numeric):
    """A number from a file or a program is seconds; one that is typed is of the smallest unit
    that the field shows.
    """

    key = "duration"
    name = _("Duration")
    icon = "hourglass"
    order = 8
    widget = "duration"
    spelled = True

    def parse(self, raw: Any, field: Field, context: Context) -> int | None:
        if isinstance(raw, timedelta):
            return round(raw.total_seconds())
        if not isinstance(raw, str):
            return None if raw is None else _whole(to_decimal(raw))
        text = clean_text(raw)
        if not text:
            return None
        clock = _CLOCK.fullmatch(text)
        if clock:
            return _from_clock(clock, text)
        words = _WORDS.fullmatch(text)
        if words and any(words.groups()[1:]):
            return _from_words(words)
        unit = 1 if shows_seconds(field) else 60
        return _whole(_number(text) * unit)

    def text(self, value: Any, field: Field, context: Context) -> str:
        if value is None:
            return ""
        hours, rest = divmod(abs(value), 3600)
        shown = f"{'-' if value < 0 else ''}{hours}:{rest // 60:02}"
        return f"{shown}:{rest % 60:02}" if shows_seconds(field) or rest % 60 else shown

    def sheet(self, value: Any, field: Field, context: Context) -> Any:
        """A span of time; as text where a workbook cannot show it (less than nothing)."""
        if value is None or 0 <= value < 10**10:
            return None if value is None else timedelta(seconds=value)
        return self.text(value, field, context)

    def json(self, value: Any, field: Field, context: Context) -> Any:
        return value

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        given = clean_text(options.get("format")) or FORMATS[0]
        if given not in FORMATS:
            raise Refused(_("A duration is shown as {formats}.", formats=", ".join(FORMATS)))
        return {"format": given}


def shows_seconds(field: Field) -> bool:
    return field.options.get("format") == FORMATS[1]


def _from_clock(clock: re.Match[str], text: str) -> int:
    minutes, seconds = int(clock[3]), int(clock[4] or 0)
    if minutes > 59 or seconds > 59:
        raise _refusal(text)
    total = int(clock[2]) * 3600 + minutes * 60 + seconds
    return -total if clock[1] else total


def _from_words(words: re.Match[str]) -> int:
    parts = zip(words.groups()[1:], _UNITS, strict=True)
    total = sum(Decimal(number or 0) * unit for number, unit in parts)
    return _whole(-total if words[1] else total)


def _number(text: str) -> Decimal:
    try:
        return to_decimal(text)
    except Refused:
        raise _refusal(text) from None


def _whole(seconds: Decimal | int) -> int:
    return scale(Decimal(seconds), 0)


def _refusal(text: str) -> Refused:
    return Refused(_("“{text}” is not a duration. Write it like 1:30.", text=text[:60]))
