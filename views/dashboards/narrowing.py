"""What narrows a whole dashboard: a period, a department and below, a person; all in the address.

Each table says by which of its fields (`Fit`). A moving period of a view's own (“this month”) gives
way to the chosen one; every other filter of a tile stays: narrowing never opens more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from tracker import fieldtypes, organisation, periods, permissions, schema
from tracker.conditions import Condition
from tracker.context import Context
from tracker.errors import Missing, Refused
from tracker.models import Department, Person, View
from tracker.periods import NAMED
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.text import Text, _, label
from views.viewing import Viewing

PERIODS = (
    *("this_week", "last_week", "this_month", "last_month"),
    *("this_quarter", "last_quarter", "this_year", "last_year"),
)
RUNNING = {"last_7": 7, "last_30": 30, "last_90": 90}
OWN = "own"
BEFORE = {
    "today": "yesterday",
    "this_week": "last_week",
    "this_month": "last_month",
    "this_quarter": "last_quarter",
    "this_year": "last_year",
}
PARTS = ("date", "department", "person")
MISSED = {
    "period": _("not by period"),
    "department": _("all departments"),
    "person": _("all people"),
}


@dataclass(frozen=True)
class Narrowing:
    """``period`` is a preset, ``own`` with ``days``, or ""; ``departments``: the chosen and below.

    ``fits``: table id → ``{"date" | "department" | "person": field id, or 0 for none}``.
    """

    period: str = ""
    days: tuple[str, str] = ("", "")
    department: Department | None = None
    departments: tuple[int, ...] = ()
    person: Person | None = None
    fits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        return bool(self.period or self.departments or self.person)

    @property
    def operand(self) -> Any:
        """The period as conditions name it; None without one."""
        if self.period == OWN:
            return list(self.days)
        if self.period in RUNNING:
            return {"last_days": RUNNING[self.period]}
        return self.period or None

    def field_of(self, part: str, table: Table, usual: Field | None = None) -> Field | None:
        """The field of ``table`` that a part of the filters means: as set, else ``usual``,
        else the first that fits.
        """
        fit = self.fits.get(str(table.id), {}).get(part)
        if fit is not None:
            found = table.by_id.get(fit)
            return found if found is not None and fits(part, found) else None
        return usual or usual_field(part, table)

    def tests(self, table: Table, date: Field | None) -> list[Condition]:
        """The conditions on records of ``table`` (as the viewer sees it); ``date`` as from
        `field_of`.
        """
        found: list[Condition] = []
        if self.period and date is not None:
            found.append({"field": date.id, "op": "within", "value": self.operand})
        place = self.field_of("department", table)
        if self.departments and place is not None:
            found.append({"field": place.id, "op": "any_of", "value": list(self.departments)})
        holder = self.field_of("person", table)
        if self.person is not None and holder is not None:
            found.append({"field": holder.id, "op": "is", "value": self.person.id})
        return found

    def misses(self, table: Table, date: Field | None) -> list[str]:
        """Which filters cannot be applied to ``table``."""
        missed = ["period"] if self.period and date is None else []
        if self.departments and self.field_of("department", table) is None:
            missed.append("department")
        if self.person is not None and self.field_of("person", table) is None:
            missed.append("person")
        return missed

    def every(self) -> list[str]:
        """All filters that are chosen: what says nothing to a tile that cannot be narrowed."""
        chosen = (bool(self.period), bool(self.departments), self.person is not None)
        return [one for one, there in zip(MISSED, chosen, strict=True) if there]

    def beside(self, query: Query, own: Field | None) -> Query | None:
        """The records of a further table in a tile, by its date ``own``; None where a filter
        does not fit it.
        """
        seen = query.access.visible_table
        date = self.field_of("date", seen, own)
        if self.misses(seen, date):
            return None
        for test in self.tests(seen, date):
            query = query.where(test)
        return query

    def words(self, lang: str) -> list[str]:
        """What is chosen, for a wall or a mail."""
        found = [period_words(self).to(lang)] if self.period else []
        found += [label(self.department, lang)] if self.department else []
        return [*found, *([self.person.name] if self.person else [])]


def asked(params: Mapping[str, str], fits: Mapping[str, Any] | None = None) -> Narrowing:
    """The narrowing that an address asks for; raises `Refused`."""
    period = params.get("period", "")
    if period == OWN and not (params.get("from") or params.get("to")):
        period = "this_month"  # nothing is said yet: what most people mean
    if period and period not in PERIODS and period not in RUNNING and period != OWN:
        raise Refused(_("There is no such period."))
    place = _row(Department, params.get("department", ""))
    if place is False or (place and place.deleted_at is not None):
        raise Refused(_("There is no such department."))
    person = _row(Person, params.get("person", ""))
    if person is False:
        raise Refused(_("There is no such person."))
    return Narrowing(
        period=period,
        days=_own_days(params) if period == OWN else ("", ""),
        department=place,
        departments=tuple(organisation.below([place.id])) if place else (),
        person=person,
        fits=fits or {},
    )


def _own_days(params: Mapping[str, str]) -> tuple[str, str]:
    """The first and the last day of an own span; one that is left out is the other."""
    first, last = params.get("from", ""), params.get("to", "")
    first, last = first or last, last or first
    start, after = periods.span([first, last], Context())
    if after <= start:
        raise Refused(_("The last day lies before the first."))
    return start.isoformat(), (after - periods.DAY).isoformat()


def _row(model: Any, raw: str) -> Any:
    """The row of an id in the address; None for no id, False for one that is none."""
    if not raw:
        return None
    known = raw.isascii() and raw.isdecimal() and len(raw) < 10
    return (model.get_or_none(model.id == int(raw)) if known else None) or False


# ── which field is meant ─────────────────────────────────────────────────────


def fits(part: str, field: Field) -> bool:
    """Whether ``field`` may stand for a part of the filters."""
    kind = fieldtypes.get(field)
    return kind.family == "time" if part == "date" else kind.widget == part


def usual_field(part: str, table: Table) -> Field | None:
    """The field that is meant where nothing is set: the first that people write.

    When or by whom a record was made says little of companies; whoever means that may set it.
    """
    found = [one for one in table.fields if fits(part, one)]
    return next((one for one in found if fieldtypes.get(one).written), None)


def date_field(table: Table) -> Field | None:
    """The date that people write first."""
    return usual_field("date", table)


def check_fits(raw: Any, viewer: Viewer) -> dict[str, dict[str, int]]:
    """The fields meant, as they may be stored; tables that are not there are left out."""
    found: dict[str, dict[str, int]] = {}
    for key, chosen in raw.items() if isinstance(raw, dict) else ():
        number = str(key)
        known = number.isascii() and number.isdecimal() and len(number) < 16
        try:
            found_table = schema.current().table(int(number) if known else 0)
            table = permissions.access(viewer, found_table).visible_table
        except Missing:
            continue
        if not isinstance(chosen, dict):
            continue
        kept = {part: chosen[part] for part in PARTS if type(chosen.get(part)) is int}
        for part, ref in kept.items():
            if ref and (ref not in table.by_id or not fits(part, table.by_id[ref])):
                raise Refused(_("This field does not fit here."))
        if kept:
            found[str(table.id)] = kept
    return found


def date_of(viewing: Viewing, narrowing: Narrowing | None = None) -> Field | None:
    """The date a view is narrowed by: as set for its table; else its start, its time groups, one
    that its filter names, or the usual one.
    """
    own = _own_date(viewing)
    if narrowing is None:
        return own or date_field(viewing.table)
    return narrowing.field_of("date", viewing.table, own)


def _own_date(viewing: Viewing) -> Field | None:
    for option in ("start", "group"):
        found = viewing.option_field(option)
        if found is not None and fieldtypes.get(found).family == "time":
            return found
    named = _dates_in(viewing.options.get("filter"), viewing.table)
    return named[0] if named else None


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


# ── conditions ───────────────────────────────────────────────────────────────


def without_dates(condition: Condition | None, field: Field | None) -> Condition | None:
    """The condition without the moving periods (“this month”) of ``field`` in its outermost parts.

    Fixed days are a limit and stay.
    """
    if field is None or not isinstance(condition, dict):
        return condition
    if "all" in condition:
        kept = [without_dates(one, field) for one in condition["all"]]
        return {"all": [one for one in kept if one is not None]}
    return None if _moves(condition, field) else condition


def _moves(condition: dict[str, Any], field: Field) -> bool:
    value = condition.get("value")
    moving = isinstance(value, dict) or (isinstance(value, str) and value in NAMED)
    return condition.get("field") == field.id and condition.get("op") == "within" and moving


def narrowed(viewer: Viewer, view: View, narrowing: Narrowing) -> Viewing:
    """A look at a view in a tile."""
    params = _params(Viewing(viewer, view, {}), narrowing)
    places = narrowing.departments
    return Viewing(viewer, view, params, beside=narrowing.beside, departments=places)


def _params(viewing: Viewing, narrowing: Narrowing) -> dict[str, str]:
    """The address parameters with which a view shows itself narrowed."""
    if not narrowing.any or viewing.view.table_id is None:
        return {}
    date = date_of(viewing, narrowing)
    saved = viewing.saved_filter
    kept = without_dates(saved, date) if narrowing.period else saved
    tests = [*([] if kept is None else [kept]), *narrowing.tests(viewing.table, date)]
    params = {"filter": orjson.dumps({"all": tests}).decode(), "saved": "0"}
    if narrowing.period:
        params["date"] = first_day(narrowing, viewing.viewer.context)
    return params


def first_day(narrowing: Narrowing, context: Context) -> str:
    return periods.span(narrowing.operand, context)[0].isoformat()


# ── words ────────────────────────────────────────────────────────────────────


def period_words(narrowing: Narrowing) -> Text:
    if narrowing.period == OWN:
        first, last = narrowing.days
        last = last[5:] if last[:4] == first[:4] else last
        return _("{first} to {last}", first=first, last=last)
    if narrowing.period in RUNNING:
        return _("the last {n} days", n=RUNNING[narrowing.period])
    return NAMED[narrowing.period][0]


def period_names(lang: str) -> list[tuple[str, str]]:
    """The presets with their words, an own span last."""
    named = [(key, NAMED[key][0].to(lang)) for key in PERIODS]
    running = [(key, _("the last {n} days", n=days).to(lang)) for key, days in RUNNING.items()]
    return [*named, *running, (OWN, _("own period …").to(lang))]
