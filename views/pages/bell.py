"""The bell: the last notifications in a menu, and marking them read without leaving the page."""

from __future__ import annotations

from typing import Any

from flask import g

from automations import alerts, inbox
from views import http
from views.room import Room

room = Room("bell")
SHOWN = 8


@room.page("/inbox/menu", loads="own notifications")
def menu() -> Any:
    return shown()


@room.page("/inbox/menu", post=True, loads="own notifications")
def read() -> Any:
    """Mark all as read; the count at the bell goes with the answer."""
    inbox.mark_read(g.viewer)
    return shown(marked=True)


def shown(*, marked: bool = False) -> Any:
    entries = inbox.entries(g.viewer, limit=SHOWN)
    alerts.of_lines(g.viewer, entries)
    unread = inbox.unread(g.viewer)
    return http.page("bell_menu.html", entries=entries, unread=unread, marked=marked)
