"""Asking the search index of a table: which records have the grams that are sought."""

from __future__ import annotations

from functools import cache
from typing import Any

import peewee as pw

from tracker import db, grams
from tracker.grams import Expression
from tracker.schema import Table


@cache
def model(table_id: int, kind: str) -> Any:
    """The peewee model of an index: ``id``, and ``words`` to match against."""
    about = {"database": db.proxy, "table_name": f"s{table_id}", "primary_key": False}
    meta = type("Meta", (), about)
    sqlite = kind == "sqlite"
    columns = {
        "record": pw.BigIntegerField(column_name="rowid" if sqlite else "id"),
        "words": pw.TextField(column_name=f"s{table_id}" if sqlite else "words"),
    }
    return type(f"S{table_id}", (pw.Model,), {"Meta": meta, **columns})


def index_of(table: Table) -> Any:
    return model(table.id, db.kind())


def match(table: Table, expression: Expression, *, ordered: bool = False) -> Any:
    """The SQL test of the index rows that have what the expression asks for.

    ``ordered`` is for going through them in the order of ids until there are enough: PostgreSQL
    is kept from sorting them all first.
    """
    words = index_of(table).words
    if db.is_sqlite():
        return pw.Expression(words, "MATCH", pw.Value(grams.fts5(expression), converter=False))
    sought = pw.Value(grams.tsquery(expression), converter=False)
    column = pw.fn.COALESCE(words, pw.SQL("''::tsvector")) if ordered else words
    return pw.Expression(column, "@@", pw.NodeList((sought, pw.SQL("::tsquery")), glue=""))


def candidates(table: Table, expression: Expression, most: int) -> list[int] | None:
    """The records that have it, the newest first; None where there are more than ``most``.

    PostgreSQL gathers all before it counts, so where it expects far more it is believed.
    """
    index = index_of(table)
    select = index.select(index.record).where(match(table, expression))
    if not db.is_sqlite() and db.expected_rows(select) > 4 * most:
        return None
    select = select.limit(most + 1)
    found = [row[0] for row in db.proxy.execute(select).fetchall()]
    return sorted(found, reverse=True) if len(found) <= most else None


def within(table: Table, column: Any, expression: Expression) -> Any:
    """The SQL test that the index has the expression for the record in ``column``."""
    index = index_of(table)
    found = index.select(index.record).where(match(table, expression))
    if db.is_sqlite():
        return column.in_(found)
    return pw.Expression(column, "=", pw.NodeList((pw.SQL("ANY(ARRAY("), found, pw.SQL("))"))))
