"""Names ↔ ids: formulas are kept with ``{fld:12}``, so that renaming a field breaks nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Protocol

from tracker.errors import Refused
from tracker.folding import fold
from tracker.formula.lexer import quoted, words, wrong
from tracker.formula.nodes import Reference
from tracker.schema import Field
from tracker.text import _

ID = re.compile(r"fld:(\d{1,18})")


class Fields(Protocol):
    """Where field names are looked up: a `Table`, or anything with its own names for fields."""

    def find(self, ref: Any) -> Field | None: ...


def resolve(name: str, table: Fields) -> Field | None:
    """The field called ``name``, or with the id of ``fld:12``; exact names come first."""
    by_id = ID.fullmatch(name)
    if by_id:
        return table.find(int(by_id[1]))
    exact = [one for one in getattr(table, "fields", ()) if one.name == name]
    return exact[0] if exact else table.find(name)


def need(reference: Reference, table: Fields, source: str) -> Field:
    found = resolve(reference.name, table)
    if found is None:
        raise _unknown(reference, table, source)
    return found


def _unknown(reference: Reference, table: Fields, source: str) -> Refused:
    name = reference.name[:60]
    if ID.fullmatch(name):
        text = _("The field that stood here was deleted.")
        return wrong(source, reference.at, text)
    if not reference.braced and name.upper() in {"TRUE", "FALSE", "BLANK"}:
        text = _("Write {name}() with brackets.", name=name.upper())
        return wrong(source, reference.at, text)
    near = [one.name for one in getattr(table, "fields", ()) if fold(one.name) == fold(name)]
    if near:
        text = _("There is no field called “{name}”; there is “{near}”.", name=name, near=near[0])
    else:
        text = _("There is no field called “{name}”.", name=name)
    return wrong(source, reference.at, text)


def store(source: str, table: Fields) -> str:
    """``source`` with ids in place of names; everything else stays as it was written."""
    return _replaced(source, table, to_ids=True)


def show(stored: str, table: Fields) -> str:
    """A stored formula with the names fields have now; a deleted one keeps its id."""
    return _replaced(stored, table, to_ids=False)


def told(stored: str, name: Callable[[int], str]) -> str:
    """A stored formula with other ids for its fields, those that are gone among them."""
    parts, end = [], 0
    for word in words(stored):
        by_id = ID.fullmatch(word.text) if word.kind == "field" else None
        if by_id:
            parts += [stored[end : word.at], f"{{{name(int(by_id[1]))}}}"]
            end = word.end
    return "".join([*parts, stored[end:]])


def _replaced(source: str, table: Fields, *, to_ids: bool) -> str:
    found, parts, end = words(source), [], 0
    for word, following in pairwise(found):
        called = following.kind == "operator" and following.text == "("
        if word.kind == "field" or (word.kind == "name" and not called):
            field = resolve(word.text, table)
            if field is not None:
                parts += [source[end : word.at], _written(field, table, to_ids=to_ids)]
                end = word.end
    return "".join([*parts, source[end:]])


def _written(field: Field, table: Fields, *, to_ids: bool) -> str:
    by_id = f"{{fld:{field.id}}}"
    if to_ids or resolve(field.name, table) != field:  # two fields of one name
        return by_id
    return quoted(field.name)
