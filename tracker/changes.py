"""The change log: one entry per record written, in its transaction, with the event it raises."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from tracker import clock, db, fieldtypes, models, moves, query, rowrights
from tracker.permissions import Viewer, access
from tracker.schema import Field, Table

Values = dict[int, Any]


def note(
    viewer: Viewer,
    table: Table,
    record_id: int,
    *,
    rev: int,
    kind: str,
    via: str,
    values: dict[int, list[Any]],
    batch: int | None = None,
    depth: int = 0,
) -> int:
    """Write the entry and its event; the entry's id. ``values``: field id → ``[old, new]``."""
    change = models.Change.create(
        table_id=table.id,
        record_id=record_id,
        rev=rev,
        at=clock.now(),
        person_id=viewer.person_id,
        via=via,
        kind=kind,
        values=values,
        batch_id=batch,
    )
    moves.note(table, [(record_id, values)], at=change.at, via=via)
    models.Event.create(
        kind=kind, table_id=table.id, record_id=record_id, change_id=change.id, depth=depth
    )
    return int(change.id)


def note_many(
    viewer: Viewer,
    table: Table,
    entries: list[tuple[int, int, dict[int, list[Any]]]],
    *,
    kind: str,
    via: str,
    batch: int | None = None,
) -> None:
    """The entries of records written in bulk: ``(record id, rev, values)``; raises no events."""
    at = clock.now()
    moves.note(table, [(record_id, values) for record_id, _rev, values in entries], at=at, via=via)
    now = at.isoformat(sep=" ")
    rows = [
        (table.id, record_id, rev, now, viewer.person_id, via, kind, _dump(values), batch)
        for record_id, rev, values in entries
    ]
    columns = ["table_id", "record_id", "rev", "at", "person_id", "via", "kind", "values"]
    db.load("change", [*columns, "batch_id"], rows)


def _dump(values: dict[int, list[Any]]) -> str:
    return orjson.dumps(values, option=orjson.OPT_NON_STR_KEYS).decode()


def written(values: dict[str, list[Any]] | None, table: Table) -> Values:
    """What people wrote of an entry, in fields that are still there."""
    found = {int(key): pair for key, pair in (values or {}).items() if int(key) in table.by_id}
    return {
        one: pair for one, pair in found.items() if not fieldtypes.is_computed(table.by_id[one])
    }


class Logged(dict[int, list[Any]]):
    """The values of an entry. ``fields`` are those that had another type then, as they were."""

    fields: dict[int, Field]


def history(viewer: Viewer, table: Table, record_id: int, limit: int = 200) -> list[models.Change]:
    """Entries of one record, newest first, with only what the viewer may see today.

    The caller has loaded the record through `query`; hidden fields are taken out here.
    """
    seen = rowrights.readable(access(viewer, table), record_id)
    rows = (
        models.Change.select()
        .where(models.Change.table_id == table.id, models.Change.record_id == record_id)
        .order_by(models.Change.id.desc())
        .limit(limit)
    )
    turns = _turns(table)
    entries = []
    for row in rows:
        values = written(row.values, table)
        shown = Logged({key: pair for key, pair in values.items() if key in seen})
        shown.fields = {one.id: one for until, one in turns if row.id <= until}
        row.values = shown
        if shown or row.kind != "update":
            entries.append(row)
    return entries


def _turns(table: Table) -> list[tuple[int, Field]]:
    """``(last entry before, field as it was)`` of each change of a field's type, latest first."""
    turns = models.Batch.select(models.Batch.info).where(
        models.Batch.kind == "retype", models.Batch.table_id == table.id
    )
    found = [
        (turn.info["until"], replace(table.by_id[turn.info["field"]], **turn.info["before"]))
        for turn in turns
        if turn.info["field"] in table.by_id
    ]
    return sorted(found, key=lambda turn: -turn[0])


def turned_since(table: Table, change_id: int) -> set[int]:
    """The fields whose type has changed since an entry: its values are not theirs any more."""
    return {one.id for until, one in _turns(table) if change_id <= until}


def touched_since(table: Table, record_id: int, rev: int) -> dict[int, list[Any]]:
    """Field id → ``[value at rev, value now]`` of what changed after revision ``rev``."""
    touched: dict[int, list[Any]] = {}
    rows = (
        models.Change.select()
        .where(
            models.Change.table_id == table.id,
            models.Change.record_id == record_id,
            models.Change.rev > rev,
        )
        .order_by(models.Change.id)
    )
    for row in rows:
        for key, (old, new) in (row.values or {}).items():
            field_id = int(key)
            touched[field_id] = [touched.get(field_id, [old])[0], new]
    return touched


def say(values: dict[int, list[Any]], table: Table, viewer: Viewer) -> list[tuple[Field, str, str]]:
    """``(field, old text, new text)`` for people to read."""
    told = []
    for field_id, pair in values.items():
        field = table.by_id.get(field_id)
        if field is None:
            continue
        then = getattr(values, "fields", {}).get(field_id, field)
        kind = fieldtypes.get(then)
        if kind.family == "link":
            query.load_titles(
                viewer, then.options["table"], [one for ids in pair for one in ids or []]
            )
        old, new = (kind.text(value, then, viewer.context) for value in pair)
        told.append((field, old, new))
    return told
