"""Who was visited how often, when last and when next: the numbers of a roster.

One grouped statement for all entities, over the visits this viewer may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import peewee as pw

from tracker import clock, conditions, db, ddl, fieldtypes, schema
from tracker.conditions import Condition
from tracker.errors import Missing, Refused
from tracker.grouping import local_day
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field


@dataclass(frozen=True)
class Count:
    """``visits`` made, ``last`` and ``next`` as ISO days on the viewer's wall (or None)."""

    visits: int = 0
    last: str | None = None
    next: str | None = None

    def days_since(self, today: str) -> int | None:
        if self.last is None:
            return None
        return (date.fromisoformat(today) - date.fromisoformat(self.last)).days


@dataclass(frozen=True)
class Meaning:
    """Which records are visits made (``done``) and which lie ahead (``planned``).

    Without conditions the date alone decides: up to now is made, later is ahead.
    """

    planned: Condition | None = None
    done: Condition | None = None


def per_record(
    viewer: Viewer, table_id: int, link_id: int, date_id: int, *, meaning: Meaning
) -> dict[int, Count]:
    """Linked record id → its count; empty where the viewer may not see links or dates."""
    try:
        query = Query(viewer, schema.current().table(table_id))
        link, when = query.access.field(link_id), query.access.field(date_id)
    except Missing:
        return {}
    junction, near, far = ddl.link_sides(link)
    model = query.scope.model
    select = query.select(far, *_numbers(query, when, meaning)).join_from(
        model, junction, on=(near == model.id)
    )
    guard = query.scope.guard(link)
    if guard is not True:
        select = select.where(guard)
    return _counts(db.proxy.execute(select.group_by(far)).fetchall())


def per_value(query: Query, by: Field, when: Field, *, meaning: Meaning) -> dict[Any, Count]:
    """Value of ``by`` → its count, over the records of ``query``."""
    column = query.scope.column(by)
    select = query.select(column, *_numbers(query, when, meaning)).group_by(pw.SQL("1"))
    return _counts(db.proxy.execute(select).fetchall())


def _numbers(query: Query, when: Field, meaning: Meaning) -> list[Any]:
    """Visits made, the last of them, the next one ahead."""
    context = query.viewer.context
    moment = fieldtypes.get(when).widget == "datetime"
    column = query.scope.column(when)
    now = clock.now().isoformat(sep=" ") if moment else context.today()
    made: Any = column <= now
    ahead: Any = column > now
    if meaning.done is not None:
        made = _test(query, meaning.done)
    elif meaning.planned is not None:
        made = made & (pw.Case(None, [(_test(query, meaning.planned), 0)], 1) == 1)
    if meaning.planned is not None:
        start = _start_of_today(query.viewer) if moment else context.today()
        ahead = (column >= start) & _test(query, meaning.planned)
    day = local_day(column, moment, context.zone)
    return [
        pw.fn.SUM(pw.Case(None, [(made, 1)], 0)),
        pw.fn.MAX(pw.Case(None, [(made, day)])),
        pw.fn.MIN(pw.Case(None, [(ahead, day)])),
    ]


def _test(query: Query, condition: Condition) -> Any:
    """A condition of the roster's maker; over a field hidden from this viewer it is false."""
    try:
        checked = conditions.check(condition, query.access.visible_table, query.viewer.context)
    except Refused:
        return conditions.FALSE
    return query.scope.filter(checked)


def _start_of_today(viewer: Viewer) -> str:
    day = date.fromisoformat(viewer.context.today())
    start: datetime = clock.day_range(day, viewer.context.zone)[0]
    return start.isoformat(sep=" ")


def _counts(rows: list[Any]) -> dict[Any, Count]:
    return {
        key: Count(
            int(visits or 0), str(last)[:10] if last else None, str(ahead)[:10] if ahead else None
        )
        for key, visits, last, ahead in rows
    }
