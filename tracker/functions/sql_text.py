"""Functions of text as SQL."""

from __future__ import annotations

from dataclasses import replace

from tracker import limits
from tracker.formula.pieces import (
    NULL,
    Piece,
    Sql,
    Unsupported,
    first_error,
    form,
    short,
    sql,
    text,
)
from tracker.formula.sql import Compiler
from tracker.formula.values import BLANKS, LOWER, UPPER

ONE = Piece("number", Sql(("1",)), blank=False, constant=1.0)


def count(compiler: Compiler, piece: Piece) -> Sql:
    """A number of characters as a whole number that is not negative."""
    number = compiler.number(piece)
    if number.constant is not None:
        return Sql((str(int(min(max(number.constant, 0), 1e9))),))
    least = compiler.by(
        "CAST(min(max({}, 0.0), 1e9) AS INTEGER)",
        "CAST(trunc(LEAST(GREATEST({}, 0), 1e9)) AS INTEGER)",
    )
    return sql(least, number.value)


def place(compiler: Compiler, piece: Piece) -> Sql:
    """A position from 1 on."""
    return sql(compiler.by("max({}, 1)", "GREATEST({}, 1)"), count(compiler, piece))


def cut(piece: Piece, value: Sql, *numbers: Piece) -> Piece:
    """Part of a text, as long as the whole at most."""
    error = first_error(piece.error, *(one.error for one in numbers))
    return replace(piece, value=value, error=error, constant=None)


@form("CONCATENATE")
def concatenate(compiler: Compiler, *texts: Piece) -> Piece:
    return compiler.concatenated(list(texts))


@form("LEFT")
def left(compiler: Compiler, whole: Piece, size: Piece = ONE) -> Piece:
    whole = compiler.text(whole)
    return cut(whole, sql("substr({}, 1, {})", whole.value, count(compiler, size)), size)


@form("RIGHT")
def right(compiler: Compiler, whole: Piece, size: Piece = ONE) -> Piece:
    whole, kept = compiler.text(whole), count(compiler, size)
    if compiler.sqlite:
        return cut(whole, sql("substr({}, - {}, {})", whole.value, kept, kept), size)
    return cut(whole, sql("right({}, {})", whole.value, kept), size)


@form("MID")
def mid(compiler: Compiler, whole: Piece, start: Piece, size: Piece) -> Piece:
    whole, first = compiler.text(whole), place(compiler, start)
    value = sql("substr({}, {}, {})", whole.value, first, count(compiler, size))
    return cut(whole, value, start, size)


@form("LEN")
def length(compiler: Compiler, whole: Piece) -> Piece:
    whole = compiler.text(whole)
    value = sql("CAST(length({}) AS DOUBLE PRECISION)", whole.value)
    return Piece("number", value, whole.error, False, high=9, whole=True)


# What has no letters of two cases, such as Chinese, needs no table of them.
PLAIN = r"'^[\x01-\x7F\u2E80-\u9FFF\uFF01-\uFF20]*$'"


def _cased(name: str, letters: dict[int, int]) -> None:
    @form(name, "postgresql")
    def turned(compiler: Compiler, whole: Piece) -> Piece:
        whole = compiler.text(whole)
        compiler.work(whole.longest)
        tables = (text("".join(map(chr, letters))), text("".join(map(chr, letters.values()))))
        value = sql(
            f'CASE WHEN ({{}} COLLATE "C") ~ {PLAIN} THEN {name.lower()}({{}} COLLATE "C") '
            "ELSE translate({}, {}, {}) END",
            *(whole.value, whole.value, whole.value, *tables),
        )
        return cut(whole, value)


_cased("LOWER", LOWER)
_cased("UPPER", UPPER)


@form("TRIM")
def trim(compiler: Compiler, whole: Piece) -> Piece:
    whole = compiler.text(whole)
    value = sql(compiler.by("trim({}, {})", "btrim({}, {})"), whole.value, text(BLANKS))
    return cut(whole, value)


def found(compiler: Compiler, what: Piece, whole: Piece, start: Piece | None) -> Piece:
    if start is not None and not (start.constant is not None and start.constant <= 1):
        raise Unsupported
    whole, what = compiler.text(whole), compiler.text(what)
    compiler.work(whole.longest)
    at = sql(compiler.by("instr({}, {})", "strpos({}, {})"), whole.value, what.value)
    value = sql("CAST({} AS DOUBLE PRECISION)", at)
    return Piece("number", value, first_error(what.error, whole.error), False, high=9, whole=True)


@form("FIND")
def find(compiler: Compiler, what: Piece, whole: Piece, start: Piece | None = None) -> Piece:
    return found(compiler, what, whole, start)


@form("SEARCH")
def search(compiler: Compiler, what: Piece, whole: Piece, start: Piece | None = None) -> Piece:
    piece = found(compiler, what, whole, start)
    return replace(piece, value=sql("NULLIF({}, 0)", piece.value), blank=True)


@form("REPLACE")
def replaced(compiler: Compiler, whole: Piece, start: Piece, size: Piece, new: Piece) -> Piece:
    whole, new = compiler.text(whole), compiler.text(new)
    longest = short(whole.longest + new.longest)
    compiler.work(longest)
    first = place(compiler, start)
    value = sql(
        "(substr({}, 1, {} - 1) || {} || substr({}, {} + {}))",
        *(whole.value, first, new.value, whole.value, first, count(compiler, size)),
    )
    made = cut(whole, value, start, size, new)
    return replace(made, longest=longest)


@form("SUBSTITUTE")
def substitute(compiler: Compiler, whole: Piece, old: Piece, new: Piece, *index: Piece) -> Piece:
    if index or not isinstance(old.constant, str):
        raise Unsupported
    whole, new = compiler.text(whole), compiler.text(new)
    growth = max(1, -(-new.longest // len(old.constant)))
    longest = short(whole.longest * growth)
    compiler.work(whole.longest + longest)
    value = sql("replace({}, {}, {})", whole.value, text(old.constant), new.value)
    return replace(cut(whole, value, new), longest=longest)


@form("REPT")
def rept(compiler: Compiler, whole: Piece, times: Piece) -> Piece:
    whole = compiler.text(whole)
    if times.constant is None:
        raise Unsupported
    number = int(min(max(times.constant, 0), 1e9))
    longest = short(whole.longest * number)
    compiler.work(longest)
    again = compiler.by(f"formula('REPT', '', {{}}, {number}.0)", f"repeat({{}}, {number})")
    value = sql(again, whole.value)
    return replace(whole, value=value, longest=longest, constant=None)


@form("T")
def only_text(compiler: Compiler, value: Piece) -> Piece:
    return value if value.type == "text" else Piece("blank", NULL, value.error)


@form("VALUE", "postgresql")
def number_shown(compiler: Compiler, value: Piece) -> Piece:
    if value.type != "number" or value.blank:
        raise Unsupported
    return value


@form("RECORD_ID")
def record_id(compiler: Compiler) -> Piece:
    shown = sql("CAST({} AS TEXT)", Sql((compiler.column("id"),)))
    return Piece("text", shown, blank=False, longest=limits.NAME_LENGTH)
