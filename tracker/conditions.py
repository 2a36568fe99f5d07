"""The one condition language: filters, row rules, show-if and automations are all written in it.

A condition is ``{"all": […]}``, ``{"any": […]}``, ``{"not": …}`` or a leaf
``{"field": ref, "op": key, "value": operand}``; ``true`` and ``false`` are conditions too.
An operand may be a variable, ``{"var": "me"}``. Read it as SQL, as Python or as a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import peewee as pw

from tracker import fieldtypes, limits
from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import Source
from tracker.operators import Operator
from tracker.periods import say_span
from tracker.schema import Field, Table
from tracker.text import Text, _, label, say

Condition = Any  # the JSON described above

VARIABLES: dict[str, Text] = {
    "me": _("me"),
    "my_department": _("my department"),
    "my_departments_below": _("my department and below"),
    "headed_departments": _("departments I head"),
}
TRUE = pw.SQL("1 = 1")
FALSE = pw.SQL("1 = 0")


class Unresolved(Exception):
    """A variable is empty or unknown for this viewer: rules deny, filters are refused."""


class Reader(Protocol):
    """For whom a condition is read: their variables and how they write values."""

    @property
    def context(self) -> Context: ...

    def variable(self, name: str) -> list[int]:
        """The ids a variable stands for; empty when there are none."""


def sql(condition: Condition, table: Table, source: Source, reader: Reader) -> Any:
    """The condition as an SQL test over ``source``. Raises `Refused` and `Unresolved`."""
    if isinstance(condition, bool):
        return TRUE if condition else FALSE
    if isinstance(condition, dict) and "records" in condition:  # a lane of granted records
        return source.among(condition["records"])
    kind, rest = _node(condition)
    if kind == "all":
        return _join([sql(one, table, source, reader) for one in rest], pw.OP.AND, TRUE)
    if kind == "any":
        return _join([sql(one, table, source, reader) for one in rest], pw.OP.OR, FALSE)
    if kind == "not":
        return pw.Case(None, [(sql(rest, table, source, reader), 0)], 1) == 1
    field, operator, operand = leaf(condition, table, reader)
    return fieldtypes.get(field).predicate(field, operator, operand, source)


def _join(tests: list[Any], operation: str, empty: Any) -> Any:
    result = None
    for test in tests:
        result = test if result is None else pw.Expression(result, operation, test)
    return empty if result is None else result


def holds(condition: Condition, table: Table, values: Mapping[int, Any], reader: Reader) -> bool:
    """Whether ``values`` (field id → stored value) meet the condition."""
    if isinstance(condition, bool):
        return condition
    kind, rest = _node(condition)
    if kind == "all":
        return all(holds(one, table, values, reader) for one in rest)
    if kind == "any":
        return any(holds(one, table, values, reader) for one in rest)
    if kind == "not":
        return not holds(rest, table, values, reader)
    field, operator, operand = leaf(condition, table, reader)
    return operator.test(values.get(field.id), operand)


def check(condition: Condition, table: Table, context: Context) -> Condition:
    """The condition with field ids instead of names, or `Refused` saying what is wrong in it."""
    if isinstance(condition, bool):
        return condition
    leaves: list[int] = []
    return _check(condition, table, _Anybody(context), 1, leaves)


class _Anybody:
    """A reader for checking: every variable stands for somebody."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def variable(self, name: str) -> list[int]:
        if name not in VARIABLES:
            raise Refused(_("There is no variable called {name}.", name=name))
        return [0]


def _check(condition: Any, table: Table, reader: Reader, depth: int, leaves: list[int]) -> Any:
    if depth > limits.CONDITION_DEPTH:
        raise Refused(_("Conditions nest at most {n} deep.", n=limits.CONDITION_DEPTH))
    if isinstance(condition, bool):
        return condition
    kind, rest = _node(condition)
    if kind in {"all", "any"}:
        return {kind: [_check(one, table, reader, depth + 1, leaves) for one in rest]}
    if kind == "not":
        return {"not": _check(rest, table, reader, depth + 1, leaves)}
    leaves.append(1)
    if len(leaves) > limits.CONDITION_LEAVES:
        raise Refused(_("A condition has at most {n} parts.", n=limits.CONDITION_LEAVES))
    field, operator, _operand = leaf(condition, table, reader)
    checked = {"field": field.id, "op": operator.key}
    return checked if operator.operand == "none" else {**checked, "value": condition.get("value")}


def _node(condition: Any) -> tuple[str, Any]:
    """``("all" | "any" | "not" | "leaf", what is inside)``; refuses anything else."""
    if not isinstance(condition, dict):
        raise Refused(_("This condition cannot be read."))
    for kind in ("all", "any"):
        if kind in condition:
            if not isinstance(condition[kind], list):
                raise Refused(_("This condition cannot be read."))
            return kind, condition[kind]
    if "not" in condition:
        return "not", condition["not"]
    if "field" not in condition or "op" not in condition:
        raise Refused(_("This condition cannot be read."))
    return "leaf", condition


def leaf(condition: Any, table: Table, reader: Reader) -> tuple[Field, Operator, Any]:
    """What a leaf compares: its field, operator and the operand in stored form."""
    field = table.find(condition["field"])
    if field is None:
        raise Refused(_("There is no field called {name}.", name=str(condition["field"])[:60]))
    operator = fieldtypes.get(field).operators.get(str(condition["op"]))
    if operator is None:
        raise Refused(
            _(
                "“{field}” cannot be compared with “{op}”.",
                field=field.name,
                op=str(condition["op"])[:30],
            )
        )
    return field, operator, _operand(condition.get("value"), field, operator, reader)


def _operand(raw: Any, field: Field, operator: Operator, reader: Reader) -> Any:
    """The operand as the operator wants it: nothing, one value, several, or a span."""
    if operator.operand == "none":
        return None
    kind = fieldtypes.get(field)
    if operator.operand == "range":
        return kind.operand(raw, field, reader.context)
    parts = raw if isinstance(raw, list) else [raw]
    values = [value for part in parts for value in _values(part, field, reader)]
    if len(values) > limits.CONDITION_VALUES:
        raise Refused(_("At most {n} values fit.", n=limits.CONDITION_VALUES))
    if not values or values == [None]:
        raise Unresolved
    return values if operator.operand == "values" else values[0]


def _values(part: Any, field: Field, reader: Reader) -> list[Any]:
    if isinstance(part, dict) and "var" in part:
        return list(reader.variable(str(part["var"])))
    value = fieldtypes.get(field).operand(part, field, reader.context)
    return value if isinstance(value, list) else [value]


def sentence(condition: Condition, table: Table, context: Context) -> str:
    """The condition in words, in the language of ``context``."""
    if isinstance(condition, bool):
        return (_("always") if condition else _("never")).to(context.lang)
    kind, rest = _node(condition)
    if kind in {"all", "any"}:
        word = _(" and ") if kind == "all" else _(" or ")
        parts = [_bracket(one, table, context) for one in rest]
        return word.to(context.lang).join(parts) or sentence(kind == "all", table, context)
    if kind == "not":
        return _("not ({condition})", condition=sentence(rest, table, context)).to(context.lang)
    field, operator, _operand = leaf(condition, table, _Anybody(context))
    said = _say_operand(condition.get("value"), field, operator, context)
    return Text(operator.phrase.message, field=f"「{label(field, context.lang)}」", value=said).to(
        context.lang
    )


def _bracket(condition: Condition, table: Table, context: Context) -> str:
    said = sentence(condition, table, context)
    compound = isinstance(condition, dict) and ("all" in condition or "any" in condition)
    return f"({said})" if compound else said


def _say_operand(raw: Any, field: Field, operator: Operator, context: Context) -> str:
    if operator.operand == "none":
        return ""
    if operator.operand == "range":
        return say_span(raw, context)
    kind = fieldtypes.get(field)
    parts = []
    for part in raw if isinstance(raw, list) else [raw]:
        if isinstance(part, dict) and "var" in part:
            parts.append(say(VARIABLES.get(part["var"], part["var"]), context.lang))
            continue
        value = kind.operand(part, field, context)
        several = kind.family in {"many", "link"}
        parts.append(kind.text([value] if several else value, field, context) or str(part))
    return " / ".join(parts)
