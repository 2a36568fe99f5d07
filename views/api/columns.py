"""Field types as Airtable calls them: type, options, and which of our types a new field gets.

A type that is not in the table is told by the family of its values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tracker import choices, fieldtypes, publicids, schema
from tracker.computed import formulas
from tracker.errors import Missing
from tracker.formula import naming
from tracker.schema import Field
from views.api import faults

MOST_PRECISE = 8  # decimals of a number that shows as many as there are
ISO_DATE = {"name": "iso", "format": "YYYY-MM-DD"}
CLOCK = {"name": "24hour", "format": "HH:mm"}
ICON = {"icon": "check", "color": "greenBright"}
STAR = {"icon": "star", "color": "yellowBright"}

# Colours of options: ours → theirs.
COLORS = {
    "blue": "blueLight2",
    "green": "greenLight2",
    "amber": "yellowLight2",
    "purple": "purpleLight2",
    "teal": "tealLight2",
    "red": "redLight2",
    "indigo": "blueDark1",
    "orange": "orangeLight2",
    "cyan": "cyanLight2",
    "pink": "pinkLight2",
    "olive": "greenDark1",
    "gray": "grayLight2",
}
Options = dict[str, Any]


def _precision(field: Field) -> Options:
    return {"precision": int(field.options.get("precision", 0))}


def _currency(field: Field) -> Options:
    return {**_precision(field), "symbol": field.options.get("symbol", "¥")}


def _rating(field: Field) -> Options:
    return {**STAR, "max": int(field.options.get("max", 5))}


def _duration(field: Field) -> Options:
    return {"durationFormat": field.options.get("format", "h:mm")}


def _moment(_field: Field) -> Options:
    return {"dateFormat": ISO_DATE, "timeFormat": CLOCK, "timeZone": "client"}


def _system_moment(field: Field) -> Options:
    return {"result": {"type": "dateTime", "options": _moment(field)}}


def _touched_moment(field: Field) -> Options:
    return {"isValid": True, "referencedFieldIds": None, **_system_moment(field)}


def _choices(field: Field) -> Options:
    return {"choices": [_choice(field, one) for one in choices.options(field)]}


def _choice(field: Field, option: choices.Option) -> Options:
    number = publicids.encode(publicids.OPTION, option["id"], owner=field.id)
    color = COLORS.get(option.get("color", "gray"), "grayLight2")
    return {"id": number, "name": option["name"], "color": color}


def _link(field: Field) -> Options:
    pair = field.options.get("pair")
    inverse = {"inverseLinkFieldId": publicids.field(pair)} if pair else {}
    return {
        "linkedTableId": publicids.table(field.options["table"]),
        "isReversed": bool(field.options.get("reverse")),
        "prefersSingleRecordLink": bool(field.options.get("single")),
        **inverse,
    }


def like(field: Field) -> Field:
    """A field that people fill in, of the kind that the values of a computed one are like."""
    kind, options = field.result, field.options
    if not kind:
        return field
    if kind == "several":
        kind = options.get("of") or "text"
    if kind == "real":
        places = options.get("decimals")
        options = {**options, "precision": MOST_PRECISE if places is None else places}
        kind = options.get("style") or "number"
    if field.type == "formula" and kind == "checkbox":  # theirs answer 1 and 0
        kind, options = "number", {"precision": 0}
    return replace(field, type=kind, options=options, result="")


def source(field: Field) -> Field | None:
    """The field that a lookup shows."""
    return schema.current().fields.get(field.options.get("field") or 0)


def _id(field_id: Any) -> str | None:
    return publicids.field(field_id) if field_id in schema.current().fields else None


def _result(field: Field | None) -> Options | None:
    """What values are like; None where there are none."""
    if field is None or field.problem is not None:
        return None
    seen = column(like(field))
    return {"type": seen.name, **({"options": seen.options(like(field))} if seen.options else {})}


def _formula(field: Field) -> Options:
    used = [one for one in map(_id, formulas.named(field)) if one]
    return {
        "isValid": field.problem is None,
        "formula": naming.told(field.options["formula"], publicids.field),
        "referencedFieldIds": used,
        "result": _result(field),
    }


def _count(field: Field) -> Options:
    return {"isValid": field.problem is None, "recordLinkFieldId": _id(field.options["link"])}


def _rollup(field: Field) -> Options:
    return {
        **_count(field),
        "fieldIdInLinkedTable": _id(field.options["field"]),
        "referencedFieldIds": [],
        "result": _result(field),
    }


def _lookup(field: Field) -> Options:
    shown = None if field.problem is not None else _result(source(field))
    return {
        **_count(field),
        "fieldIdInLinkedTable": _id(field.options["field"]),
        "result": shown,
    }


@dataclass(frozen=True)
class Column:
    """How one of our types looks from outside."""

    name: str
    options: Callable[[Field], Options] | None = None


COLUMNS: dict[str, Column] = {
    "text": Column("singleLineText"),
    "long_text": Column("multilineText"),
    "number": Column("number", _precision),
    "currency": Column("currency", _currency),
    "percent": Column("percent", _precision),
    "progress": Column("percent", _precision),
    "rating": Column("rating", _rating),
    "duration": Column("duration", _duration),
    "checkbox": Column("checkbox", lambda _field: ICON),
    "date": Column("date", lambda _field: {"dateFormat": ISO_DATE}),
    "datetime": Column("dateTime", _moment),
    "single_choice": Column("singleSelect", _choices),
    "stage": Column("singleSelect", _choices),
    "multiple_choice": Column("multipleSelects", _choices),
    "person": Column("singleCollaborator", lambda _field: {}),
    "link": Column("multipleRecordLinks", _link),
    "phone": Column("phoneNumber"),
    "email": Column("email"),
    "url": Column("url"),
    "autonumber": Column("autoNumber"),
    "created_at": Column("createdTime", _system_moment),
    "modified_at": Column("lastModifiedTime", _touched_moment),
    "created_by": Column("createdBy"),
    "modified_by": Column("lastModifiedBy"),
    "attachment": Column("multipleAttachments", lambda _field: {"isReversed": False}),
    "signature": Column("multipleAttachments", lambda _field: {"isReversed": False}),
    "barcode": Column("barcode"),
    "location": Column("singleLineText"),
    "button": Column("button"),
    "formula": Column("formula", _formula),
    "rollup": Column("rollup", _rollup),
    "lookup": Column("multipleLookupValues", _lookup),
    "count": Column("count", _count),
}
_FAMILIES = {
    "number": Column("number", _precision),
    "checkbox": COLUMNS["checkbox"],
    "time": COLUMNS["datetime"],
}


def column(field: Field) -> Column:
    found = COLUMNS.get(field.type)
    return found or _FAMILIES.get(fieldtypes.get(field).family, COLUMNS["text"])


def described(field: Field) -> Options:
    """A field as the metadata tell it."""
    seen = column(field)
    told: Options = {"id": publicids.field(field.id), "name": field.name, "type": seen.name}
    if field.help:
        told["description"] = field.help
    if seen.options is not None:
        told["options"] = seen.options(field)
    return told


# ── new fields ───────────────────────────────────────────────────────────────

# Their name → ours, where a program may make such a field.
_OURS = {
    "singleLineText": "text",
    "multilineText": "long_text",
    "richText": "long_text",
    "number": "number",
    "currency": "currency",
    "percent": "percent",
    "rating": "rating",
    "duration": "duration",
    "checkbox": "checkbox",
    "date": "date",
    "dateTime": "datetime",
    "singleSelect": "single_choice",
    "multipleSelects": "multiple_choice",
    "singleCollaborator": "person",
    "multipleRecordLinks": "link",
    "phoneNumber": "phone",
    "email": "email",
    "url": "url",
    "multipleAttachments": "attachment",
    "barcode": "barcode",
    "autoNumber": "autonumber",
    "createdTime": "created_at",
    "lastModifiedTime": "modified_at",
    "createdBy": "created_by",
    "lastModifiedBy": "modified_by",
}
_DURATIONS = {"h:mm": "h:mm", "h:mm:ss": "h:mm:ss"}
_KEPT = ("precision", "symbol", "max", "format")
_COLORS_BACK = {theirs: ours for ours, theirs in COLORS.items()}


def our_type(name: Any) -> str:
    """The type of ours for a new field; refuses what programs cannot make."""
    ours = _OURS.get(name) if isinstance(name, str) else None
    if ours is None or ours not in fieldtypes.registry:
        said = f"Creating {str(name)[:60]} fields is not supported at this time"
        raise faults.Fault("UNSUPPORTED_FIELD_TYPE_FOR_CREATE", said)
    return ours


def our_options(ours: str, given: Any, viewer_tables: list[schema.Table]) -> Options:
    """Options of a new field in our words."""
    given = given if isinstance(given, dict) else {}
    if ours == "duration":
        given = {"format": _DURATIONS.get(str(given.get("durationFormat")), "h:mm")}
    wanted: Options = {key: given[key] for key in _KEPT if key in given}
    if isinstance(given.get("choices"), list):
        wanted["choices"] = [_our_choice(one) for one in given["choices"]]
    if ours == "link":
        wanted["table"] = _linked_table(given.get("linkedTableId"), viewer_tables)
        wanted["single"] = bool(given.get("prefersSingleRecordLink"))
    return wanted


def _our_choice(given: Any) -> Options:
    name = given.get("name") if isinstance(given, dict) else None
    if not isinstance(name, str):
        raise faults.Fault("INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", "Each choice needs a name")
    color = _COLORS_BACK.get(str(given.get("color")))
    return {"name": name, **({"color": color} if color else {})}


def _linked_table(ref: Any, tables: list[schema.Table]) -> int:
    found = publicids.peek(publicids.TABLE, ref)
    for table in tables:
        if (0, table.id) == found:
            return table.id
    raise Missing


def makeable() -> list[str]:
    """Their names of the fields that programs can make here."""
    return [theirs for theirs, ours in _OURS.items() if ours in fieldtypes.registry]
