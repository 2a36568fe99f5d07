"""Everything that is stored, to compare before and after what must not change anything."""

from __future__ import annotations

from typing import Any

from tracker import db, models, schema


def everything() -> dict[str, list[Any]]:
    """The rows of all tables, our own and those that people shaped."""
    names = [model._meta.table_name for model in models.ALL]
    names += [f"t{table}" for table in schema.current().tables]
    return {name: sorted(map(repr, db.query(f'SELECT * FROM "{name}"'))) for name in names}
