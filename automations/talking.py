"""Telling of comments: whoever a comment on a record concerns finds one line of it in the inbox.

That are the people its person fields name, those who commented before and those it mentions, as
far as they may see the record, and the field that names them; not who wrote it.
"""

from __future__ import annotations

from automations import inbox
from automations.messages import Message, one_line
from tracker import clock, comments, db, fieldtypes, limits, permissions
from tracker.errors import Missing
from tracker.models import Comment, Notification, Person
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.settings import Settings
from tracker.text import _

LINES = 5  # latest comments in one line of an inbox


def commented(table: Table, comment: Comment, settings: Settings) -> int:
    """Tell of a new comment; how many people."""
    mentioned = comments.mentions(comment.text)
    spoke = comments.authors(table, comment.record_id) | {one.id for one in mentioned.values()}
    named = _named(table, comment.record_id)
    concerned = sorted((spoke | named) - {comment.author_id})[: limits.COMMENT_READERS]
    people = Person.select().where(Person.id.in_(concerned), Person.active == True)  # noqa: E712 - SQL
    told = 0
    for person in people if concerned else ():
        lang = person.lang or settings.lang
        reader = permissions.viewer_for(person, lang=lang, zone=settings.zone)
        title = _title(reader, table, comment.record_id, spoke=person.id in spoke)
        if title is not None:
            _tell(reader, table, comment, title, mentioned)
            told += 1
    return told


def _people_fields(fields: tuple[Field, ...]) -> list[Field]:
    return [one for one in fields if fieldtypes.get(one).widget == "person"]


def _ids(values: list[object]) -> set[int]:
    """People in values of person fields, single or several."""
    parts = [one if isinstance(one, list) else [one] for one in values]
    return {one for part in parts for one in part if isinstance(one, int)}


def _named(table: Table, record_id: int) -> set[int]:
    """Everybody whom a person field of the record names; who may know of it is asked later."""
    query = Query(permissions.system(), table)
    found = query.only(_people_fields(query.access.fields)).fetch([record_id])
    return _ids(list(found[0].values.values())) if found else set()


def _title(reader: Viewer, table: Table, record_id: int, *, spoke: bool) -> str | None:
    """The record as its reader calls it; None where it, or why they are told, is not for them."""
    try:
        query = Query(reader, table)
        record = query.only(_people_fields(query.access.fields)).one(record_id)
    except Missing:
        return None
    if not spoke and reader.person_id not in _ids(list(record.values.values())):
        return None
    return record.title or f"#{record.id}"


def _tell(
    reader: Viewer, table: Table, comment: Comment, title: str, mentioned: dict[str, Person]
) -> None:
    """One line a record while it is unread: it grows, and moves to the top."""
    link, lang = f"/r/{table.id}/{comment.record_id}#comments", reader.context.lang
    mine = (Notification.person == reader.person_id) & Notification.read_at.is_null()
    with db.write():
        before = Notification.get_or_none(mine, Notification.link == link)
        if before:
            before.delete_instance()
        lines = [*(before.body.split("\n") if before else []), _said(comment, mentioned, lang)]
        message = Message(
            one_line(_("Comments on “{title}”", title=title).to(lang)),
            "\n".join(lines[-LINES:]),
            link,
        )
        key = f"comment:{comment.id}:{reader.person_id}"
        inbox.tell(reader.person_id or 0, message, key=key, now=clock.now())


def _said(comment: Comment, mentioned: dict[str, Person], lang: str) -> str:
    """Who said what, on one line, with the names of people mentioned."""
    author = comment.author
    text = comments.plain(comment.text, mentioned)
    name = author.name if author else _("Rounds").to(lang)
    return _("{name}: {text}", name=name, text=one_line(text)).to(lang)
