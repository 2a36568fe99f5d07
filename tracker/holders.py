"""Who holds a role: people named in it, and everybody of a department named in it and below."""

from __future__ import annotations

from collections.abc import Iterable

from tracker import organisation
from tracker.models import Person, Role, RoleMember


def people_with(role_ids: Iterable[int]) -> list[int]:
    """The active people who hold one of these roles, in id order."""
    members = RoleMember.select(RoleMember.person, RoleMember.department).where(
        RoleMember.role.in_(list(role_ids))
    )
    pairs = list(members.tuples())
    named = [person for person, _department in pairs if person]
    within = organisation.below([department for _person, department in pairs if department])
    return active(Person.id.in_(named) | Person.department.in_(within))


def people_in(department_id: int, role_id: int) -> list[int]:
    """The active people of a department and below who hold the role."""
    within = organisation.below([department_id])
    return active(Person.id.in_(people_with([role_id])) & Person.department.in_(within))


def coordinators(base_id: int) -> list[int]:
    """The active people who shape a base."""
    roles = Role.select(Role.id).where(Role.base == base_id, Role.coordinator == True)  # noqa: E712 - SQL
    return people_with([role.id for role in roles])


def active(test: object) -> list[int]:
    """The ids of active people who meet an SQL test, in id order."""
    rows = Person.select(Person.id).where(test, Person.active == True)  # noqa: E712 - SQL
    return [row.id for row in rows.order_by(Person.id)]
