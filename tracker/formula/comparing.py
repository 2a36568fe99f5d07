"""Comparisons as SQL, by the types of both sides; blanks count as in `values.same` and `less`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.formula.pieces import Piece, Sql, Unsupported, first_error, sql

if TYPE_CHECKING:
    from tracker.formula.sql import Compiler

NUMERIC = {"number", "truth", "blank"}


def compared(compiler: Compiler, operator: str, one: Piece, other: Piece) -> Piece:
    left, right = _aligned(compiler, operator, one, other)
    error = first_error(one.error, other.error)
    test = _test(compiler, operator, left, right)
    return Piece("truth", test, error, blank=False)


def _aligned(compiler: Compiler, operator: str, one: Piece, other: Piece) -> tuple[Piece, Piece]:
    both = {one.type, other.type}
    if both <= NUMERIC:
        return compiler.number(one), compiler.number(other)
    if both <= {"text", "blank"}:
        return compiler.text(one), compiler.text(other)
    if both - {"blank"} in ({"day"}, {"moment"}):
        return one, other
    if both == {"text", "number"} and operator in {"=", "!="} and not (one.blank or other.blank):
        return _beside_blank(compiler, one, other)
    raise Unsupported


def _beside_blank(compiler: Compiler, one: Piece, other: Piece) -> tuple[Piece, Piece]:
    """A text and a number compare as texts, but an empty text equals 0: only full ones have it."""
    known = one if one.type == "text" else other
    if not known.constant:
        raise Unsupported
    return compiler.text(one), compiler.text(other)


def _test(compiler: Compiler, operator: str, left: Piece, right: Piece) -> Sql:
    if left.type in {"number", "text"} and right.type in {"number", "text"}:
        collate = ' COLLATE "C"' if left.type == "text" and not compiler.sqlite else ""
        sign = "<>" if operator == "!=" else operator
        return sql(f"({{}}{collate} {sign} {{}}{collate})", left.value, right.value)
    if operator in {"=", "!="}:
        word = "IS NOT DISTINCT FROM" if operator == "=" else "IS DISTINCT FROM"
        return sql(f"({{}} {word} {{}})", left.value, right.value)
    first = compiler.by("''", "'-infinity'")
    test = f"(COALESCE({{}}, {first}) {operator} COALESCE({{}}, {first}))"
    return sql(test, left.value, right.value)
