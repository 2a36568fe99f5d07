"""Names that are nearly right: the same but for case, blanks, width and signs, or a letter off."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Any

from tracker import limits
from tracker.transfer.naming import Names

_LOOKED_AT = 30  # names that share the most pairs of signs are compared letter by letter
_LIKE = 0.72


@dataclass(frozen=True)
class Near:
    """A name that may be meant; ``sure`` when it differs in nothing that is spoken."""

    id: int
    text: str
    sure: bool


def normal(text: str) -> str:
    """Without case, blanks, signs and width: ``ＧＴＸ-Pro`` and ``gtx pro`` are ``gtxpro``."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if sign.isalnum()) or folded.strip()


class Nearness:
    """Looks for what is meant among the names of one field."""

    def __init__(self, names: dict[int, str]) -> None:
        self._names = names
        self._normal = {one: normal(text) for one, text in self._names.items() if text}
        self._same: dict[str, list[int]] = defaultdict(list)
        self._pairs: dict[str, list[int]] = defaultdict(list)
        for one, text in self._normal.items():
            self._same[text].append(one)
            for pair in _pairs(text):
                self._pairs[pair].append(one)

    def near(self, text: str, count: int = 5) -> list[Near]:
        """The likeliest first; one alone that is the same when spoken is sure."""
        wanted = normal(text)
        same = self._same.get(wanted, [])
        found = [Near(one, self._names[one], len(same) == 1) for one in same[:count]]
        found += [
            Near(one, self._names[one], False)
            for one in self._like(wanted, count)
            if one not in same
        ]
        return found[:count]

    def _like(self, wanted: str, count: int) -> list[int]:
        shared = Counter(one for pair in _pairs(wanted) for one in self._pairs.get(pair, ()))
        best = sorted(
            shared,
            key=lambda one: (-shared[one] / (len(self._normal[one]) + len(wanted)), one),
        )[:_LOOKED_AT]
        rated = [(_likeness(wanted, self._normal[one]), one) for one in best]
        return [one for rate, one in sorted(rated, key=lambda two: -two[0]) if rate >= _LIKE][
            :count
        ]


def _likeness(one: str, other: str) -> float:
    """1 for equal; what is only longer at its end is likely meant, too."""
    rate = SequenceMatcher(None, one, other, autojunk=False).ratio()
    shorter, longer = sorted((one, other), key=len)
    return max(rate, 0.8) if len(shorter) > 1 and longer.startswith(shorter) else rate


def _pairs(text: str) -> set[str]:
    return {text[place : place + 2] for place in range(max(1, len(text) - 1))}


def of_names(names: Names) -> Nearness:
    """Among all that a dictionary knows; among none where that is too much."""
    every = names.every()
    many = len(every) > limits.NEAR_NAMES
    return Nearness({} if many else {one: names.write(one) for one in every})


def of_texts(texts: Iterable[str]) -> Nearness:
    """Among texts alone; the ids say nothing."""
    return Nearness(dict(enumerate(sorted(texts))))


@dataclass
class Unknown:
    """A name that means nothing in a field, how often it comes, and what may be meant."""

    field: int
    text: str
    count: int
    near: list[Near]

    def json(self) -> dict[str, Any]:
        return asdict(self)


class Unknowns:
    """The names of files that nobody has, each once a field."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], Unknown] = {}
        self._near: dict[int, Nearness] = {}

    def note(self, field_id: int, names: Names, texts: Iterable[str]) -> None:
        """``texts`` are not in ``names``: what is near them there?"""
        for text in texts:
            key = (field_id, normal(text))
            if key in self._found:
                self._found[key].count += 1
            elif len(self._found) < limits.ROUNDTRIP_NAMES:
                if field_id not in self._near:
                    self._near[field_id] = of_names(names)
                near = self._near[field_id].near(text)
                self._found[key] = Unknown(field_id, text[:200], 1, near)

    def all(self) -> list[Unknown]:
        return list(self._found.values())


class Picked:
    """A dictionary in which a person has settled some names: equal ones mean the same."""

    def __init__(self, names: Names, picks: dict[str, int]) -> None:
        allowed = set(names.every()) if picks else set()
        self._names = names
        self._picks = {normal(text): one for text, one in picks.items() if one in allowed}

    def find(self, text: str) -> int | None:
        found = self._names.find(text)
        return self._picks.get(normal(text)) if found is None and self._picks else found

    def write(self, one: int) -> str:
        return self._names.write(one)

    def every(self) -> list[int]:
        return self._names.every()
