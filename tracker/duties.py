"""Duties: who owes which record by when. Shaped by coordinators, read as a matrix and as *mine*.

The state itself is computed from records in `tracker.owing`, the periods in `tracker.dutyperiods`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tracker import (
    clock,
    conditions,
    db,
    dutyperiods,
    fieldtypes,
    limits,
    models,
    owing,
    permissions,
    schema,
)
from tracker.context import Context
from tracker.daytimes import whole
from tracker.dutymatrix import Matrix, matrix
from tracker.dutyperiods import Period
from tracker.errors import Missing, Refused
from tracker.fieldtypes import clean_text
from tracker.models import Duty, Exemption
from tracker.owing import Cell, Ower, periods, status
from tracker.permissions import Viewer, need_coordinator
from tracker.tables import clean_name
from tracker.text import Text, _, label

__all__ = ["Cell", "Duty", "Matrix", "Ower", "Period", "matrix", "periods", "status"]
OPEN_PERIODS = 8  # how far back somebody is shown what they still owe


# ── loading ──────────────────────────────────────────────────────────────────


def load(viewer: Viewer, duty_id: int) -> Duty:
    """The duty, or `Missing` for those to whom its table is closed."""
    found = Duty.get_or_none(Duty.id == duty_id, Duty.deleted_at.is_null())
    if found is None or not _open(viewer, found):
        raise Missing
    return found


def of_base(viewer: Viewer, base: schema.Base) -> list[Duty]:
    """The duties of a base that are there for the viewer."""
    rows = Duty.select().where(Duty.base == base.id, Duty.deleted_at.is_null())
    return [duty for duty in rows.order_by(Duty.id) if _open(viewer, duty)]


def _open(viewer: Viewer, duty: Duty) -> bool:
    table = schema.current().tables.get(duty.table_id)
    return table is not None and bool(permissions.possible_access(viewer, table).lanes)


# ── shaping ──────────────────────────────────────────────────────────────────


def save(
    viewer: Viewer,
    base: schema.Base,
    *,
    name: str,
    table: schema.Table,
    definition: Mapping[str, Any],
    form_id: int | None = None,
    names: dict[str, str] | None = None,
    enabled: bool = True,
    duty: Duty | None = None,
) -> Duty:
    """A new duty, or ``duty`` changed; `Refused` says what is wrong in the definition."""
    need_coordinator(viewer, base.id)
    if table.base_id != base.id or (duty and duty.base_id != base.id):
        raise Missing
    checked = check(definition, table, viewer)
    values = {
        "name": clean_name(name),
        "names": names,
        "table": table.id,
        "form": _form_of(table, form_id),
        "definition": checked,
        "enabled": enabled,
    }
    with db.write():
        row = duty or Duty(base=base.id)
        for key, value in values.items():
            setattr(row, key, value)
        row.save()
    return row


def delete(viewer: Viewer, duty: Duty) -> None:
    """To the bin: nothing is owed and nobody chased any more; the records stay."""
    need_coordinator(viewer, duty.base_id)
    with db.write():
        Duty.update(deleted_at=clock.now()).where(Duty.id == duty.id).execute()


def _form_of(table: schema.Table, form_id: int | None) -> int | None:
    if form_id is None:
        return None
    form = models.Form.get_or_none(models.Form.id == form_id, models.Form.deleted_at.is_null())
    if form is None or form.table_id != table.id:
        raise Refused(_("Choose a form of this table."))
    return int(form.id)


def check(raw: Mapping[str, Any], table: schema.Table, viewer: Viewer) -> dict[str, Any]:
    """The definition as it may be stored, ids for names; `Refused` says what is wrong where."""
    context = viewer.context
    with _part("owers"):
        owers = _check_owers(raw.get("owers"), table)
    widget = "person" if {"people", "role"} & set(owers) else "department"
    with _part("ower_field"):
        ower_field = _field(table, raw.get("ower_field"), [widget], _SAYS_WHO[widget])
    with _part("date_field"):
        wrong = _("Choose a field with the day.")
        date_field = _field(table, raw.get("date_field"), ["date", "datetime"], wrong)
    with _part("condition"):
        condition = conditions.check(raw.get("condition", True) or True, table, context)
        if _variables(condition):
            raise Refused(_("The condition of a duty cannot depend on who looks at it."))
    with _part("due"):
        due = dutyperiods.check(raw, context.zone, date.fromisoformat(context.today()))
    who = {"owers": owers, "ower_field": ower_field}
    return {**who, "date_field": date_field, "condition": condition, **due}


@contextmanager
def _part(name: str) -> Iterator[None]:
    """A refusal inside names the part of the definition it is about."""
    try:
        yield
    except Refused as refused:
        raise Refused(refused.text, {name: refused.text}) from None


_SAYS_WHO = {
    "department": _("Choose a department field that says for whom a record is filed."),
    "person": _("Choose a person field that says for whom a record is filed."),
}


def _field(table: schema.Table, ref: Any, widgets: list[str], wrong: Text) -> int:
    found = None if ref is None else table.find(ref)
    if found is None or fieldtypes.get(found).widget not in widgets:
        raise Refused(wrong)
    return found.id


def _variables(condition: Any) -> bool:
    """Whether the condition names a variable anywhere."""
    if isinstance(condition, dict):
        return "var" in condition or any(map(_variables, condition.values()))
    return isinstance(condition, list) and any(map(_variables, condition))


def _check_owers(raw: Any, table: schema.Table) -> dict[str, Any]:
    wrong = _("Choose who owes: departments, a level of the organisation, people or a role.")
    if not isinstance(raw, Mapping) or len(raw) != 1:
        raise Refused(wrong)
    (kind, value), *_rest = raw.items()
    if kind == "level":
        return {kind: whole(value, 1, 12, wrong)}
    if kind == "role":
        role = models.Role.get_or_none(models.Role.id == value)
        if role is None or role.base_id != table.base_id:
            raise Refused(wrong)
        return {kind: role.id}
    known = {"departments": set(owing.tree()), "people": set(_people())}.get(kind)
    if known is None or not isinstance(value, list) or not value or not set(value) <= known:
        raise Refused(wrong)
    return {kind: list(dict.fromkeys(value))}


def _people() -> Iterable[int]:
    return (row.id for row in models.Person.select(models.Person.id))


# ── exemptions ───────────────────────────────────────────────────────────────


def exempt(viewer: Viewer, duty: Duty, ower: int, period: str, *, reason: str) -> None:
    """Excuse one ower from one period; a reason is needed and is shown in the matrix."""
    need_coordinator(viewer, duty.base_id)
    reason = " ".join(clean_text(reason).split())[: limits.HELP_LENGTH]
    if not reason:
        text = _("Say why nothing is owed.")
        raise Refused(text, {"reason": text})
    if ower not in owing.owers(duty):
        raise Missing
    row = {
        Exemption.duty: duty.id,
        Exemption.ower: str(ower),
        Exemption.period: dutyperiods.named(duty.definition, period).label,
        Exemption.reason: reason,
        Exemption.by: viewer.person_id,
        Exemption.at: clock.now(),
    }
    key = [Exemption.duty, Exemption.ower, Exemption.period]
    newer = [Exemption.reason, Exemption.by, Exemption.at]
    with db.write():
        Exemption.insert(row).on_conflict(conflict_target=key, preserve=newer).execute()


def owe_again(viewer: Viewer, duty: Duty, ower: int, period: str) -> None:
    """Take an exemption back."""
    need_coordinator(viewer, duty.base_id)
    with db.write():
        Exemption.delete().where(
            Exemption.duty == duty.id, Exemption.ower == str(ower), Exemption.period == period
        ).execute()


# ── reading ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Owed:
    """One thing the viewer owes now: ``form_id`` opens what is to be filed."""

    duty: Duty
    ower: Ower
    period: Period
    overdue: bool
    form_id: int | None
    table_id: int


def mine(viewer: Viewer, *, now: datetime | None = None) -> list[Owed]:
    """What the viewer, or their department, still owes: overdue first, then what is due next."""
    if viewer.person_id is None:
        return []
    every = owing.tree()
    found: list[Owed] = []
    for duty in Duty.select().where(Duty.enabled == True, Duty.deleted_at.is_null()):  # noqa: E712 - SQL
        if _may_file(viewer, duty):
            found += _mine(viewer, duty, every, now or clock.now())
    return sorted(found, key=lambda one: (one.period.due, one.duty.id))


def _may_file(viewer: Viewer, duty: Duty) -> bool:
    table = schema.current().tables.get(duty.table_id)
    return table is not None and permissions.possible_access(viewer, table).may("create")


def _mine(viewer: Viewer, duty: Duty, every: Mapping[int, Ower], now: datetime) -> list[Owed]:
    owers = owing.owers(duty, every)
    ower = owers.get(owing.own_ower(viewer, duty, owers, every) or 0)
    if ower is None:
        return []
    shown = owing.periods(duty, OPEN_PERIODS, now=now)
    try:
        cells = status(duty, shown, owing={ower.id: ower}, departments=every, now=now)[ower.id]
    except Refused:  # its table or a field of it was deleted: its page says so
        return []
    return [
        Owed(duty, ower, period, cells[period.label].overdue, duty.form_id, duty.table_id)
        for period in shown
        if cells[period.label].state == "owed"
    ]


def sentence(duty: Duty, context: Context) -> Text:
    """The duty in words: who files what, how often, by when."""
    rule, lang = duty.definition, context.lang
    table = owing.table_of(duty)
    return _(
        "{owers} file a record in “{table}” {every}, by {due}.",
        owers=_say_owers(duty),
        table=label(table, lang),
        every=_EVERY[rule["every"]],
        due=dutyperiods.say_rule(rule, context),
    )


_EVERY = {
    "week": _("every week"),
    "month": _("every month"),
    "day": _("every day"),
    "workday": _("every working day"),
}


def _say_owers(duty: Duty) -> Text:
    count = len(owing.owers(duty))
    if owing.of_departments(duty):
        return _("{n} departments", n=count)
    return _("{n} people", n=count)
