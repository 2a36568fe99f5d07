"""What was too much for one write: the worker works it out in steps that everybody can see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tracker import db, models, schema
from tracker.computed import computing, graph, keeping
from tracker.schema import Field


def step() -> bool:
    """One chunk of the field that others wait for most; False when nothing is left to do."""
    with db.write():
        job = _next()
        if job is None:
            return False
        one = schema.current().fields.get(job.field_id)
        if one is None or all(one.id != kept.id for kept in graph.current().kept):
            job.delete_instance()
            return True
        if job.again:
            job.again, job.after, job.done = False, 0, 0
        _chunk(job, one)
    return True


def _chunk(job: Any, one: Field) -> None:
    sql = f"SELECT id FROM t{one.table_id} WHERE id > ? ORDER BY id LIMIT {computing.CHUNK}"
    ids = [row[0] for row in db.query(sql, job.after)]
    if not ids:
        job.delete_instance()
        return
    changed = keeping.Spread()
    changed.fields[one.id] = computing.work_out(one, ids, whole=True)
    keeping.spread(changed, 0, but=one.id)
    job.after, job.done = ids[-1], job.done + len(ids)
    job.save()


def _next() -> Any:
    """The job that comes first in the order of the graph, held by this worker alone."""
    place = {one.id: number for number, one in enumerate(graph.current().kept)}
    select = models.Recomputation.select()
    if not db.is_sqlite():
        select = select.for_update("FOR UPDATE SKIP LOCKED")
    return min(select, key=lambda job: place.get(job.field_id, -1), default=None)


def work(*, stopping: Callable[[], bool] = lambda: False, most: int = 100) -> int:
    """Steps until nothing is left, at most ``most``; how many."""
    done = 0
    while done < most and not stopping() and step():
        done += 1
    return done


def follow_time(now: datetime) -> None:
    """Each half hour, values that change by themselves are worked out again: every zone's
    midnight is such a moment.
    """
    slot = f"{now:%Y-%m-%d %H}:{now.minute // 30}"
    timely = graph.current().timely
    if not timely:
        return
    with db.write():
        last = models.Meta.get_or_none(models.Meta.key == "computed_slot")
        if last is None or last.value != slot:
            models.Meta.put("computed_slot", slot)
            for one in timely:
                keeping.later(one)


def progress(one: Field) -> tuple[int, int] | None:
    """``(records done, records in all)`` while a field is being worked out; None when it is up
    to date.
    """
    job = models.Recomputation.get_or_none(models.Recomputation.field_id == one.id)
    if job is None:
        return None
    total = db.query(f"SELECT COUNT(*) FROM t{one.table_id}")[0][0]
    return min(job.done, total), int(total)
