"""Another type for a field: values are converted beside the old ones, and it can be taken back.

The field keeps its id, so views, forms and rights hold on to it. What does not convert stays as
a stray; the old values stay where they are until they are purged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tracker import (
    bulk,
    circles,
    clock,
    db,
    ddl,
    fieldtypes,
    kept,
    models,
    rows,
    schema,
    searchindex,
    uses,
)
from tracker.computed import settling
from tracker.conversion import Conversion, target_of
from tracker.errors import Missing, Problem, Refused
from tracker.permissions import Viewer, need_coordinator
from tracker.schema import Field
from tracker.storages import Storage, generation, next_generation, swap_strays
from tracker.text import Text, _

CHUNK = 5_000
SAMPLES = 20
Progress = Callable[[int, int], None]  # records done, records in all


@dataclass(frozen=True)
class Sample:
    """A record whose value does not convert, or says less afterwards."""

    record_id: int
    text: str
    reason: Text


@dataclass
class Report:
    """What a change of type does to the values, counted over the records that are not binned."""

    converts: int = 0
    fails: int = 0
    loses: int = 0  # of those that convert: rounded, or without their time
    samples: list[Sample] = field(default_factory=list)  # of those that fail
    losses: list[Sample] = field(default_factory=list)
    options: list[str] = field(default_factory=list)  # that the values make
    doubles: bool = False  # the field is unique, and converted values are not
    uses: list[Text] = field(default_factory=list)  # conditions that would no longer work
    batch_id: int = 0  # what `undo` takes; 0 where nothing was written


def plan(
    viewer: Viewer, field: Field, new_type: str, options: dict[str, Any] | None = None
) -> Report:
    """What `apply` would do; nothing is written."""
    _need(viewer, field)
    new = target_of(field, new_type, options)
    report = Report()
    conversion = Conversion(viewer, field, new)
    seen: set[Any] = set()
    last = 0
    storage = Storage(field)
    while values := storage.after(last, CHUNK):
        last = max(values)
        for record_id, (value, stray) in values.items():
            outcome = conversion(value, stray)
            if record_id in storage.binned:
                continue
            _count(report, record_id, outcome)
            if field.unique and outcome.value is not None:
                key = repr(outcome.value)
                report.doubles = report.doubles or key in seen
                seen.add(key)
    report.options = conversion.added
    report.uses = uses.broken_by(conversion.finished())
    return report


def _need(viewer: Viewer, field: Field) -> None:
    need_coordinator(viewer, schema.current().table(field.table_id).base_id)


def _count(report: Report, record_id: int, outcome: Any) -> None:
    if outcome.stray is not None:
        report.fails += 1
        told = report.samples
    else:
        report.converts += outcome.value is not None
        report.loses += outcome.reason is not None
        told = report.losses
    if outcome.reason is not None and len(told) < SAMPLES:
        told.append(Sample(record_id, outcome.kept[:200], outcome.reason))


def apply(
    viewer: Viewer,
    field: Field,
    new_type: str,
    options: dict[str, Any] | None = None,
    *,
    progress: Progress | None = None,
) -> Report:
    """Change the type. Others go on working meanwhile; at the end everything changes at once."""
    _need(viewer, field)
    new = target_of(field, new_type, options)
    report = Report()
    turn = _Turn(viewer, field, _housed(field, new), report)
    turn.prepare()
    try:
        turn.convert(progress)
        turn.finish()
    except BaseException:
        turn.abandon()
        raise
    return report


def _housed(field: Field, new: Field) -> Field:
    """The new field with a storage of its own."""
    number = next_generation(field)
    options = {**new.options, "column": number}
    if fieldtypes.get(new).family == "link":
        options["junction"] = f"{field.id}_{number}"
    return replace(new, options=options)


class _Turn:
    """One change of type under way: old storage, new storage, and what became of the values."""

    def __init__(self, viewer: Viewer, old: Field, new: Field, report: Report) -> None:
        self.viewer, self.report = viewer, report
        self.old, self.new = Storage(old), Storage(new)
        self.conversion = Conversion(viewer, old, new)
        self.since = 0  # the last entry of the log that the conversion has seen
        self.last = 0  # the last record converted
        self.failed: set[int] = set()

    def prepare(self) -> None:
        table = schema.current().table(self.old.field.table_id)
        with db.write():
            hold(table.sql_name)  # from here on, whoever writes leaves an entry after ``since``
            self.new.make()
            self.since = kept.last_id(table)

    def convert(self, progress: Progress | None) -> None:
        """All records, chunk by chunk, each a transaction of its own."""
        total = db.query(f"SELECT COUNT(*) FROM {self.old.table}")[0][0]
        done = 0
        while values := self._next():
            done += len(values)
            if progress:
                progress(min(done, total), total)

    def _next(self) -> Any:
        with db.write():
            values = self.old.after(self.last, CHUNK)
            self._write(values)
            self.last = max(values, default=self.last)
        return values

    def _write(self, values: Any) -> None:
        found = {}
        for record_id, (value, stray) in values.items():
            outcome = self.conversion(value, stray)
            if record_id not in self.old.binned:
                _count(self.report, record_id, outcome)
            if outcome.value is not None or outcome.stray is not None:
                found[record_id] = outcome.value, outcome.stray
        self.new.write(found)

    def finish(self) -> None:
        """What was written meanwhile is converted again; then the field is of its new type."""
        with db.write():
            hold(self.old.table)
            current = schema.current().fields.get(self.old.field.id)
            if current is None or generation(current) != generation(self.old.field):
                raise Refused(
                    _("Somebody else has changed this field meanwhile. Look at it again.")
                )
            self._catch_up()
            while self._next():
                pass
            new = self.conversion.finished()
            why = circles.standing(self.viewer, new)
            if why is not None:
                raise Refused(why)
            self.report.options = self.conversion.added
            self.report.uses = uses.broken_by(new)
            default = _default(self.viewer, self.old.field, self.conversion)
            until = switch(self.old.field, replace(new, default=default), self.report)
            self.report.batch_id = _noted(self.viewer, self.old.field, new, until)

    def _catch_up(self) -> None:
        rows_ = db.query(
            "SELECT DISTINCT record_id FROM change "
            "WHERE table_id = ? AND id > ? AND record_id <= ?",
            self.old.field.table_id,
            self.since,
            self.last,
        )
        for part in bulk.chunks(sorted(row[0] for row in rows_)):
            reconvert(part, self.old, self.new, self.conversion)

    def abandon(self) -> None:
        """Whatever went wrong: the new storage goes, the field is as it was."""
        with db.write():
            self.new.drop()


def reconvert(ids: list[int], old: Storage, new: Storage, conversion: Conversion) -> None:
    """Convert these records again, whatever the new storage held of them."""
    outcomes = {one: conversion(*pair) for one, pair in old.of(ids).items()}
    new.write({one: (found.value, found.stray) for one, found in outcomes.items()})


def hold(table: str) -> None:
    """Keep others from writing into the table until the transaction ends; reading goes on."""
    if not db.is_sqlite():
        db.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")


def _default(viewer: Viewer, old: Field, conversion: Conversion) -> Any:
    """The default as one of the new type, where it converts."""
    if old.default is None or isinstance(old.default, dict):
        return None
    if old.default in ("today", "now"):
        return old.default if fieldtypes.get(conversion.new).family == "time" else None
    try:
        value = fieldtypes.get(old).parse(old.default, old, viewer.context)
    except Problem:
        return None
    found, new = conversion(value, None).value, conversion.finished()
    if fieldtypes.get(new).family in {"one", "many", "link"}:
        return found
    return fieldtypes.get(new).json(found, new, viewer.context)


def switch(old: Field, new: Field, report: Report | None = None) -> int:
    """Make ``new`` what the field is; the last entry of the log before that."""
    table = schema.current().table(old.table_id)
    swap_strays(Storage(old), Storage(new), CHUNK)
    ddl.drop_indexes(old)  # the worker makes them again for the new column
    unique = new.unique and fieldtypes.get(new).stored
    if unique and _doubled(new):
        unique = False
        if report is not None:
            report.doubles = True
    options = new.options
    if "kept" in options:  # worked out long ago
        options = {**options, "kept": {**options["kept"], "mark": ""}}
    models.Field.update(type=new.type, options=options, unique=unique, default=new.default).where(
        models.Field.id == new.id
    ).execute()
    if unique:
        ddl.set_unique(new, True)
    if table.title and table.title.id == new.id:
        _retitle(new)
    searchindex.renew(old.table_id)
    schema.changed()
    settling.settle()
    return kept.last_id(table)


def _doubled(field: Field) -> bool:
    return bool(
        db.query(
            f"SELECT 1 FROM t{field.table_id} WHERE deleted_at IS NULL AND {field.column} "
            f"IS NOT NULL GROUP BY {field.column} HAVING COUNT(*) > 1 LIMIT 1"
        )
    )


def _retitle(field: Field) -> None:
    """What records are found by, after the field that names them has changed."""
    table = schema.current().table(field.table_id)
    titled = replace(table, by_id={**table.by_id, field.id: field})
    if table.fields[0].id == field.id:
        titled = replace(titled, fields=(field, *table.fields[1:]))
    storage, last = Storage(field), 0
    while values := storage.after(last, CHUNK):
        last = max(values)
        found = []
        for record_id, (value, _stray) in values.items():
            cells = rows.title_cells(titled, {field.id: value})
            found.append((cells.get("title"), cells.get("initials"), record_id))
        db.execute_many(f"UPDATE {storage.table} SET title = ?, initials = ? WHERE id = ?", found)


def _noted(viewer: Viewer, old: Field, new: Field, until: int) -> int:
    batch = models.Batch.create(
        kind="retype",
        table_id=old.table_id,
        person_id=viewer.person_id,
        info={"field": old.id, "until": until, "before": _shape(old), "after": _shape(new)},
    )
    return int(batch.id)


def _shape(field: Field) -> dict[str, Any]:
    return {
        "type": field.type,
        "options": field.options,
        "unique": field.unique,
        "default": field.default,
    }


# ── taking back ──────────────────────────────────────────────────────────────


def undo(viewer: Viewer, batch_id: int) -> list[int]:
    """Give a field its old type and values back; the records whose later edits do not convert.

    Values that nobody touched since come back byte for byte; later edits are converted back.
    """
    with db.write():
        batch, current = _loaded(viewer, batch_id)
        if batch.undone_at is not None or generation(current) != _generation(batch.info["after"]):
            raise Refused(_("This change of type cannot be taken back any more."))
        old = replace(current, **batch.info["before"])
        hold(f"t{current.table_id}")
        conversion = Conversion(viewer, current, old)
        back, lost = Storage(old), []
        for part in bulk.chunks(_edited_since(current, batch.info["until"])):
            reconvert(part, Storage(current), back, conversion)
            lost += [one for one, (_value, stray) in _beside(back, part).items() if stray]
        until = switch(current, _with_standing(old, conversion))
        undone = _noted(viewer, current, old, until)
        now = clock.now()
        ids = [batch_id, undone]
        models.Batch.update(undone_at=now).where(models.Batch.id.in_(ids)).execute()
    return lost


def _with_standing(old: Field, conversion: Conversion) -> Field:
    """The old field with options for what was written since."""
    finished = conversion.finished()
    return replace(old, options={**old.options, **finished.options})


def _beside(storage: Storage, ids: list[int]) -> dict[int, tuple[Any, str | None]]:
    """The strays that lie beside a storage that is not in use."""
    marks = ", ".join("?" * len(ids))
    found = db.query(
        f"SELECT id, {storage.strays} FROM {storage.table} WHERE id IN ({marks})", *ids
    )
    return {record_id: (None, stray) for record_id, stray in found}


def _generation(shape: dict[str, Any]) -> int:
    return int(shape["options"].get("column") or 0)


def _edited_since(field: Field, until: int) -> list[int]:
    """The records in which somebody wrote this field after entry ``until`` of the log."""
    change = models.Change
    entries = change.select(change.record_id, change.values).where(
        change.table_id == field.table_id, change.id > until
    )
    return sorted({entry.record_id for entry in entries if str(field.id) in entry.values})


def purge(viewer: Viewer, batch_id: int) -> None:
    """Let go of the values that a change of type (or its undoing) left behind."""
    with db.write():
        batch, current = _loaded(viewer, batch_id)
        gone = "after" if batch.undone_at is not None else "before"
        left = replace(current, **batch.info[gone])
        if batch.info.get("purged") or generation(left) == generation(current):
            raise Missing
        Storage(left).drop()
        done = {"info": {**batch.info, "purged": True}, "undone_at": batch.undone_at or clock.now()}
        models.Batch.update(**done).where(models.Batch.id == batch_id).execute()


def _loaded(viewer: Viewer, batch_id: int) -> tuple[models.Batch, Field]:
    batch = models.Batch.get_or_none(models.Batch.id == batch_id, models.Batch.kind == "retype")
    field = schema.current().fields.get(batch.info["field"]) if batch else None
    if batch is None or field is None:
        raise Missing
    _need(viewer, field)
    return batch, field
