"""The words of a formula. Every mistake is a sentence with its line and character."""

from __future__ import annotations

import re
from typing import NamedTuple

from tracker import limits
from tracker.errors import Refused
from tracker.text import Text, _

_WORDS = re.compile(
    r"""
      (?P<space>\s+|/\*.*?\*/)
    | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<field>\{(?:[^{}\\]|\\.)*\})
    | (?P<name>[^\W\d][\w.]*)
    | (?P<operator>!=|<>|<=|>=|/(?!\*)|[-+*&=<>(),])
    """,
    re.VERBOSE | re.DOTALL,
)
_UNFIT = re.compile("[\x00\ud800-\udfff]")  # what no database keeps as text
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SHORT = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
_UNCLOSED: dict[str, Text] = {
    '"': _("A text that begins with a quotation mark here does not end."),
    "'": _("A text that begins with a quotation mark here does not end."),
    "{": _("A field name that begins with a curly bracket here does not end."),
    "/*": _("A comment that begins here does not end."),
}


class Word(NamedTuple):
    kind: str  # number, string, field, name, operator or end
    text: str  # what it means: without quotes and escapes
    at: int
    end: int


def wrong(source: str, at: int, text: Text) -> Refused:
    """The refusal of what stands at ``at``; ``context["at"]`` keeps the position."""
    line = source.count("\n", 0, at) + 1
    character = at - (source.rfind("\n", 0, at) + 1) + 1
    sentence = _("Line {line}, character {n}: {text}", line=line, n=character, text=text)
    return Refused(sentence, at=at, line=line, character=character)


def words(source: str) -> list[Word]:
    """The words of ``source``, with one of kind ``end`` behind the last."""
    if len(source) > limits.FORMULA_LENGTH:
        raise Refused(
            _("A formula has at most {limit} characters.", limit=limits.FORMULA_LENGTH), at=0
        )
    unfit = _UNFIT.search(source)
    if unfit:
        raise wrong(source, unfit.start(), _("This sign cannot stand in a formula."))
    found, at = [], 0
    while at < len(source):
        match = _WORDS.match(source, at)
        if match is None:
            raise _unreadable(source, at)
        kind = str(match.lastgroup)
        if kind != "space":
            found.append(Word(kind, _meaning(kind, match[0]), at, match.end()))
        at = match.end()
    return [*found, Word("end", "", len(source), len(source))]


def _meaning(kind: str, text: str) -> str:
    if kind == "string":
        return _ESCAPE.sub(lambda found: _SHORT.get(found[1], found[0]), text[1:-1])
    if kind == "field":
        return _ESCAPE.sub(r"\1", text[1:-1]).strip()
    return "!=" if text == "<>" else text


def _unreadable(source: str, at: int) -> Refused:
    for start, sentence in _UNCLOSED.items():
        if source.startswith(start, at):
            return wrong(source, at, sentence)
    sign = source[at]
    if sign in "“”‘’「」":
        return wrong(source, at, _("Write straight quotation marks around a text."))
    if sign in "（），｛｝＋－＝＜＞＆":
        return wrong(source, at, _("“{sign}” is a full-width sign; type it half-width.", sign=sign))
    return wrong(source, at, _("“{sign}” has no meaning here.", sign=sign))


def quoted(name: str) -> str:
    """A field name as a formula writes it."""
    return "{" + re.sub(r"([{}\\])", r"\\\1", name) + "}"
