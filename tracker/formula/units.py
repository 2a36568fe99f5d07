"""Units of time by their names, and calendar arithmetic in them as moment.js does it."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta
from typing import TypeVar

from tracker.formula.values import Fault
from tracker.text import _

CLOCK = {"milliseconds": 0.001, "seconds": 1.0, "minutes": 60.0, "hours": 3600.0}
DAYS = {"days": 1, "weeks": 7}
MONTHS = {"months": 1, "quarters": 3, "years": 12}
ALL = (*CLOCK, *DAYS, *MONTHS)
Day = TypeVar("Day", date, datetime)
_SHORT = {
    "ms": "milliseconds",
    "s": "seconds",
    "m": "minutes",
    "h": "hours",
    "d": "days",
    "w": "weeks",
    "M": "months",
    "Q": "quarters",
    "y": "years",
}


def find(name: str) -> str | None:
    """The unit called ``name`` (``days``, ``day``, ``d``, ``M`` …)."""
    name = name.strip()
    if name in _SHORT:
        return _SHORT[name]
    low = name.lower()
    for unit in ALL:
        if low in (unit, unit[:-1]):
            return unit
    return _SHORT.get(low) or _SHORT.get(name.upper())


def need(name: str) -> str:
    found = find(name)
    if found is None:
        raise Fault(_("There is no unit of time called “{name}”.", name=name[:40]))
    return found


def _rounded(number: float) -> int:
    return int(abs(number) + 0.5) * (-1 if number < 0 else 1)


def add(when: Day, number: float, unit: str) -> Day:
    """``when`` (a day, or a clock on the wall) and some days or months later."""
    try:
        if unit in DAYS:
            return when + timedelta(days=_rounded(number * DAYS[unit]))
        return add_months(when, _rounded(number * MONTHS[unit]))
    except (OverflowError, ValueError):
        raise Fault(_("This date is out of range.")) from None


def add_months(when: Day, count: int) -> Day:
    """The same day of another month, or that month's last."""
    months = when.year * 12 + when.month - 1 + count
    year, month = months // 12, months % 12 + 1
    day = min(when.day, calendar.monthrange(year, month)[1])
    return when.replace(year=year, month=month, day=day)


def months_between(one: datetime, other: datetime) -> int:
    """Whole months from ``other`` to ``one``, cut toward zero."""
    if one < other:
        return -months_between(other, one)
    count = (one.year - other.year) * 12 + one.month - other.month
    return count - (add_months(other, count) > one)


def start(wall: datetime, unit: str) -> datetime:
    """The beginning of the unit that ``wall`` lies in; weeks begin on Sunday."""
    if unit == "milliseconds":
        return wall
    if unit == "weeks":
        wall -= timedelta(days=(wall.weekday() + 1) % 7)
        unit = "days"
    wall = wall.replace(microsecond=0)
    month = {"years": 1, "quarters": (wall.month - 1) // 3 * 3 + 1}.get(unit, wall.month)
    keep = ("years", "quarters", "months", "days", "hours", "minutes", "seconds").index(unit)
    if keep <= 2:
        return wall.replace(month=month, day=1, hour=0, minute=0, second=0)
    parts = {"hour": 4, "minute": 5, "second": 6}
    return wall.replace(
        hour=wall.hour if keep >= parts["hour"] else 0,
        minute=wall.minute if keep >= parts["minute"] else 0,
        second=wall.second if keep >= parts["second"] else 0,
    )
