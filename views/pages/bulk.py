"""Many records of a grid at once: one field set, or all of them deleted; one step back."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request

from tracker import bulk, fieldtypes, limits, models, permissions, records
from tracker.errors import Forbidden, Missing, Refused, TooMuch
from tracker.records import Saved
from tracker.text import _
from views import cells, http, pasting
from views.pages.records import (
    LARGEST_ID,
    block_answer,
    field_context,
    load_table,
    sent,
    sent_key,
    sent_values,
)
from views.room import Room

room = Room("bulk")


@room.page("/r/<int:table_id>/bulk", loads="table")
def ask(table_id: int) -> Any:
    """The field to set and its editor; ``field`` names one, else the first."""
    table = load_table(table_id)
    rights = permissions.access(g.viewer, table)
    fields = [one for one in rights.fields if fits(rights, one)]
    if not fields:
        raise Forbidden(_("Your role does not let you change this field."))
    wanted = request.args.get("field", "")
    chosen = next((one for one in fields if str(one.id) == wanted), fields[0])
    return http.fragment(
        "bulk_edit.html",
        "bulk",
        table=table,
        fields=[cells.describe(rights, one, g.lang) for one in fields],
        chosen=chosen.id,
        f=field_context(rights, None, chosen),
    )


def fits(rights: permissions.Access, one: Any) -> bool:
    """Whether many records can be given the same: not files, not what is worked out."""
    kind = fieldtypes.get(one)
    return kind.family != "files" and not one.unique and cells.readonly(rights, one) is None


@room.page("/r/<int:table_id>/bulk", post=True, loads="table")
def set_fields(table_id: int) -> Any:
    """The same values into all: ``{"ids": […], "values": {field: raw}, "key"}``, one batch."""
    table = load_table(table_id)
    body = sent()
    values = sent_values(body)
    lines = [pasting.Line(one, 0, values) for one in sent_ids(body)]
    batch, block = pasting.paste(g.viewer, table, lines, key=sent_key(body), via="bulk")
    return block_answer(table, batch, block)


def sent_ids(body: dict[str, Any]) -> list[int]:
    ids = body.get("ids")
    if not isinstance(ids, list) or not ids:
        raise Refused(_("This request cannot be read."))
    if not all(type(one) is int and 0 < one <= LARGEST_ID for one in ids):
        raise Refused(_("This request cannot be read."))
    if len(ids) > limits.BULK_RECORDS:
        raise TooMuch(_("At most {limit} records change in one go.", limit=limits.BULK_RECORDS))
    return list(dict.fromkeys(ids))


@room.page("/r/<int:table_id>/bulk/delete", post=True, loads="table")
def delete(table_id: int) -> Any:
    """To the bin: ``{"ids": […], "key"}``, one batch."""
    table = load_table(table_id)
    body = sent()
    ids, viewer = sent_ids(body), g.viewer

    def work() -> Saved:
        batch = models.Batch.create(kind="bulk", table_id=table.id, person_id=viewer.person_id)
        bulk.delete_many(viewer, table, ids, via="bulk", batch=batch.id)
        bulk.raise_events(batch.id)
        return Saved(int(batch.id), 0, None)

    asked = {"delete": table.id, "ids": ids}
    batch = records.once(viewer, sent_key(body), asked, work).record_id
    moved = pasting.touched(batch)
    if not moved:
        raise Missing if len(ids) == 1 else Forbidden(_("You may not delete these records."))
    left = len(ids) - len(moved)
    text = _("{n} records deleted.", n=len(moved))
    if left:
        text = _("{n} records deleted, {left} stay.", n=len(moved), left=left)
    return current_app.json.response(batch=batch, records=len(moved), text=text.to(g.lang))
