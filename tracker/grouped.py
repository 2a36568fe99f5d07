"""Records put in groups: their ids ordered by up to three keys, and how many stand in each group.

SQL orders and counts by the bare keys, which indexes and one scan can do; which group comes first
(options in their order, names by their sound) is decided here, for whole groups at once.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import peewee as pw

from tracker import choices, db, ddl, fieldtypes, folding, kept, limits
from tracker.errors import TooMuch
from tracker.grouping import By, local_day, span_of
from tracker.query import Query, load_titles
from tracker.schema import Field
from tracker.text import _

SOUNDED = 2_000  # names of one level that are put in the order of their sound; more go by letters
_LENGTH = {"day": 10, "month": 7, "year": 4}


@dataclass(frozen=True)
class Level:
    """One way to group, with its direction; groups without a value stand last either way."""

    by: By
    descending: bool = False


@dataclass(frozen=True)
class Group:
    """A heading in the order of the page: ``start`` is the place of its first record."""

    level: int
    keys: tuple[Any, ...]  # its own last, those of the groups round it before
    start: int
    count: int


def arranged(query: Query, levels: Sequence[Level]) -> tuple[array[int], list[Group]]:
    """The ids in groups, and the groups; the caller sees to it that nothing changes between."""
    keys = [key(query, one.by) for one in levels]
    ids = array("q", query.ids(keys=keys))
    runs, start = [], 0
    for *found, count in tallied(query, keys, limits.GRID_GROUPS):
        runs.append((tuple(found), start, min(count, len(ids) - start)))
        start += runs[-1][2]
    ordered = in_order(query, levels, runs)
    return _joined(ids, runs, ordered), _headings(ordered, len(levels))


def tallied(query: Query, keys: Sequence[Any], most: int, *more: Any) -> list[tuple[Any, ...]]:
    """A row per combination of keys: the keys, then the count (or what is asked for instead)."""
    places = range(1, len(keys) + 1)  # repeated parameters are other expressions to PostgreSQL
    select = query.select(*keys, *(more or (pw.fn.COUNT(pw.SQL("*")),)))
    select = select.group_by(*(pw.SQL(str(one)) for one in places))
    select = select.order_by(*(pw.SQL(f"{one} ASC NULLS FIRST") for one in places))
    rows = kept.rows(select.limit(most + 1))
    if len(rows) > most:
        raise TooMuch(_("These are more than {n} groups. Narrow the filter.", n=most))
    return rows


def first(query: Query, levels: Sequence[Level]) -> tuple[tuple[Any, ...], Query]:
    """The keys of the very first group, and its records: what a page can show before all are
    counted. One query a level.
    """
    path: list[Any] = []
    for level in levels:
        found, query = (_first_time if level.by.timely else _first)(query, level)
        path.append(found)
    return tuple(path), query


def _first(query: Query, level: Level) -> tuple[Any, Query]:
    column = key(query, level.by)
    runs = [((row[0],), 0, 0) for row in kept.rows(query.select(column).distinct())]
    found = in_order(query, [level], runs)[0][0][0] if runs else None
    return found, query.test(column.is_null() if found is None else column == found)


def _first_time(query: Query, level: Level) -> tuple[Any, Query]:
    """The earliest (or latest) day tells the bucket; its records are found by their days."""
    column = query.scope.column(level.by.field)
    end = (pw.fn.MAX if level.descending else pw.fn.MIN)(column)
    found = db.proxy.execute(query.select(_timed(query, level.by, end))).fetchone()[0]
    if found is None:
        return None, query.test(column.is_null())
    first, after = (date.fromisoformat(one) for one in span_of(found, level.by.bucket))
    days = [first.isoformat(), (after - timedelta(days=1)).isoformat()]
    return found, query.where({"field": level.by.field.id, "op": "within", "value": days})


def _joined(ids: array[int], runs: list[Any], ordered: list[Any]) -> array[int]:
    """The ids with their runs in another order."""
    if runs == ordered:
        return ids
    joined = array("q")
    for _keys, start, count in ordered:
        joined += ids[start : start + count]
    return joined


def _headings(ordered: list[Any], depth: int) -> list[Group]:
    """The groups of all levels, outer ones before those inside them."""
    made: list[list[Any]] = []
    open_at: list[int] = []
    place = 0
    before: tuple[Any, ...] = ()
    for keys, _start, count in ordered:
        same = next((at for at in range(depth) if keys[: at + 1] != before[: at + 1]), depth)
        del open_at[same:]
        for level in range(same, depth):
            open_at.append(len(made))
            made.append([level, keys[: level + 1], place, 0])
        for at in open_at:
            made[at][3] += count
        place += count
        before = keys
    return [Group(*one) for one in made]


# ── keys as SQL ──────────────────────────────────────────────────────────────


def key(query: Query, by: By) -> Any:
    """What records of one group have in common, as SQL. Several linked records or options are a
    group of their own, so that every record stands in exactly one.
    """
    kind = fieldtypes.get(by.field)
    if kind.family == "link":
        return _linked(query, by.field)
    column = query.scope.column(by.field)
    if kind.family == "checkbox":
        checked = pw.Expression(column, "=", pw.Value(True, converter=False))
        return pw.Case(None, [(checked, 1)], 0)
    if not by.timely:
        return column
    return _timed(query, by, column)


def _timed(query: Query, by: By, column: Any) -> Any:
    """The bucket that a time falls into, as text that sorts."""
    moment = fieldtypes.get(by.field).widget == "datetime"
    return _bucket(local_day(column, moment, query.viewer.context.zone), by)


def _bucket(day: Any, by: By) -> Any:
    if by.bucket == "week":
        if db.is_sqlite():
            return pw.fn.DATE(day, "weekday 0", "-6 days")
        return pw.fn.TO_CHAR(pw.fn.DATE_TRUNC("week", pw.Cast(day, "date")), "YYYY-MM-DD")
    if by.bucket == "quarter":
        month = pw.Cast(pw.fn.SUBSTR(day, 6, 2), "integer")
        parts = (pw.fn.SUBSTR(day, 1, 4), pw.SQL("|| '-Q' || CAST(("), month)
        return pw.NodeList((pw.SQL("("), *parts, pw.SQL("+ 2) / 3 AS TEXT))")))
    return pw.fn.SUBSTR(day, 1, _LENGTH[by.bucket])


def _linked(query: Query, field: Field) -> Any:
    """The ids of the linked records that the viewer may see, rising, with commas."""
    target = query.scope.target(field)
    if target is None:
        return pw.Value(None)
    junction, near, far = ddl.link_sides(field)
    seen = target.model.select(target.model.id).where(target.live)
    links = junction.select(far.alias("id")).where(near == query.scope.model.id, far.in_(seen))
    links = links.order_by(far).alias("seen")
    made = pw.fn.GROUP_CONCAT if db.is_sqlite() else pw.fn.STRING_AGG
    every = (links.c.id,) if db.is_sqlite() else (pw.Cast(links.c.id, "text"), ",")
    joined = pw.Select(from_list=[links], columns=[made(*every)])
    guard = query.scope.guard(field)
    return joined if guard is True else pw.Case(None, [(guard, joined)])


def value(by: By, key: Any) -> Any:
    """A key as a value of the field (a bucket of times stays as it is)."""
    kind = fieldtypes.get(by.field)
    if key is None or by.timely:
        return key
    if kind.family == "link":
        return [int(one) for one in str(key).split(",")]
    return bool(key) if kind.family == "checkbox" else kind.column(by.field).python_value(key)


# ── the order of groups ──────────────────────────────────────────────────────


def in_order(query: Query, levels: Sequence[Level], runs: Iterable[Any]) -> list[Any]:
    """Runs (``(keys, …)``) in the order of their groups."""
    ordered = list(runs)
    for at, level in reversed(list(enumerate(levels))):
        rank = _ranks(query, level.by, {run[0][at] for run in ordered})
        ordered.sort(key=lambda run: rank(run[0][at]), reverse=level.descending)
        ordered.sort(key=lambda run: run[0][at] is None)
    return ordered


def _ranks(query: Query, by: By, keys: set[Any]) -> Callable[[Any], Any]:
    """What a key is sorted by; empty ones go last whatever it is."""
    known = {one: value(by, one) for one in keys if one is not None}
    places = {one["id"]: at for at, one in enumerate(choices.options(by.field))}
    if places:
        found: dict[Any, Any] = {
            one: [
                places.get(each, len(places)) for each in (got if isinstance(got, list) else [got])
            ]
            for one, got in known.items()
        }
    elif names := _names(query, by, known):
        sounded = len(names) <= SOUNDED
        found = {one: (_sound(text) if sounded else text, text) for one, text in names.items()}
    else:
        found = {one: one for one in known}
    lowest = min(found.values(), default=0)
    return lambda key: found.get(key, lowest)


def _names(query: Query, by: By, known: dict[Any, Any]) -> dict[Any, str]:
    """The names of keys that are people, departments, records or texts."""
    kind, context = fieldtypes.get(by.field), query.viewer.context
    if kind.family not in {"one", "link", "text"} or by.timely:
        return {}
    load_names(query, by, known.values())
    return {one: kind.text(got, by.field, context) for one, got in known.items()}


def load_names(query: Query, by: By, values: Iterable[Any]) -> None:
    """Put the names behind the values of a level into the viewer's directory: one query."""
    kind, directory = fieldtypes.get(by.field), query.viewer.context.directory
    if kind.widget == "person":
        directory.load_people(values)
    elif kind.widget == "department":
        directory.load_departments(values)
    elif kind.family == "link":
        ids = {one for got in values for one in got}
        load_titles(query.viewer, by.field.options["table"], sorted(ids))


def _sound(text: str) -> str:
    return folding.initials(text).rpartition(" ")[2]
