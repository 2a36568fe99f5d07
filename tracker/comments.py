"""Comments: who may read a record reads and writes comments on it; one's own can be changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import peewee as pw

from tracker import clock, db, limits, publicids
from tracker.errors import Forbidden, Missing, Refused
from tracker.fieldtypes import check_length, clean_text
from tracker.models import Comment, Person
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Table
from tracker.text import _

MENTION = re.compile(r"@\[(\w+)\]")


def page(
    viewer: Viewer, table: Table, record_id: int, *, limit: int, before: int | None = None
) -> tuple[list[Comment], int | None]:
    """Comments, newest first, and the id to go on before (None at the end)."""
    _need_record(viewer, table, record_id)
    rows = _of(table, [record_id]).order_by(Comment.id.desc()).limit(limit + 1)
    found = list(rows.where(Comment.id < before) if before is not None else rows)
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def counts(table: Table, ids: Sequence[int]) -> dict[int, int]:
    """How many comments each of these records has; the caller has loaded the records."""
    rows = _of(table, ids).select(Comment.record_id, pw.fn.COUNT(Comment.id))
    return dict(rows.group_by(Comment.record_id).tuples())


def authors(table: Table, record_id: int) -> set[int]:
    """Who commented on the record."""
    rows = _of(table, [record_id]).select(Comment.author).distinct()
    return {person for (person,) in rows.tuples() if person}


def mentions(*texts: str) -> dict[str, Person]:
    """What stands in texts for people (``usr…``) → who they are, gone ones too: one query."""
    refs = {ref for text in texts for ref in MENTION.findall(text)}
    found = {ref: publicids.peek(publicids.PERSON, ref) for ref in refs}
    ids = {ref: told[1] for ref, told in found.items() if told and told[0] == 0}
    rows = Person.select().where(Person.id.in_(set(ids.values()))) if ids else []
    people = {row.id: row for row in rows}
    return {ref: people[one] for ref, one in ids.items() if one in people}


def plain(text: str, people: Mapping[str, Person]) -> str:
    """The text with the names of those it mentions; `marked` the other way round."""
    return MENTION.sub(
        lambda found: f"@{people[found[1]].name}" if found[1] in people else found[0], text
    )


def marked(text: str, people: Mapping[str, int]) -> str:
    """The text with ``@name`` as a mention where ``people`` tells whom the name means."""
    rows = Person.select(Person.id, Person.name).where(Person.id.in_(list(people.values())))
    known = dict(rows.tuples()) if people else {}
    for name in sorted(people, key=len, reverse=True):
        if known.get(people[name]) == name:
            text = text.replace(f"@{name}", f"@[{publicids.person(people[name])}]")
    return text


def add(viewer: Viewer, table: Table, record_id: int, text: str) -> Comment:
    _need_record(viewer, table, record_id)
    with db.write():
        return Comment.create(
            table_id=table.id, record_id=record_id, author=viewer.person_id, text=_clean(text)
        )


def change(viewer: Viewer, table: Table, record_id: int, comment_id: int, text: str) -> Comment:
    """Only one's own."""
    comment = _load(viewer, table, record_id, comment_id)
    if comment.author_id != viewer.person_id:
        raise Forbidden(_("Only who wrote a comment may change it."))
    with db.write():
        comment.text, comment.updated_at = _clean(text), clock.now()
        comment.save()
    return comment


def remove(viewer: Viewer, table: Table, record_id: int, comment_id: int) -> None:
    """One's own, or any where the viewer coordinates the base."""
    comment = _load(viewer, table, record_id, comment_id)
    if comment.author_id != viewer.person_id and not viewer.coordinates_base(table.base_id):
        raise Forbidden(_("Only who wrote a comment may delete it."))
    with db.write():
        comment.deleted_at = clock.now()
        comment.save()


def _of(table: Table, ids: Sequence[int]) -> pw.ModelSelect:
    here = (Comment.table_id == table.id) & Comment.record_id.in_(list(ids))
    select = Comment.select(Comment, Person).join(Person, pw.JOIN.LEFT_OUTER)
    return select.where(here, Comment.deleted_at.is_null())


def _load(viewer: Viewer, table: Table, record_id: int, comment_id: int) -> Comment:
    _need_record(viewer, table, record_id)
    found = _of(table, [record_id]).where(Comment.id == comment_id).first()
    if found is None:
        raise Missing
    return found


def _need_record(viewer: Viewer, table: Table, record_id: int) -> None:
    Query(viewer, table).only([]).one(record_id)


def _clean(text: str) -> str:
    text = check_length(clean_text(text), limits.TEXT_LENGTH)
    if not text:
        raise Refused(_("A comment needs some text."))
    return text
