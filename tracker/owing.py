"""Who owes what of a duty, computed from the records that are there: nothing is kept in step.

Read with the product's own eyes (a duty publishes who has filed, to those who may see its
matrix), in one statement over the records however many owers there are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee as pw

from tracker import clock, db, dutyperiods, fieldtypes, holders, models, permissions, schema
from tracker.days import MomentColumn
from tracker.dutyperiods import Period, zone
from tracker.errors import Missing, Refused
from tracker.models import Department, Duty, Exemption, Person
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.text import _


@dataclass(frozen=True)
class Ower:
    """A department or a person who owes; ``path`` holds the departments from the root down."""

    id: int
    name: str
    names: dict[str, str]
    path: tuple[int, ...]


@dataclass(frozen=True)
class Cell:
    """One ower in one period. ``state`` is owed, done, late, exempt or future.

    What is owed is ``overdue`` once the cut-off has passed; before that it is merely open.
    """

    state: str
    overdue: bool = False
    record_id: int | None = None
    filed_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class Filed:
    """The first record of an ower in a period."""

    record_id: int
    at: datetime


Cells = dict[int, dict[str, Cell]]  # ower id → period label → cell


def of_departments(duty: Duty) -> bool:
    """Whether departments owe; people otherwise."""
    return not {"people", "role"} & set(duty.definition.get("owers") or {})


def table_of(duty: Duty) -> Table:
    """The table the duty is filed in; `Refused` when it is gone."""
    try:
        return schema.current().table(duty.table_id)
    except Missing:
        raise broken(duty) from None


def broken(duty: Duty) -> Refused:
    return Refused(_("The duty “{name}” refers to something that was deleted.", name=duty.name))


# ── who owes ─────────────────────────────────────────────────────────────────


def tree() -> dict[int, Ower]:
    """All live departments by id."""
    rows = Department.select().where(Department.deleted_at.is_null())
    ordered = rows.order_by(Department.ord, Department.id)
    return {row.id: Ower(row.id, row.name, row.names or {}, _path(row.path)) for row in ordered}


def _path(path: str) -> tuple[int, ...]:
    return tuple(int(part) for part in path.split("/") if part)


def owers(duty: Duty, departments: Mapping[int, Ower] | None = None) -> dict[int, Ower]:
    """Everybody who owes, by id; ``departments`` is the `tree` where it is at hand."""
    chosen = duty.definition.get("owers") or {}
    if not of_departments(duty):
        return _people(chosen, departments if departments is not None else tree())
    every = departments if departments is not None else tree()
    if "level" in chosen:
        return {one.id: one for one in every.values() if len(one.path) == chosen["level"]}
    return {one: every[one] for one in chosen.get("departments", []) if one in every}


def _people(chosen: Mapping[str, Any], departments: Mapping[int, Ower]) -> dict[int, Ower]:
    ids = holders.people_with([chosen["role"]]) if "role" in chosen else chosen["people"]
    rows = Person.select().where(Person.id.in_(ids), Person.active == True)  # noqa: E712 - SQL
    return {
        row.id: Ower(row.id, row.name, {}, departments[row.department_id].path)
        if row.department_id in departments
        else Ower(row.id, row.name, {}, ())
        for row in rows.order_by(Person.name, Person.id)
    }


def answering(department_id: int, every: Mapping[int, Ower], owing: Collection[int]) -> int | None:
    """The ower a department files for: itself, or the nearest above it that owes."""
    path = every[department_id].path if department_id in every else ()
    return next((one for one in reversed(path) if one in owing), None)


def own_ower(
    viewer: Viewer, duty: Duty, owing: Collection[int], every: Mapping[int, Ower]
) -> int | None:
    """For whom the viewer files: themselves, or the department that answers for theirs."""
    if not of_departments(duty):
        return viewer.person_id if viewer.person_id in owing else None
    return answering(viewer.department_id or 0, every, owing)


def periods(duty: Duty, count: int, *, now: datetime | None = None) -> list[Period]:
    """The last ``count`` periods of a duty, the present one included."""
    today = clock.to_local(now or clock.now(), zone(duty.definition)).date()
    return dutyperiods.latest(duty.definition, today, count)


# ── what is filed ────────────────────────────────────────────────────────────


def status(
    duty: Duty,
    shown: Sequence[Period],
    *,
    owing: Mapping[int, Ower] | None = None,
    departments: Mapping[int, Ower] | None = None,
    now: datetime | None = None,
) -> Cells:
    """Each ower in each period: two statements, one over the records, one over exemptions."""
    every = departments if departments is not None else tree()
    owing = owing if owing is not None else owers(duty, every)
    if not owing or not shown:
        return {one: {} for one in owing}
    moment = now or clock.now()
    filed = _filed(duty, _files_for(duty, owing, every), shown)
    excused = _excused(duty, shown)

    def cell(ower: int, period: Period) -> Cell:
        excuse = excused.get((str(ower), period.label))
        return _cell(period, filed.get((ower, period.label)), excuse, moment, duty)

    return {one: {period.label: cell(one, period) for period in shown} for one in owing}


def _cell(
    period: Period, filed: Filed | None, excuse: str | None, now: datetime, duty: Duty
) -> Cell:
    if filed and filed.at <= period.due:
        return Cell("done", record_id=filed.record_id, filed_at=filed.at)
    if excuse is not None:
        return Cell("exempt", reason=excuse)
    if filed:
        return Cell("late", record_id=filed.record_id, filed_at=filed.at)
    if period.first > clock.to_local(now, zone(duty.definition)).date():
        return Cell("future")
    return Cell("owed", overdue=now > period.due)


def _files_for(duty: Duty, owing: Mapping[int, Ower], every: Mapping[int, Ower]) -> dict[int, int]:
    """Id in the records → ower: a team's record counts for the branch above it."""
    if not of_departments(duty):
        return {one: one for one in owing}
    found = {one: answering(one, every, owing) for one in every}
    return {one: ower for one, ower in found.items() if ower is not None}


def _filed(
    duty: Duty, files_for: Mapping[int, int], periods: Sequence[Period]
) -> dict[tuple[int, str], Filed]:
    """``(ower, period)`` → the first record there, in one statement."""
    table = table_of(duty)
    rule = duty.definition
    ower_field, date_field = table.find(rule["ower_field"]), table.find(rule["date_field"])
    if ower_field is None or date_field is None:
        raise broken(duty)
    query = Query(permissions.system(zone(rule)), table).where(rule.get("condition"))
    ower, day = query.scope.column(ower_field), query.scope.column(date_field)
    bounds = [_bounds(period, date_field, zone(rule)) for period in periods]
    cases = [
        ((day >= start) & (day < end), pw.SQL(str(n))) for n, (start, end) in enumerate(bounds)
    ]
    model = query.scope.model
    select = query.select(
        ower, pw.Case(None, cases), pw.fn.MIN(model.id), pw.fn.MIN(model.created_at)
    ).where(ower.in_(list(files_for)), day >= min(bounds)[0], day < max(bounds)[1])
    rows = db.proxy.execute(select.group_by(pw.SQL("1"), pw.SQL("2"))).fetchall()
    return _first(rows, files_for, periods)


def _bounds(period: Period, field: Field, zone: str) -> tuple[str, str]:
    """A period's first day and the day after it, as values of the date field."""
    days = (period.first, period.end)
    if fieldtypes.get(field).widget != "datetime":
        return days[0].isoformat(), days[1].isoformat()
    first, end = (clock.day_range(day, zone)[0].isoformat(sep=" ") for day in days)
    return first, end


def _first(
    rows: Sequence[Any], files_for: Mapping[int, int], periods: Sequence[Period]
) -> dict[tuple[int, str], Filed]:
    """Rows of several departments under one ower folded to the earliest."""
    read = MomentColumn().python_value
    found: dict[tuple[int, str], Filed] = {}
    for source, number, record_id, created in rows:
        if number is None:
            continue
        key = files_for[source], periods[number].label
        filed = Filed(int(record_id), datetime.fromisoformat(str(read(created))))
        if key not in found or filed.at < found[key].at:
            found[key] = filed
    return found


def _excused(duty: Duty, periods: Sequence[Period]) -> dict[tuple[str, str], str]:
    """``(ower, period)`` → the reason why nothing is owed there."""
    labels = [period.label for period in periods]
    rows = models.Exemption.select(Exemption.ower, Exemption.period, Exemption.reason).where(
        Exemption.duty == duty.id, Exemption.period.in_(labels)
    )
    return {(ower, period): reason for ower, period, reason in rows.tuples()}
