"""One repeating record unrolled into the times of its occurrences.

A series of moments keeps its hour on the wall of the installation's zone, summer and winter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tracker import clock, recurrence, settings
from tracker.errors import Refused

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Series:
    """``begin`` and ``finish`` are days, or moments in UTC; what is shown stands on ``zone``."""

    rule: str
    begin: Any
    finish: Any
    zone: str

    @property
    def timed(self) -> bool:
        return isinstance(self.begin, datetime)

    def occurrences(self, low: date, high: date) -> list[tuple[Any, Any]]:
        """``(begin, finish)`` of those that touch the days from ``low`` to ``high``."""
        home = settings.zone()
        first, last = self._at(home, self.begin), self._at(home, self.finish)
        lasts = max(last - first, timedelta()) if last is not None else None
        before = low - DAY * ((lasts.days if lasts else 0) + 1)  # what began then and lasts
        found = []
        for day in self._days(first, before, high + DAY * 2):
            begin = datetime.combine(day, first.time()) if self.timed else day
            finish = begin + lasts if lasts is not None else None
            begin, finish = self._shown(home, begin), self._shown(home, finish)
            if _touches(begin, finish, low, high):
                found.append((begin, finish))
        return found

    def day_after(self, day: date) -> date | None:
        """The next day after ``day`` on which it begins, on the wall that it repeats on."""
        begin = self._at(settings.zone(), self.begin)
        try:
            rule = recurrence.read(self.rule)
        except Refused:
            return None
        return recurrence.day_after(rule, begin.date() if self.timed else begin, day)

    def _days(self, first: Any, low: date, high: date) -> list[date]:
        """The days of the rule; the record's own alone where it cannot be read."""
        own = first.date() if self.timed else first
        try:
            return recurrence.days(recurrence.read(self.rule), own, low, high)
        except Refused:
            return [own]

    def _at(self, home: str, moment: Any) -> Any:
        return clock.to_local(moment, home) if isinstance(moment, datetime) else moment

    def _shown(self, home: str, wall: Any) -> Any:
        if not isinstance(wall, datetime):
            return wall
        return clock.to_local(clock.to_utc(wall, home), self.zone)


def _touches(begin: Any, finish: Any, low: date, high: date) -> bool:
    """Whether any of it falls on these days; a last moment at midnight does not count."""
    first = begin.date() if isinstance(begin, datetime) else begin
    last = first
    if isinstance(finish, datetime):
        last = max(first, (finish - timedelta(microseconds=1)).date())
    elif finish is not None:
        last = finish
    return bool(first <= high and last >= low)
