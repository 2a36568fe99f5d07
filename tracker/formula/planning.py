"""A formula made ready for a table: names resolved, types known, closures that compute it."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import peewee as pw

from tracker import clock
from tracker.context import Context, Directory
from tracker.errors import Refused
from tracker.formula import operators, reading
from tracker.formula.function import Argument, Function, registry
from tracker.formula.lexer import wrong
from tracker.formula.naming import Fields, need
from tracker.formula.nodes import Call, Chain, Negative, Node, Number, Reference, String
from tracker.formula.parser import parse
from tracker.formula.sql import Compiled, compiled, tested
from tracker.formula.values import (
    Env,
    Fault,
    FormulaError,
    Value,
    instant,
    items,
    local,
    number_of,
    plain,
    text_of,
    truth,
    when_of,
)
from tracker.schema import Field
from tracker.text import _

Run = Callable[[Env], Value]
Values = Callable[[Any], Any]

_TAKEN: dict[str, Callable[[Value, Env], Any]] = {
    "text": text_of,
    "number": number_of,
    "truth": truth,
    "when": when_of,
    "list": lambda value, _env: items(value),
    "any": lambda value, _env: value,
}


@dataclass(frozen=True)
class Plan:
    """A formula of one table. ``system`` names what it reads of the record besides fields."""

    source: str
    type: str  # "text", "number", "truth", "day", "moment" or "list"
    inputs: tuple[Field, ...]
    volatile: bool
    system: tuple[str, ...]
    node: Node = field(repr=False)
    exact: str = field(repr=False)  # the type before it is settled: also "any" and "blank"
    run: Run = field(repr=False)
    fields: dict[int, Field] = field(repr=False)  # of each reference, by its position
    types: dict[int, str] = field(repr=False)  # of each node, by id()

    def raw(self, values: Values, context: Context, now: datetime | None = None) -> Value:
        """The value as it comes; raises `Fault`."""
        env = Env(values, now or clock.now(), context)
        try:
            return self.run(env)
        except (ArithmeticError, ValueError) as problem:
            raise Fault(_("A number is too large.")) from problem

    def value(
        self,
        values: Values,
        *,
        now: datetime | None = None,
        zone: str = "Asia/Shanghai",
        lang: str = "zh",
        directory: Directory | None = None,
    ) -> Value | FormulaError:
        """The value for one record, or the error in its place; never raises.

        ``values(field)`` gives stored forms; it is asked for ``"id"``, ``"created_at"`` and
        ``"updated_at"`` too where the formula reads them. A list is a list of plain values.
        """
        context = Context(lang, zone, directory or Directory())
        try:
            found = self.raw(values, context, now)
            return _settled(found, self.type, Env(values, now or clock.now(), context))
        except Fault as fault:
            return fault.error

    def holds(
        self,
        values: Values,
        *,
        now: datetime | None = None,
        zone: str = "Asia/Shanghai",
        lang: str = "zh",
        directory: Directory | None = None,
    ) -> bool:
        """Whether a record passes a filter by this formula: true and without error."""
        try:
            context = Context(lang, zone, directory or Directory())
            return truth(self.raw(values, context, now))
        except Fault:
            return False

    def test(self, column: Callable[[Any], Any], **when: Any) -> pw.Node | None:
        """`holds` as an SQL test, or None; ``column`` and ``when`` as for `sql`."""
        return tested(self, column, **when)

    def sql(self, column: Callable[[Any], Any], **when: Any) -> Compiled | None:
        """The formula as SQL (`tracker.formula.sql.compiled`), or None where it has no such form.

        ``column(field)`` gives the column of a field, or of ``"id"``, ``"created_at"``,
        ``"updated_at"``; ``now`` and ``zone`` as for `value`.
        """
        return compiled(self, column, **when)


def _settled(value: Value, type_: str, env: Env) -> Value:
    """A value in the one form that results of ``type_`` have."""
    value = plain(value)
    if value is None or value == "" or value == ():
        return None
    match type_:
        case "text":
            return text_of(value, env) or None
        case "number":
            return number_of(value, env) + 0.0
        case "truth":
            return truth(value)
        case "moment":
            return instant(when_of(value, env), env)
        case "day":
            return local(when_of(value, env), env).date()
        case "list":
            return [plain(one) for one in items(value)]
    return value


def plan(source: str, table: Fields) -> Plan:
    """``source`` (with names or ids of fields) for ``table``; `Refused` in words otherwise."""
    node = parse(source)
    planner = _Planner(source, table)
    run = planner.made(node)
    exact = planner.types[id(node)]
    return Plan(
        source,
        {"any": "text", "blank": "text"}.get(exact, exact),
        tuple({one.id: one for one in planner.fields.values()}.values()),
        planner.volatile,
        tuple(sorted(planner.system)),
        node,
        exact,
        run,
        planner.fields,
        planner.types,
    )


class _Planner:
    def __init__(self, source: str, table: Fields) -> None:
        self.source, self.table = source, table
        self.fields: dict[int, Field] = {}
        self.types: dict[int, str] = {}
        self.volatile = False
        self.system: set[str] = set()

    def made(self, node: Node) -> Run:
        """The closure that computes ``node``; its type is noted."""
        match node:
            case Number() | String():
                return self.constant(node)
            case Reference():
                return self.reference(node)
            case Negative():
                inner = self.made(node.operand)
                return self.typed(node, "number", lambda env: -number_of(inner(env), env))
            case Chain():
                return self.chain(node)
            case Call():
                return self.call(node)

    def typed(self, node: Node, type_: str, run: Run) -> Run:
        self.types[id(node)] = type_
        return run

    def constant(self, node: Number | String) -> Run:
        value = node.value if node.value != "" else None
        kind = "number" if isinstance(node, Number) else "text" if node.value else "blank"
        return self.typed(node, kind, lambda env: value)

    def reference(self, node: Reference) -> Run:
        found = need(node, self.table, self.source)
        self.fields[node.at] = found

        def run(env: Env) -> Value:
            value = reading.read(found, env.values(found), env.context)
            if isinstance(value, FormulaError):
                raise Fault(value.text, value.code)
            return value

        return self.typed(node, reading.type_of(found), run)

    def chain(self, node: Chain) -> Run:
        first = self.made(node.first)
        kind = self.types[id(node.first)]
        steps: list[tuple[Callable[[Value, Value, Env], Value], Run]] = []
        for step in node.steps:
            operator = operators.OPERATORS[step.operator]
            right = self.made(step.operand)
            kind = operator.gives(kind, self.types[id(step.operand)])
            if step.operator == "+" and kind == "text":  # also where both are empty
                operator = operators.OPERATORS["&"]
            steps.append((operator.apply, right))

        def run(env: Env) -> Value:
            value = first(env)
            for apply, right in steps:
                value = apply(value, right(env), env)
            return value

        return self.typed(node, kind, run)

    def call(self, node: Call) -> Run:
        function = self.function(node)
        runs = [self.made(argument) for argument in node.arguments]
        taken = list(function.taking(len(runs)))
        self.volatile |= function.volatile
        if function.system:
            self.system.add(function.system)
        types = tuple(self.types[id(argument)] for argument in node.arguments)
        gives = function.gives
        kind = gives if isinstance(gives, str) else gives(types, node.arguments)
        called = _lazy(function, runs) if function.lazy else _eager(function, runs, taken)
        return self.typed(node, kind, _guarded(called, node.at))

    def function(self, node: Call) -> Function:
        registry.load()
        function = registry.kinds.get(node.name)
        if function is None:
            raise self.no_function(node)
        count, most = len(node.arguments), function.most
        if count < function.least or (most is not None and count > most):
            text = _("{name} is written {signature}.", name=node.name, signature=function.signature)
            raise wrong(self.source, node.at, text)
        return function

    def no_function(self, node: Call) -> Refused:
        near = difflib.get_close_matches(node.name, registry.kinds, n=1, cutoff=0.7)
        if near:
            text = _(
                "There is no function {name}; there is {near}.", name=node.name[:40], near=near[0]
            )
        else:
            text = _("There is no function {name}.", name=node.name[:40])
        return wrong(self.source, node.at, text)


def _eager(function: Function, runs: list[Run], taken: list[Argument]) -> Run:
    call = function.call
    pairs = [(run, _TAKEN[one.kind]) for run, one in zip(runs, taken, strict=True)]
    if function.env:
        return lambda env: call(env, *[take(run(env), env) for run, take in pairs])
    return lambda env: call(*[take(run(env), env) for run, take in pairs])


def _lazy(function: Function, runs: list[Run]) -> Run:
    return lambda env: function.call(env, *runs)


def _guarded(called: Run, at: int) -> Run:
    """Counts the work and turns what mathematics refuses into a `Fault` with its position."""

    def run(env: Env) -> Value:
        env.work(1)
        try:
            value = called(env)
        except Fault as fault:
            fault.at = at if fault.at is None else fault.at
            raise
        except (ArithmeticError, ValueError):
            raise Fault(_("A number is too large."), at=at) from None
        if isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return value or None if isinstance(value, str | tuple) else value

    return run
