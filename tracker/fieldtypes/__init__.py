"""What a field type is: one file, one class, at most ten methods, every surface answered.

A *value* is always in stored form, a JSON value: text is ``str``, numbers are scaled ``int``,
dates ``"2026-11-21"``, moments ``"2026-11-21 09:30:00"`` (UTC), choices and people ``int`` ids,
several of them ``list[int]``. Empty is ``None``, never ``""`` or ``[]``.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Protocol

import peewee as pw

from tracker import db, schema
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
    scaled = True  # its numbers are integers in units of their last decimal
    computed = False  # it is worked out from other fields: the kind is a `Computed`
    on_read = False  # … for each reader from what they may see, when they read
    offered = True  # people choose it for a field

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
        test = operator.sql(source.column(field), operand)
        return db.common(test) if self.family == "one" and field.options.get("choices") else test

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


@dataclass(frozen=True)
class Shape:
    """What the values of a computed field are like: those of kind ``result`` with ``options``.

    ``problem`` says why there are none: something the field is made from is gone.
    """

    result: str
    options: dict[str, Any]
    problem: Text | None = None


class Fields(Protocol):
    def get(self, field_id: int) -> Field | None:
        """The live field with this id, in its shape."""


class Computed(FieldType):
    """A kind whose values are worked out; what they look like depends on the field."""

    computed = True
    written = False
    stored = False
    fails = False  # a value may be an error, kept beside it (`Field.errors`)

    def shape(self, field: Field, fields: Fields) -> Shape:
        raise NotImplementedError

    def inputs(self, field: Field) -> Iterable[int]:
        """The ids of the fields that the values are made from."""
        return ()

    def keeps(self, field: Field) -> bool:
        """Whether the values are kept in a column, the same for every reader."""
        return True


class Shaped(Computed):
    """A computed kind together with the kind that its values are like."""

    def __init__(self, kind: Computed, like: FieldType, stored: bool, on_read: bool) -> None:
        self.key, self.name, self.icon, self.order = kind.key, kind.name, kind.icon, kind.order
        self.kind, self.like, self.stored, self.on_read = kind, like, stored, on_read
        self.family, self.widget, self.align = like.family, like.widget, like.align
        self.groups, self.sums, self.scaled = like.groups, like.sums, like.scaled
        self.shift, self.spelled = like.shift, like.spelled
        self.fails = kind.fails
        self.check_options = kind.check_options  # type: ignore[method-assign]  # it is delegated
        self.shape, self.keeps = kind.shape, kind.keeps  # type: ignore[method-assign]  # likewise
        for method in ("column", "parse", "text", "html", "sheet", "json", "operand", "predicate"):
            setattr(self, method, getattr(like, method))
        for method in ("gives", "formula_value"):  # what `tracker.formula.reading` asks a kind
            if hasattr(like, method):
                setattr(self, method, getattr(like, method))

    @property
    def operators(self) -> dict[str, Operator]:
        return self.like.operators


@cache
def _shaped_kind(kind: Computed, result: str, stored: bool, on_read: bool) -> Shaped:
    return Shaped(kind, registry.get(result), stored, on_read)


class _Shaping:
    """Fields by id, each computed one in its shape; a circle is as if the field were not there."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self.fields = {one.id: one for one in fields}
        self.open: set[int] = set()

    def get(self, field_id: int) -> Field | None:
        found = self.fields.get(field_id)
        if found is None or found.result or not is_computed(found):
            return found
        if field_id in self.open:
            return None
        self.open.add(field_id)
        self.fields[field_id] = shaped(found, self)
        self.open.discard(field_id)
        return self.fields[field_id]


def is_computed(field: Field) -> bool:
    return field.type in registry and registry.get(field.type).computed


def shaped(field: Field, fields: Fields | None = None) -> Field:
    """A computed field with what its values are like; as things stand, or among ``fields``."""
    kind = registry.get(field.type)
    if not isinstance(kind, Computed):
        return field
    own = field.own_options
    shape = kind.shape(replace(field, options=own), fields or schema.current().fields)
    lent = {key: value for key, value in shape.options.items() if key not in own}
    return replace(
        field,
        options={**own, **lent},
        result=shape.result,
        lent=tuple(lent),
        problem=shape.problem,
    )


def _shaped_all(fields: list[Field]) -> list[Field]:
    if not any(is_computed(one) for one in fields):
        return fields
    shaping = _Shaping(fields)
    return [shaping.get(one.id) or one for one in fields]


schema.shapers.append(_shaped_all)


def get(field: Field) -> FieldType:
    """The type of ``field``."""
    kind = registry.get(field.type)
    if not isinstance(kind, Computed):
        return kind
    one = field if field.result else shaped(field)
    whole = one.problem is None
    stored = whole and kind.keeps(one)
    return _shaped_kind(kind, one.result, stored, whole and not stored)


def fails(field: Field) -> bool:
    """Whether values of ``field`` may be errors, kept in a column beside it."""
    kind = get(field)
    return kind.computed and kind.stored and getattr(kind, "fails", False)
