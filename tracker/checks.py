"""Whether an installation is as it should be: library, database, directory, disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import peewee
import psutil
import psycopg

import tracker
from tracker import db, migrations, schema, searchindex
from tracker.errors import Problem
from tracker.settings import Settings
from tracker.text import Text, _
from tracker.transfer import databases

LEAST_FREE = 500 * 1024 * 1024  # bytes on the disk
_SHARED = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "glusterfs"}


@dataclass
class Checked:
    """What was found; in order when there are no problems."""

    facts: dict[str, Any] = field(default_factory=dict)
    problems: list[Text] = field(default_factory=list)


def check(settings: Settings) -> Checked:
    """Look at everything without changing anything."""
    found = Checked({"version": tracker.__version__, "data": str(settings.data_dir)})
    found.problems += _directory(settings.data_dir)
    try:
        found.problems += _database(settings, found.facts)
    except Problem as problem:
        found.problems.append(problem.text)
    except (peewee.PeeweeException, peewee.sqlite3.Error, psycopg.Error) as error:
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        found.problems.append(_("The database cannot be read: {why}", why=why[:300]))
    return found


def _directory(data_dir: Path) -> Iterator[Text]:
    """The data directory: there, writable, not shared over a network, on a disk with room."""
    if not data_dir.is_dir():
        yield _("The data directory {path} does not exist yet.", path=str(data_dir))
        return
    try:
        with tempfile.TemporaryFile(dir=data_dir):
            pass
    except OSError as error:
        why = error.strerror or str(error)
        yield _("The data directory {path} is not writable: {why}.", path=str(data_dir), why=why)
    secret = data_dir / "secret"
    if secret.exists() and os.name == "posix" and secret.stat().st_mode & 0o077:
        yield _("Others on this machine can read {path}. Its mode should be 600.", path=str(secret))
    free = shutil.disk_usage(data_dir).free
    if free < LEAST_FREE:
        yield _("Only {n} MB are free on the disk of the data directory.", n=free // 2**20)
    kind = _file_system(data_dir)
    if kind in _SHARED:
        yield _(
            "The data directory lies on a network file system ({kind}), where a SQLite database "
            "can be damaged. Move it to a local disk, or use PostgreSQL.",
            kind=kind,
        )


def _file_system(path: Path) -> str:
    """The kind of the file system that holds ``path``; empty where that cannot be told."""
    best, kind = -1, ""
    with suppress(OSError):
        for disk in psutil.disk_partitions(all=True):
            if path.is_relative_to(disk.mountpoint) and len(disk.mountpoint) > best:
                best, kind = len(disk.mountpoint), disk.fstype
    return kind


def _database(settings: Settings, facts: dict[str, Any]) -> Iterator[Text]:
    """The database: reachable, sound, and migrated as this version needs it."""
    facts["database"] = databases.kind(settings.database_url)
    if facts["database"] == "sqlite":
        facts["sqlite"] = peewee.sqlite3.sqlite_version
        path = databases.sqlite_path(settings.database_url)
        if not path.exists():
            yield _("There is no database yet; the first start makes it.")
            return
    db.open_database(settings.database_url)
    with db.connection():
        facts["migration"] = migrations.current()
        newest = max(number for number, _name in migrations.steps())
        if facts["migration"] < newest:
            yield _("The database is of an older version; the next start brings it up to date.")
        if facts["migration"] > newest:
            yield _("The database was made by a newer version of Rounds. Install that one.")
        if db.is_sqlite():
            yield from _soundness()
        if facts["migration"] == newest:
            yield from _search(facts)


def _soundness() -> Iterator[Text]:
    damage = db.query("PRAGMA quick_check(3)")
    if damage != [("ok",)]:
        first = str(damage[0][0]).splitlines()[0][:200]
        yield _("The database is damaged ({why}). Restore the last backup.", why=first)
    if db.query("PRAGMA foreign_key_check"):
        yield _("Some entries of the database point to others that are gone.")


def _search(facts: dict[str, Any]) -> Iterator[Text]:
    """The search indexes: which wait for the worker, and which tell other than the records."""
    found = schema.current().tables.values()
    facts["search"] = {
        "tables": len(found),
        "waiting": sum(not searchindex.ready(one) for one in found),
    }
    for table in found:
        wrong = searchindex.faults(table)
        if wrong:
            yield _(
                "The search index of {table} has {n} of the records looked at wrong. "
                "Make it anew: rounds check --rebuild-search.",
                table=f"{table.base_key}/{table.key}",
                n=wrong,
            )


def rebuild_search() -> int:
    """Make the search index of every table anew; how many there are."""
    found = schema.current().tables.values()
    for table in found:
        searchindex.build(table)
    return len(found)
