"""Records as they stood: what a change made of a record, seen by one person, from the log.

The present row with all later changes taken back is the row after the change; with the change
itself taken back, the row before it. So it does not matter when, or in which order, one looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tracker import conditions, fieldtypes, limits, rowrights, schema
from tracker.conditions import Condition, Unresolved
from tracker.errors import Missing
from tracker.models import Change
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.schema import Field, Table

Values = Mapping[int, Any]


@dataclass(frozen=True)
class Turn:
    """One change of a record; ``before`` is None where it was made by it. Values by field id."""

    kind: str
    change_id: int
    record_id: int
    before: Values | None
    after: Values
    changed: frozenset[int]


def turns(viewer: Viewer, table: Table, ids: Iterable[int], *, since: int) -> Iterator[Turn]:
    """The turns of these records from change ``since`` on, newest first.

    Records the viewer may not read now, and fields hidden from them there, do not exist.
    """
    wanted = sorted(ids)
    for start in range(0, len(wanted), limits.PAGE_ROWS):
        yield from _turns(_Reader(viewer, table), wanted[start : start + limits.PAGE_ROWS], since)


def _turns(reader: _Reader, ids: list[int], since: int) -> Iterator[Turn]:
    """Records first, the log after them: what is in the log only takes back what is not there."""
    states = reader.states(ids)
    for entry in _entries(reader.table, list(states), since):
        after = states[entry.record_id]
        pairs = reader.pairs(entry)
        before = after | {one: old for one, (old, _new) in pairs.items()}
        states[entry.record_id] = before
        made = entry.kind == "create"
        yield Turn(
            entry.kind,
            entry.id,
            entry.record_id,
            None if made else before,
            after,
            frozenset(pairs),
        )


def _entries(table: Table, ids: list[int], since: int) -> list[Change]:
    wanted = (Change.table_id == table.id) & Change.record_id.in_(ids) & (Change.id >= since)
    return list(Change.select().where(wanted).order_by(Change.id.desc()))


class _Reader:
    """The records of a table, and their logged values, with one viewer's eyes."""

    def __init__(self, viewer: Viewer, table: Table) -> None:
        self.table = table
        self.query = Query(viewer, table)
        self.viewer = viewer
        scope = self.query.scope
        self.guarded = [one for one in self.query.fields if scope.guard(one) is not True]
        self.closed: dict[int, set[int]] = {}

    def states(self, ids: list[int]) -> dict[int, dict[int, Any]]:
        return {record.id: self._open(record) for record in self.query.fetch(ids)}

    def _open(self, record: Record) -> dict[int, Any]:
        """The record's values; the fields hidden in this very row are remembered."""
        if self.guarded:
            lanes = rowrights.lanes(self.query.access, record.id, "read")
            self.closed[record.id] = {
                one.id for one in self.guarded if not any(lane.level(one.id) for lane in lanes)
            }
        return dict(record.values)

    def pairs(self, entry: Change) -> dict[int, list[Any]]:
        """Field id → ``[old, new]`` of the fields the viewer sees in this record."""
        visible = {one.id: one for one in self.query.fields}
        closed = self.closed.get(entry.record_id, set())
        return {
            int(key): [self._seen(visible[int(key)], value) for value in pair]
            for key, pair in (entry.values or {}).items()
            if int(key) in visible and int(key) not in closed
        }

    def _seen(self, field: Field, value: Any) -> Any:
        """A logged value; of links only those the viewer may see."""
        if fieldtypes.get(field).family != "link" or not value:
            return value
        try:
            target = schema.current().table(field.options["table"])
            records = Query(self.viewer, target).only([]).fetch(value)
        except Missing:
            return None
        return [record.id for record in records] or None


def met(condition: Condition, table: Table, values: Values, viewer: Viewer) -> bool:
    """Whether the values meet the condition, for this viewer; an empty variable meets nothing."""
    visible = Query(viewer, table).access.visible_table
    try:
        return conditions.holds(condition, visible, values, viewer)
    except Unresolved:
        return False
