"""The database: SQLite embedded or PostgreSQL, behind one proxy and one way to write.

Every read-then-write runs inside `write()`: ``BEGIN IMMEDIATE`` on SQLite (under one lock of the
process), an ordinary transaction on PostgreSQL.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import peewee
from playhouse.pool import PooledPostgresqlDatabase

from tracker import folding
from tracker.errors import Refused
from tracker.text import _

FIXED_SQLITE = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
BUSY_SECONDS = 10

proxy = peewee.DatabaseProxy()
_write_lock = threading.RLock()


class SqliteDatabase(peewee.SqliteDatabase):
    """SQLite with our pragmas; text comparisons follow the same rules as on PostgreSQL."""

    kind = "sqlite"


class PostgresqlDatabase(PooledPostgresqlDatabase):
    """PostgreSQL through psycopg 3 and a pool."""

    kind = "postgresql"


def open_database(url: str) -> peewee.Database:
    """Connect the proxy to ``url`` (``sqlite:///path`` or ``postgresql://…``)."""
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        database = _sqlite(url.removeprefix("sqlite:///"))
    elif scheme in {"postgresql", "postgres"}:
        database = _postgresql(url)
    else:
        raise Refused(_("ROUNDS_DATABASE_URL must begin with sqlite:/// or postgresql://."))
    proxy.initialize(database)
    return database


def _sqlite(path: str) -> peewee.Database:
    refuse_unfixed_library(peewee.sqlite3.sqlite_version_info)
    database = SqliteDatabase(
        path,
        pragmas={
            "journal_mode": "wal",
            "synchronous": "full",
            "busy_timeout": BUSY_SECONDS * 1000,
            "foreign_keys": 1,
            "cache_size": -32_000,
            "mmap_size": 256 * 1024 * 1024,
            "temp_store": "memory",
        },
        lock_type="IMMEDIATE",
        timeout=BUSY_SECONDS,
        autoconnect=False,
    )
    for name, function in folding.SQL_FUNCTIONS.items():
        database.register_function(function, name, deterministic=True)
    database.register_function(formula, "formula", -1, deterministic=True)
    return database


@cache
def _formulas() -> Any:
    return import_module("tracker.formula.native").FUNCTIONS  # stands above this module


def formula(name: str, zone: str, *arguments: Any) -> Any:
    """SQLite's ``formula('ROUND', zone, …)``: a function of formulas, as Python computes it."""
    return _formulas()[name](zone, *arguments)


def _postgresql(url: str) -> peewee.Database:
    return PostgresqlDatabase(
        url,
        prefer_psycopg3=True,
        max_connections=32,
        stale_timeout=300,
        timeout=BUSY_SECONDS,
        autoconnect=False,
        prepare_threshold=None,
    )


def refuse_unfixed_library(version: tuple[int, ...]) -> None:
    """WAL with several connections corrupts on libraries before the WAL-reset fix: do not start."""
    fixed = version >= FIXED_SQLITE[0] or any(
        version[:2] == good[:2] and version >= good for good in FIXED_SQLITE[1:]
    )
    if not fixed:
        raise Refused(
            _(
                "This SQLite ({version}) has a bug that can corrupt the database. "
                "Install the pinned requirements: they bring a fixed one.",
                version=".".join(map(str, version)),
            )
        )


def kind() -> str:
    """``"sqlite"`` or ``"postgresql"``."""
    return str(proxy.obj.kind)


def is_sqlite() -> bool:
    return kind() == "sqlite"


def common(test: Any) -> Any:
    """A test that many records pass. SQLite would else collect and sort all of them by its index
    to show the newest hundred, where it meets a hundred soon when it goes by the day.
    """
    return peewee.fn.LIKELY(test) if is_sqlite() else test


@contextmanager
def connection() -> Iterator[None]:
    """A connection for this thread while the block runs; nested use keeps the outer one."""
    opened = proxy.connect(reuse_if_open=True)
    try:
        yield
    finally:
        if opened and not is_sqlite():
            proxy.close()


@contextmanager
def write() -> Iterator[None]:
    """One transaction: all or nothing. Nested blocks become savepoints."""
    if not is_sqlite():
        with proxy.atomic():
            yield
        return
    with _write_lock, proxy.atomic():
        yield


def after_commit(function: Any) -> None:
    """Run ``function()`` once the outermost transaction is durable."""
    proxy.after_commit(function)


def query(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """Rows of a statement written with ``?`` for parameters, on either database."""
    cursor = proxy.execute_sql(sql.replace("?", proxy.param), params)
    return list(cursor.fetchall()) if cursor.description else []


def expected_rows(select: Any) -> int:
    """How many rows PostgreSQL expects of a query, from its statistics; rough, and quick."""
    sql, params = select.sql()
    plan = proxy.execute_sql(f"EXPLAIN (FORMAT JSON) {sql}", params).fetchone()[0]
    return int((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"])


def execute(sql: str, *params: Any) -> int:
    """Run a statement written with ``?``; the number of rows it touched."""
    return int(proxy.execute_sql(sql.replace("?", proxy.param), params).rowcount)


def execute_many(sql: str, rows: list[tuple[Any, ...]]) -> None:
    """One statement for many rows (six times faster than building INSERTs)."""
    if rows:
        proxy.cursor().executemany(sql.replace("?", proxy.param), rows)


def load(table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Many new rows of one table: PostgreSQL copies them in, three times as fast."""
    names = ", ".join(f'"{name}"' for name in columns)
    if is_sqlite():
        marks = ", ".join("?" * len(columns))
        execute_many(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
        return
    with proxy.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def analyze() -> None:
    """Let the planner know how the data lie, where they have changed much; PostgreSQL does it."""
    if is_sqlite():
        execute("PRAGMA analysis_limit = 1000")
        execute("PRAGMA optimize = 0x10002")
