"""Comments of records in a base file; whom they mention is named by e-mail address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tracker import db, limits, publicids
from tracker.comments import MENTION
from tracker.errors import Missing, Refused
from tracker.schema import Table
from tracker.transfer.basefile.cells import moment, need
from tracker.transfer.basefile.people import Directory

_SAID = re.compile(r"@\[person:([^\]\s]+)\]")  # as a base file says it
_CHUNK = 2_000
_COLUMNS = ["table_id", "record_id", "author_id", "text", "created_at", "updated_at"]
Person = Callable[[Any], int | None]


def told(table: Table, directory: Directory) -> Iterator[dict[str, Any]]:
    """The comments of live records, in the order they were made."""
    sql = (
        "SELECT c.id, c.record_id, c.author_id, c.text, c.created_at, c.updated_at "
        f"FROM comment c JOIN {table.sql_name} r ON r.id = c.record_id "
        "WHERE c.table_id = ? AND c.id > ? AND c.deleted_at IS NULL AND r.deleted_at IS NULL "
        f"ORDER BY c.id LIMIT {_CHUNK}"
    )
    last = 0
    while rows := db.query(sql, table.id, last):
        for _id, record, author, text, created, updated in rows:
            by = directory.key("person", author) if author else None
            said = {"record": record, "text": _out(text, directory), "by": by, "at": str(created)}
            yield {**said, "changed": str(updated)} if updated else said
        last = rows[-1][0]


def put(table: Table, rows: Iterator[Any], person: Person) -> int:
    """The comments of a file into a table, made before with its records; how many."""
    count = 0
    waiting: list[tuple[Any, ...]] = []
    for row in rows:
        need(isinstance(row, dict))
        waiting.append(_row(table, row, person))
        count += 1
        if len(waiting) == _CHUNK:
            db.load("comment", _COLUMNS, waiting)
            waiting = []
    if waiting:
        db.load("comment", _COLUMNS, waiting)
    return count


def _row(table: Table, row: Any, person: Person) -> tuple[Any, ...]:
    text, at, changed = row.get("text"), row.get("at"), row.get("changed")
    need(type(row.get("record")) is int and isinstance(text, str))
    need(0 < len(text) <= limits.TEXT_LENGTH + 10_000 and "\0" not in text)
    need(moment(at) and (changed is None or moment(changed)))
    return table.id, row["record"], person(row.get("by")), _in(text, person), at, changed


def _out(text: str, directory: Directory) -> str:
    def say(found: re.Match[str]) -> str:
        try:
            key = directory.key("person", publicids.decode(publicids.PERSON, found[1]))
        except Missing:
            return found[0]
        return f"@[person:{key}]" if key else found[0]

    return MENTION.sub(say, text)


def _in(text: str, person: Person) -> str:
    def say(found: re.Match[str]) -> str:
        try:
            return f"@[{publicids.person(person(found[1]) or 0)}]"
        except Refused:  # somebody wrote just that
            return found[0]

    return _SAID.sub(say, text)
