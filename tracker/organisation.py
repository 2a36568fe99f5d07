"""The organisation tree: who is under whom, and which departments somebody may speak for."""

from __future__ import annotations

from tracker import clock, db, limits, schema
from tracker.errors import Missing, Refused
from tracker.fieldtypes import clean_text
from tracker.models import Department, Headship, Person, RoleMember
from tracker.text import _


def add(
    name: str,
    *,
    parent: Department | None = None,
    names: dict[str, str] | None = None,
    ord: int = 0,
) -> Department:
    """A new department below ``parent``."""
    name = clean_text(name)[: limits.NAME_LENGTH]
    if not name:
        raise Refused(_("A department needs a name."))
    with db.write():
        row = Department.create(name=name, names=names, parent=parent, ord=ord)
        row.path = f"{parent.path if parent else '/'}{row.id}/"
        row.save()
        schema.changed()
    return row


def at_path(path: str) -> Department:
    """The department of a path of names (``总部/华东子公司``), made where it is missing."""
    parent: Department | None = None
    for name in [part.strip() for part in path.split("/") if part.strip()]:
        found = Department.get_or_none(
            Department.name == name,
            Department.parent == parent if parent else Department.parent.is_null(),
            Department.deleted_at.is_null(),
        )
        parent = found or add(name, parent=parent)
    if parent is None:
        raise Refused(_("A department needs a name."))
    return parent


def below(department_ids: list[int]) -> list[int]:
    """These departments and everything under them, in id order."""
    if not department_ids:
        return []
    every = _paths()
    above = tuple(every[one][0] for one in department_ids if one in every)
    return sorted(one for one, (path, live) in every.items() if live and path.startswith(above))


def _paths() -> dict[int, tuple[str, bool]]:
    """Each department's path, and whether it is there still."""
    kept = schema.current().derived
    if "departments" not in kept:
        rows = Department.select(Department.id, Department.path, Department.deleted_at).tuples()
        kept["departments"] = {one: (path, deleted is None) for one, path, deleted in rows}
    found: dict[int, tuple[str, bool]] = kept["departments"]
    return found


def headed_by(person_id: int) -> list[int]:
    """The departments somebody heads, with everything under them."""
    rows = Headship.select(Headship.department).where(Headship.person == person_id)
    return below([row.department_id for row in rows])


def heads_of(department_id: int) -> list[int]:
    """The active heads of a department; of the nearest one above where it has none."""
    department = Department.get_or_none(Department.id == department_id)
    while department is not None:
        rows = (
            Headship.select(Headship.person)
            .join(Person)
            .where(Headship.department == department, Person.active == True)  # noqa: E712 - SQL
        )
        heads = [row.person_id for row in rows]
        if heads:
            return heads
        department = department.parent
    return []


def move(department_id: int, parent_id: int | None) -> None:
    """Put a department (with all below it) under another; never under itself."""
    department = _get(department_id)
    parent = _get(parent_id) if parent_id else None
    if parent and parent.path.startswith(department.path):
        raise Refused(_("A department cannot lie under itself."))
    old, new = department.path, f"{parent.path if parent else '/'}{department.id}/"
    with db.write():
        for row in Department.select().where(Department.path.startswith(old)):
            row.path = new + row.path[len(old) :]
            row.save()
        Department.update(parent=parent).where(Department.id == department.id).execute()
        schema.changed()


def tree() -> list[tuple[Department, int]]:
    """All live departments in the order of the tree, each with its depth from 0."""
    children: dict[int | None, list[Department]] = {}
    for row in Department.select().where(Department.deleted_at.is_null()):
        children.setdefault(row.parent_id, []).append(row)
    found: list[tuple[Department, int]] = []
    waiting: list[tuple[Department | None, int]] = [(None, -1)]
    while waiting:
        parent, depth = waiting.pop()
        if parent is not None:
            found.append((parent, depth))
        below = children.get(parent.id if parent is not None else None, [])
        below.sort(key=lambda row: (row.ord, row.id), reverse=True)
        waiting += [(row, depth + 1) for row in below]
    return found


def rename(department_id: int, name: str, *, names: dict[str, str] | None) -> None:
    department = _get(department_id)
    name = " ".join(clean_text(name).split())[: limits.NAME_LENGTH]
    if not name:
        text = _("A department needs a name.")
        raise Refused(text, {"name": text})
    with db.write():
        Department.update(name=name, names=names).where(Department.id == department.id).execute()
        schema.changed()


def delete(department_id: int) -> None:
    """Take an empty department out of the tree; records that name it keep naming it."""
    department = _get(department_id)
    with db.write():
        if department.children.where(Department.deleted_at.is_null()).exists():
            raise Refused(_("Other departments lie below this one. Move or delete them first."))
        if department.people.where(Person.active == True).exists():  # noqa: E712 - SQL
            raise Refused(_("People belong to this department. Move them first."))
        Department.update(deleted_at=clock.now()).where(Department.id == department.id).execute()
        Headship.delete().where(Headship.department == department.id).execute()
        RoleMember.delete().where(RoleMember.department == department.id).execute()
        schema.changed()


def set_heads(department_id: int, person_ids: list[int]) -> None:
    """Exactly these active people head the department."""
    department = _get(department_id)
    active = Person.select(Person.id).where(Person.id.in_(person_ids), Person.active == True)  # noqa: E712 - SQL
    with db.write():
        Headship.delete().where(Headship.department == department.id).execute()
        for row in active:
            Headship.create(person=row.id, department=department.id)
        schema.changed()


def _get(department_id: int) -> Department:
    row = Department.get_or_none(Department.id == department_id, Department.deleted_at.is_null())
    if row is None:
        raise Missing
    return row
