"""Questions that automations ask about records, and whom."""

from __future__ import annotations

from tracker import db
from tracker.models import Alert, AlertParty


def apply() -> None:
    db.proxy.create_tables([Alert, AlertParty])
