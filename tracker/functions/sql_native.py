"""Functions that SQLite computes by calling Python, value and error code apart."""

from __future__ import annotations

import math

from tracker import limits
from tracker.formula.function import Argument, Function, registry
from tracker.formula.pieces import (
    WILD,
    Piece,
    Sql,
    Unsupported,
    first_error,
    form,
    joined,
    sql,
    text,
)
from tracker.formula.sql import Compiler

# What a function may fail with is looked for only where it can fail at all.
SAFE = {"LOWER", "UPPER", "INT", "EVEN", "ODD", "ROUND", "ROUNDUP", "ROUNDDOWN"}
SAFE |= {"CEILING", "FLOOR", "REGEX_MATCH"}
WHOLE = {"INT", "EVEN", "ODD"}
NAMES = SAFE | {"MOD", "POWER", "EXP", "SQRT", "LOG", "VALUE", "ENCODE_URL_COMPONENT"}
NAMES |= {"REGEX_EXTRACT", "REGEX_REPLACE", "WEEKNUM", "WORKDAY", "WORKDAY_DIFF"}
HEAVY = 20  # how often a regular expression goes through its text, as Python counts it


def argument(compiler: Compiler, piece: Piece, taken: Argument) -> Piece:
    match taken.kind:
        case "number":
            return compiler.number(piece)
        case "text":
            return compiler.text(piece)
        case "any" if piece.type in {"text", "blank"}:
            return compiler.text(piece)
        case "when":
            return compiler.when(piece)
    raise Unsupported


def called(compiler: Compiler, function: Function, pieces: tuple[Piece, ...]) -> Piece:
    taken = function.taking(len(pieces))
    given = [argument(compiler, one, kind) for one, kind in zip(pieces, taken, strict=True)]
    characters = sum(one.longest for one in given)
    compiler.work(characters * (HEAVY if function.name.startswith("REGEX") else 4))
    _check_pattern(function, given)
    values = joined(", ", [text(compiler.zone), *(one.value for one in given)])
    value = sql(f"formula('{function.name}', {{}})", values)
    errors = [one.error for one in given]
    if function.name not in SAFE or characters > limits.FORMULA_TEXT // 4:
        errors.append(sql(f"formula('{function.name}!', {{}})", values))
    return _sized(function, given, value, first_error(*errors))


def _check_pattern(function: Function, given: list[Piece]) -> None:
    if function.name.startswith("REGEX") and not isinstance(given[1].constant, str):
        raise Unsupported
    if function.name == "REGEX_MATCH":
        function.call(_Patient(), "", given[1].constant)  # a wrong pattern is a fault at once


class _Patient:
    def work(self, characters: int) -> None:
        """Nothing is counted: only the pattern is looked at."""


def _sized(function: Function, given: list[Piece], value: Sql, error: Sql | None) -> Piece:
    type_ = str(function.gives)
    if type_ == "text":
        longest = 4 * sum(one.longest for one in given)
        return Piece("text", sql("COALESCE({}, '')", value), error, False,
                     min(longest, limits.FORMULA_TEXT))  # fmt: skip
    if function.name in SAFE and type_ == "number":
        low, high = _rounded(function.name, given)
        return Piece(type_, value, error, False, 0, low, high, function.name in WHOLE)
    return Piece(type_, value, error, type_ != "truth", 0, -WILD, WILD)


def _rounded(name: str, given: list[Piece]) -> tuple[float, float]:
    if name in WHOLE:
        return 0.0, max(given[0].high, 0) + 1
    step = given[1].constant if len(given) > 1 else (1.0 if name in {"CEILING", "FLOOR"} else 0.0)
    if step is None:
        return -WILD, WILD
    power = -step
    if name in {"CEILING", "FLOOR"}:
        power = math.log10(abs(step)) if step else 0.0
    return min(given[0].low, power), max(given[0].high, power) + 1


def _register(name: str) -> None:
    @form(name, "sqlite")
    def by_python(compiler: Compiler, *pieces: Piece) -> Piece:
        return called(compiler, registry.kinds[name], pieces)


for _name in sorted(NAMES):
    _register(_name)
