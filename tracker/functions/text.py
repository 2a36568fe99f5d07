"""Functions of text. Positions count characters from 1."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from tracker.formula.function import function
from tracker.formula.values import BLANKS, LOWER, UPPER, Env, Fault, cased, text_of
from tracker.text import _

_VALUE = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?")
_UNITS = re.compile(r"[$€£¥￥\s,，]|USD|CNY|RMB|EUR|元")


@function(
    "CONCATENATE",
    "text:text…",
    "text",
    _("Joins texts into one, as & does."),
    'CONCATENATE("走访", " · ", "上海")',
    env=True,
)
def concatenate(env: Env, *texts: str) -> str:
    env.made(sum(map(len, texts)))
    return "".join(texts)


@function(
    "LEFT",
    "text:text [count:number]",
    "text",
    _("The first characters of a text."),
    'LEFT("quick brown fox", 5)',
)
def left(text: str, count: float = 1) -> str:
    return text[: _count(count)]


@function(
    "RIGHT",
    "text:text [count:number]",
    "text",
    _("The last characters of a text."),
    'RIGHT("quick brown fox", 5)',
)
def right(text: str, count: float = 1) -> str:
    kept = _count(count)
    return text[-kept:] if kept else ""


@function(
    "MID",
    "text:text start:number count:number",
    "text",
    _("Some characters from within a text; the first character is number 1."),
    'MID("quick brown fox", 7, 5)',
)
def mid(text: str, start: float, count: float) -> str:
    first = max(_count(start), 1) - 1
    return text[first : first + _count(count)]


def _count(number: float) -> int:
    """A number of characters: whole, not negative, and no larger than any text."""
    return int(min(max(number, 0), 1e9))


@function("LEN", "text:text", "number", _("How many characters a text has."), 'LEN("走访记录")')
def length(text: str) -> int:
    return len(text)


@function("LOWER", "text:text", "text", _("A text in small letters."), 'LOWER("Rounds")', env=True)
def lower(env: Env, text: str) -> str:
    env.work(len(text))
    return cased(text, LOWER)


@function(
    "UPPER", "text:text", "text", _("A text in capital letters."), 'UPPER("Rounds")', env=True
)
def upper(env: Env, text: str) -> str:
    env.work(len(text))
    return cased(text, UPPER)


@function(
    "TRIM",
    "text:text",
    "text",
    _("A text without blanks at its beginning and end."),
    'TRIM("  Rounds ")',
)
def trim(text: str) -> str:
    return text.strip(BLANKS)


@function(
    "FIND",
    "what:text text:text [start:number]",
    "number",
    _("Where a text occurs in another, counted from 1; 0 where it does not."),
    'FIND("fox", "quick brown fox")',
    env=True,
)
def find(env: Env, what: str, text: str, start: float = 0) -> int:
    env.work(len(text))
    return text.find(what, max(_count(start), 1) - 1) + 1


@function(
    "SEARCH",
    "what:text text:text [start:number]",
    "number",
    _("Where a text occurs in another, counted from 1; blank where it does not."),
    'SEARCH("fox", "quick brown fox")',
    env=True,
)
def search(env: Env, what: str, text: str, start: float = 0) -> int | None:
    env.work(len(text))
    return text.find(what, max(_count(start), 1) - 1) + 1 or None


@function(
    "REPLACE",
    "text:text start:number count:number new:text",
    "text",
    _("Puts a text in place of some characters, counted from 1."),
    'REPLACE("database", 2, 5, "o")',
    env=True,
)
def replace(env: Env, text: str, start: float, count: float, new: str) -> str:
    first = max(_count(start), 1) - 1
    env.made(len(text) + len(new))
    return text[:first] + new + text[first + _count(count) :]


@function(
    "SUBSTITUTE",
    "text:text old:text new:text [index:number]",
    "text",
    _("Puts a new text for each occurrence of an old one, or for one of them alone."),
    'SUBSTITUTE("gold mold", "old", "et")',
    env=True,
)
def substitute(env: Env, text: str, old: str, new: str, index: float | None = None) -> str:
    env.work(len(text))
    if not old:
        return text
    if index is not None and index >= 1:
        parts = text.split(old)
        place = int(min(index, 1e9))
        if place >= len(parts):
            return text
        return old.join(parts[:place]) + new + old.join(parts[place:])
    env.made(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


@function(
    "REPT",
    "text:text count:number",
    "text",
    _("A text several times in a row."),
    'REPT("★", 3)',
    env=True,
)
def rept(env: Env, text: str, count: float) -> str:
    env.made(len(text) * max(count, 0))
    return text * _count(count)


@function(
    "T", "value:any", "text", _("The value where it is a text, otherwise blank."), 'T("Rounds")'
)
def only_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


@function(
    "VALUE",
    "text:any",
    "number",
    _("The number that a text shows, such as “$10,000”."),
    'VALUE("$10,000")',
    env=True,
)
def value(env: Env, text: Any) -> float | None:
    if isinstance(text, float | bool):
        return float(text)
    shown = _UNITS.sub("", text_of(text, env))
    if not shown:
        return None
    percent = shown.endswith("%")
    found = _VALUE.fullmatch(shown.removesuffix("%"))
    if not found:
        raise Fault(_("“{text}” shows no number.", text=shown[:60]))
    return float(Decimal(found[0]) / 100) if percent else float(found[0])


@function(
    "ENCODE_URL_COMPONENT",
    "text:text",
    "text",
    _("A text as part of a web address."),
    'ENCODE_URL_COMPONENT("走访 & 记录")',
    env=True,
)
def encode_url_component(env: Env, text: str) -> str:
    env.work(len(text))
    made = quote(text, safe="-_.~")
    env.made(len(made))
    return made
