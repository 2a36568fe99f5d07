"""Functions of lists: what link, lookup and multiple choice fields give."""

from __future__ import annotations

from typing import Any

from tracker.formula.function import function
from tracker.formula.values import Env, flat, text_of
from tracker.text import _


@function(
    "ARRAYJOIN",
    "list:list [separator:text]",
    "text",
    _("The values of a list as one text, with a separator between them."),
    'ARRAYJOIN({Tags}, "; ")',
    env=True,
)
def join(env: Env, values: tuple[Any, ...], separator: str = ", ") -> str:
    texts = [text_of(one, env) for one in flat(values)]
    env.made(sum(map(len, texts)) + len(separator) * max(len(texts) - 1, 0))
    return separator.join(texts)


@function(
    "ARRAYUNIQUE",
    "list:list…",
    "list",
    _("A list without repetitions."),
    "ARRAYUNIQUE({Tags})",
    env=True,
)
def unique(env: Env, *values: Any) -> tuple[Any, ...]:
    found: dict[Any, Any] = {}
    for one in flat(values):
        env.work(1)
        key = float(one) if isinstance(one, bool) else one
        found.setdefault((isinstance(key, float), key), one)
    return tuple(found.values())


@function(
    "ARRAYCOMPACT",
    "list:list…",
    "list",
    _("A list without blanks."),
    "ARRAYCOMPACT({Tags})",
)
def compact(*values: Any) -> tuple[Any, ...]:
    return tuple(one for one in flat(values) if one is not None and one != "")


@function(
    "ARRAYFLATTEN",
    "list:list…",
    "list",
    _("Lists within lists as one list."),
    "ARRAYFLATTEN({Tags}, {Other tags})",
)
def flatten(*values: Any) -> tuple[Any, ...]:
    return tuple(flat(values))


@function(
    "ARRAYSLICE",
    "list:list start:number [end:number]",
    "list",
    _("Part of a list: from one position to another, counted from 1, or from the end if negative."),
    "ARRAYSLICE({Tags}, 2, 3)",
)
def cut(values: tuple[Any, ...], start: float, end: float | None = None) -> tuple[Any, ...]:
    size = len(values)
    first = _place(start, size)
    last = size if end is None else _place(end, size) + 1
    return values[max(first, 0) : max(last, 0)]


def _place(number: float, size: int) -> int:
    whole = int(min(max(number, -1e9), 1e9))
    return size + whole if whole < 0 else max(whole, 1) - 1
