"""The quotation mark before texts in csv that a spreadsheet would take for formulas.

It is added exactly where `unguarded` takes it away, so that our own exports read back unchanged.
"""

from __future__ import annotations

import re

# Excel also evaluates what begins with the full-width signs of a Chinese keyboard.
_SIGNS = "=+@\t\r＝＋＠－-"
_TO_GUARD = re.compile(rf"'*[{_SIGNS}]")
_GUARDED = re.compile(rf"'+[{_SIGNS}]")


def begins_like_formula(text: str) -> bool:
    return text[:1] in _SIGNS if text else False


def guarded(text: str) -> str:
    """The text, with one quotation mark before it if a spreadsheet might calculate it."""
    return f"'{text}" if _TO_GUARD.match(text) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if _GUARDED.match(text) else text
