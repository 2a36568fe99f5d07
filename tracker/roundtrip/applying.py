"""What was compared is written: one transaction, one batch, through the bulk writers.

A record that somebody changed in the same fields after the comparison is left and told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tracker import bulk, db, models
from tracker.bulk.updating import fetch
from tracker.permissions import Viewer
from tracker.roundtrip import meanwhile
from tracker.roundtrip.cells import CHANGED, CONFLICT
from tracker.roundtrip.spool import Line
from tracker.schema import Table
from tracker.text import Text, _

MINE, LEAVE = "mine", "theirs"
VIA = "excel"


@dataclass
class Decisions:
    """What the person decided: for all conflicts, for single cells, and rows to leave out.

    Cells are named ``file:row:field``, rows ``file:row``.
    """

    every: str = LEAVE
    cells: dict[str, str] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)

    def of(self, told: Line, cell: Line) -> str:
        return self.cells.get(f"{told['file']}:{told['row']}:{cell['field']}", self.every)


@dataclass
class Applied:
    """What was written. ``rejected``: file, row and reason of what could not be."""

    batch: int | None = None
    changed: list[int] = field(default_factory=list)  # per row written: its file
    new: list[int] = field(default_factory=list)
    same: int = 0
    rejected: list[tuple[int, int, Text]] = field(default_factory=list)


class _Rehearsed(Exception):
    """Takes everything back at the end of a rehearsal."""


def apply(
    viewer: Viewer,
    table: Table,
    lines: Iterable[Line],
    decisions: Decisions,
    *,
    dry_run: bool = False,
) -> Applied:
    """Write the lines that may be written; with ``dry_run`` only find out which could not be."""
    applied = Applied()
    try:
        with db.write():
            batch = models.Batch.create(
                kind="import", table_id=table.id, person_id=viewer.person_id, info={"excel": True}
            )
            _Writing(viewer, table, decisions, applied, batch.id).run(lines)
            if dry_run:
                raise _Rehearsed
            if applied.changed or applied.new:
                applied.batch = batch.id
            else:
                batch.delete_instance()
    except _Rehearsed:
        pass
    applied.rejected.sort(key=lambda one: one[:2])
    return applied


class _Writing:
    """One pass over the lines: changes first, then what is new, in chunks."""

    def __init__(
        self, viewer: Viewer, table: Table, decisions: Decisions, applied: Applied, batch: int
    ) -> None:
        self.viewer, self.table, self.decisions = viewer, table, decisions
        self.applied, self.batch = applied, batch
        self._places: list[tuple[int, int]] = []

    def run(self, lines: Iterable[Line]) -> None:
        wanted = (one for one in lines if self._taken(one))
        for chunk in bulk.chunks(wanted, 500):
            changed = [one for one in chunk if one["kind"] == "changed"]
            self._change(list(self._unmoved(changed)))
            self._add([one for one in chunk if one["kind"] == "new"])

    def _taken(self, told: Line) -> bool:
        skipped = f"{told['file']}:{told['row']}" in self.decisions.skipped
        return told["kind"] in {"changed", "new"} and not skipped

    def _values(self, told: Line) -> dict[int, Any]:
        return {
            one["field"]: one["value"]
            for one in told["cells"]
            if one["state"] == CHANGED
            or (one["state"] == CONFLICT and self.decisions.of(told, one) == MINE)
        }

    def _unmoved(self, lines: list[Line]) -> Iterator[Line]:
        """The lines whose fields nobody wrote since the comparison; the rows are held now."""
        rows = fetch(self.table, [one["id"] for one in lines])
        moved = {
            one["id"]: one["rev"]
            for one in lines
            if one["id"] in rows and rows[one["id"]].rev > one["rev"]
        }
        touches = meanwhile.since(self.viewer, self.table, moved) if moved else {}
        for one in lines:
            touched = touches.get(one["id"], {})
            if any(field in touched for field in self._values(one)):
                why = _("Somebody changed this record after the comparison. Upload the row again.")
                self.applied.rejected.append((one["file"], one["row"], why))
            else:
                yield one

    def _items(self, lines: list[Line]) -> list[bulk.Item]:
        items = []
        for one in lines:
            values = self._values(one)
            if values:
                self._places.append((one["file"], one["row"]))
                items.append(bulk.Item(len(self._places) - 1, values, record_id=one["id"]))
        return items

    def _change(self, lines: list[Line]) -> None:
        items = self._items(lines)
        if items:
            done = bulk.update_many(self.viewer, self.table, items, via=self._via, batch=self.batch)
            self._note(items, done, self.applied.changed)

    def _add(self, lines: list[Line]) -> None:
        items = self._items(lines)
        if items:
            done = bulk.insert_many(self.viewer, self.table, items, via=self._via, batch=self.batch)
            self._note(items, done, self.applied.new)

    @property
    def _via(self) -> str:
        return f"{VIA}:{self.batch}"

    def _note(self, items: list[bulk.Item], done: bulk.Outcome, written: list[int]) -> None:
        wrong = dict(done.rejected)
        self.applied.same += done.same
        self.applied.rejected += [(*self._places[one], why) for one, why in wrong.items()]
        written += [self._places[one.number][0] for one in items if one.number not in wrong]
