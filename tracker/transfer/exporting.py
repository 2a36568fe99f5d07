"""Records become files: what the viewer may export, and unchanged when it comes back in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from tracker import clock, fieldtypes
from tracker.errors import Forbidden, Refused
from tracker.numeric import precision, unscale
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.schema import Field
from tracker.text import _, label
from tracker.transfer import naming, writing
from tracker.transfer.writing import OutColumn, Written

FORMATS = ("xlsx", "csv")
CHUNK = 1_000  # records fetched at a time
_DIGITS = 15  # that a workbook's numbers hold
_FIRST_DAY = date(1900, 3, 1)  # workbooks disagree about the days before
Progress = Callable[[int, int], None]  # records done, records in all


def export(
    query: Query,
    format: str,
    target: Path | BinaryIO,
    *,
    progress: Progress | None = None,
    title: str | None = None,
) -> Written:
    """Write the records and fields of ``query`` that its viewer may export, in its order, under the
    name of the table or ``title``.

    Only what roles with the right to export open goes out; without any, `Forbidden`. Names are
    in the viewer's language, dates and numbers are real ones. Memory stays flat.
    """
    query = exportable(query)
    fields = list(query.fields)
    columns = [column_of(one, query.viewer) for one in fields]
    rows = _rows(query, fields, progress, spelled=format == "csv")
    if format == "csv":
        return writing.write_csv(target, columns, rows)
    if format == "xlsx":
        title = label(query.table, query.viewer.context.lang) if title is None else title
        return writing.write_xlsx(target, columns, rows, title=title)
    raise Refused(_("Rounds writes .xlsx and .csv files, not {format}.", format=format[:20]))


def exportable(query: Query) -> Query:
    """The query through those lanes alone that may export: rights never add up across rows."""
    access = query.access.exported
    if not access.lanes:
        raise Forbidden(_("You may not export from this table."))
    fields = tuple(one for one in query.fields if access.level(one.id) >= 1)
    return query.through(access).only([one.id for one in fields])


def _rows(
    query: Query, fields: list[Field], progress: Progress | None, *, spelled: bool
) -> Iterator[list[Any]]:
    """By ids first and then in chunks: sorted once, and nothing twice while others edit."""
    writers = [(one.id, writer_for(one, query.viewer, spelled=spelled)) for one in fields]
    ids = query.ids()
    for start in range(0, len(ids), CHUNK):
        for record in query.fetch(ids[start : start + CHUNK]):
            yield [cell_of(record, one, write) for one, write in writers]
        if progress:
            progress(min(start + CHUNK, len(ids)), len(ids))


def cell_of(record: Record, field_id: int, write: Callable[[Any], Any]) -> Any:
    value = record.values.get(field_id)
    return record.strays.get(field_id) if value is None else write(value)


def column_of(field: Field, viewer: Viewer) -> OutColumn:
    kind = fieldtypes.get(field)
    name = label(field, viewer.context.lang)
    if kind.family == "time":
        return OutColumn(name, "datetime" if kind.widget == "datetime" else "date")
    if kind.family == "checkbox":
        return OutColumn(name, "checkbox")
    if kind.widget == "duration":
        return OutColumn(name, "number", "[h]:mm:ss")
    if kind.family == "number" and not kind.scaled:
        return OutColumn(name, "number", "General")
    if kind.family == "number" and kind.sums:
        places = precision(field)
        digits = f"0.{'0' * places}" if places else "0"
        if kind.shift:
            return OutColumn(name, "number", f"{digits}%")
        if "currency" in (field.type, field.result):
            sign = str(field.options.get("symbol", "¥")).replace('"', "")
            return OutColumn(name, "number", f'"{sign}"#,##{digits}')
        return OutColumn(name, "number", digits)
    return OutColumn(name, width=40 if field.type == "long_text" else None)


def writer_for(
    field: Field, viewer: Viewer, names: naming.Names | None = None, *, spelled: bool = False
) -> Callable[[Any], Any]:
    """From a value to its cell, such that importing finds the same value again.

    ``spelled``: the file has no formats, so 12 % and 1:30 say themselves what they are.
    """
    kind = fieldtypes.get(field)
    if kind.spelled and spelled:
        return lambda value: kind.text(value, field, viewer.context)
    if names is None and viewer.window is None:  # to a stranger everything is its plain name
        names = naming.names_for(field, viewer)
    if names is not None:
        if kind.family in {"many", "link"}:
            return lambda value: naming.join(filter(None, map(names.write, value)))
        return names.write
    if kind.family == "number" and kind.sums and kind.scaled and kind.widget != "duration":
        places = precision(field) + kind.shift
        return lambda value: _number(value, places)
    if kind.widget == "datetime":
        return lambda value: _moment(value, viewer.context.zone)
    if kind.family == "time":
        return _day
    return lambda value: kind.sheet(value, field, viewer.context)


def _number(value: int, places: int) -> Any:
    """A number as far as a workbook holds it exactly, else its digits as text."""
    number: Any = unscale(value, places) if places and value else value
    return f"{Decimal(number):f}" if len(str(abs(value))) > _DIGITS else number


def _day(value: str) -> Any:
    day = date.fromisoformat(value)
    return day if day >= _FIRST_DAY else value


def _moment(value: str, zone: str) -> Any:
    """Wall-clock time; as text with its zone where the clock showed this time twice."""
    moment = datetime.fromisoformat(value)
    local = clock.to_local(moment, zone)
    if local.date() < _FIRST_DAY or clock.to_utc(local, zone) != moment:
        return f"{value}Z"
    return local
