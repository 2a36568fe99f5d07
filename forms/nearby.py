"""What is already there: the latest records through the same link, before one files another."""

from __future__ import annotations

from dataclasses import dataclass

from tracker import fieldtypes
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.schema import Field, Table

SHOWN = 2


@dataclass(frozen=True)
class Near:
    """One record that was filed before, as the viewer may see it."""

    record_id: int
    when: str
    who: str


def nearby(viewer: Viewer, table: Table, link: Field, record_id: int) -> list[Near]:
    """The latest records of ``table`` that link to the record, as far as the viewer sees them."""
    query = Query(viewer, table)
    day = _first(query, "family", "time")
    who = _first(query, "widget", "person")
    query = query.where({"field": link.id, "op": "has_any", "value": [record_id]})
    if day is None:
        return []
    latest = query.order([{"field": day.id, "desc": True}]).only([one for one in (day, who) if one])
    return [_near(one, day, who, viewer) for one in latest.page(SHOWN).records]


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
