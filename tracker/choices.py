"""Options of choice fields: ids that never return, names, colours; the base of choice kinds."""

from __future__ import annotations

import html
from typing import Any

import peewee as pw

from tracker import limits
from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, clean_text
from tracker.folding import fold
from tracker.schema import Field
from tracker.text import _, label

COLORS = (
    "blue",
    "green",
    "amber",
    "purple",
    "teal",
    "red",
    "indigo",
    "orange",
    "cyan",
    "pink",
    "olive",
    "gray",
)
Option = dict[str, Any]  # {"id": 3, "name": "已拜访", "names": {"en": "Visited"}, "color": "green"}


def options(field: Field) -> list[Option]:
    return list(field.options.get("choices", []))


def by_id(field: Field, option_id: int) -> Option | None:
    return next((one for one in options(field) if one["id"] == option_id), None)


def find(field: Field, raw: Any) -> int | None:
    """The id of the option meant by an id or a name in any language; None when there is none."""
    choices = options(field)
    text = clean_text(raw)
    if type(raw) is int and by_id(field, raw):  # an id, even where an option is named by it
        return raw
    for one in choices:
        if text == one["name"] or text in (one.get("names") or {}).values():
            return int(one["id"])
    folded = fold(text)
    for one in choices:
        if folded == fold(one["name"]) or text == str(one["id"]):
            return int(one["id"])
    return None


def need(field: Field, raw: Any) -> int:
    found = find(field, raw)
    if found is None:
        raise Refused(_("“{text}” is not one of the options.", text=str(raw)[:60]))
    return found


def tag(option: Option, lang: str) -> str:
    """An option as a quiet coloured tag."""
    color = option.get("color", "gray")
    return f'<span class="tag tag-{color}">{html.escape(label(option, lang))}</span>'


def check(raw: Any, old: dict[str, Any]) -> dict[str, Any]:
    """Cleaned options with ids; new ones get ids never used before in this field."""
    choices = [_clean(one) for one in raw or []]
    choices = [one for one in choices if one["name"]]
    if len(choices) > limits.OPTIONS_PER_CHOICE:
        raise Refused(_("At most {limit} options fit.", limit=limits.OPTIONS_PER_CHOICE))
    names = [one["name"] for one in choices]
    for name in names:
        if names.count(name) > 1:
            raise Refused(_("The option “{name}” is there twice.", name=name))
    known = {one["id"] for one in old.get("choices", [])}
    last = max([old.get("last_choice", 0), *known, *(_known_id(one, known) for one in choices)])
    for position, one in enumerate(choices):
        if old.get("choices") and one.get("id") not in known:
            one.pop("id", None)
        if not one.get("id"):
            last += 1
            one["id"] = last
        one["color"] = one.get("color") or COLORS[position % len(COLORS)]
    return {"choices": choices, "last_choice": max([last, *(one["id"] for one in choices)])}


def _known_id(one: Option, known: set[int]) -> int:
    return int(one.get("id") or 0) if not known or one.get("id") in known else 0


def _clean(raw: Any) -> Option:
    raw = {"name": raw} if not isinstance(raw, dict) else raw
    option: Option = {"name": clean_text(raw.get("name"))[: limits.NAME_LENGTH]}
    if isinstance(raw.get("id"), int) or str(raw.get("id") or "").isdecimal():
        option["id"] = int(raw["id"])
    if raw.get("color") in COLORS:
        option["color"] = raw["color"]
    if isinstance(raw.get("names"), dict):
        option["names"] = {str(key): clean_text(name) for key, name in raw["names"].items() if name}
    return option


class OneChoice(FieldType):
    """One of a list of options, kept as the option's id."""

    family = "one"
    widget = "choice"

    def column(self, field: Field) -> Any:
        return pw.IntegerField(null=True)

    def parse(self, raw: Any, field: Field, context: Context) -> int | None:
        if raw is None or (isinstance(raw, str) and not clean_text(raw)):
            return None
        return need(field, raw)

    def text(self, value: Any, field: Field, context: Context) -> str:
        option = None if value is None else by_id(field, value)
        return label(option, context.lang) if option else ""

    def html(self, value: Any, field: Field, context: Context) -> str:
        option = None if value is None else by_id(field, value)
        return tag(option, context.lang) if option else ""

    def json(self, value: Any, field: Field, context: Context) -> Any:
        option = None if value is None else by_id(field, value)
        return option["name"] if option else None

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        return check(options.get("choices"), old)
