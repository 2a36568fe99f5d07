"""Entities against the time they may go without a visit: states, order and pages, all in SQL.

The target may differ by tier: an option of a choice field of the entity stands for its days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import peewee as pw

from tracker import db, fieldtypes, kept, rollcall
from tracker.query import Query
from tracker.rollcall import Count, Source
from tracker.schema import Field

FIFTH = 5  # of the target: that long before its end a visit is due soon
NEVER = 99_999  # days since a visit that never was
NO_TARGET = 100_000  # days that one without a target may wait: listed after all others
STATES = ("never", "late", "soon", "ok", "")
FILTERS = ("overdue", "soon", "never", "unplanned")


@dataclass(frozen=True)
class Target:
    """Days between visits: those of the entity's option in ``tier``, else ``days``; None: any."""

    days: int | None = None
    tier: Field | None = None
    tiers: Mapping[int, int | None] = field(default_factory=dict)

    def of(self, option: int | None) -> int | None:
        return self.tiers.get(option, self.days) if option is not None else self.days

    def sql(self, query: Query) -> Any:
        usual = _number(self.days)
        if self.tier is None or not self.tiers:
            return usual
        column = query.scope.column(self.tier)
        cases = [(column == option, _number(days)) for option, days in self.tiers.items()]
        return pw.Case(None, cases, usual)


def _number(days: int | None) -> Any:
    return pw.SQL("CAST(NULL AS INTEGER)" if days is None else str(int(days)))


def state_of(days: int | None, target: int | None) -> str:
    """never, late, soon or ok; "" without a target. As `_state` says it in SQL."""
    if not target:
        return ""
    if days is None:
        return "never"
    if days > target:
        return "late"
    return "soon" if days > target - max(1, target // FIFTH) else "ok"


def neglect_of(days: int | None, target: int | None) -> int:
    """What the neglected are sorted by: days past the target, those never visited before all."""
    return (NEVER if days is None else days) - (target or NO_TARGET)


@dataclass(frozen=True)
class Line:
    """One entity: what is known of visits to it; ``days`` since the last, ``target`` days."""

    id: int
    count: Count
    days: int | None
    target: int | None
    key: Any = None

    @property
    def state(self) -> str:
        return state_of(self.days, self.target)


@dataclass(frozen=True)
class Tally:
    """How many entities there are, and how many of them in each filter."""

    all: int = 0
    overdue: int = 0
    soon: int = 0
    never: int = 0
    unplanned: int = 0


@dataclass(frozen=True)
class Sheet:
    """A page; ``after`` is the key of the next one, None at the end."""

    lines: list[Line]
    tally: Tally
    after: list[Any] | None


ORDERS: dict[str, tuple[str, bool]] = {  # name → (column, descending)
    "neglect": ("neglect", True),
    "name": ("title", False),
    "last": ("last", True),
    "quarter": ("quarter", True),
    "visits": ("visits", True),
    "next": ("next", False),
}
COLUMNS = ("id", "title", "visits", "quarter", "last", "next", "target", "days", "neglect")
FAR = "9999-99-99"


def sheet(
    query: Query,
    source: Source,
    target: Target,
    *,
    order: str = "neglect",
    only: str = "",
    after: list[Any] | None = None,
    limit: int = 100,
) -> Sheet:
    """The next ``limit`` entities of ``query`` after the key ``after``, and the tally of all."""
    known = _known(query, source, target)
    rated = _rated(known, query)
    column, falling = ORDERS[order]
    key = getattr(rated.c, column)
    page = pw.Select((rated,), [*(getattr(rated.c, one) for one in COLUMNS)])
    for test in _tests(rated, only, key, falling, after):
        page = page.where(test)
    ordering = [key.desc() if falling else key.asc(), rated.c.id.asc()]
    shown = page.order_by(*ordering).limit(limit + 1).alias("shown")
    tally = _tally(rated).alias("tally")
    both = pw.Join(tally, shown, pw.JOIN.LEFT_OUTER, on=pw.SQL("1 = 1"))
    columns = [getattr(tally.c, one) for one in ("n", *FILTERS)]
    columns += [getattr(shown.c, one) for one in COLUMNS]
    select = pw.Select((both,), columns).with_cte(*known.ctes, rated)
    place = COLUMNS.index(column)
    key = getattr(shown.c, column)
    rows = kept.rows(select.order_by(key.desc() if falling else key.asc(), shown.c.id.asc()))
    return _sheet(rows, place, limit)


def _sheet(rows: list[Any], place: int, limit: int) -> Sheet:
    counted = Tally(*(int(one or 0) for one in rows[0][:5]))
    found = [row[5:] for row in rows if row[5] is not None]
    lines = [_line(row, place) for row in found[:limit]]
    more = len(found) > limit
    return Sheet(lines, counted, [lines[-1].key, lines[-1].id] if more else None)


def _line(row: Any, place: int) -> Line:
    record_id, _title, visits, quarter, last, ahead, target, days, _neglect = row
    count = Count(int(visits), last or None, None if ahead == FAR else ahead, quarter=int(quarter))
    since = None if days is None else int(days)
    return Line(record_id, count, since, target, key=row[place])


@dataclass(frozen=True)
class _Known:
    """Each entity with its numbers: one grouping of all visits, joined to the entities."""

    lines: Any
    ctes: list[Any]


def _known(query: Query, source: Source, target: Target) -> _Known:
    model, title = query.scope.model, query.table.title
    text = title is not None and fieldtypes.get(title).stored and query.access.level(title.id) >= 1
    shown: Any = query.scope.column(title) if text and title else pw.Value("")
    if title is None or fieldtypes.get(title).family != "text":
        shown = pw.SQL("''")
    visits = rollcall.pointing(query.viewer, source)
    if visits is None:
        nothing = [pw.SQL("0"), pw.SQL("0"), pw.SQL("''"), pw.SQL(f"'{FAR}'")]
        select = query.select(model.id, pw.fn.COALESCE(shown, ""), *nothing, target.sql(query))
        lines = select.cte("known", columns=COLUMNS[:7])
        return _Known(lines, [lines])
    counts = visits.grouped(*visits.numbers()).cte(
        "counts", columns=("entity", "visits", "quarter", "last", "next"), materialized=True
    )
    last, ahead = (
        rollcall.day_sql(one, visits.moment, query.viewer) for one in (counts.c.last, counts.c.next)
    )
    numbers = [
        pw.fn.COALESCE(counts.c.visits, 0),
        pw.fn.COALESCE(counts.c.quarter, 0),
        pw.fn.COALESCE(last, ""),
        pw.fn.COALESCE(ahead, FAR),
    ]
    select = query.select(model.id, pw.fn.COALESCE(shown, ""), *numbers, target.sql(query))
    select = select.join_from(model, counts, pw.JOIN.LEFT_OUTER, on=counts.c.entity == model.id)
    lines = select.cte("known", columns=COLUMNS[:7], materialized=True)
    return _Known(lines, [counts, lines])


def _rated(known: _Known, query: Query) -> Any:
    """With days since the last visit, and how far that is past the target."""
    line = known.lines
    today = query.viewer.context.today()
    if db.is_sqlite():
        gone = pw.fn.JULIANDAY(today) - pw.fn.JULIANDAY(line.c.last)
    else:
        gone = pw.Cast(today, "date") - pw.Cast(pw.fn.NULLIF(line.c.last, ""), "date")
    days = pw.Case(None, [(line.c.last == "", None), (gone < 0, 0)], pw.Cast(gone, "INTEGER"))
    neglect = pw.fn.COALESCE(days, pw.SQL(str(NEVER))) - pw.fn.COALESCE(
        line.c.target, pw.SQL(str(NO_TARGET))
    )
    columns = [getattr(line.c, one) for one in COLUMNS[:7]]
    return pw.Select((line,), [*columns, days, neglect]).cte(
        "rated", columns=COLUMNS, materialized=True
    )


def _states(rated: Any) -> dict[str, Any]:
    """The test of each filter."""
    target, days = rated.c.target, rated.c.days
    fifth = pw.Case(None, [(target < 2 * FIFTH, 1)], target / pw.SQL(str(FIFTH)))
    never = target.is_null(False) & days.is_null()
    return {
        "overdue": never | (days > target),
        "soon": (days <= target) & (days > target - fifth),
        "never": days.is_null(),
        "unplanned": rated.c.next == FAR,
    }


def _tally(rated: Any) -> Any:
    tests = _states(rated)
    sums = [pw.fn.SUM(pw.Case(None, [(tests[one], 1)], 0)).alias(one) for one in FILTERS]
    return pw.Select((rated,), [pw.fn.COUNT(pw.SQL("*")).alias("n"), *sums])


def _tests(rated: Any, only: str, key: Any, falling: bool, after: list[Any] | None) -> list[Any]:
    tests = [_states(rated)[only]] if only in FILTERS else []
    if after:
        value, last_id = after
        further = key < value if falling else key > value
        tests.append(further | ((key == value) & (rated.c.id > last_id)))
    return tests
