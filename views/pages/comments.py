"""Comments on the record page: who may read the record reads and writes them."""

from __future__ import annotations

from typing import Any

from flask import current_app, g

from automations import talking
from tracker import comments, limits
from tracker.errors import Missing, Refused
from tracker.text import _
from views import asked, commentary, http
from views.pages.records import LARGEST_ID, load, sent
from views.room import Room

room = Room("comments")
COMMENTS = "/r/<int:table_id>/<int:record_id>/comments"


def listed(table_id: int, record_id: int) -> Any:
    table, found = load(table_id, record_id)
    before = asked.number("before") or None
    told = commentary.entries(g.viewer, table, found.id, before=before)
    return http.fragment(
        "record_comments.html", "comments", comments=told, table=table, record=found
    )


@room.page(COMMENTS, loads="record")
def read(table_id: int, record_id: int) -> Any:
    """The comments, as they stand on the record page."""
    return listed(table_id, record_id)


@room.page(COMMENTS, post=True, loads="record")
def write(table_id: int, record_id: int) -> Any:
    """``{"text"}``: a new comment."""
    table, found = load(table_id, record_id)
    made = comments.add(g.viewer, table, found.id, sent_text())
    talking.commented(table, made, current_app.config["SETTINGS"])
    return listed(table_id, record_id)


def sent_text() -> str:
    """The text, with whom its ``@names`` mean: ``{"text", "mentions": {name: person}}``."""
    body = sent()
    text, people = body.get("text"), body.get("mentions") or {}
    if not isinstance(text, str) or not isinstance(people, dict):
        raise Refused(_("This request cannot be read."))
    meant = {name: one for name, one in people.items() if type(one) is int and name}
    if len(meant) > limits.COMMENT_READERS:
        raise Refused(_("At most {n} values fit.", n=limits.COMMENT_READERS))
    return comments.marked(text, {name: one for name, one in meant.items() if one < LARGEST_ID})


@room.page(f"{COMMENTS}/<int:comment_id>", post=True, loads="own comment")
def change(table_id: int, record_id: int, comment_id: int) -> Any:
    """``{"text"}`` instead of what it said."""
    table, found = load(table_id, record_id)
    comments.change(g.viewer, table, found.id, known(comment_id), sent_text())
    return listed(table_id, record_id)


@room.page(f"{COMMENTS}/<int:comment_id>/delete", post=True, loads="own comment")
def delete(table_id: int, record_id: int, comment_id: int) -> Any:
    table, found = load(table_id, record_id)
    comments.remove(g.viewer, table, found.id, known(comment_id))
    return listed(table_id, record_id)


def known(comment_id: int) -> int:
    if comment_id > LARGEST_ID:
        raise Missing
    return comment_id
