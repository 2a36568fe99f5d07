"""What may be stored as a form's definition, and what in it cannot work, said before it is saved.

Problems are named ``"<field id>.<part>"`` for a question (``"12.show_if"``), else by the part of
the form (``"open_until"``, ``"missing"``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from forms import showif
from forms.definition import askable
from tracker import conditions, fieldtypes, limits, records
from tracker.errors import Problem, Refused
from tracker.fieldtypes import clean_text
from tracker.permissions import Viewer
from tracker.schema import Field, Table
from tracker.text import LANGUAGES, Text, _

VARIABLES = {"person": {"me"}, "department": {"my_department"}}  # as defaults, by widget


def check(raw: Any, table: Table, viewer: Viewer) -> dict[str, Any]:
    """The definition as it is stored; raises `Refused` with every problem in it."""
    definition, problems = examine(raw, table, viewer)
    if problems:
        raise Refused(next(iter(problems.values())), problems)
    return definition


def examine(raw: Any, table: Table, viewer: Viewer) -> tuple[dict[str, Any], dict[str, Text]]:
    """The definition as far as it can be read, and what is wrong with it."""
    if not isinstance(raw, dict):
        raise Refused(_("This definition cannot be read."))
    return _Checker(table, viewer).definition(raw)


class _Checker:
    def __init__(self, table: Table, viewer: Viewer) -> None:
        self.table, self.viewer = table, viewer
        self.problems: dict[str, Text] = {}
        self.above: set[int] = set()  # fields asked so far
        self.certain: set[int] = set()  # … whatever the answers are

    def definition(self, raw: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Text]]:
        sections = [self.section(one) for one in _list(raw.get("sections"))]
        if len(sections) > limits.FORM_SECTIONS:
            self.problems["sections"] = _("At most {n} sections fit.", n=limits.FORM_SECTIONS)
        if len(self.above) > limits.FORM_QUESTIONS:
            self.problems["sections"] = _("At most {n} questions fit.", n=limits.FORM_QUESTIONS)
        self.missing()
        stored = {
            "sections": sections,
            **self.text(raw, "thanks", limits.HELP_LENGTH),
            **self.text(raw, "submit", limits.NAME_LENGTH),
            **self.days(raw),
        }
        return stored, self.problems

    def section(self, raw: Any) -> dict[str, Any]:
        raw = raw if isinstance(raw, dict) else {}
        asked = [self.question(one) for one in _list(raw.get("questions"))]
        title = clean_text(raw.get("title"))[: limits.NAME_LENGTH]
        names = _languages(raw.get("names"), limits.NAME_LENGTH)
        return {"title": title, "names": names, "questions": [one for one in asked if one]}

    def question(self, raw: Any) -> dict[str, Any] | None:
        wanted = raw.get("field") if isinstance(raw, dict) else None
        field = self.table.by_id.get(wanted) if type(wanted) is int else None
        if field is None or field.id in self.above:
            return None
        if not askable(field):
            self.problem(field, "field", _("“{field}” is not filled in by hand.", field=field.name))
            return None
        stored = {
            "field": field.id,
            "label": clean_text(raw.get("label"))[: limits.NAME_LENGTH],
            "names": _languages(raw.get("names"), limits.NAME_LENGTH),
            **self.text(raw, "help", limits.HELP_LENGTH),
            "required": bool(raw.get("required")),
            "default": self.default(raw.get("default"), field),
            "show_if": self.show_if(raw.get("show_if"), field),
        }
        self.above.add(field.id)
        if stored["show_if"] in (None, True):
            self.certain.add(field.id)
        return stored

    def problem(self, field: Field, part: str, text: Text) -> None:
        self.problems[f"{field.id}.{part}"] = text

    def text(self, raw: dict[str, Any], key: str, most: int) -> dict[str, Any]:
        return {
            key: clean_text(raw.get(key))[:most],
            f"{key}_names": _languages(raw.get(f"{key}_names"), most),
        }

    def default(self, raw: Any, field: Field) -> Any:
        if raw in (None, "", []):
            return None
        widget = fieldtypes.get(field).widget
        if isinstance(raw, dict):
            if set(raw) == {"var"} and raw["var"] in VARIABLES.get(widget, ()):
                return raw
            self.problem(field, "default", _("This is no default for “{field}”.", field=field.name))
            return None
        try:
            records.default_value(replace(field, default=raw), self.viewer)
        except Problem as problem:
            self.problem(field, "default", problem.text)
            return None
        return raw

    def show_if(self, raw: Any, field: Field) -> Any:
        if raw is None:
            return None
        try:
            checked = conditions.check(raw, self.table, self.viewer.context)
        except Refused as refused:
            self.problem(field, "show_if", refused.text)
            return None
        later = showif.fields_of(checked) - self.above
        if later:
            name = self.table.by_id[min(later)].name
            text = _("“{field}” must be asked above, for this to depend on it.", field=name)
            self.problem(field, "show_if", text)
        return checked

    def days(self, raw: dict[str, Any]) -> dict[str, str | None]:
        """The first and last day on which the form takes answers."""
        found = {key: self.day(raw.get(key), key) for key in ("open_from", "open_until")}
        first, last = found.values()
        if first and last and last < first:
            self.problems["open_until"] = _("The last day is before the first.")
        return found

    def day(self, raw: Any, key: str) -> str | None:
        text = clean_text(raw)
        try:
            return date.fromisoformat(text).isoformat() if text else None
        except ValueError:
            self.problems[key] = _(
                "“{text}” is not a date. Write it like 2026-11-21.", text=text[:60]
            )
            return None

    def missing(self) -> None:
        """Needed fields that would stay empty, so that nothing could ever be filed."""
        needed = [
            one
            for one in self.table.fields
            if one.required and fieldtypes.get(one).written and one.default is None
        ]
        absent = [one.name for one in needed if one.id not in self.above]
        if absent:
            self.problems["missing"] = _(
                "The table needs {fields}, which nobody is asked and which has no default.",
                fields="、".join(f"“{one}”" for one in absent),
            )
        for field in needed:
            if field.id in self.above - self.certain:
                text = _(
                    "The table needs “{field}”: it cannot be asked only sometimes.",
                    field=field.name,
                )
                self.problem(field, "show_if", text)


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []


def _languages(raw: Any, most: int) -> dict[str, str]:
    """A text in other languages, without the empty ones."""
    given = raw if isinstance(raw, dict) else {}
    cleaned = {lang: clean_text(given.get(lang))[:most] for lang in LANGUAGES}
    return {lang: text for lang, text in cleaned.items() if text}
