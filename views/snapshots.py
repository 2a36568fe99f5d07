"""The sorted ids behind scrolling views, kept in a small cache so that any place is one jump away.

A snapshot stands for what one scope saw at one entry of the change log; rows read by it go
through the row rule again, so an old one shows nothing that is closed by now.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict
from dataclasses import dataclass

import orjson

from tracker import changes, schema
from views.viewing import Viewing

MOST_IDS = 6_000_000  # 8 bytes each
MOST_SNAPSHOTS = 64


@dataclass(frozen=True)
class Snapshot:
    """``ids`` in the view's order as they were at change ``at``."""

    at: int
    ids: array[int]

    def __len__(self) -> int:
        return len(self.ids)


class Shelf:
    """The snapshots of one schema version, those used last kept longest."""

    def __init__(self) -> None:
        self.kept: OrderedDict[tuple[bytes, int], Snapshot] = OrderedDict()
        self.lock = threading.Lock()

    def find(self, key: bytes, at: int) -> Snapshot | None:
        with self.lock:
            found = self.kept.get((key, at))
            if found:
                self.kept.move_to_end((key, at))
            return found

    def put(self, key: bytes, snapshot: Snapshot) -> None:
        with self.lock:
            self.kept[key, snapshot.at] = snapshot
            while len(self.kept) > MOST_SNAPSHOTS or self._too_many_ids():
                self.kept.popitem(last=False)

    def _too_many_ids(self) -> bool:
        return len(self.kept) > 1 and sum(map(len, self.kept.values())) > MOST_IDS


def of(viewing: Viewing, *, at: int | None = None) -> Snapshot:
    """The snapshot of the view as it was at change ``at`` if it is still kept; else of now."""
    shelf: Shelf = schema.current().derived.setdefault("snapshots", Shelf())
    key = scope_key(viewing)
    kept = shelf.find(key, at) if at is not None else None
    if kept:
        return kept
    now = changes.last_id(viewing.scope.table)
    found = shelf.find(key, now)
    if found is None:
        found = Snapshot(now, array("q", viewing.query.ids()))
        shelf.put(key, found)
    return found


def scope_key(viewing: Viewing) -> bytes:
    """Everything that the list of ids depends on, besides the data."""
    viewer, access = viewing.viewer, viewing.scope.access
    asked = [viewing.saved_filter, viewing.filter, viewing.sorts, viewing.params.get("q", "")]
    when = [viewer.context.today(), viewer.context.zone]  # "this month" moves on
    who = [viewer.person_id, viewer.is_admin, viewer.department_id, viewer.roles]
    reach = [viewer.departments_below, viewer.headed, sorted(viewer.coordinates)]
    rules = [lane.read for lane in access.lanes]
    return orjson.dumps([access.table.id, asked, when, who, reach, rules])
