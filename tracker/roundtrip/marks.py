"""What a template carries to be known again: its head and a key per row, both signed.

A key that this installation did not write for this table is no key.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from tracker.errors import Refused
from tracker.text import _

HEAD = "rounds:"
REASON = "reason"  # the code of a column that is read by people alone
KEY = re.compile(r"R(\d{1,10})\.(\d{1,10})\.(\d{1,9})\.([\d-]*)\.([A-Z2-7]{16})")
_CODE = re.compile(r"f(\d{1,9})")
_RANGES = 30_000  # characters of a cell that may go to the records of a template


@dataclass(frozen=True)
class Key:
    """The record of a row, its revision then, and the fields that were not shown in it."""

    record_id: int
    rev: int
    closed: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Head:
    """What a whole template is: of which table, by whom, for whom, and which records it holds.

    ``by`` (a field) and ``value`` say for whom (a branch, a person); ``among`` are all for whom
    files were made in one go. ``records`` are None where they were too many to be noted.
    """

    table: int
    person: int = 0
    at: str = ""
    by: int = 0
    value: int = 0
    among: list[int] = field(default_factory=list)
    records: list[int] | None = None


class Signer:
    """Writes and reads marks with the secret of this installation."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hmac.new(secret, b"roundtrip", "sha256").digest()

    def _mac(self, text: str) -> str:
        digest = hmac.new(self._secret, text.encode(), "sha256").digest()
        return base64.b32encode(digest[:10]).decode()

    def key(self, table_id: int, key: Key) -> str:
        closed = "-".join(map(str, sorted(key.closed)))
        text = f"R{table_id}.{key.record_id}.{key.rev}.{closed}"
        return f"{text}.{self._mac(text)}"

    def read_key(self, text: str, table_id: int) -> Key:
        """`Refused` for what is not a key of this table, whoever made it up."""
        found = KEY.fullmatch(text)
        body = text.rpartition(".")[0]
        if found is None or not hmac.compare_digest(self._mac(body), found[5]):
            raise Refused(_("The key of this row was changed or comes from elsewhere."))
        if int(found[1]) != table_id:
            raise Refused(_("The key of this row belongs to another table."))
        closed = frozenset(int(part) for part in found[4].split("-") if part)
        return Key(int(found[2]), int(found[3]), closed)

    def head(self, head: Head) -> str:
        told = asdict(head)
        told["records"] = _packed(head.records)
        text = orjson.dumps(told).decode()
        return f"{HEAD}{text}{self._mac(text)}"

    def read_head(self, text: str) -> Head:
        """`Refused` for a head that was changed or written elsewhere."""
        body, mac = text.removeprefix(HEAD)[:-16], text[-16:]
        if not text.startswith(HEAD) or not hmac.compare_digest(self._mac(body), mac):
            raise Refused(_("This workbook was made by another installation, or its mark changed."))
        told: dict[str, Any] = orjson.loads(body)
        told["records"] = _unpacked(told["records"])
        return Head(**told)


def code(field_id: int) -> str:
    """What stands above a column for the machine."""
    return f"f{field_id}"


def field_of(text: Any) -> int | None:
    found = _CODE.fullmatch(text) if isinstance(text, str) else None
    return int(found[1]) if found else None


def _packed(ids: list[int] | None) -> str | None:
    """Ids as ranges, each counted from the end of the last: ``5+3,1`` is 5 to 8 and 10."""
    if ids is None:
        return None
    parts, last = [], 0
    ordered = sorted(ids)
    place = 0
    while place < len(ordered):
        start = end = ordered[place]
        while place + 1 < len(ordered) and ordered[place + 1] == end + 1:
            place, end = place + 1, end + 1
        parts.append(f"{start - last}+{end - start}" if end > start else f"{start - last}")
        last, place = end, place + 1
    text = ",".join(parts)
    return text if len(text) <= _RANGES else None


def _unpacked(text: str | None) -> list[int] | None:
    if text is None:
        return None
    found: list[int] = []
    last = 0
    for part in text.split(",") if text else []:
        step, _plus, more = part.partition("+")
        start = last + int(step)
        last = start + int(more or 0)
        found += range(start, last + 1)
    return found
