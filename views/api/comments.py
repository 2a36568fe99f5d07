"""Comments over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app, g, request

from automations import talking
from tracker import comments, models, publicids
from tracker.errors import Missing
from views.api import faults, gate, loading
from views.api.cells import collaborators, moment
from views.api.gate import ApiRoom

room = ApiRoom("api_comments")
COMMENTS = "/api/v0/<app:base>/<table>/<record>/comments"
PAGE = 100


@room.call("GET", COMMENTS, loads="record")
def list_comments(base: str, table: str, record: str) -> Any:
    """Newest first; ``offset`` is null on the last page."""
    rights = loading.table(g.viewer, base, table)
    number = loading.record_number(rights, record)
    offset = request.args.get("offset")
    before = publicids.peek(publicids.COMMENT, offset) if offset else None
    if offset and before is None:
        raise faults.Fault("INVALID_OFFSET_VALUE", "The value of offset is not valid")
    found, further = comments.page(
        g.viewer, rights.table, number, limit=_size(), before=before[1] if before else None
    )
    last = publicids.encode(publicids.COMMENT, further) if further else None
    return {"comments": _told(found), "offset": last}


def _size() -> int:
    text = request.args.get("pageSize", str(PAGE))
    if not (text.isdecimal() and len(text) < 6 and 1 <= int(text) <= PAGE):
        raise faults.bad_request()
    return int(text)


@room.call("POST", COMMENTS, loads="record")
def add_comment(base: str, table: str, record: str) -> Any:
    rights = loading.table(g.viewer, base, table)
    number = loading.record_number(rights, record)
    made = comments.add(g.viewer, rights.table, number, _text())
    talking.commented(rights.table, made, current_app.config["SETTINGS"])
    return _told([made])[0]


@room.call("PATCH", f"{COMMENTS}/<comment>", loads="comment")
def change_comment(base: str, table: str, record: str, comment: str) -> Any:
    rights = loading.table(g.viewer, base, table)
    number = loading.record_number(rights, record)
    changed = comments.change(g.viewer, rights.table, number, _number(comment), _text())
    return _told([changed])[0]


@room.call("DELETE", f"{COMMENTS}/<comment>", loads="comment")
def delete_comment(base: str, table: str, record: str, comment: str) -> Any:
    rights = loading.table(g.viewer, base, table)
    number = loading.record_number(rights, record)
    comments.remove(g.viewer, rights.table, number, _number(comment))
    return {"id": comment, "deleted": True}


def _number(ref: str) -> int:
    number = publicids.decode(publicids.COMMENT, ref)
    if number >= 1 << 47:
        raise Missing
    return number


def _text() -> str:
    text = gate.fields_of_body().get("text")
    if not isinstance(text, str):
        raise faults.bad_request()
    return text


def _told(found: list[models.Comment]) -> list[dict[str, Any]]:
    people = collaborators(one.author_id for one in found if one.author_id)
    known = comments.mentions(*(one.text for one in found))
    mentioned = {one.id: _mentioned(one.text, known) for one in found}
    return [
        {
            "id": publicids.encode(publicids.COMMENT, one.id),
            "author": people.get(one.author_id) or {"id": "", "email": "", "name": ""},
            "text": one.text,
            "createdTime": moment(one.created_at),
            "lastUpdatedTime": moment(one.updated_at) if one.updated_at else None,
            **({"mentioned": mentioned[one.id]} if mentioned[one.id] else {}),
        }
        for one in found
    ]


def _mentioned(text: str, known: Mapping[str, models.Person]) -> dict[str, Any]:
    """People named as ``@[usr…]`` in the text: their names alone, for anybody can be named."""
    refs = [ref for ref in comments.MENTION.findall(text) if ref in known and known[ref].active]
    return {ref: {"type": "user", "id": ref, "displayName": known[ref].name} for ref in refs}
