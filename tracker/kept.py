"""Answers of long statements, kept until something that they read is written to.

A statement with its parameters is the name of its answer: rights, filters and the day stand in it,
so nobody is told what was worked out for others.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tracker import db, limits, schema
from tracker.computed import graph
from tracker.schema import Table

WORTH = 0.02  # seconds; what is quicker is asked again
# Tables and links in SQL, those of later storages too (``l12_1``); as an alias it does no harm.
READ = re.compile(r'"([tl])(\d+)(?:_\d+)?"')
State = tuple[Any, ...]
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Answer:
    """``state`` is that of the tables before the statement ran."""

    state: State
    rows: Rows


Shelf = OrderedDict[Any, Answer]
_lock = threading.Lock()


def rows(select: Any) -> Rows:
    """The rows of a peewee query over user tables, from the shelf where nothing has changed."""
    sql, params = db.proxy.get_sql_context().sql(select).query()
    if db.proxy.in_transaction():  # what is written there may never have been
        return _read(sql, params)
    shelf: Shelf = schema.current().derived.setdefault("answers", OrderedDict())
    name, state = (sql, *params), _state(_tables(sql))
    with _lock:
        found = shelf.get(name)
        if found and found.state == state:
            shelf.move_to_end(name)
            return found.rows
    began = time.perf_counter()
    made = _read(sql, params)
    if time.perf_counter() - began > WORTH:
        with _lock:
            _put(shelf, name, Answer(state, made))
    return made


def _put(shelf: Shelf, name: Any, answer: Answer) -> None:
    """The newest at the end; those not asked for longest go when there are too many."""
    shelf[name] = answer
    shelf.move_to_end(name)
    held = sum(len(one.rows) for one in shelf.values())
    while len(shelf) > limits.KEPT_ANSWERS or held > limits.KEPT_ROWS:
        held -= len(shelf.popitem(last=False)[1].rows)


def _read(sql: str, params: Any) -> Rows:
    return list(db.proxy.execute_sql(sql, params).fetchall())


def _tables(sql: str) -> set[int]:
    """The user tables that a statement reads, those at both ends of a link among them."""
    found: set[int] = set()
    fields = schema.current().fields
    for kind, number in READ.findall(sql):
        link = fields.get(int(number)) if kind == "l" else None
        found |= {link.table_id, link.options.get("table", 0)} if link else {int(number)}
    return found


# ── states ───────────────────────────────────────────────────────────────────


def state(table: Table) -> State:
    """What caches of a table's order and values are kept by: it changes whenever they may have."""
    return _state({table.id})


def last_id(table: Table) -> int:
    """The id of the table's latest change."""
    return _state_of_log([table.id])[0]


def _state(tables: Iterable[int]) -> State:
    """The latest changes of these tables and of those that their computed fields read, how far
    these are worked out, and for which half hour those that change as time goes by.
    """
    sources, wanted = graph.current().sources, set(tables)
    read = {one for each in wanted for one in sources.get(each, ())}
    known = schema.current().tables
    state = _state_of_log(sorted((wanted | read) & known.keys()))
    if read:
        slot = "(SELECT value FROM meta WHERE key = 'computed_slot')"
        state += db.query(f"SELECT COUNT(*), COALESCE(SUM(done), 0), {slot} FROM recomputation")[0]
    return state


def _state_of_log(tables: list[int]) -> tuple[int, ...]:
    """On PostgreSQL with the transactions under way: one may write a change of a lower id yet."""
    latest = "(SELECT MAX(id) FROM change WHERE table_id = ?)"
    columns = [latest] * len(tables)
    if not db.is_sqlite():
        columns.append("ARRAY(SELECT pg_snapshot_xip(pg_current_snapshot())::text::bigint)")
    [found] = db.query(f"SELECT {', '.join(columns) or '0'}", *tables)
    ids = tuple(int(one or 0) for one in found[: len(tables)])
    return ids if db.is_sqlite() else (*ids, *found[-1])
