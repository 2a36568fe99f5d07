"""Roles as coordinators shape them: who holds them, and what they open of each table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracker import conditions, db, fieldtypes, models, schema
from tracker.computed.checking import need_rule
from tracker.computed.throughlinks import condition_fields
from tracker.conditions import Condition, Unresolved
from tracker.errors import Missing, Refused
from tracker.keys import slug
from tracker.models import FieldRight, Role, RoleMember, TableRight
from tracker.permissions import ACTIONS, LEVELS, Viewer, need_coordinator
from tracker.schema import Base, Table
from tracker.tables import clean_name
from tracker.text import Text, _

COLUMNS = {
    "read": "read",
    "create": "create_rule",
    "update": "update_rule",
    "delete": "delete_rule",
}
PRODUCT = 100  # roles of one base


def of_base(viewer: Viewer, base: Base) -> list[Role]:
    """The roles of a base, those that shape it first."""
    need_coordinator(viewer, base.id)
    rows = Role.select().where(Role.base == base.id)
    return list(rows.order_by(Role.coordinator.desc(), Role.id))


def get(viewer: Viewer, base: Base, role_id: int) -> Role:
    """A role of this base, or `Missing`."""
    need_coordinator(viewer, base.id)
    found = Role.get_or_none(Role.id == role_id, Role.base == base.id)
    if found is None:
        raise Missing
    return found


def create(viewer: Viewer, base: Base, name: str, *, names: dict[str, str] | None = None) -> Role:
    """A new role that opens nothing yet."""
    name = clean_name(name)
    with db.write():
        standing = of_base(viewer, base)
        _refuse_same_name(standing, name)
        if len(standing) >= PRODUCT:
            raise Refused(_("A base has at most {limit} roles.", limit=PRODUCT))
        key = slug(name, {one.key for one in standing}, fallback="role")
        role = Role.create(base=base.id, key=key, name=name, names=names)
        schema.changed()
    return role


def rename(viewer: Viewer, role: Role, name: str, *, names: dict[str, str] | None) -> None:
    name = clean_name(name)
    with db.write():
        base = schema.current().base(role.base_id)
        _refuse_same_name([one for one in of_base(viewer, base) if one.id != role.id], name)
        Role.update(name=name, names=names).where(Role.id == role.id).execute()
        schema.changed()


def _refuse_same_name(roles: Iterable[Role], name: str) -> None:
    if any(one.name == name for one in roles):
        text = _("There is already a role called “{name}”.", name=name)
        raise Refused(text, {"name": text})


def delete(viewer: Viewer, role: Role) -> None:
    """The role with its rights and members; refused while something still names it."""
    need_coordinator(viewer, role.base_id)
    with db.write():
        if role.coordinator:
            raise Refused(_("The role that shapes the base stays."))
        used = next(_users_of(role), None)
        if used is not None:
            raise Refused(_("“{name}” still names this role. Change it there first.", name=used))
        Role.delete().where(Role.id == role.id).execute()
        schema.changed()


def _users_of(role: Role) -> Any:
    """Names of the duties and automations whose definition holds the role's id."""
    for model in (models.Duty, models.Automation):
        rows = model.select().where(model.base == role.base_id, model.deleted_at.is_null())
        for row in rows:
            if _names_role(row.definition, role.id):
                yield row.name
    chases = models.Chase.select(models.Chase, models.Duty).join(models.Duty)
    for chase in chases.where(models.Duty.base == role.base_id):
        if _names_role(chase.definition, role.id):
            yield chase.duty.name


def _names_role(data: Any, role_id: int) -> bool:
    if isinstance(data, dict):
        return data.get("role") == role_id or any(
            _names_role(one, role_id) for one in data.values()
        )
    return isinstance(data, list) and any(_names_role(one, role_id) for one in data)


# ── members ──────────────────────────────────────────────────────────────────


def members(role: Role) -> list[RoleMember]:
    """Who holds the role: people first, then departments with all below."""
    rows = list(RoleMember.select().where(RoleMember.role == role.id).order_by(RoleMember.id))
    return sorted(rows, key=lambda one: one.person_id is None)


def add_member(
    viewer: Viewer, role: Role, *, person_id: int | None = None, department_id: int | None = None
) -> RoleMember:
    """A person, or everybody of a department and below; once."""
    need_coordinator(viewer, role.base_id)
    person = _active(person_id) if person_id else None
    department = _live(department_id) if department_id else None
    if (person is None) == (department is None):
        text = _("Choose a person or a department.")
        raise Refused(text, {"member": text})
    with db.write():
        row, _made = RoleMember.get_or_create(role=role.id, person=person, department=department)
        schema.changed()
    return row


def _active(person_id: int) -> models.Person:
    found = models.Person.get_or_none(models.Person.id == person_id, models.Person.active == True)  # noqa: E712 - SQL
    if found is None:
        text = _("There is no active person with this number.")
        raise Refused(text, {"member": text})
    return found


def _live(department_id: int) -> models.Department:
    department = models.Department
    found = department.get_or_none(department.id == department_id, department.deleted_at.is_null())
    if found is None:
        text = _("There is no department with this number.")
        raise Refused(text, {"member": text})
    return found


def remove_member(viewer: Viewer, role: Role, member_id: int) -> None:
    need_coordinator(viewer, role.base_id)
    with db.write():
        where = (RoleMember.id == member_id, RoleMember.role == role.id)
        if not RoleMember.delete().where(*where).execute():
            raise Missing
        schema.changed()


# ── rights ───────────────────────────────────────────────────────────────────


def right(role: Role, table: Table) -> TableRight:
    """What the role may do with a table; an unsaved closed row where nothing is said."""
    found = TableRight.get_or_none(TableRight.role == role.id, TableRight.table == table.id)
    return found or TableRight(role=role, table=table.id)


def rules(row: TableRight) -> dict[str, Condition]:
    """Action → rule."""
    return {action: getattr(row, column) for action, column in COLUMNS.items()}


def levels(role: Role, table: Table) -> dict[int, str]:
    """Field id → level, of the fields that have one of their own."""
    rows = FieldRight.select().where(
        FieldRight.role == role.id, FieldRight.field.in_([one.id for one in table.fields])
    )
    return {row.field_id: row.level for row in rows}


def set_right(
    viewer: Viewer,
    role: Role,
    table: Table,
    *,
    rules: Mapping[str, Condition],
    fields: str,
    levels: Mapping[int, str],
    export: bool,
) -> None:
    """All rights of a role on a table at once; rules are checked, closed where they are left out.

    ``fields`` is the level of fields without one of their own in ``levels``.
    """
    need_coordinator(viewer, role.base_id)
    if table.base_id != role.base_id:
        raise Missing
    checked = {COLUMNS[one]: _rule(viewer, table, one, rules.get(one, False)) for one in ACTIONS}
    own = {one: _level(table, one, level) for one, level in levels.items() if level != fields}
    with db.write():
        TableRight.delete().where(
            TableRight.role == role.id, TableRight.table == table.id
        ).execute()
        ids = [one.id for one in table.fields]
        FieldRight.delete().where(FieldRight.role == role.id, FieldRight.field.in_(ids)).execute()
        if any(rule is not False for rule in checked.values()):
            common = _level(table, None, fields)
            TableRight.create(role=role, table=table.id, export=export, fields=common, **checked)
            for field_id, level in own.items():
                FieldRight.create(role=role, field=field_id, level=level)
        schema.changed()


def _rule(viewer: Viewer, table: Table, action: str, rule: Condition) -> Condition:
    """A rule with ids; one without parts, or with a part that has no value, is refused."""
    empty: Text | None = None
    try:
        if isinstance(rule, dict) and not _leaves(rule):
            empty = _("Add a part to the condition, or choose all or none.")
        else:
            checked = conditions.check(rule, table, viewer.context)
            for field_id in condition_fields(checked):
                need_rule(table.by_id[field_id])
            return checked
    except Unresolved:
        empty = _("A part of the condition has no value.")
    except Refused as refused:
        empty = refused.text
    raise Refused(empty, {action: empty})


def _leaves(rule: Any) -> bool:
    """Whether every group of the condition has parts: an empty one would mean all or nothing."""
    if not isinstance(rule, dict):
        return True
    for kind in ("all", "any"):
        if kind in rule:
            parts = rule[kind]
            return isinstance(parts, list) and bool(parts) and all(map(_leaves, parts))
    return _leaves(rule["not"]) if "not" in rule else True


def _level(table: Table, field_id: int | None, level: str) -> str:
    if level not in LEVELS or (field_id is not None and field_id not in table.by_id):
        raise Refused(_("There is no such level of rights."))
    if field_id is not None and not fieldtypes.get(table.by_id[field_id]).written:
        return level if level == "hidden" else "read"
    return level


def set_shown(viewer: Viewer, role: Role, *, views: Iterable[int], forms: Iterable[int]) -> None:
    """The views and forms of the base that the role sees; what is not of the base is left out."""
    need_coordinator(viewer, role.base_id)
    own_views, own_forms = showable(role.base_id)
    with db.write():
        Role.update(
            views=[one.id for one in own_views if one.id in set(views)],
            forms=[one.id for one in own_forms if one.id in set(forms)],
        ).where(Role.id == role.id).execute()
        schema.changed()


def showable(base_id: int) -> tuple[list[models.View], list[models.Form]]:
    """The shared views and the forms of a base, in the order of its tables."""
    tables = [table.id for table in schema.current().base(base_id).tables]
    view, form = models.View, models.Form
    views = view.select().where(
        view.base == base_id,
        view.deleted_at.is_null(),
        view.sharing != "personal",
        view.table.is_null() | view.table.in_(tables),
    )
    forms = form.select().where(form.table.in_(tables), form.deleted_at.is_null())
    return list(views.order_by(view.ord, view.id)), list(forms.order_by(form.ord, form.id))
