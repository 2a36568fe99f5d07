"""What a search finds in one table, the best first, and where in a record it stands.

The same title, then titles that begin so, titles with the words (or their pinyin), whole words in
other fields, parts of words; the newest first among equals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tracker import db, fieldtypes, folding, searchindex, searching, searchmatch
from tracker.folding import fold
from tracker.query import Query, Record
from tracker.schema import Field

WINDOW = 40  # records that are ranked; where more are found, titles are sought on their own
CANDIDATES = 10_000  # on PostgreSQL: with more, going back from the newest record finds some soon
AROUND = 24  # characters shown before what was found
SHOWN = 90  # characters of a text that is shown

Parts = list[tuple[str, bool]]  # (text, whether it is what was sought)


@dataclass(frozen=True)
class Hit:
    """A record found: its title and, where the words stand in another field, the place there."""

    id: int
    title: Parts
    field: Field | None
    snippet: Parts


@dataclass(frozen=True)
class Found:
    hits: list[Hit]
    more: bool  # whether there are others


def find(query: Query, text: str, limit: int) -> Found:
    """The first ``limit`` records of the query that ``text`` finds, the best first."""
    text = " ".join(searching.words_of(text))
    records = ranked(query, text, limit + 1)
    words = [fold(word) for word in searching.words_of(text)]
    hits = [_hit(query, record, words) for record in records[:limit]]
    return Found(hits, len(records) > limit)


def ranked(query: Query, text: str, limit: int) -> list[Record]:
    """The records themselves, at most `WINDOW`."""
    words = searching.words_of(text)
    if not words:
        return []
    text, limit = " ".join(words), min(limit, WINDOW)
    scope = query.scope
    ids = _newest(query, searching.needle(scope, words), _check(query, words))
    if len(ids) >= WINDOW:
        best: dict[int, None] = {}
        for expression, check in searching.titled(scope, text):
            if len(best) < limit:
                best.update(dict.fromkeys(_newest(query, expression, check)))
        ids = [*dict.fromkeys([*best, *ids])][: 2 * WINDOW]
    records = query.only(_seen(query)).fetch(ids)
    records.sort(key=lambda one: (_rank(query, one, text, words), -one.id))
    return records[:limit]


def _check(query: Query, words: list[str]) -> Any:
    return searching.every(searching.checks(query.scope, word) for word in words)


def _newest(query: Query, expression: Any, check: Any) -> list[int]:
    """The newest records that pass the check, in the order of the index where there is one."""
    table, model = query.table, query.scope.model
    select = query.test(check).select(model.id).order_by(model.id.desc()).limit(WINDOW)
    if expression is None or not searchindex.ready(table):
        return _ids(select)
    if not db.is_sqlite():
        candidates = searchmatch.candidates(table, expression, CANDIDATES)
        if candidates is not None:
            return _checked(query.test(check), candidates)
    index = searchmatch.index_of(table)
    joined = select.join(index, on=(index.record == model.id))
    asked = searchmatch.match(table, expression, ordered=True)
    return _ids(joined.where(asked).order_by(index.record.desc()))


def _checked(query: Query, candidates: list[int]) -> list[int]:
    """The newest of the candidates that the query has, looked at a few at a time."""
    found: list[int] = []
    at, size = 0, 4 * WINDOW
    while at < len(candidates) and len(found) < WINDOW:
        part = query.test(query.scope.among(candidates[at : at + size]))
        found += sorted(_ids(part.select(query.scope.model.id)), reverse=True)
        at, size = at + size, 4 * size
    return found[:WINDOW]


def _ids(select: Any) -> list[int]:
    return [row[0] for row in db.proxy.execute(select).fetchall()]


def _seen(query: Query) -> list[Field]:
    """The texts this viewer may see, the title first."""
    texts = [one for one in query.access.fields if fieldtypes.get(one).family == "text"]
    return sorted(texts, key=lambda one: one != query.table.title)


# ── ranks ────────────────────────────────────────────────────────────────────


def _rank(query: Query, record: Record, text: str, words: list[str]) -> int:
    title, sought = fold(record.title), fold(text)
    if title == sought:
        return 0
    if title.startswith(sought):
        return 1
    if all(fold(word) in title for word in words):
        return 2 if _whole(title, words) else 3
    if title and _sounds(title, words):
        return 4
    texts = [fold(value) for value in record.values.values() if isinstance(value, str)]
    return 5 if any(_whole(one, words) for one in texts) else 6


def _whole(text: str, words: list[str]) -> bool:
    """Whether all words stand there as words; Chinese has none, so any place is one."""
    return all(
        re.search(rf"(?<![0-9a-z]){re.escape(fold(one))}(?![0-9a-z])", text) for one in words
    )


def _sounds(title: str, words: list[str]) -> bool:
    sound = folding.initials(title)
    return all((word.isascii() and fold(word) in sound) or fold(word) in title for word in words)


# ── what is shown ────────────────────────────────────────────────────────────


def _hit(query: Query, record: Record, words: list[str]) -> Hit:
    title = query.table.title
    marked = parted(record.title, words)
    if not any(sought for _text, sought in marked):
        marked = _heard(record.title, words)
    missing = [word for word in words if word not in fold(record.title)]
    for one in _seen(query):
        value = record.values.get(one.id)
        if one != title and isinstance(value, str) and any(word in fold(value) for word in missing):
            return Hit(record.id, marked, one, parted(_cut(value, missing), words))
    return Hit(record.id, marked, None, [])


def parted(text: str, words: list[str]) -> Parts:
    """``text`` in parts, those that are sought marked. ``words`` are folded."""
    if not words or not text:
        return [(text, False)] if text else []
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    parts: Parts = []
    last = 0
    for found in re.finditer(pattern, fold(text)):
        parts += [(text[last : found.start()], False), (text[found.start() : found.end()], True)]
        last = found.end()
    return [part for part in [*parts, (text[last:], False)] if part[0]]


def _heard(title: str, words: list[str]) -> Parts:
    """A title in parts, those marked whose initials were sought."""
    letters = folding.initials(title).split(" ")[0]
    spoken = [at for at, one in enumerate(title) if one.isalnum()]
    for word in words:
        at = letters.find(word)
        if at >= 0 and len(letters) == len(spoken) and word:
            start, end = spoken[at], spoken[at + len(word) - 1] + 1
            parts = [(title[:start], False), (title[start:end], True), (title[end:], False)]
            return [part for part in parts if part[0]]
    return [(title, False)] if title else []


def _cut(text: str, words: list[str]) -> str:
    """The part of a text round the first place where one of the words stands, in one line."""
    folded = fold(text)
    at = min(folded.find(word) for word in words if word in folded)
    start = max(0, at - AROUND)
    piece = text[start : start + SHOWN]
    piece = f"{'…' if start else ''}{piece}{'…' if start + SHOWN < len(text) else ''}"
    return " ".join(piece.split())
