"""Help beneath a field in both languages."""

from __future__ import annotations

from tracker import db


def apply() -> None:
    if "help_names" not in {column.name for column in db.proxy.get_columns("field")}:
        db.execute("ALTER TABLE field ADD COLUMN help_names TEXT")
