"""One person's day: what is planned for them today and where, and what they touched last."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
    place: str = ""
    goals: list[Goal] = field(default_factory=list)


@dataclass(frozen=True)
class Goal:
    """A linked record that one goes to: where it is, and whom to call."""

    table: Table
    record: Record
    place: str
    phones: list[str]


PLACES = {"address", "place", "地址", "地点", "办公地址", "通讯地址"}


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
        again = _repeated(viewer, table, date, {"any": mine} if mine else None)
        planned += _with_goals(viewer, table, date, [*page.records, *again])
    return sorted(planned, key=lambda one: one.record.values.get(one.date.id) or "")


def _repeated(viewer: Viewer, table: Table, date: Field, whose: Any) -> list[Record]:
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
            found.append(replace(record, values=values))
    return found


def _with_goals(viewer: Viewer, table: Table, date: Field, records: list[Record]) -> list[Planned]:
    """Where each record takes place: its own words, else those of what it is linked to."""
    goals: dict[int, list[Goal]] = {record.id: [] for record in records}
    for link in table.fields:
        if link.type == "link" and not link.options.get("reverse"):
            for record_id, found in _goals(viewer, link, records).items():
                goals[record_id] += found
    planned = []
    for record in records:
        own = place_of(viewer, table, record)
        place = own or next((one.place for one in goals[record.id] if one.place), "")
        planned.append(Planned(table, record, date, place, goals[record.id]))
    return planned


def _goals(viewer: Viewer, link: Field, records: list[Record]) -> dict[int, list[Goal]]:
    """Record id → what it is linked to, for tables that know telephones or places."""
    target = schema.current().tables.get(link.options["table"])
    ids = [one for record in records for one in record[link] or ()]
    if target is None or not ids or not permissions.possible_access(viewer, target).lanes:
        return {}
    query = Query(viewer, target)
    seen = query.access.visible_table
    wanted = [one for one in seen.fields if one.type == "phone" or is_place(one)]
    if not wanted:
        return {}
    found = {one.id: one for one in query.only(wanted).fetch(list(dict.fromkeys(ids)))}
    goals = {
        one.id: Goal(seen, one, place_of(viewer, seen, one), _phones(seen, one))
        for one in found.values()
    }
    return {
        record.id: [goals[one] for one in record[link] or () if one in goals] for record in records
    }


def _phones(table: Table, record: Record) -> list[str]:
    return [record[one] for one in table.fields if one.type == "phone" and record[one]][:2]


def is_place(one: Field) -> bool:
    """A location, or a text that is called an address."""
    named = {
        one.key,
        one.name.casefold(),
        *(name.casefold() for name in (one.names or {}).values()),
    }
    return one.type == "location" or (one.type == "text" and bool(named & PLACES))


def place_of(viewer: Viewer, table: Table, record: Record) -> str:
    """The first filled place of a record, in words."""
    texts = [one for one in table.fields if is_place(one) and one.type == "text"]
    others = [one for one in table.fields if one.type == "location"]
    for one in [*texts, *others]:
        if record[one]:
            return fieldtypes.get(one).text(record[one], one, viewer.context)
    return ""


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
