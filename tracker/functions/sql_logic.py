"""Logic as SQL: branches that are not taken cannot fail."""

from __future__ import annotations

from dataclasses import replace

from tracker.formula.comparing import compared
from tracker.formula.pieces import (
    FALSE,
    NULL,
    TRUE,
    Piece,
    Sql,
    Unsupported,
    first_error,
    form,
    sql,
)
from tracker.formula.sql import Compiler
from tracker.formula.types import unify

BLANK = Piece("blank", NULL)


def chosen(compiler: Compiler, cases: list[tuple[Sql, Piece]], otherwise: Piece) -> Piece:
    """The piece behind the first test that is true; all pieces in one type."""
    pieces = [piece for _test, piece in cases] + [otherwise]
    type_ = unify(piece.type for piece in pieces)
    if type_ == "any" or (type_ == "moment" and any(one.type == "day" for one in pieces)):
        raise Unsupported
    pieces = [_as(compiler, piece, type_) for piece in pieces]
    tests = [test for test, _piece in cases]
    numbers = [piece for piece in pieces if piece.type == "number"] or [pieces[0]]
    return Piece(
        type_,
        _case(tests, [piece.value for piece in pieces]) or NULL,
        _case(tests, [piece.error for piece in pieces]),
        any(piece.blank for piece in pieces),
        max(piece.longest for piece in pieces),
        min(piece.low for piece in numbers),
        max(piece.high for piece in numbers),
        all(piece.whole for piece in numbers),
    )


def _as(compiler: Compiler, piece: Piece, type_: str) -> Piece:
    if type_ == "number" and piece.type == "truth":
        value = "CASE WHEN {} THEN CAST(1 AS DOUBLE PRECISION) "
        value += "WHEN NOT {} THEN CAST(0 AS DOUBLE PRECISION) END"
        number = compiler.number(piece)
        return replace(number, value=sql(value, piece.value, piece.value), blank=piece.blank)
    return piece


def _case(tests: list[Sql], values: list[Sql | None]) -> Sql | None:
    if not any(values):
        return None
    parts: list[Sql] = []
    for test, value in zip(tests, values, strict=False):
        parts += [test, value or NULL]
    whens = "WHEN {} THEN {} " * len(tests)
    return sql(f"CASE {whens}ELSE {{}} END", *parts, values[-1] or NULL)


@form("IF")
def either(compiler: Compiler, test: Piece, then: Piece, otherwise: Piece = BLANK) -> Piece:
    test = compiler.truth(test)
    made = chosen(compiler, [(test.value, then)], otherwise)
    return made.failing(test.error, made.error)


@form("SWITCH")
def switch(compiler: Compiler, value: Piece, *rest: Piece) -> Piece:
    otherwise = rest[-1] if len(rest) % 2 else BLANK
    patterns = [compared(compiler, "=", value, one) for one in rest[: len(rest) // 2 * 2 : 2]]
    if any(one.error for one in patterns[1:]) or (patterns[0].error and not value.error):
        raise Unsupported  # later patterns are computed only where earlier ones do not fit
    made = chosen(
        compiler,
        [(test.value, result) for test, result in zip(patterns, rest[1::2], strict=True)]
        if len(rest) % 2 == 0
        else [(test.value, result) for test, result in zip(patterns, rest[1:-1:2], strict=True)],
        otherwise,
    )
    return made.failing(value.error, made.error)


def _joined(compiler: Compiler, glue: str, tests: tuple[Piece, ...]) -> Piece:
    found = [compiler.truth(test) for test in tests]
    value = sql("(" + glue.join(["{}"] * len(found)) + ")", *[one.value for one in found])
    return Piece("truth", value, first_error(*(one.error for one in found)), False)


@form("AND")
def conjunction(compiler: Compiler, *tests: Piece) -> Piece:
    return _joined(compiler, " AND ", tests)


@form("OR")
def disjunction(compiler: Compiler, *tests: Piece) -> Piece:
    return _joined(compiler, " OR ", tests)


@form("XOR")
def odd_one_out(compiler: Compiler, *tests: Piece) -> Piece:
    found = [compiler.truth(test) for test in tests]
    counted = [sql("CASE WHEN {} THEN 1 ELSE 0 END", one.value) for one in found]
    value = sql("(((" + " + ".join(["{}"] * len(counted)) + ") & 1) = 1)", *counted)
    return Piece("truth", value, first_error(*(one.error for one in found)), False)


@form("NOT")
def negation(compiler: Compiler, test: Piece) -> Piece:
    found = compiler.truth(test)
    return replace(found, value=sql("(NOT {})", found.value))


@form("TRUE")
def true(compiler: Compiler) -> Piece:
    return Piece("truth", TRUE, blank=False)


@form("FALSE")
def false(compiler: Compiler) -> Piece:
    return Piece("truth", FALSE, blank=False)


@form("BLANK")
def blank(compiler: Compiler) -> Piece:
    return BLANK


@form("ERROR")
def error(compiler: Compiler) -> Piece:
    return replace(BLANK, error=Sql(("CAST('#ERROR!' AS TEXT)",)))


@form("ISERROR")
def is_error(compiler: Compiler, value: Piece) -> Piece:
    test = sql("({} IS NOT NULL)", value.error) if value.error else FALSE
    return Piece("truth", test, blank=False)
