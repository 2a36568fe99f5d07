"""The one writer: create, update, delete, restore and undo records.

Each write is one transaction: values parsed, rights checked on the old and the new row, row and
links written, change and event noted. Refusals leave nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tracker import (
    changes,
    circles,
    clock,
    db,
    fieldtypes,
    files,
    idempotency,
    linking,
    models,
    permissions,
    rowrights,
    rows,
    schema,
    searchindex,
)
from tracker.computed import keeping
from tracker.errors import Conflict, Forbidden, Missing, Refused
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.text import Text, _

OUTSIDE = _("This field only takes certain records, and not this one.")


@dataclass(frozen=True)
class Saved:
    """What a write came to: the record, its revision and the entry in the log."""

    record_id: int
    rev: int
    change_id: int | None


def create(
    viewer: Viewer,
    table: Table,
    values: Mapping[Any, Any],
    *,
    via: str,
    key: str | None = None,
    depth: int = 0,
) -> Saved:
    """A new record. The same ``key`` again answers as the first time and writes nothing."""
    rights = permissions.access(viewer, table)
    if not rights.may("create"):
        raise Forbidden(_("You may not add records here."))

    def work() -> Saved:
        given = _parse(rights, values, create=True)
        given = {**_defaults(rights, given), **given}
        _need_required(table, given, table.fields, rights)
        record_id = rows.insert(viewer, table, given)
        files.claim(viewer, table, record_id, given)
        worked_out = keeping.made(table, [record_id], depth=depth).of_record(table, record_id, {})
        rowrights.check_new(rights, record_id, "create", _named(rights, values))
        circles.refuse(rights, record_id, given, new=True)
        searchindex.note(table, [record_id])
        logged = {field_id: [None, new] for field_id, new in given.items() if new is not None}
        logged |= worked_out
        change_id = changes.note(
            viewer, table, record_id, rev=1, kind="create", via=via, values=logged, depth=depth
        )
        return Saved(record_id, 1, change_id)

    return once(viewer, key, {"create": table.id, **_plain(values)}, work)


def update(
    viewer: Viewer,
    table: Table,
    record_id: int,
    values: Mapping[Any, Any],
    *,
    via: str,
    rev: int | None = None,
    key: str | None = None,
    batch: int | None = None,
    depth: int = 0,
) -> Saved:
    """Change some fields. With ``rev``, a field changed since by others raises `Conflict`."""
    rights = permissions.access(viewer, table)

    def work() -> Saved:
        old = _locked(viewer, table, record_id)
        given = _parse(rights, values, create=False, old=old)
        _refuse_unreadable(rights, record_id, given)
        if rev is not None and rev != old.rev:
            _refuse_conflict(viewer, table, record_id, rev, given)
        given |= _with_unseen_links(rights, old, given)
        return _apply(rights, old, given, via=via, batch=batch, depth=depth)

    return once(viewer, key, {"update": record_id, "table": table.id, **_plain(values)}, work)


def put(
    viewer: Viewer, table: Table, record_id: int, given: Mapping[int, Any], *, via: str
) -> Saved:
    """As `update`, with values already in stored form: what undo brings back."""
    rights = permissions.access(viewer, table)
    with rows.unique_as_refusal(), db.write():
        return _apply(rights, _locked(viewer, table, record_id), given, via=via)


def _locked(viewer: Viewer, table: Table, record_id: int) -> rows.Row:
    """The row, held; `Missing` when the viewer may not see it."""
    old = rows.lock(table, record_id)
    Query(viewer, table).only([]).one(record_id)
    return old


def _apply(
    rights: permissions.Access,
    old: rows.Row,
    given: Mapping[int, Any],
    *,
    via: str,
    batch: int | None = None,
    depth: int = 0,
) -> Saved:
    """Write what differs, within the rights on the row before and after."""
    viewer, table = rights.viewer, rights.table
    changed = {one: new for one, new in given.items() if rows.differs(old, one, new)}
    if not changed:
        return Saved(old.id, old.rev, None)
    _need_required(table, changed, [table.by_id[one] for one in changed], rights)
    open_lanes = rowrights.lanes(rights, old.id, "update")
    logged = {one: [old.values.get(one), new] for one, new in changed.items()}
    rows.update(viewer, table, old, changed)
    files.claim(viewer, table, old.id, changed)
    worked_out = keeping.wrote(table, {old.id: logged}, depth=depth)
    logged |= worked_out.of_record(table, old.id, old.values)
    rowrights.check_changed(rights, old.id, open_lanes, changed)
    circles.refuse(rights, old.id, changed)
    searchindex.note(table, [old.id], fields=changed)
    rev = old.rev + 1
    change_id = changes.note(
        viewer,
        table,
        old.id,
        rev=rev,
        kind="update",
        via=via,
        values=logged,
        batch=batch,
        depth=depth,
    )
    return Saved(old.id, rev, change_id)


def delete(
    viewer: Viewer, table: Table, record_id: int, *, via: str, batch: int | None = None
) -> Saved:
    """To the bin; links stay, so that restoring brings everything back."""
    return _bin(viewer, table, record_id, via=via, kind="delete", batch=batch)


def restore(
    viewer: Viewer, table: Table, record_id: int, *, via: str, batch: int | None = None
) -> Saved:
    """Back from the bin."""
    return _bin(viewer, table, record_id, via=via, kind="restore", batch=batch)


def _bin(
    viewer: Viewer, table: Table, record_id: int, *, via: str, kind: str, batch: int | None
) -> Saved:
    rights = permissions.access(viewer, table)
    with rows.unique_as_refusal(), db.write():
        old = rows.lock(table, record_id, binned=kind == "restore")
        if not rowrights.lanes(rights, record_id, "read"):
            raise Missing
        if not rowrights.lanes(rights, record_id, "delete"):
            raise Forbidden(_("You may not delete this record."))
        rows.set_binned(viewer, table, old, binned=kind == "delete")
        keeping.came_or_went(table, [record_id])
        if kind == "restore":  # the links that it had are there again
            circles.refuse(rights, record_id, table.by_id)
        change_id = changes.note(
            viewer, table, record_id, rev=old.rev + 1, kind=kind, via=via, values={}, batch=batch
        )
    return Saved(record_id, old.rev + 1, change_id)


def undo(viewer: Viewer, change_id: int, *, via: str = "undo") -> Saved:
    """Take one change back, where nobody has changed the same fields since."""
    change = models.Change.get_or_none(models.Change.id == change_id)
    table = _table_of(change)
    if change.kind == "create":
        return delete(viewer, table, change.record_id, via=via)
    if change.kind == "delete":
        return restore(viewer, table, change.record_id, via=via)
    if change.kind == "restore":
        return delete(viewer, table, change.record_id, via=via)
    rights = permissions.access(viewer, table)
    values = changes.written(change.values, table)
    turned = changes.turned_since(table, change_id)
    with db.write():
        current = _locked(viewer, table, change.record_id)
        if values.keys() - rowrights.readable(rights, change.record_id):
            raise Forbidden(_("This change touches fields you may not see."))
        for one, (_old, new) in values.items():
            if one in turned or rows.differs(current, one, new):
                raise Conflict(_("Somebody has changed this since; it was left as it is."))
        back = {one: old for one, (old, _new) in values.items()}
        return put(viewer, table, change.record_id, back, via=via)


def _table_of(change: Any) -> Table:
    if change is None:
        raise Missing
    return schema.current().table(change.table_id)


def undo_batch(viewer: Viewer, batch_id: int) -> int:
    """Take back everything a batch made or changed; the number of records touched."""
    batch = models.Batch.get_or_none(models.Batch.id == batch_id, models.Batch.undone_at.is_null())
    if batch is None or not (
        viewer.person_id == batch.person_id or viewer.is_admin or viewer.system
    ):
        raise Missing
    ids = [
        row.id
        for row in models.Change.select(models.Change.id)
        .where(models.Change.batch_id == batch_id)
        .order_by(models.Change.id.desc())
    ]
    with db.write():
        for change_id in ids:
            undo(viewer, change_id, via=f"undo:{batch_id}")
        models.Batch.update(undone_at=clock.now()).where(models.Batch.id == batch_id).execute()
    return len(ids)


# ── parts ────────────────────────────────────────────────────────────────────


def _parse(
    rights: permissions.Access,
    values: Mapping[Any, Any],
    *,
    create: bool,
    old: rows.Row | None = None,
) -> dict[int, Any]:
    """Field id → parsed value; every wrong answer is named, what was typed stays with the page."""
    given: dict[int, Any] = {}
    problems: dict[Any, Text] = {}
    for ref, raw in values.items():
        field = rights.field(ref)
        kind = fieldtypes.get(field)
        if not kind.written or not rights.writable(field.id, create=create):
            raise Forbidden(_("You may not write “{field}”.", field=field.name))
        try:
            given[field.id] = kind.parse(raw, field, rights.viewer.context)
        except Refused as refused:
            problems[field.id] = refused.text
    linking.check(rights, given, problems, old)
    if problems:
        raise Refused(next(iter(problems.values())), problems)
    return given


def _with_unseen_links(
    rights: permissions.Access, old: rows.Row, given: Mapping[int, Any]
) -> dict[int, Any]:
    """Links the writer cannot see stay, whatever list of visible ones they send."""
    kept = {}
    for field_id, value in given.items():
        field = rights.table.by_id[field_id]
        linked = old.values.get(field_id)
        if fieldtypes.get(field).family != "link" or not linked:
            continue
        seen = Query(rights.viewer, rights.table).linked(field, [old.id]).get(old.id, [])
        unseen = [one for one in linked if one not in seen and one not in (value or [])]
        kept[field_id] = [*(value or []), *unseen] or None
    return kept


def _defaults(rights: permissions.Access, given: Mapping[int, Any]) -> dict[int, Any]:
    """Defaults of the fields that were not given; ``{"var": "me"}`` and ``today`` are filled in."""
    filled = {}
    for field in rights.table.fields:
        if field.id not in given and field.default is not None:
            filled[field.id] = default_value(field, rights.viewer)
    return filled


def default_value(field: Field, viewer: Viewer) -> Any:
    """The default of a field for this viewer, as a stored value."""
    raw = field.default
    if isinstance(raw, dict) and "var" in raw:
        return next(iter(viewer.variable(raw["var"])), None)
    if raw == "today":
        raw = viewer.context.today()
    if raw == "now":
        return clock.now().isoformat(sep=" ")
    return fieldtypes.get(field).parse(raw, field, viewer.context)


def _need_required(
    table: Table, given: Mapping[int, Any], fields: Any, rights: permissions.Access
) -> None:
    missing = [
        field
        for field in fields
        if field.required and fieldtypes.get(field).written and _empty(given.get(field.id))
    ]
    problems = {
        one.id: _("“{field}” is needed.", field=one.name)
        for one in missing
        if rights.level(one.id) >= 1
    }
    if missing:
        raise Refused(next(iter(problems.values()), rowrights.UNSEEN), problems)


def _empty(value: Any) -> bool:
    """Nothing, or a box that is not ticked; a zero is an answer."""
    return value is None or value is False


def _named(rights: permissions.Access, values: Mapping[Any, Any]) -> list[int]:
    return [rights.field(ref).id for ref in values]


def _refuse_unreadable(
    rights: permissions.Access, record_id: int, given: Mapping[int, Any]
) -> None:
    """Before anything is compared: what stands in a field hidden in this row is not to be guessed,
    neither from a conflict nor from a write that changes nothing.
    """
    for field_id in given.keys() - rowrights.readable(rights, record_id):
        name = rights.table.by_id[field_id].name
        raise Forbidden(_("You may not write “{field}”.", field=name))


def _refuse_conflict(
    viewer: Viewer, table: Table, record_id: int, rev: int, given: Mapping[int, Any]
) -> None:
    """Different fields merge; the same field raises, with the value that stands now."""
    touched = changes.touched_since(table, record_id, rev)
    both = {
        one: touched[one][1] for one in given if one in touched and touched[one][1] != given[one]
    }
    if both:
        raise Conflict(_("Somebody else changed this meanwhile."), values=both, given=dict(given))


def _plain(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in values.items()}


def once(viewer: Viewer, key: str | None, request: Any, work: Callable[[], Saved]) -> Saved:
    """Run ``work`` in one transaction, once per idempotency key; ``request`` is what was asked."""

    def answer() -> list[Any]:
        saved = work()
        return [saved.record_id, saved.rev, saved.change_id]

    return Saved(*idempotency.repeatable(viewer, key, request, answer))
