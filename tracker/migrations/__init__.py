"""Numbered steps that bring our own tables up to date, one process at a time."""

from __future__ import annotations

import importlib
import pkgutil

from tracker import db
from tracker.models import Meta

LOCK = 7_203_665


def steps() -> list[tuple[int, str]]:
    """All steps as ``(number, module name)``, in order."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return sorted((int(name[1:5]), name) for name in names if name[0] == "m")


def current() -> int:
    """The number of the last step taken; 0 on an empty database."""
    if not db.proxy.table_exists("meta"):
        return 0
    row = Meta.get_or_none(Meta.key == "migration")
    return int(row.value) if row else 0


def migrate() -> list[int]:
    """Take the steps that are missing, in one transaction each; the numbers taken."""
    taken = []
    for number, name in steps():
        with db.write():
            if not db.is_sqlite():
                db.query("SELECT pg_advisory_xact_lock(?)", LOCK)
            if number <= current():
                continue
            importlib.import_module(f"tracker.migrations.{name}").apply()
            Meta.put("migration", number)
            taken.append(number)
    return taken
