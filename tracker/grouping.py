"""Counts and sums per group, computed in SQL with the row rule inside: charts, tiles, pivots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import peewee as pw

from tracker import clock, db, ddl, fieldtypes, indexes, kept, limits
from tracker.errors import Refused
from tracker.periods import month_start, week_start
from tracker.query import Query
from tracker.schema import Field
from tracker.text import _

BUCKETS = ("day", "week", "month", "quarter", "year")
MEASURES = ("count", "sum", "avg", "min", "max")
UNIQUE = "unique"  # how many different values a field has
_LENGTH = {"day": 10, "week": 10, "month": 7, "quarter": 7, "year": 4}


@dataclass(frozen=True)
class By:
    """A field to group by; times fall into a ``bucket`` of days, weeks, months …"""

    field: Field
    bucket: str = "day"

    @property
    def timely(self) -> bool:
        return fieldtypes.get(self.field).family == "time"


@dataclass(frozen=True)
class Measure:
    """What is computed for each group: ``count``, ``unique`` values of any ``field`` that groups,
    or another over a numeric one.
    """

    kind: str = "count"
    field: Field | None = None


@dataclass(frozen=True)
class Group:
    """``keys`` has one value per `By` (option id, ``"2026-11"``, text, None); ``number`` is scaled
    as the measured field's values are (an average may be a fraction of that unit).
    """

    keys: tuple[Any, ...]
    number: float | int
    count: int


@dataclass(frozen=True)
class Row:
    """A group with several measures: ``numbers`` in their order, None where nothing is filled."""

    keys: tuple[Any, ...]
    numbers: tuple[float | int | None, ...]
    count: int


def groups(query: Query, by: Sequence[By], measure: Measure = Measure()) -> list[Group]:
    """One row per group of the records in ``query``, empty groups left out."""
    return [
        Group(one.keys, one.numbers[0] or 0, one.count) for one in measured(query, by, [measure])
    ]


def measured(
    query: Query, by: Sequence[By], measures: Sequence[Measure], *, most: int | None = None
) -> list[Row]:
    """As `groups` with several measures at once; more than ``most`` groups are refused."""
    most = most or limits.GROUPS
    if any(_of_links(one) for one in measures):
        return _with_links(query, by, measures, most)
    for one in by:
        if not fieldtypes.get(one.field).groups or (one.timely and one.bucket not in BUCKETS):
            raise Refused(_("Records cannot be grouped by “{field}”.", field=one.field.name))
    exact = any(one.kind == UNIQUE for one in measures)  # cannot be folded afterwards
    parted = not exact and any(by_day(one) for one in by) and in_order(by, measures)
    select = _in_parts(query, by, measures) if parted else _at_once(query, by, measures, exact)
    bucketed = exact or parted
    return _fold(kept.rows(select.limit(most * 40)), by, measures, most=most, bucketed=bucketed)


def _at_once(query: Query, by: Sequence[By], measures: Sequence[Measure], exact: bool) -> Any:
    keys = [key_of(query, one, exact=exact) for one in by]
    return _grouped(query, by, keys, [part for one in measures for part in _parts(query, one)])


def _in_parts(query: Query, by: Sequence[By], measures: Sequence[Measure]) -> Any:
    keys = [
        query.scope.column(one.field) if by_day(one) else key_of(query, one, exact=True)
        for one in by
    ]
    parts = [part for one in measures for part in _parts(query, one)]
    again = [one.name if one.name in {"MIN", "MAX"} else "SUM" for one in parts]
    return of_days(_grouped(query, by, keys, parts), by, again)


def of_days(select: Any, by: Sequence[By], parts: Sequence[str | None]) -> Any:
    """Groups by the days themselves, as they lie in an index, put together by month or year: a
    tenth of the time that it takes SQLite to sort all records by a month made of each.

    ``select`` has keys, a count and parts; ``parts`` names what puts each of them together.
    """
    names = [f"c{place}" for place in range(len(by) + 1 + len(parts))]
    inner = select.cte("days", columns=names)
    cells = [getattr(inner.c, name) for name in names]
    keys = [
        bucket_of(local_day(cell, False, ""), one) if by_day(one) else cell
        for cell, one in zip(cells, by, strict=False)
    ]
    again = [
        getattr(pw.fn, how)(cell) if how else pw.SQL("NULL")
        for cell, how in zip(cells[len(by) :], ["SUM", *parts], strict=True)
    ]
    outer = pw.Select([inner], [*keys, *again]).with_cte(inner)
    return outer.group_by(*(pw.SQL(str(place + 1)) for place in range(len(by))))


def _grouped(query: Query, by: Sequence[By], keys: list[Any], parts: list[Any]) -> Any:
    """``keys``, how many records, ``parts``: one row a group."""
    select = query.select(*keys, pw.fn.COUNT(pw.SQL("*")), *parts)
    for one in by:
        select = spread(select, query, one)
    if not keys:
        return select  # by position: repeated parameters are different expressions to PostgreSQL
    return select.group_by(*(pw.SQL(str(place + 1)) for place in range(len(keys))))


def in_order(by: Sequence[By], measures: Sequence[Measure]) -> bool:
    """Whether days come sorted from an index that has all the rest too; PostgreSQL needs none."""
    fields = [one.field for one in by] + [one.field for one in measures if one.field]
    return not db.is_sqlite() or indexes.holds(fields)


def by_day(by: By) -> bool:
    """Whether each group has several of the days that lie in the column."""
    return by.timely and by.bucket != "day" and fieldtypes.get(by.field).widget == "date"


def _of_links(measure: Measure) -> bool:
    """Whether different linked records are counted: one record has several."""
    field = measure.field if measure.kind == UNIQUE else None
    return field is not None and fieldtypes.get(field).family == "link"


def _with_links(
    query: Query, by: Sequence[By], measures: Sequence[Measure], most: int
) -> list[Row]:
    """The other measures, and how many linked records the viewer sees by a query of their own."""
    rest = [one for one in measures if not _of_links(one)]
    linked = {at: _links(query, by, one) for at, one in enumerate(measures) if _of_links(one)}
    rows = []
    for row in measured(query, by, rest or [Measure()], most=most):
        others = iter(row.numbers)
        numbers = [
            linked[at].get(row.keys, 0) if at in linked else next(others)
            for at in range(len(measures))
        ]
        rows.append(Row(row.keys, tuple(numbers), row.count))
    return rows


def _links(query: Query, by: Sequence[By], measure: Measure) -> dict[tuple[Any, ...], int]:
    """How many different records are linked from the records of each group."""
    field = measure.field
    if field is None or (target := query.scope.target(field)) is None:
        return {}
    junction, near, far = ddl.link_sides(field)
    alias, model = junction.alias(f"u{field.id}"), query.scope.model
    visible = target.model.select(target.model.id).where(target.live)
    far = getattr(alias, far.name)
    on = (getattr(alias, near.name) == model.id) & far.in_(visible)
    guard = query.scope.guard(field)
    on = on if guard is True else on & guard
    keys = [key_of(query, one, exact=True) for one in by]
    select = query.select(*keys, pw.fn.COUNT(far.distinct()))
    select = select.join_from(model, alias, pw.JOIN.LEFT_OUTER, on=on)
    for one in by:
        select = spread(select, query, one)
    if keys:
        select = select.group_by(*(pw.SQL(str(place + 1)) for place in range(len(keys))))
    return {tuple(row[:-1]): int(row[-1]) for row in kept.rows(select)}


def _parts(query: Query, measure: Measure) -> list[Any]:
    """What a measure needs of each row that comes back, to be put together afterwards."""
    if measure.kind == "count" or measure.field is None:
        return []
    kind = fieldtypes.get(measure.field)
    if measure.kind == UNIQUE:
        if not countable(measure.field):
            raise Refused(_("“{field}” cannot be counted.", field=measure.field.name))
        return [pw.fn.COUNT(query.scope.column(measure.field).distinct())]
    if measure.kind not in MEASURES or not kind.sums:
        raise Refused(_("“{field}” cannot be added up.", field=measure.field.name))
    column = query.scope.column(measure.field)
    return [pw.fn.SUM(column), pw.fn.MIN(column), pw.fn.MAX(column), pw.fn.COUNT(column)]


def countable(field: Field) -> bool:
    """Whether the different values of a field can be counted: single ones, linked records."""
    kind = fieldtypes.get(field)
    return kind.groups and kind.family not in {"many", "files"}


def key_of(query: Query, by: By, *, exact: bool = False) -> Any:
    """The key of a record's group as SQL; where a field holds several, with `spread`. Weeks and
    quarters stay days and months, to be folded afterwards, unless they have to be ``exact``.
    """
    kind = fieldtypes.get(by.field)
    if kind.family == "link":
        return _linked_alias(by.field)[1]
    if kind.family == "many":
        return _option_rows(by.field).c.id
    column = query.scope.column(by.field)
    if not by.timely:
        return column
    day = local_day(column, kind.widget == "datetime", query.viewer.context.zone)
    return bucket_of(day, by) if exact else pw.fn.SUBSTR(day, 1, _LENGTH[by.bucket])


def bucket_of(day: Any, by: By) -> Any:
    """What a day falls into, as SQL: from its ISO text."""
    if by.bucket == "quarter":
        third = pw.NodeList((pw.SQL("(CAST(SUBSTR("), day, pw.SQL(", 6, 2) AS INTEGER) + 2) / 3")))
        year = pw.fn.SUBSTR(day, 1, 4)
        return pw.NodeList(
            (year, pw.SQL("|| '-Q' ||"), pw.NodeList((pw.SQL("("), third, pw.SQL(")"))))
        )
    if by.bucket != "week":
        return pw.fn.SUBSTR(day, 1, _LENGTH[by.bucket])
    if db.is_sqlite():
        return pw.fn.DATE(day, "-6 days", "weekday 1")
    week = pw.fn.DATE_TRUNC("week", pw.Cast(day, "timestamp"))
    return pw.fn.TO_CHAR(week, "YYYY-MM-DD")


def local_day(column: Any, moment: bool, zone: str) -> Any:
    """The ISO day of a date or moment column, moments on the wall of ``zone``, as SQL text."""
    if not moment:
        return column if db.is_sqlite() else pw.Cast(column, "text")
    if not db.is_sqlite():
        utc = pw.NodeList((pw.SQL("(("), column, pw.SQL(") AT TIME ZONE 'UTC')")))
        local = pw.NodeList((utc, pw.SQL(" AT TIME ZONE "), pw.Value(zone, converter=False)))
        return pw.fn.TO_CHAR(local, "YYYY-MM-DD")
    offset = clock.fixed_offset(zone)
    if offset is None:
        return pw.fn.local_day(column, zone)
    return pw.fn.DATE(column, f"{offset:+d} minutes")


def _linked_alias(field: Field) -> tuple[Any, Any, Any]:
    junction, near, far = ddl.link_sides(field)
    alias = junction.alias(f"j{field.id}")
    return alias, getattr(alias, far.name), getattr(alias, near.name)


def spread(select: Any, query: Query, by: By) -> Any:
    """One row per linked record or chosen option that the viewer may see, where a field holds
    several.
    """
    kind = fieldtypes.get(by.field)
    if kind.family == "link":
        return _spread_links(select, query, by.field)
    if kind.family == "many":
        return _spread_options(select, query, by.field)
    return select


def _spread_links(select: Any, query: Query, field: Field) -> Any:
    target = query.scope.target(field)
    alias, far, near = _linked_alias(field)
    on = near == query.scope.model.id
    guard = query.scope.guard(field)
    if guard is not True:
        on = on & guard
    visible = target.model.select(target.model.id).where(target.live) if target else [0]
    if db.is_sqlite():  # the links of a record, not each visible record against it
        far = pw.NodeList((pw.SQL("+"), far))
    return select.join_from(query.scope.model, alias, pw.JOIN.LEFT_OUTER, on=on & far.in_(visible))


def _spread_options(select: Any, query: Query, field: Field) -> Any:
    options = _option_rows(field)
    member = pw.fn.REPLACE("%|#|%", "#", pw.Cast(options.c.id, "text"))
    has = pw.NodeList((query.scope.column(field), pw.SQL("LIKE"), member))
    return select.join_from(query.scope.model, options, pw.JOIN.LEFT_OUTER, on=has)


def _option_rows(field: Field) -> Any:
    """The options of a field as rows with ``id``, to join on."""
    ids = [int(one["id"]) for one in field.options.get("choices", [])] or [0]
    union: Any = None
    for one in ids:
        row = pw.Select(columns=[pw.SQL(str(one)).alias("id")])
        union = row if union is None else union.union_all(row)
    return union.alias(f"o{field.id}")


def _fold(
    rows: list[Any],
    by: Sequence[By],
    measures: Sequence[Measure],
    *,
    most: int,
    bucketed: bool = False,
) -> list[Row]:
    """Days folded to weeks and months to quarters; then the measures of each group."""
    merged: dict[tuple[Any, ...], list[list[Any]]] = defaultdict(list)
    for row in rows:
        keys = tuple(
            key if bucketed else _bucket(key, one) for key, one in zip(row, by, strict=False)
        )
        merged[keys].append(list(row[len(by) :]))
    found = [_row(keys, parts, measures) for keys, parts in merged.items()]
    if len(found) > most:
        raise Refused(_("These are more than {n} groups. Narrow the filter.", n=most))
    return sorted(found, key=lambda group: tuple((key is None, str(key)) for key in group.keys))


def _row(keys: tuple[Any, ...], parts: list[list[Any]], measures: Sequence[Measure]) -> Row:
    count = sum(int(part[0]) for part in parts)
    numbers: list[float | int | None] = []
    place = 1
    for one in measures:
        width = 0 if one.kind == "count" or one.field is None else 1 if one.kind == UNIQUE else 4
        cells = [part[place : place + width] for part in parts]
        place += width
        numbers.append(_number(one, cells) if width else count)
    return Row(keys, tuple(numbers), count)


def _number(measure: Measure, cells: list[list[Any]]) -> float | int | None:
    """One measure from the cells ``[distinct]`` or ``[sum, min, max, count]`` of its rows."""
    if measure.kind == UNIQUE or measure.field is None:
        return int(sum(one[0] or 0 for one in cells))
    exact = int if fieldtypes.get(measure.field).scaled else float
    filled = sum(int(one[3] or 0) for one in cells)
    if not filled:
        return None
    total = sum(exact(one[0] or 0) for one in cells)
    numbers: dict[str, float | int] = {
        "sum": total,
        "avg": total / filled,
        "min": min(one[1] for one in cells if one[1] is not None),
        "max": max(one[2] for one in cells if one[2] is not None),
    }
    return numbers[measure.kind]


def _bucket(key: Any, by: By) -> Any:
    if key is None or not by.timely or by.bucket in {"day", "month", "year"}:
        return key
    if by.bucket == "week":
        return week_start(date.fromisoformat(key)).isoformat()
    return f"{key[:4]}-Q{(int(key[5:7]) - 1) // 3 + 1}"


def span_of(key: str, bucket: str) -> tuple[str, str]:
    """The first day and the day after the last of a time group, to open its records."""
    if bucket in {"day", "week"}:
        first = date.fromisoformat(key)
        days = timedelta(days=7 if bucket == "week" else 1)
        return first.isoformat(), (first + days).isoformat()
    if bucket == "quarter":
        first = date(int(key[:4]), int(key[-1]) * 3 - 2, 1)
        return first.isoformat(), month_start(first, 3).isoformat()
    first = date(int(key[:4]), int(key[5:7] or 1) if bucket == "month" else 1, 1)
    return first.isoformat(), month_start(first, 1 if bucket == "month" else 12).isoformat()
