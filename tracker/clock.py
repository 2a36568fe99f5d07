"""The one clock. Moments are naive UTC to the second; days are dates in a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tracker.errors import Refused
from tracker.text import Text


def now() -> datetime:
    """This moment, UTC, naive, without microseconds: the one form moments are stored in."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def today(zone: str) -> date:
    return to_local(now(), zone).date()


@cache
def zone_info(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones, a name too long
        raise Refused(Text("There is no time zone called {zone}.", zone=zone[:60])) from None


def to_local(moment: datetime, zone: str) -> datetime:
    """A stored moment as wall-clock time in ``zone`` (naive)."""
    return moment.replace(tzinfo=UTC).astimezone(zone_info(zone)).replace(tzinfo=None)


def to_utc(local: datetime, zone: str) -> datetime:
    """Wall-clock time in ``zone`` as a stored moment.

    A time that occurs twice is the first one; a time that is skipped moves to the end of the gap.
    """
    aware = local.replace(tzinfo=zone_info(zone), fold=0)
    utc = aware.astimezone(UTC)
    if to_local(utc.replace(tzinfo=None), zone) != local:  # in a gap: fold=1 counts from its end
        utc = local.replace(tzinfo=zone_info(zone), fold=1).astimezone(UTC)
        utc += _gap_rest(utc, local, zone)
    return utc.replace(tzinfo=None)


def _gap_rest(utc: datetime, local: datetime, zone: str) -> timedelta:
    """How far after ``utc`` the clocks jump over ``local``."""
    step = timedelta(minutes=1)
    moment, rest = utc.replace(tzinfo=None), timedelta()
    while to_local(moment + rest, zone) < local:
        rest += step
    return rest


def day_range(day: date, zone: str) -> tuple[datetime, datetime]:
    """The stored moments at which ``day`` begins and ends in ``zone`` (end excluded)."""
    start = to_utc(datetime.combine(day, time.min), zone)
    return start, to_utc(datetime.combine(day + timedelta(days=1), time.min), zone)


@cache
def fixed_offset(zone: str) -> int | None:
    """Minutes east of UTC where ``zone`` has not moved its clocks since 2000; else None."""
    firsts = (date(year, month, 1) for year in range(2000, 2040) for month in range(1, 13))
    days = (datetime.combine(first, time.min) for first in firsts)
    offsets = {to_local(day, zone) - day for day in days}
    return int(offsets.pop().total_seconds() // 60) if len(offsets) == 1 else None
