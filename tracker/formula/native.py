"""SQLite calls these from SQL: functions of formulas in Python, where SQL has no equal form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from tracker.context import Context
from tracker.formula import units
from tracker.formula.function import Function, registry
from tracker.formula.values import Env, Fault, Value, number_text, to_local
from tracker.text import _

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC; functions of the clock are not called so


def digits(_zone: str, number: float | None) -> str:
    return "" if number is None else number_text(number)


def local(zone: str, moment: str | None) -> str | None:
    if moment is None:
        return None
    try:
        return to_local(datetime.fromisoformat(moment), zone).isoformat(" ", "seconds")
    except Fault:  # out of range
        return None


def months(_zone: str, later: str | None, earlier: str | None) -> int | None:
    if later is None or earlier is None:
        return None
    one, other = datetime.fromisoformat(later), datetime.fromisoformat(earlier)
    return units.months_between(one, other)


def months_later(_zone: str, day: str | None, count: int) -> str | None:
    try:
        return None if day is None else units.add_months(date.fromisoformat(day), count).isoformat()
    except ValueError:  # out of range
        return None


def _when(stored: Any) -> Any:
    if stored is None:
        raise Fault(_("The date is empty."))
    return date.fromisoformat(stored) if len(stored) == 10 else datetime.fromisoformat(stored)


def _computed(function: Function, zone: str, arguments: tuple[Any, ...]) -> Value:
    taken = list(function.taking(len(arguments)))
    given = [
        _when(one) if kind.kind == "when" else one
        for one, kind in zip(arguments, taken, strict=True)
    ]
    if not function.env:
        return function.call(*given)
    return function.call(Env(lambda _field: None, EPOCH, Context(zone=zone)), *given)


def _stored(value: Value) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _value(function: Function) -> Callable[..., Any]:
    def value(zone: str, *arguments: Any) -> Any:
        try:
            return _stored(_computed(function, zone, arguments))
        except (Fault, ArithmeticError, ValueError):
            return None

    return value


def _error(function: Function) -> Callable[..., Any]:
    def error(zone: str, *arguments: Any) -> str | None:
        try:
            _computed(function, zone, arguments)
        except Fault as fault:
            return fault.code
        except (ArithmeticError, ValueError):
            return "#ERROR!"
        return None

    return error


class _Functions(dict[str, Callable[..., Any]]):
    """By name; ``NAME!`` answers the code of the error or None."""

    def __missing__(self, name: str) -> Callable[..., Any]:
        registry.load()
        make = _error if name.endswith("!") else _value
        made = self[name] = make(registry.kinds[name.removesuffix("!")])
        return made


FUNCTIONS = _Functions(digits=digits, local=local, months=months, months_later=months_later)
