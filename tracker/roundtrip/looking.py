"""The look at filled-in templates: every file compared, what would be refused found out, told.

The answer is a report as JSON can hold it, and the compared rows in a file of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracker import models
from tracker.context import Context
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.roundtrip import applying, comparing, spool
from tracker.roundtrip.applying import Decisions
from tracker.roundtrip.cells import CONFLICT, THEIRS
from tracker.roundtrip.comparing import Comparison, OneFile, Picks
from tracker.roundtrip.marks import Signer
from tracker.schema import Table
from tracker.text import _

TITLES = 50  # removed records that are named
Tell = Callable[[int, int], None]


@dataclass
class Looked:
    """``files`` tell of each file, ``names`` of what is to be settled, ``missing`` of who of the
    ``among`` has not sent one.
    """

    files: list[dict[str, Any]] = field(default_factory=list)
    names: list[dict[str, Any]] = field(default_factory=list)
    among: int = 0
    missing: list[str] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        return dict(vars(self))


def look(
    viewer: Viewer,
    table: Table,
    files: list[tuple[Path, str]],
    target: Path,
    *,
    signer: Signer,
    picks: Picks | None = None,
    tell: Tell | None = None,
) -> Looked:
    """Compare ``files`` (path, name); the rows that differ go into ``target``."""
    looked = Looked()
    whole = Comparison(viewer, table, signer, picks or {})
    spool.write(target, _lines(whole, files, looked, tell))
    _rehearse(viewer, table, target, looked)
    context = viewer.context
    looked.names = [one.json() for one in whole.unknown.all()]
    _roll_call(whole, looked, context)
    return looked


def _lines(
    whole: Comparison, files: list[tuple[Path, str]], looked: Looked, tell: Tell | None
) -> Iterator[spool.Line]:
    for number, (path, name) in enumerate(files):
        one = whole.file(path, name)
        told: dict[str, Any] = {"file": name, "rows": 0, "conflicts": 0, "theirs": 0}
        told |= dict.fromkeys((comparing.NEW, comparing.CHANGED, comparing.SAME), 0)
        told[comparing.REJECTED] = 0
        looked.files.append(told)
        for found in one.rows():
            told["rows"] += 1
            told[found.kind] += 1
            told["conflicts"] += sum(cell.state == CONFLICT for cell in found.cells)
            told["theirs"] += sum(cell.state == THEIRS for cell in found.cells)
            if found.kind != comparing.SAME or found.cells:
                yield spool.line(number, found, whole.viewer.context)
        _tell_of(told, one, whole)
        if tell:
            tell(number + 1, len(files))


def _tell_of(told: dict[str, Any], one: OneFile, whole: Comparison) -> None:
    """What is known of a file once all its rows are read."""
    lang = whole.viewer.context.lang
    sheet = one.reader.sheet
    told["refused"] = one.refused.to(lang) if one.refused else ""
    notes = list(sheet.notes)
    if one.locked:
        notes.append(_("{n} changed cells are read-only and were left as they are.", n=one.locked))
    if sheet.merges:
        notes.append(
            _("Merged cells: their value counts in each row; cells beside it stay as they are.")
        )
    if sheet.left_out:
        names = ", ".join(sheet.left_out[:20])
        notes.append(_("Columns that are no field here were left out: {names}.", names=names))
    told["notes"] = [note.to(lang) for note in notes]
    head = one.head
    told["for"] = comparing.holder_name(whole.table, head)
    told["of"] = [head.by, head.value] if head and head.value else None
    told["among"] = head.among if head else []
    told["made"] = head.at if head else ""
    gone = one.removed() if not one.refused else []
    query = Query(whole.viewer, whole.table).only([])
    standing = query.fetch(gone[:1000])
    told["removed"] = len(standing) + max(0, len(gone) - 1000)
    told["removed_titles"] = [record.title or f"#{record.id}" for record in standing[:TITLES]]


def _rehearse(viewer: Viewer, table: Table, target: Path, looked: Looked) -> None:
    """Write and take back: what rules, needed fields and doubles refuse is known before."""
    applied = applying.apply(viewer, table, spool.read(target), Decisions(), dry_run=True)
    if not applied.rejected:
        return
    lang = viewer.context.lang
    wrong = {(file, row): why.to(lang) for file, row, why in applied.rejected}
    lines = list(_rejecting(spool.read(target), wrong, looked))
    spool.write(target, iter(lines))


def _rejecting(
    lines: Iterator[spool.Line], wrong: dict[tuple[int, int], str], looked: Looked
) -> Iterator[spool.Line]:
    for line in lines:
        why = wrong.get((line["file"], line["row"]))
        if why is not None:
            told = looked.files[line["file"]]
            told[line["kind"]] -= 1
            told[comparing.REJECTED] += 1
            line |= {"kind": comparing.REJECTED, "why": [why]}
        yield line


def _roll_call(whole: Comparison, looked: Looked, context: Context) -> None:
    """Who was to send a file and has not: everybody for whom templates were made in one go."""
    came: dict[int, set[int]] = {}
    wanted: dict[int, set[int]] = {}
    for told in looked.files:
        if told["of"] and not told["refused"]:
            by, value = told["of"]
            came.setdefault(by, set()).add(value)
            wanted.setdefault(by, set()).update(told["among"])
    for by, ids in wanted.items():
        ids -= {0}
        looked.among += len(ids)
        person = by in whole.columns and whole.comparers[by].kind.widget == "person"
        model = models.Person if person else models.Department
        rows = model.select(model.name).where(model.id.in_(sorted(ids - came[by])))
        looked.missing += [name for (name,) in rows.order_by(model.name).tuples()]
