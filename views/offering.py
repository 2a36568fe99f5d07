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

Offer = tuple[str, str, bool]  # JSON, words, chosen
MOST_OPTIONS = 20  # of one field among the ways to tell records apart


@dataclass(frozen=True)
class Setting:
    """One line of a settings panel."""

    name: str
    words: Text
    offers: list[Offer]
    help: Text | None = None


def offered(given: Iterable[tuple[str, Any]], chosen: Any, *, strict: bool = False) -> list[Offer]:
    """The offers with the chosen one, whatever it is (unless ``strict``): it may be hidden from
    who looks.
    """
    pairs = list(given)
    if not strict and all(value != chosen for _words, value in pairs):
        pairs = [*pairs, (_("As it is now").to(g.lang), chosen)]
    return [(orjson.dumps(value).decode(), words, value == chosen) for words, value in pairs]


def of_fields(fields: Iterable[Field], *, none: bool = True) -> list[tuple[str, Any]]:
    """Fields by name, after “None” where there need be none."""
    named = [(label(one, g.lang), one.id) for one in fields]
    return [(_("None").to(g.lang), None), *named] if none else named


def ways(table: Table, *, without: bool = False) -> list[tuple[str, Any]]:
    """Each option of the choice fields (or all but it), each checkbox, as a condition in words."""
    found: list[tuple[str, Any]] = []
    for one in table.fields:
        kind, name = fieldtypes.get(one), label(one, g.lang)
        if kind.family == "checkbox":
            op = "unchecked" if without else "checked"
            word = _("not {name}", name=name).to(g.lang) if without else name
            found.append((word, {"field": one.id, "op": op}))
        elif kind.widget in {"choice", "stage"}:
            for option in choices.options(one)[:MOST_OPTIONS]:
                said = label(option, g.lang)
                words = _("{field}: all but {option}", field=name, option=said).to(g.lang)
                condition = {
                    "field": one.id,
                    "op": "is_not" if without else "is",
                    "value": option["id"],
                }
                found.append((words if without else f"{name}: {said}", condition))
    return found
