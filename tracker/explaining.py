"""Why somebody sees what they see: the roles they hold, which rule lets them in, which fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker import clock, conditions, models, permissions, roles, staff
from tracker.errors import Problem
from tracker.permissions import ACTIONS, LEVELS, Viewer, need_coordinator
from tracker.query import Query, Record
from tracker.schema import Field, Table

Condition = Any


@dataclass
class Reason:
    """One role somebody holds in the base. ``holds``: whether its rule takes in the record."""

    role: models.Role
    department: models.Department | None  # through which it is held; None: by name
    rules: dict[str, Condition]
    holds: dict[str, bool]
    levels: dict[int, str]
    export: bool


@dataclass
class Answer:
    """``sees`` and ``record`` are None where no record was asked about."""

    viewer: Viewer
    everything: bool = False  # an administrator, or a coordinator of the base
    reasons: list[Reason] = field(default_factory=list)
    record: Record | None = None
    sees: bool | None = None
    sharing: str = "rules"
    grant: models.AccessGrant | None = None
    fields: list[tuple[Field, str, list[models.Role]]] = field(default_factory=list)


def explain(
    asking: Viewer, person: models.Person, table: Table, *, record_id: int | None = None
) -> Answer:
    """For coordinators of the base: what opens ``table``, or one record of it, to ``person``."""
    need_coordinator(asking, table.base_id)
    context = asking.context
    viewer = permissions.viewer_for(person, lang=context.lang, zone=context.zone)
    record = Query(asking, table).one(record_id) if record_id else None
    answer = Answer(viewer, record=record, sharing=table.options.get("sharing", "rules"))
    answer.everything = viewer.coordinates_base(table.base_id)
    answer.reasons = [_reason(one, viewer, table, record) for one in _held(person, table)]
    if record is not None:
        query = permissions.possible_access(viewer, table)
        answer.sees = bool(query.lanes) and bool(Query(viewer, table).fetch([record.id]))
        answer.grant = _grant(person, table, record.id, context.zone)
    answer.fields = [_field(one, answer, record) for one in table.fields]
    return answer


def _held(person: models.Person, table: Table) -> list[tuple[models.Role, Any]]:
    """The roles of the table's base that a person holds, each with the way it came to them."""
    member = models.RoleMember
    rows = (
        member.select(member, models.Role)
        .join(models.Role)
        .where(
            models.Role.base == table.base_id,
            (member.person == person.id) | member.department.in_(staff.above(person)),
        )
        .order_by(models.Role.id, member.id)
    )
    found: dict[int, tuple[models.Role, Any]] = {}
    for row in rows if person.active else []:
        if row.role_id not in found or row.person_id:
            found[row.role_id] = (row.role, row.department if row.department_id else None)
    return list(found.values())


def _reason(
    held: tuple[models.Role, Any], viewer: Viewer, table: Table, record: Record | None
) -> Reason:
    role, department = held
    row = roles.right(role, table)
    rules = dict.fromkeys(ACTIONS, True) if role.coordinator else roles.rules(row)
    common = "write" if role.coordinator else row.fields
    levels = {**dict.fromkeys(table.by_id, common), **roles.levels(role, table)}
    values = record.values if record is not None else {}
    holds = {action: _holds(rules[action], table, values, viewer) for action in ACTIONS}
    return Reason(role, department, rules, holds if record else {}, levels, row.export)


def _holds(rule: Condition, table: Table, values: Mapping[int, Any], viewer: Viewer) -> bool:
    """As the query would answer: a rule that cannot be read lets nobody in."""
    try:
        return conditions.holds(rule, table, values, viewer)
    except (Problem, conditions.Unresolved):
        return False


def _grant(
    person: models.Person, table: Table, record_id: int, zone: str
) -> models.AccessGrant | None:
    grant = models.AccessGrant
    return grant.get_or_none(
        grant.person == person.id,
        grant.table == table.id,
        grant.record_id == record_id,
        grant.state == "granted",
        grant.until.is_null() | (grant.until >= clock.today(zone)),
    )


def _field(
    one: Field, answer: Answer, record: Record | None
) -> tuple[Field, str, list[models.Role]]:
    """The highest level of a field over the roles that let in, and the roles that give it."""
    if answer.everything:
        return one, "write", []
    open_ = [
        reason
        for reason in answer.reasons
        if (reason.holds.get("read") if record else reason.rules["read"] is not False)
    ]
    best = max((LEVELS.index(reason.levels[one.id]) for reason in open_), default=0)
    giving = [reason.role for reason in open_ if best and reason.levels[one.id] == LEVELS[best]]
    return one, LEVELS[best], giving
