"""Functions of logic. IF and SWITCH compute only the branch they take."""

from __future__ import annotations

from typing import Any

from tracker.formula.function import Types, function
from tracker.formula.types import unify
from tracker.formula.values import Env, Fault, same, truth
from tracker.text import _


@function(
    "IF",
    "test:truth then:any [otherwise:any]",
    lambda types, _nodes: unify(types[1:]),
    _("One value where a test is true, another (or blank) where it is not."),
    'IF(2 > 1, "yes", "no")',
    env=True,
    lazy=True,
)
def either(env: Env, test: Any, then: Any, otherwise: Any = None) -> Any:
    if truth(test(env)):
        return then(env)
    return otherwise(env) if otherwise else None


def _switched(types: Types, _nodes: Any) -> str:
    rest = types[1:]
    default = (rest[-1],) if len(rest) % 2 else ()
    return unify((*rest[1::2], *default))


@function(
    "SWITCH",
    "value:any pattern:any result:any [more:any…]",
    _switched,
    _("The result that stands behind the first pattern equal to the value, or the default."),
    'SWITCH(2, 1, "one", 2, "two", "many")',
    env=True,
    lazy=True,
)
def switch(env: Env, value: Any, *cases: Any) -> Any:
    found = value(env)
    for pattern, result in zip(cases[::2], cases[1::2], strict=False):
        if same(found, pattern(env), env):
            return result(env)
    return cases[-1](env) if len(cases) % 2 else None


@function(
    "AND",
    "test:truth…",
    "truth",
    _("True where all tests are true."),
    "AND(2 > 1, 3 > 2)",
)
def conjunction(*tests: bool) -> bool:
    return all(tests)


@function(
    "OR", "test:truth…", "truth", _("True where one test at least is true."), "OR(2 > 1, 1 > 2)"
)
def disjunction(*tests: bool) -> bool:
    return any(tests)


@function(
    "XOR",
    "test:truth…",
    "truth",
    _("True where an odd number of tests is true."),
    "XOR(TRUE(), FALSE(), TRUE())",
)
def odd_one_out(*tests: bool) -> bool:
    return sum(tests) % 2 == 1


@function("NOT", "test:truth", "truth", _("True where the test is not."), "NOT(1 > 2)")
def negation(test: bool) -> bool:
    return not test


@function("TRUE", "", "truth", _("The value true; as a number 1."), "TRUE()")
def true() -> bool:
    return True


@function("FALSE", "", "truth", _("The value false; as a number 0."), "FALSE()")
def false() -> bool:
    return False


@function("BLANK", "", "blank", _("No value."), "BLANK()")
def blank() -> None:
    return None


@function("ERROR", "", "blank", _("An error."), "IF(1 > 2, ERROR())")
def error() -> None:
    raise Fault(_("The formula asked for an error."))


@function(
    "ISERROR",
    "value:any",
    "truth",
    _("True where computing the value fails."),
    "ISERROR(1 / 0)",
    env=True,
    lazy=True,
)
def is_error(env: Env, value: Any) -> bool:
    try:
        value(env)
    except Fault:
        return True
    return False
