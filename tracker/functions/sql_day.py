"""Functions of days and moments as SQL, where both databases count as Python does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tracker.formula import units
from tracker.formula.comparing import compared
from tracker.formula.pieces import (
    Piece,
    Sql,
    Unsupported,
    fails,
    first_error,
    form,
    joined,
    sql,
    text,
)
from tracker.formula.sql import Compiler
from tracker.formula.values import to_local
from tracker.formula.writing import MARK

LAST_DAY = 3652058  # days from the 1st of January of year 1 to the end of year 9999
FIRST_SECOND, LAST_SECOND = -62135596800, 253402300799  # of the same years, since 1970


@form("TODAY")
def today(compiler: Compiler) -> Piece:
    return compiler.date(to_local(compiler.now, compiler.zone).date())


@form("NOW")
def now(compiler: Compiler) -> Piece:
    return compiler.date(compiler.now.replace(microsecond=0))


def _system(name: str) -> Callable[..., Piece]:
    def moment(compiler: Compiler, *_fields: Piece) -> Piece:
        if any(one.error for one in _fields):
            raise Unsupported
        return Piece("moment", Sql((compiler.column(name),)))

    return moment


form("CREATED_TIME")(_system("created_at"))
form("LAST_MODIFIED_TIME")(_system("updated_at"))


# Parts

PARTS = {  # where each stands in ``YYYY-MM-DD HH:MM:SS``, and what PostgreSQL calls it
    "YEAR": (1, 4, "YEAR"),
    "MONTH": (6, 2, "MONTH"),
    "DAY": (9, 2, "DAY"),
    "HOUR": (12, 2, "HOUR"),
    "MINUTE": (15, 2, "MINUTE"),
    "SECOND": (18, 2, "SECOND"),
}


def _number(piece: Piece, value: Sql, high: float = 5) -> Piece:
    made = sql("CAST({} AS DOUBLE PRECISION)", value)
    return Piece("number", made, piece.error, False, high=high, whole=True)


def _part(name: str) -> Callable[..., Piece]:
    start, length, called = PARTS[name]

    def part(compiler: Compiler, when: Piece) -> Piece:
        wall = compiler.wall(when)
        template = compiler.by(f"substr({{}}, {start}, {length})", f"EXTRACT({called} FROM {{}})")
        return _number(wall, sql(template, wall.value))

    return part


for _name in PARTS:
    form(_name)(_part(_name))


@form("WEEKDAY")
def weekday(compiler: Compiler, when: Piece, start: Piece | None = None) -> Piece:
    if start is not None and str(start.constant or "").strip().lower() not in {"sunday", "monday"}:
        raise Unsupported
    wall = compiler.wall(when)
    day = compiler.by(
        "CAST(strftime('%w', {}) AS INTEGER)", "CAST(EXTRACT(DOW FROM {}) AS INTEGER)"
    )
    value = sql(day, wall.value)
    if start is not None and str(start.constant).strip().lower() == "monday":
        value = sql(compiler.by("(({} + 6) % 7)", "mod({} + 6, 7)"), value)
    return _number(wall, value)


@form("DATESTR")
def datestr(compiler: Compiler, when: Piece) -> Piece:
    return _slice(compiler, when, 1, 10)


@form("TIMESTR")
def timestr(compiler: Compiler, when: Piece) -> Piece:
    return _slice(compiler, when, 12, 8)


def shown(compiler: Compiler, wall: Piece) -> Sql:
    """A wall clock as ``YYYY-MM-DD HH:MM:SS``."""
    return sql(compiler.by("{}", "to_char({}, 'YYYY-MM-DD HH24:MI:SS')"), wall.value)


def _slice(compiler: Compiler, when: Piece, start: int, length: int) -> Piece:
    wall = compiler.wall(when)
    value = sql(f"COALESCE(substr({{}}, {start}, {length}), '')", shown(compiler, wall))
    return Piece("text", value, wall.error, False, length)


WRITTEN = {
    "YYYY": (1, 4),
    "YY": (3, 2),
    "MM": (6, 2),
    "DD": (9, 2),
    "HH": (12, 2),
    "mm": (15, 2),
    "ss": (18, 2),
    "M": (6, 2),
    "D": (9, 2),
    "H": (12, 2),
    "m": (15, 2),
    "s": (18, 2),
}


@form("DATETIME_FORMAT")
def datetime_format(compiler: Compiler, when: Piece, shape: Piece | None = None) -> Piece:
    """Forms of numbers alone, such as YYYY-MM-DD."""
    if shape is None or not isinstance(shape.constant, str):
        raise Unsupported
    wall = compiler.wall(when)
    compiler.work(16 * len(shape.constant))
    line = shown(compiler, wall)
    parts = [_written(line, part) for part in _split(shape.constant)]
    value = sql("COALESCE({}, '')", joined(" || ", parts or [text("")]))
    return Piece("text", value, wall.error, False, 5 * len(shape.constant))


def _split(shape: str) -> list[tuple[str, bool]]:
    """``(text, whether it is a mark)`` of each part of a form."""
    parts, end = [], 0
    for mark in MARK.finditer(shape):
        parts.append((shape[end : mark.start()], False))
        literal = mark[1] if mark[1] is not None else mark[2]
        parts.append((mark[0] if literal is None else literal, literal is None))
        end = mark.end()
    return [part for part in [*parts, (shape[end:], False)] if part[0]]


def _written(line: Sql, part: tuple[str, bool]) -> Sql:
    shown, mark = part
    if not mark:
        return text(shown)
    if shown not in WRITTEN:
        raise Unsupported
    start, length = WRITTEN[shown]
    if len(shown) == 1:
        digits = sql(f"substr({{}}, {start}, {length})", line)
        return sql("CAST(CAST({} AS INTEGER) AS TEXT)", digits)
    return sql(f"substr({{}}, {start}, {length})", line)


# Comparing


def _order(operator: str) -> Callable[..., Piece]:
    def test(compiler: Compiler, one: Piece, other: Piece) -> Piece:
        left, right = compiler.when(one), compiler.when(other)
        if left.type != right.type:
            left, right = compiler.moment(left), compiler.moment(right)
        found = compared(compiler, operator, left, right)
        return replace(found, error=first_error(left.error, right.error))

    return test


form("IS_BEFORE")(_order("<"))
form("IS_AFTER")(_order(">"))

SAME = {"years": 4, "months": 7, "days": 10, "hours": 13, "minutes": 16, "seconds": 19}


@form("IS_SAME")
def is_same(compiler: Compiler, one: Piece, other: Piece, unit: Piece | None = None) -> Piece:
    if unit is None:
        return _order("=")(compiler, one, other)
    length = SAME.get(units.find(str(unit.constant or "")) or "")
    if length is None:
        raise Unsupported
    left, right = compiler.wall(one), compiler.wall(other)
    cut = f"(substr({{}}, 1, {length}) = substr({{}}, 1, {length}))"
    value = sql(cut, shown(compiler, left), shown(compiler, right))
    return Piece("truth", value, first_error(left.error, right.error), False)


# Arithmetic


def _seconds(compiler: Compiler, wall: Piece) -> Sql:
    """Seconds since 1970, whole."""
    template = compiler.by(
        "CAST(strftime('%s', {}) AS INTEGER)", "CAST(EXTRACT(EPOCH FROM {}) AS BIGINT)"
    )
    return sql(template, wall.value)


@form("DATETIME_DIFF")
def datetime_diff(compiler: Compiler, one: Piece, other: Piece, unit: Piece | None = None) -> Piece:
    if unit is not None and not isinstance(unit.constant, str):
        raise Unsupported
    named = units.need(unit.constant) if unit else "seconds"
    if named in units.MONTHS:
        return _months_between(compiler, one, other, units.MONTHS[named])
    turn = compiler.moment if named in units.CLOCK else compiler.wall
    left, right = turn(one), turn(other)
    span = sql("({} - {})", _seconds(compiler, left), _seconds(compiler, right))
    if named == "milliseconds":
        span = sql("({} * 1000)", span)
    size = 86400 * units.DAYS[named] if named in units.DAYS else int(units.CLOCK[named])
    if size > 1:  # both databases cut toward zero
        span = sql(f"({{}} / {size})", span)
    errors = first_error(left.error, right.error)
    return replace(_number(left, span, high=15), error=errors)


def _months_between(compiler: Compiler, one: Piece, other: Piece, size: int) -> Piece:
    left, right = compiler.wall(one), compiler.wall(other)
    if compiler.sqlite:
        count = sql("formula('months', '', {}, {})", left.value, right.value)
    else:
        forward, back = (
            _whole_months(left.value, right.value),
            _whole_months(right.value, left.value),
        )
        test = "(CASE WHEN {} >= {} THEN {} ELSE - {} END)"
        count = sql(test, left.value, right.value, forward, back)
    made = _number(left, sql(f"({{}} / {size})", count), high=6)
    return replace(made, error=first_error(left.error, right.error))


def _whole_months(later: Sql, earlier: Sql) -> Sql:
    """Months from one to the other, without the last where its day is not reached."""
    count = "(CAST(EXTRACT(YEAR FROM {}) * 12 + EXTRACT(MONTH FROM {}) AS INTEGER)"
    count += " - CAST(EXTRACT(YEAR FROM {}) * 12 + EXTRACT(MONTH FROM {}) AS INTEGER))"
    months = sql(count, later, later, earlier, earlier)
    past = sql("({} + make_interval(months => {}) > {})", earlier, months, later)
    return sql("({} - CASE WHEN {} THEN 1 ELSE 0 END)", months, past)


def _steps(number: Piece, size: float) -> int:
    """A count that is written out, whole; others are computed in Python."""
    count = number.constant
    if not isinstance(count, float) or abs(count) > 1e9 or not (count * size).is_integer():
        raise Unsupported
    return int(count * size)


@form("DATEADD")
def date_add(compiler: Compiler, when: Piece, number: Piece, unit: Piece) -> Piece:
    if not isinstance(unit.constant, str):
        raise Unsupported
    named, when = units.need(unit.constant), compiler.when(when)
    if when.type == "moment" or named in units.CLOCK:
        if named not in units.CLOCK:
            raise Unsupported  # days on the wall may be longer or shorter than 24 hours
        return _seconds_later(compiler, compiler.moment(when), _steps(number, units.CLOCK[named]))
    if named in units.DAYS:
        return _days_later(compiler, when, compiler.number(number), units.DAYS[named])
    return _months_later(compiler, when, _steps(number, units.MONTHS[named]))


def _seconds_later(compiler: Compiler, when: Piece, count: int) -> Piece:
    at = sql(f"({{}} + {count})", _seconds(compiler, when))
    beyond = fails(sql(f"{{}} NOT BETWEEN {FIRST_SECOND} AND {LAST_SECOND}", at))
    kept = sql(
        compiler.by("max(min({}, {}), {})", "GREATEST(LEAST({}, {}), {})"),
        *(at, Sql((str(LAST_SECOND),)), Sql((str(FIRST_SECOND),))),
    )
    shape = compiler.by(
        "datetime({}, 'unixepoch')", "(TIMESTAMP '1970-01-01' + {} * INTERVAL '1 second')"
    )
    return Piece("moment", sql(shape, kept), first_error(when.error, beyond), False)


def _days_later(compiler: Compiler, when: Piece, number: Piece, size: int) -> Piece:
    """Days are counted from the first of year 1, so that none is ever out of range."""
    rounded = compiler.by(
        "CAST(({} + CASE WHEN {} < 0 THEN -0.5 ELSE 0.5 END) AS INTEGER)",
        "CAST(trunc({} + CASE WHEN {} < 0 THEN -0.5 ELSE 0.5 END) AS BIGINT)",
    )
    days = sql(f"({{}} * {size})", number.value)
    limit = compiler.by("max(min({}, 1e7), -1e7)", "GREATEST(LEAST({}, 1e7), -1e7)")
    days = sql(limit, days)
    first = compiler.by("CAST(julianday({}) - 1721425.5 AS INTEGER)", "({} - DATE '0001-01-01')")
    at = sql("({} + {})", sql(first, when.value), sql(rounded, days, days))
    beyond = fails(sql(f"{{}} NOT BETWEEN 0 AND {LAST_DAY}", at))
    kept = sql(
        compiler.by("max(min({}, {}), 0)", "GREATEST(LEAST({}, {}), 0)"),
        *(at, Sql((str(LAST_DAY),))),
    )
    shape = compiler.by("date({} + 1721425.5)", "(DATE '0001-01-01' + CAST({} AS INTEGER))")
    errors = first_error(when.error, number.error, beyond)
    return Piece("day", sql(shape, kept), errors, False)


def _months_later(compiler: Compiler, when: Piece, count: int) -> Piece:
    if abs(count) > 120_000:
        raise Unsupported
    if compiler.sqlite:
        value = sql(f"formula('months_later', '', {{}}, {count})", when.value)
        return Piece("day", value, first_error(when.error, fails(sql("{} IS NULL", value))), False)
    year = "EXTRACT(YEAR FROM {}) * 12 + EXTRACT(MONTH FROM {}) - 1"
    inside = sql(f"({year} + {count} BETWEEN 12 AND 119999)", when.value, when.value)
    moved = sql(f"CAST({{}} + make_interval(months => {count}) AS DATE)", when.value)
    value = sql("CASE WHEN {} THEN {} END", inside, moved)
    beyond = fails(sql("NOT {}", inside))
    return Piece("day", value, first_error(when.error, beyond), False)
