"""Many records at once, by sets: the bulk sibling of `records`, with the same rights and log.

A row that cannot be written is left out and named with its reason; the others are one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tracker import db, permissions, rows
from tracker.bulk.inserting import Inserter
from tracker.bulk.undoing import Undone, undo
from tracker.bulk.updating import Updater
from tracker.bulk.writing import CHUNK, Item, Outcome, Writer, chunks
from tracker.errors import Forbidden
from tracker.permissions import Viewer
from tracker.schema import Table
from tracker.text import _

__all__ = ["CHUNK", "Item", "Outcome", "Undone", "chunks", "insert_many", "raise_events"]
__all__ += ["undo", "update_many"]

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
