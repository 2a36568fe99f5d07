"""Working days: Monday to Friday without the holidays that are listed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from tracker import limits
from tracker.formula.function import function
from tracker.formula.values import Dressed, Env, Fault, flat, local, when_of
from tracker.text import _

When = date | datetime | Dressed
DAY = timedelta(days=1)


def _holidays(env: Env, listed: Any) -> set[date]:
    """Days off as a list, or as a text with commas between them."""
    days: set[date] = set()
    for entry in flat((listed,)):
        env.work(100)
        if entry is None or entry == "":
            continue
        parts = entry.split(",") if isinstance(entry, str) else [entry]
        env.work(100 * len(parts))
        days |= {local(when_of(_stripped(part), env), env).date() for part in parts if part}
    return days


def _stripped(part: Any) -> Any:
    return part.strip() if isinstance(part, str) else part


@function(
    "WORKDAY",
    "date:when count:number [holidays:any]",
    "day",
    _("The day some working days after a date (before it, where negative)."),
    'WORKDAY("2026-11-20", 1)',
    env=True,
)
def workday(env: Env, when: When, count: float, holidays: Any = None) -> date:
    off, found = _holidays(env, holidays), local(when, env).date()
    left, step = abs(int(count)), DAY if count > 0 else -DAY
    if left > limits.FORMULA_WORKDAYS:
        raise Fault(_("At most {limit} working days are counted.", limit=limits.FORMULA_WORKDAYS))
    try:
        while left:
            found += step
            left -= found.weekday() < 5 and found not in off
    except OverflowError:
        raise Fault(_("This date is out of range.")) from None
    return found


@function(
    "WORKDAY_DIFF",
    "date:when end:when [holidays:any]",
    "number",
    _("How many working days there are from one date to another, both included."),
    'WORKDAY_DIFF("2026-11-16", "2026-11-22")',
    env=True,
)
def workday_diff(env: Env, start: When, end: When, holidays: Any = None) -> int:
    first, last = local(start, env).date(), local(end, env).date()
    if first > last:
        return -int(workday_diff(env, end, start, holidays))
    off = sum(first <= one <= last and one.weekday() < 5 for one in _holidays(env, holidays))
    return _weekdays(last.toordinal()) - _weekdays(first.toordinal() - 1) - off


def _weekdays(ordinal: int) -> int:
    """Mondays to Fridays from the 1st of January of year 1, a Monday, to ``ordinal``."""
    weeks, rest = divmod(ordinal, 7)
    return weeks * 5 + min(rest, 5)
