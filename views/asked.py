"""Numbers and lists in an address, read with care: what is odd is refused in words."""

from __future__ import annotations

from flask import request

from tracker import limits
from tracker.errors import Refused, TooMuch
from tracker.text import _


def number(name: str) -> int:
    """A count in the address; anything else is refused."""
    return _number(request.args.get(name, "0"))


def numbers(name: str) -> list[int]:
    """Ids with commas between them."""
    parts = [part for part in request.args.get(name, "").split(",") if part]
    if len(parts) > limits.PAGE_ROWS:
        raise TooMuch(_("A page has 1 to {limit} records.", limit=limits.PAGE_ROWS))
    return [_number(part) for part in parts]


def pairs(name: str) -> dict[int, int]:
    """``12:3,14:1`` as a mapping."""
    parts = [part for part in request.args.get(name, "").split(",") if part]
    if len(parts) > limits.PAGE_ROWS:
        raise TooMuch(_("A page has 1 to {limit} records.", limit=limits.PAGE_ROWS))
    split = [part.partition(":") for part in parts]
    return {_number(key): _number(value) for key, _colon, value in split}


def _number(raw: str) -> int:
    if not raw.isascii() or not raw.isdigit() or len(raw) > 15:
        raise Refused(_("“{text}” is not a number.", text=raw[:60]))
    return int(raw)


def spans(name: str) -> list[tuple[int, int]]:
    """``0-9,30-39`` as first and last places, both included; no more rows than a page has."""
    parts = [part.partition("-") for part in request.args.get(name, "").split(",") if part]
    found = [(_number(first), _number(last)) for first, _dash, last in parts]
    if sum(max(1, last - first + 1) for first, last in found) > limits.PAGE_ROWS:
        raise TooMuch(_("A page has 1 to {limit} records.", limit=limits.PAGE_ROWS))
    return found
