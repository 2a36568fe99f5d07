"""What stands behind lookups through links to many records: one value for each record.

People see such values joined in one text; here they are read once more, one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tracker import fieldtypes, limits
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.schema import Field, Table
from views.api import columns


@dataclass(frozen=True)
class Behind:
    """The values of ``source`` in the linked records, in the order of the links."""

    source: Field
    values: list[Any]


def behind(viewer: Viewer, table: Table, found: Sequence[Record]) -> dict[int, dict[int, Behind]]:
    """Record id → lookup → its values: one query a lookup, however many records."""
    told: dict[int, dict[int, Behind]] = {record.id: {} for record in found}
    query, departments = Query(viewer, table), set[int]()
    for one in table.fields:
        source = columns.source(one) if _joins(one, table) else None
        ids = [record.id for record in found if _is_whole(record.values.get(one.id))]
        if source is None or not ids:
            continue
        for record_id, values in _read(query, one, source, ids):
            told[record_id][one.id] = Behind(source, values)
            if fieldtypes.get(source).widget == "department":
                departments.update(values)
    viewer.context.directory.load_departments(departments)
    return told


def _joins(one: Field, table: Table) -> bool:
    """Whether a field is a lookup whose values stand joined or mixed."""
    if one.type != "lookup" or one.problem is not None or one.result == "several":
        return False
    return not table.by_id[one.options["link"]].options.get("single")


def _is_whole(value: Any) -> bool:
    """Whether there is a value, and not one that was cut off."""
    return value is not None and (not isinstance(value, str) or len(value) < limits.TEXT_LENGTH)


def _read(query: Query, one: Field, source: Field, ids: list[int]) -> list[tuple[int, list[Any]]]:
    scope = query.scope
    narrowed = query.test(scope.among(ids))
    read = fieldtypes.get(source).column(source).python_value
    return [
        (record_id, [read(cell) for cell in orjson.loads(cells or "[]") if cell is not None])
        for record_id, cells in narrowed.rows(scope.model.id, scope.one_by_one(one))
    ]
