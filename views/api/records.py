"""Records over HTTP: list, read, create, change, upsert and delete."""

from __future__ import annotations

from typing import Any

from flask import g, request

from tracker.permissions import Access, access
from views.api import asking, gate, loading, reading, writing
from views.api.gate import ApiRoom

room = ApiRoom("api_records")
TABLE = "/api/v0/<app:base>/<table>"
RECORD = f"{TABLE}/<record>"


@room.call("GET", TABLE, loads="table")
def list_records(base: str, table: str) -> Any:
    asked = asking.from_address(request.args)
    return _page(base, table, asked)


@room.call("POST", f"{TABLE}/listRecords", loads="table")
def list_by_post(base: str, table: str) -> Any:
    """The same with the question in the body; some clients leave parts of it in the address."""
    content = gate.fields_of_body()
    asked = asking.from_body(content) if content else asking.from_address(request.args)
    return _page(base, table, asked)


def _page(base: str, table: str, asked: asking.Asked) -> Any:
    viewer = reading.speaking(g.viewer, asked) if asked.as_text else g.viewer
    return reading.page(loading.table(viewer, base, table), asked)


@room.call("GET", RECORD, loads="record")
def get_record(base: str, table: str, record: str) -> Any:
    asked = asking.from_address(request.args)
    viewer = reading.speaking(g.viewer, asked) if asked.as_text else g.viewer
    rights = loading.table(viewer, base, table)
    return reading.one(rights, loading.record_number(rights, record), asked)


@room.call("POST", TABLE, loads="table")
def create_records(base: str, table: str) -> Any:
    rights = loading.table(g.viewer, base, table)
    content = gate.fields_of_body()
    order = writing.read(rights, content)
    ids = writing.once(rights, content, lambda: writing.create(order))
    return _told(order, ids)


@room.call("PATCH", RECORD, loads="record")
def update_record(base: str, table: str, record: str) -> Any:
    return _update_one(base, table, record, whole=False)


@room.call("PUT", RECORD, loads="record")
def replace_record(base: str, table: str, record: str) -> Any:
    return _update_one(base, table, record, whole=True)


def _update_one(base: str, table: str, record: str, *, whole: bool) -> Any:
    rights = loading.table(g.viewer, base, table)
    number = loading.record(rights, record)
    content = gate.fields_of_body()
    order = writing.read(rights, {key: one for key, one in content.items() if key != "records"})
    ids = writing.once(rights, content, lambda: writing.update(order, [number], whole=whole))
    return _told(order, ids)


@room.call("PATCH", TABLE, loads="table")
def update_records(base: str, table: str) -> Any:
    return _update_some(base, table, whole=False)


@room.call("PUT", TABLE, loads="table")
def replace_records(base: str, table: str) -> Any:
    return _update_some(base, table, whole=True)


def _update_some(base: str, table: str, *, whole: bool) -> Any:
    rights = loading.table(g.viewer, base, table)
    content = gate.fields_of_body()
    order = writing.read(rights, {"records": None, **content})
    if order.upsert:
        return _upsert(order, content, whole=whole)
    numbers = [writing.numbered(rights, one.get("id")) for one in order.items]
    ids = writing.once(rights, content, lambda: writing.update(order, numbers, whole=whole))
    return _told(order, ids)


def _upsert(order: writing.Order, content: Any, *, whole: bool) -> Any:
    made = writing.once(order.rights, content, lambda: writing.upsert(order, whole=whole))
    rights = _now(order)
    return {
        "records": reading.some(rights, made["records"], by_id=order.by_id),
        "createdRecords": loading.record_names(rights, made["created"]),
        "updatedRecords": loading.record_names(rights, made["updated"]),
    }


def _told(order: writing.Order, ids: list[int]) -> Any:
    told = reading.some(_now(order), ids, by_id=order.by_id)
    return told[0] if order.single else {"records": told}


def _now(order: writing.Order) -> Access:
    """The rights on the table as it stands after the write."""
    return access(order.rights.viewer, order.table)


@room.call("DELETE", RECORD, loads="record")
def delete_record(base: str, table: str, record: str) -> Any:
    rights = loading.table(g.viewer, base, table)
    number = loading.record_number(rights, record)

    def work() -> list[str]:
        writing.delete(rights, [number])
        return loading.record_names(rights, [number])

    return _gone(writing.once(rights, None, work)[0])


@room.call("DELETE", TABLE, loads="table")
def delete_records(base: str, table: str) -> Any:
    rights = loading.table(g.viewer, base, table)
    refs = request.args.getlist("records[]") or request.args.getlist("records")
    refs = refs or [one for key, one in request.args.items() if key.startswith("records[")]
    writing.check_batch(refs)
    numbers = [loading.record_number(rights, ref) for ref in dict.fromkeys(refs)]

    def work() -> list[str]:
        writing.delete(rights, numbers)
        return loading.record_names(rights, numbers)

    return {"records": [_gone(name) for name in writing.once(rights, None, work)]}


def _gone(name: str) -> dict[str, Any]:
    return {"id": name, "deleted": True}
