"""Stored values as formula values: one small adapter that asks the field's type."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import peewee as pw

from tracker import fieldtypes
from tracker.context import Context
from tracker.days import DayColumn, MomentColumn
from tracker.fieldtypes import FieldType
from tracker.formula.values import FormulaError, Value
from tracker.numeric import Numeric, precision
from tracker.schema import Field


def type_of(field: Field) -> str:
    """The type of formula values a field gives. A computed kind says it in ``gives(field)``."""
    kind = fieldtypes.get(field)
    gives = getattr(kind, "gives", None)
    if gives is not None:
        return str(gives(field))
    if kind.family in {"many", "link", "files"}:
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
    like = getattr(kind, "like", kind)
    return precision(field) + getattr(like, "shift", 0) if isinstance(like, Numeric) else 0


def is_plain(field: Field) -> bool:
    """Whether a stored text is what formulas compute with, as it stands."""
    kind = fieldtypes.get(field)
    like: FieldType = getattr(kind, "like", kind)
    return type(like).json is FieldType.json


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
    if isinstance(shown, dict):
        shown = shown.get("name") or kind.text(stored, field, context)
    return str(shown or "") or None


def _names(shown: Any) -> list[str]:
    """Of choices and linked records their names, of files theirs."""
    return [
        str(one.get("name") or one.get("filename") or "") if isinstance(one, dict) else str(one)
        for one in shown or []
    ]
