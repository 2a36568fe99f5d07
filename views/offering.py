"""What the settings of a view offer: values as JSON with their words, the chosen one among them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from flask import g

from tracker import choices, fieldtypes
from tracker.schema import Field, Table
from tracker.text import Text, _, label

MOST_OPTIONS = 20  # options of one field among the ways to tell records apart
Offer = tuple[str, str, bool]  # JSON, words, chosen


@dataclass(frozen=True)
class Setting:
    """One line of a settings panel."""

    name: str
    words: Text
    offers: list[Offer]
    help: Text | None = None


def offered(given: Iterable[tuple[str, Any]], chosen: Any) -> list[Offer]:
    """The offers with the chosen one, whatever it is: it may be hidden from who looks."""
    pairs = list(given)
    if all(value != chosen for _words, value in pairs):
        pairs = [*pairs, (_("As it is now").to(g.lang), chosen)]
    return [(orjson.dumps(value).decode(), words, value == chosen) for words, value in pairs]


def of_fields(fields: Iterable[Field], *, none: bool = True) -> list[tuple[str, Any]]:
    """Fields by name, after “None” where there need be none."""
    named = [(label(one, g.lang), one.id) for one in fields]
    return [(_("None").to(g.lang), None), *named] if none else named


def ways(table: Table) -> list[tuple[str, Any]]:
    """Conditions in words: each option, each checkbox, and days that have passed."""
    found: list[tuple[str, Any]] = []
    for one in table.fields:
        kind, name = fieldtypes.get(one), label(one, g.lang)
        if kind.family == "checkbox":
            found.append((name, {"field": one.id, "op": "checked"}))
        elif kind.family == "time" and kind.written:
            past = {"field": one.id, "op": "before", "value": "today"}
            found.append((_("{field}: passed", field=name).to(g.lang), past))
        elif kind.family == "one" and one.options.get("choices"):
            found += [
                (
                    f"{name}: {label(option, g.lang)}",
                    {"field": one.id, "op": "is", "value": option["id"]},
                )
                for option in choices.options(one)[:MOST_OPTIONS]
            ]
    return found
