"""One occurrence of a series moved or left out alone, with all later ones, or with the whole.

Moved alone means: the series leaves that day out, and a record of its own, a copy, takes the place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tracker import bulk, clock, db, fieldtypes, models, permissions, recurrence, settings
from tracker.bulk import Item
from tracker.errors import Conflict, Refused
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.recurrence import Rule
from tracker.schema import Field, Table
from tracker.text import _

SCOPES = ("one", "later", "all")
FIXED = _("This series keeps to a day of the month. Change how it repeats in the record.")


@dataclass(frozen=True)
class Dates:
    """The fields that place a series, among those that the viewer sees."""

    start: Field
    end: Field | None
    repeat: Field

    def read(self, field: Field, raw: Any, viewer: Viewer) -> Any:
        """What was sent, on the wall that series repeat on: a `date` or a `datetime`."""
        value = fieldtypes.get(field).parse(raw, field, viewer.context)
        if value is None:
            raise Refused(_("“{field}” is needed.", field=field.name), field=field.id)
        return _wall(field, value)


@dataclass(frozen=True)
class Change:
    """``at``: the start of the occurrence that is meant, as the viewer reads it; ``to``: its new
    start and end, None to leave it out; ``scope``: one of `SCOPES`.
    """

    scope: str
    at: Any
    to: tuple[Any, Any] | None
    rev: int | None = None


def dates(viewer: Viewer, table: Table, start: Any, end: Any, repeat: Any) -> Dates:
    """The fields by id; refused where they are not what a series needs."""
    access = permissions.access(viewer, table)
    found = [access.field(one) if one is not None else None for one in (start, end, repeat)]
    families = [fieldtypes.get(one).family if one else None for one in found]
    same = found[1] is None or len({fieldtypes.get(one).widget for one in found[:2] if one}) == 1
    if families[0] != "time" or families[2] != "rule" or not same:
        raise Refused(_("This request cannot be read."))
    return Dates(*found)  # type: ignore[arg-type] # their families say that they are there


def change(viewer: Viewer, table: Table, record_id: int, given: Dates, asked: Change) -> int:
    """Write it as one batch, which one step undoes; its id."""
    with db.write():
        record = Query(viewer, table).one(record_id)
        if asked.rev is not None and asked.rev != record.rev:
            raise Conflict(_("Somebody else changed this meanwhile."))
        person = viewer.person_id
        batch = int(models.Batch.create(kind="series", table_id=table.id, person_id=person).id)
        try:
            _Series(viewer, table, record, given, batch).change(asked)
        except OverflowError:  # a day that no calendar reaches
            raise Refused(_("This request cannot be read.")) from None
        bulk.raise_events(batch)
    return batch


class _Series:
    def __init__(
        self, viewer: Viewer, table: Table, record: Record, given: Dates, batch: int
    ) -> None:
        self.viewer, self.table, self.record, self.given = viewer, table, record, given
        self.batch = batch
        stored, text = record.values.get(given.start.id), record.values.get(given.repeat.id)
        if stored is None or text is None:
            raise Conflict(_("This series has changed meanwhile."))
        self.begin = _wall(given.start, stored)
        self.rule = recurrence.read(text)

    def change(self, asked: Change) -> None:
        at = self.given.read(self.given.start, asked.at, self.viewer)
        day, first = _day(at), _day(self.begin)
        if not recurrence.days(self.rule, first, day, day + recurrence.DAY):
            raise Conflict(_("This series has changed meanwhile."))
        if asked.scope == "all" or (asked.scope == "later" and day <= first):
            self._all(at, asked.to)
        elif asked.scope == "one":
            self._write({self.given.repeat.id: str(recurrence.leaving_out(self.rule, day))})
            if asked.to is not None:
                self._copy(asked.to, None)
        else:
            before, later = recurrence.parted(self.rule, first, day)
            self._write({self.given.repeat.id: str(before)})
            if asked.to is not None:
                self._copy(asked.to, self._moved(later, at, asked.to))

    def _moved(self, rule: Rule, at: Any, to: tuple[Any, Any]) -> Rule:
        new = self.given.read(self.given.start, to[0], self.viewer)
        moved = recurrence.shifted(rule, (_day(new) - _day(at)).days)
        if moved is None:
            raise Refused(FIXED)
        return moved

    def _all(self, at: Any, to: tuple[Any, Any] | None) -> None:
        """The whole series: as far as the one that was moved, and as long as that is now."""
        if to is None:
            _moved, left = bulk.delete_many(
                self.viewer, self.table, [self.record.id], via="page", batch=self.batch
            )
            if left:
                raise Refused(_("You may not delete this record."))
            return
        start, end, repeat = self.given.start, self.given.end, self.given.repeat
        new = self.given.read(start, to[0], self.viewer)
        begin = self.begin + (new - at)
        values = {start.id: _stored(begin)}
        if end is not None and to[1] is not None:
            length = self.given.read(end, to[1], self.viewer) - new
            values[end.id] = _stored(begin + max(length, timedelta()))
        self._write({**values, repeat.id: str(self._moved(self.rule, at, to))})

    def _write(self, values: dict[int, Any]) -> None:
        item = Item(1, values, record_id=self.record.id)
        self._sound(bulk.update_many(self.viewer, self.table, [item], via="page", batch=self.batch))

    def _copy(self, to: tuple[Any, Any], rule: Rule | None) -> None:
        """The record once more, at another time. Files, and what may be there only once, stay."""
        start, end, repeat = self.given.start, self.given.end, self.given.repeat
        access = permissions.access(self.viewer, self.table)
        values = {
            one.id: self.record.values[one.id]
            for one in access.fields
            if self.record.values.get(one.id) is not None
            and fieldtypes.get(one).written
            and fieldtypes.get(one).family != "files"
            and not one.unique
            and access.writable(one.id, create=True)
        }
        values.pop(repeat.id, None)
        values[start.id] = _stored(self.given.read(start, to[0], self.viewer))
        if end is not None and to[1] is not None:
            values[end.id] = _stored(self.given.read(end, to[1], self.viewer))
        if rule is not None:
            values[repeat.id] = str(rule)
        items = [Item(1, values)]
        self._sound(bulk.insert_many(self.viewer, self.table, items, via="page", batch=self.batch))

    def _sound(self, outcome: bulk.Outcome) -> None:
        for _number, reason in outcome.rejected:
            raise Refused(reason)


def _wall(field: Field, value: str) -> Any:
    if fieldtypes.get(field).widget == "date":
        return date.fromisoformat(value)
    return clock.to_local(datetime.fromisoformat(value), settings.zone())


def _stored(wall: Any) -> str:
    if isinstance(wall, datetime):
        return clock.to_utc(wall, settings.zone()).isoformat(sep=" ")
    return str(wall.isoformat())


def _day(wall: Any) -> date:
    return wall.date() if isinstance(wall, datetime) else wall
