"""One person's day: what is planned for them today, and what they touched last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracker import definitions, fieldtypes, models, permissions, schema
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.schema import Field, Table

DAY_RECORDS = 30
RECENT = 8


@dataclass(frozen=True)
class Planned:
    """A record that lies on the day; ``date`` is the field that says so."""

    table: Table
    record: Record
    date: Field


def calendars(viewer: Viewer) -> list[tuple[Table, Field]]:
    """The tables that the viewer sees as a calendar, each with the date it is planned by."""
    found: dict[int, tuple[Table, Field]] = {}
    for base in definitions.bases_of(viewer):
        for table in definitions.tables_of(viewer, base):
            for view in definitions.views_of(viewer, table):
                options: dict[str, Any] = view.options or {}
                field = table.by_id.get(options.get("start") or 0)
                if view.kind == "calendar" and field and table.id not in found:
                    access = permissions.access(viewer, table)
                    if access.level(field.id) >= 1:
                        found[table.id] = (access.visible_table, field)
    return list(found.values())


def today(viewer: Viewer) -> list[Planned]:
    """What lies on the viewer's day today: theirs where a table names people, in order of time."""
    planned: list[Planned] = []
    for table, date in calendars(viewer):
        on_day = {"field": date.id, "op": "on", "value": "today"}
        people = [one for one in table.fields if fieldtypes.get(one).widget == "person"]
        mine = [{"field": one.id, "op": "is", "value": {"var": "me"}} for one in people]
        condition = {"all": [on_day, {"any": mine}]} if mine else on_day
        query = Query(viewer, schema.current().table(table.id)).where(condition)
        page = query.order([{"field": date.id}]).page(DAY_RECORDS)
        planned += [Planned(table, record, date) for record in page.records]
    return sorted(planned, key=lambda one: one.record.values.get(one.date.id) or "")


def recent(viewer: Viewer) -> list[tuple[Table, Record]]:
    """The records this person wrote last, newest first, as far as they still see them."""
    change = models.Change
    rows = (
        change.select(change.table_id, change.record_id)
        .where(change.person_id == viewer.person_id)
        .order_by(change.id.desc())
        .limit(RECENT * 8)
        .tuples()
    )
    wanted = list(dict.fromkeys(rows))[:RECENT]
    found = {
        (table_id, record.id): record
        for table_id in {one for one, _record in wanted}
        for record in _seen(viewer, table_id, [record for one, record in wanted if one == table_id])
    }
    tables = schema.current().tables
    return [(tables[key[0]], found[key]) for key in wanted if key in found]


def _seen(viewer: Viewer, table_id: int, ids: list[int]) -> list[Record]:
    table = schema.current().tables.get(table_id)
    if table is None or not permissions.possible_access(viewer, table).lanes:
        return []
    return Query(viewer, table).only([]).fetch(ids)
