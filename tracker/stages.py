"""What the moves of a stage field tell: how many went on from each stage, and how long they stayed.

Only of records, and of stages in them, that the viewer of the query may see now; all in SQL. A
record without a noted move counts as having come into its stage when it was made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee as pw

from tracker import clock, db, fieldtypes, kept, limits, moves
from tracker.errors import Refused
from tracker.models import Move
from tracker.query import Query
from tracker.schema import Field
from tracker.text import _

Days = tuple[date, date] | None  # first day, day after the last
ENTERED, WENT_ON, REACHED = "entered", "went_on", "reached"
SKIPPED, CAME_BACK, LEFT = "skipped", "came_back", "left"
WHATS = (ENTERED, WENT_ON, REACHED, SKIPPED, CAME_BACK, LEFT)
HOUR, DAY = 3_600, 86_400
FINE = 100 * DAY


@dataclass(frozen=True)
class Passage:
    """One stage of a funnel, in records. ``entered`` within the period; of these, whenever later:

    ``went_on`` came to a later stage of the funnel (``skipped``: without ever entering the next),
    ``reached`` came to its last, ``came_back`` entered an earlier one, ``left`` did not go on and
    stand outside it now.
    """

    stage: int
    entered: int
    went_on: int
    reached: int
    skipped: int
    came_back: int
    left: int


@dataclass(frozen=True)
class Stay:
    """The stays in one stage, in days: those that ended (within the period), those that last."""

    stage: int
    ended: int = 0
    median: float | None = None
    mean: float | None = None
    lasting: int = 0
    lasting_median: float | None = None
    lasting_mean: float | None = None


def funnel(query: Query, field: Field, steps: Sequence[int], days: Days = None) -> list[Passage]:
    """The stages ``steps`` (option ids in their order) of the records in ``query``."""
    _check(query, field, steps)
    tests = [_test(what, at, len(steps)) for at in range(len(steps)) for what in WHATS]
    sums = [pw.fn.SUM(pw.Case(None, [(one, 1)], 0)) for one in tests]
    paths = _paths(query, field, steps, days)
    row = [int(one or 0) for one in kept.rows(pw.Select([paths], sums))[0]]
    width = len(WHATS)
    return [Passage(one, *row[at * width : (at + 1) * width]) for at, one in enumerate(steps)]


def passed(
    query: Query, field: Field, steps: Sequence[int], stage: int, what: str, days: Days = None
) -> Query:
    """The records behind one number of `funnel`."""
    _check(query, field, steps)
    if stage not in steps or what not in WHATS:
        raise Refused(_("This request cannot be read."))
    paths = _paths(Query(query.viewer, query.table), field, steps, days)
    test = _test(what, list(steps).index(stage), len(steps))
    return query.test(query.scope.model.id.in_(pw.Select([paths], [pw.SQL("p.id")]).where(test)))


def _paths(query: Query, field: Field, steps: Sequence[int], days: Days) -> Any:
    """One row a record: ``f0 …`` its first move into each stage within the days, ``l0 …`` its last
    ever (-1 for none), ``c`` the place of the stage where it stands, -1 outside the funnel.
    """
    select, stage, at, order = _moved(query, field)
    inside: Any = None
    if days is not None:
        first, after = _seconds(query, days)
        inside = (at >= first) & (at < after)
    columns = [query.scope.model.id.alias("id")]
    for place, one in enumerate(steps):
        here = stage == one
        began = here if inside is None else here & inside
        first = pw.fn.MIN(pw.Case(None, [(began, order)]))
        last = pw.fn.MAX(pw.Case(None, [(here, order)]))
        columns += [
            pw.fn.COALESCE(one, -1).alias(name)
            for one, name in ((first, f"f{place}"), (last, f"l{place}"))
        ]
    stands = [(query.scope.column(field) == one, place) for place, one in enumerate(steps)]
    columns.append(pw.fn.MAX(pw.Case(None, stands, -1)).alias("c"))
    return select.columns(*columns).group_by(query.scope.model.id).alias("p")


def _test(what: str, at: int, count: int) -> Any:
    """The SQL test of one number over the rows of `_paths`."""
    here = f"p.f{at} >= 0"
    later = " OR ".join(f"p.l{one} > p.f{at}" for one in range(at + 1, count)) or "1 = 0"
    before = " OR ".join(f"p.l{one} > p.f{at}" for one in range(at)) or "1 = 0"
    last = f"p.l{count - 1} > p.f{at}" if at + 1 < count else "1 = 1"
    following = f"p.l{at + 1} > p.f{at}" if at + 1 < count else "1 = 1"
    return pw.SQL(
        {
            ENTERED: here,
            WENT_ON: f"{here} AND ({later})",
            REACHED: f"{here} AND {last}",
            SKIPPED: f"{here} AND ({later}) AND NOT ({following})",
            CAME_BACK: f"{here} AND ({before})",
            LEFT: f"{here} AND NOT ({later}) AND p.c < 0",
        }[what]
    )


# ── time in stage ────────────────────────────────────────────────────────────


def stays(query: Query, field: Field, steps: Sequence[int], days: Days = None) -> list[Stay]:
    """How long records stayed in each of ``steps``; stays that last are told by themselves.

    Medians are exact to the hour, of stays over 100 days to the day.
    """
    _check(query, field, steps)
    told = _stays(query, field, steps, days).alias("k")
    columns = "k.s", "k.e", f"CASE WHEN k.d < {FINE} THEN k.d / {HOUR} * {HOUR}"
    rounded = f"{columns[2]} ELSE k.d / {DAY} * {DAY} END"
    select = pw.Select(
        [told],
        [*map(pw.SQL, (columns[0], columns[1], rounded, "COUNT(*)", "SUM(k.d)"))],
    ).group_by(*(pw.SQL(str(one)) for one in (1, 2, 3)))
    parts: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    for stage, ended, length, count, total in kept.rows(select):
        parts[int(stage), int(ended)].append((int(length), int(count), int(total)))
    return [Stay(one, *_told(parts[one, 1]), *_told(parts[one, 0])) for one in steps]


def _told(parts: list[tuple[int, int, int]]) -> tuple[int, float | None, float | None]:
    """Count, median and mean in days of stays given as ``(seconds, how many, together)``."""
    count = sum(part[1] for part in parts)
    if not count:
        return 0, None, None
    middle = [_at(sorted(parts), rank) for rank in ((count - 1) // 2, count // 2)]
    return count, sum(middle) / 2 / DAY, sum(part[2] for part in parts) / count / DAY


def _at(parts: list[tuple[int, int, int]], rank: int) -> int:
    """The length of the stay with this rank."""
    for length, count, _total in parts:
        rank -= count
        if rank < 0:
            return length
    return 0


def stayed(query: Query, field: Field, steps: Sequence[int], stage: int, days: Days) -> Query:
    """The records with stays in ``stage`` that ended (within the days)."""
    _check(query, field, steps)
    inner = _stays(Query(query.viewer, query.table), field, [stage], days).alias("k")
    ids = pw.Select([inner], [pw.SQL("k.id")]).where(pw.SQL("k.e = 1"))
    return query.test(query.scope.model.id.in_(ids))


def _stays(query: Query, field: Field, steps: Sequence[int], days: Days) -> Any:
    """One row a stay: the record, its stage ``s``, whether it ended ``e``, its seconds ``d``."""
    select, stage, at, order = _moved(query, field)
    key = query.scope.model.id
    until = pw.fn.LEAD(at).over(partition_by=[key], order_by=[order])
    inner = select.columns(key.alias("id"), stage.alias("s"), at.alias("a"), until.alias("b"))
    test = f"m.s IN ({', '.join(str(int(one)) for one in steps)})"
    if days is not None:
        first, after = _seconds(query, days)
        test += f" AND (m.b IS NULL OR (m.b >= {first} AND m.b < {after}))"
    columns = (
        "m.id AS id",
        "m.s AS s",
        "CASE WHEN m.b IS NULL THEN 0 ELSE 1 END AS e",
        f"COALESCE(m.b, {moves.seconds(clock.now().replace(second=0))}) - m.a AS d",
    )
    return pw.Select([inner.alias("m")], [*map(pw.SQL, columns)]).where(pw.SQL(test))


# ── the moves of the records in a query ──────────────────────────────────────


def _moved(query: Query, field: Field) -> tuple[Any, Any, Any, Any]:
    """The records joined with their moves: ``(select, stage, seconds, order)``."""
    model, move = query.scope.model, Move.alias(f"m{field.id}")
    on = (
        (move.field_id == field.id)
        & (move.record_id == model.id)
        & (move.column == moves.column_of(field))
        & (move.void == False)  # noqa: E712 - SQL
    )
    guard = query.scope.guard(field)
    narrowed = query if guard is True else query.test(guard)
    select = narrowed.select(model.id).join_from(model, move, pw.JOIN.LEFT_OUTER, on=on)
    nothing = move.id.is_null()
    stage = pw.Case(None, [(nothing, query.scope.column(field))], move.new)
    at = pw.Case(None, [(nothing, _epoch(model.created_at))], move.at)
    return select, stage, at, pw.fn.COALESCE(move.id, 0)


def _epoch(column: Any) -> Any:
    if db.is_sqlite():
        return pw.fn.UNIXEPOCH(column)
    return pw.Cast(pw.NodeList((pw.SQL("EXTRACT(EPOCH FROM"), column, pw.SQL(")"))), "bigint")


def _seconds(query: Query, days: tuple[date, date]) -> tuple[int, int]:
    zone = query.viewer.context.zone
    first, after = (clock.day_range(one, zone)[0] for one in days)
    return moves.seconds(first), moves.seconds(after)


def _check(query: Query, field: Field, steps: Sequence[int]) -> None:
    if query.access.level(field.id) < 1 or fieldtypes.get(field).widget != "stage":
        raise Refused(_("This needs a stage field."))
    if not steps or len(steps) > limits.FUNNEL_STAGES:
        raise Refused(_("A funnel has 1 to {n} stages.", n=limits.FUNNEL_STAGES))
