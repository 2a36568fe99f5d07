"""One person's day: what is planned for them today, and what they touched last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tracker import clock, definitions, fieldtypes, limits, models, permissions, schema
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.schema import Field, Table
from tracker.series import Series

DAY_RECORDS = 30
RECENT = 8


@dataclass(frozen=True)
class Planned:
    """A record that lies on the day; ``date`` is the field that says so."""

    table: Table
    record: Record
    date: Field


def calendars(viewer: Viewer) -> list[tuple[Table, Field]]:
    """The tables that the viewer sees on a calendar, each with the date it is planned by."""
    found: dict[int, tuple[Table, Field]] = {}
    for base in definitions.bases_of(viewer):
        for table in definitions.tables_of(viewer, base):
            for view in definitions.views_of(viewer, table):
                for table_id, start in _dates(view) if view.kind == "calendar" else ():
                    seen = _seen_date(viewer, table_id, start)
                    if seen is not None:
                        found.setdefault(table_id, seen)
    return list(found.values())


def _dates(view: models.View) -> list[tuple[Any, Any]]:
    """``(table, start)`` of a calendar's own table and of those beside it."""
    options: dict[str, Any] = view.options or {}
    layers = options.get("layers") or []
    beside = [(one.get("table"), one.get("start")) for one in layers if isinstance(one, dict)]
    return [(view.table_id, options.get("start")), *beside]


def _seen_date(viewer: Viewer, table_id: Any, start: Any) -> tuple[Table, Field] | None:
    """The table and its date, where both are there for the viewer."""
    table = schema.current().tables.get(table_id)
    access = permissions.possible_access(viewer, table) if table else None
    if access is None or not access.lanes or access.level(start or 0) < 1:
        return None
    field = access.table.by_id.get(start)
    return (access.visible_table, field) if field else None


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
        planned += _repeated(viewer, table, date, {"any": mine} if mine else None)
    return sorted(planned, key=lambda one: one.record.values.get(one.date.id) or "")


def _repeated(viewer: Viewer, table: Table, date: Field, whose: Any) -> list[Planned]:
    """What began before and comes again today, with the time at which it does."""
    rule = next((one for one in table.fields if fieldtypes.get(one).family == "rule"), None)
    if rule is None:
        return []
    query = Query(viewer, schema.current().table(table.id)).where(whose)
    query = query.where({"field": rule.id, "op": "filled"})
    query = query.where({"field": date.id, "op": "before", "value": "today"})
    query = query.order([{"field": date.id, "desc": True}])
    day, zone, found = clock.today(viewer.context.zone), viewer.context.zone, []
    for record in query.page(limits.PAGE_ROWS).records:
        begun = datetime.fromisoformat(record.values[date.id])
        timed = fieldtypes.get(date).widget != "date"
        series = Series(record.values[rule.id], begun if timed else begun.date(), None, zone)
        for at, _finish in series.occurrences(day, day):
            moment = clock.to_utc(at, zone).isoformat(sep=" ") if timed else at.isoformat()
            values = {**record.values, date.id: moment}
            found.append(Planned(table, replace(record, values=values), date))
    return found


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
