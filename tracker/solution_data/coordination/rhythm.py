"""When a house works: working days, the pull of month ends, hours that do not collide."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from tracker import clock, workdays
from tracker.periods import month_start

DAY = timedelta(days=1)
WEEKDAYS = (0.95, 1.15, 1.2, 1.1, 0.8, 0.25, 0.25)  # make-up days on weekends are quiet
STARTS = [time(9), time(9, 30), time(10), time(10, 30), time(13, 30), time(14), time(14, 30)]
STARTS += [time(15), time(15, 30), time(16), time(16, 30)]
HOURS = (3, 6, 8, 5, 3, 7, 8, 7, 5, 4, 2)


@dataclass(frozen=True)
class Window:
    """The demo's time: from the month a year ago to the end of the next month."""

    today: date
    zone: str

    @property
    def first(self) -> date:
        return month_start(self.today, -12)

    @property
    def last(self) -> date:
        return month_start(self.today, 2) - DAY

    def days(self) -> list[date]:
        length = (self.last - self.first).days + 1
        return [self.first + DAY * number for number in range(length)]

    def workdays(self) -> list[date]:
        return [day for day in self.days() if workdays.is_workday(day)]

    def pull(self, day: date) -> float:
        """How much happens on a day: more towards the end of months, little before a long break."""
        weight = WEEKDAYS[day.weekday()]
        weight *= 1.4 if day.day >= 23 else 0.85 if day.day <= 4 else 1.0
        weight *= 1.15 if day.month in (3, 6, 9, 12) and day.day >= 20 else 1.0
        weight *= 0.5 if _before_break(day) else 1.0
        return weight * (0.85 + 0.3 * (day - self.first).days / 400) * self._known(day)

    def _known(self, day: date) -> float:
        """Plans thin out with distance."""
        ahead = (day - self.today).days
        return 1.0 if ahead <= 7 else 0.9 if ahead <= 21 else 0.65

    def stored(self, local: datetime) -> str:
        """Wall-clock time as a stored moment."""
        return clock.to_utc(local, self.zone).isoformat(sep=" ")

    def evening(self, day: date, rng: random.Random) -> str:
        """When something done on ``day`` was written down: that evening, never after yesterday."""
        day = min(day, self.today - DAY)
        local = datetime.combine(day, time(16, 30)) + timedelta(minutes=rng.randrange(360))
        return self.stored(local)


def _before_break(day: date) -> bool:
    """Whether a break of five days or more begins within a week."""
    return all(not workdays.is_workday(day + DAY * ahead) for ahead in range(3, 8)) or all(
        not workdays.is_workday(day + DAY * ahead) for ahead in range(1, 6)
    )


@dataclass
class Diary:
    """Who is busy when, so that nobody is in two places."""

    taken: dict[tuple[int, date], list[tuple[time, time]]] = field(default_factory=dict)

    def slot(
        self, rng: random.Random, person: int, day: date, minutes: int
    ) -> tuple[datetime, datetime] | None:
        """A free time of ``minutes`` on that day, or None when none was found in a few tries."""
        for _try in range(6):
            begin = rng.choices(STARTS, HOURS)[0]
            found = self.take(person, day, begin, minutes)
            if found:
                return found
        return None

    def take(
        self, person: int, day: date, begin: time, minutes: int
    ) -> tuple[datetime, datetime] | None:
        start = datetime.combine(day, begin)
        end = start + timedelta(minutes=minutes)
        busy = self.taken.setdefault((person, day), [])
        if any(begin < until and since < end.time() for since, until in busy):
            return None
        busy.append((begin, end.time()))
        return start, end
