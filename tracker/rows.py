"""Rows as SQL sees them: insert, lock, update, bin, links. Used by the writers alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import peewee as pw

from tracker import clock, db, ddl, fieldtypes, folding, limits, models, schema
from tracker.context import Context
from tracker.errors import Missing, Refused
from tracker.permissions import Viewer
from tracker.schema import Field, Table
from tracker.text import _


@dataclass
class Row:
    """A row as it stands: all values in stored form, links included."""

    id: int
    rev: int
    values: dict[int, Any]
    strays: dict[str, str]


def stored_fields(table: Table) -> list[Field]:
    return [one for one in table.fields if fieldtypes.get(one).stored]


def link_fields(table: Table) -> list[Field]:
    return [one for one in table.fields if fieldtypes.get(one).family == "link"]


def lock(table: Table, record_id: int, *, binned: bool = False) -> Row:
    """The row, held until the transaction ends; `Missing` when it is not (or is) in the bin."""
    model: Any = ddl.model(table)
    stored = stored_fields(table)
    columns = [getattr(model, one.column) for one in stored]
    in_bin = model.deleted_at.is_null(not binned)
    select = model.select(model.rev, model.strays, *columns)
    select = select.where(model.id == record_id, in_bin)
    if not db.is_sqlite():
        select = select.for_update()
    found = db.proxy.execute(select).fetchone()
    if found is None:
        raise Missing
    rev, strays, *cells = found
    values = {
        one.id: None if cell is None else column.python_value(cell)
        for one, column, cell in zip(stored, columns, cells, strict=True)
    }
    for one in link_fields(table):
        values[one.id] = linked(one, record_id)
    return Row(record_id, rev, values, orjson.loads(strays) if strays else {})


def linked(field: Field, record_id: int) -> list[int] | None:
    """All ids linked, in order, whoever may see them."""
    junction, near, far = ddl.link_sides(field)
    select = junction.select(far).where(near == record_id).order_by(junction.ord, far)
    return [row[0] for row in db.proxy.execute(select).fetchall()] or None


def differs(row: Row, field_id: int, new: Any) -> bool:
    old = row.values.get(field_id)
    return (
        (old or None) != (new or None)
        if isinstance(old, bool) or isinstance(new, bool)
        else old != new
    )


def insert(viewer: Viewer, table: Table, values: Mapping[int, Any]) -> int:
    """A new row with its links; the record's id."""
    model: Any = ddl.model(table)
    now = clock.now().isoformat(sep=" ")
    cells = {one.column: values[one.id] for one in stored_fields(table) if one.id in values}
    cells |= {one.column: next_number(one) for one in table.fields if one.type == "autonumber"}
    record_id = model.insert(
        rev=1,
        created_at=now,
        created_by=viewer.person_id,
        updated_at=now,
        updated_by=viewer.person_id,
        **cells,
        **title_cells(table, values),
    ).execute()
    for one in link_fields(table):
        if values.get(one.id):
            set_links(one, record_id, values[one.id])
    return int(record_id)


def update(viewer: Viewer, table: Table, old: Row, changed: Mapping[int, Any]) -> None:
    """Write changed values; a value written is no stray any more."""
    model: Any = ddl.model(table)
    cells = {one.column: changed[one.id] for one in stored_fields(table) if one.id in changed}
    strays = {key: text for key, text in old.strays.items() if int(key) not in changed}
    if table.title and table.title.id in changed:
        cells |= title_cells(table, changed)
    model.update(
        rev=old.rev + 1,
        updated_at=clock.now().isoformat(sep=" "),
        updated_by=viewer.person_id,
        strays=strays or None,
        **cells,
    ).where(model.id == old.id).execute()
    for one in link_fields(table):
        if one.id in changed:
            set_links(one, old.id, changed[one.id] or [])


def set_binned(viewer: Viewer, table: Table, old: Row, *, binned: bool) -> None:
    model: Any = ddl.model(table)
    now = clock.now().isoformat(sep=" ")
    model.update(
        rev=old.rev + 1,
        updated_at=now,
        updated_by=viewer.person_id,
        deleted_at=now if binned else None,
    ).where(model.id == old.id).execute()


def set_links(field: Field, record_id: int, ids: list[int]) -> None:
    """Make the links exactly these, in this order."""
    table, near, far = ddl.link_sides(field)
    table.delete().where(near == record_id).execute()
    rows = [(record_id, other, ord) for ord, other in enumerate(ids)]
    columns = f"({near.name}, {far.name}, ord)"
    junction = f"l{field.options['junction']}"
    db.execute_many(f"INSERT INTO {junction} {columns} VALUES (?, ?, ?)", rows)


def title_cells(table: Table, values: Mapping[int, Any]) -> dict[str, Any]:
    """What a record is found by: its title as text, and the title's pinyin."""
    title = table.title
    if title is None or title.id not in values:
        return {}
    text = fieldtypes.get(title).text(values[title.id], title, Context())[: limits.NAME_LENGTH * 4]
    return {"title": text or None, "initials": folding.initials(text) if text else None}


def next_number(field: Field) -> int:
    """The next value of an autonumber, given once."""
    counter = models.Counter
    rows = counter.update(next=counter.next + 1).where(counter.field == field.id)
    if db.is_sqlite():
        rows.execute()
        return int(counter.get(counter.field == field.id).next) - 1
    return int(rows.returning(counter.next).execute()[0].next) - 1


def unique_field(error: str) -> Field | None:
    """The field whose unique index a database error names."""
    found = re.search(r"\bu(\d+)\b", error) or re.search(r"\bt\d+\.f(\d+)(?:_\d+)?\b", error)
    return schema.current().fields.get(int(found[1])) if found else None


@contextmanager
def unique_as_refusal() -> Iterator[None]:
    """A unique index that refuses a row is answered in words, once the transaction is gone."""
    try:
        yield
    except pw.IntegrityError as error:
        field = unique_field(str(error))
        if field is None:
            raise
        text = _("Another record already has this in “{field}”.", field=field.name)
        raise Refused(text, {field.id: text}) from None
