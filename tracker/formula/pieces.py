"""Pieces of SQL with what is known of their values; a formula is put together from them.

A piece has a form only where both databases and Python give the same double, text or date.
What could overflow, grow too long or differ raises `Unsupported`: the formula is then computed
in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import peewee as pw

from tracker import limits

SIZE, DEPTH = 4_000, 200  # parts of one expression, and how deep databases parse them
OVERFLOW, PRECISE = 290.0, 16.0  # powers of ten: what doubles hold, and their digits
WILD = 308.0  # the power of ten of a number of which nothing is known


class Unsupported(Exception):
    """This formula has no SQL form that gives the same on both databases."""


@dataclass(frozen=True)
class Param:
    value: Any


@dataclass(frozen=True)
class Sql:
    """Text, parameters and columns in a row, so that no tree of nodes can grow too deep."""

    parts: tuple[Any, ...]
    depth: int = 0

    def node(self) -> pw.Node:
        nodes = [
            pw.SQL(part)
            if isinstance(part, str)
            else pw.Value(part.value, unpack=False)
            if isinstance(part, Param)
            else part
            for part in self.parts
        ]
        return pw.NodeList(nodes, glue="")


def sql(template: str, *inner: Sql) -> Sql:
    """``template`` with the pieces in place of each ``{}``."""
    texts = template.split("{}")
    parts: list[Any] = [texts[0]]
    for piece, text in zip(inner, texts[1:], strict=True):
        parts += [*piece.parts, text]
    depth = 1 + max((piece.depth for piece in inner), default=0)
    if len(parts) > SIZE or depth > DEPTH:
        raise Unsupported
    return Sql(_merged(parts), depth)


def joined(glue: str, pieces: list[Sql]) -> Sql:
    return sql(glue.join(["{}"] * len(pieces)), *pieces)


def _merged(parts: list[Any]) -> tuple[Any, ...]:
    merged: list[Any] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        elif part != "":
            merged.append(part)
    return tuple(merged)


NULL = Sql(("NULL",))
NOTHING = Sql(("''",))
FALSE = Sql(("(1 = 0)",))
TRUE = Sql(("(1 = 1)",))


def number(value: float) -> Sql:
    return Sql(("CAST(", Param(float(value)), " AS DOUBLE PRECISION)"))


def text(value: str) -> Sql:
    return Sql(("CAST(", Param(value), " AS TEXT)")) if value else NOTHING


@dataclass(frozen=True)
class Piece:
    """A value as SQL. ``error`` gives the code of an error or NULL; None: it cannot fail."""

    type: str
    value: Sql
    error: Sql | None = None
    blank: bool = True  # whether it may be NULL
    longest: int = 0  # characters of a text
    low: float = 0.0  # powers of ten between which numbers lie that are not 0
    high: float = 0.0
    whole: bool = False  # whether numbers have no decimals
    constant: Any = None  # its Python value, where it is one

    def failing(self, *errors: Sql | None) -> Piece:
        return replace(self, error=first_error(*errors))


def first_error(*errors: Sql | None) -> Sql | None:
    known = [error for error in errors if error is not None]
    if len(known) < 2:
        return known[0] if known else None
    return sql(f"COALESCE({', '.join(['{}'] * len(known))})", *known)


def fails(test: Sql, code: str = "#ERROR!") -> Sql:
    """The error ``code`` where ``test`` is true."""
    return sql(f"CASE WHEN {{}} THEN '{code}' END", test)


def bounded(piece: Piece) -> Piece:
    """Refuses numbers that could leave what doubles hold: PostgreSQL stops there."""
    if piece.high > OVERFLOW or piece.low < -OVERFLOW:
        raise Unsupported
    return piece


def short(length: int) -> int:
    if length > limits.FORMULA_TEXT:
        raise Unsupported
    return length


Form = Callable[..., Piece]
forms: dict[tuple[str, str], Form] = {}


def form(name: str, *kinds: str) -> Callable[[Form], Form]:
    """Registers the SQL form of a function for these kinds of database (both, without any).

    It gets the compiler and the pieces of the arguments, and answers a piece.
    """

    def keep(make: Form) -> Form:
        for kind in kinds or ("sqlite", "postgresql"):
            if (name, kind) in forms:
                raise RuntimeError(f"two SQL forms of {name} for {kind}")
            forms[name, kind] = make
        return make

    return keep
