"""Formulas of fields: planned once for each shape of their table, computed by SQL or in Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracker import fieldtypes
from tracker.fieldtypes import Fields
from tracker.formula import Plan, plan
from tracker.formula.naming import ID
from tracker.schema import Field
from tracker.text import Text, _

LIKE = {
    "text": "text",
    "list": "text",
    "number": "real",
    "truth": "checkbox",
    "day": "date",
    "moment": "datetime",
}
DIFFERS = _("#REF! A field that this one is made from differs from reader to reader.")


@dataclass(frozen=True)
class _Known:
    """The fields a stored formula may name: those of its table, by id."""

    table_id: int
    fields: Any

    def find(self, ref: Any) -> Field | None:
        found = self.fields.get(ref) if isinstance(ref, int) else None
        return found if found is not None and found.table_id == self.table_id else None


def planned(field: Field, fields: Fields) -> Plan:
    """The plan of a stored formula; `Refused` where it names what is gone."""
    return plan(field.options["formula"], _Known(field.table_id, fields))


def named(field: Field) -> list[int]:
    """The ids of the fields a stored formula names, also of those that are gone."""
    return [int(one) for one in dict.fromkeys(ID.findall(field.options.get("formula", "")))]


def problem(plan: Plan) -> Text | None:
    """Why a plan that can be read has no values."""
    for one in plan.inputs:
        if one.problem is not None:
            return one.problem
        if fieldtypes.get(one).on_read:
            return DIFFERS
    return None
