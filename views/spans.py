"""Spans of days on a viewer's wall, and how China works on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar

from tracker import limits
from tracker.errors import Refused, TooMuch
from tracker.text import _

DAY = timedelta(days=1)
CHINA = {"Asia/Shanghai", "Asia/Chongqing", "Asia/Harbin", "Asia/Urumqi", "PRC"}


@dataclass(frozen=True)
class Span:
    """Days on the viewer's wall: ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def operand(self) -> list[str]:
        return [self.first.isoformat(), self.last.isoformat()]

    @property
    def days(self) -> list[date]:
        return [self.first + DAY * n for n in range((self.last - self.first).days + 1)]

    def gap(self, day: str) -> int:
        """Days between ``day`` and the span."""
        at = date.fromisoformat(day)
        return max((self.first - at).days, (at - self.last).days)


def asked_span(params: Mapping[str, str], *, most: int = limits.DATE_RANGE_DAYS) -> Span:
    """``start`` and ``end`` (the day after the last) of a request, at most ``most`` days."""
    try:
        first, after = (date.fromisoformat(params.get(one, "")[:10]) for one in ("start", "end"))
        span = Span(first, after - DAY)
    except (ValueError, OverflowError):
        raise Refused(_("A span needs a start and an end, such as 2026-11-21.")) from None
    if span.last < span.first:
        raise Refused(_("The end lies before the start."))
    if (span.last - span.first).days >= most:
        raise TooMuch(_("At most {n} days fit into one answer.", n=most))
    return span


def marks(span: Span, zone: str, lang: str) -> dict[str, list[str]]:
    """Day → ``["off" | "work", name of the holiday]`` where China's calendar differs from the week.

    Empty for viewers in other zones and for years that are not announced.
    """
    if zone not in CHINA:
        return {}
    found = {}
    for day in span.days:
        try:
            off, name = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:
            continue
        if name is not None and off:
            found[day.isoformat()] = ["off", _festival(name, lang)]
        elif name is not None and day.weekday() >= 5:
            found[day.isoformat()] = ["work", _festival(name, lang)]
    return found


def _festival(name: str, lang: str) -> str:
    return str(chinese_calendar.Holiday(name).chinese) if lang == "zh" else name
