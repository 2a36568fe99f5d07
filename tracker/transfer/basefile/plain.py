"""Small things that a base file says, as we would have written them; anything else is damage."""

from __future__ import annotations

from typing import Any

from tracker.transfer.basefile.cells import need


def languages(names: Any) -> dict[str, str] | None:
    """The words of other languages."""
    if names is None:
        return None
    need(isinstance(names, dict) and len(names) < 20)
    need(all(isinstance(one, str) and len(one) < 2_000 for one in names.values()))
    return dict(names)


def key_of(key: Any) -> str:
    need(isinstance(key, str) and 0 < len(key) <= 80 and key.isascii())
    need(key.replace("_", "").isalnum() and key == key.lower())
    return str(key)


def icon(raw: Any) -> str:
    need(isinstance(raw, str) and len(raw) < 60 and raw.replace("-", "").isalnum())
    return str(raw)


def number(raw: Any) -> int:
    need(type(raw) is int and 0 <= raw < 10**18)
    return int(raw)


def mapping(data: Any) -> dict[str, Any]:
    need(isinstance(data, dict))
    return dict(data)
