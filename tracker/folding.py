"""How text is compared: one folding for search and ``contains``, the same on both databases.

Only ASCII letters fold (PostgreSQL's "C" collation and SQLite's LIKE agree on those).
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from functools import lru_cache
from typing import Any

from tracker import clock

_ASCII = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def fold(text: str) -> str:
    """``text`` with ASCII capitals lowered."""
    return text.translate(_ASCII)


def person_key(email: str) -> str:
    """The form in which e-mail addresses are unique: NFC, case folded, no blanks around."""
    return unicodedata.normalize("NFC", email).strip().casefold()


@lru_cache(maxsize=20_000)
def initials(name: str) -> str:
    """What a name is found by besides itself: its pinyin, ``cqyl chongqingyiliao``."""
    if name.isascii():
        return fold(name)
    from tracker import pinyin  # 60 MB that a process without Chinese names does without

    first, full = [], []
    for letter, syllable in pinyin.read(name):
        if syllable:
            first.append(syllable[0])
            full.append(syllable)
        elif letter.isalnum():
            first.append(letter)
            full.append(letter)
    return f"{fold(''.join(first))} {fold(''.join(full))}"


def _local_day(moment: str | None, zone: str) -> str | None:
    """SQLite's ``local_day``: the date of a stored moment on the wall of ``zone``."""
    if moment is None:
        return None
    return clock.to_local(datetime.fromisoformat(moment), zone).date().isoformat()


SQL_FUNCTIONS: dict[str, Any] = {"local_day": _local_day}
