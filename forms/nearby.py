"""What is already there through the same link, said before one files another."""

from __future__ import annotations

from dataclasses import dataclass

from tracker import fieldtypes
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.schema import Field, Table


@dataclass(frozen=True)
class Near:
    """One record that was filed before, as the viewer may see it."""

    record_id: int
    when: str
    who: str


def nearby(viewer: Viewer, table: Table, link: Field, record_id: int) -> list[Near]:
    """The last record of ``table`` that links to the record, and the next one that is planned.

    What the viewer may not see counts for nothing.
    """
    query = Query(viewer, table)
    day = _first(query, "family", "time")
    who = _first(query, "widget", "person")
    if day is None:
        return []
    query = query.where({"field": link.id, "op": "has_any", "value": [record_id]})
    query = query.only([one for one in (day, who) if one])
    last = query.where({"field": day.id, "op": "until", "value": "today"})
    next_one = query.where({"field": day.id, "op": "after", "value": "today"})
    found = [
        *last.order([{"field": day.id, "desc": True}]).page(1).records,
        *next_one.order([{"field": day.id}]).page(1).records,
    ]
    return [_near(one, day, who, viewer) for one in found]


def _first(query: Query, what: str, kind: str) -> Field | None:
    """The first visible field of a kind; those that people write come first."""
    fields = [one for one in query.access.fields if getattr(fieldtypes.get(one), what) == kind]
    return min(fields, key=lambda one: not fieldtypes.get(one).written, default=None)


def _near(record: Record, day: Field, who: Field | None, viewer: Viewer) -> Near:
    def text(field: Field | None) -> str:
        if field is None:
            return ""
        return fieldtypes.get(field).text(record[field], field, viewer.context)

    return Near(record.id, text(day), text(who))
