"""What lookup, rollup and count share: they look through a link field at the records behind it.

``options``: ``link`` (a field of the same table), ``field`` (of the table it leads to),
``condition`` over the linked records, ``scope``: ``viewer`` (worked out on reading from what the
reader may see) or ``everyone`` (kept in a column, the same for all).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracker.errors import Refused
from tracker.fieldtypes import Computed, Fields, FieldType, Shape
from tracker.schema import Field
from tracker.text import Text, _

SCOPES = ("viewer", "everyone")
WHOLE = Shape("number", {"precision": 0})
OWN = {"table", "junction", "reverse", "pair", "single", "limit", "column", "kept", "formula"}
OWN |= {"link", "field", "by", "aggregate", "condition", "scope", "last_choice"}
AS = {  # what the product notes looks like the fields that people fill in
    "autonumber": "number",
    "created_at": "datetime",
    "modified_at": "datetime",
    "created_by": "person",
    "modified_by": "person",
}
LOST = _("#REF! A field that this one is made from is gone.")
UNFIT = _("#REF! A field that this one is made from has changed its type.")


class ThroughLink(Computed):
    """A kind that looks through a link."""

    def keeps(self, field: Field) -> bool:
        return bool(field.options.get("scope") == "everyone")

    def shape(self, field: Field, fields: Fields) -> Shape:
        link = fields.get(field.options.get("link") or 0)
        if link is None or link.type != "link":
            return broken(LOST if link is None else UNFIT)
        source = fields.get(field.options.get("field") or 0)
        if source is not None and source.table_id != link.options["table"]:
            source = None
        if self.needs_source(field):
            if source is None:
                return broken(LOST)
            if source.problem is not None:
                return broken(source.problem)
        return self.like(field, link, source)

    def inputs(self, field: Field) -> list[int]:
        options = field.options
        used = [options.get("link"), options.get("field"), options.get("by")]
        used += condition_fields(options.get("condition"))
        return [one for one in used if one]

    def needs_source(self, field: Field) -> bool:
        return True

    def like(self, field: Field, link: Field, source: Any) -> Shape:
        """The shape, given the link and the field behind it (None for a count)."""
        return WHOLE

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        """What can be told without the tables; `tracker.computed.checking` sees to the rest."""
        given = {**old, **options}
        scope = given.get("scope") or "viewer"
        if scope not in SCOPES:
            raise Refused(_("This request cannot be read."))
        return {
            "link": given.get("link"),
            "field": given.get("field"),
            "condition": given.get("condition"),
            "scope": scope,
        }


def broken(problem: Text) -> Shape:
    return Shape("text", {}, problem)


def as_it_is(source: Field) -> Shape:
    """The shape of one value of another field."""
    key = source.result or source.type
    shown = {name: value for name, value in source.options.items() if name not in OWN}
    if source.type == "autonumber":
        shown = {"precision": 0}
    return Shape(AS.get(key, key), shown)


def has_values(kind: FieldType) -> bool:
    """Whether values of a kind lie in a column or are worked out in SQL: not buttons or links."""
    return kind.stored or kind.on_read or hasattr(kind, "source")


def condition_fields(condition: Any) -> Iterator[int]:
    """The fields a checked condition compares."""
    for one in parts(condition):
        if "op" in one:
            yield one["field"]


def parts(data: Any) -> Iterator[dict[str, Any]]:
    """Every object in a definition, however deep."""
    if isinstance(data, list):
        for one in data:
            yield from parts(one)
    elif isinstance(data, dict):
        yield data
        for one in data.values():
            yield from parts(one)
