"""The SQL tables behind user tables: ``t<id>`` with ``f<id>`` columns, ``l<id>`` for links.

Names are generated here and nowhere else; what people call things never reaches SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import peewee as pw

from tracker import db, fieldtypes
from tracker.days import DayColumn, MomentColumn
from tracker.fieldtypes import TextColumn
from tracker.models.base import JSONField
from tracker.schema import Field, Table

_TYPES: list[tuple[type[pw.Field], str, str]] = [
    (DayColumn, "TEXT", "DATE"),
    (MomentColumn, "TEXT", "TIMESTAMP"),
    (TextColumn, "TEXT", 'TEXT COLLATE "C"'),
    (pw.BooleanField, "INTEGER", "BOOLEAN"),
    (pw.BigIntegerField, "INTEGER", "BIGINT"),
    (pw.IntegerField, "INTEGER", "BIGINT"),
    (pw.DoubleField, "REAL", "DOUBLE PRECISION"),
    (pw.TextField, "TEXT", 'TEXT COLLATE "C"'),
]

SYSTEM: dict[str, Any] = {
    "rev": lambda: pw.IntegerField(default=1),
    "created_at": lambda: MomentColumn(null=True),
    "created_by": lambda: pw.IntegerField(null=True),
    "updated_at": lambda: MomentColumn(null=True),
    "updated_by": lambda: pw.IntegerField(null=True),
    "deleted_at": lambda: MomentColumn(null=True),
    "title": lambda: TextColumn(null=True),
    "initials": lambda: TextColumn(null=True),
    "strays": lambda: JSONField(null=True),
}


def sql_type(column: pw.Field) -> str:
    """The SQL type of a column on the database in use."""
    for cls, sqlite, postgresql in _TYPES:
        if isinstance(column, cls):
            return sqlite if db.is_sqlite() else postgresql
    raise TypeError(type(column).__name__)


def create_table(table_id: int) -> None:
    key = "INTEGER PRIMARY KEY AUTOINCREMENT" if db.is_sqlite() else "BIGSERIAL PRIMARY KEY"
    columns = ", ".join(f"{name} {sql_type(make())}" for name, make in SYSTEM.items())
    db.execute(f"CREATE TABLE t{table_id} (id {key}, {columns})")
    db.execute(f"CREATE INDEX t{table_id}_title ON t{table_id} (title)")
    db.execute(f"CREATE INDEX t{table_id}_initials ON t{table_id} (initials)")


def add_column(field: Field) -> None:
    kind = fieldtypes.get(field)
    if kind.stored:
        column = sql_type(kind.column(field))
        db.execute(f"ALTER TABLE t{field.table_id} ADD COLUMN {field.column} {column}")
        if getattr(kind, "fails", False):
            text = sql_type(TextColumn())
            db.execute(f"ALTER TABLE t{field.table_id} ADD COLUMN {field.errors} {text}")


def create_junction(field_id: int | str) -> None:
    number = "INTEGER" if db.is_sqlite() else "BIGINT"
    rowid = " WITHOUT ROWID" if db.is_sqlite() else ""
    db.execute(
        f"CREATE TABLE l{field_id} (src {number} NOT NULL, dst {number} NOT NULL, "
        f"ord INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (src, dst)){rowid}"
    )
    db.execute(f"CREATE INDEX l{field_id}_back ON l{field_id} (dst, src)")


def set_unique(field: Field, unique: bool) -> None:
    """Let the database keep the values of a field apart among live records."""
    db.execute(f"DROP INDEX IF EXISTS u{field.id}")
    if unique:
        db.execute(
            f"CREATE UNIQUE INDEX u{field.id} ON t{field.table_id} ({field.column}) "
            "WHERE deleted_at IS NULL"
        )


def index_name(fields: Sequence[Field]) -> str:
    return "x" + "_".join(str(one.id) for one in fields)


def set_index(*fields: Field) -> None:
    """An index behind views that sort, span or group by a field, or by one within another's values.

    Without what lies in the bin: so a list or a count is read from the index alone. SQLite only
    believes that where what is tested stands in the index too, and does without ids of its own.
    """
    first = "" if db.is_sqlite() else " NULLS FIRST"  # as pages are sorted; SQLite always does
    columns = ", ".join(f"{one.column}{first}" for one in fields)
    table, name = f"t{fields[0].table_id}", index_name(fields)
    beside = "id, deleted_at" if db.is_sqlite() else "id"
    live = "WHERE deleted_at IS NULL"
    db.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({columns}, {beside}) {live}")


def drop_indexes(field: Field) -> None:
    """Those behind views in which the field's column stands, and that of its unique values."""
    for index in db.proxy.get_indexes(f"t{field.table_id}"):
        if field.column in index.columns and index.name[0] in "ux":
            db.execute(f"DROP INDEX {index.name}")


@cache
def _model(
    table_id: int, signature: tuple[tuple[str, fieldtypes.FieldType], ...]
) -> type[pw.Model]:
    columns = {name: make() for name, make in SYSTEM.items()}
    for column, kind in signature:
        columns[column] = kind.column(None)  # type: ignore[arg-type]  # columns ignore options
        if getattr(kind, "fails", False):
            columns[f"e{column[1:]}"] = TextColumn(null=True)
    meta = type("Meta", (), {"database": db.proxy, "table_name": f"t{table_id}"})
    return type(f"T{table_id}", (pw.Model,), {"Meta": meta, "id": pw.BigAutoField(), **columns})


def model(table: Table) -> type[pw.Model]:
    """The peewee model of a table, one per shape: two models of one table break joins."""
    signature = tuple(
        (field.column, fieldtypes.get(field))
        for field in table.fields
        if fieldtypes.get(field).stored
    )
    return _model(table.id, signature)


@cache
def junction(field_id: int | str) -> type[pw.Model]:
    """The peewee model of a junction table: ``src``, ``dst``, ``ord``."""
    meta = type(
        "Meta",
        (),
        {"database": db.proxy, "table_name": f"l{field_id}", "primary_key": False},
    )
    columns = {name: pw.IntegerField() for name in ("src", "dst", "ord")}
    return type(f"L{field_id}", (pw.Model,), {"Meta": meta, **columns})


def link_sides(field: Field) -> tuple[type[pw.Model], Any, Any]:
    """``(junction, near column, far column)`` of a link field, whichever side it reads from."""
    table = junction(field.options["junction"])
    near, far = ("dst", "src") if field.options.get("reverse") else ("src", "dst")
    return table, getattr(table, near), getattr(table, far)
