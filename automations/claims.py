"""Work that several workers share: a row is claimed under a lease, and the lease is conditional.

Works on models with ``claimed_by`` and ``claimed_until``. A worker that dies leaves its lease to
run out; then another takes the row.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tracker import db

LEASE = timedelta(minutes=5)  # longer than any single piece of work takes


def claim(
    model: Any, ready: Any, order: list[Any], *, worker: str, now: datetime, limit: int
) -> list[int]:
    """The ids of up to ``limit`` rows that are ``ready`` and now held by ``worker``."""
    free = model.claimed_until.is_null() | (model.claimed_until < now)
    rows = model.select(model.id).where(ready, free).order_by(*order).limit(limit)
    if not rows.exists():  # an idle tick writes nothing
        return []
    with db.write():
        if not db.is_sqlite():
            rows = rows.for_update("FOR UPDATE SKIP LOCKED")
        ids = [row.id for row in rows]
        if ids:
            lease = {"claimed_by": worker, "claimed_until": now + LEASE}
            model.update(**lease).where(model.id.in_(ids)).execute()
    return ids


def release(model: Any, worker: str) -> None:
    """Give back what this worker has claimed and will not do: it is ending."""
    mine = model.claimed_by == worker
    with db.write():
        model.update(claimed_by=None, claimed_until=None).where(mine).execute()


def held(model: Any, row_id: int, worker: str) -> Any:
    """The test that the row is still this worker's: what every later write is conditional on."""
    return (model.id == row_id) & (model.claimed_by == worker)
