"""Who a base file speaks of: people by e-mail address, departments by their path of names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracker import clock, folding, organisation
from tracker.accounts import add_person
from tracker.errors import Problem, Refused
from tracker.models import Department, Person
from tracker.permissions import Viewer
from tracker.text import _
from tracker.transfer.basefile.references import Names, damaged


class Directory:
    """Everybody and every department, by id and by name; what was named is remembered."""

    def __init__(self) -> None:
        people = Person.select(Person.id, Person.email_key).order_by(Person.id).tuples()
        self.people: dict[int, str] = dict(people)
        self.departments = _paths()
        self.used: set[tuple[str, int]] = set()

    def named(self, kind: str, one: int) -> str | None:
        """``"@person:…"`` or ``"@department:…"``; None for who is not there."""
        found = self.key(kind, one)
        return None if found is None else f"@{kind}:{found}"

    def key(self, kind: str, one: int) -> str | None:
        found = (self.people if kind == "person" else self.departments).get(one)
        if found is not None:
            self.used.add((kind, one))
        return found

    # ── writing out ──────────────────────────────────────────────────────────

    def told_people(self) -> list[dict[str, Any]]:
        """All people named so far; their departments become named by it."""
        ids = [one for kind, one in self.used if kind == "person"]
        found = []
        for person in _by_ids(Person, ids):
            place = self.key("department", person.department_id or 0)
            found.append({"email": person.email, "name": person.name, "department": place})
        return sorted(found, key=lambda one: folding.person_key(one["email"]))

    def told_departments(self) -> list[dict[str, Any]]:
        """All departments named so far and what is above them, each after its parent."""
        ids = {one for kind, one in self.used if kind == "department"}
        every = {row.id: row for row in Department.select()}
        above = {int(part) for one in ids for part in every[one].path.split("/") if part}
        return sorted(
            (self._told(every[one]) for one in (ids | above) & every.keys()),
            key=lambda one: one["path"],
        )

    def _told(self, row: Department) -> dict[str, Any]:
        told = {"path": self.departments[row.id], "name": row.name, "names": row.names}
        parent = self.departments.get(row.parent_id)
        return {**told, "parent": parent, "ord": row.ord, "deleted": row.deleted_at is not None}


def _by_ids(model: Any, ids: list[int]) -> Iterable[Any]:
    for start in range(0, len(ids), 500):
        yield from model.select().where(model.id.in_(ids[start : start + 500]))


def _paths() -> dict[int, str]:
    """Department id → its path of names; of several with one name the second is ``名#2``."""
    rows = list(Department.select())
    rows.sort(key=lambda row: (row.deleted_at is not None, row.ord, row.id))
    below: dict[int | None, list[Department]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    found: dict[int, str] = {}
    waiting: list[tuple[int | None, str]] = [(None, "")]
    while waiting:
        parent, above = waiting.pop()
        taken: set[str] = set()
        for row in below.get(parent, ()):
            path = _free(above + _plain(row.name), taken)
            found[row.id] = path
            waiting.append((row.id, f"{path}/"))
    return found


def _free(path: str, taken: set[str]) -> str:
    number, found = 1, path
    while found in taken:
        number += 1
        found = f"{path}#{number}"
    taken.add(found)
    return found


def _plain(name: str) -> str:
    return name.replace("%", "%25").replace("/", "%2F").replace("#", "%23")


# ── reading in ───────────────────────────────────────────────────────────────


def bring(viewer: Viewer, people: Any, departments: Any, names: Names) -> list[str]:
    """Find or make everybody the file speaks of; those made (inactive) by their addresses.

    `Refused` where somebody is missing and the viewer may not make people.
    """
    if not isinstance(people, list) or not isinstance(departments, list):
        raise damaged()
    try:
        places = _bring_departments(viewer, departments)
        made = [_bring_person(viewer, one, places, names) for one in people]
    except (KeyError, TypeError, AttributeError) as error:
        raise damaged() from error
    for path, one in places.items():
        names.put("department", one, f"@department:{path}")
    return [email for email in made if email]


def _bring_departments(viewer: Viewer, told: list[Any]) -> dict[str, int]:
    here = {path: one for one, path in _paths().items()}
    for one in told:
        if one["path"] not in here:
            _need_admin(viewer, str(one["path"]))
            here[one["path"]] = _make_department(one, here)
    return {one["path"]: here[one["path"]] for one in told}


def _make_department(told: dict[str, Any], here: dict[str, int]) -> int:
    above = told["parent"]
    parent = Department.get_by_id(here[above]) if above else None
    names = told["names"] if isinstance(told["names"], dict) else None
    row = organisation.add(told["name"], parent=parent, names=names, ord=int(told["ord"]))
    if told["deleted"]:
        Department.update(deleted_at=clock.now()).where(Department.id == row.id).execute()
    return int(row.id)


def _bring_person(viewer: Viewer, told: Any, places: dict[str, int], names: Names) -> str | None:
    """The address, if the person had to be made."""
    key = folding.person_key(told["email"])
    person, made = Person.get_or_none(Person.email_key == key), None
    if person is None:
        _need_admin(viewer, told["email"])
        person, made = _make_person(told, places), told["email"]
    names.put("person", person.id, f"@person:{key}")
    return made


def _make_person(told: Any, places: dict[str, int]) -> Person:
    place = places.get(told["department"])
    department = Department.get_by_id(place) if place else None
    try:
        person = add_person(told["email"], name=told["name"], department=department)
    except Problem as problem:
        raise damaged() from problem
    Person.update(active=False).where(Person.id == person.id).execute()
    return person


def _need_admin(viewer: Viewer, who: str) -> None:
    if not (viewer.system or viewer.is_admin):
        raise Refused(
            _(
                "This base file speaks of people or departments that are not here, such as {who}. "
                "An administrator can read it in.",
                who=who[:80],
            )
        )
