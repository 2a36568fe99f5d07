"""Regular expressions, through RE2: time grows with the text, whatever the pattern."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from tracker import limits
from tracker.formula.function import function
from tracker.formula.values import Env, Fault
from tracker.text import _

MEMORY = 1 << 20  # bytes one compiled pattern may take
COST = 8  # how much more work a search is than copying the text
_GROUP = re.compile(r"\$(\$|&|\d{1,2})")


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem, options.log_errors = MEMORY, False
    return re2.compile(pattern, options=options)


def expression(pattern: str) -> Any:
    if len(pattern) > limits.FORMULA_PATTERN:
        raise Fault(_("A pattern has at most {limit} characters.", limit=limits.FORMULA_PATTERN))
    try:
        return compiled(pattern)
    except re2.error as problem:
        reason = problem.args[0]
        shown = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise Fault(_("This pattern cannot be read: {reason}", reason=shown)) from None


@function(
    "REGEX_MATCH",
    "text:text pattern:text",
    "truth",
    _("Whether a regular expression occurs in a text."),
    'REGEX_MATCH("Visit 12", "[0-9]+")',
    env=True,
)
def matches(env: Env, text: str, pattern: str) -> bool:
    env.work(COST * (len(text) + len(pattern)))
    return expression(pattern).search(text) is not None


@function(
    "REGEX_EXTRACT",
    "text:text pattern:text",
    "text",
    _("The first part of a text that a regular expression fits, or its first group."),
    'REGEX_EXTRACT("Visit 12", "[0-9]+")',
    env=True,
)
def extract(env: Env, text: str, pattern: str) -> str | None:
    env.work(COST * (len(text) + len(pattern)))
    found = expression(pattern).search(text)
    if found is None:
        raise Fault(_("The pattern does not occur in the text."))
    return found[1] if found.re.groups else found[0]


@function(
    "REGEX_REPLACE",
    "text:text pattern:text replacement:text",
    "text",
    _("Puts a text for each part that a regular expression fits; $1 stands for its first group."),
    'REGEX_REPLACE("2026-11-22", "-", "/")',
    env=True,
)
def replace(env: Env, text: str, pattern: str, replacement: str) -> str:
    env.work(2 * COST * (len(text) + len(pattern)))
    parts, end, length = [], 0, len(text)
    for found in expression(pattern).finditer(text):
        new = _filled(replacement, found)
        length += len(new)
        env.work(COST)
        if length > limits.FORMULA_TEXT * 2:
            env.made(length)
        parts += [text[end : found.start()], new]
        end = found.end()
    made = "".join([*parts, text[end:]])
    env.made(len(made))
    return made


def _filled(replacement: str, found: Any) -> str:
    def group(mark: re.Match[str]) -> str:
        if mark[1] == "$":
            return "$"
        number = 0 if mark[1] == "&" else int(mark[1])
        return (found[number] or "") if number <= found.re.groups else mark[0]

    return _GROUP.sub(group, replacement)
