"""The types of values as far as they are known before any record is read."""

from __future__ import annotations

from collections.abc import Iterable

TYPES = ("text", "number", "truth", "day", "moment", "list", "any", "blank")


def unify(types: Iterable[str]) -> str:
    """The type of a value that has one of ``types``; blank goes with everything."""
    found = set(types) - {"blank"}
    if not found:
        return "blank"
    if len(found) == 1:
        return found.pop()
    if found <= {"number", "truth"}:
        return "number"
    return "moment" if found <= {"day", "moment"} else "any"
