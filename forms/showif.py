"""Show-if: whether a question is asked, by the answers above it; the same here and in the browser.

The server decides over parsed answers. The browser gets each condition with variables and spans
resolved and reads it with static/js/showif.js; a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from tracker import clock, conditions, fieldtypes
from tracker.conditions import Condition, Unresolved
from tracker.context import Context
from tracker.errors import Refused
from tracker.permissions import Viewer
from tracker.schema import Field, Table


def readable(condition: Condition | None, table: Table, viewer: Viewer) -> Condition | None:
    """The condition; None where it looks at what is gone: better asked than lost."""
    if condition is None:
        return None
    try:
        return conditions.check(condition, table, viewer.context)
    except Refused:
        return None


def holds(
    condition: Condition | None, table: Table, values: Mapping[int, Any], viewer: Viewer
) -> bool:
    """Whether the question is asked; ``values`` are the answers above it that are shown.

    A variable that stands for nobody (no department) makes the whole condition not hold.
    """
    if condition is None:
        return True
    try:
        return conditions.holds(condition, table, values, viewer)
    except Unresolved:
        return False


def fields_of(condition: Condition | None) -> set[int]:
    """The ids of the fields a checked condition looks at."""
    if not isinstance(condition, dict):
        return set()
    if "field" in condition:
        return {condition["field"]}
    inner = condition.get("all") or condition.get("any") or [condition.get("not")]
    return set().union(*(fields_of(one) for one in inner))


def for_browser(
    condition: Condition | None, table: Table, asked: Collection[int], viewer: Viewer
) -> Any:
    """The condition over the questions ``asked`` alone, with operands in stored form.

    Leaves are ``{"f": field id, "op": key, "v": operand}``, or ``"unresolved"``; what is not asked
    of this viewer is empty, so its leaves are true or false already.
    """
    if condition is None or isinstance(condition, bool):
        return condition
    for kind in ("all", "any"):
        if kind in condition:
            return {kind: [for_browser(one, table, asked, viewer) for one in condition[kind]]}
    if "not" in condition:
        return {"not": for_browser(condition["not"], table, asked, viewer)}
    try:
        field, operator, operand = conditions.leaf(condition, table, viewer)
    except Unresolved:
        return "unresolved"
    if field.id not in asked:
        return operator.test(None, operand)
    return {"f": field.id, "op": operator.key, "v": _sent(operand, field, viewer.context)}


def _sent(operand: Any, field: Field, context: Context) -> Any:
    """An operand as a script compares it: numbers as text, for they may be long; moments as the
    clock on the wall shows them, for that is what is typed."""
    kind = fieldtypes.get(field)
    if isinstance(operand, list | tuple):
        return [_sent(one, field, context) for one in operand]
    if kind.family == "number" and operand is not None:
        return str(operand)
    if kind.widget == "datetime" and operand is not None:
        moment = clock.to_local(datetime.fromisoformat(operand), context.zone)
        return moment.isoformat(sep=" ")
    return operand
