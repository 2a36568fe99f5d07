"""Who was visited how often, when last and when next: the numbers of a roster.

One grouped statement for all entities, over the visits this viewer may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import peewee as pw

from tracker import clock, conditions, ddl, fieldtypes, kept, limits, schema
from tracker.conditions import Condition
from tracker.errors import Missing, Refused
from tracker.grouping import local_day
from tracker.periods import NAMED
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field


@dataclass(frozen=True)
class Count:
    """``visits`` made, those of this ``quarter`` among them; ``last`` and ``next`` as ISO days on
    the viewer's wall (or None).
    """

    visits: int = 0
    last: str | None = None
    next: str | None = None
    quarter: int = 0

    def days_since(self, today: str) -> int | None:
        if self.last is None:
            return None
        return max(0, (date.fromisoformat(today) - date.fromisoformat(self.last)).days)


@dataclass(frozen=True)
class Meaning:
    """Which records are visits made (``done``) and which lie ahead (``planned``).

    Without conditions the date alone decides: up to now is made, later is ahead.
    """

    planned: Condition | None = None
    done: Condition | None = None


@dataclass(frozen=True)
class Source:
    """The visits of a roster: records of ``table`` that point to its entities by ``link``."""

    table: int
    link: int
    date: int
    meaning: Meaning = Meaning()


@dataclass(frozen=True)
class Pointing:
    """The visits to each entity: `select` takes expressions over ``entity`` and `numbers`."""

    query: Query
    link: Field
    when: Field
    meaning: Meaning

    @property
    def moment(self) -> bool:
        return fieldtypes.get(self.when).widget == "datetime"

    def numbers(self) -> list[Any]:
        """Visits made, those of this quarter, the last of them, the next ahead; as stored."""
        return numbers(self.query, self.when, self.meaning)

    def grouped(self, *columns: Any) -> Any:
        """One row per entity: its id, then ``columns``; as far as the viewer sees the links."""
        return grouped(self.query, self.link, *columns)


def pointing(viewer: Viewer, source: Source) -> Pointing | None:
    """None where the viewer may not see links or dates."""
    try:
        query = Query(viewer, schema.current().table(source.table))
        link, when = query.access.field(source.link), query.access.field(source.date)
    except Missing:
        return None
    return Pointing(query, link, when, source.meaning)


def grouped(query: Query, link: Field, *columns: Any) -> Any:
    """``columns`` over the records of ``query`` for each record they point to by ``link``."""
    junction, near, far = ddl.link_sides(link)
    model = query.scope.model
    select = query.select(far, *columns).join_from(model, junction, on=(near == model.id))
    guard = query.scope.guard(link)
    return (select if guard is True else select.where(guard)).group_by(far)


def open_items(
    viewer: Viewer, table_id: int, link_id: int, condition: Condition, ids: list[int]
) -> dict[int, int]:
    """Entity id → how many of the records that point to it are open, for these entities."""
    try:
        query = Query(viewer, schema.current().table(table_id))
        link = query.access.field(link_id)
    except Missing:
        return {}
    far = ddl.link_sides(link)[2]
    narrowed = query.test(test(query, condition))
    select = grouped(narrowed, link, pw.fn.COUNT(pw.SQL("*"))).where(far.in_(ids or [0]))
    return {entity: int(number) for entity, number in kept.rows(select)}


def per_value(query: Query, by: Field, when: Field, *, meaning: Meaning) -> dict[Any, Count]:
    """Value of ``by`` → its count, over the records of ``query``."""
    column = query.scope.column(by)
    select = query.select(column, *numbers(query, when, meaning)).group_by(pw.SQL("1"))
    rows = kept.rows(select.limit(limits.ROSTER_ENTITIES))
    day = day_of(when, query.viewer)
    return {
        key: Count(int(visits or 0), day(last), day(ahead), int(quarter or 0))
        for key, visits, quarter, last, ahead in rows
    }


def day_of(when: Field, viewer: Viewer) -> Any:
    """A stored date or moment as the ISO day on the viewer's wall."""
    moment = fieldtypes.get(when).widget == "datetime"

    def day(stored: Any) -> str | None:
        if stored is None:
            return None
        if not moment:
            return str(stored)[:10]
        utc = datetime.fromisoformat(str(stored)[:19])
        return clock.to_local(utc, viewer.context.zone).date().isoformat()

    return day


def numbers(query: Query, when: Field, meaning: Meaning) -> list[Any]:
    """Visits made, those of this quarter, the last of them, the next one ahead; dates as stored."""
    context = query.viewer.context
    moment = fieldtypes.get(when).widget == "datetime"
    column = query.scope.column(when)
    minute = clock.now().replace(second=0)
    now = minute.isoformat(sep=" ") if moment else context.today()
    made: Any = column <= now
    ahead: Any = column > now
    if meaning.done is not None:
        made = test(query, meaning.done)
    elif meaning.planned is not None:
        made = made & (pw.Case(None, [(test(query, meaning.planned), 0)], 1) == 1)
    if meaning.planned is not None:
        ahead = (column >= _start(query.viewer, _today(query.viewer), moment)) & test(
            query, meaning.planned
        )
    quarter = NAMED["this_quarter"][1](_today(query.viewer))
    since, until = (_start(query.viewer, day, moment) for day in quarter)
    inside = made & (column >= since) & (column < until)
    return [
        pw.fn.SUM(pw.Case(None, [(made, 1)], 0)),
        pw.fn.SUM(pw.Case(None, [(inside, 1)], 0)),
        pw.fn.MAX(pw.Case(None, [(made, column)])),
        pw.fn.MIN(pw.Case(None, [(ahead, column)])),
    ]


def day_sql(column: Any, moment: bool, viewer: Viewer) -> Any:
    """`numbers`' dates as ISO days on the viewer's wall."""
    return local_day(column, moment, viewer.context.zone)


def test(query: Query, condition: Condition) -> Any:
    """A condition of the roster's maker; over a field hidden from this viewer it is false."""
    try:
        checked = conditions.check(condition, query.access.visible_table, query.viewer.context)
    except Refused:
        return conditions.FALSE
    return query.scope.filter(checked)


def _today(viewer: Viewer) -> date:
    return date.fromisoformat(viewer.context.today())


def _start(viewer: Viewer, day: date, moment: bool) -> str:
    """The beginning of a day as the column stores it."""
    if not moment:
        return day.isoformat()
    start: datetime = clock.day_range(day, viewer.context.zone)[0]
    return start.isoformat(sep=" ")
