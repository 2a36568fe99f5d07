"""Files attached to records."""

from __future__ import annotations

from tracker import db
from tracker.models import File


def apply() -> None:
    db.proxy.create_tables([File])
