"""Definitions as they are typed: inputs named by their place and shape become nested values.

``actions.0.to:who`` is the place ``actions.0.to`` in the shape ``who``; a kind's own template
names its inputs, so that nothing here knows any kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from werkzeug.datastructures import MultiDict

from tracker import limits
from tracker.context import Context
from tracker.models import Automation, Person, Role
from tracker.schema import Table
from tracker.text import _, label

CREATOR = "record_creator"
LONGEST_CONDITION = 50_000


@dataclass
class Draft:
    """An automation as it stands in the form: raw, not checked yet."""

    name: str = ""
    name_en: str = ""
    run_as: int | None = None
    enabled: bool = True
    trigger: dict[str, Any] = field(default_factory=lambda: {"kind": "schedule"})
    condition: Any = None
    actions: list[dict[str, Any]] = field(default_factory=lambda: [{"kind": "notify"}])

    @property
    def definition(self) -> dict[str, Any]:
        trigger = self.trigger if self.trigger.get("kind") else None
        return {"trigger": trigger, "condition": self.condition, "actions": self.actions}

    @property
    def names(self) -> dict[str, str] | None:
        return {"en": self.name_en} if self.name_en else None


def of(automation: Automation) -> Draft:
    """A stored automation, ready to be edited."""
    found: Any = automation.definition
    names: Any = automation.names or {}
    return Draft(
        automation.name,
        names.get("en", ""),
        automation.run_as_id,
        automation.enabled,
        dict(found["trigger"]),
        None if found.get("condition") is True else found.get("condition"),
        [dict(one) for one in found["actions"]],
    )


def typed(form: MultiDict[str, str]) -> Draft:
    """What was typed, whatever it is worth."""
    found = nested(form)
    actions: Any = found.get("actions")
    numbers = sorted(actions, key=lambda key: int(key)) if isinstance(actions, dict) else []
    return Draft(
        one_line(form, "name"),
        one_line(form, "name_en"),
        whole(form.get("run_as", "")),
        "enabled" in form,
        found.get("trigger") or {},
        condition(form.get("condition", "")),
        [actions[number] for number in numbers],
    )


def one_line(form: Mapping[str, str], name: str) -> str:
    return " ".join(form.get(name, "").split())


def whole(text: str) -> int | None:
    """An id that was sent; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def condition(text: str) -> Any:
    """The condition the builder sent as JSON; None for none, unreadable text as it came."""
    if not text.strip():
        return None
    try:
        found = orjson.loads(text[:LONGEST_CONDITION])
    except orjson.JSONDecodeError:
        return text[:LONGEST_CONDITION]
    return text[:LONGEST_CONDITION] if _too_deep(found) else found


def _too_deep(value: Any) -> bool:
    """Whether it nests deeper than any condition may."""
    layer = [value]
    for _level in range(2 * limits.CONDITION_DEPTH + 4):
        inner = [one.values() if isinstance(one, dict) else one for one in layer]
        layer = [
            one for part in inner if not isinstance(part, str | int | float | None) for one in part
        ]
        if not layer:
            return False
    return True


# ── places and shapes ────────────────────────────────────────────────────────


def nested(form: MultiDict[str, str]) -> dict[str, Any]:
    """Inputs with a place as nested dicts; what was left empty is not there."""
    found: dict[str, Any] = {}
    for name in form:
        place, _colon, shape = name.partition(":")
        *above, last = place.split(".")
        if not above or not _sound(above):
            continue
        inner: Any = found
        for part in above:
            inner = inner.setdefault(part, {}) if isinstance(inner, dict) else {}
        value = SHAPES.get(shape, _text)(form.getlist(name))
        if value not in (None, "", []) and isinstance(inner, dict):
            inner[last] = value
    return found


def _sound(above: list[str]) -> bool:
    """Whether the place is one of ours: ``trigger`` or ``actions.<n>``, of sane depth."""
    if above[0] == "actions":
        return len(above) == 2 and above[1].isascii() and above[1].isdigit() and len(above[1]) < 3
    return len(above) <= 3


def _text(values: list[str]) -> str:
    return values[0]


def _id(values: list[str]) -> int | None:
    return whole(values[0])


def _ids(values: list[str]) -> list[int]:
    return [one for one in map(whole, values) if one is not None]


def _list(values: list[str]) -> list[str]:
    return [one for one in values if one]


def _lines(values: list[str]) -> list[str]:
    return [one.strip() for one in values[0].splitlines() if one.strip()]


def _who(values: list[str]) -> Any:
    """Recipients: ``person:3``, ``role:2``, ``field:7``, ``heads_of:8``, ``record_creator``."""
    people: list[int] = []
    parts: list[Any] = []
    for value in values:
        kind, _colon, which = value.partition(":")
        number = whole(which)
        if kind == CREATOR:
            parts.append(kind)
        elif kind == "person" and number is not None:
            people.append(number)
        elif number is not None:
            parts.append({kind: number})
    return ([{"people": people}] if people else []) + parts


SHAPES: dict[str, Callable[[list[str]], Any]] = {
    "id": _id,
    "ids": _ids,
    "list": _list,
    "lines": _lines,
    "who": _who,
}


# ── recipients, back into the form ───────────────────────────────────────────


def tokens(to: Any, table: Table | None, context: Context) -> list[tuple[str, str]]:
    """``(value, text)`` of the recipients chosen, for the picker."""
    found: list[tuple[str, str]] = []
    for part in to if isinstance(to, list) else [to] if to else []:
        found += _tokens(part, table, context)
    return found


def _tokens(part: Any, table: Table | None, context: Context) -> list[tuple[str, str]]:
    if part == CREATOR:
        return [(CREATOR, _("Who made the record").to(context.lang))]
    if not isinstance(part, dict):
        return []
    kind, value = next(iter(part.items()))
    if kind == "people":
        rows = Person.select().where(Person.id.in_(value))
        return [(f"person:{row.id}", row.name) for row in rows]
    if kind == "role":
        row = Role.get_or_none(Role.id == value)
        return [(f"role:{value}", role_text(row, context) if row else "?")]
    found = table.find(value) if table else None
    name = label(found, context.lang) if found else "?"
    return [(f"{kind}:{value}", field_text(kind, name, context))]


def role_text(role: Role, context: Context) -> str:
    return _("Role: {name}", name=label(role, context.lang)).to(context.lang)


def field_text(kind: str, name: str, context: Context) -> str:
    if kind == "heads_of":
        return _("Heads of “{field}”", field=name).to(context.lang)
    return _("“{field}” of the record", field=name).to(context.lang)
