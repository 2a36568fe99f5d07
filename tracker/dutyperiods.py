"""The periods of a duty: weeks, months, days or working days, each with its cut-off.

Pure functions over a duty's ``definition``. Labels are ISO: 2026-W47, 2026-11, 2026-11-21.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tracker import clock, workdays
from tracker.context import Context
from tracker.daytimes import clock_time, whole
from tracker.errors import Refused
from tracker.periods import DAY, month_start, week_start, weekday
from tracker.text import Text, _

Rule = Mapping[str, Any]
ZONE = "Asia/Shanghai"
EVERY = ("week", "month", "day", "workday")
_WEEK = re.compile(r"^(\d{4})-W(\d{2})$")


@dataclass(frozen=True)
class Period:
    """Days from ``first`` to before ``end``; what is filed after ``due`` (UTC) is late."""

    label: str
    first: date
    end: date
    due: datetime


def zone(rule: Rule) -> str:
    return str(rule.get("zone") or ZONE)


def containing(rule: Rule, day: date) -> Period:
    """The period in which ``day`` lies; days off belong to the working day before them."""
    every = rule["every"]
    if every == "week":
        first, end = week_start(day), week_start(day) + 7 * DAY
        year, week, _day = first.isocalendar()
        label = f"{year}-W{week:02}"
    elif every == "month":
        first, end = month_start(day), month_start(day, 1)
        label = f"{first:%Y-%m}"
    else:
        first = workdays.latest(day) if every == "workday" else day
        end = workdays.shift(first, 1) if every == "workday" else first + DAY
        label = first.isoformat()
    return Period(label, first, end, _due(rule, first))


def _due(rule: Rule, first: date) -> datetime:
    """The cut-off of the period that begins on ``first``."""
    due, every = rule.get("due") or {}, rule["every"]
    after = int(due.get("after", 0))
    if every == "week":
        day = first + (7 * after + int(due.get("weekday", 4))) * DAY
    elif every == "month":
        day = _month_day(month_start(first, after), due.get("day", "last"))
    else:
        day = workdays.shift(first, after) if every == "workday" else first + after * DAY
    local = datetime.combine(day, clock_time(due.get("time", "17:00")))
    return clock.to_utc(local, zone(rule))


def _month_day(first: date, wanted: Any) -> date:
    last = monthrange(first.year, first.month)[1]
    return first.replace(day=last if wanted == "last" else min(int(wanted), last))


def latest(rule: Rule, day: date, count: int) -> list[Period]:
    """Up to ``count`` periods, that of ``day`` last; none that ended before ``since``."""
    since = date.fromisoformat(rule.get("since") or "1000-01-01")
    periods: list[Period] = []
    while len(periods) < count:
        period = containing(rule, day)
        if period.end <= since:
            break
        periods.append(period)
        day = period.first - DAY
    return periods[::-1]


def overdue(rule: Rule, now: datetime, days: int) -> list[Period]:
    """The periods whose cut-off passed by ``now``, within the last ``days`` days."""
    today = clock.to_local(now, zone(rule)).date()
    oldest = now - timedelta(days=days)
    reach = latest(rule, today, days + 8)  # a cut-off may lie some days after its period
    return [one for one in reach if oldest <= one.due < now]


def named(rule: Rule, label: str) -> Period:
    """The period with this label; `Refused` when the duty has none like it."""
    week = _WEEK.match(label)
    try:
        day = (
            date.fromisocalendar(int(week[1]), int(week[2]), 1)
            if week
            else date.fromisoformat(f"{label}-01" if len(label) == 7 else label)
        )
    except ValueError:
        raise Refused(_("“{text}” is no period of this duty.", text=label[:20])) from None
    period = containing(rule, day)
    if period.label != label:
        raise Refused(_("“{text}” is no period of this duty.", text=label[:20]))
    return period


def check(raw: Rule, default_zone: str, today: date) -> dict[str, Any]:
    """``every``, ``due``, ``zone`` and ``since`` as they may be stored; `Refused` otherwise."""
    every = raw.get("every")
    if every not in EVERY:
        raise Refused(_("Choose every day, working day, week or month."))
    checked_zone = str(raw.get("zone") or default_zone)
    clock.zone_info(checked_zone)
    try:
        since = date.fromisoformat(str(raw.get("since") or today.isoformat()))
    except ValueError:
        raise Refused(_("Write the first day of the duty like 2026-11-21.")) from None
    if not 2000 <= since.year <= 2200:
        raise Refused(_("Write the first day of the duty like 2026-11-21."))
    due = _check_due(every, raw.get("due") or {})
    return {"every": every, "due": due, "zone": checked_zone, "since": since.isoformat()}


def _check_due(every: str, raw: Any) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise Refused(_("Say when the duty is due."))
    due: dict[str, Any] = {"time": f"{clock_time(raw.get('time', '17:00')):%H:%M}"}
    if every == "week":
        due["weekday"] = whole(raw.get("weekday", 4), 0, 6, _("Choose a day of the week."))
    if every == "month":
        wrong = _("Choose a day of the month, 1 to 31 or the last.")
        day = raw.get("day", "last")
        due["day"] = day if day == "last" else whole(day, 1, 31, wrong)
    after = whole(raw.get("after", 0), 0, 1, _("A duty is due in its period or in the next."))
    return {**due, "after": after} if after else due


def say_rule(rule: Rule, context: Context) -> Text:
    """The cut-off in words: ``Fri 17:00``, ``17:00 on day 5 of the month after``."""
    due, every = rule.get("due") or {}, rule["every"]
    time = f"{clock_time(due.get('time', '17:00')):%H:%M}"
    later = bool(due.get("after"))
    if every == "week":
        day = weekday(date(2024, 1, 1) + int(due.get("weekday", 4)) * DAY, context.lang)
        said = _("{weekday} {time} of the week after") if later else _("{weekday} {time}")
        return Text(said.message, weekday=day, time=time)
    if every == "month":
        return _say_month(due.get("day", "last"), time, later)
    if not later:
        return _("{time} of that day", time=time)
    if every == "day":
        return _("{time} of the next day", time=time)
    return _("{time} of the next working day", time=time)


def _say_month(day: Any, time: str, later: bool) -> Text:
    if day == "last":
        said = (
            _("{time} on the last day of the month after")
            if later
            else _("{time} on the last day of the month")
        )
        return Text(said.message, time=time)
    said = _("{time} on day {day} of the month after") if later else _("{time} on day {day}")
    return Text(said.message, time=time, day=day)


def say_due(rule: Rule, period: Period, context: Context) -> Text:
    """The cut-off of a period for people: ``周五 11-20 17:00`` on the wall of the duty."""
    local = clock.to_local(period.due, zone(rule))
    day = weekday(local.date(), context.lang)
    return _("{weekday} {day} {time}", weekday=day, day=f"{local:%m-%d}", time=f"{local:%H:%M}")


def say_label(period: Period, every: str) -> Text | str:
    """The period for people: week 47 of 2026, November 2026, 2026-11-21."""
    if every == "week":
        year, week = period.label.split("-W")
        return _("week {week} of {year}", week=int(week), year=year)
    if every == "month":
        return _("{year}-{month}", year=period.label[:4], month=period.label[5:])
    return period.label
