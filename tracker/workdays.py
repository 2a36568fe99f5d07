"""Working days as China keeps them: weekends, public holidays and make-up days.

Years that are not announced yet (or lie before the tables begin) fall back to Monday to Friday.
"""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar

DAY = timedelta(days=1)
LONGEST_BREAK = 40  # days; no run of days off is longer


def is_workday(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def shift(day: date, count: int) -> date:
    """The working day ``count`` working days after ``day`` (before it, where negative).

    With 0 it is ``day`` itself, or the next working day where it is a day off.
    """
    step = DAY if count >= 0 else -DAY
    if count == 0:
        return _reach(day, step)
    for _number in range(abs(count)):
        day = _reach(day + step, step)
    return day


def latest(day: date) -> date:
    """``day``, or the last working day before it."""
    return _reach(day, -DAY)


def _reach(day: date, step: timedelta) -> date:
    for _number in range(LONGEST_BREAK):
        if is_workday(day):
            return day
        day += step
    raise AssertionError("no working day within reach")
