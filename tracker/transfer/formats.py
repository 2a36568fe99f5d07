"""Number formats of workbooks: what kind of value a format makes of a stored number."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache

from tracker.transfer.cells import Cell, since_midnight

# Kinds: general, zeros:N, percent, currency:SIGN, date, datetime, time, duration.
_BUILT_IN = {
    **dict.fromkeys((9, 10), "percent"),
    **dict.fromkeys((5, 6, 7, 8, 42, 44), "currency:"),
    **dict.fromkeys((14, 15, 16, 17), "date"),
    **dict.fromkeys((18, 19, 20, 21, 45, 47), "time"),
    22: "datetime",
    46: "duration",
    # Chinese, Japanese and Korean Excel: 27 yyyy"年"m"月", 31 yyyy"年"m"月"d"日", 32 h"时"mm"分" …
    **dict.fromkeys((27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58), "date"),
    **dict.fromkeys((32, 33, 34, 35, 55, 56), "time"),
}
_DAY_1900 = date(1899, 12, 30).toordinal()
_DAY_1904 = date(1904, 1, 1).toordinal()
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.')
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_MONEY = re.compile(r"\[\$([^\]-]*)[^\]]*\]|([¥￥$€£₩₹])|\"(元|¥|￥|\$|€|£)[^\"]*\"")


def built_in(number: int) -> str:
    """The kind of a built-in format by its number."""
    return _BUILT_IN.get(number, "general")


@cache
def kind_of(code: str) -> str:
    """The kind of a format code such as ``yyyy"年"m"月"`` or ``[$¥-804]#,##0.00``."""
    section = _first_section(code)
    if _ELAPSED.search(section):
        return "duration"
    money = _MONEY.search(section)
    plain = re.sub(r"\[[^\]]*\]", "", _LITERAL.sub("", section)).strip().lower()
    if "general" in plain or plain in {"", "@"}:
        return "general"
    if moment := _moment(plain):
        return moment
    if re.fullmatch("0{2,}", plain):
        return f"zeros:{len(plain)}"
    if "%" in plain:
        return "percent"
    if money:
        symbol = next(group for group in money.groups() if group is not None).strip()
        return f"currency:{symbol}"
    return "general"


def _first_section(code: str) -> str:
    """What stands before the first ``;`` that is not quoted: the format of positive numbers."""
    quoted = False
    for position, sign in enumerate(code):
        if sign == '"':
            quoted = not quoted
        elif sign == ";" and not quoted:
            return code[:position]
    return code


def _moment(plain: str) -> str | None:
    """date, datetime or time if the letters of the format say so."""
    letters = set(re.sub(r"am/pm|a/p|上午/下午", "h", re.sub(r"e[+-]", "", plain)))
    day = bool(letters & {"y", "d"}) or "aaa" in plain
    clock = bool(letters & {"h", "s"})
    if day:
        return "datetime" if clock else "date"
    if clock:
        return "time"
    return "date" if "m" in letters else None


def number(text: str) -> Cell:
    """A stored number: whole ones as int, exact; one with leading zeros stays text."""
    if text.isdecimal():
        if text[0] == "0" and len(text) > 1:
            return text
        return int(text) if len(text) < 19 else Decimal(text)
    try:
        value = float(text)
    except ValueError:
        return text.strip() or None
    if abs(value) < 1e15:
        return int(value) if value.is_integer() else value
    return value if value - value == 0 else text  # infinities and "nan" stay what was written


def moment(value: float, kind: str, *, base_1904: bool) -> Cell:
    """The date, moment or duration behind a serial number, as its format shows it.

    The day 1900-02-29 that Excel believes in stays text; what is out of range stays a number.
    """
    if kind == "duration" or (kind == "time" and value < 366) or (kind == "datetime" and value < 1):
        return _seconds(value) if abs(value) < 1e6 else value
    if not (0 if base_1904 else 1) <= value < 2957000:
        return int(value) if value.is_integer() else value
    day = int(value)
    if base_1904:
        start = _DAY_1904
    elif day == 60:
        return f"1900-02-29 {datetime.fromordinal(1) + _seconds(value - day):%H:%M:%S}"
    else:
        start = _DAY_1900 + 1 if day < 60 else _DAY_1900
    if value == day and kind != "datetime":
        return date.fromordinal(start + day)
    found = datetime.fromordinal(start + day)
    return found if value == day else found + _seconds(value - day)


def _seconds(days: float) -> timedelta:
    """A fraction of days, to the millisecond: what a workbook can hold."""
    return timedelta(milliseconds=round(days * 86_400_000))


def iso_moment(text: str) -> Cell:
    """A cell that is stored as an ISO date, moment or time of day."""
    text = text.strip()
    try:
        if "T" not in text.upper() and ":" not in text:
            return date.fromisoformat(text)
        if "-" not in text:
            clock = time.fromisoformat(text.upper().lstrip("T").removesuffix("Z"))
            return since_midnight(clock)
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return text or None
