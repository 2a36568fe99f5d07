"""The sorted ids behind scrolling views, kept in a small cache so that any place is one jump away.

A snapshot is named by its own content, so that its name tells nothing about rows out of scope;
rows read by it go through the row rule again: an old one shows nothing that is closed by now.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from tracker import grouped, kept, permissions, schema
from tracker.grouped import Group
from tracker.kept import State
from views import groups
from views.viewing import Viewing

MOST_IDS = 6_000_000  # 8 bytes each
MOST_SNAPSHOTS = 64
TRIES = 3  # to read ids and groups while nobody writes


@dataclass(frozen=True)
class Snapshot:
    """``ids`` in the view's order; ``at`` names them (a digest that a script can count to).
    ``groups`` are the headings among them, where there are any.
    """

    at: int
    ids: array[int]
    groups: tuple[Group, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)


class Shelf:
    """The snapshots of one schema version, those used last kept longest."""

    def __init__(self) -> None:
        self.kept: OrderedDict[tuple[bytes, int], Snapshot] = OrderedDict()
        self.newest: dict[bytes, tuple[State, int]] = {}  # key → (state, name)
        self.lock = threading.Lock()

    def find(self, key: bytes, at: int) -> Snapshot | None:
        with self.lock:
            found = self.kept.get((key, at))
            if found:
                self.kept.move_to_end((key, at))
            return found

    def fresh(self, key: bytes, change: State) -> Snapshot | None:
        """The snapshot taken since ``change``, if there is one."""
        taken_at, name = self.newest.get(key, ((), 0))
        return self.find(key, name) if taken_at == change else None

    def put(self, key: bytes, snapshot: Snapshot, change: State) -> None:
        with self.lock:
            self.kept[key, snapshot.at] = snapshot
            self.newest[key] = (change, snapshot.at)
            while len(self.kept) > MOST_SNAPSHOTS or self._too_many_ids():
                (gone, _name), _snapshot = self.kept.popitem(last=False)
                self.newest.pop(gone, None)

    def _too_many_ids(self) -> bool:
        return len(self.kept) > 1 and sum(map(len, self.kept.values())) > MOST_IDS


def of(viewing: Viewing, *, at: int | None = None) -> Snapshot:
    """The snapshot named ``at`` if it is still kept; else the one of now."""
    shelf: Shelf = schema.current().derived.setdefault("snapshots", Shelf())
    key = scope_key(viewing)
    named_so = shelf.find(key, at) if at is not None else None
    if named_so:
        return named_so
    change = kept.state(viewing.scope.table)
    found = shelf.fresh(key, change)
    if found is None:
        found, change = _taken(viewing, change)
        shelf.put(key, found, change)
    return found


def _taken(viewing: Viewing, change: State) -> tuple[Snapshot, State]:
    """A new snapshot. Groups are counted beside the ids: again, when something changed between."""
    levels = groups.levels(viewing)
    if not levels:
        ids = array("q", viewing.query.ids())
        return Snapshot(named(ids), ids), change
    for _try in range(TRIES):
        ids, found = grouped.arranged(viewing.query, levels)
        now = kept.state(viewing.scope.table)
        if now == change:
            break
        change = now
    return Snapshot(named(ids), ids, tuple(found)), change


def named(ids: array[int]) -> int:
    """A name of 48 bits made from the ids alone."""
    return int.from_bytes(blake2b(ids.tobytes(), digest_size=6).digest(), "big")


def scope_key(viewing: Viewing) -> bytes:
    """Everything that the list of ids depends on, besides the data."""
    viewer, access = viewing.viewer, viewing.scope.access
    asked = [viewing.saved_filter, viewing.filter, viewing.sorts]
    asked += [viewing.params.get("q", ""), viewing.params.get("moved", "")]
    levels = groups.stored(groups.levels(viewing))
    asked += [levels, viewer.context.lang if levels else ""]
    when = [viewer.context.today(), viewer.context.zone]  # "this month" moves on
    who = _who(viewer)
    if viewer.window is not None:
        who += [_who(viewer.window.holder), _shown(viewer.window)]
    rules = [lane.read for lane in access.lanes]
    return orjson.dumps([access.table.id, asked, when, who, rules])


def _who(viewer: permissions.Viewer) -> list[Any]:
    who = [viewer.person_id, viewer.is_admin, viewer.department_id, viewer.roles]
    return [*who, viewer.departments_below, viewer.headed, sorted(viewer.coordinates)]


def _shown(window: permissions.Window) -> list[Any]:
    return [(one, sorted(pane.fields), pane.tests) for one, pane in sorted(window.panes.items())]
