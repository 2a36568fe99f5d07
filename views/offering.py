"""What the settings of a view offer: values as JSON with their words, the chosen one among them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from flask import g

from tracker.schema import Field
from tracker.text import Text, _, label

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
