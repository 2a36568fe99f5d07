"""What happened to records since a template was made: by revision, from the change log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracker import changes, fieldtypes, models
from tracker.permissions import Viewer, access
from tracker.query import load_titles
from tracker.roundtrip.reach import Reach
from tracker.schema import Table

_PART = 500  # records asked for at a time


@dataclass
class Touch:
    """A field that somebody wrote since: its value then, and who wrote it last."""

    was: Any
    person: int | None
    at: datetime
    change: int


Touches = dict[int, dict[int, Touch]]  # record → field → touch


def since(viewer: Viewer, table: Table, revs: dict[int, int]) -> Touches:
    """The fields written after the revision given for each record.

    The caller has loaded the records through `query`; fields hidden in a row are left out here.
    Fields whose type changed since are left out: their old values mean nothing now.
    """
    found: Touches = {}
    ids = sorted(revs)
    for start in range(0, len(ids), _PART):
        for row in _entries(table, ids[start : start + _PART], revs):
            touched = found.setdefault(row.record_id, {})
            for key, (old, _new) in (row.values or {}).items():
                before = touched.get(int(key))
                was = before.was if before else old
                touched[int(key)] = Touch(was, row.person_id, row.at, row.id)
    _drop_turned(table, found)
    _drop_unseen(viewer, table, found)
    return found


def _entries(table: Table, ids: list[int], revs: dict[int, int]) -> list[Any]:
    change = models.Change
    rows = change.select().where(
        change.table_id == table.id,
        change.record_id.in_(ids),
        change.rev > min(revs[one] for one in ids),
    )
    return [row for row in rows.order_by(change.id) if row.rev > revs[row.record_id]]


def _drop_turned(table: Table, found: Touches) -> None:
    every = [touch.change for touched in found.values() for touch in touched.values()]
    turned = changes.turned_since(table, min(every)) if every else set()
    for touched in found.values():
        for one in [key for key in touched if key in turned or key not in table.by_id]:
            del touched[one]


def _drop_unseen(viewer: Viewer, table: Table, found: Touches) -> None:
    """What is hidden in a row now is not told of then either, nor links to records unseen."""
    reach = Reach(access(viewer, table))
    reach.learn(list(found))
    for record_id, touched in found.items():
        for closed in reach.closed(record_id, table.fields) & touched.keys():
            del touched[closed]
    for one in table.fields:
        if fieldtypes.get(one).family != "link":
            continue
        touches = [touched[one.id] for touched in found.values() if one.id in touched]
        target = one.options["table"]
        load_titles(viewer, target, [id_ for touch in touches for id_ in touch.was or []])
        known = viewer.context.directory.records
        for touch in touches:
            touch.was = [id_ for id_ in touch.was or [] if (target, id_) in known] or None
