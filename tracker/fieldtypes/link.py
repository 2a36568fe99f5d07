"""Records of another table (or of this one), kept in a junction table with both directions."""

from __future__ import annotations

import html
from typing import Any

from tracker import limits
from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, Source, clean_text, registry
from tracker.members import split, unique
from tracker.operators import Operator, negate
from tracker.schema import Field
from tracker.text import _

FIXED = ("table", "junction", "reverse", "pair")  # options that never change once they stand


@registry.register
class LinkType(FieldType):
    """``options``: ``table`` linked to, ``junction`` (field id that owns the junction table),
    ``reverse`` (this field reads it backwards), ``single`` (at most one), ``limit`` (a condition:
    only records that meet it can be chosen; those chosen before stay), ``tree`` (of a link to its
    own table: no record may stand above itself, see `tracker.circles`).
    """

    key = "link"
    name = _("Link to records")
    icon = "arrows-join"
    order = 13
    family = "link"
    widget = "link"
    stored = False

    def parse(self, raw: Any, field: Field, context: Context) -> list[int] | None:
        ids = [_record_id(part) for part in split(raw)]
        if len(ids) > limits.LINKS_PER_RECORD:
            raise Refused(_("At most {limit} records fit.", limit=limits.LINKS_PER_RECORD))
        if field.options.get("single") and len(set(ids)) > 1:
            raise Refused(_("Only one record fits here."))
        return unique(ids)

    def text(self, value: Any, field: Field, context: Context) -> str:
        return ", ".join(title for _id, title in titles(value, field, context))

    def html(self, value: Any, field: Field, context: Context) -> str:
        target = field.options["table"]
        return "".join(
            f'<a class="chip" href="/r/{target}/{record}">{html.escape(title)}</a>'
            for record, title in titles(value, field, context)
        )

    def json(self, value: Any, field: Field, context: Context) -> Any:
        return [{"id": record, "name": title} for record, title in titles(value, field, context)]

    def operand(self, raw: Any, field: Field, context: Context) -> int:
        return _record_id(raw)

    def predicate(self, field: Field, operator: Operator, operand: Any, source: Source) -> Any:
        if operator.operand == "values":
            test = source.linked(field, list(operand))
        else:
            test = source.linked(field, None)
        return negate(test) if operator.key in {"has_none", "empty"} else test

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        merged = {key: options[key] for key in FIXED if key in options}
        merged.update((key, old[key]) for key in FIXED if key in old)
        merged["single"] = bool(options.get("single"))
        merged["limit"] = options.get("limit") or None  # `tables` checks it with its table
        if "tree" in options or "tree" in old:
            merged["tree"] = bool(options.get("tree", old.get("tree")))
        if not merged.get("table"):
            raise Refused(_("Choose the table to link to."))
        return merged


def titles(value: Any, field: Field, context: Context) -> list[tuple[int, str]]:
    """``(id, title)`` of the linked records that the reader may see."""
    known = context.directory.records
    target = field.options["table"]
    return [(one, known[target, one]) for one in value or [] if (target, one) in known]


def _record_id(raw: Any) -> int:
    text = clean_text(raw)
    if isinstance(raw, bool) or not text.isdecimal() or len(text) > 15:
        raise Refused(_("“{text}” is not a record.", text=text[:60]))
    return int(text)
