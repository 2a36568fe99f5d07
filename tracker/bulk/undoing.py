"""Taking a whole batch back: what it made goes to the bin, what it changed becomes as it was.

Records that somebody changed since are left as they are, and told.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tracker import changes, clock, db, models, permissions, rows, schema, tables
from tracker.bulk.binning import Binner
from tracker.bulk.updating import Updater, fetch
from tracker.bulk.writing import Item, chunks
from tracker.errors import Missing
from tracker.permissions import Access, Viewer
from tracker.schema import Table


@dataclass
class Undone:
    """``left``: record ids that others changed since, or that the viewer may not change.

    ``batch`` holds what undoing wrote: undoing that one does everything again.
    """

    removed: int = 0
    restored: int = 0
    left: list[int] = field(default_factory=list)
    table_removed: bool = False
    batch: int | None = None


def undo(viewer: Viewer, batch_id: int) -> Undone:
    """Take a batch back, once; its maker or an administrator may. One transaction, by sets."""
    with rows.unique_as_refusal(), db.write():
        batch = models.Batch.get_or_none(models.Batch.id == batch_id)
        allowed = (batch and batch.kind != "retype") and (
            viewer.system or viewer.is_admin or viewer.person_id == batch.person_id is not None
        )
        if not allowed or batch.undone_at is not None:
            raise Missing
        table = schema.current().table(batch.table_id)
        rights = permissions.access(viewer, table)
        undone = Undone()
        if batch.info.get("made_table") and _untouched(table, batch_id):
            tables.delete_table(viewer, table)
            undone.table_removed = True
            undone.removed = int(batch.info.get("created", 0))
        else:
            info, person = {"of": batch_id}, viewer.person_id
            back = models.Batch.create(kind="undo", table_id=table.id, person_id=person, info=info)
            undone.batch = int(back.id)
            _take_back(rights, batch_id, undone)
        models.Batch.update(undone_at=clock.now()).where(models.Batch.id == batch_id).execute()
    return undone


def _untouched(table: Table, batch_id: int) -> bool:
    """Whether nothing has happened in the table but this batch."""
    sql = "SELECT 1 FROM change WHERE table_id = ? AND (batch_id IS NULL OR batch_id <> ?) LIMIT 1"
    return not db.query(sql, table.id, batch_id)


def _take_back(rights: Access, batch_id: int, undone: Undone) -> None:
    """First what was changed, then what came or went: a record may have been both."""
    entries = db.query(
        "SELECT record_id, MAX(rev), MAX(CASE WHEN kind = 'update' THEN '' ELSE kind END) "
        "FROM change WHERE batch_id = ? GROUP BY record_id ORDER BY record_id",
        batch_id,
    )
    moved = {record_id: rev for record_id, rev, kind in entries if kind in _BACK}
    for part in chunks([record_id for record_id, _rev, kind in entries if not kind]):
        _restore(rights, part, batch_id, undone)
    via = f"undo:{batch_id}"
    for kind in ("delete", "restore"):
        ids = [record_id for record_id, _rev, was in entries if _BACK.get(was) == kind]
        _move(Binner(rights, via, undone.batch, kind), {one: moved[one] for one in ids}, undone)


_BACK = {"create": "delete", "restore": "delete", "delete": "restore"}  # done → what undoes it


def _move(binner: Binner, revs: dict[int, int], undone: Undone) -> None:
    """Records that stand as the batch left them go to the bin, or come back from it."""
    found = binner.found(revs)
    moved = binner.move({one: rev for one, rev in found.items() if rev == revs[one]})
    undone.left += sorted(set(found) - set(moved))
    if binner.kind == "delete":
        undone.removed += len(moved)
    else:
        undone.restored += len(moved)


def _restore(rights: Access, ids: list[int], batch_id: int, undone: Undone) -> None:
    """The old values come back into records where the batch's new ones still stand."""
    before, after = _written(ids, batch_id, rights.table)
    current = fetch(rights.table, ids)
    first = db.query("SELECT MIN(id) FROM change WHERE batch_id = ?", batch_id)[0][0]
    turned = changes.turned_since(rights.table, first)
    items = []
    for one in ids:
        row = current.get(one)
        if (
            row is None
            or turned & after[one].keys()
            or any(rows.differs(row, *pair) for pair in after[one].items())
        ):
            undone.left.append(one)
        elif before[one]:
            items.append(Item(one, before[one], record_id=one))
    writer = Updater(rights, f"undo:{batch_id}", undone.batch)
    writer.exact = True
    writer.write(items)
    undone.restored += writer.outcome.updated
    undone.left += [record_id for record_id, _reason in writer.outcome.rejected]


def _written(ids: list[int], batch_id: int, table: Table) -> tuple[Any, Any]:
    """Record id → field id → value before the batch, and after it."""
    before: dict[int, dict[int, Any]] = defaultdict(dict)
    after: dict[int, dict[int, Any]] = defaultdict(dict)
    change = models.Change
    entries = (
        change.select(change.record_id, change.values)
        .where(change.batch_id == batch_id, change.record_id.in_(ids))
        .order_by(change.id)
    )
    for entry in entries:
        for key, (old, new) in changes.written(entry.values, table).items():
            before[entry.record_id].setdefault(key, old)
            after[entry.record_id][key] = new
    return before, after
