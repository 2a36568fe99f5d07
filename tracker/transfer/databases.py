"""Dumping and loading a database as one file, for backups: SQLite's backup API, or pg_dump."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import peewee
import psycopg

from tracker.errors import Refused
from tracker.text import Text, _

_TAILS = ("", "-wal", "-shm", "-journal")
Counts = dict[str, int]


def kind(url: str) -> str:
    """``"sqlite"`` or ``"postgresql"``."""
    return "sqlite" if urlsplit(url).scheme == "sqlite" else "postgresql"


def dump(url: str, target: Path) -> Counts:
    """Write the database as of now into one file, under whatever load; rows by table."""
    return _dump_sqlite(url, target) if kind(url) == "sqlite" else _dump_postgres(url, target)


def check(kind: str, path: Path, counts: Counts) -> None:
    """Refuse a dump that is damaged or holds other rows than the manifest says."""
    if kind == "sqlite":
        _check_sqlite(path, counts)
    else:
        _run("pg_restore", "--list", str(path))


def load(url: str, dumped: Path, counts: Counts, replaced: Path) -> None:
    """Put the dump in the place of the database; what stood there goes into ``replaced``."""
    if kind(url) == "sqlite":
        _load_sqlite(sqlite_path(url), dumped, replaced)
    else:
        _load_postgres(url, dumped, counts, replaced)


# ── SQLite ───────────────────────────────────────────────────────────────────


def sqlite_path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _connect(path: Path, mode: str) -> Any:
    return closing(peewee.sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True))


def _dump_sqlite(url: str, target: Path) -> Counts:
    """Through the backup API: a copied file would be torn by whoever writes meanwhile."""
    with _connect(sqlite_path(url), "ro") as source, _connect(target, "rwc") as copy:
        target.chmod(0o600)
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        return _sqlite_counts(copy)


def _sqlite_counts(connection: Any) -> Counts:
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
        "AND name NOT GLOB 's[0-9]*_*'"  # the inner tables of a search index
    )
    return {
        name: connection.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0]
        for (name,) in names.fetchall()
    }


def _check_sqlite(path: Path, counts: Counts) -> None:
    try:
        with _connect(path, "ro") as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            same = sound and _sqlite_counts(connection) == counts
    except peewee.sqlite3.DatabaseError:
        sound = same = False
    if not sound:
        raise Refused(_("The database in this backup is damaged. Nothing was restored."))
    if not same:
        raise Refused(_("The database in this backup has other rows than its manifest says."))


def _load_sqlite(path: Path, dumped: Path, replaced: Path) -> None:
    """The old ``-wal`` and ``-shm`` go with the old file: beside the new one they would ruin it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    old = [Path(f"{path}{tail}") for tail in _TAILS if Path(f"{path}{tail}").exists()]
    for one in old:
        shutil.move(one, replaced / one.name)
    try:
        shutil.move(dumped, path)
    except OSError as error:
        for one in old:
            shutil.move(replaced / one.name, one)
        why = error.strerror or str(error)
        raise Refused(_("{path} cannot be written: {why}", path=str(path), why=why)) from error


# ── PostgreSQL ───────────────────────────────────────────────────────────────


def _dump_postgres(url: str, target: Path) -> Counts:
    """The counts are of the very snapshot that is dumped."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        found = connection.execute("SELECT pg_export_snapshot()").fetchone()
        counts = _postgres_counts(connection)
        snapshot = f"--snapshot={found[0] if found else ''}"
        _run("pg_dump", "--format=custom", "--no-owner", snapshot, f"--file={target}", url=url)
    target.chmod(0o600)
    return counts


def _postgres_counts(connection: psycopg.Connection[Any]) -> Counts:
    names = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    ).fetchall()
    counts = {}
    for (name,) in names:
        found = connection.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()
        counts[str(name)] = int(found[0]) if found else 0
    return counts


def _load_postgres(url: str, dumped: Path, counts: Counts, replaced: Path) -> None:
    """All or nothing: the old tables go and the new ones come in one transaction."""
    _refuse_others(url)
    with psycopg.connect(url) as connection:
        standing = _postgres_counts(connection)
    if standing:
        _dump_postgres(url, replaced / "database")
    script = dumped.with_suffix(".sql")
    _run("pg_restore", "--no-owner", f"--file={script}", str(dumped))
    clear = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
    _run(
        "psql",
        *("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"),
        *("--command", clear, "--file", str(script)),
        url=url,
    )
    with psycopg.connect(url) as connection:
        if _postgres_counts(connection) != counts:
            raise Refused(_("The database in this backup has other rows than its manifest says."))


def _refuse_others(url: str) -> None:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
    if found and found[0]:
        raise Refused(_("Rounds is running on this data. Stop the server and the workers first."))


def _run(program: str, *arguments: str, url: str | None = None) -> None:
    """Run one of PostgreSQL's programs; the password travels in the environment."""
    environment = dict(os.environ)
    if url is not None:
        parts = urlsplit(url)
        if parts.password:
            environment["PGPASSWORD"] = unquote(parts.password)
        plain = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@"))
        arguments = (f"--dbname={plain.geturl()}", *arguments)
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL's, named here
        [_program(program), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["?"])[-1]
        raise Refused(_failed(program, last[:300]))


def _failed(program: str, why: str) -> Text:
    return _("{program} failed: {why}", program=program, why=why)


def _program(name: str) -> str:
    """Where a program of PostgreSQL is: on the path, or the newest that Debian keeps off it."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = str(kept[0]) if kept else shutil.which(name)
    if found is None:
        raise Refused(_("{program} is needed for this. Install PostgreSQL's client.", program=name))
    return found
