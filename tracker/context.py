"""Who reads a value, as far as showing it goes: language, zone, and the names behind ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tracker import clock
from tracker.folding import person_key
from tracker.models import Department, Person
from tracker.text import label


@dataclass
class Directory:
    """Names of people, departments and linked records, fetched once a page, kept for a request.

    ``records`` holds titles of linked records by ``(table id, record id)``, and only of those
    that the reader may see: what is not in it does not exist for them.
    """

    people: dict[int, str] = field(default_factory=dict)
    departments: dict[int, Department] = field(default_factory=dict)
    records: dict[tuple[int, int], str] = field(default_factory=dict)
    found: dict[tuple[str, Any], int | None] = field(default_factory=dict)

    def load_people(self, ids: Iterable[int]) -> None:
        missing = set(ids) - self.people.keys()
        if missing:
            rows = Person.select(Person.id, Person.name).where(Person.id.in_(missing))
            self.people.update(rows.tuples())

    def load_departments(self, ids: Iterable[int]) -> None:
        missing = set(ids) - self.departments.keys()
        if missing:
            query = Department.select(Department.id, Department.name, Department.names)
            self.departments.update(
                {one.id: one for one in query.where(Department.id.in_(missing))}
            )

    def person(self, person_id: int) -> str:
        self.load_people([person_id])
        return self.people.get(person_id, f"#{person_id}")

    def department(self, department_id: int, lang: str) -> str:
        self.load_departments([department_id])
        found = self.departments.get(department_id)
        return label(found, lang) if found is not None else f"#{department_id}"

    def find_person(self, raw: Any) -> int | None:
        """A person by id, e-mail address or (unambiguous) name."""
        return self._remember("person", raw, _find_person)

    def find_department(self, raw: Any) -> int | None:
        """A department by id, path of names (``总部/华东``) or (unambiguous) name; the names may be
        those of another language.
        """
        return self._remember("department", raw, _find_department)

    def _remember(self, what: str, raw: Any, look_up: Any) -> int | None:
        key = (what, raw if type(raw) is int else _typed(raw))
        if key not in self.found:
            self.found[key] = look_up(key[1])
        return self.found[key]


def _typed(raw: Any) -> str:
    """A name as it can be asked for: no database looks for NUL or half a character."""
    return str(raw).replace("\x00", "").encode("utf-8", "ignore").decode().strip()


def _find_person(raw: int | str) -> int | None:
    if isinstance(raw, int) or raw.isdecimal():
        return _only(Person.select(Person.id).where(Person.id == int(str(raw)[:18])))
    if "@" in raw:
        return _only(Person.select(Person.id).where(Person.email_key == person_key(raw)))
    return _only(Person.select(Person.id).where(Person.name == raw))


def _find_department(raw: int | str) -> int | None:
    live = Department.select(Department.id).where(Department.deleted_at.is_null())
    if isinstance(raw, int) or raw.isdecimal():
        return _only(live.where(Department.id == int(str(raw)[:18])))
    top, *below = [part.strip() for part in raw.split("/") if part.strip()] or [""]
    found = _called(live, top)
    for name in below:
        if found is None:
            break
        found = _called(live.where(Department.parent == found), name)
    return found


def _called(rows: Any, name: str) -> int | None:
    """The only department of this name, or else of this name in another language."""
    found = list(rows.where(Department.name == name).limit(2))
    if not found:
        named = rows.select_extend(Department.names).where(Department.names.is_null(False))
        found = [one for one in named if name in (one.names or {}).values()]
    return found[0].id if len(found) == 1 else None


def _only(query: Any) -> int | None:
    """The id when exactly one row answers."""
    rows = list(query.limit(2).tuples())
    return rows[0][0] if len(rows) == 1 else None


@dataclass
class Context:
    """How values are shown to, and understood from, one person."""

    lang: str = "zh"
    zone: str = "Asia/Shanghai"
    directory: Directory = field(default_factory=Directory)

    def today(self) -> str:
        return clock.today(self.zone).isoformat()
