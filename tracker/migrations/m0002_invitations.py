"""Invitations: one-time links with which a person chooses a password."""

from __future__ import annotations

from tracker import db
from tracker.models import Invitation


def apply() -> None:
    db.proxy.create_tables([Invitation])
