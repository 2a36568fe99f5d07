"""How a record repeats: the parts of an RRULE (RFC 5545) that people use, and the days it leaves
out (EXDATE), read and unrolled. A series repeats on its own wall; its record's day is the first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from dateutil import rrule

from tracker import limits
from tracker.errors import Refused
from tracker.periods import month_start, week_start
from tracker.text import _

DAY = timedelta(days=1)
FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")  # in dateutil's order
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LAST = -1
_BYDAY = re.compile(r"^(-1|\+?[1-4])?(MO|TU|WE|TH|FR|SA|SU)$")
_UNTIL = re.compile(r"^(\d{4})-?(\d{2})-?(\d{2})(?:T\d{6}Z?)?$")


@dataclass(frozen=True)
class Rule:
    """``days`` are weekdays from 0, ``nth`` which of them in a month (0: all, -1: the last);
    ``monthday`` a day of the month (-1: the last; 0: that of the first occurrence)."""

    freq: str
    interval: int = 1
    days: tuple[int, ...] = ()
    nth: int = 0
    monthday: int = 0
    count: int | None = None  # occurrences in all, the record's own day among them
    until: date | None = None  # the last day on which one may begin
    without: tuple[date, ...] = ()  # days that are left out

    def __str__(self) -> str:
        """In the one form that is stored."""
        parts = [f"FREQ={self.freq}"]
        parts += [f"INTERVAL={self.interval}"] if self.interval > 1 else []
        named = ",".join(f"{self.nth or ''}{DAYS[one]}" for one in self.days)
        parts += [f"BYDAY={named}"] if named else []
        parts += [f"BYMONTHDAY={self.monthday}"] if self.monthday else []
        parts += [f"COUNT={self.count}"] if self.count else []
        parts += [f"UNTIL={self.until:%Y%m%d}"] if self.until else []
        left_out = ",".join(f"{one:%Y%m%d}" for one in self.without)
        parts += [f"EXDATE={left_out}"] if left_out else []
        return ";".join(parts)


@lru_cache(maxsize=4096)
def read(text: str) -> Rule:
    """An RRULE → the rule; `Refused` for what is none, or uses parts that are not kept here."""
    body = text.strip().upper().removeprefix("RRULE:").strip().rstrip(";")
    parts = dict(part.partition("=")[::2] for part in body.split(";"))
    parts.pop("WKST", None)
    freq = parts.pop("FREQ", "")
    readers: dict[str, Callable[[str, str], dict[str, Any]]] = {
        "INTERVAL": lambda raw, _freq: {"interval": _number(raw, limits.RECURRENCE_INTERVAL)},
        "COUNT": lambda raw, _freq: {"count": _number(raw, limits.RECURRENCE_COUNT)},
        "UNTIL": lambda raw, _freq: {"until": _day(raw)},
        "BYDAY": _weekdays,
        "BYMONTHDAY": _monthday,
        "EXDATE": _left_out,
    }
    if freq not in FREQUENCIES or not parts.keys() <= readers.keys() or _twice(parts):
        raise unread(text)
    found: dict[str, Any] = {}
    for name, raw in parts.items():
        found |= readers[name](raw, freq)
    return Rule(freq, **found)


def unread(text: str) -> Refused:
    return Refused(_("“{text}” does not say how it repeats, such as every week.", text=text[:60]))


def _twice(parts: dict[str, str]) -> bool:
    """Two ends, or two ways to name a day."""
    return {"COUNT", "UNTIL"} <= parts.keys() or {"BYDAY", "BYMONTHDAY"} <= parts.keys()


def _number(raw: str, most: int) -> int:
    if not raw.isascii() or not raw.isdecimal() or len(raw) > 6 or not 1 <= int(raw) <= most:
        raise Refused(_("Only 1 to {n} can stand here.", n=most))
    return int(raw)


def _day(raw: str) -> date:
    found = _UNTIL.match(raw)
    try:
        return date(*map(int, found.groups())) if found else date.fromisoformat(raw)
    except ValueError:
        raise unread(raw) from None


def _left_out(raw: str, _freq: str) -> dict[str, Any]:
    found = sorted({_day(part) for part in raw.split(",")})
    if len(found) > limits.RECURRENCE_EXCEPTIONS:
        most = limits.RECURRENCE_EXCEPTIONS
        raise Refused(_("A series can leave out at most {n} days.", n=most))
    return {"without": tuple(found)}


def _weekdays(raw: str, freq: str) -> dict[str, Any]:
    found = [_BYDAY.match(part) for part in raw.split(",")]
    nth = {int(one[1] or 0) for one in found if one}
    if not all(found) or len(nth) != 1:
        raise unread(raw)
    which = nth.pop()
    if freq != ("MONTHLY" if which else "WEEKLY"):
        raise unread(raw)
    days = sorted({DAYS.index(one[2]) for one in found if one})
    return {"days": tuple(days), "nth": which}


def _monthday(raw: str, freq: str) -> dict[str, Any]:
    if freq != "MONTHLY":
        raise unread(raw)
    return {"monthday": LAST if raw == "-1" else _number(raw, 31)}


# ── unrolled ─────────────────────────────────────────────────────────────────


def days(rule: Rule, first: date, low: date, high: date) -> list[date]:
    """The days from ``low`` up to (not with) ``high`` on which the series of ``first`` begins."""
    if rule.count is not None:
        found = [one for one in _counted(rule, first) if low <= one < high]
    else:
        own = [first] if low <= first < high else []
        end = high if rule.until is None else min(high, rule.until + DAY)
        found = [*own, *_between(rule, first, max(low, first + DAY), end)]
    return [one for one in found if one not in rule.without] if rule.without else found


def day_after(rule: Rule, first: date, day: date) -> date | None:
    """The next day after ``day`` on which the series of ``first`` begins."""
    low = day + DAY
    for length in (40, 400, 366 * limits.RECURRENCE_YEARS):
        try:
            high = low + DAY * length
        except OverflowError:
            return None
        if length < 1_000 or rule.freq == "YEARLY" or rule.interval > 12:
            found = days(rule, first, low, high)
            if found:
                return found[0]
    return None


# ── changed ──────────────────────────────────────────────────────────────────


def shifted(rule: Rule, count: int) -> Rule | None:
    """The rule of a series that moves by ``count`` days; None where it keeps to a day by name."""
    if count and (rule.nth or rule.monthday):
        return None
    move = DAY * count
    return replace(
        rule,
        days=tuple(sorted((one + count) % 7 for one in rule.days)),
        until=rule.until and rule.until + move,
        without=tuple(one + move for one in rule.without),
    )


def leaving_out(rule: Rule, day: date) -> Rule:
    """The rule without one of its days; refused beyond `limits.RECURRENCE_EXCEPTIONS`."""
    return read(str(replace(rule, without=tuple(sorted({*rule.without, day})))))


def parted(rule: Rule, first: date, day: date) -> tuple[Rule, Rule]:
    """What of a series lies before ``day``, and what from it on."""
    gone = [one for one in rule.without if one < day]
    kept = tuple(one for one in rule.without if one >= day)
    count = None
    if rule.count is not None:
        count = rule.count - sum(one < day for one in _counted(rule, first))
    before = replace(rule, count=None, until=day - DAY, without=tuple(gone))
    return before, replace(rule, count=count, without=kept)


@lru_cache(maxsize=2048)
def _counted(rule: Rule, first: date) -> tuple[date, ...]:
    """All days of a series that ends by number."""
    found = [first]
    for one in _every(rule, first, first):
        if len(found) == rule.count or one.year > first.year + limits.RECURRENCE_YEARS:
            break
        if one > first:
            found.append(one)
    return tuple(found)


def _between(rule: Rule, first: date, low: date, high: date) -> list[date]:
    found = []
    for one in _every(rule, first, low) if low < high else ():
        if one >= high:
            break
        if one >= low:
            found.append(one)
    return found


def _every(rule: Rule, first: date, low: date) -> Iterable[date]:
    """The rule's days from before ``low`` on, without walking there from ``first``."""
    at = _anchor(rule, first, low)
    given: dict[str, Any] = {"interval": rule.interval}
    if rule.freq == "WEEKLY":
        given["byweekday"] = rule.days or (first.weekday(),)
    elif rule.freq == "MONTHLY" and rule.days:
        given["byweekday"] = [rrule.weekday(one, rule.nth) for one in rule.days]
    elif rule.freq != "DAILY":
        given["bymonthday"] = rule.monthday or first.day
    if rule.freq == "YEARLY":
        given["bymonth"] = first.month
    elif rule.freq == "MONTHLY" and rule.interval % 12 == 0 and not _has(first, given):
        return ()  # the same month each time, which has no such day
    start = datetime(at.year, at.month, at.day)  # noqa: DTZ001 - a day has no zone
    end = datetime(min(low.year + limits.RECURRENCE_YEARS, 9999), 12, 31)  # noqa: DTZ001
    number = FREQUENCIES.index(rule.freq)
    return (one.date() for one in rrule.rrule(number, dtstart=start, until=end, **given))


def _has(first: date, given: dict[str, Any]) -> bool:
    """Whether the month of ``first`` can have the day of the month that is wanted."""
    wanted = given.get("bymonthday", LAST)
    return bool(wanted <= 29 or wanted <= (month_start(first, 1) - DAY).day)


def _anchor(rule: Rule, first: date, low: date) -> date:
    """Whole periods after ``first``, not beyond ``low``; the start of its week, month or year."""
    every, gone = rule.interval, max(low, first)
    if rule.freq == "DAILY":
        return first + DAY * ((gone - first).days // every * every)
    if rule.freq == "WEEKLY":
        monday = week_start(first)
        return monday + 7 * DAY * ((gone - monday).days // 7 // every * every)
    if rule.freq == "YEARLY":
        return date(first.year + (gone.year - first.year) // every * every, 1, 1)
    months = (gone.year - first.year) * 12 + gone.month - first.month
    return month_start(first, months // every * every)
