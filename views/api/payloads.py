"""Changes as webhooks tell them, and what webhooks may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker import fieldtypes, publicids, webhooks
from tracker.permissions import Viewer, access
from tracker.query import load_titles
from tracker.schema import Base
from tracker.webhooks import Told
from views.api import faults, loading
from views.api.cells import Reader, collaborators, moment

TYPES = {"tableData", "tableFields", "tableMetadata"}
CHANGES = {"add", "remove", "update"}
SOURCES = {
    *("client", "publicApi", "formSubmission", "formPageSubmission", "automation", "system"),
    *("sync", "anonymousUser", "unknown"),
}


def wanted(viewer: Viewer, base: Base, asked: Any) -> dict[str, Any]:
    """What a specification asks for, in our numbers; a `Fault` for what cannot be read."""
    options = asked.get("options") if isinstance(asked, Mapping) else None
    filters = options.get("filters") if isinstance(options, Mapping) else None
    if not isinstance(filters, Mapping):
        raise faults.bad_request("specification.options.filters is needed")
    types = _words(filters, "dataTypes", TYPES)
    if not types:
        raise faults.bad_request("dataTypes is needed")
    scope = filters.get("recordChangeScope")
    rights = loading.table(viewer, publicids.base(base.id), _text(scope)) if scope else None
    fields = filters.get("watchDataInFieldIds")
    return {
        "records": "tableData" in types,
        "table": rights.table.id if rights else None,
        "kinds": _words(filters, "changeTypes", CHANGES),
        "sources": _words(filters, "fromSources", SOURCES),
        "fields": _fields(viewer, base, fields) if fields is not None else None,
    }


def _words(filters: Mapping[str, Any], key: str, known: set[str]) -> list[str] | None:
    given = filters.get(key)
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise faults.bad_request()
    if set(given) - known:
        raise faults.bad_request(f"{key} takes {', '.join(sorted(known))}")
    return given


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise faults.bad_request()
    return given


def _fields(viewer: Viewer, base: Base, given: Any) -> list[int]:
    if not isinstance(given, list):
        raise faults.bad_request()
    seen = {
        publicids.field(field.id): field.id
        for table in base.tables
        if loading.table_is_open(viewer, table.id)
        for field in access(viewer, table).fields
    }
    for ref in given:
        if not isinstance(ref, str) or ref not in seen:
            raise faults.unknown_field(ref)
    return [seen[ref] for ref in given]


def told(viewer: Viewer, changes: list[Told], specification: Any) -> list[dict[str, Any]]:
    """Payloads, each of one change."""
    includes = specification["options"].get("includes")
    includes = includes if isinstance(includes, Mapping) else {}
    people = collaborators(one.change.person_id for one in changes if one.change.person_id)
    return [_payload(viewer, one, people, includes) for one in changes]


def _payload(
    viewer: Viewer, one: Told, people: Mapping[int, Any], includes: Mapping[str, Any]
) -> dict[str, Any]:
    who = people.get(one.change.person_id or 0)
    user = {"user": {**who, "permissionLevel": "edit"}} if who else {}
    return {
        "timestamp": moment(one.change.at),
        "baseTransactionNumber": one.number,
        "payloadFormat": "v0",
        "actionMetadata": {"source": webhooks.source(one.change), "sourceMetadata": user},
        "changedTablesById": {publicids.table(one.table.id): _table(viewer, one, includes)},
    }


def _table(viewer: Viewer, one: Told, includes: Mapping[str, Any]) -> dict[str, Any]:
    number = publicids.record(one.table.id, one.change.record_id)
    if one.change.kind == "delete":
        return {"destroyedRecordIds": [number]}
    old, new = (_cells(viewer, one, side) for side in (0, 1))
    if one.change.kind in {"create", "restore"}:
        made = {"createdTime": moment(one.change.at), "cellValuesByFieldId": new}
        return {"createdRecordsById": {number: made}}
    # A cell that was emptied is told as null, so that it differs from one that did not change.
    emptied = {publicids.field(field): None for field in one.values}
    changed: dict[str, Any] = {"current": {"cellValuesByFieldId": {**emptied, **new}}}
    if includes.get("includePreviousCellValues"):
        changed["previous"] = {"cellValuesByFieldId": {**emptied, **old}}
    return {"changedRecordsById": {number: changed}}


def _cells(viewer: Viewer, one: Told, side: int) -> dict[str, Any]:
    """Old (0) or new (1) values as the API gives them, links only to what the viewer sees."""
    for field_id, pair in one.values.items():
        field = one.table.by_id[field_id]
        if fieldtypes.get(field).family == "link":
            load_titles(viewer, field.options["table"], pair[side] or [])
    values = {field_id: pair[side] for field_id, pair in one.values.items()}
    return Reader(viewer, one.table, by_id=True).cells(values.items())
