"""List tiles: the first records of a table by a filter and an order, made in the dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracker import conditions, fieldtypes, limits, permissions, schema
from tracker.conditions import Condition
from tracker.errors import Missing, Refused
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.schema import Field, Table
from tracker.text import _
from views import behind
from views.dashboards.narrowing import Narrowing, without_dates

USUAL_FIELDS, MOST_FIELDS = 4, 8


@dataclass(frozen=True)
class Listed:
    """What a list tile shows; ``href`` opens all of its records."""

    table: Table
    fields: list[Field]
    records: list[Record]
    href: str | None
    date: Field | None
    misses: tuple[str, ...]


def listed(viewer: Viewer, tile: dict[str, Any], narrowing: Narrowing) -> Listed:
    """The records, in one page. Raises `Missing` or `Refused` where they are not to be seen."""
    table = schema.current().table(tile["table"])
    query = Query(viewer, table)
    seen = query.access.visible_table
    date = narrowing.field_of("date", seen)
    condition = tile.get("filter")
    if condition is not None:
        condition = conditions.check(condition, seen, viewer.context)
    if narrowing.period:
        condition = without_dates(condition, date)
    tests: list[Condition | None] = [condition, *narrowing.tests(seen, date)]
    for test in tests:
        query = query.where(test)
    sort = tile.get("sort")
    if sort and sort["field"] in seen.by_id:
        query = query.order([sort])
    fields = fields_of(tile, seen)
    grid = behind.grid_of(viewer, table)
    return Listed(
        table=table,
        fields=fields,
        records=query.only(fields).page(tile.get("rows") or limits.TILE_RECORDS).records,
        href=behind.address(grid, tests) if grid else None,
        date=date,
        misses=tuple(narrowing.misses(seen, date)),
    )


def fields_of(tile: dict[str, Any], seen: Table) -> list[Field]:
    """The fields shown, the title first; those hidden from the viewer are left out."""
    chosen = [seen.by_id[one] for one in tile.get("fields") or () if one in seen.by_id]
    others = [one for one in chosen or seen.fields if seen.title is None or one.id != seen.title.id]
    title = [seen.title] if seen.title is not None and seen.title.id in seen.by_id else []
    return [*title, *others][: MOST_FIELDS if chosen else USUAL_FIELDS]


def check_list(tile: dict[str, Any], viewer: Viewer) -> dict[str, Any]:
    """A list tile as it may be stored; raises `Refused`."""
    try:
        table = schema.current().table(tile.get("table") or 0)
        seen = permissions.access(viewer, table).visible_table
        fields = tile.get("fields") or []
        sort = tile.get("sort") or None
        given = tile.get("filter")
        return {
            "table": table.id,
            "filter": None if given is None else conditions.check(given, seen, viewer.context),
            "fields": [seen.field(one).id for one in fields][:MOST_FIELDS],
            "sort": _check_sort(sort, seen) if sort else None,
            "rows": _check_rows(tile.get("rows")),
        }
    except (Missing, TypeError, AttributeError):
        raise Refused(_("This tile points to something that is not there.")) from None


def _check_sort(sort: dict[str, Any], seen: Table) -> dict[str, Any]:
    field = seen.field(sort.get("field"))
    if fieldtypes.get(field).family == "link":
        raise Refused(_("Records cannot be sorted by “{field}”.", field=field.name))
    return {"field": field.id, "desc": bool(sort.get("desc"))}


def _check_rows(raw: Any) -> int:
    rows = limits.TILE_RECORDS if raw is None else raw
    if isinstance(rows, bool) or not isinstance(rows, int) or not 1 <= rows <= limits.TILE_RECORDS:
        raise Refused(_("A list has 1 to {n} records.", n=limits.TILE_RECORDS))
    return rows
