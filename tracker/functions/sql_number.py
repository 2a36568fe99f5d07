"""Functions of numbers as SQL."""

from __future__ import annotations

from dataclasses import replace

from tracker.formula.pieces import (
    Piece,
    Sql,
    Unsupported,
    bounded,
    fails,
    first_error,
    form,
    joined,
    number,
    sql,
)
from tracker.formula.sql import Compiler
from tracker.formula.values import DIVISION

NUMBERS = {"number", "truth"}
ZERO = Piece("number", number(0.0), blank=False, whole=True, constant=0.0)
ONE = Piece("number", number(1.0), blank=False, whole=True, constant=1.0)


@form("ABS")
def absolute(compiler: Compiler, value: Piece) -> Piece:
    value = compiler.number(value)
    return replace(value, value=sql("abs({})", value.value), constant=None)


# Several numbers


def _known(pieces: tuple[Piece, ...]) -> list[Piece]:
    """Those that are numbers; texts and blanks among them do not count, but their errors do."""
    return [piece for piece in pieces if piece.type in NUMBERS]


def _errors(pieces: tuple[Piece, ...]) -> Sql | None:
    return first_error(*(piece.error for piece in pieces))


@form("SUM")
def total(compiler: Compiler, *pieces: Piece) -> Piece:
    found = ZERO
    for piece in _known(pieces):
        plain = replace(piece, error=None)
        found = bounded(compiler.arithmetic("+", found, plain))
    return replace(found, error=_errors(pieces), constant=None)


def _there(pieces: list[Piece]) -> Sql:
    """How many of the numbers are not blank."""
    if not pieces:
        return number(0.0)
    each = [sql("CASE WHEN {} IS NULL THEN 0 ELSE 1 END", one.value) for one in pieces]
    return sql("CAST({} AS DOUBLE PRECISION)", joined(" + ", each))


@form("AVERAGE")
def average(compiler: Compiler, *pieces: Piece) -> Piece:
    known = _known(pieces)
    found, size = total(compiler, *known), _there(known)
    value = sql("({} / NULLIF({}, 0))", found.value, size)
    error = first_error(_errors(pieces), fails(sql("{} = 0", size), DIVISION))
    return replace(found, value=value, error=error, low=found.low - 3, whole=False)


def _extreme(compiler: Compiler, pieces: tuple[Piece, ...], names: tuple[str, str]) -> Piece:
    known = _known(pieces)
    if not known:
        return replace(ZERO, error=_errors(pieces))
    found = _nullable(compiler, known[0])
    for piece in known[1:]:
        other = _nullable(compiler, piece)
        if compiler.sqlite:
            found = sql(f"COALESCE({names[0]}({{}}, {{}}), {{}}, {{}})", *[found, other] * 2)
        else:
            found = sql(f"{names[1]}({{}}, {{}})", found, other)
    return Piece(
        "number",
        sql("COALESCE({}, CAST(0 AS DOUBLE PRECISION))", found),
        _errors(pieces),
        False,
        low=min(one.low for one in known),
        high=max(one.high for one in known),
        whole=all(one.whole for one in known),
    )


def _nullable(compiler: Compiler, piece: Piece) -> Sql:
    if piece.type == "number":
        return piece.value
    value = compiler.number(piece).value
    return sql("CASE WHEN {} IS NULL THEN NULL ELSE {} END", piece.value, value)


@form("MAX")
def largest(compiler: Compiler, *pieces: Piece) -> Piece:
    return _extreme(compiler, pieces, ("max", "GREATEST"))


@form("MIN")
def smallest(compiler: Compiler, *pieces: Piece) -> Piece:
    return _extreme(compiler, pieces, ("min", "LEAST"))


def _counted(value: Sql, pieces: tuple[Piece, ...]) -> Piece:
    return Piece("number", value, _errors(pieces), False, high=3, whole=True)


@form("COUNT")
def count(compiler: Compiler, *pieces: Piece) -> Piece:
    return _counted(_there(_known(pieces)), pieces)


@form("COUNTA")
def count_filled(compiler: Compiler, *pieces: Piece) -> Piece:
    filled = [
        replace(one, value=sql("NULLIF({}, '')", one.value)) if one.type == "text" else one
        for one in pieces
        if one.type != "blank"
    ]
    return _counted(_there(filled), pieces)


@form("COUNTALL")
def count_all(compiler: Compiler, *pieces: Piece) -> Piece:
    return _counted(number(float(len(pieces))), pieces)


# Rounding on PostgreSQL: by the decimal digits of the double, as Python does it

MOST_PLACES = 15


def exact(piece: Piece) -> Sql:
    """The number that the digits of a double show, as NUMERIC."""
    return sql("CAST(CAST({} AS TEXT) AS NUMERIC)", piece.value)


def _places(piece: Piece) -> int:
    if piece.constant is None or abs(piece.constant) > MOST_PLACES:
        raise Unsupported
    return int(piece.constant)


def _power(places: int) -> str:
    """Ten to some power, exact."""
    return f"1{'0' * places}" if places >= 0 else f"0.{'0' * (-places - 1)}1"


def _rounded(compiler: Compiler, value: Piece, places: Piece, template: str) -> Piece:
    value, digits = compiler.number(value), _places(places)
    if value.high > 25 or value.low < -25:
        raise Unsupported
    scaled = sql(f"({{}} * {_power(digits)})", exact(value))
    whole = sql(template, *[scaled] * template.count("{}"))
    back = sql(f"CAST({{}} * {_power(-digits)} AS DOUBLE PRECISION)", whole)
    return Piece(
        "number",
        back,
        first_error(value.error, places.error),
        False,
        low=min(value.low, -digits),
        high=max(value.high, -digits) + 1,
        whole=digits <= 0 and value.high < 15,
    )


@form("ROUND", "postgresql")
def round_half(compiler: Compiler, value: Piece, places: Piece = ZERO) -> Piece:
    return _rounded(compiler, value, places, "floor({} + 0.5)")


@form("ROUNDUP", "postgresql")
def round_up(compiler: Compiler, value: Piece, places: Piece = ZERO) -> Piece:
    return _rounded(compiler, value, places, "(sign({}) * ceil(abs({})))")


@form("ROUNDDOWN", "postgresql")
def round_down(compiler: Compiler, value: Piece, places: Piece = ZERO) -> Piece:
    return _rounded(compiler, value, places, "trunc({})")


def _significant(piece: Piece) -> Piece:
    """The number of places that a significance of 1, 0.1, 10 … means."""
    for places in range(-MOST_PLACES, MOST_PLACES + 1):
        if piece.constant == float(f"1e{-places}"):
            return replace(ZERO, constant=float(places))
    raise Unsupported


@form("CEILING", "postgresql")
def ceiling(compiler: Compiler, value: Piece, significance: Piece = ONE) -> Piece:
    return _rounded(compiler, value, _significant(significance), "ceil({})")


@form("FLOOR", "postgresql")
def floor(compiler: Compiler, value: Piece, significance: Piece = ONE) -> Piece:
    return _rounded(compiler, value, _significant(significance), "floor({})")


def _whole(compiler: Compiler, value: Piece, template: str) -> Piece:
    value = compiler.number(value)
    made = sql(template, *[value.value] * template.count("{}"))
    high = max(value.high, 0) + 1
    return Piece("number", made, value.error, False, high=high, whole=True)


@form("INT", "postgresql")
def whole(compiler: Compiler, value: Piece) -> Piece:
    return _whole(compiler, value, "floor({})")


@form("EVEN", "postgresql")
def even(compiler: Compiler, value: Piece) -> Piece:
    return _whole(compiler, value, "(2 * ceil({} / 2))")


@form("ODD", "postgresql")
def odd(compiler: Compiler, value: Piece) -> Piece:
    template = "((CASE WHEN {} < 0 THEN -1 ELSE 1 END)"
    template += " * (2 * ceil((GREATEST(abs({}), 1) - 1) / 2) + 1))"
    return _whole(compiler, value, template)


@form("SQRT", "postgresql")
def square_root(compiler: Compiler, value: Piece) -> Piece:
    value = compiler.number(value)
    negative = fails(sql("{} < 0", value.value))
    return Piece(
        "number",
        sql("sqrt(GREATEST({}, 0))", value.value),
        first_error(value.error, negative),
        False,
        low=value.low / 2,
        high=value.high / 2,
    )


def _integer(piece: Piece) -> Sql:
    """A whole double as NUMERIC, to its last digit: beyond BIGINT it is a multiple of 1024."""
    small = "CAST(CAST({} AS BIGINT) AS NUMERIC)"
    large = "CAST(CAST({} / 1024 AS BIGINT) AS NUMERIC) * 1024"
    return sql(f"CASE WHEN abs({{}}) < 9e18 THEN {small} ELSE {large} END", *[piece.value] * 3)


@form("MOD", "postgresql")
def remainder(compiler: Compiler, value: Piece, divisor: Piece) -> Piece:
    """Of whole numbers; remainders of other doubles have no form."""
    value, divisor = compiler.number(value), compiler.number(divisor)
    if not (value.whole and divisor.whole and max(value.high, divisor.high) < 21):
        raise Unsupported
    one, other = _integer(value), sql("NULLIF({}, 0)", _integer(divisor))
    found = sql("mod(mod({}, {}) + {}, {})", one, other, other, other)
    zero = fails(sql("{} = 0", divisor.value), DIVISION)
    return Piece(
        "number",
        sql("CAST({} AS DOUBLE PRECISION)", found),
        first_error(value.error, divisor.error, zero),
        False,
        high=divisor.high,
        whole=True,
    )
