"""Questions answered by picking out of what is kept elsewhere: records, people, departments.

A short list stands in the page. A long one is asked by name (or pinyin) as one types; without a
script a name may be typed, and the server finds who or what is meant, or says what is near.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from markupsafe import Markup
from wtforms.utils import unset_value

from forms.inputs import Choosing, Option, attrs
from tracker import fieldtypes, limits
from tracker.errors import Refused
from tracker.fieldtypes import clean_text
from tracker.folding import fold, initials
from tracker.models import Department, Person
from tracker.query import Query, Record, choosable
from tracker.text import Text, _, label

PLACEHOLDER = _("Name or pinyin initials")
NEAR = 5  # how many near names a refusal lists


class Picking(Choosing):
    """The base: ``all`` in the page where they are few, otherwise ``source`` is asked."""

    grouped = False
    source = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.named: list[str] = []  # names typed where no script helps
        self.found: list[int] = []  # what they turned out to mean

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(formdata, data, extra_filters)
        names = formdata.getlist(f"{self.name}.name") if formdata is not None else []
        self.named = [clean_text(one) for one in names if clean_text(one)]

    @property
    def raw(self) -> Any:
        ids = [int(one) if one.isdigit() and one.isascii() else one for one in self.typed if one]
        given = [*ids, *self.found]
        return given if self.several else (given[0] if given else None)

    def parse(self) -> Any:
        self.found = [self.find(name) for name in self.named]
        return super().parse()

    def find(self, name: str) -> int:
        """The one thing of this name; raises `Refused` with what is near."""
        raise NotImplementedError

    def all(self) -> list[Option] | None:
        """Everything to choose from; None when it is too much for a page."""
        raise NotImplementedError

    def chosen(self) -> list[Option]:
        """What is chosen now."""
        raise NotImplementedError

    @cached_property
    def short(self) -> list[Option] | None:
        return self.all()

    @cached_property
    def options(self) -> list[Option]:
        return self.chosen() if self.short is None else self.short

    def ids(self) -> list[int]:
        numbers = [*self.typed, *map(str, self.found)]
        return [int(one) for one in numbers if one.isdigit() and len(one) < 16]

    def __call__(self, **kwargs: Any) -> Markup:
        more = {"data-placeholder": PLACEHOLDER.to(self.viewer.context.lang)}
        if self.short is not None:
            return self.list(**more)
        return self.list(**more, **{"data-src": self.source}) + self.by_name()

    def by_name(self) -> Markup:
        """Where no script asks the server, the name is typed."""
        params = {"class": "input", "name": f"{self.name}.name", "aria-label": self.label.text}
        held = [] if self.ids() and not self.named else self.named
        return Markup("<noscript><input {}></noscript>").format(
            attrs(**params, value=", ".join(held), autocomplete="off")
        )


def unclear(name: str, near: Sequence[str], nothing: Text) -> Refused:
    """``nothing`` is there by that name, but perhaps one of those near it was meant."""
    if not near:
        return Refused(nothing)
    return Refused(_("{nothing} Near it: {names}.", nothing=nothing, names=", ".join(near)))


class LinkAnswer(Picking):
    """Records of another table, those that the viewer may see."""

    reads = "ids"
    nears = True

    @property
    def several(self) -> bool:  # type: ignore[override]  # a constant in other kinds
        return not self.question.field.options.get("single")

    @cached_property
    def query(self) -> Query:
        return choosable(self.viewer, self.question.field).only([])

    @property
    def source(self) -> str:  # type: ignore[override]  # a constant in other kinds
        field = self.question.field
        return f"/r/{field.table_id}/pick?field={field.id}"

    def written(self, value: Any) -> list[str]:
        return [str(one) for one in value]

    @property
    def raw(self) -> list[Any]:
        return [*(one for one in self.typed if one), *self.found]

    def parse(self) -> list[int] | None:
        value: list[int] | None = super().parse()
        if value and len(self.query.fetch(value)) < len(value):
            raise Refused(_("There is no such record."))
        return value

    def all(self) -> list[Option] | None:
        page = self.query.page(limits.FORM_OPTIONS)
        if page.after is not None:
            return None
        return sorted(map(_record, page.records), key=lambda one: one.keys)

    def chosen(self) -> list[Option]:
        return [_record(one) for one in self.query.fetch(self.ids())]

    def find(self, name: str) -> int:
        title = self.query.table.title
        same: list[Record] = []
        if title and fieldtypes.get(title).family == "text" and self.query.access.level(title.id):
            leaf = {"field": title.id, "op": "is", "value": name}
            same = self.query.where(leaf).page(2).records
        near = [] if same else self.query.search(name).page(NEAR).records
        same = same or [one for one in near if one.title == name]
        if len(same) == 1:
            return same[0].id
        if same:
            raise Refused(_("There are several called “{text}”.", text=name[:60]))
        where = label(self.query.table, self.viewer.context.lang)
        nothing = _("There is no “{text}” in “{table}”.", text=name[:60], table=where)
        raise unclear(name, [one.title for one in near], nothing)


def _record(one: Record) -> Option:
    return Option(str(one.id), one.title or f"#{one.id}", initials(one.title))


class PersonAnswer(Picking):
    """A colleague who is still here."""

    reads = "id"
    source = "/people/pick"

    def all(self) -> list[Option] | None:
        rows = _people().order_by(Person.initials, Person.id).limit(limits.FORM_OPTIONS + 1)
        found = [_person(one) for one in rows]
        return found if len(found) <= limits.FORM_OPTIONS else None

    def chosen(self) -> list[Option]:
        return [_person(one) for one in _people().where(Person.id.in_(self.ids()))]

    def find(self, name: str) -> int:
        found = self.viewer.context.directory.find_person(name)
        if found is not None:
            return found
        like = Person.name.contains(name) | Person.initials.startswith(fold(name))
        near = [one.name for one in _people().where(like).limit(NEAR)]
        raise unclear(name, near, _("There is nobody called “{text}”.", text=name[:60]))


def _people() -> Any:
    rows = Person.select(Person, Department).join(Department, "LEFT JOIN")
    return rows.where(Person.active == True)  # noqa: E712 - SQL


def _person(one: Person) -> Option:
    hint = one.department.name if one.department_id else ""
    return Option(str(one.id), one.name, one.initials, hint)


class DepartmentAnswer(Picking):
    """A department, found by its name or the names above it."""

    reads = "id"
    source = "/departments/pick"

    def all(self) -> list[Option] | None:
        rows = list(_departments().limit(limits.FORM_OPTIONS + 1))
        return self.told(rows) if len(rows) <= limits.FORM_OPTIONS else None

    def chosen(self) -> list[Option]:
        return self.told(list(_departments().where(Department.id.in_(self.ids()))))

    def told(self, rows: list[Department]) -> list[Option]:
        """Options with the departments above as a hint, in the order of the tree."""
        lang = self.viewer.context.lang
        names = {one.id: label(one, lang) for one in rows}

        def above(one: Department) -> str:
            ids = [int(part) for part in one.path.split("/") if part][:-1]
            return " / ".join(names[up] for up in ids if up in names)

        return [
            Option(str(one.id), names[one.id], initials(names[one.id]), above(one)) for one in rows
        ]

    def find(self, name: str) -> int:
        found = self.viewer.context.directory.find_department(name)
        if found is not None:
            return found
        near = [
            one.name for one in _departments().where(Department.name.contains(name)).limit(NEAR)
        ]
        raise unclear(name, near, _("There is no department called “{text}”.", text=name[:60]))


def _departments() -> Any:
    return Department.select().where(Department.deleted_at.is_null()).order_by(Department.path)
