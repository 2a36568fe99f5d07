"""Records: read, write, delete, restore and undo one at a time; the record page and its history."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request

from automations import (
    alerts,
    pressing,
)
from tracker import (
    bulk,
    changes,
    definitions,
    fieldtypes,
    grants,
    limits,
    permissions,
    records,
    schema,
)
from tracker.errors import Conflict, Forbidden, Missing, Refused
from tracker.query import Query, Record
from tracker.records import Saved
from tracker.schema import Field, Table
from tracker.text import Text, _, label
from views import cells, commentary, history, http, pasting
from views.pages.viewing import crumbs_of
from views.room import Room

room = Room("records")
LARGEST_ID = 2**53  # what a script can count to; no database of ours gives more


def load_table(table_id: int) -> Table:
    """The table, where something of it is open to the viewer."""
    table = schema.current().table(table_id)
    permissions.access(g.viewer, table)
    return table


def load(table_id: int, record_id: int) -> tuple[Table, Record]:
    """The record as the viewer sees it; `Missing` for all others."""
    table = load_table(table_id)
    if record_id > LARGEST_ID:
        raise Missing
    return table, Query(g.viewer, table).one(record_id)


def sent() -> dict[str, Any]:
    """The JSON object of the request."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Refused(_("This request cannot be read."))
    return body


def sent_values(body: dict[str, Any]) -> dict[str, Any]:
    values = body.get("values")
    if not isinstance(values, dict):
        raise Refused(_("This request cannot be read."))
    return values


def sent_number(body: dict[str, Any], name: str) -> int | None:
    """A count or an id in the JSON; None where it is left out."""
    value = body.get(name)
    if value is not None and (type(value) is not int or abs(value) > LARGEST_ID):
        raise Refused(_("This request cannot be read."))
    return value


def sent_key(body: dict[str, Any]) -> str | None:
    """The key under which the request is carried out once."""
    key = body.get("key")
    if key is not None and not isinstance(key, str):
        raise Refused(_("This request cannot be read."))
    return key


def answer(table: Table, saved: Saved, **more: Any) -> Any:
    """What a write came to, with fresh cells; ``gone`` when the viewer sees it no longer."""
    query = Query(g.viewer, table)
    found = query.fetch([saved.record_id])
    body: dict[str, Any] = {"id": saved.record_id, "rev": saved.rev, "change": saved.change_id}
    if found:
        shown = cells.payload(found[0], query.access.fields, g.viewer.context)
        body |= {"rev": found[0].rev, "title": found[0].title, "cells": shown}
    else:
        body |= {"gone": True, "cells": {}}
    return current_app.json.response({**body, **more})


@room.page("/r/<int:table_id>/<int:record_id>", loads="record")
def record(table_id: int, record_id: int) -> Any:
    """The record as a page, or as the panel beside a view."""
    table, found = load(table_id, record_id)
    g.table_id = table.id
    return http.page("record.html", "record", **record_context(table, found))


def record_context(table: Table, found: Record) -> dict[str, Any]:
    access = permissions.access(g.viewer, table)
    title = found.title or f"#{found.id}"
    return {
        "table": table,
        "record": found,
        "title": title,
        "fields": [field_context(access, found, one) for one in access.fields],
        "may_delete": access.may("delete"),
        "crumbs": [*crumbs_of(table), (title, "")],
        "close_href": f"/t/{table.id}",
        "questions": alerts.of_record(g.viewer, table, found.id),
        "comments": commentary.entries(g.viewer, table, found.id),
        "may_ask": grants.may_ask(g.viewer, table, found.id),
    }


def field_context(access: permissions.Access, found: Record | None, field: Any) -> dict[str, Any]:
    """One field for the record page: its cell, its editor, and why it may be closed."""
    about = cells.describe(access, field, g.lang)
    if found is None:
        closed = cells.readonly(access, field, create=True)
        about["closed"] = closed.to(g.lang) if closed else ""
        default = prefilled(field, records.default_value(field, g.viewer))
        if about["widget"] == "datetime" and default:
            default = f"{default[:16]}:00"  # "now" without seconds
        found = Record(0, 0, "", {field.id: default})
    return {**about, **cells.cell(found, field, g.viewer.context), "help": field.help_in(g.lang)}


def prefilled(field: Field, default: Any) -> Any:
    """What the address says for a field of a new record (``f12=3``), where it can be read."""
    raw = request.args.get(f"f{field.id}")
    if raw is None:
        return default
    try:
        return fieldtypes.get(field).parse(raw, field, g.viewer.context)
    except Refused:
        return default


@room.page("/r/<int:table_id>/<int:record_id>/values", loads="record")
def values(table_id: int, record_id: int) -> Any:
    """The record's cells as they stand now."""
    table, found = load(table_id, record_id)
    return answer(table, Saved(found.id, found.rev, None))


@room.page("/r/<int:table_id>/<int:record_id>", post=True, loads="record")
def update(table_id: int, record_id: int) -> Any:
    """Change some fields: ``{"values": {field: raw}, "rev": n}``."""
    table, _found = load(table_id, record_id)
    body = sent()
    given, rev = sent_values(body), sent_number(body, "rev")
    try:
        saved = records.update(g.viewer, table, record_id, given, via="page", rev=rev)
    except Conflict as conflict:
        return both_values(table, record_id, conflict)
    return answer(table, saved)


def both_values(table: Table, record_id: int, conflict: Conflict) -> Any:
    """A conflict with the values that stand now, as far as the viewer may see them."""
    found = Query(g.viewer, table).one(record_id)
    named = [table.field(ref) for ref in conflict.context.get("values", {})]
    shown = cells.payload(found, named, g.viewer.context)
    body = {"error": conflict.to(g.lang), "id": found.id, "rev": found.rev, "values": shown}
    response = current_app.json.response(body)
    response.status_code = conflict.status
    return response


@room.page("/r/<int:table_id>/new", loads="table")
def new(table_id: int) -> Any:
    """An empty record to fill in, as a page or a panel."""
    table = load_table(table_id)
    access = permissions.access(g.viewer, table)
    if not access.may("create"):
        raise Forbidden(_("You may not add records here."))
    g.table_id = table.id
    title = _("New: {table}", table=label(table, g.lang)).to(g.lang)
    shown = [field_context(access, None, one) for one in access.fields]
    return http.page(
        "record_new.html",
        "record",
        table=table,
        title=title,
        fields=[one for one in shown if not one["closed"]],
        crumbs=[*crumbs_of(table), (title, "")],
        close_href=f"/t/{table.id}",
        forms=definitions.forms_of(g.viewer, table),
    )


@room.page("/r/<int:table_id>/new", post=True, loads="table")
def create(table_id: int) -> Any:
    """A new record: ``{"values": {field: raw}, "key": "…"}``; the same key makes no second one."""
    table = load_table(table_id)
    body = sent()
    given, key = sent_values(body), sent_key(body)
    return answer(table, records.create(g.viewer, table, given, via="page", key=key))


@room.page("/r/<int:table_id>/<int:record_id>/delete", post=True, loads="record")
def delete(table_id: int, record_id: int) -> Any:
    table, found = load(table_id, record_id)
    saved = records.delete(g.viewer, table, found.id, via="page")
    return current_app.json.response({"id": saved.record_id, "change": saved.change_id})


@room.page("/r/<int:table_id>/<int:record_id>/restore", post=True, loads="record in the bin")
def restore(table_id: int, record_id: int) -> Any:
    table = load_table(table_id)
    if record_id > LARGEST_ID:
        raise Missing
    saved = records.restore(g.viewer, table, record_id, via="page")
    if http.wants_json():
        return answer(table, saved)
    return http.go(f"/t/{table.id}/bin", toast=_("Restored."))


@room.page("/r/<int:table_id>/<int:record_id>/press/<int:field_id>", post=True, loads="record")
def press(table_id: int, record_id: int, field_id: int) -> Any:
    """Start the automations behind a button of the record."""
    table, found = load(table_id, record_id)
    settings = current_app.config["SETTINGS"]
    said = pressing.press(g.viewer, table, found.id, field_id, settings)
    return current_app.json.response({"said": said.to(g.lang)})


@room.page("/changes/<int:change_id>/undo", post=True, loads="own change of a record")
def undo(change_id: int) -> Any:
    """Take back a change of one's own; coordinators may take back anybody's."""
    change, table = history.own_change(g.viewer, change_id)
    saved = records.undo(g.viewer, change.id)
    return answer(table, saved, kind=change.kind)


@room.page("/r/<int:table_id>/paste", post=True, loads="table")
def paste(table_id: int) -> Any:
    """A block of cells at once: ``{"rows": [{"id", "rev", "values"}], "key"}``, one batch."""
    table = load_table(table_id)
    body = sent()
    lines = pasting.read(body.get("rows"))
    batch, block = pasting.paste(g.viewer, table, lines, key=sent_key(body))
    return block_answer(table, batch, block)


def block_answer(table: Table, batch: int, block: pasting.Block) -> Any:
    """What became of a block of cells, with fresh cells of the first records in it."""
    ids = pasting.touched(batch)
    found = Query(g.viewer, table).fetch(ids[: limits.PAGE_ROWS])
    fields = permissions.access(g.viewer, table).fields
    return current_app.json.response(
        batch=batch if ids else None,
        text=pasted_text(block, len(ids)).to(g.lang),
        reload=len(ids) > limits.PAGE_ROWS,
        records=[
            {
                "id": one.id,
                "rev": one.rev,
                "title": one.title,
                "cells": cells.payload(one, fields, g.viewer.context),
            }
            for one in found
        ],
        problems=[
            {"id": one.record_id, "field": one.field_id, "error": one.reason.to(g.lang)}
            for one in block.troubles
        ],
    )


def pasted_text(block: pasting.Block, records: int) -> Text:
    if block.troubles:
        return _(
            "{n} records written; {left} cells were left as they were.",
            n=records,
            left=len(block.troubles),
        )
    if not records:
        return _("Nothing to change: it says so already.")
    return _("{n} records written.", n=records)


@room.page("/batches/<int:batch_id>/undo", post=True, loads="own batch")
def undo_batch(batch_id: int) -> Any:
    """Take back all of a paste or an import; what others changed since stays."""
    if batch_id > LARGEST_ID:
        raise Missing
    undone = bulk.undo(g.viewer, batch_id)
    count = undone.removed + undone.restored
    return current_app.json.response(records=count, left=len(undone.left), batch=undone.batch)


@room.page("/r/<int:table_id>/<int:record_id>/history", loads="record")
def record_history(table_id: int, record_id: int) -> Any:
    """Who changed what, when and through what."""
    table, found = load(table_id, record_id)
    entries = history.entries(g.viewer, table, changes.history(g.viewer, table, found.id))
    return http.page("record_history.html", entries=entries)


@room.page("/t/<int:table_id>/bin", loads="table")
def bin(table_id: int) -> Any:
    """The deleted records that the viewer could restore, the latest first."""
    table = load_table(table_id)
    g.table_id = table.id
    name = _("Bin").to(g.lang)
    return http.page(
        "bin.html",
        table=table,
        rows=history.binned(g.viewer, table),
        most=history.BIN_ROWS,
        crumbs=[*crumbs_of(table), (name, "")],
    )
