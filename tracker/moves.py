"""Moves of stage fields, noted beside the change log in its transaction: who stood where, when.

A move that is undone while it is the record's last is as if it had never been; done again, it is
there again. Every other undo is a move like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tracker import db
from tracker.models import Move
from tracker.schema import Table

Step = tuple[int, Any, Any]  # (record id, old stage, new stage)


def column_of(field: Any) -> int:
    """The generation of the field's storage; a change of type begins a new one."""
    return int(field.options.get("column") or 0)


def seconds(moment: datetime) -> int:
    """A stored moment as seconds since 1970."""
    return int(moment.replace(tzinfo=UTC).timestamp())


def note(
    table: Table, entries: Iterable[tuple[int, Mapping[int, Any]]], *, at: datetime, via: str
) -> None:
    """The moves that entries of the log tell of: ``(record id, field id → [old, new])``."""
    stages = [one for one in table.fields if one.type == "stage"]
    if not stages:
        return
    entries = list(entries)
    for field in stages:
        steps = [
            (record_id, *values[field.id]) for record_id, values in entries if field.id in values
        ]
        if _undoes(via):
            steps = [one for one in steps if not _taken_back(field, one)]
        _write(field, steps, seconds(at))


def note_one(field: Any, step: Step, *, at: datetime, via: str) -> None:
    """A single move of a field, or of its row in our own tables."""
    if not (_undoes(via) and _taken_back(field, step)):
        _write(field, [step], seconds(at))


def _undoes(via: str) -> bool:
    return via == "undo" or via.startswith("undo:")


def _write(field: Any, steps: list[Step], at: int) -> None:
    columns = ["field_id", "column", "record_id", "at", "old", "new", "void"]
    void: Any = 0 if db.is_sqlite() else False
    rows = [(field.id, column_of(field), one, at, old, new, void) for one, old, new in steps]
    if rows:
        db.load("move", columns, rows)


def _taken_back(field: Any, step: Step) -> bool:
    """Whether the undo made the last move void, or a void one valid again."""
    record_id, old, new = step
    rows = list(
        Move.select()
        .where(Move.field_id == field.id, Move.record_id == record_id)
        .where(Move.column == column_of(field))
        .order_by(Move.id.desc())
        .limit(20)
    )
    if rows and rows[0].void and (rows[0].old, rows[0].new) == (old, new):
        return _mark(rows[0], void=False)
    last = next((one for one in rows if not one.void), None)
    if last is not None and (last.old, last.new) == (new, old):
        return _mark(last, void=True)
    return False


def _mark(move: Move, *, void: bool) -> bool:
    Move.update(void=void).where(Move.id == move.id).execute()
    return True
