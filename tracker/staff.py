"""People as administrators keep them: found, added, changed, deactivated; one admin stays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import JOIN

from tracker import accounts, db, folding, invitations, models, schema
from tracker.errors import Missing, Refused
from tracker.fieldtypes import clean_text
from tracker.models import Department, Person, RoleMember
from tracker.permissions import Viewer, need_admin
from tracker.text import Text, _

PAGE = 100


def get(viewer: Viewer, person_id: int) -> Person:
    """A person, for administrators; `Missing` for all others."""
    need_admin(viewer)
    found = Person.get_or_none(Person.id == person_id)
    if found is None:
        raise Missing
    return found


def found(viewer: Viewer, *, text: str = "", gone: bool = False, after: int = 0) -> list[Person]:
    """People by name, pinyin, initials or address, one more than a page holds."""
    need_admin(viewer)
    select = (
        Person.select(Person, Department)
        .join(Department, on=(Person.department == Department.id), join_type=JOIN.LEFT_OUTER)
        .where(Person.active == (not gone))
        .order_by(Person.initials, Person.id)
        .limit(PAGE + 1)
    )
    if text:
        select = select.where(_like(text))
    last = Person.get_or_none(Person.id == after) if after else None
    if last is not None:
        same = (Person.initials == last.initials) & (Person.id > last.id)
        select = select.where((Person.initials > last.initials) | same)
    return list(select)


def _like(text: str) -> Any:
    """Whether a person is called like ``text``."""
    text = clean_text(text)[:60]
    sounds = folding.fold(text).replace(" ", "")
    spelled = Person.initials.startswith(sounds) | Person.initials.contains(f" {sounds}")
    return Person.name.contains(text) | Person.email_key.contains(text.casefold()) | spelled


def add(viewer: Viewer, *, email: str, name: str, department_id: int | None, admin: bool) -> Person:
    """A new person, who cannot sign in before they have a password."""
    need_admin(viewer)
    with db.write():
        place = _department(department_id)
        person = accounts.add_person(email, name=name, admin=admin, department=place)
        schema.changed()
    return person


def _department(department_id: int | None) -> Department | None:
    if department_id is None:
        return None
    found = Department.get_or_none(Department.id == department_id, Department.deleted_at.is_null())
    if found is None:
        text = _("There is no such department any more.")
        raise Refused(text, {"department": text})
    return found


def change(
    viewer: Viewer,
    person: Person,
    *,
    email: str,
    name: str,
    department_id: int | None,
    admin: bool,
) -> None:
    """Another address ends the person's sessions: it is what they sign in with."""
    need_admin(viewer)
    email, name = clean_text(email), clean_text(name)[:120]
    key = folding.person_key(email)
    with db.write():
        _check(person, email, name)
        if person.is_admin and not admin:
            _refuse_last(person, "admin")
        Person.update(
            email=email,
            email_key=key,
            name=name,
            initials=folding.initials(name),
            department=_department(department_id),
            is_admin=admin,
        ).where(Person.id == person.id).execute()
        if key != person.email_key:
            accounts.end_sessions(person.id)
            invitations.withdraw(person.id)
        schema.changed()


def _check(person: Person, email: str, name: str) -> None:
    problems: dict[str, Text] = {}
    if "@" not in email or len(email) > 254 or any(one.isspace() for one in email):
        problems["email"] = _("“{text}” is not an e-mail address.", text=email[:60])
    elif (
        Person.select()
        .where(Person.email_key == folding.person_key(email), Person.id != person.id)
        .exists()
    ):
        problems["email"] = _("There is already somebody with this e-mail address.")
    if not name:
        problems["name"] = _("A name is needed.")
    if problems:
        raise Refused(next(iter(problems.values())), problems)


def set_active(viewer: Viewer, person: Person, active: bool) -> None:
    """Deactivating ends sessions, tokens and invitations at once."""
    need_admin(viewer)
    with db.write():
        if not active:
            if person.is_admin:
                _refuse_last(person, "active")
            invitations.withdraw(person.id)
        accounts.set_active(person.id, active)


def _refuse_last(person: Person, about: str) -> None:
    """Somebody who can sign in must be left to administer."""
    others = Person.select().where(
        Person.id != person.id,
        Person.is_admin == True,  # noqa: E712 - SQL
        Person.active == True,  # noqa: E712 - SQL
        Person.password_hash.is_null(False),
    )
    if not others.exists():
        text = _(
            "{name} is the last administrator. Make somebody else one first.", name=person.name
        )
        raise Refused(text, {about: text})


def set_password(viewer: Viewer, person: Person, password: str) -> None:
    """A password given by an administrator; all sessions of the person end."""
    need_admin(viewer)
    with db.write():
        accounts.set_password(person, password)
        invitations.withdraw(person.id)


# ── roles ────────────────────────────────────────────────────────────────────


def roles_by_name(person: Person) -> set[int]:
    """The roles that a person holds by name, not through a department."""
    rows = RoleMember.select(RoleMember.role).where(RoleMember.person == person.id)
    return {row.role_id for row in rows}


def above(person: Person) -> list[int]:
    """The department of a person and those above it."""
    path = person.department.path if person.department else ""
    return [int(one) for one in path.split("/") if one]


def roles_through(person: Person) -> dict[int, Department]:
    """Role id → the department through which the person holds it."""
    rows = RoleMember.select(RoleMember, Department).join(
        Department, on=(RoleMember.department == Department.id)
    )
    return {
        row.role_id: row.department for row in rows.where(RoleMember.department.in_(above(person)))
    }


def set_roles(viewer: Viewer, person: Person, role_ids: Iterable[int]) -> None:
    """Exactly these roles by name, in all bases."""
    need_admin(viewer)
    wanted = set(role_ids)
    with db.write():
        known = {row.id for row in models.Role.select(models.Role.id)}
        held = roles_by_name(person)
        gone = held - wanted
        RoleMember.delete().where(
            RoleMember.person == person.id, RoleMember.role.in_(list(gone))
        ).execute()
        for role_id in sorted((wanted & known) - held):
            RoleMember.create(role=role_id, person=person.id)
        schema.changed()
