"""An upload of files that become linked tables: kept, surveyed, confirmed, made, taken back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracker import db, limits, schema, uploads, working
from tracker.errors import Missing
from tracker.models import Batch
from tracker.permissions import Viewer
from tracker.relating import making
from tracker.relating.survey import Survey, plain, survey
from tracker.roundtrip import trips
from tracker.schema import Base
from tracker.tables import clean_name

READING, READ, MAKING, DONE = "relate-reading", "relate", "relate-making", "relate-done"
BUSY = {READING, MAKING}
KINDS = {READING, READ, MAKING, DONE}


@dataclass
class Choices:
    """What the person confirmed: names of tables by file, links by number, words by link."""

    names: dict[int, str] = field(default_factory=dict)
    links: list[int] = field(default_factory=list)
    aliases: dict[int, dict[str, str]] = field(default_factory=dict)


def keep(folder: Path, files: trips.Incoming, *, viewer: Viewer, base: Base) -> Batch:
    kept = trips.store(folder, files, limits.RELATED_FILES)
    info = {"files": kept, "base": base.id}
    with db.write():
        return Batch.create(kind=READING, table_id=0, person_id=viewer.person_id, info=info)


def get(viewer: Viewer, upload_id: int, lang: str) -> Batch:
    """One's own upload; `Missing` for everybody else's."""
    found = Batch.get_or_none(Batch.id == upload_id, Batch.person_id == viewer.person_id)
    if found is None or viewer.person_id is None or found.kind not in KINDS:
        raise Missing
    return working.settled(found, BUSY, lang, back=READ)


def start_reading(folder: Path, upload: Batch, viewer: Viewer) -> None:
    def read(own: Viewer) -> None:
        found = _survey(folder, upload, own)
        working.put(upload.id, READ, plan=plain(found))

    working.begin(upload, READING, viewer, read, back=READ)


def _survey(folder: Path, upload: Batch, viewer: Viewer) -> Survey:
    files = [
        (uploads.path_of_stored(folder, one["stored"]), one["file"]) for one in upload.info["files"]
    ]
    return survey(files, viewer.context.lang)


def start_making(folder: Path, upload: Batch, viewer: Viewer, choices: Choices) -> None:
    """Make the tables once: a second call for the same upload does nothing."""
    if upload.kind == READ:

        def make(own: Viewer) -> None:
            _make(folder, upload, own, choices)

        working.begin(upload, MAKING, viewer, make, back=READ)


def _make(folder: Path, upload: Batch, viewer: Viewer, choices: Choices) -> None:
    base = schema.current().base(upload.info["base"])
    found = _survey(folder, upload, viewer)
    links = [link for number, link in enumerate(found.links) if number in choices.links]
    aliases = {
        (link.source, link.column): choices.aliases.get(number, {})
        for number, link in enumerate(found.links)
    }
    names = {number: clean_name(name) for number, name in choices.names.items()}
    tell = working.teller(upload.id, MAKING)
    made = making.make(viewer, base, found, links=links, names=names, aliases=aliases, tell=tell)
    for one in upload.info["files"]:
        (folder / one["stored"]).unlink(missing_ok=True)
    working.put(upload.id, DONE, report=_report(made), batches=made.batches)


def _report(made: making.Made) -> list[dict[str, Any]]:
    return [
        {
            "file": number,
            "table": made.tables[number],
            "created": report.created,
            "rejected": len(report.rejected),
            "warned": report.warned,
            "lost": {column: n for (of, column), n in made.lost.items() if of == number},
        }
        for number, report in sorted(made.reports.items())
    ]


def undo(viewer: Viewer, upload: Batch) -> int:
    """All the tables go to the bin; how many went."""
    if upload.kind != DONE or upload.info.get("undone"):
        raise Missing
    gone = making.undo(viewer, upload.info["batches"])
    working.put(upload.id, DONE, undone=True)
    return gone


def discard(folder: Path, upload: Batch) -> None:
    for one in upload.info["files"]:
        (folder / one["stored"]).unlink(missing_ok=True)
    with db.write():
        Batch.delete().where(Batch.id == upload.id, Batch.kind.in_([READING, READ])).execute()
