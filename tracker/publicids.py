"""Ids as programs see them: 17 characters with Airtable's prefixes, for every thing of ours.

An id is a permutation of its numbers: the same always and everywhere, backups and moves included.
It hides nothing; who may see the thing is asked when it is loaded.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Any

from tracker.errors import Missing

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
LENGTH = 14  # letters after the prefix: 83 bits, of which 80 are used
_PLACES = {letter: place for place, letter in enumerate(LETTERS)}
_HALF = 40
_MASK = (1 << _HALF) - 1
_OWNER_BITS = 32  # the number of the thing it belongs to (a record's table, an option's field)
_NUMBER_BITS = 48
_ROUNDS = 4

BASE, TABLE, FIELD, VIEW, RECORD = "app", "tbl", "fld", "viw", "rec"
PERSON, OPTION, COMMENT, FILE = "usr", "sel", "com", "att"
WEBHOOK, NOTIFICATION, WORKSPACE = "ach", "ntf", "wsp"


def base(number: int) -> str:
    return encode(BASE, number)


def table(number: int) -> str:
    return encode(TABLE, number)


def field(number: int) -> str:
    return encode(FIELD, number)


def view(number: int) -> str:
    return encode(VIEW, number)


def record(table_id: int, number: int) -> str:
    return encode(RECORD, number, owner=table_id)


def person(number: int) -> str:
    return encode(PERSON, number)


@lru_cache(maxsize=50_000)
def encode(prefix: str, number: int, *, owner: int = 0) -> str:
    """The id of ``number`` (below 2^48) of a kind of things, within its owner where it has one."""
    if not (0 <= number < 1 << _NUMBER_BITS and 0 <= owner < 1 << _OWNER_BITS):
        raise ValueError(f"{prefix} {owner}/{number} does not fit an id")
    mixed = _mix(prefix, owner << _NUMBER_BITS | number)
    letters = []
    for _place in range(LENGTH):
        mixed, rest = divmod(mixed, len(LETTERS))
        letters.append(LETTERS[rest])
    return prefix + "".join(reversed(letters))


def decode(prefix: str, text: Any, *, owner: int = 0) -> int:
    """The number behind an id of this kind and owner; `Missing` for anything else."""
    found = peek(prefix, text)
    if found is None or found[0] != owner:
        raise Missing
    return found[1]


def peek(prefix: str, text: Any) -> tuple[int, int] | None:
    """``(owner, number)`` behind an id of this kind, None where it is none."""
    if not isinstance(text, str) or len(text) != len(prefix) + LENGTH:
        return None
    if not text.startswith(prefix):
        return None
    mixed = 0
    for letter in text[len(prefix) :]:
        place = _PLACES.get(letter)
        if place is None:
            return None
        mixed = mixed * len(LETTERS) + place
    if mixed >> (2 * _HALF):
        return None
    plain = _unmix(prefix, mixed)
    return plain >> _NUMBER_BITS, plain & ((1 << _NUMBER_BITS) - 1)


# A Feistel network of four rounds over two halves of 40 bits: its own inverse, read backwards.


def _mix(prefix: str, plain: int) -> int:
    left, right = plain >> _HALF, plain & _MASK
    for turn in range(_ROUNDS):
        left, right = right, left ^ _scramble(prefix, turn, right)
    return left << _HALF | right


def _unmix(prefix: str, mixed: int) -> int:
    left, right = mixed >> _HALF, mixed & _MASK
    for turn in reversed(range(_ROUNDS)):
        left, right = right ^ _scramble(prefix, turn, left), left
    return left << _HALF | right


def _scramble(prefix: str, turn: int, half: int) -> int:
    said = blake2b(half.to_bytes(5, "big"), digest_size=5, person=f"{prefix}{turn}".encode())
    return int.from_bytes(said.digest(), "big")
