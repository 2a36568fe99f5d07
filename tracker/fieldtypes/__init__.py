"""What a field type is: one file, one class, at most ten methods, every surface answered.

A *value* is always in stored form, a JSON value: text is ``str``, numbers are scaled ``int``,
dates ``"2026-11-21"``, moments ``"2026-11-21 09:30:00"`` (UTC), choices and people ``int`` ids,
several of them ``list[int]``. Empty is ``None``, never ``""`` or ``[]``.
"""

from __future__ import annotations

import html
from typing import Any, Protocol

import peewee as pw

from tracker.context import Context
from tracker.errors import Refused
from tracker.operators import FAMILIES, Operator
from tracker.registry import Registry
from tracker.schema import Field
from tracker.text import Text, _


class Source(Protocol):
    """What a condition reads from: one table as one viewer may see it."""

    def column(self, field: Field) -> Any:
        """The SQL expression of a stored field (empty where it is hidden)."""

    def linked(self, field: Field, ids: list[int] | None) -> Any:
        """Whether the record links to any of ``ids`` (to anything, for ``None``)."""

    def among(self, ids: list[int]) -> Any:
        """Whether the record is one of ``ids``."""


registry: Registry[FieldType] = Registry("tracker.fieldtypes")


class FieldType:
    """The contract, with the defaults of a plain text field."""

    key: str
    name: Text
    icon = "letter-case"
    order = 100
    family = "text"  # which operators it answers: a key of `operators.FAMILIES`
    widget = "text"  # the form input and cell editor that edits it
    align = "start"  # "end" for numbers
    stored = True  # has a column of its own in the table
    written = True  # people write it; otherwise it is computed
    groups = True  # records can be grouped by it
    sums = False  # it can be added up
    shift = 0  # decimals that files know beyond those shown (12 % is 0.12)
    spelled = False  # as words it is written as people read it, not as a bare number

    def column(self, field: Field) -> pw.Field:
        """The peewee column values are kept in (nullable)."""
        return TextColumn(null=True)

    def parse(self, raw: Any, field: Field, context: Context) -> Any:
        """Anything a person, sheet or program may give → value. Raises `Refused` in words."""
        text = clean_text(raw)
        return text or None

    def text(self, value: Any, field: Field, context: Context) -> str:
        """The value as a person reads it, plain; empty is ``""``."""
        return "" if value is None else str(value)

    def html(self, value: Any, field: Field, context: Context) -> str:
        """The value as safe HTML for a cell: everything is escaped here."""
        return html.escape(self.text(value, field, context))

    def sheet(self, value: Any, field: Field, context: Context) -> Any:
        """The value as a workbook cell: text, number, `date` or `datetime`."""
        return self.text(value, field, context) or None

    def json(self, value: Any, field: Field, context: Context) -> Any:
        """The value as the API gives it."""
        return value

    def operand(self, raw: Any, field: Field, context: Context) -> Any:
        """One operand of a condition → comparable value (as `parse` unless the type differs)."""
        return self.parse(raw, field, context)

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        """The options as they may be stored; raises `Refused`. ``old`` is what stood before."""
        return {}

    def predicate(self, field: Field, operator: Operator, operand: Any, source: Source) -> Any:
        """The SQL test of one leaf of a condition."""
        return operator.sql(source.column(field), operand)

    @property
    def operators(self) -> dict[str, Operator]:
        return FAMILIES[self.family]


class TextColumn(pw.TextField):
    """Text ordered and folded alike on both databases (bytes, ASCII)."""


def clean_text(raw: Any) -> str:
    """Text without NUL and lone surrogates, stripped of blanks at both ends."""
    text = "" if raw is None else str(raw)
    text = text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
    return text.strip()


def check_length(text: str, limit: int) -> str:
    if len(text) > limit:
        raise Refused(
            _("This is {n} characters long; at most {limit} fit.", n=len(text), limit=limit)
        )
    return text


def get(field: Field) -> FieldType:
    """The type of ``field``."""
    return registry.get(field.type)
