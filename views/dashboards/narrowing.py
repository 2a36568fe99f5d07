"""What narrows a whole dashboard: a period and a department, kept in the address.

A chosen period takes the place of what a view's own filter says about the same date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tracker import fieldtypes, organisation
from tracker.conditions import Condition
from tracker.context import Context
from tracker.errors import Refused
from tracker.models import Department
from tracker.periods import NAMED, span
from tracker.schema import Field, Table
from tracker.text import _
from views.viewing import Viewing

PERIODS = (
    *("this_week", "last_week", "this_month", "last_month"),
    *("this_quarter", "last_quarter", "this_year", "last_year"),
)
BEFORE = {
    "today": "yesterday",
    "this_week": "last_week",
    "this_month": "last_month",
    "this_quarter": "last_quarter",
    "this_year": "last_year",
}


@dataclass(frozen=True)
class Narrowing:
    """``period`` is a key of `periods.NAMED` or ""; ``departments`` is the chosen one and below."""

    period: str = ""
    department: Department | None = None
    departments: tuple[int, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.period or self.departments)

    def tests(self, table: Table, date: Field | None) -> list[Condition]:
        """The conditions on records of ``table`` (as the viewer sees it)."""
        found: list[Condition] = []
        if self.period and date is not None:
            found.append({"field": date.id, "op": "within", "value": self.period})
        place = department_field(table)
        if self.departments and place is not None:
            ids = list(self.departments)
            found.append({"field": place.id, "op": "any_of", "value": ids})
        return found

    def misses(self, table: Table, date: Field | None) -> list[str]:
        """Which of period and department cannot be applied to ``table``."""
        missed = ["period"] if self.period and date is None else []
        if self.departments and department_field(table) is None:
            missed.append("department")
        return missed


def asked(params: Mapping[str, str]) -> Narrowing:
    """The narrowing that an address asks for; raises `Refused`."""
    period = params.get("period", "")
    if period and period not in PERIODS:
        raise Refused(_("There is no such period."))
    raw = params.get("department", "")
    if not raw:
        return Narrowing(period)
    known = raw.isdecimal() and len(raw) < 10
    row = Department.get_or_none(Department.id == int(raw)) if known else None
    if row is None or row.deleted_at is not None:
        raise Refused(_("There is no such department."))
    return Narrowing(period, row, tuple(organisation.below([row.id])))


def department_field(table: Table) -> Field | None:
    return next((one for one in table.fields if one.type == "department"), None)


def date_field(table: Table) -> Field | None:
    """The date that people write first; else the moment a record was made."""
    times = [one for one in table.fields if fieldtypes.get(one).family == "time"]
    written = [one for one in times if fieldtypes.get(one).written]
    return next(iter([*written, *times]), None)


def date_of(viewing: Viewing) -> Field | None:
    """The date a view is narrowed by: its start, its time groups, or one that its filter names."""
    for option in ("start", "group"):
        found = viewing.option_field(option)
        if found is not None and fieldtypes.get(found).family == "time":
            return found
    named = _dates_in(viewing.options.get("filter"), viewing.table)
    return named[0] if named else date_field(viewing.table)


def _dates_in(condition: Any, table: Table) -> list[Field]:
    """The date fields that a stored condition names."""
    if not isinstance(condition, dict):
        return []
    inside = [*condition.get("all", ()), *condition.get("any", ()), condition.get("not")]
    found = [one for part in inside for one in _dates_in(part, table)]
    field = table.find(condition["field"]) if "field" in condition else None
    if field is not None and fieldtypes.get(field).family == "time":
        found.append(field)
    return found


def without_dates(condition: Condition | None, field: Field | None) -> Condition | None:
    """The condition without what its outermost parts say about ``field``."""
    if field is None or not isinstance(condition, dict):
        return condition
    if "all" in condition:
        kept = [without_dates(one, field) for one in condition["all"]]
        return {"all": [one for one in kept if one is not None]}
    return None if condition.get("field") == field.id else condition


def params_for(viewing: Viewing, narrowing: Narrowing) -> dict[str, str]:
    """The address parameters with which a view shows itself narrowed."""
    if not narrowing.any or viewing.view.table_id is None:
        return {}
    date = date_of(viewing)
    saved = viewing.saved_filter
    kept = without_dates(saved, date) if narrowing.period else saved
    tests = [*([] if kept is None else [kept]), *narrowing.tests(viewing.table, date)]
    params = {"filter": orjson.dumps({"all": tests}).decode(), "saved": "0"}
    if narrowing.period:
        params["date"] = first_day(narrowing.period, viewing.viewer.context)
    return params


def first_day(period: str, context: Context) -> str:
    return span(period, context)[0].isoformat()


def period_names(lang: str) -> list[tuple[str, str]]:
    return [(key, NAMED[key][0].to(lang)) for key in PERIODS]
