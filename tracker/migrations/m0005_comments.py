"""Comments on records."""

from __future__ import annotations

from tracker import db
from tracker.models import Comment


def apply() -> None:
    db.proxy.create_tables([Comment])
