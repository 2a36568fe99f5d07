"""Stored values as formula values: one small adapter that asks the field's type."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import peewee as pw

from tracker import fieldtypes
from tracker.context import Context
from tracker.days import DayColumn, MomentColumn
from tracker.formula.values import FormulaError, Value
from tracker.numeric import Numeric, precision
from tracker.schema import Field


def type_of(field: Field) -> str:
    """The type of formula values a field gives. A computed kind says it in ``gives(field)``."""
    kind = fieldtypes.get(field)
    gives = getattr(kind, "gives", None)
    if gives is not None:
        return str(gives(field))
    if kind.family in {"many", "link"}:
        return "list"
    column = kind.column(field)
    if isinstance(column, DayColumn | MomentColumn):
        return "day" if isinstance(column, DayColumn) else "moment"
    if isinstance(column, pw.BooleanField):
        return "truth"
    return "number" if kind.family == "number" else "text"


def scale_of(field: Field) -> int:
    """How many decimals of a stored whole number stand behind the point."""
    kind = fieldtypes.get(field)
    return precision(field) if isinstance(getattr(kind, "like", kind), Numeric) else 0


def read(field: Field, stored: Any, context: Context) -> Value:
    """A stored value → what formulas compute with; names, not ids, of choices and people."""
    if stored is None or isinstance(stored, FormulaError):
        return stored
    kind = fieldtypes.get(field)
    turned = getattr(kind, "formula_value", None)
    if turned is not None:
        return turned(stored, field, context)
    match type_of(field):
        case "number":
            return float(stored) / 10 ** scale_of(field)
        case "truth":
            return bool(stored)
        case "day":
            return date.fromisoformat(stored)
        case "moment":
            return datetime.fromisoformat(stored)
        case "list":
            return tuple(_names(kind.json(stored, field, context))) or None
    shown = kind.json(stored, field, context)
    return str(shown.get("name") if isinstance(shown, dict) else shown or "") or None


def _names(shown: Any) -> list[str]:
    return [one["name"] if isinstance(one, dict) else str(one) for one in shown or []]
