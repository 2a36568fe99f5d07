"""What a form asks: sections of questions over one table, read back as one viewer may answer them.

Stored as ``{"sections": [{"title", "names", "questions": [{"field", "label", "names", "help",
"help_names", "required", "default", "show_if"}]}], "thanks", "thanks_names", "submit",
"submit_names", "open_from", "open_until"}``; `forms.checking` says what may be stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from forms import showif
from tracker import fieldtypes, permissions, records, schema
from tracker.conditions import Condition
from tracker.context import Context
from tracker.errors import Problem
from tracker.models import Form
from tracker.periods import short_day
from tracker.permissions import Access, Viewer
from tracker.schema import Field, Table
from tracker.text import Text, _, label


@dataclass(frozen=True)
class Question:
    """One field asked for, in the words of the one who answers. ``default`` is a stored value."""

    field: Field
    label: str
    help: str = ""
    required: bool = False
    default: Any = None
    show_if: Condition | None = None


@dataclass(frozen=True)
class Section:
    """Questions under a headline (which may be empty)."""

    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Definition:
    """A form as one viewer may fill it in: what they may not write is not asked."""

    id: int
    name: str
    table: Table
    sections: tuple[Section, ...]
    thanks: str = ""
    submit: str = ""
    open_from: str | None = None  # the first day it takes answers
    open_until: str | None = None  # the last one

    @property
    def questions(self) -> Iterator[Question]:
        for section in self.sections:
            yield from section.questions

    def closed(self, context: Context) -> Text | None:
        """Why nothing can be filed today; None while the form is open."""
        return closed(self.open_from, self.open_until, context)


def closed(first: str | None, last: str | None, context: Context) -> Text | None:
    """Why a form open from ``first`` to ``last`` takes nothing today; None while it does."""
    today = context.today()
    if first and today < first:
        return _("This form opens on {day}.", day=short_day(first, context))
    if last and today > last:
        return _("This form closed on {day}.", day=short_day(last, context))
    return None


def closed_today(form: Form, context: Context) -> Text | None:
    """As `Definition.closed`, for a form that need not be read further."""
    stored: dict[str, Any] = form.definition or {}
    return closed(stored.get("open_from"), stored.get("open_until"), context)


def default_for(table: Table) -> dict[str, Any]:
    """The definition of a new table's form: all fields that people write, in their order."""
    asked = [{"field": one.id} for one in table.fields if askable(one)]
    return {"sections": [{"title": "", "questions": asked}]}


def askable(field: Field) -> bool:
    """Written by people, and from this side: the back of a link is filled in by its front."""
    return fieldtypes.get(field).written and not field.options.get("reverse")


def said(data: dict[str, Any], key: str, lang: str) -> str:
    """A text of a definition in ``lang``; other languages stand beside it as ``<key>_names``."""
    names = data.get(f"{key}_names") or {}
    return str(names.get(lang) or data.get(key) or "")


def load(viewer: Viewer, form: Form) -> Definition:
    """The form with the questions that this viewer may see and write, in their language."""
    table = schema.current().table(form.table_id)
    stored: dict[str, Any] = form.definition or {}
    lang = viewer.context.lang
    reader = _Reader(viewer, permissions.access(viewer, table))
    sections = [reader.section(one) for one in stored.get("sections") or []]
    return Definition(
        id=form.id,
        name=label(form, lang),
        table=table,
        sections=tuple(one for one in sections if one.questions),
        thanks=said(stored, "thanks", lang),
        submit=said(stored, "submit", lang),
        open_from=stored.get("open_from") or None,
        open_until=stored.get("open_until") or None,
    )


class _Reader:
    """Reads stored questions for one viewer; each field is asked once."""

    def __init__(self, viewer: Viewer, rights: Access) -> None:
        self.viewer, self.rights = viewer, rights
        self.asked: set[int] = set()

    def section(self, stored: dict[str, Any]) -> Section:
        questions = [self.question(one) for one in stored.get("questions") or []]
        title = label({"name": stored.get("title"), **stored}, self.viewer.context.lang)
        return Section(title or "", tuple(one for one in questions if one))

    def question(self, stored: dict[str, Any]) -> Question | None:
        field = self.rights.table.by_id.get(stored.get("field") or 0)
        if field is None or field.id in self.asked or not self.open(field):
            return None
        lang = self.viewer.context.lang
        self.asked.add(field.id)
        return Question(
            field=field,
            label=label({"name": stored.get("label"), **stored}, lang) or label(field, lang),
            help=said(stored, "help", lang) or field.help_in(lang),
            required=bool(stored.get("required")) or field.required,
            default=default_value(field, stored.get("default"), self.viewer),
            show_if=showif.readable(stored.get("show_if"), self.rights.table, self.viewer),
        )

    def open(self, field: Field) -> bool:
        """Whether the viewer may see and write the field, and the table it links to."""
        rights = self.rights
        if not (
            askable(field) and rights.level(field.id) and rights.writable(field.id, create=True)
        ):
            return False
        if fieldtypes.get(field).family != "link":
            return True
        target = schema.current().tables.get(field.options["table"])
        return bool(target and permissions.possible_access(self.viewer, target).lanes)


def default_value(field: Field, raw: Any, viewer: Viewer) -> Any:
    """The stored value a question begins with: its own default, else the field's."""
    if raw is None:
        raw = field.default
    if raw is None:
        return None
    try:
        return records.default_value(replace(field, default=raw), viewer)
    except Problem:  # a default that fits the field no longer: the question begins empty
        return None
