"""The operators of formulas: what they do with two values, and of what type that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker.formula import units
from tracker.formula.values import (
    DIVISION,
    Env,
    Fault,
    Value,
    finite,
    instant,
    items,
    less,
    number_of,
    plain,
    same,
    text_of,
)
from tracker.text import _


@dataclass(frozen=True)
class Operator:
    apply: Callable[[Value, Value, Env], Value]
    gives: Callable[[str, str], str]


def _single(value: Value) -> Value:
    value = plain(value)
    return items(value)[0] if isinstance(value, tuple) and len(value) == 1 else value


def _join(left: Value, right: Value, env: Env) -> str | None:
    one, other = text_of(left, env), text_of(right, env)
    env.made(len(one) + len(other))
    return one + other or None


def _add(left: Value, right: Value, env: Env) -> Value:
    """Numbers are added, texts joined, days added to a date."""
    left, right = _single(left), _single(right)
    if isinstance(left, date) or isinstance(right, date):
        return _later(left, right, env)
    if isinstance(left, str | tuple) or isinstance(right, str | tuple):
        return _join(left, right, env)
    return finite(number_of(left, env) + number_of(right, env))


def _later(left: Value, right: Value, env: Env) -> Value:
    if isinstance(left, str) or isinstance(right, str):
        return _join(left, right, env)
    if isinstance(left, date) and isinstance(right, date):
        raise Fault(_("Two dates cannot be added."))
    when, number = (left, right) if isinstance(left, date) else (right, left)
    days = number_of(number, env)
    if not isinstance(when, datetime):
        return units.add(when, days, "days")
    try:
        return (when + timedelta(days=days)).replace(microsecond=0)
    except OverflowError:
        raise Fault(_("This date is out of range.")) from None


def _subtract(left: Value, right: Value, env: Env) -> Value:
    """Numbers; a date less a date is days; a date less a number is an earlier date."""
    left, right = _single(left), _single(right)
    if not isinstance(left, date):
        return finite(number_of(left, env) - number_of(right, env))
    if not isinstance(right, date):
        return _later(left, -number_of(right, env), env)
    if isinstance(left, datetime) or isinstance(right, datetime):
        return (instant(left, env) - instant(right, env)) / timedelta(days=1)
    return float((left - right).days)


def _multiply(left: Value, right: Value, env: Env) -> float:
    return finite(number_of(left, env) * number_of(right, env))


def _divide(left: Value, right: Value, env: Env) -> float:
    number, divisor = number_of(left, env), number_of(right, env)
    if divisor == 0:
        raise Fault(_("Nothing can be divided by 0."), DIVISION)
    return finite(number / divisor)


def _sum_type(left: str, right: str) -> str:
    both = {left, right}
    if "text" in both:
        return "text"
    if both & {"any", "list"}:
        return "any"
    if "moment" in both:
        return "moment"
    return "day" if "day" in both else "number"


def _difference_type(left: str, right: str) -> str:
    if left not in {"day", "moment", "any"}:
        return "number"
    if right in {"day", "moment"}:
        return "number"
    return "any" if "any" in {left, right} or right == "blank" else left


def _always(type_: str) -> Callable[[str, str], str]:
    return lambda _left, _right: type_


OPERATORS: dict[str, Operator] = {
    "&": Operator(_join, _always("text")),
    "+": Operator(_add, _sum_type),
    "-": Operator(_subtract, _difference_type),
    "*": Operator(_multiply, _always("number")),
    "/": Operator(_divide, _always("number")),
    "=": Operator(same, _always("truth")),
    "!=": Operator(lambda left, right, env: not same(left, right, env), _always("truth")),
    "<": Operator(less, _always("truth")),
    ">": Operator(lambda left, right, env: less(right, left, env), _always("truth")),
    "<=": Operator(lambda left, right, env: not less(right, left, env), _always("truth")),
    ">=": Operator(lambda left, right, env: not less(left, right, env), _always("truth")),
}
