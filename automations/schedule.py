"""When a rule is due, computed by us from local time and zone: pure functions, no clock inside.

A rule is ``{"every": "day"|"week"|"month"|"workday", "weekday": 0-6, "day": 1-31|"last",
"time": "17:00", "zone": "Asia/Shanghai"}``. Each local slot comes exactly once.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from tracker import clock, workdays
from tracker.context import Context
from tracker.daytimes import clock_time, whole
from tracker.errors import Refused
from tracker.periods import weekday
from tracker.text import Text, _

Rule = Mapping[str, Any]
DAY = timedelta(days=1)
REACH = 62  # days looked at before giving up; a rule is due at least once in them


class Due(NamedTuple):
    """One slot: the wall-clock time it is named after, and the moment (UTC) it falls on."""

    local: datetime
    utc: datetime


def next_due(rule: Rule, after_utc: datetime) -> datetime:
    """The first moment after ``after_utc`` at which the rule is due (both naive UTC)."""
    day = clock.to_local(after_utc, rule["zone"]).date() - DAY
    return next(due.utc for due in _from(rule, day) if due.utc > after_utc)


def latest(rule: Rule, now: datetime) -> Due:
    """The last slot that is due by ``now``."""
    day = clock.to_local(now, rule["zone"]).date() + DAY
    return next(due for due in _from(rule, day, step=-DAY) if due.utc <= now)


def slots_between(rule: Rule, start: datetime, end: datetime) -> list[Due]:
    """The slots after ``start`` up to and with ``end`` (naive UTC), in order."""
    found: list[Due] = []
    for due in _from(rule, clock.to_local(start, rule["zone"]).date() - DAY):
        if due.utc > end:
            return found
        if due.utc > start:
            found.append(due)
    return found


def _from(rule: Rule, day: date, *, step: timedelta = DAY) -> Iterator[Due]:
    """The rule's slots from ``day`` on, or backwards."""
    wall, since_last = clock_time(rule["time"]), 0
    is_due = _DAYS[rule["every"]]
    while since_last < REACH:
        since_last += 1
        if is_due(rule, day):
            local, since_last = datetime.combine(day, wall), 0
            yield Due(local, clock.to_utc(local, rule["zone"]))
        day += step


def _is_month_day(rule: Rule, day: date) -> bool:
    """The 31st of a short month is its last day."""
    last = monthrange(day.year, day.month)[1]
    wanted = rule["day"]
    return day.day == (last if wanted == "last" else min(wanted, last))


_DAYS: dict[str, Callable[[Rule, date], bool]] = {
    "day": lambda rule, day: True,
    "workday": lambda rule, day: workdays.is_workday(day),
    "week": lambda rule, day: day.weekday() == rule["weekday"],
    "month": _is_month_day,
}


def check(raw: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """The rule as it may be stored, ``zone`` where it names none; `Refused` says what is wrong."""
    every = raw.get("every")
    if every not in _DAYS:
        raise Refused(_("Choose every day, working day, week or month."))
    rule = {"every": every, "time": f"{clock_time(raw.get('time', '')):%H:%M}"}
    if every == "week":
        rule["weekday"] = whole(raw.get("weekday"), 0, 6, _("Choose a day of the week."))
    if every == "month":
        last = raw.get("day") == "last"
        wrong = _("Choose a day of the month, 1 to 31 or the last.")
        rule["day"] = "last" if last else whole(raw.get("day"), 1, 31, wrong)
    rule["zone"] = str(raw.get("zone") or zone)
    clock.zone_info(rule["zone"])
    return rule


def sentence(rule: Rule, context: Context) -> Text:
    """The rule in words, to be followed by what is done."""
    at = rule["time"]
    if context.zone != rule["zone"]:
        at = f"{at} ({rule['zone']})"
    if rule["every"] == "week":
        return _("Every {weekday} at {time}", weekday=_weekday(rule, context), time=at)
    if rule["every"] == "month":
        if rule["day"] == "last":
            return _("On the last day of every month at {time}", time=at)
        return _("Every month on day {day} at {time}", day=rule["day"], time=at)
    if rule["every"] == "workday":
        return _("Every working day at {time}", time=at)
    return _("Every day at {time}", time=at)


def _weekday(rule: Rule, context: Context) -> str:
    return weekday(date(2024, 1, 1) + rule["weekday"] * DAY, context.lang)
