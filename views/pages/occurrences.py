"""One occurrence of a series, moved or left out from the calendar."""

from __future__ import annotations

from typing import Any

from flask import current_app, g

from tracker import occurrences
from tracker.errors import Refused
from tracker.occurrences import SCOPES, Change
from tracker.text import _
from views.pages.records import load, sent, sent_number
from views.room import Room

room = Room("occurrences")


@room.page("/r/<int:table_id>/<int:record_id>/occurrence", post=True, loads="record")
def change(table_id: int, record_id: int) -> Any:
    """``{"scope": "one" | "later" | "all", "at": start, "to": [start, end] | null, "fields":
    {"start", "end", "repeat"}, "rev"}``: written as one batch, whose id is answered.
    """
    table, found = load(table_id, record_id)
    body = sent()
    fields, scope, to = body.get("fields"), body.get("scope"), body.get("to")
    span = isinstance(to, list) and len(to) == 2
    if not isinstance(fields, dict) or scope not in SCOPES or not (to is None or span):
        raise Refused(_("This request cannot be read."))
    start, end, repeat = (sent_number(fields, name) for name in ("start", "end", "repeat"))
    given = occurrences.dates(g.viewer, table, start, end, repeat)
    asked = Change(scope, body.get("at"), tuple(to) if to else None, sent_number(body, "rev"))
    batch = occurrences.change(g.viewer, table, found.id, given, asked)
    return current_app.json.response(batch=batch)
