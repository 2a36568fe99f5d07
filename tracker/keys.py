"""Short keys from names, for the command line and for programs: 拜访 → ``baifang``."""

from __future__ import annotations

import re
from collections.abc import Collection

from tracker.folding import fold

_NOT_KEY = re.compile(r"[^a-z0-9]+")


def slug(name: str, taken: Collection[str] = (), *, fallback: str = "x") -> str:
    """A key of ASCII letters, digits and underscores that is not in ``taken``."""
    said = name if name.isascii() else "_".join(spelled(name))
    base = _NOT_KEY.sub("_", fold(said)).strip("_")[:40] or fallback
    if base[0].isdigit():
        base = f"{fallback}{base}"
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key


def spelled(name: str) -> list[str]:
    """The syllables of a Chinese name; what is not Chinese stays together."""
    from pypinyin import lazy_pinyin  # 60 MB that a process without Chinese names does without

    return list(lazy_pinyin(name))
