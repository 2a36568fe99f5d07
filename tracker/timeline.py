"""Everything that points to one record, from all tables of its base, as one time line.

Each table is read through its own `Query`: what the viewer may not see there is not on the line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracker import fieldtypes, limits, permissions, schema
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.schema import Field, Table


@dataclass(frozen=True)
class Strand:
    """One table on the line: records of ``table`` that point here through ``link``."""

    table: Table
    link: Field
    date: Field


@dataclass(frozen=True)
class Entry:
    """A record on the line; ``when`` is its stored date or moment, None where it has none."""

    strand: Strand
    record: Record
    when: str | None


def strands(viewer: Viewer, table: Table) -> list[Strand]:
    """The tables whose records point to records of ``table``, as far as the viewer may see."""
    return list(_strands(viewer, table))


def _strands(viewer: Viewer, table: Table) -> Iterator[Strand]:
    for other in schema.current().base(table.base_id).tables:
        access = permissions.possible_access(viewer, other)
        if not access.lanes:
            continue
        date = main_date(access.fields)
        link = next((one for one in access.fields if _points_to(one, table)), None)
        if date and link:
            yield Strand(access.visible_table, link, date)


def _points_to(field: Field, table: Table) -> bool:
    """A link to ``table`` that is the first side of its pair (or stands alone)."""
    options = field.options
    return field.type == "link" and options["table"] == table.id and not options.get("reverse")


def main_date(fields: tuple[Field, ...]) -> Field | None:
    """The field that says when a record happened: its first written date, else when it was made."""
    timely = [one for one in fields if fieldtypes.get(one).family == "time"]
    written = [one for one in timely if fieldtypes.get(one).written]
    return next(iter(written or timely), None)


def entries(
    viewer: Viewer, record_id: int, lines: list[Strand], *, limit: int = 100
) -> list[Entry]:
    """The newest ``limit`` entries of these strands, newest first; undated ones last."""
    found = [
        Entry(strand, record, record.values.get(strand.date.id))
        for strand in lines
        for record in pointing(viewer, record_id, strand).page(min(limit, limits.PAGE_ROWS)).records
    ]
    return sorted(found, key=lambda one: one.when or "", reverse=True)[:limit]


def pointing(viewer: Viewer, record_id: int, strand: Strand) -> Query:
    """The records of a strand that point to the record, newest first."""
    leaf = {"field": strand.link.id, "op": "has_any", "value": [record_id]}
    query = Query(viewer, schema.current().table(strand.table.id)).where(leaf)
    return query.order([{"field": strand.date.id, "desc": True}])


def counts(viewer: Viewer, record_id: int, lines: list[Strand]) -> dict[int, int]:
    """Table id → how many of its records point to the record."""
    return {strand.table.id: pointing(viewer, record_id, strand).count() for strand in lines}
