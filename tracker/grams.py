"""Texts cut into grams, and what is sought as an expression over grams, for either database.

Runs of Chinese (Japanese, Korean) are cut into twos, other letters and digits into threes, the
ends of runs shorter: so any part of a text, however short, is the beginning of some gram of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracker.folding import fold

_WIDE = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_OTHER = rf"(?:(?![{_WIDE}])[^\W_0-9A-Za-z])"  # letters of other scripts: one class each, so that
# a part of a text is cut where the text is
_RUN = re.compile(rf"([{_WIDE}]+)|([0-9A-Za-z]+)|({_OTHER}+)")
_FIRST = re.compile(rf"[{_WIDE}]{{1,2}}|[0-9a-z]{{1,3}}|{_OTHER}{{1,3}}")


def grams(text: str) -> set[str]:
    """All grams of ``text``."""
    found: list[str] = []
    for wide, plain, other in _RUN.findall(text):
        if wide:
            found += [wide[at : at + 2] for at in range(len(wide))]
        else:
            run = plain.lower() or other
            found += [run[at : at + 3] for at in range(len(run))]
    return set(found)


def first(text: str) -> str:
    """The gram a text begins with; empty where it begins with a sign."""
    found = _FIRST.match(fold(text))
    return found[0] if found else ""


@dataclass(frozen=True)
class Piece:
    """A gram that a text with the sought part must have, or (``open``) the beginning of one."""

    gram: str
    open: bool = False

    def named(self, prefix: str) -> Piece:
        return Piece(prefix + self.gram, self.open)


@dataclass(frozen=True)
class Both:
    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Either:
    parts: tuple[Expression, ...]


Expression = Piece | Both | Either


def pieces(part: str) -> list[Piece]:
    """What any text that contains ``part`` is sure to have; none for signs and single letters.

    A single letter begins so many grams that looking for it costs more than it tells.
    """
    found: dict[Piece, None] = {}
    for wide, plain, other in _RUN.findall(part):
        run = wide or plain.lower() or other
        found.update(dict.fromkeys(_of_run(run, 2 if wide else 3)))
    return list(found)


def _of_run(run: str, size: int) -> Iterator[Piece]:
    """Side by side, the last one overlapping: all of them would ask more and tell little more."""
    if len(run) >= size:
        last = len(run) - size
        yield from (Piece(run[at : at + size]) for at in (*range(0, last, size), last))
    elif not (len(run) == 1 and run.isascii()):
        yield Piece(run, open=True)


def both(parts: Iterable[Expression | None]) -> Expression | None:
    """All of them; None (nothing asked) where none of them asks for anything."""
    kept = tuple(part for part in parts if part is not None)
    return kept[0] if len(kept) == 1 else Both(kept) if kept else None


def either(parts: Iterable[Expression | None]) -> Expression | None:
    """One of them; None where one of them asks for nothing, or there are none."""
    kept = tuple(parts)
    told = tuple(part for part in kept if part is not None)
    if not kept or len(told) < len(kept):
        return None
    return told[0] if len(told) == 1 else Either(told)


def fts5(expression: Expression) -> str:
    """As SQLite's full-text query. Grams are letters and digits only, so quoting is safe."""
    if isinstance(expression, Piece):
        return f'"{expression.gram}"' + ("*" if expression.open else "")
    word = " AND " if isinstance(expression, Both) else " OR "
    return "(" + word.join(map(fts5, expression.parts)) + ")"


def tsquery(expression: Expression) -> str:
    """As PostgreSQL's ``tsquery``."""
    if isinstance(expression, Piece):
        return f"'{expression.gram}'" + (":*" if expression.open else "")
    sign = " & " if isinstance(expression, Both) else " | "
    return "(" + sign.join(map(tsquery, expression.parts)) + ")"
