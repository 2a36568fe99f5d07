"""The inbox of a person: what they were told, and what they have read of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from automations.messages import Message
from tracker import clock, db
from tracker.errors import Refused
from tracker.models import Notification
from tracker.permissions import Viewer
from tracker.text import _

PAGE = 50


def tell(person_id: int, message: Message, *, key: str, now: datetime) -> bool:
    """A line in somebody's inbox, once per ``key``; whether it is new."""
    row = {
        Notification.key: key,
        Notification.person: person_id,
        Notification.subject: message.subject,
        Notification.body: message.body,
        Notification.link: message.link,
        Notification.at: now,
    }
    with db.write():
        insert = Notification.insert(row).on_conflict_ignore()
        return bool(insert.as_rowcount().execute())


def unread(viewer: Viewer) -> int:
    """How many lines the viewer has not read."""
    return int(_mine(viewer).where(Notification.read_at.is_null()).count())


def entries(viewer: Viewer, *, before: int | None = None, limit: int = PAGE) -> list[Notification]:
    """The viewer's lines, newest first; ``before`` is the id of the last one already shown."""
    rows = _mine(viewer).order_by(Notification.id.desc()).limit(min(limit, PAGE))
    return list(rows.where(Notification.id < before) if before else rows)


def mark_read(viewer: Viewer, ids: Iterable[int] | None = None) -> int:
    """Mark these lines as read, or all; the number that were not before."""
    wanted = Notification.read_at.is_null() & (Notification.person == viewer.person_id)
    if ids is not None:
        chosen = list(ids)
        if len(chosen) > 1000:
            raise Refused(_("At most {n} values fit.", n=1000))
        wanted &= Notification.id.in_(chosen)
    with db.write():
        return int(Notification.update(read_at=clock.now()).where(wanted).execute())


def _mine(viewer: Viewer) -> Any:
    return Notification.select().where(Notification.person == viewer.person_id)
