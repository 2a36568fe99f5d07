"""After a change of the schema: kept fields get a column that fits, and new values where needed.

Each carries a mark of everything its values were made from (``options["kept"]``); where the mark
is another one now, all its values are worked out again, at once or by the worker.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import Any

import orjson

from tracker import db, ddl, fieldtypes, limits, models, schema
from tracker.computed import computing, graph, keeping
from tracker.schema import Field
from tracker.storages import next_generation

STORAGE = ("kept", "column")


def settle() -> None:
    """Call inside the transaction of a change of schema, after `schema.changed`."""
    if not graph.current().inputs:
        return
    marks: dict[int, str] = {}
    for one in graph.current().kept:
        marks[one.id] = _mark(one, marks)
    kept = {one.id for one in graph.current().kept}
    for one in schema.current().fields.values():
        if one.id not in kept and (one.own_options.get("kept") or {}).get("mark"):
            _put(one, {**one.own_options["kept"], "mark": ""})  # its values are out of date now
    stale = [
        one
        for one in graph.current().kept
        if (one.own_options.get("kept") or {}).get("mark") != marks[one.id]
    ]
    for one in stale:
        _house(one, marks[one.id])
    if stale:
        schema.changed()
    for one in stale:
        _fill(schema.current().fields[one.id])


def _mark(one: Field, marks: dict[int, str]) -> str:
    """A digest of what the values of a field are made from."""
    fields = schema.current().fields
    inputs = [
        [source, marks.get(source) or _said(fields[source])] if source in fields else [source, ""]
        for source in sorted(graph.current().inputs[one.id])
    ]
    said = orjson.dumps([_said(one), one.result, inputs], default=str)
    return blake2b(said, digest_size=8).hexdigest()


def _said(one: Field) -> list[Any]:
    options = {key: value for key, value in sorted(one.options.items()) if key != "kept"}
    return [one.type, one.column, options, str(one.problem)]


def _house(one: Field, mark: str) -> None:
    """A column of the right type, and the mark of what it is about to hold."""
    sql = ddl.sql_type(fieldtypes.get(one).column(one))
    before = one.own_options.get("kept")
    housed = one
    if before and before["sql"] != sql:
        options = {**one.options, "column": next_generation(one)}
        housed = replace(one, options=options)
    if not before or housed is not one:
        ddl.add_column(housed)
    _put(housed, {"mark": mark, "sql": sql})


def _put(one: Field, kept: dict[str, str]) -> None:
    options = {**one.own_options, "kept": kept}
    models.Field.update(options=options).where(models.Field.id == one.id).execute()


def _fill(one: Field) -> None:
    sql = f"SELECT id FROM t{one.table_id} LIMIT {limits.RECOMPUTED_AT_ONCE + 1}"
    ids = [row[0] for row in db.query(sql)]
    if len(ids) > limits.RECOMPUTED_AT_ONCE:
        keeping.later(one)
    else:
        computing.work_out(one, ids)
