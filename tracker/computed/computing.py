"""Kept values worked out and written, by sets in SQL or, for a few records, by hand in Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import orjson
import peewee as pw

from tracker import db, ddl, fieldtypes, limits, permissions, rows, schema, searchindex
from tracker.computed import expression, graph
from tracker.computed.expression import NOTHING
from tracker.formula import FormulaError, Plan
from tracker.query import Query, Record
from tracker.schema import Field, Table
from tracker.scope import scope_of
from tracker.text import _

CHUNK = 5_000
FEW = 20  # records for which computing in Python costs less than a statement
UPSTREAM = _("A field it is made from has an error.")


def chunks(ids: Iterable[int], size: int = CHUNK) -> Iterable[list[int]]:
    """The ids in their order, not too many at a time."""
    ordered = sorted(ids)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))


def work_out(
    one: Field, ids: Iterable[int], hands: Hands | None = None, *, whole: bool = False
) -> set[int]:
    """Put the values of a kept field as they ought to be; the records where that changed them.

    ``whole``: the ids are a part of all records of the table, which come one after the other.
    """
    if hands is None:
        hands = Hands(whole=whole)
        changed = work_out(one, ids, hands)
        hands.put_down()
        return changed
    wanted = set(ids)
    table = schema.current().table(one.table_id)
    titles = table.title is not None and table.title.id == one.id
    if one.type == "formula" and len(wanted) <= FEW:
        changed = hands.of(one, wanted).compute(one, wanted)
    else:
        hands.put_down()
        work = _formula if one.type == "formula" else _through_link
        changed = set().union(*(work(one, part) for part in chunks(wanted)))
        if titles:
            _retitle(table, one, changed)
    if titles or searchindex.in_index(one):
        hands.found_by[table.id] |= changed
        hands.words[table.id].add(one.id)
    return changed


def renamed(table: Table) -> None:
    """Another field names the records of a table now."""
    ids = {row[0] for row in db.query(f"SELECT id FROM {table.sql_name}")}
    if not ids:
        return
    if table.title is not None and fieldtypes.get(table.title).stored:
        _retitle(table, table.title, ids)
    else:
        db.execute(f"UPDATE {table.sql_name} SET title = NULL, initials = NULL")
    searchindex.renew(table.id)


def _retitle(table: Table, one: Field, ids: set[int]) -> None:
    """Records are found by their title also where a computed field names them."""
    read = fieldtypes.get(one).column(one).python_value
    for part in chunks(ids):
        marks = ", ".join("?" * len(part))
        sql = f"SELECT id, {one.column} FROM {table.sql_name} WHERE id IN ({marks})"
        found = []
        for record_id, cell in db.query(sql, *part):
            cells = rows.title_cells(table, {one.id: None if cell is None else read(cell)})
            found.append((cells.get("title"), cells.get("initials"), record_id))
        sql = f"UPDATE {table.sql_name} SET title = ?, initials = ? WHERE id = ?"
        db.execute_many(sql, found)


# ── by sets ──────────────────────────────────────────────────────────────────


def _through_link(one: Field, ids: list[int]) -> set[int]:
    table = schema.current().table(one.table_id)
    _hold(table, ids)
    known = schema.current().derived.setdefault("computed_sql", {})
    if one.id not in known:
        statement = _replacing(one, *_looking(one, table))
        if one in graph.current().timely:  # it names days
            return _run(statement, ids)
        known[one.id] = statement
    return _run(known[one.id], ids)


def _looking(one: Field, table: Table) -> tuple[Any, ...]:
    model: Any = ddl.model(table)
    link = table.by_id[one.options["link"]]
    target = scope_of(permissions.system(), link.options["table"], beside=True)
    return model, expression.through_link(model, one, link, target)


def _hold(table: Table, ids: list[int]) -> None:
    """Keep the rows, in one order for all: who adds to the same sum meanwhile waits, then sees."""
    if not db.is_sqlite():
        sql = f"SELECT id FROM {table.sql_name} WHERE id = ANY(?) ORDER BY id FOR UPDATE"
        db.query(sql, ids)


Statement = tuple[str, list[Any]]  # SQL and parameters, `_Ids` among them


class _Ids:
    """Where the ids go in a statement that is used again."""


def _replacing(one: Field, model: Any, *values: Any) -> Statement:
    """The statement that writes ``values`` (and the error of a formula) where they differ."""
    among = "IN (SELECT value FROM json_each(?))" if db.is_sqlite() else "= ANY(%s)"
    test = pw.NodeList((model.id, pw.SQL(among, [_Ids])))
    sql, params = model.select(model.id, *values).where(test).sql()
    table = f"t{one.table_id}"
    pairs = [(one.column, "value")]
    pairs += [(one.errors, "error")] if fieldtypes.fails(one) else []
    update = (
        f"WITH fresh (record, {', '.join(name for _column, name in pairs)}) AS ({sql}) "
        f"UPDATE {table} SET {', '.join(f'{column} = fresh.{name}' for column, name in pairs)} "
        f"FROM fresh WHERE fresh.record = {table}.id AND ("
        + " OR ".join(f"{table}.{column} IS DISTINCT FROM fresh.{name}" for column, name in pairs)
        + f") RETURNING {'id' if db.is_sqlite() else f'{table}.id'}"
    )
    return update, list(params)


def _run(statement: Statement, ids: list[int]) -> set[int]:
    """The ids of the rows that were changed."""
    sql, params = statement
    given: Any = orjson.dumps(ids).decode() if db.is_sqlite() else ids
    filled = [given if one is _Ids else one for one in params]
    return {row[0] for row in db.proxy.execute_sql(sql, filled).fetchall()}


def _formula(one: Field, ids: list[int]) -> set[int]:
    plan = graph.current().plans[one.id]
    model: Any = ddl.model(schema.current().table(one.table_id))

    def column(source: Any) -> Any:
        if isinstance(source, str):
            return getattr(model, source)
        return getattr(model, getattr(fieldtypes.get(source), "source", None) or source.column)

    compiled = plan.sql(column, zone=permissions.system().context.zone)
    if compiled is not None:
        error = NOTHING if compiled.error is None else compiled.error
        return _run(_replacing(one, model, compiled.value, error), ids)
    changed: set[int] = set()
    for part in chunks(ids, limits.PAGE_ROWS):
        hand = Hand(schema.current().table(one.table_id), [one], set(part))
        changed |= hand.compute(one, set(part))
        hand.put_down()
    return changed


# ── by hand ──────────────────────────────────────────────────────────────────


class Hands:
    """The records that are computed by hand in the course of one write, by table."""

    def __init__(
        self, new: frozenset[tuple[int, int]] = frozenset(), *, whole: bool = False
    ) -> None:
        self.by_table: dict[int, Hand] = {}
        self.found_by: dict[int, set[int]] = defaultdict(set)  # records with other words, by table
        self.words: dict[int, set[int]] = defaultdict(set)  # the fields these stand in, by table
        self.new = new  # (table, record): those that their writer takes into the search index
        self.whole = whole  # all records are worked out: the index follows once, at the end

    def of(self, one: Field, ids: set[int]) -> Hand:
        held = self.by_table.get(one.table_id)
        if held is None or ids - held.ids:
            if held is not None:
                held.put_down()
            table = schema.current().table(one.table_id)
            formulas = [other for other in table.fields if other.id in graph.current().plans]
            held = self.by_table[one.table_id] = Hand(table, formulas, ids)
        return held

    def put_down(self) -> None:
        """Write what was computed; what follows reads it afresh."""
        for hand in self.by_table.values():
            hand.put_down()
        self.by_table.clear()
        for table_id, ids in self.found_by.items():
            found = sorted(one for one in ids if (table_id, one) not in self.new)
            if found:
                table = schema.current().table(table_id)
                searchindex.note(table, found, fields=self.words[table_id], later=self.whole)
        self.found_by.clear()


class Hand:
    """A few records of one table, read once for several formulas."""

    def __init__(self, table: Table, formulas: list[Field], ids: set[int]) -> None:
        self.table, self.ids = table, ids
        plans = [graph.current().plans[one.id] for one in formulas]
        viewer = permissions.system()
        self.context = viewer.context
        inputs = [source.id for plan in plans for source in plan.inputs]
        query = Query(viewer, table).only(dict.fromkeys([*inputs, *(one.id for one in formulas)]))
        self.records = query.fetch(sorted(ids))
        self.system = _system_columns(table, {name for plan in plans for name in plan.system}, ids)
        self.written: dict[int, dict[str, Any]] = defaultdict(dict)

    def compute(self, one: Field, ids: set[int]) -> set[int]:
        """The records among ``ids`` in which the formula gives another value than stands there."""
        plan, changed = graph.current().plans[one.id], set()
        cell = fieldtypes.get(one).column(one).db_value
        titles = self.table.title is not None and self.table.title.id == one.id
        for record in (record for record in self.records if record.id in ids):
            value, error = self._value(plan, record)
            if (value, error) == (record.values.get(one.id), record.strays.get(one.id)):
                continue
            changed.add(record.id)
            record.values[one.id] = value
            record.strays.pop(one.id, None)
            if error is not None:
                record.strays[one.id] = error
            cells = {one.column: None if value is None else cell(value), one.errors: error}
            self.written[record.id] |= cells
            if titles:
                self.written[record.id] |= rows.title_cells(self.table, {one.id: value})
        return changed

    def _value(self, plan: Plan, record: Record) -> tuple[Any, str | None]:
        def values(source: Any) -> Any:
            if isinstance(source, str):
                return self.system[record.id][source]
            error = record.strays.get(source.id) if source.type == "formula" else None
            return FormulaError(error, UPSTREAM) if error else record.values.get(source.id)

        directory = self.context.directory
        return kept(plan.value(values, directory=directory, zone=self.context.zone))

    def put_down(self) -> None:
        """Write the new values, one statement a record."""
        for record_id, cells in self.written.items():
            settings = ", ".join(f"{name} = ?" for name in cells)
            sql = f"UPDATE {self.table.sql_name} SET {settings} WHERE id = ?"
            db.execute(sql, *cells.values(), record_id)
        self.written.clear()


def _system_columns(table: Table, names: set[str], ids: set[int]) -> dict[int, dict[str, Any]]:
    """What formulas read of records besides their fields."""
    if not names:
        return {}
    model: Any = ddl.model(table)
    columns = [getattr(model, name) for name in sorted(names)]
    select = model.select(model.id, *columns).where(model.id.in_(sorted(ids)))
    return {
        row[0]: {
            column.name: column.python_value(cell)
            for column, cell in zip(columns, row[1:], strict=True)
        }
        for row in db.proxy.execute(select).fetchall()
    }


def kept(found: Any) -> tuple[Any, str | None]:
    """``(value in stored form, code of the error)`` of what a plan gave."""
    if isinstance(found, FormulaError):
        return None, found.code
    if isinstance(found, list):
        return ", ".join(map(str, found)) or None, None
    if isinstance(found, datetime):
        return found.isoformat(sep=" "), None
    if isinstance(found, date):
        return found.isoformat(), None
    return found, None
