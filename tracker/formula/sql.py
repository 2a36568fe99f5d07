"""Formulas as SQL for the database in use, equal to what `Plan.value` gives, or none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import peewee as pw

from tracker import clock, db, fieldtypes, limits
from tracker.context import Context
from tracker.fieldtypes import TextColumn
from tracker.formula import reading
from tracker.formula.comparing import compared
from tracker.formula.nodes import Call, Chain, Negative, Node, Number, Reference, String
from tracker.formula.pieces import (
    FALSE,
    NOTHING,
    NULL,
    PRECISE,
    WILD,
    Param,
    Piece,
    Sql,
    Unsupported,
    bounded,
    fails,
    first_error,
    forms,
    joined,
    number,
    sql,
    text,
)
from tracker.formula.values import DIVISION, Env, Fault, instant, read_when
from tracker.schema import Field

if TYPE_CHECKING:
    from tracker.formula.planning import Plan

OPTIONS = 100  # options of a choice that are written out
GROWING = (3, 46)  # since this SQLite the stack of its parser grows; before, it holds 100 signs
SHALLOW = 16  # how deep pieces may stand in each other for that
FIELD_HIGH = math.log10(2.0**63)


@dataclass(frozen=True)
class Compiled:
    """Two expressions: the value (NULL where it is blank or an error), and the error's code."""

    value: pw.Node
    error: pw.Node | None  # None where the formula cannot fail
    type: str


def compiled(
    plan: Plan,
    column: Callable[[Any], Any],
    *,
    now: datetime | None = None,
    zone: str = "Asia/Shanghai",
) -> Compiled | None:
    """Both expressions, or None where the formula has no SQL form on this database."""
    if plan.exact == "list":
        return None
    compiler = Compiler(plan, column, now or clock.now(), zone)
    try:
        piece = compiler.result(compiler.piece(plan.node), plan.type)
        _check_depth(compiler, piece)
    except (Unsupported, Fault):
        return None
    value, error = piece.value, piece.error
    if error is not None:
        value = sql("CASE WHEN {} IS NULL THEN {} END", error, value)
    return Compiled(value.node(), error.node() if error else None, plan.type)


def tested(
    plan: Plan,
    column: Callable[[Any], Any],
    *,
    now: datetime | None = None,
    zone: str = "Asia/Shanghai",
) -> pw.Node | None:
    """The SQL test that is true where `Plan.holds` is, or None where the formula has none."""
    compiler = Compiler(plan, column, now or clock.now(), zone)
    try:
        piece = compiler.truth(compiler.piece(plan.node))
        _check_depth(compiler, piece)
    except (Unsupported, Fault):
        return None
    if piece.error is None:
        return piece.value.node()
    return sql("(CASE WHEN {} IS NULL THEN {} END IS TRUE)", piece.error, piece.value).node()


def _check_depth(compiler: Compiler, piece: Piece) -> None:
    depth = max(piece.value.depth, piece.error.depth if piece.error else 0)
    old = compiler.sqlite and pw.sqlite3.sqlite_version_info < GROWING
    if old and depth > SHALLOW:
        raise Unsupported


class Compiler:
    """Makes pieces of nodes, and turns pieces into the kind an operation takes."""

    def __init__(self, plan: Plan, column: Callable[[Any], Any], now: datetime, zone: str) -> None:
        self.plan, self.column, self.now, self.zone = plan, column, now, zone
        self.kind = db.kind()
        self.sqlite = self.kind == "sqlite"
        self.left = limits.FORMULA_WORK
        self.env = Env(lambda _field: None, now, Context(zone=zone))

    def by(self, sqlite: str, postgresql: str) -> str:
        return sqlite if self.sqlite else postgresql

    def work(self, characters: int) -> None:
        """What `Env.work` counts at most: a formula that may pass its limit has no SQL form."""
        self.left -= characters
        if self.left < 0:
            raise Unsupported

    # Nodes

    def piece(self, node: Node) -> Piece:
        match node:
            case Number():
                return self.double(node.value)
            case String():
                return self.string(node.value)
            case Reference():
                return self.field(self.plan.fields[node.at])
            case Negative():
                inner = self.number(self.piece(node.operand))
                known = -inner.constant if inner.constant is not None else None
                return replace(inner, value=sql("(- {})", inner.value), constant=known)
            case Chain():
                return self.chain(node)
            case Call():
                return self.call(node)

    def double(self, value: float) -> Piece:
        size = math.log10(abs(value)) if value else 0.0
        return bounded(
            Piece("number", number(value), None, False, 0, size, size, value.is_integer(), value)
        )

    def string(self, value: str) -> Piece:
        if not value:
            return Piece("blank", NULL)
        return Piece("text", text(value), None, False, len(value), constant=value)

    def call(self, node: Call) -> Piece:
        self.work(1)
        make = forms.get((node.name, self.kind))
        if make is None:
            raise Unsupported
        return make(self, *[self.piece(one) for one in node.arguments])

    def chain(self, node: Chain) -> Piece:
        if node.steps[0].operator == "&":
            return self.concat([node.first, *(step.operand for step in node.steps)])
        piece = self.piece(node.first)
        for step in node.steps:
            right = self.piece(step.operand)
            if step.operator in "+-*/":
                piece = bounded(self.arithmetic(step.operator, piece, right))
            else:
                piece = compared(self, step.operator, piece, right)
        return piece

    # Operators

    def concat(self, nodes: list[Node]) -> Piece:
        return self.concatenated([self.piece(node) for node in nodes])

    def concatenated(self, pieces: list[Piece]) -> Piece:
        """Texts in a row; one that may be too long says so as Python does."""
        texts = [self.text(piece) for piece in pieces]
        total = 0
        for one in texts:
            total += one.longest
            self.work(min(total, limits.FORMULA_TEXT))
        value = sql("({})", joined(" || ", [one.value for one in texts]))
        error = first_error(*(one.error for one in texts))
        if total > limits.FORMULA_TEXT:
            lengths = sql(" + ".join(["length({})"] * len(texts)), *(one.value for one in texts))
            error = first_error(error, fails(sql(f"{{}} > {limits.FORMULA_TEXT}", lengths)))
        return Piece("text", value, error, False, min(total, limits.FORMULA_TEXT))

    def arithmetic(self, operator: str, one: Piece, other: Piece) -> Piece:
        if operator in "+-" and {one.type, other.type} & {"day", "moment"}:
            return self.calendar(operator, one, other)
        if operator == "+" and {one.type, other.type} & {"text"}:
            return self.concatenated([one, other])
        left, right = self.number(one), self.number(other)
        errors = [left.error, right.error]
        low, high = _magnitude(operator, left, right)
        whole = operator != "/" and left.whole and right.whole and high < 15
        if operator == "/":
            errors.append(fails(sql("{} = 0", right.value), DIVISION))
            value = sql("({} / NULLIF({}, 0))", left.value, right.value)
        else:
            value = sql(f"({{}} {operator} {{}})", left.value, right.value)
        made = Piece("number", value, None, False, low=low, high=high, whole=whole)
        return made.failing(*errors)

    def calendar(self, operator: str, one: Piece, other: Piece) -> Piece:
        """A day less a day; the rest of calendar arithmetic stands in functions."""
        if operator != "-" or (one.type, other.type) != ("day", "day"):
            raise Unsupported
        if one.blank or other.blank:
            raise Unsupported  # a blank beside a date is a matter of Python
        days = self.by("(julianday({}) - julianday({}))", "CAST({} - {} AS DOUBLE PRECISION)")
        made = Piece("number", sql(days, one.value, other.value), high=7, whole=True)
        return made.failing(one.error, other.error)

    # Fields

    def field(self, field: Field) -> Piece:
        kind, type_ = fieldtypes.get(field), reading.type_of(field)
        if type_ in {"list", "any"} or not kind.stored or getattr(kind, "fails", False):
            raise Unsupported  # errors of a computed field stand elsewhere
        node = Sql((self.column(field),))
        match type_:
            case "number":
                return self.scaled(field, node)
            case "text":
                return self.words(field, node)
        return Piece(type_, node)

    def scaled(self, field: Field, node: Sql) -> Piece:
        places = reading.scale_of(field)
        value = sql("CAST({} AS DOUBLE PRECISION)", node)
        if not isinstance(fieldtypes.get(field).column(field), pw.IntegerField):
            return Piece("number", value, low=-WILD, high=WILD)
        if places:
            value = sql(f"({{}} / CAST({10**places} AS DOUBLE PRECISION))", value)
        return Piece("number", value, low=-places, high=FIELD_HIGH - places, whole=not places)

    def words(self, field: Field, node: Sql) -> Piece:
        choices = field.options.get("choices")
        column = fieldtypes.get(field).column(field)
        if isinstance(column, TextColumn):
            if not reading.is_plain(field):
                raise Unsupported
            lines = fieldtypes.get(field).widget in {"text", "email", "phone", "url"}
            longest = limits.TEXT_LENGTH if lines else limits.LONG_TEXT_LENGTH
            return Piece("text", sql("COALESCE({}, '')", node), blank=False, longest=longest)
        if not choices or len(choices) > OPTIONS:
            raise Unsupported
        whens = [sql(f"WHEN {int(one['id'])} THEN {{}}", text(one["name"])) for one in choices]
        value = sql("CASE {} {} ELSE '' END", node, joined(" ", whens))
        return Piece("text", value, blank=False, longest=max(len(one["name"]) for one in choices))

    # What an operation takes

    def number(self, piece: Piece) -> Piece:
        match piece.type:
            case "number" if not piece.blank:
                return piece
            case "number":
                zero = sql("COALESCE({}, CAST(0 AS DOUBLE PRECISION))", piece.value)
                return replace(piece, value=zero, blank=False)
            case "truth":
                one = (
                    "CASE WHEN {} THEN CAST(1 AS DOUBLE PRECISION) "
                    "ELSE CAST(0 AS DOUBLE PRECISION) END"
                )
                return Piece("number", sql(one, piece.value), piece.error, False, whole=True)
            case "blank":
                return replace(self.double(0.0), error=piece.error)
        raise Unsupported

    def text(self, piece: Piece) -> Piece:
        match piece.type:
            case "text":
                value = sql("COALESCE({}, '')", piece.value) if piece.blank else piece.value
                return replace(piece, value=value, blank=False)
            case "blank":
                return Piece("text", NOTHING, piece.error, False)
            case "number":
                return Piece("text", self.digits(piece), piece.error, False, 32)
            case "truth":
                shown = "CASE WHEN {} IS NULL THEN '' WHEN {} THEN '1' ELSE '0' END"
                value = sql(shown, piece.value, piece.value)
                return Piece("text", value, piece.error, False, 1)
            case "day":
                shown = self.by("COALESCE({}, '')", "COALESCE(to_char({}, 'YYYY-MM-DD'), '')")
                return Piece("text", sql(shown, piece.value), piece.error, False, 10)
            case "moment":
                shown = self.by(
                    "COALESCE(replace({}, ' ', 'T') || '.000Z', '')",
                    "COALESCE(to_char({}, 'YYYY-MM-DD\"T\"HH24:MI:SS\".000Z\"'), '')",
                )
                return Piece("text", sql(shown, piece.value), piece.error, False, 24)
        raise Unsupported

    def digits(self, piece: Piece) -> Sql:
        """`values.number_text`: PostgreSQL writes the same shortest digits, SQLite does not."""
        if self.sqlite:
            return sql("formula('digits', '', {})", piece.value)
        shown = sql("CAST(CAST(CAST({} AS TEXT) AS NUMERIC) AS TEXT)", piece.value)
        if piece.high >= 21 or piece.low < -6:
            plain = sql("(abs({}) >= 1e-6 AND abs({}) < 1e21) OR {} = 0", *[piece.value] * 3)
            power = r"regexp_replace(CAST({} AS TEXT), 'e([+-])0*', 'e\1')"
            shown = sql(f"CASE WHEN {{}} THEN {{}} ELSE {power} END", plain, shown, piece.value)
        return sql("COALESCE({}, '')", shown)

    def truth(self, piece: Piece) -> Piece:
        tests = {
            "number": "COALESCE({} <> 0, 1 = 0)",
            "text": "COALESCE({} <> '', 1 = 0)",
            "truth": "({} IS TRUE)",
            "day": "({} IS NOT NULL)",
            "moment": "({} IS NOT NULL)",
        }
        if piece.type == "blank":
            return Piece("truth", FALSE, piece.error, False)
        test = sql(tests[piece.type], piece.value)
        return Piece("truth", test, piece.error, False, whole=True)

    def when(self, piece: Piece) -> Piece:
        """A day or moment; an empty one is an error. A text that is written out is read now."""
        if piece.type == "text" and isinstance(piece.constant, str):
            return self.date(read_when(piece.constant, self.env))
        if piece.type not in {"day", "moment"}:
            raise Unsupported
        if not piece.blank:
            return piece
        empty = fails(sql("{} IS NULL", piece.value))
        return replace(piece, error=first_error(piece.error, empty), blank=False)

    def date(self, value: date) -> Piece:
        """A day or moment that is known now."""
        if isinstance(value, datetime):
            shown, type_ = value.isoformat(" ", "seconds"), "moment"
        else:
            shown, type_ = value.isoformat(), "day"
        cast = self.by("TEXT", "TIMESTAMP" if type_ == "moment" else "DATE")
        node = Sql(("CAST(", Param(shown), f" AS {cast})"))
        return Piece(type_, node, blank=False, constant=value)

    def moment(self, piece: Piece) -> Piece:
        """A moment in UTC. Only a known day is turned into one: clocks have gaps."""
        piece = self.when(piece)
        if piece.type == "moment":
            return piece
        if not isinstance(piece.constant, date):
            raise Unsupported
        return replace(self.date(instant(piece.constant, self.env)), error=piece.error)

    def wall(self, piece: Piece) -> Piece:
        """What the clock on the wall shows, as a timestamp; of a day its midnight."""
        piece = self.when(piece)
        if piece.type == "day":
            midnight = self.by("({} || ' 00:00:00')", "CAST({} AS TIMESTAMP)")
            return replace(piece, value=sql(midnight, piece.value), type="wall")
        return replace(piece, value=self.local(piece.value), type="wall")

    def local(self, moment: Sql) -> Sql:
        """A moment as the clock of the zone shows it."""
        zone = text(self.zone)
        if not self.sqlite:
            return sql("(({} AT TIME ZONE 'UTC') AT TIME ZONE {})", moment, zone)
        slowly = sql("formula('local', {}, {})", zone, moment)
        minutes = clock.fixed_offset(self.zone)
        if minutes is None:
            return slowly
        test = "{} BETWEEN '2000-01-02' AND '9999-12-30'"  # the clock has not moved since
        template = f"CASE WHEN {test} THEN datetime({{}}, '{minutes} minutes') ELSE {{}} END"
        return sql(template, moment, moment, slowly)

    def result(self, piece: Piece, type_: str) -> Piece:
        """The piece as the formula's result: an empty text is NULL."""
        if piece.type == "blank":
            cast = {"number": "DOUBLE PRECISION", "truth": "BOOLEAN"}.get(type_, "TEXT")
            return replace(piece, value=sql(f"CAST({{}} AS {cast})", NULL))
        if piece.type == "text":
            return replace(piece, value=sql("NULLIF({}, '')", self.text(piece).value))
        if piece.type != type_:
            raise Unsupported
        return piece


def _magnitude(operator: str, left: Piece, right: Piece) -> tuple[float, float]:
    """Between which powers of ten results lie that are not 0."""
    match operator:
        case "*":
            return left.low + right.low, left.high + right.high
        case "/":
            return left.low - right.high, left.high - right.low
    low = 0.0 if left.whole and right.whole else min(left.low, right.low) - PRECISE
    return low, max(left.high, right.high) + 0.31
