"""Searching one table as SQL: what each record is checked by, and how the index narrows first.

A record is found when each word of the search stands in a text that the viewer may see in that
very record, or in the sound (pinyin, initials) of its title.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import peewee as pw

from tracker import conditions, fieldtypes, grams, limits, searchindex, searchmatch
from tracker.conditions import Condition, Unresolved
from tracker.errors import Refused
from tracker.fieldtypes import clean_text
from tracker.grams import Expression, both, either
from tracker.schema import Field

if TYPE_CHECKING:
    from tracker.scope import Scope

READ = 1
MARKS = 300  # more ids in a rule than this are not asked of the index


def words_of(text: str) -> list[str]:
    """The words of a search; what is beyond the limits is not looked at."""
    words = clean_text(text)[: limits.SEARCH_LENGTH].split()
    return list(dict.fromkeys(words))[: limits.SEARCH_WORDS]


def tells(words: list[str]) -> bool:
    """Whether an index can be asked: not for signs and single letters."""
    return any(grams.pieces(word) for word in words)


def test(scope: Scope, text: str) -> Any:
    """The rows that ``text`` finds, by the index where few records come into question."""
    words = words_of(text)
    found = every(checks(scope, word) for word in words)
    expression = needle(scope, words)
    if expression is None or not searchindex.ready(scope.table):
        return found
    if searchmatch.candidates(scope.table, expression, limits.SEARCH_CANDIDATES) is None:
        return found
    return searchmatch.within(scope.table, scope.model.id, expression) & found


def every(tests: Any) -> Any:
    joined: Any = None
    for one in tests:
        joined = one if joined is None else joined & one
    return conditions.TRUE if joined is None else joined


# ── the check of each record ─────────────────────────────────────────────────


def checks(scope: Scope, word: str) -> Any:
    """The rows with ``word`` in a visible text, or in the sound of a visible title."""
    found = sounds(scope, word)
    for one in scope.access.fields:
        kind = fieldtypes.get(one)
        if kind.family == "text":
            found = found | kind.operators["contains"].sql(scope.column(one), word)
    return found


def sounds(scope: Scope, word: str) -> Any:
    """The rows whose title, where it is visible, has ``word`` in its pinyin or initials."""
    title = scope.table.title
    if not _sounding(scope, word) or title is None:
        return conditions.FALSE
    contains = fieldtypes.registry.get("text").operators["contains"]
    found, guard = contains.sql(scope.model.initials, word), scope.guard(title)
    return found if guard is True else guard & found


def _sounding(scope: Scope, word: str) -> bool:
    title = scope.table.title
    return bool(title and scope.access.level(title.id) >= READ and word.isascii())


# ── what the index is asked ──────────────────────────────────────────────────


def needle(scope: Scope, words: list[str], title_only: bool = False) -> Expression | None:
    """What the index must have of a record that is found; None where it cannot say."""
    sought = both(_of_word(scope, word, title_only) for word in words)
    if sought is None:
        return None
    return both([sought, rows_of(scope)])


def _of_word(scope: Scope, word: str, title_only: bool) -> Expression | None:
    parts = grams.pieces(word)
    if not parts:
        return None
    ways: list[Expression | None] = [searchindex.BIG]
    title = scope.table.title
    for one in scope.access.fields:
        if title_only and one != title:
            continue
        if searchindex.in_index(one):
            ways.append(_beginning(searchindex.token(one), parts))
        elif fieldtypes.get(one).family == "text" and one.problem is None:
            return None  # a text that the index does not have: only reading tells
    if _sounding(scope, word):
        ways.append(_beginning(searchindex.SOUND, parts))
    return either(ways)


def _beginning(prefix: str, parts: list[grams.Piece]) -> Expression | None:
    return both(piece.named(prefix) for piece in parts)


def rows_of(scope: Scope) -> Expression | None:
    """What the rows of this viewer are sure to have; None where their rules do not tell by ids."""
    if scope.rows is True:
        return None
    opening = [lane.read for lane in scope.access.lanes if lane.read is not False]
    return either(_marks(rule, scope) for rule in opening)


def _marks(rule: Condition, scope: Scope) -> Expression | None:
    if not isinstance(rule, dict) or "records" in rule or "not" in rule:
        return None
    if "all" in rule:
        return both(_marks(one, scope) for one in rule["all"])
    if "any" in rule:
        return either(_marks(one, scope) for one in rule["any"])
    try:
        one, operator, operand = conditions.leaf(rule, scope.table, scope.access.viewer)
    except (Unresolved, Refused):
        return None
    return _ids(one, operator.key, operand)


def _ids(one: Field, operator: str, operand: Any) -> Expression | None:
    if operator not in {"is", "any_of", "has_any"} or not searchindex.marked(one):
        return None
    ids = operand if isinstance(operand, list) else [operand]
    if len(ids) > MARKS or not all(type(value) is int for value in ids):
        return None
    return either(searchindex.mark(one, value) for value in ids)


# ── titles ───────────────────────────────────────────────────────────────────


def titled(scope: Scope, text: str) -> list[tuple[Expression, Any]]:
    """Ways to look at titles alone, the best first: the index's expression and the check.

    The same title, one that begins so, one with all the words.
    """
    title = scope.table.title
    words = words_of(text)
    if not title or scope.access.level(title.id) < READ or not searchindex.in_index(title):
        return []
    operators, column, rows = fieldtypes.get(title).operators, scope.column(title), rows_of(scope)
    begin = grams.first(text)
    beginnings = grams.pieces(begin)
    phrase = _beginning(searchindex.token(title), grams.pieces(text))
    begins = both([_beginning(searchindex.BEGIN, beginnings), phrase]) if beginnings else None
    within = both(_of_word(scope, word, True) for word in words)
    contained = every(_in_title(scope, word, column) for word in words)
    ways = [
        (
            searchindex.exact(text),
            operators["starts_with"].sql(column, text) & _as_long(text, column),
        ),
        (begins, operators["starts_with"].sql(column, text)),
        (within, contained),
    ]
    return [(both([way, rows]), check) for way, check in ways if way is not None]  # type: ignore[misc]  # never None here


def _in_title(scope: Scope, word: str, column: Any) -> Any:
    contains = fieldtypes.registry.get("text").operators["contains"]
    return sounds(scope, word) | contains.sql(column, word)


def _as_long(text: str, column: Any) -> Any:
    return pw.fn.LENGTH(column) == len(text)
