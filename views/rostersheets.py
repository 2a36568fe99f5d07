"""Pages of rosters, kept until something they are made from changes.

Grouping all visits of a large base takes a second; who looks again, or opens Today, waits once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import orjson

from tracker import changes, clock, neglect, permissions, schema
from tracker.errors import Missing
from tracker.neglect import Sheet
from views import rosteroptions
from views.snapshots import scope_key
from views.viewing import Viewing

MOST = 200  # pages of one schema version, those used last kept longest
Shelf = OrderedDict[bytes, Sheet]
_lock = threading.Lock()


def sheet(viewing: Viewing, *, order: str, only: str, after: Any, limit: int) -> Sheet:
    """A page of the roster, from the shelf where nothing has changed since."""
    shelf: Shelf = schema.current().derived.setdefault("roster sheets", OrderedDict())
    key = _key(viewing, [order, only, after, limit])
    with _lock:
        if key in shelf:
            shelf.move_to_end(key)
            return shelf[key]
    made = neglect.sheet(
        viewing.query.order([]),
        rosteroptions.source_of(viewing.options),
        rosteroptions.target_of(viewing.options, viewing.table),
        order=order,
        only=only,
        after=after,
        limit=limit,
    )
    with _lock:
        shelf[key] = made
        while len(shelf) > MOST:
            shelf.popitem(last=False)
    return made


def _key(viewing: Viewing, asked: list[Any]) -> bytes:
    """Everything a page depends on: who looks, at what, the state of both tables, the minute."""
    visits = viewing.options.get("visits") or {}
    state: list[Any] = [changes.state(viewing.scope.table)]
    try:
        table = schema.current().table(visits.get("table") or 0)
        state += [changes.state(table), _lanes(permissions.access(viewing.viewer, table))]
    except Missing:
        state.append(None)
    names = ("visits", "tiers", "target_days")
    options = [viewing.options.get(one) for one in names]
    minute = clock.now().isoformat()[:16]
    lanes = _lanes(viewing.scope.access)
    parts = [options, state, lanes, minute, asked]
    return scope_key(viewing) + orjson.dumps(parts, option=orjson.OPT_NON_STR_KEYS, default=str)


def _lanes(access: permissions.Access) -> list[Any]:
    return [[lane.read, sorted(lane.levels.items())] for lane in access.lanes]
