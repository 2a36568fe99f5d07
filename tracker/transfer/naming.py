"""What options, people, departments and records are called in files, both ways.

A name is written so that the same dictionary finds the same thing again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Protocol

from tracker import choices, db, fieldtypes, schema
from tracker.fieldtypes import clean_text
from tracker.folding import fold, person_key
from tracker.models import Department, Person
from tracker.permissions import Viewer
from tracker.schema import Field
from tracker.scope import scope_of
from tracker.text import label

_SEPARATORS = re.compile(r"[,，、;；\n]")
_NAMES = re.compile(
    r'\s*(?:"((?:[^"]|"")*)"\s*(?=[,，、;；\n]|$)|([^,，、;；\n]*))(?:[,，、;；\n]|$)'
)
_NUMBERED = re.compile(r"(.*) #(\d{1,15})", re.DOTALL)
_ADDRESSED = re.compile(r".*<([^<>\s]+@[^<>\s]+)>")
_JOINED = 40  # parts of a list that are tried together


class Names(Protocol):
    """A dictionary of things that values are ids of."""

    def find(self, text: str) -> int | None:
        """The one thing called ``text``; None for unknown and ambiguous names."""

    def write(self, one: int) -> str:
        """What ``one`` is called in a file; ``""`` when it is not there."""

    def every(self) -> list[int]:
        """All that there is to be named."""


def names_for(field: Field, viewer: Viewer) -> Names | None:
    """The dictionary behind a field whose values are ids; None for other fields."""
    kind = fieldtypes.get(field)
    if kind.family == "link":
        return Records(viewer, field.options["table"])
    if kind.widget == "person":
        return People()
    if kind.widget == "department":
        return Departments()
    return Options(field, viewer.context.lang) if kind.family in {"one", "many"} else None


class Options:
    """The options of a choice field, by name in any language, then by folded name."""

    def __init__(self, field: Field, lang: str) -> None:
        self._ids: dict[str, int] = {}
        self._folded: dict[str, int] = {}
        self._labels: dict[int, str] = {}
        options = choices.options(field)
        for one in options:
            self._labels[one["id"]] = label(one, lang)
        first = [(one["name"], one["id"]) for one in options]
        other = [(name, one["id"]) for one in options for name in (one.get("names") or {}).values()]
        for name, option in [*first, *other]:
            self._ids.setdefault(name, option)
            self._folded.setdefault(fold(name), option)
        for option, shown in self._labels.items():
            self._ids[shown] = option

    def find(self, text: str) -> int | None:
        found = self._ids.get(text)
        return self._folded.get(fold(text)) if found is None else found

    def write(self, one: int) -> str:
        return self._labels.get(one, "")

    def every(self) -> list[int]:
        return list(self._labels)


class People:
    """People by e-mail address or by a name that only one has."""

    def __init__(self) -> None:
        rows = list(Person.select(Person.id, Person.name, Person.email, Person.email_key).tuples())
        self._addresses = {key: id_ for id_, _name, _email, key in rows}
        self._names = _unambiguous((name, id_) for id_, name, _email, _key in rows)
        self._people = {id_: (name, email) for id_, name, email, _key in rows}

    def find(self, text: str) -> int | None:
        addressed = _ADDRESSED.fullmatch(text)
        key = person_key(addressed[1] if addressed else text)
        found = self._addresses.get(key)
        return self._names.get(text) if found is None else found

    def write(self, one: int) -> str:
        name, email = self._people.get(one, ("", ""))
        return name if self.find(name) == one else f"{name} <{email}>" if email else ""

    def every(self) -> list[int]:
        """Those who are active, by name."""
        active = Person.select(Person.id).where(Person.active == True)  # noqa: E712 - SQL
        return [id_ for (id_,) in active.order_by(Person.name, Person.id).tuples()]


class Departments:
    """Departments by their path of names or by a name, of any language, that only one has."""

    def __init__(self) -> None:
        live = Department.select().where(Department.deleted_at.is_null())
        rows = [(one.id, one.name, one.path) for one in live]
        others = ((name, one.id) for one in live for name in (one.names or {}).values())
        names = {id_: name for id_, name, _path in rows}
        self._paths = {
            id_: "/".join(names.get(int(part), "") for part in path.split("/") if part)
            for id_, _name, path in rows
        }
        self._by_path = _unambiguous((path, id_) for id_, path in self._paths.items())
        own = _unambiguous((name, id_) for id_, name, _path in rows)
        self._by_name = {**_unambiguous(others), **own}
        self._names = names

    def find(self, text: str) -> int | None:
        found = self._by_path.get("/".join(part.strip() for part in text.split("/")))
        return self._by_name.get(text) if found is None else found

    def write(self, one: int) -> str:
        name = self._names.get(one, "")
        return name if self.find(name) == one else self._paths.get(one, "")

    def every(self) -> list[int]:
        return sorted(self._paths, key=lambda one: self._paths[one])


class Records:
    """The records of a table that a viewer may see, by title; ``title #12`` tells doubles apart."""

    def __init__(self, viewer: Viewer, table_id: int) -> None:
        self._titles = _titles(viewer, table_id)
        self._exact = _unambiguous((title, id_) for id_, title in self._titles.items())
        self._folded: dict[str, int | None] | None = None

    def find(self, text: str) -> int | None:
        numbered = _NUMBERED.fullmatch(text)
        if numbered and self._titles.get(int(numbered[2])) == numbered[1]:
            return int(numbered[2])
        if text.startswith("#") and text[1:].isdecimal() and self._titles.get(int(text[1:])) == "":
            return int(text[1:])
        found = self._exact.get(text)
        return self._find_folded(text) if found is None and text not in self._exact else found

    def _find_folded(self, text: str) -> int | None:
        if self._folded is None:
            pairs = ((_squeezed(title), id_) for id_, title in self._titles.items())
            self._folded = _unambiguous(pairs)
        return self._folded.get(_squeezed(text))

    def write(self, one: int) -> str:
        title = self._titles.get(one)
        if title is None:
            return ""
        if not title:
            return f"#{one}"
        return title if self.find(title) == one else f"{title} #{one}"

    def every(self) -> list[int]:
        return sorted(self._titles, key=lambda one: (self._titles[one], one))


class Keys:
    """The rows of a table by what stands in one of its columns; several may share a key.

    ``aliases`` are other words for keys, as somebody settled them.
    """

    def __init__(self, pairs: Iterable[tuple[str, int]], aliases: dict[str, str]) -> None:
        self._ids: dict[str, list[int]] = {}
        for key, one in pairs:
            self._ids.setdefault(key, []).append(one)
        self._aliases = aliases

    def all(self, text: str) -> list[int]:
        return self._ids.get(text) or self._ids.get(self._aliases.get(text, ""), [])

    def find(self, text: str) -> int | None:
        return next(iter(self.all(text)), None)

    def write(self, one: int) -> str:
        return next((key for key, ids in self._ids.items() if one in ids), "")

    def every(self) -> list[int]:
        return [one for ids in self._ids.values() for one in ids]


def _titles(viewer: Viewer, table_id: int) -> dict[int, str]:
    """Record id → title, of what this viewer may see."""
    scope = scope_of(viewer, table_id)
    if scope is None:
        return {}
    table = schema.current().table(table_id)
    title = table.title
    if title is None or not fieldtypes.get(title).stored or scope.access.level(title.id) < 1:
        rows = db.proxy.execute(scope.model.select(scope.model.id).where(scope.live)).fetchall()
        return {row[0]: "" for row in rows}
    select = scope.model.select(scope.model.id, scope.column(title)).where(scope.live)
    rows = db.proxy.execute(select).fetchall()
    kind = fieldtypes.get(title)
    if kind.family == "text":
        return {id_: clean_text(text) for id_, text in rows}
    read, context = kind.column(title).python_value, viewer.context
    return {
        id_: "" if cell is None else kind.text(read(cell), title, context) for id_, cell in rows
    }


def _squeezed(text: str) -> str:
    """Folded, with every run of blanks as one."""
    return fold(" ".join(text.split()))


def _unambiguous(pairs: Iterable[tuple[str, int]]) -> dict[str, int | None]:
    """Name → id; None for a name that several have."""
    found: dict[str, int | None] = {}
    for name, one in pairs:
        found[name] = None if name in found else one
    return found


# ── several names in one cell ────────────────────────────────────────────────


def join(names: Iterable[str]) -> str:
    """Names in one cell, in quotation marks where they hold a separator themselves."""
    return ", ".join(_quoted(name) for name in names)


def _quoted(name: str) -> str:
    if _SEPARATORS.search(name) or name.startswith('"'):
        return '"{}"'.format(name.replace('"', '""'))
    return name


def split(text: str) -> list[str]:
    """The names that `join` put together, or that a person listed."""
    found = []
    for quoted, plain in _NAMES.findall(text):
        name = quoted.replace('""', '"') if quoted else plain.strip()
        if name:
            found.append(name)
    return found


def find_all(text: str, find: Callable[[str], int | None]) -> tuple[list[int], list[str]]:
    """``(ids, unknown names)`` of a list of names; names that hold commas are found, too."""
    parts = split(text)
    found = [find(part) for part in parts]
    if None not in found:
        return _each_once(found), []
    whole = find(text)
    if whole is not None:
        return [whole], []
    greedy = _find_greedily(text, find)
    if greedy is not None:
        return greedy, []
    unknown = [part for part, one in zip(parts, found, strict=True) if one is None]
    return _each_once(found), unknown


def _find_greedily(text: str, find: Callable[[str], int | None]) -> list[int] | None:
    """Take the longest known name again and again; None when something is left over."""
    ends = [match.start() for match in _SEPARATORS.finditer(text)] + [len(text)]
    if not 1 < len(ends) <= _JOINED:
        return None
    found: list[int | None] = []
    start, first = 0, 0
    while first < len(ends):
        for last in range(len(ends) - 1, first - 1, -1):
            one = find(text[start : ends[last]].strip())
            if one is not None:
                break
        else:
            return None
        found.append(one)
        start, first = ends[last] + 1, last + 1
    return _each_once(found)


def _each_once(ids: Iterable[int | None]) -> list[int]:
    return list(dict.fromkeys(one for one in ids if one is not None))
