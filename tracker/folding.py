"""How text is compared: one folding for search and ``contains``, the same on both databases.

Only ASCII letters fold (PostgreSQL's "C" collation and SQLite's LIKE agree on those).
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from functools import lru_cache
from typing import Any

from pypinyin.constants import PHRASES_DICT, PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal
from pypinyin.seg.mmseg import seg

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
    first, full = [], []
    for word in seg.cut(name):
        for letter, syllable in zip(word, _syllables(word), strict=True):
            if syllable:
                first.append(syllable[0])
                full.append(syllable)
            elif letter.isalnum():
                first.append(letter)
                full.append(letter)
    return f"{fold(''.join(first))} {fold(''.join(full))}"


@lru_cache(maxsize=50_000)
def _syllables(word: str) -> tuple[str, ...]:
    """The syllable of each character, as `pypinyin.lazy_pinyin` says it (eight times faster)."""
    phrase = PHRASES_DICT.get(word)
    if phrase:
        return tuple(_toneless(readings[0]) for readings in phrase)
    return tuple(_toneless(PINYIN_DICT.get(ord(letter), "").split(",")[0]) for letter in word)


def _toneless(syllable: str) -> str:
    return to_normal(syllable, v_to_u=False)


def _local_day(moment: str | None, zone: str) -> str | None:
    """SQLite's ``local_day``: the date of a stored moment on the wall of ``zone``."""
    if moment is None:
        return None
    return clock.to_local(datetime.fromisoformat(moment), zone).date().isoformat()


SQL_FUNCTIONS: dict[str, Any] = {"local_day": _local_day}
