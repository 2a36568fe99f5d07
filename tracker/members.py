"""Several ids in one column (``|3|7|``): the base of fields that hold more than one."""

from __future__ import annotations

from typing import Any

from tracker.fieldtypes import TextColumn, clean_text


class MembersColumn(TextColumn):
    """A list of ids kept as ``|3|7|``, so that one of them is found by substring."""

    def python_value(self, value: str | None) -> list[int] | None:
        if not value:
            return None
        return (
            list(dict.fromkeys(int(part) for part in value.split("|") if part.isdecimal())) or None
        )

    def db_value(self, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return f"|{'|'.join(map(str, value))}|" if value else None


def split(raw: Any) -> list[Any]:
    """What a form, sheet or program gives for several values → their parts."""
    if isinstance(raw, list | tuple):
        return [part for part in raw if part not in (None, "")]
    if isinstance(raw, str):
        for separator in ("，", "、", ";", "；", "\n"):
            raw = raw.replace(separator, ",")
        return [part for part in (clean_text(part) for part in raw.split(",")) if part]
    return [] if raw is None else [raw]


def unique(ids: list[int]) -> list[int] | None:
    """In the order given, each once; None when there are none."""
    return list(dict.fromkeys(ids)) or None
