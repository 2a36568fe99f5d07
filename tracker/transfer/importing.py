"""Files become records: a new table, or rows added to (or updating) one that stands.

First the file is read and converted into a spool, then everything is written in one transaction:
others wait only for the writing. No cell is lost: what does not convert stays as a stray.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracker import bulk, db, limits, models, newtable, permissions, schema, tables
from tracker.errors import Forbidden, Refused
from tracker.permissions import Access, Viewer
from tracker.schema import Base, Field, Table
from tracker.text import Text, _
from tracker.transfer import columns, naming, reading, upserting
from tracker.transfer.columns import Column, Plan, Spool
from tracker.transfer.nearness import Picked, Unknown, Unknowns
from tracker.transfer.reading import Preview

Progress = Callable[[int, int], None]  # rows done, rows in all
Picks = dict[str, dict[str, int]]  # field id → name as written → the record meant


@dataclass(frozen=True, slots=True)
class Doubt:
    """A cell that was not taken as it stands; ``kept`` is what the file says there.

    As a ``stray`` it stays with the record, visible in its field, until somebody puts it right.
    """

    row: int
    column: str
    reason: Text
    kept: str
    stray: bool


@dataclass
class Report:
    """What an import did, or with ``dry_run`` would do. Rows are numbered as in the file."""

    table_id: int | None = None
    batch_id: int | None = None
    rows: int = 0
    created: int = 0
    updated: int = 0
    same: int = 0
    rejected: list[tuple[int, Text]] = field(default_factory=list)
    warnings: list[Doubt] = field(default_factory=list)
    warned: int = 0  # all cells with a warning, also those beyond `limits.IMPORT_WARNINGS`
    skipped: list[str] = field(default_factory=list)  # columns that were left out
    notes: list[Text] = field(default_factory=list)  # about the file as a whole
    names: list[Unknown] = field(default_factory=list)  # to be settled before anything is written

    def json(self, lang: str) -> dict[str, Any]:
        """For programs and the command line."""
        return {
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.same,
            "rejected": [{"row": row, "reason": why.to(lang)} for row, why in self.rejected],
            "warnings": [
                {
                    "row": one.row,
                    "column": one.column,
                    "reason": one.reason.to(lang),
                    "kept": one.kept[:200],
                }
                for one in self.warnings
            ],
            "warned": self.warned,
            "skipped_columns": self.skipped,
            "notes": [note.to(lang) for note in self.notes],
            "table": self.table_id,
            "batch": self.batch_id,
        }


class _Rehearsed(Exception):
    """Takes everything back at the end of a dry run."""


def run(
    viewer: Viewer,
    table: Table,
    path: Path,
    *,
    mapping: Plan | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    key_field: Any = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    notes: bool | None = None,
    picks: Picks | None = None,
    ask: bool = False,
    dry_run: bool = False,
    events: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Import a file into ``table``; without ``mapping``, columns go into the fields of their names.

    With ``key_field``, a row updates the record that has its key. ``notes``: take rows, too, that
    look like notes or totals; by default only from files that have the table's shape. ``picks`` are
    names that somebody settled. With ``ask``, nothing is written while names of links have near
    misses: they come back as the report's ``names``. Raises
    `Refused` for files that cannot be read and mappings that do not fit, `Forbidden` for what the
    viewer may not write.
    """
    rights = permissions.access(viewer, table)
    if not rights.may("create") and not (key_field is not None and rights.may("update")):
        raise Forbidden(_("You may not add records here."))
    preview = _preview(viewer, path, sheet, header_row, encoding, delimiter)
    plan = columns.by_name(rights, preview) if mapping is None else mapping
    job = _Job(viewer, table.base_id, path, preview)
    job.columns = columns.planned(viewer, rights, table.base_id, preview=preview, plan=plan)
    job.key = rights.field(key_field) if key_field is not None else None
    job.whole = columns.is_like(rights, preview) if notes is None else notes
    _check_rights(rights, job.columns, job.key)
    _settle(job.columns, picks or {})
    job.asking = ask
    return job.done(lambda: table, dry_run=dry_run, events=events, progress=progress)


def create_from(
    viewer: Viewer,
    base: Base,
    path: Path,
    name: str,
    *,
    mapping: Plan | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    notes: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Make a table of a file; without ``mapping``, every column becomes a field as guessed."""
    permissions.need_coordinator(viewer, base.id)
    name = tables.clean_name(name)
    preview = _preview(viewer, path, sheet, header_row, encoding, delimiter)
    plan = columns.as_guessed(preview) if mapping is None else mapping
    job = _Job(viewer, base.id, path, preview)
    job.columns = columns.planned(viewer, None, base.id, preview=preview, plan=plan)
    job.making, job.whole = True, notes

    def make() -> Table:
        now = schema.current().base(base.id)
        return tables.create_table(viewer, now, name, title=None)

    return job.done(make, dry_run=dry_run, events=False, progress=progress)


def _preview(
    viewer: Viewer,
    path: Path,
    sheet: str | None,
    header_row: int | None,
    encoding: str | None,
    delimiter: str | None,
) -> Preview:
    found = reading.preview(
        path,
        sheet=sheet,
        header_row=header_row,
        encoding=encoding,
        delimiter=delimiter,
        lang=viewer.context.lang,
    )
    if not found.columns:
        raise Refused(next(iter(found.notes), _("There is no data in this file.")))
    return found


def _check_rights(rights: Access, found: list[Column], key: Field | None) -> None:
    """Refuse before the file is read what would be refused after."""
    if key is not None:
        upserting.check_key(key)
        if all(column.field.id != key.id for column in found):
            text = _("No column goes into “{field}”, the key of this import.", field=key.name)
            raise Refused(text, {key.id: text})
    create = rights.may("create") and key is None
    for column in found:
        one = column.field
        if column.new is None and one is not key and not rights.writable(one.id, create=create):
            raise Forbidden(_("You may not write “{field}”.", field=one.name))


def _settle(found: list[Column], picks: Picks) -> None:
    """Names mean what somebody picked for them, among what this viewer may see."""
    for column in found:
        settled = picks.get(str(column.field.id))
        if settled and column.convert.names is not None:
            column.convert.names = Picked(column.convert.names, settled)


class _Job:
    """One import: the file read into a spool, the spool written in one transaction."""

    def __init__(self, viewer: Viewer, base_id: int, path: Path, preview: Preview) -> None:
        self.viewer, self.base_id, self.path, self.preview = viewer, base_id, path, preview
        self.columns: list[Column] = []
        self.key: Field | None = None
        self.making = False
        self.whole = False  # rows that look like notes are records, too
        self.asking = False
        self.unknown = Unknowns()
        self.report = Report(notes=list(preview.notes))
        self.tell: Callable[[int], None] = lambda done: None

    def done(
        self,
        table: Callable[[], Table],
        *,
        dry_run: bool,
        events: bool,
        progress: Progress | None,
    ) -> Report:
        taken = {column.name for column in self.columns}
        if self.whole:  # then nothing was left out
            kept = [note for note in self.report.notes if not note.message.startswith("Left out")]
            self.report.notes = kept
        self.report.skipped = [
            column.name for column in self.preview.columns if column.name not in taken
        ]
        if progress:  # reading is one half of the work, writing the other
            rows, tell = self.preview.rows, progress
            self.tell = lambda steps: tell(min(steps // 2, rows), rows)
        spool, report = Spool(), self.report
        try:
            self._read(spool)
            report.names = [one for one in self.unknown.all() if one.near]
            if report.names:
                return report
            with db.write():
                self._write(spool, table(), events=events)
                if dry_run:
                    raise _Rehearsed
        except _Rehearsed:
            self.report.batch_id = None
            self.report.table_id = None if self.making else self.report.table_id
        finally:
            spool.close()
        self.report.rejected.sort(key=lambda one: one[0])
        return self.report

    def _read(self, spool: Spool) -> None:
        report, seen = self.report, self.preview
        rows = reading.rows(
            self.path,
            sheet=seen.sheet,
            header_row=seen.header_row,
            encoding=seen.encoding,
            delimiter=seen.delimiter,
            notes=self.whole,
        )
        for row in rows:
            report.rows += 1
            if row.problem is not None:
                report.rejected.append((row.number, row.problem))
            else:
                columns.fill(spool, self.columns, row, self._doubt)
            if not report.rows % 500:
                self.tell(report.rows)

    def _doubt(self, row: int, column: Column, problem: Any) -> None:
        self.report.warned += 1
        names = column.convert.names
        if self.asking and column.field.type == "link" and names is not None and problem.stray:
            missing = [one for one in naming.split(problem.kept) if names.find(one) is None]
            self.unknown.note(column.field.id, names, missing)
        if len(self.report.warnings) < limits.IMPORT_WARNINGS:
            one = Doubt(row, column.name, problem.reason, problem.kept, problem.stray)
            self.report.warnings.append(one)

    def _write(self, spool: Spool, table: Table, *, events: bool) -> None:
        report = self.report
        fields = [one for _column, one in columns.made(self.columns, self.viewer, table)]
        if self.making:
            self._choose_title(table, fields)
            newtable.furnish(self.viewer, schema.current().table(table.id))
        table = schema.current().table(table.id)
        batch = models.Batch.create(
            kind="import", table_id=table.id, person_id=self.viewer.person_id
        )
        outcome = self._put(table, self._items(spool, fields), batch.id)
        report.table_id, report.batch_id = table.id, batch.id
        report.created, report.same = len(outcome.ids), outcome.same
        report.updated = outcome.updated
        report.rejected += outcome.rejected
        batch.info = self._info()
        batch.save()
        if events:
            bulk.raise_events(batch.id)

    def _choose_title(self, table: Table, fields: list[Field]) -> None:
        best = columns.title_of(self.columns)
        if best is not None:
            title = fields[self.columns.index(best)].id
            tables.update_table(self.viewer, table, options={"title": title})

    def _put(self, table: Table, items: Iterator[bulk.Item], batch_id: int) -> bulk.Outcome:
        rows = self.report.rows

        def told(done: int) -> None:
            self.tell(rows + done)

        noted: dict[str, Any] = {"via": f"import:{batch_id}", "batch": batch_id, "progress": told}
        if self.key is None:
            return bulk.insert_many(self.viewer, table, items, **noted)
        return upserting.upsert(self.viewer, table, items, key=self.key, **noted)

    def _items(self, spool: Spool, fields: list[Field]) -> Iterator[bulk.Item]:
        """The spooled rows with real field ids, and real ids for options that were new."""
        ids = [one.id for one in fields]
        renumbered = [
            (place, columns.option_ids(column, one))
            for place, (column, one) in enumerate(zip(self.columns, fields, strict=True))
            if column.convert.fresh
        ]
        for number, values, strays in spool:
            for place, real in renumbered:
                values[place] = _renumbered(values[place], real)
            kept = {ids[int(place)]: text for place, text in strays.items()}
            yield bulk.Item(number, dict(zip(ids, values, strict=True)), kept)

    def _info(self) -> dict[str, Any]:
        report = self.report
        return {
            "file": self.path.name[:255],
            "rows": report.rows,
            "created": report.created,
            "updated": report.updated,
            "rejected": len(report.rejected),
            "warned": report.warned,
            "made_table": self.making,
        }


def _renumbered(value: Any, real: dict[int, int]) -> Any:
    if isinstance(value, list):
        return [real.get(one, one) for one in value]
    return real.get(value, value)
