"""What formulas compute with, and how one kind of value is taken for another.

A value is None (blank), str, float, bool, date, naive UTC datetime, `Dressed` or a tuple of those.
Blank and the empty text are one and the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tracker import clock, days, limits
from tracker.context import Context
from tracker.errors import Refused
from tracker.text import Text, _

Value = Any  # see above
ERROR, DIVISION = "#ERROR!", "#DIV/0!"
BLANKS = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
BLANKS += "\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


@dataclass(frozen=True)
class FormulaError:
    """An error as a value: its code stands in the cell, the text says why."""

    code: str
    text: Text


class Fault(Exception):
    """Raised inside a computation; becomes a `FormulaError` at its edge or in ISERROR()."""

    def __init__(self, text: Text, code: str = ERROR, at: int | None = None) -> None:
        super().__init__(text)
        self.text, self.code, self.at = text, code, at

    @property
    def error(self) -> FormulaError:
        return FormulaError(self.code, self.text)


@dataclass(frozen=True)
class Dressed:
    """A day or moment with the zone and language it is to be written in."""

    when: date | datetime
    zone: str | None = None
    locale: str | None = None


@dataclass
class Env:
    """One computation: for whom, when, from which values, and how much work is left."""

    values: Callable[[Any], Any]
    now: datetime
    context: Context
    left: int = limits.FORMULA_WORK

    @property
    def zone(self) -> str:
        return self.context.zone

    def work(self, characters: int) -> None:
        self.left -= characters
        if self.left < 0:
            raise Fault(_("This formula needs too much work for one record."))

    def made(self, length: float) -> None:
        """A text of this length is about to be made."""
        if length > limits.FORMULA_TEXT:
            raise Fault(
                _("A text has more than {limit} characters.", limit=limits.FORMULA_TEXT),
            )
        self.work(int(length))


def plain(value: Value) -> Value:
    return value.when if isinstance(value, Dressed) else value


def finite(value: float) -> float:
    if not math.isfinite(value):
        raise Fault(_("A number is too large."))
    return value


# Text


def number_text(value: float) -> str:
    """The shortest digits that mean this double, without an exponent from 1e-6 to 1e21."""
    if value == 0:
        return "0"
    if 1e-6 <= abs(value) < 1e21:
        digits = format(Decimal(repr(value)), "f")
        return digits.removesuffix(".0")
    mantissa, _e, exponent = repr(value).partition("e")
    sign, digits = exponent[:1], exponent[1:].lstrip("0")
    return f"{mantissa.removesuffix('.0')}e{sign if sign in '+-' else '+'}{digits}"


LAST_CASED = 0x1F000  # no letters of two cases stand behind this one
LOWER, UPPER = (
    {
        code: ord(turned)
        for code in range(LAST_CASED)
        if len(turned := turn(chr(code))) == 1 and turned != chr(code)
    }
    for turn in (str.lower, str.upper)
)  # letter by letter, as databases do it too: ß stays ß


def cased(text: str, letters: dict[int, int]) -> str:
    """``text`` in the letters of `LOWER` or `UPPER`."""
    if text.isascii():
        return text.lower() if letters is LOWER else text.upper()
    return text.translate(letters)


def text_of(value: Value, env: Env) -> str:
    value = plain(value)
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "1" if value else "0"
        case float():
            return number_text(value)
        case datetime():
            return value.isoformat(timespec="milliseconds") + "Z"
        case date():
            return value.isoformat()
    texts = [text_of(one, env) for one in value]
    env.made(sum(map(len, texts)) + 2 * len(texts))
    return ", ".join(texts)


# Numbers and truth


def number_of(value: Value, env: Env) -> float:
    """Blank is 0; a text is no number, however it looks (VALUE() reads it)."""
    match value:
        case None | "":
            return 0.0
        case bool() | int() | float():
            return float(value)
        case tuple() if len(value) <= 1:
            return number_of(value[0] if value else None, env)
        case str():
            raise Fault(_("“{text}” is a text, not a number.", text=value[:60]))
        case tuple():
            raise Fault(_("A list of several values is not a number."))
    raise Fault(_("A date is not a number."))


def truth(value: Value, env: Env | None = None) -> bool:
    """Blank, 0, the empty text, false and an empty list are not true; everything else is."""
    return bool(plain(value))


def items(value: Value) -> tuple[Value, ...]:
    """A value as a list; blank is an empty one."""
    if isinstance(value, tuple):
        return value
    return () if value is None or value == "" else (value,)


def flat(values: Any) -> Iterator[Value]:
    for value in values:
        if isinstance(value, tuple):
            yield from flat(value)
        else:
            yield value


# Days and moments


def when_of(value: Value, env: Env) -> date | datetime | Dressed:
    """A day or moment; texts are read as people write dates."""
    match value:
        case date() | Dressed():
            return value
        case str() if value:
            return read_when(value, env)
        case tuple() if len(value) == 1:
            return when_of(value[0], env)
        case None | "" | ():
            raise Fault(_("The date is empty."))
    raise Fault(_("This is not a date."))


def shows_time(text: str) -> bool:
    return any(sign in text for sign in ":：时")


def read_when(text: str, env: Env) -> date | datetime:
    try:
        if shows_time(text):
            return days.parse_moment(text, env.zone)
        return days.parse_day(text.removesuffix("Z"))
    except Refused as refusal:
        raise Fault(refusal.text) from None


def zone_of(value: Value, env: Env) -> str:
    return (value.zone if isinstance(value, Dressed) else None) or env.zone


def instant(value: date | datetime | Dressed, env: Env) -> datetime:
    """The moment in UTC; a day begins at midnight in the reader's zone."""
    found = plain(value)
    if isinstance(found, datetime):
        return found
    return to_utc(datetime.combine(found, time.min), env.zone)


def local(value: date | datetime | Dressed, env: Env) -> datetime:
    """What calendar and clock on the wall show."""
    found = plain(value)
    if isinstance(found, datetime):
        return to_local(found, zone_of(value, env))
    return datetime.combine(found, time.min)


def to_utc(wall: datetime, zone: str) -> datetime:
    try:
        offset = clock.fixed_offset(zone) if wall.year >= 2000 else None
        return clock.to_utc(wall, zone) if offset is None else wall - timedelta(minutes=offset)
    except OverflowError:
        raise Fault(_("This date is out of range.")) from None


def to_local(moment: datetime, zone: str) -> datetime:
    try:
        return clock.to_local(moment, zone)
    except OverflowError:
        raise Fault(_("This date is out of range.")) from None


# Comparing


def same(left: Value, right: Value, env: Env) -> bool:
    left, right = _settled(left), _settled(right)
    if left is None or right is None:
        return not (left or right)  # blank equals 0, the empty text, false and the empty list
    if _numeric(left) and _numeric(right):
        return float(left) == float(right)
    if isinstance(left, date) and isinstance(right, date):
        return _aligned(left, right, env)[0] == _aligned(left, right, env)[1]
    return text_of(left, env) == text_of(right, env)


def less(left: Value, right: Value, env: Env) -> bool:
    """Blank is 0 beside numbers, the empty text beside texts and before every date."""
    left, right = _settled(left), _settled(right)
    if left is None or right is None:
        return _less_blank(left, right)
    if _numeric(left) and _numeric(right):
        return float(left) < float(right)
    if isinstance(left, date) and isinstance(right, date):
        one, other = _aligned(left, right, env)
        return bool(one < other)
    return text_of(left, env) < text_of(right, env)


def _settled(value: Value) -> Value:
    value = plain(value)
    if isinstance(value, tuple):
        value = value[0] if len(value) == 1 else value
    return None if value == "" or value == () else value


def _numeric(value: Value) -> bool:
    return isinstance(value, float | int)


def _less_blank(left: Value, right: Value) -> bool:
    if left is None and right is None:
        return False
    known = right if left is None else left
    if _numeric(known):
        return bool((left or 0) < (right or 0))
    return left is None


def _aligned(left: date, right: date, env: Env) -> tuple[Any, Any]:
    if isinstance(left, datetime) == isinstance(right, datetime):
        return left, right
    return instant(left, env), instant(right, env)
