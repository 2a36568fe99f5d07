"""The operators of the condition language: each says itself in SQL, in Python and in words.

A value is always in stored form (see `tracker.fieldtypes`); an empty value is ``None``. Operands
arrive parsed. Comparisons with an empty value are false, except where the operator is negative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import peewee as pw

from tracker.folding import fold
from tracker.text import Text, _


@dataclass(frozen=True)
class Operator:
    """``operand`` is ``value``, ``values`` (a list), ``range`` (from, to) or ``none``."""

    key: str
    operand: str
    phrase: Text  # "{field} is {value}"
    sql: Callable[[Any, Any], pw.Expression]
    test: Callable[[Any, Any], bool]


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _contains(column: Any, text: str) -> pw.Expression:
    return pw.Expression(column, "ILIKE", _escaped(f"%{_like(text)}%"))


def _starts(column: Any, text: str) -> pw.Expression:
    return pw.Expression(column, "ILIKE", _escaped(f"{_like(text)}%"))


def _ends(column: Any, text: str) -> pw.Expression:
    return pw.Expression(column, "ILIKE", _escaped(f"%{_like(text)}"))


def _escaped(pattern: str) -> pw.NodeList:
    return pw.NodeList((pw.Value(pattern, converter=False), pw.SQL("ESCAPE '\\'")))


def _not(test: pw.Expression) -> pw.Expression:
    """Two-valued NOT: what is not true is false, also for empty values."""
    return pw.Case(None, [(test, 0)], 1) == 1


def _checked(column: Any) -> pw.Expression:
    return pw.Expression(column, "=", pw.Value(True, converter=False))


def _any_member(column: Any, members: list[int]) -> pw.Expression:
    test = pw.SQL("1 = 0")
    for member in members:
        test = test | _contains(column, f"|{member}|")
    return test


def _between(column: Any, limits: tuple[Any, Any]) -> pw.Expression:
    start, end = limits
    return (column >= start) & (column < end)


def _is_between(value: Any, limits: tuple[Any, Any]) -> bool:
    return value is not None and limits[0] <= value < limits[1]


def _both(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, operand: value is not None and compare(value, operand)


def _make(key: str, operand: str, phrase: Text, sql: Any, test: Any) -> tuple[str, Operator]:
    return key, Operator(key, operand, phrase, sql, test)


EMPTY = _make(
    "empty", "none", _("{field} is empty"), lambda c, v: c.is_null(), lambda a, v: a is None
)
FILLED = _make(
    "filled",
    "none",
    _("{field} is filled"),
    lambda c, v: c.is_null(False),
    lambda a, v: a is not None,
)
IS = _make("is", "value", _("{field} is {value}"), lambda c, v: c == v, lambda a, v: a == v)
IS_NOT = _make(
    "is_not", "value", _("{field} is not {value}"), lambda c, v: _not(c == v), lambda a, v: a != v
)
ANY_OF = _make(
    "any_of", "values", _("{field} is one of {value}"), lambda c, v: c.in_(v), lambda a, v: a in v
)
NONE_OF = _make(
    "none_of",
    "values",
    _("{field} is none of {value}"),
    lambda c, v: _not(c.in_(v)),
    lambda a, v: a not in v,
)
CONTAINS = _make(
    "contains",
    "value",
    _("{field} contains {value}"),
    _contains,
    _both(lambda a, v: fold(v) in fold(a)),
)
NOT_CONTAINS = _make(
    "not_contains",
    "value",
    _("{field} does not contain {value}"),
    lambda c, v: _not(_contains(c, v)),
    lambda a, v: a is None or fold(v) not in fold(a),
)
STARTS = _make(
    "starts_with",
    "value",
    _("{field} starts with {value}"),
    _starts,
    _both(lambda a, v: fold(a).startswith(fold(v))),
)
ENDS = _make(
    "ends_with",
    "value",
    _("{field} ends with {value}"),
    _ends,
    _both(lambda a, v: fold(a).endswith(fold(v))),
)
LT = _make("lt", "value", _("{field} < {value}"), lambda c, v: c < v, _both(lambda a, v: a < v))
LE = _make("le", "value", _("{field} ≤ {value}"), lambda c, v: c <= v, _both(lambda a, v: a <= v))
GT = _make("gt", "value", _("{field} > {value}"), lambda c, v: c > v, _both(lambda a, v: a > v))
GE = _make("ge", "value", _("{field} ≥ {value}"), lambda c, v: c >= v, _both(lambda a, v: a >= v))
ON = _make("on", "range", _("{field} is {value}"), _between, _is_between)
WITHIN = _make("within", "range", _("{field} is within {value}"), _between, _is_between)
BEFORE = _make(
    "before",
    "range",
    _("{field} is before {value}"),
    lambda c, v: c < v[0],
    _both(lambda a, v: a < v[0]),
)
AFTER = _make(
    "after",
    "range",
    _("{field} is after {value}"),
    lambda c, v: c >= v[1],
    _both(lambda a, v: a >= v[1]),
)
FROM = _make(
    "from",
    "range",
    _("{field} is {value} or later"),
    lambda c, v: c >= v[0],
    _both(lambda a, v: a >= v[0]),
)
UNTIL = _make(
    "until",
    "range",
    _("{field} is {value} or earlier"),
    lambda c, v: c < v[1],
    _both(lambda a, v: a < v[1]),
)
CHECKED = _make(
    "checked", "none", _("{field} is checked"), lambda c, v: _checked(c), lambda a, v: a is True
)
UNCHECKED = _make(
    "unchecked",
    "none",
    _("{field} is not checked"),
    lambda c, v: _not(_checked(c)),
    lambda a, v: a is not True,
)
HAS_ANY = _make(
    "has_any",
    "values",
    _("{field} has {value}"),
    _any_member,
    _both(lambda a, v: bool(set(a) & set(v))),
)
HAS_NONE = _make(
    "has_none",
    "values",
    _("{field} does not have {value}"),
    lambda c, v: _not(_any_member(c, v)),
    lambda a, v: a is None or not set(a) & set(v),
)

FAMILIES: dict[str, dict[str, Operator]] = {
    "text": dict([CONTAINS, NOT_CONTAINS, IS, IS_NOT, STARTS, ENDS, EMPTY, FILLED]),
    "number": dict([IS, IS_NOT, LT, LE, GT, GE, EMPTY, FILLED]),
    "time": dict([ON, WITHIN, BEFORE, AFTER, FROM, UNTIL, EMPTY, FILLED]),
    "checkbox": dict([CHECKED, UNCHECKED]),
    "one": dict([IS, IS_NOT, ANY_OF, NONE_OF, EMPTY, FILLED]),
    "many": dict([HAS_ANY, HAS_NONE, EMPTY, FILLED]),
    "button": dict([EMPTY, FILLED]),
    "files": dict([EMPTY, FILLED]),
    "rule": dict([EMPTY, FILLED]),
    "list": dict([EMPTY, FILLED]),
    "link": dict([HAS_ANY, HAS_NONE, EMPTY, FILLED]),
}
negate = _not
