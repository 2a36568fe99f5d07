"""Records elsewhere whose kept values followed a write: noted for the automations that listen.

Such an entry of the log is nobody's: history leaves it out, as it holds computed values only.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tracker import changes, db, fieldtypes, models, permissions, schema
from tracker.schema import Field

VIA = "computed"


class Told:
    """The values that stood before, of the tables that somebody listens to."""

    def __init__(self, origin: int) -> None:
        self.origin = origin  # the table written: its entry is the writer's own
        self.before: dict[int, dict[int, dict[int, Any]]] = defaultdict(dict)
        self._heard: set[int] | None = None

    def look(self, one: Field, ids: set[int]) -> None:
        """Remember what stands in ``ids`` before ``one`` is worked out there."""
        if one.table_id == self.origin or one.table_id not in self.heard:
            return
        for record_id, value in _values(one, ids).items():
            self.before[one.table_id].setdefault(record_id, {}).setdefault(one.id, value)

    @property
    def heard(self) -> set[int]:
        """The tables whose changes set off automations."""
        if self._heard is None:
            row = models.Automation
            found = row.select(row.definition).where(row.enabled, row.deleted_at.is_null())
            triggers = [one.definition.get("trigger") or {} for one in found]
            self._heard = {int(one["table"]) for one in triggers if one.get("table")}
        return self._heard

    def note(self, depth: int) -> None:
        """The entries, with an event each, of what is different now."""
        for table_id, records in self.before.items():
            table = schema.current().table(table_id)
            fields = {one for values in records.values() for one in values}
            now = {one: _values(table.by_id[one], set(records)) for one in fields}
            revs = _revisions(table.sql_name, list(records))
            for record_id, values in records.items():
                pairs = {
                    one: [old, now[one].get(record_id)]
                    for one, old in values.items()
                    if old != now[one].get(record_id)
                }
                if pairs and record_id in revs:
                    changes.note(
                        permissions.system(),
                        table,
                        record_id,
                        rev=revs[record_id],
                        kind="update",
                        via=VIA,
                        values=pairs,
                        depth=depth,
                    )


def _values(one: Field, ids: set[int]) -> dict[int, Any]:
    read = fieldtypes.get(one).column(one).python_value
    marks = ", ".join("?" * len(ids))
    sql = f"SELECT id, {one.column} FROM t{one.table_id} WHERE id IN ({marks})"
    return {row[0]: None if row[1] is None else read(row[1]) for row in db.query(sql, *ids)}


def _revisions(table: str, ids: list[int]) -> dict[int, int]:
    """Of the records that are not in the bin."""
    marks = ", ".join("?" * len(ids))
    sql = f"SELECT id, rev FROM {table} WHERE deleted_at IS NULL AND id IN ({marks})"
    return {row[0]: row[1] for row in db.query(sql, *ids)}
