"""Which fields of which rows a viewer reads and writes, for many rows at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracker.bulk.writing import Writer
from tracker.permissions import Access, Lane

READ, WRITE = 1, 3


class Reach:
    """The lanes that open each of some rows; `learn` asks for them once a chunk."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._writer = Writer(access, "", None)
        self._readable: dict[int, list[Lane]] = {}
        self._writable: dict[int, list[Lane]] = {}

    def learn(self, ids: list[int]) -> None:
        if ids:
            self._readable = self._writer.lanes(ids, "read")
            self._writable = self._writer.lanes(ids, "update")

    def closed(self, record_id: int, fields: Iterable[Any]) -> frozenset[int]:
        """The fields that are not shown in this row."""
        lanes = self._readable.get(record_id, [])
        return frozenset(
            one.id for one in fields if not any(lane.level(one.id) >= READ for lane in lanes)
        )

    def writable(self, record_id: int, field_id: int) -> bool:
        return any(lane.level(field_id) >= WRITE for lane in self._writable.get(record_id, []))
