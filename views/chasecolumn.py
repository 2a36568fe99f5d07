"""The matrix's last column: whom the chase told about an ower, how often, when last and next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from automations import chases, reminding
from tracker import clock, dutyperiods, workdays
from tracker.daytimes import clock_time
from tracker.dutymatrix import Matrix, Row
from tracker.models import Chase, Duty
from tracker.permissions import Viewer

NAMED = 2  # people named before it is “and so many more”


@dataclass(frozen=True)
class Line:
    """``times`` counts days; ``next`` is a moment (UTC) while something is overdue."""

    people: list[str]
    more: int
    times: int
    last: datetime | None
    next: datetime | None


def column(viewer: Viewer, matrix: Matrix) -> dict[int, Line | int]:
    """Row id → its line; for those that hold others, how many below are being chased."""
    now = clock.now()
    chase = next((one for one in chases.of_duty(matrix.duty) if one.enabled), None)
    told = reminding.told(matrix.duty, now=now)
    viewer.context.directory.load_people(
        {person for record in told.values() for person in record.people}
    )
    upcoming = next_hour(matrix.duty, chase, now) if chase and matrix.duty.enabled else None
    chased = {one.id for one in matrix.rows if one.owes and overdue(one, matrix, chase, now)}
    lines: dict[int, Line | int] = {}
    for one in matrix.rows:
        if one.owes:
            when = upcoming if one.id in chased else None
            lines[one.id] = line(told.get(one.id), viewer, when)
        else:
            lines[one.id] = sum(owed in chased for owed in below(one, matrix.rows))
    return lines


def line(record: reminding.Record | None, viewer: Viewer, upcoming: datetime | None) -> Line:
    if record is None:
        return Line([], 0, 0, None, upcoming)
    names = [viewer.context.directory.person(one) for one in record.people]
    return Line(names[:NAMED], len(names[NAMED:]), len(record.days), record.last, upcoming)


def overdue(row: Row, matrix: Matrix, chase: Chase | None, now: datetime) -> bool:
    """Whether the chase has not given up on something this row owes."""
    if chase is None:
        return False
    oldest = now - timedelta(days=int(chase.definition.get("give_up_days", 14)))
    pairs = zip(matrix.periods, row.cells, strict=True)
    return any(cell.overdue and period.due >= oldest for period, cell in pairs)


def below(row: Row, rows: list[Row]) -> set[int]:
    """The rows folded into this one, however deep."""
    found = {row.id}
    for one in rows:
        if one.parent in found:
            found.add(one.id)
    return found - {row.id}


def next_hour(duty: Duty, chase: Chase, now: datetime) -> datetime:
    """The next working morning at the chase's hour (UTC)."""
    zone = dutyperiods.zone(duty.definition)
    local, hour = clock.to_local(now, zone), clock_time(chase.definition.get("at", "09:00"))
    day = workdays.shift(local.date(), 0)
    if day == local.date() and local.time() >= hour:
        day = workdays.shift(day + timedelta(days=1), 0)
    return clock.to_utc(datetime.combine(day, hour), zone)
