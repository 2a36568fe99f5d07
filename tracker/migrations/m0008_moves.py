"""Moves of stage fields, as the change log knows them so far."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from tracker import db, moves
from tracker.models import Batch, Field, Move

CHUNK = 5_000


def apply() -> None:
    db.proxy.create_tables([Move])
    for field in Field.select().where(Field.type == "stage"):
        _fill(field, _since(field))


def _since(field: Any) -> int:
    """The last entry before the field became a stage; 0 where it always was one."""
    turns = Batch.select(Batch.info).where(
        Batch.kind == "retype", Batch.table_id == field.table_id, Batch.undone_at.is_null()
    )
    return max((one.info["until"] for one in turns if one.info["field"] == field.id), default=0)


def _fill(field: Any, since: int) -> None:
    key, last = str(field.id), since
    while rows := db.query(
        'SELECT id, record_id, at, via, "values" FROM change '
        f"WHERE table_id = ? AND id > ? ORDER BY id LIMIT {CHUNK}",
        field.table_id,
        last,
    ):
        last = rows[-1][0]
        for _id, record_id, at, via, raw in rows:
            pair = orjson.loads(raw or "{}").get(key)
            if pair is not None:
                moment = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
                moves.note_one(field, (record_id, *pair), at=moment, via=via)
