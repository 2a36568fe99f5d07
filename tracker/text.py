"""Product text in two languages: English stands in the code, Chinese in ``locale/zh/*.po``.

English for one thing (``n`` is 1) stands in ``locale/en@one``; Chinese needs no such forms.

``_("…")`` makes a lazy `Text`; it is rendered at the edge, in the language of the person who reads.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

LANGUAGES = {"zh": "中文", "en": "English"}


class Text:
    """A sentence of the product: an English message with named parameters."""

    __slots__ = ("message", "params")

    def __init__(self, message: str, **params: Any) -> None:
        self.message = message
        self.params = params

    def to(self, lang: str) -> str:
        """The sentence in ``lang``; parameters that are texts themselves follow."""
        sentence = catalog(lang).get(self.message, self.message)
        if lang == "en" and str(self.params.get("n", "")) == "1":
            sentence = catalog("en@one").get(self.message, sentence)
        if not self.params:
            return sentence
        params = {key: say(value, lang) for key, value in self.params.items()}
        return sentence.format(**params)

    def __str__(self) -> str:
        return self.to("en")

    def __repr__(self) -> str:
        return f"Text({self.message!r}, {self.params!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and (self.message, self.params) == (
            other.message,
            other.params,
        )

    def __hash__(self) -> int:
        return hash(self.message)


_ = Text


def say(value: Any, lang: str) -> Any:
    """``value`` in ``lang`` where it is a `Text`; anything else unchanged."""
    return value.to(lang) if isinstance(value, Text) else value


@cache
def catalog(lang: str) -> dict[str, str]:
    """English message → sentence in ``lang``, from every catalogue of that language."""
    messages: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / "locale" / lang).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id and message.string:
                    messages[str(message.id)] = str(message.string)
    return messages


def label(thing: Any, lang: str) -> str:
    """The name of a base, table, field, option … in ``lang``, or its plain name.

    Works on objects with ``name`` and ``names`` and on dicts with those keys.
    """
    if isinstance(thing, dict):
        name, names = thing.get("name", ""), thing.get("names")
    else:
        name, names = thing.name, thing.names
    return (names or {}).get(lang) or name
