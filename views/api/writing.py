"""Up to ten records written as one: all of them, or none and the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request

from tracker import fieldtypes, idempotency, limits, records, schema
from tracker.errors import Missing
from tracker.permissions import Access, access
from tracker.query import Query
from tracker.schema import Field, Table
from views.api import faults, gate, loading
from views.api.columns import column
from views.api.intake import Intake, merge_values

MERGEABLE = {
    *("singleLineText", "multilineText", "number", "currency", "percent", "rating", "duration"),
    *("date", "dateTime", "singleSelect", "multipleSelects", "email", "url", "phoneNumber"),
    "autoNumber",
}
MERGE_FIELDS = 3


@dataclass(frozen=True)
class Order:
    """What the body of a write says."""

    rights: Access
    items: list[dict[str, Any]]  # {"id": …, "fields": {…}}
    single: bool
    intake: Intake
    by_id: bool = False
    merge_on: list[Field] = field(default_factory=list)
    upsert: bool = False

    @property
    def table(self) -> Table:
        """The table as it stands now: typecast may have given it new options."""
        return schema.current().table(self.rights.table.id)


def read(rights: Access, content: Mapping[str, Any]) -> Order:
    """The body of a create, update or upsert: ``fields`` of one record, or ``records`` of ten."""
    single = "records" not in content
    items: Any = [content] if single else content["records"]
    if single and "fields" not in content:
        said = 'Could not find field "fields" in the request body'
        raise faults.Fault("INVALID_REQUEST_MISSING_FIELDS", said)
    check_batch(items)
    for one in items:
        if not isinstance(one, Mapping) or not isinstance(one.get("fields"), Mapping):
            raise faults.bad_request()
    merging = content.get("performUpsert")
    return Order(
        rights=rights,
        items=items,
        single=single,
        intake=Intake(rights, gate.via(), typecast=_flag(content, "typecast")),
        by_id=_flag(content, "returnFieldsByFieldId"),
        merge_on=_merge_on(rights, merging) if merging is not None else [],
        upsert=merging is not None,
    )


def check_batch(items: Any) -> None:
    if not isinstance(items, list) or not 1 <= len(items) <= limits.API_BATCH:
        said = f"You must provide an array of up to {limits.API_BATCH} record objects or ids"
        raise faults.Fault("INVALID_RECORDS", said)


def _flag(content: Mapping[str, Any], name: str) -> bool:
    value = content.get(name)
    if value is not None and not isinstance(value, bool):
        raise faults.bad_request()
    return bool(value)


def _merge_on(rights: Access, merging: Any) -> list[Field]:
    names = merging.get("fieldsToMergeOn") if isinstance(merging, Mapping) else None
    if not isinstance(names, list) or not 1 <= len(names) <= MERGE_FIELDS:
        raise faults.bad_request(f"fieldsToMergeOn takes 1 to {MERGE_FIELDS} fields")
    found = [loading.field(rights, name) for name in names]
    for one in found:
        if column(one).name not in MERGEABLE:
            raise faults.bad_request(f'Records cannot be matched by field "{one.name}"')
    return found


def once(rights: Access, content: Any, work: Callable[[], Any]) -> Any:
    """All in one transaction, once per ``Idempotency-Key``; ``work`` gives JSON."""
    asked = [request.method, request.full_path, content]
    return idempotency.repeatable(
        rights.viewer, request.headers.get("Idempotency-Key"), asked, work
    )


# ── writes: each gives the numbers of the records ────────────────────────────


def create(order: Order) -> list[int]:
    if not order.rights.may("create"):
        raise _forbidden("create records", order.rights)
    given = [order.intake.values(one["fields"]) for one in order.items]
    return [_create(order, values) for values in given]


def _create(order: Order, values: Mapping[int, Any]) -> int:
    viewer, via = order.rights.viewer, order.intake.via
    return records.create(viewer, order.table, values, via=via).record_id


def update(order: Order, ids: list[int], *, whole: bool) -> list[int]:
    """Change the fields given; with ``whole`` all other fields that may be written are emptied."""
    given = [order.intake.values(one["fields"]) for one in order.items]
    for record_id, values in zip(ids, given, strict=True):
        _update(order, record_id, values, whole=whole)
    return ids


def _update(order: Order, record_id: int, values: Mapping[int, Any], *, whole: bool) -> None:
    if whole:
        rest = [
            one.id
            for one in order.rights.fields
            if fieldtypes.get(one).written and order.rights.writable(one.id)
        ]
        values = {**dict.fromkeys(rest), **values}
    viewer, via = order.rights.viewer, order.intake.via
    records.update(viewer, order.table, record_id, values, via=via)


def upsert(order: Order, *, whole: bool) -> dict[str, list[int]]:
    """Update the record that matches, or create one; several matches are refused."""
    if any("id" not in one for one in order.items) and not order.rights.may("create"):
        raise _forbidden("create records", order.rights)
    told: dict[str, list[int]] = {"records": [], "created": [], "updated": []}
    for one in order.items:
        values = order.intake.values(one["fields"])
        found = numbered(order.rights, one["id"]) if "id" in one else _matching(order, values)
        if found is None:
            number = _create(order, values)
            told["created"].append(number)
        else:
            number = found
            _update(order, number, values, whole=whole)
            told["updated"].append(number)
        told["records"].append(number)
    return told


def _matching(order: Order, values: Mapping[int, Any]) -> int | None:
    rights = access(order.rights.viewer, order.table)
    query = Query(rights.viewer, rights.table)
    fields = [loading.field(rights, one.name) for one in order.merge_on]
    for one, value in merge_values(order.intake, fields, values):
        seen = query.scope.column(one)
        stored = fieldtypes.get(one).column(one).db_value(value)
        query = query.test(seen.is_null() if value is None else seen == stored)
    found = query.ids(limit=2)
    if len(found) > 1:
        raise faults.bad_request("More than one record matches the fields to merge on")
    return found[0] if found else None


def numbered(rights: Access, ref: Any) -> int:
    """The number of a record in a batch; one that is not there is named."""
    try:
        return loading.record(rights, ref)
    except Missing:
        said = f"Record ID {str(ref)[:60]} does not exist in this table"
        raise faults.Fault("ROW_DOES_NOT_EXIST", said) from None


def delete(rights: Access, ids: list[int]) -> None:
    for number in ids:
        records.delete(rights.viewer, rights.table, number, via=gate.via())


def _forbidden(what: str, rights: Access) -> faults.Fault:
    said = f"You are not permitted to {what} in table {rights.table.name}"
    return faults.Fault("INVALID_PERMISSIONS", said, status=403)
