"""Many records at once, by sets: the bulk sibling of `records`, with the same rights and log.

A row that cannot be written is left out and named with its reason; the others are one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tracker import db, permissions, rows
from tracker.bulk.binning import Binner
from tracker.bulk.inserting import Inserter
from tracker.bulk.undoing import Undone, undo
from tracker.bulk.updating import Updater
from tracker.bulk.writing import CHUNK, Item, Outcome, Writer, chunks
from tracker.errors import Forbidden
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Table
from tracker.text import _

__all__ = ["CHUNK", "Item", "Outcome", "Undone", "chunks", "delete_many", "insert_many"]
__all__ += ["raise_events", "undo", "update_many"]

Progress = Callable[[int], None]  # told how many rows are done


def insert_many(
    viewer: Viewer,
    table: Table,
    items: Iterable[Item | Mapping[int, Any]],
    *,
    via: str,
    batch: int | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """New records from parsed values (field id → value); raises no events.

    `Forbidden` when the viewer may not create here at all, or may never write one of the fields;
    single rows that the viewer's rules do not allow are rejected. Plain mappings are numbered
    from 1.
    """
    rights = permissions.access(viewer, table)
    if not rights.may("create"):
        raise Forbidden(_("You may not add records here."))
    return _run(Inserter(rights, via, batch), items, progress)


def update_many(
    viewer: Viewer,
    table: Table,
    items: Iterable[Item],
    *,
    via: str,
    batch: int | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Changed records: the values of each item replace those of the record ``record_id``."""
    return _run(Updater(permissions.access(viewer, table), via, batch), items, progress)


def delete_many(
    viewer: Viewer, table: Table, ids: Iterable[int], *, via: str, batch: int | None = None
) -> tuple[list[int], list[int]]:
    """Records to the bin: ``(moved, left)``; what the viewer may not read is in neither.

    `Forbidden` when the viewer may not delete here at all; raises no events.
    """
    rights = permissions.access(viewer, table)
    if not rights.may("delete"):
        raise Forbidden(_("You may not delete this record."))
    binner = Binner(rights, via, batch, "delete")
    with db.write():
        query = Query(viewer, table).only([])
        seen = {one for part in chunks(dict.fromkeys(ids)) for one in _seen(query, part)}
        moved = binner.move(binner.found(sorted(seen)))
    return moved, sorted(seen - set(moved))


def _seen(query: Query, ids: list[int]) -> list[int]:
    return query.test(query.scope.among(ids)).ids()


def raise_events(batch: int) -> None:
    """Let automations see the records of a batch as if each had been written by itself."""
    db.execute(
        "INSERT INTO event (kind, table_id, record_id, change_id, depth, at) "
        "SELECT kind, table_id, record_id, id, 0, at FROM change WHERE batch_id = ? ORDER BY id",
        batch,
    )


def _run(
    writer: Writer, items: Iterable[Item | Mapping[int, Any]], progress: Progress | None
) -> Outcome:
    done = 0
    with db.write(), rows.unique_as_refusal():
        for chunk in chunks(items):
            writer.write([_item(one, done + place) for place, one in enumerate(chunk, 1)])
            done += len(chunk)
            if progress:
                progress(done)
    return writer.outcome


def _item(one: Item | Mapping[int, Any], number: int) -> Item:
    return one if isinstance(one, Item) else Item(number, dict(one))
