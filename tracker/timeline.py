"""Everything that points to one record, from all tables of its base, as one time line.

Each table is read through its own `Query`: what the viewer may not see there is not on the line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker import clock, fieldtypes, limits, permissions, schema
from tracker.days import local_moment
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.schema import Field, Table

LAST = 2**62  # an id beyond all: where a page begins with the first record of a day
Key = list[Any]  # [when, table id, record id] of the last entry of a page


@dataclass(frozen=True)
class Strand:
    """One table on the line: records of ``table`` that point here through ``link``.

    ``kind`` is the choice field that tells them apart, where there is one.
    """

    table: Table
    link: Field
    date: Field
    kind: Field | None = None

    @property
    def moment(self) -> bool:
        return fieldtypes.get(self.date).widget != "date"


@dataclass(frozen=True)
class Entry:
    """A record on the line; ``when`` is its stored date or moment, None where it has none."""

    strand: Strand
    record: Record
    when: str | None

    @property
    def key(self) -> Key:
        return [self.when, self.strand.table.id, self.record.id]


@dataclass(frozen=True)
class Look:
    """What of the line is asked for: words, and one option of the strand's ``kind``."""

    words: str = ""
    kind: int | None = None


@dataclass(frozen=True)
class Page:
    """Entries, newest first; ``after`` is the key of the next page, None at the end."""

    entries: list[Entry]
    after: Key | None


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
            kinds = [one for one in access.fields if fieldtypes.get(one).widget == "choice"]
            yield Strand(access.visible_table, link, date, next(iter(kinds), None))


def _points_to(field: Field, table: Table) -> bool:
    """A link to ``table`` that is the first side of its pair (or stands alone)."""
    options = field.options
    return field.type == "link" and options["table"] == table.id and not options.get("reverse")


def main_date(fields: tuple[Field, ...]) -> Field | None:
    """The field that says when a record happened: its first written date, else when it was made."""
    timely = [one for one in fields if is_time(one)]
    written = [one for one in timely if fieldtypes.get(one).written]
    return next(iter(written or timely), None)


def is_time(field: Field) -> bool:
    kind = fieldtypes.get(field)
    return kind.family == "time" and not kind.on_read


def pointing(viewer: Viewer, record_id: int, strand: Strand, look: Look = Look()) -> Query:
    """The records of a strand that point to the record, newest first."""
    leaf = {"field": strand.link.id, "op": "has_any", "value": [record_id]}
    query = Query(viewer, schema.current().table(strand.table.id)).where(leaf).search(look.words)
    if look.kind is not None and strand.kind is not None:
        query = query.where({"field": strand.kind.id, "op": "is", "value": look.kind})
    return query.order([{"field": strand.date.id, "desc": True}])


def history(
    viewer: Viewer,
    record_id: int,
    lines: list[Strand],
    look: Look = Look(),
    *,
    after: Key | None = None,
    limit: int = 50,
) -> Page:
    """The next ``limit`` entries up to now after the key, newest first; undated ones last."""
    limit = min(limit, limits.PAGE_ROWS - 1)
    found = []
    for strand in lines:
        query = pointing(viewer, record_id, strand, look)
        column = query.scope.column(strand.date)
        query = query.test((column <= now(viewer, strand)) | column.is_null())
        key = _key_in(strand, after) if after else None
        found += _entries(strand, query.page(limit + 1, key).records)
    found.sort(key=_sorting, reverse=True)
    more = len(found) > limit
    return Page(found[:limit], found[limit - 1].key if more else None)


def upcoming(
    viewer: Viewer, record_id: int, lines: list[Strand], look: Look = Look(), *, limit: int = 10
) -> list[Entry]:
    """What lies ahead, the next first."""
    found = []
    for strand in lines:
        query = pointing(viewer, record_id, strand, look)
        query = query.test(query.scope.column(strand.date) > now(viewer, strand))
        records = query.order([{"field": strand.date.id}]).page(limit).records
        found += _entries(strand, records)
    return sorted(found, key=_sorting)[:limit]


def now(viewer: Viewer, strand: Strand) -> str:
    """This moment or day, as the strand's dates are stored."""
    return clock.now().isoformat(sep=" ") if strand.moment else viewer.context.today()


def _entries(strand: Strand, records: list[Record]) -> list[Entry]:
    return [Entry(strand, one, one.values.get(strand.date.id)) for one in records]


def _sorting(entry: Entry) -> tuple[str, int, int]:
    return entry.when or "", entry.strand.table.id, entry.record.id


def _key_in(strand: Strand, after: Key) -> list[Any]:
    """The key of the line in one strand: days and moments, and the tables of one moment, differ."""
    when, table_id, record_id = after
    rest = record_id if table_id == strand.table.id else LAST if strand.table.id < table_id else 0
    if when is None or (len(when) > 10) == strand.moment:
        return [when, rest]
    if strand.moment:  # the page ended with a day, which sorts before its moments
        return [f"{when} 00:00:00", 0]
    return [when[:10], LAST]


def day(viewer: Viewer, strand: Strand, when: str | None) -> date | None:
    """The day of an entry on the viewer's wall."""
    if when is None:
        return None
    if not strand.moment:
        return date.fromisoformat(when[:10])
    return local_moment(when, viewer.context).date()


def counts(
    viewer: Viewer, record_id: int, lines: list[Strand], look: Look = Look()
) -> dict[int, int]:
    """Table id → how many of its records point to the record."""
    return {one.table.id: pointing(viewer, record_id, one, look).count() for one in lines}
