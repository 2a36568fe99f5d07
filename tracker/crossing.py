"""Crossed groups: the numbers of every cell and of every total, each from the records behind it.

No total is a sum of cells where that would be wrong: of averages, of numbers of different values,
of records that stand in several groups. The row rule is inside, as in all that a `Query` reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import peewee as pw

from tracker import fieldtypes, kept, limits
from tracker.errors import Refused
from tracker.grouping import (
    BUCKETS,
    By,
    Measure,
    by_day,
    in_order,
    key_of,
    of_days,
    spread,
)
from tracker.query import Query
from tracker.schema import Field
from tracker.text import _

AGGREGATES = ("count", "sum", "avg", "min", "max", "unique")
ALL = "\x00all"  # in the place of a key: whatever it is
OTHERS = "\x00others"  # all keys of the columns beyond those that are kept
Key = tuple[Any, ...]  # one key for each row field, then one for the column


@dataclass
class Cell:
    """How many records stand behind a number, and the number of each measure (None: nothing).

    Sums, averages and extremes are in the units of their field's stored values.
    """

    count: int
    numbers: dict[int, float | int | None]


@dataclass(frozen=True)
class Cross:
    """What is crossed: one or two row fields (or none), a column field, up to three measures.

    ``kept`` are the keys that have columns of their own; None keeps all.
    """

    rows: tuple[By, ...]
    column: By | None
    measures: tuple[Measure, ...]
    kept: tuple[Any, ...] | None = None

    @property
    def dimensions(self) -> list[By]:
        return [*self.rows, *([self.column] if self.column else [])]

    def levels(self) -> list[list[By]]:
        """The dimensions of the cells first, then of each kind of total."""
        rows = [list(self.rows[:depth]) for depth in range(len(self.rows), -1, -1)]
        if self.column is None:
            return rows
        return [level for one in rows for level in ([*one, self.column], one)]

    def place(self, level: list[By], keys: Sequence[Any]) -> Key:
        """The keys of one level as those of the whole, `ALL` where it does not group."""
        found = dict(zip(map(id, level), keys, strict=False))
        return tuple(found.get(id(one), ALL) for one in self.dimensions)


def several(field: Field) -> bool:
    """Whether a record may stand in several groups of the field."""
    return fieldtypes.get(field).family in {"many", "link"}


Choose = Callable[[dict[Any, Cell]], Sequence[Any] | None]


def cells(query: Query, cross: Cross, choose: Choose | None = None) -> dict[Key, Cell]:
    """Every cell and every total by its keys, empty ones left out.

    Without several-valued dimensions one statement reads the records, and totals of counts, sums,
    averages and extremes are put together from its exact parts; the rest is asked for level by
    level. ``choose`` says which columns are kept, from their totals (without different values).
    """
    _check(cross)
    query = query.order([])
    found: dict[Key, Cell] = {}
    plain = [n for n, one in enumerate(cross.measures) if one.kind != "unique"]
    if any(several(one.field) for one in cross.dimensions):
        if choose and cross.column:
            totals = _parts(query, cross, [cross.column], plain)
            cross = _cut_by(cross, totals, plain, choose)
        for level in cross.levels():
            _merge(found, cross, level, _parts(query, cross, level, plain), plain)
    else:
        finest = _parts(query, cross, cross.dimensions, plain)
        if choose and cross.column:
            totals = _folded(finest, [len(cross.dimensions) - 1])
            cross = _cut_by(cross, totals, plain, choose)
            finest = _rest_as_one(finest, cross.kept)
        _fold(found, cross, finest, plain)
    for number, one in enumerate(cross.measures):
        if one.kind == "unique" and one.field is not None:
            for level in cross.levels():
                for row in _rows(query, cross, level, [number]):
                    keys, distinct = row[: len(level)], row[len(level) + 1]
                    found[cross.place(level, keys)].numbers[number] = int(distinct)
    return found


def _check(cross: Cross) -> None:
    for one in cross.dimensions:
        timely = one.timely and one.bucket not in BUCKETS
        if not fieldtypes.get(one.field).groups or timely:
            raise Refused(_("Records cannot be grouped by “{field}”.", field=one.field.name))
    for measure in cross.measures:
        if measure.field is None:
            continue
        kind = fieldtypes.get(measure.field)
        if not (kind.groups if measure.kind == "unique" else kind.sums):
            raise Refused(_("“{field}” cannot be added up.", field=measure.field.name))


# ── putting together ─────────────────────────────────────────────────────────

Part = tuple[Any, ...]  # (records, then for each measure: sum, filled, smallest, largest)


def _parts(query: Query, cross: Cross, level: list[By], measures: list[int]) -> dict[Key, Part]:
    rows = _rows(query, cross, level, measures)
    return {tuple(row[: len(level)]): tuple(row[len(level) :]) for row in rows}


def _merge(
    found: dict[Key, Cell],
    cross: Cross,
    level: list[By],
    parts: dict[Key, Part],
    measures: list[int],
) -> None:
    for keys, part in parts.items():
        found[cross.place(level, keys)] = _cell(cross, part, measures)


def _fold(
    found: dict[Key, Cell], cross: Cross, finest: dict[Key, Part], measures: list[int]
) -> None:
    """All levels from the parts of the finest."""
    dimensions = cross.dimensions
    for level in cross.levels():
        places = [n for n, one in enumerate(dimensions) if any(one is kept for kept in level)]
        _merge(found, cross, level, _folded(finest, places), measures)


def _folded(finest: dict[Key, Part], places: list[int]) -> dict[Key, Part]:
    """The parts by the keys at these places alone."""
    parts: dict[Key, Part] = {}
    for keys, part in finest.items():
        key = tuple(keys[place] for place in places)
        parts[key] = _together(parts[key], part) if key in parts else part
    return parts


def _rest_as_one(finest: dict[Key, Part], kept: tuple[Any, ...] | None) -> dict[Key, Part]:
    """The parts with `OTHERS` for the columns that are not kept."""
    if kept is None:
        return finest
    shown = set(kept)
    parts: dict[Key, Part] = {}
    for keys, part in finest.items():
        key = keys if keys[-1] in shown else (*keys[:-1], OTHERS)
        parts[key] = _together(parts[key], part) if key in parts else part
    return parts


def _cut_by(cross: Cross, totals: dict[Key, Part], measures: list[int], choose: Choose) -> Cross:
    """The cross with the columns that are chosen by their totals."""
    kept = choose({key[0]: _cell(cross, part, measures) for key, part in totals.items()})
    return replace(cross, kept=None if kept is None else tuple(kept))


def _together(one: Part, other: Part) -> Part:
    """Two parts as one: (records, then sum, filled, smallest, largest of each measure)."""
    made = [one[0] + other[0]]
    for at in range(1, len(one), 4):
        made += [_both(sum, one[at], other[at]), one[at + 1] + other[at + 1]]
        made += [_both(min, one[at + 2], other[at + 2]), _both(max, one[at + 3], other[at + 3])]
    return tuple(made)


def _both(how: Any, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return how((one, other))


def _cell(cross: Cross, part: Part, measures: list[int]) -> Cell:
    numbers: dict[int, float | int | None] = {}
    for place, number in enumerate(measures):
        measure = cross.measures[number]
        total, filled, least, most = part[1 + 4 * place : 5 + 4 * place]
        numbers[number] = _number(measure, int(part[0]), total, filled, least, most)
    return Cell(int(part[0]), numbers)


def _number(
    measure: Measure, count: int, total: Any, filled: Any, least: Any, most: Any
) -> float | int | None:
    if measure.kind == "count" or measure.field is None:
        return count
    if not filled:
        return None
    exact = int if fieldtypes.get(measure.field).scaled else float
    found = {"sum": total, "avg": total, "min": least, "max": most}[measure.kind]
    return exact(found) / int(filled) if measure.kind == "avg" else exact(found)


# ── SQL ──────────────────────────────────────────────────────────────────────


def _rows(query: Query, cross: Cross, level: list[By], measures: list[int]) -> Iterable[list[Any]]:
    """One row a group: its keys, how many records, and the parts of the measures.

    A single different-values measure gives one part, their number; others give four each.
    """
    given = [cross.measures[number] for number in measures]
    unique = given[0].field if given and given[0].kind == "unique" else None
    days = unique is None and not _cut(cross, level) and any(by_day(one) for one in level)
    days = days and in_order(level, given)
    inner = _records(query, cross, level, given, unique, days=days)
    keys = [getattr(inner.c, f"k{place}") for place in range(len(level))]
    flag = [inner.c.rest] if _cut(cross, level) else []
    parts: list[Any] = [pw.fn.COUNT(pw.SQL("*"))]
    for place, one in enumerate(given):
        parts += _aggregates(one, getattr(inner.c, f"v{place}") if one.field else None)
    select = pw.Select([inner], [*keys, *flag, *parts])
    if keys:
        select = select.group_by(*(pw.SQL(str(n + 1)) for n in range(len(keys) + len(flag))))
    if days:
        select = of_days(select, level, [how for one in given for how in _again(one)])
    rows = kept.rows(select.limit(limits.PIVOT_CELLS + 1))
    if len(rows) > limits.PIVOT_CELLS:
        raise Refused(_("These are more than {n} groups. Narrow the filter.", n=limits.PIVOT_CELLS))
    return [_read(list(row), level, bool(flag)) for row in rows if keys or row[0]]


def _again(measure: Measure) -> list[str | None]:
    """What puts the parts of `_aggregates` together once more."""
    kind = measure.kind if measure.field else "count"
    total = "SUM" if kind in {"sum", "avg"} else None
    return [total, "SUM", "MIN" if kind == "min" else None, "MAX" if kind == "max" else None]


def _read(row: list[Any], level: list[By], flagged: bool) -> list[Any]:
    """The row with the keys as they are known elsewhere, the flag turned into `OTHERS`."""
    size = len(level)
    if flagged and row.pop(size):
        row[size - 1] = OTHERS
    for place, one in enumerate(level):
        if fieldtypes.get(one.field).family == "checkbox" and row[place] != OTHERS:
            row[place] = bool(row[place])
    return row


def _cut(cross: Cross, level: list[By]) -> bool:
    return cross.kept is not None and bool(level) and level[-1] is cross.column


def _records(
    query: Query,
    cross: Cross,
    level: list[By],
    given: list[Measure],
    unique: Field | None,
    *,
    days: bool = False,
) -> Any:
    """The records as a table to aggregate: ``id``, keys ``k0`` …, ``rest``, values ``v0`` …;
    for ``days``, days in the place of what they fall into.

    Each stands once in each of its groups, also where several of its values are put together.
    """
    key = [
        query.scope.column(one.field) if days and by_day(one) else _key(query, one) for one in level
    ]
    columns = [query.scope.model.id.alias("id")]
    for place, one in enumerate(key):
        last = place == len(key) - 1 and _cut(cross, level)
        columns += _kept(one, cross.kept or (), place) if last else [one.alias(f"k{place}")]
    extra = By(unique) if unique is not None else None
    for place, measure in enumerate(given):
        if measure.field is not None:
            value = key_of(query, extra) if extra else query.scope.column(measure.field)
            columns.append(value.alias(f"v{place}"))
    select = query.select(*columns)
    joined = {}
    for one in [*level, *([extra] if extra else [])]:
        if several(one.field) and one.field.id not in joined:
            select = spread(select, query, one)
            joined[one.field.id] = True
    several_times = joined and unique is None  # different values are counted once anyway
    return (select.distinct() if several_times else select).alias("records")


def _kept(key: Any, kept: Sequence[Any], place: int) -> list[Any]:
    """The key where it is kept, and whether it belongs to the rest."""
    filled = [one for one in kept if one is not None]
    test: Any = key.in_(filled) if filled else pw.SQL("1 = 0")
    if None in kept:
        test = test | key.is_null()
    shown, rest = pw.Case(None, [(test, key)]), pw.Case(None, [(test, 0)], 1)
    return [shown.alias(f"k{place}"), rest.alias("rest")]


def _aggregates(measure: Measure, value: Any) -> list[Any]:
    if measure.kind == "unique":
        return [pw.fn.COUNT(value.distinct())]
    if value is None:
        return [pw.SQL("NULL"), pw.SQL("0"), pw.SQL("NULL"), pw.SQL("NULL")]
    wanted = {"sum": pw.fn.SUM, "avg": pw.fn.SUM, "min": pw.fn.MIN, "max": pw.fn.MAX}
    found = wanted[measure.kind](value)
    nothing = pw.SQL("NULL")
    filled = pw.fn.COUNT(value)
    if measure.kind in {"sum", "avg"}:
        return [found, filled, nothing, nothing]
    return [nothing, filled, *([found, nothing] if measure.kind == "min" else [nothing, found])]


def _key(query: Query, by: By) -> Any:
    if fieldtypes.get(by.field).family == "checkbox":
        return pw.fn.COALESCE(query.scope.column(by.field), pw.SQL("FALSE"))
    return key_of(query, by, exact=True)
