"""The settings of lookups, rollups and counts: what is offered for each link, what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from tracker import fieldtypes, formula, permissions, schema, uses
from tracker.computed import backlog
from tracker.computed.aggregates import AGGREGATES
from tracker.computed.computing import UPSTREAM
from tracker.computed.throughlinks import has_values
from tracker.errors import Refused
from tracker.fieldtypes import FieldType
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.text import _
from views import conditionwords

SCOPES = {
    "viewer": (
        _("What the reader may see"),
        _("Each person gets what comes of the records and fields that their roles open."),
    ),
    "everyone": (
        _("The same for everyone"),
        _("Worked out from all records, and seen by all who see this field. Administrators only."),
    ),
}


def about(viewer: Viewer, table: Table, type: str, field: Field | None) -> dict[str, Any]:
    """What the forms of computed fields and links show beyond the common settings."""
    kind = fieldtypes.registry.get(field.type) if field else None
    options = field.own_options if field else {}
    return {
        "links": [_link(viewer, one, options) for one in table.fields if one.type == "link"],
        "aggregates": AGGREGATES,
        "scopes": SCOPES,
        "limit": _limit(viewer, field) if field and field.type == "link" else None,
        "progress": backlog.progress(field) if field and kind and kind.computed else None,
        **(writing(viewer, table, field) if type == "formula" else {}),
        "made_from_it": uses.made_from(field) if field else [],
    }


def writing(viewer: Viewer, table: Table, field: Field | None) -> dict[str, Any]:
    """What the form of a formula shows: its text as it reads now, fields and functions."""
    stored = field.own_options.get("formula", "") if field else ""
    sources = [one for one in table.fields if field is None or one.id != field.id]
    return {
        "formula": formula.show(stored, table),
        "sources": [
            {"field": one, "written": formula.show(f"{{fld:{one.id}}}", table)}
            for one in sources
            if one.type == "link" or _named(one)
        ],
        "functions": formula.describe(viewer.context.lang),
    }


def tried(viewer: Viewer, table: Table, source: str) -> dict[str, Any]:
    """A formula tried out on the first record: ``text`` is its result, ``error`` what is wrong."""
    query = Query(viewer, table)
    first = query.page(1).records
    values = first[0].values if first else {}
    strays = first[0].strays if first else {}

    def value(one: Any) -> Any:
        if isinstance(one, str):
            return first[0].id if first and one == "id" else None
        error = strays.get(one.id) if one.type == "formula" else None
        return formula.FormulaError(error, UPSTREAM) if error else values.get(one.id)

    context = viewer.context
    found = formula.trace(
        source, table, value, lang=context.lang, zone=context.zone, directory=context.directory
    )
    return {**found, "record": first[0].title if first else ""}


def _link(viewer: Viewer, link: Field, options: dict[str, Any]) -> dict[str, Any]:
    """One link to look through: the fields behind it and a condition over the records there."""
    target = schema.current().tables.get(link.options["table"])
    if target is None or not permissions.possible_access(viewer, target).lanes:
        return {"link": link, "target": None, "fields": [], "dates": [], "conditions": None}
    seen = permissions.access(viewer, target).visible_table
    fields = [one for one in seen.fields if _lookable(one)]
    condition = options.get("condition") if options.get("link") == link.id else None
    return {
        "link": link,
        "target": target,
        "fields": fields,
        "dates": [one for one in fields if fieldtypes.get(one).family == "time"],
        "conditions": conditionwords.about(viewer, seen, condition),
    }


def _lookable(field: Field) -> bool:
    kind = fieldtypes.get(field)
    return has_values(kind) and kind.family != "files"


def _named(field: Field) -> bool:
    """Whether a formula may name the field."""
    kind = fieldtypes.get(field)
    return has_values(kind) and not kind.on_read


def _limit(viewer: Viewer, link: Field) -> dict[str, Any] | None:
    """The builder of the condition that records must meet to be chosen."""
    target = schema.current().tables.get(link.options["table"])
    if target is None or not permissions.possible_access(viewer, target).lanes:
        return None
    seen = permissions.access(viewer, target).visible_table
    return conditionwords.about(viewer, seen, link.options.get("limit"))


def options(kind: FieldType, form: Mapping[str, str], old: dict[str, Any]) -> dict[str, Any]:
    """What the form says of a computed field, as far as its kind can check it."""
    said = formula_of(form) if kind.key == "formula" else through_link(form)
    return kind.check_options(said, old)


def formula_of(form: Mapping[str, str]) -> dict[str, Any]:
    """The options of a formula as its form says."""
    names = ("formula", "decimals", "style", "symbol")
    return {name: form.get(f"opt_{name}", "") for name in names}


def through_link(form: Mapping[str, str]) -> dict[str, Any]:
    """The options of a lookup, rollup or count as its form says; the parts of the link chosen."""
    link = form.get("opt_link", "")
    return {
        "link": _id(link),
        "field": _id(form.get(f"opt_field_{link}", "")),
        "by": _id(form.get(f"opt_by_{link}", "")),
        "aggregate": form.get("opt_aggregate"),
        "scope": form.get("opt_scope"),
        "condition": condition(form.get(f"condition_{link}", "")),
    }


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def condition(text: str) -> Any:
    """A condition as its builder sends it; None for none."""
    if not text.strip():
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Refused(_("This condition cannot be read.")) from None
