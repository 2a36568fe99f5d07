"""SQLite's indexes behind views hold what tells the bin, so that it reads them alone."""

from __future__ import annotations

from tracker import db
from tracker.migrations.m0010_live_indexes import apply as drop


def apply() -> None:
    if db.is_sqlite():
        drop()
