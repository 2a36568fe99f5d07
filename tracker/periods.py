"""Days and spans of days as people name them: today, this week, the last 30 days, 11-21 周六."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tracker.context import Context
from tracker.errors import Refused
from tracker.text import Text, _

_WEEKDAYS = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
DAY = timedelta(days=1)
Span = tuple[date, date]


def weekday(day: date, lang: str) -> str:
    return _WEEKDAYS.get(lang, _WEEKDAYS["en"])[day.weekday()]


def short_day(iso: str, context: Context) -> str:
    """``11-21 周六``; with the year where it is not this one."""
    day = date.fromisoformat(iso)
    shown = iso if iso[:4] != context.today()[:4] else iso[5:]
    return f"{shown} {weekday(day, context.lang)}"


def week_start(day: date) -> date:
    return day - DAY * day.weekday()


def month_start(day: date, months: int = 0) -> date:
    """The first of the month ``months`` after that of ``day``."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _month(day: date, months: int, length: int = 1) -> Span:
    return month_start(day, months), month_start(day, months + length)


def _week(day: date, weeks: int) -> Span:
    start = week_start(day) + 7 * weeks * DAY
    return start, start + 7 * DAY


def _quarter(day: date, quarters: int) -> Span:
    start = month_start(date(day.year, (day.month - 1) // 3 * 3 + 1, 1), 3 * quarters)
    return start, month_start(start, 3)


def _year(day: date, years: int) -> Span:
    return date(day.year + years, 1, 1), date(day.year + years + 1, 1, 1)


NAMED: dict[str, tuple[Text, Callable[[date], Span]]] = {
    "today": (_("today"), lambda day: (day, day + DAY)),
    "yesterday": (_("yesterday"), lambda day: (day - DAY, day)),
    "tomorrow": (_("tomorrow"), lambda day: (day + DAY, day + 2 * DAY)),
    "this_week": (_("this week"), lambda day: _week(day, 0)),
    "last_week": (_("last week"), lambda day: _week(day, -1)),
    "next_week": (_("next week"), lambda day: _week(day, 1)),
    "this_month": (_("this month"), lambda day: _month(day, 0)),
    "last_month": (_("last month"), lambda day: _month(day, -1)),
    "next_month": (_("next month"), lambda day: _month(day, 1)),
    "this_quarter": (_("this quarter"), lambda day: _quarter(day, 0)),
    "last_quarter": (_("last quarter"), lambda day: _quarter(day, -1)),
    "this_year": (_("this year"), lambda day: _year(day, 0)),
    "last_year": (_("last year"), lambda day: _year(day, -1)),
}


def span(raw: Any, context: Context) -> Span:
    """The days an operand names, the end excluded.

    ``"2026-11-21"``, a name of `NAMED`, ``{"days": -7}`` (that one day),
    ``{"last_days": 30}`` or ``{"next_days": 30}`` (today included), ``[first day, last day]``.
    """
    day = date.fromisoformat(context.today())
    if isinstance(raw, str) and raw in NAMED:
        return NAMED[raw][1](day)
    if isinstance(raw, dict):
        return _relative(raw, day)
    if isinstance(raw, list) and len(raw) == 2:
        return _day(raw[0]), _day(raw[1]) + DAY
    start = _day(raw)
    return start, start + DAY


def _relative(raw: dict[str, Any], day: date) -> Span:
    (name, count), *rest = list(raw.items()) or [("", 0)]
    if rest or not isinstance(count, int) or abs(count) > 40_000:
        raise Refused(_("This is not a span of days."))
    if name == "days":
        return day + count * DAY, day + (count + 1) * DAY
    if name == "last_days":
        return day - (count - 1) * DAY, day + DAY
    if name == "next_days":
        return day, day + count * DAY
    raise Refused(_("This is not a span of days."))


def _day(raw: Any) -> date:
    try:
        day = date.fromisoformat(str(raw)[:10])
        if not 1000 <= day.year <= 9000:  # the days around it must exist too
            raise ValueError
        return day
    except ValueError:
        raise Refused(
            _("“{text}” is not a date. Write it like 2026-11-21.", text=str(raw)[:60])
        ) from None


def say_span(raw: Any, context: Context) -> str:
    """The operand in words, for the sentence of a condition."""
    if isinstance(raw, str) and raw in NAMED:
        return NAMED[raw][0].to(context.lang)
    if isinstance(raw, dict):
        return _RELATIVE[next(iter(raw))](next(iter(raw.values()))).to(context.lang)
    if isinstance(raw, list):
        return " – ".join(str(day) for day in raw)
    return str(raw)


_RELATIVE: dict[str, Callable[[int], Text]] = {
    "days": lambda n: _("{n} days from today", n=n) if n >= 0 else _("{n} days ago", n=-n),
    "last_days": lambda n: _("the last {n} days", n=n),
    "next_days": lambda n: _("the next {n} days", n=n),
}
