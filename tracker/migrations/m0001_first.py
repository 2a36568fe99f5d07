"""The first schema: everything in `tracker.models`."""

from __future__ import annotations

from tracker import db
from tracker.models import ALL


def apply() -> None:
    db.proxy.create_tables(ALL)
