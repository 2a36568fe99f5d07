"""What happened in the tables of a page since it last asked, as far as its reader may see.

Where nothing happened, one look at the log and one at the records on the page. Times, not numbers
of changes, go to the browser: these would tell of rows out of scope; these leave all as it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import request

from tracker import clock, db, limits
from tracker.errors import Refused
from tracker.models import Change
from tracker.query import Query
from tracker.text import _
from views import asked
from views.viewing import Viewing

OVERLAP = timedelta(seconds=20)  # a change is dated before its transaction ends
OLDEST = timedelta(minutes=30)  # after a longer absence everything is read afresh


def since() -> datetime | None:
    """The ``now`` of an earlier answer, in the address."""
    raw = request.args.get("since", "")
    try:
        return datetime.fromisoformat(raw).replace(tzinfo=None) if raw else None
    except ValueError:
        raise Refused(_("“{text}” is not a moment.", text=raw[:60])) from None


def any_change(query: Query, moment: datetime) -> bool:
    """One look at the latest entry of the log, by its index."""
    latest = Change.select(Change.at).where(Change.table_id == query.table.id)
    found = latest.order_by(Change.id.desc()).limit(1).first()
    return found is not None and found.at > moment


def written(query: Query, moment: datetime) -> Any:
    """The ids of the records of a table that were written since, as a query."""
    mine = Change.table_id == query.table.id
    before = Change.select(Change.id).where(mine, Change.at <= moment).order_by(Change.id.desc())
    last = before.limit(1).first()
    return Change.select(Change.record_id).where(mine, Change.id > (last.id if last else 0))


def of(viewing: Viewing) -> dict[str, Any]:
    """``{"now", "tables": {id: {"written": ["id:rev"], "gone": [id], "many"}}}`` since ``since``.

    ``written`` are records that the reader may see, or could before they went to the bin; ``gone``
    those of ``ids.<table>``, which the page shows, that the reader does not see any more.
    ``stale`` after a long absence.
    """
    moment, now = since(), clock.now()
    told: dict[str, Any] = {"now": now.isoformat(), "tables": {}}
    if moment is None:
        return told
    if now - moment > OLDEST:
        return {**told, "stale": True}
    for query in viewing.kind.tables(viewing):
        found = _of_table(query, moment - OVERLAP)
        if found:
            told["tables"][str(query.table.id)] = found
    return told


def _of_table(query: Query, moment: datetime) -> dict[str, Any] | None:
    rows = _written(query, moment) if any_change(query, moment) else []
    shown = asked.numbers(f"ids.{query.table.id}")
    gone = unseen(query, shown) if shown else []
    if not rows and not gone:
        return None
    named = sorted(f"{one}:{rev}" for one, rev in rows[: limits.LIVE_RECORDS])
    return {"written": named, "gone": gone, "many": len(rows) > limits.LIVE_RECORDS}


def _written(query: Query, moment: datetime) -> list[tuple[int, int]]:
    """``(id, rev)`` of the records written since, one more than a page is told of."""
    scope = query.scope
    test = scope.model.id.in_(written(query, moment))
    seen = test if scope.rows is True else test & scope.rows
    select = scope.model.select(scope.model.id, scope.model.rev).where(seen)
    return list(db.proxy.execute(select.limit(limits.LIVE_RECORDS + 1)).fetchall())


def unseen(query: Query, shown: list[int]) -> list[int]:
    """Those of the records on a page that its reader does not see (any more). Always asked: told
    only when something happened, an id made up would tell that it did.
    """
    there = {row[0] for row in query.test(query.scope.among(shown)).rows(query.scope.model.id)}
    return [one for one in shown if one not in there]
