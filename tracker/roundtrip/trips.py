"""An upload of filled-in templates on its way: kept, looked at, decided, written, taken back.

It is a batch of its own kind; threads do the work, its ``info`` tells any process how far it is.
"""

from __future__ import annotations

import secrets
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from tracker import bulk, db, limits, schema, uploads, working
from tracker.errors import Missing, Problem, Refused, TooMuch
from tracker.models import Batch
from tracker.permissions import Viewer
from tracker.roundtrip import applying, looking, rejects, spool
from tracker.roundtrip.applying import Decisions
from tracker.roundtrip.marks import Head, Signer
from tracker.schema import Table
from tracker.text import _

READING, LOOKED, WRITING, DONE = "excel-reading", "excel", "excel-writing", "excel-done"
KINDS = {READING, LOOKED, WRITING, DONE}
Incoming = Iterable[tuple[IO[bytes], str]]


def keep(folder: Path, files: Incoming, *, viewer: Viewer, table: Table) -> Batch:
    """Store what is uploaded; an archive is taken apart."""
    kept = store(folder, files, limits.ROUNDTRIP_FILES)
    info = {"files": kept, "spool": secrets.token_hex(16), "picks": {}}
    with db.write():
        return Batch.create(kind=READING, table_id=table.id, person_id=viewer.person_id, info=info)


def store(folder: Path, files: Incoming, most: int) -> list[dict[str, Any]]:
    """The files under generated names, in order; none stays when one is refused."""
    kept: list[dict[str, Any]] = []
    try:
        for stream, name in files:
            _keep(folder, stream, name, kept, most)
        if not kept:
            raise Refused(_("Choose at least one file."))
    except Problem:
        for one in kept:
            (folder / one["stored"]).unlink(missing_ok=True)
        raise
    return kept


def _keep(
    folder: Path, stream: IO[bytes], name: str, kept: list[dict[str, Any]], most: int
) -> None:
    if Path(name).suffix.lower() == ".zip":
        for part, inner in _unpacked(stream):
            _keep(folder, part, inner, kept, most)
        return
    if len(kept) >= most:
        raise TooMuch(_("At most {n} files fit into one upload.", n=most))
    stored = uploads.store(folder, stream, name)
    kept.append({"file": Path(name).name[-200:] or stored, "stored": stored})


def _unpacked(stream: IO[bytes]) -> Iterable[tuple[IO[bytes], str]]:
    """The workbooks in an archive; its folders and what is beside them are passed over."""
    try:
        with zipfile.ZipFile(stream) as packed:
            for one in packed.infolist():
                path = Path(one.filename)
                known = path.suffix.lower() in uploads.SUFFIXES
                if known and not path.name.startswith((".", "~$")) and "__MACOSX" not in path.parts:
                    with packed.open(one) as part:
                        yield part, path.name
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        raise Refused(_("This archive cannot be read.")) from None


def get(viewer: Viewer, trip_id: int) -> Batch:
    """One's own upload; `Missing` for everybody else's."""
    found = Batch.get_or_none(Batch.id == trip_id, Batch.person_id == viewer.person_id)
    if found is None or viewer.person_id is None or found.kind not in KINDS:
        raise Missing
    return found


def discard(folder: Path, trip: Batch) -> None:
    for one in trip.info["files"]:
        (folder / one["stored"]).unlink(missing_ok=True)
    _spool(folder, trip).unlink(missing_ok=True)
    with db.write():
        Batch.delete().where(Batch.id == trip.id, Batch.kind.in_([READING, LOOKED])).execute()


def _spool(folder: Path, trip: Batch) -> Path:
    """Reports are kept for a month, see `uploads.sweep`."""
    return folder / f"{trip.info['spool']}.report"


# ── work beside the request ──────────────────────────────────────────────────


def start_looking(
    folder: Path,
    trip: Batch,
    viewer: Viewer,
    signer: Signer,
    *,
    picks: dict[str, dict[str, int]] | None = None,
) -> None:
    """Compare the files, again after names were settled by ``picks``."""
    if picks is not None:
        trip.info = {**trip.info, "picks": picks}  # type: ignore[assignment]  # a field of the model
    look = lambda own: _look(folder, trip.id, own, signer)  # noqa: E731 - work, not a function
    working.begin(trip, READING, viewer, look, back=LOOKED)


def start_writing(folder: Path, trip: Batch, viewer: Viewer, decisions: Decisions) -> None:
    """Write once: a second call for the same upload does nothing."""
    if trip.kind == LOOKED:
        write = lambda own: _write(folder, trip.id, own, decisions)  # noqa: E731 - as above
        working.begin(trip, WRITING, viewer, write, back=LOOKED)


def _look(folder: Path, trip_id: int, viewer: Viewer, signer: Signer) -> None:
    trip = Batch.get_by_id(trip_id)
    table = schema.current().table(trip.table_id)
    files = [
        (uploads.path_of_stored(folder, one["stored"]), one["file"]) for one in trip.info["files"]
    ]
    picks = {int(field): names for field, names in trip.info["picks"].items()}

    tell = working.teller(trip_id, READING)
    looked = looking.look(
        viewer, table, files, _spool(folder, trip), signer=signer, picks=picks, tell=tell
    )
    working.put(trip_id, LOOKED, looked=looked.json())


def _write(folder: Path, trip_id: int, viewer: Viewer, decisions: Decisions) -> None:
    trip = Batch.get_by_id(trip_id)
    table = schema.current().table(trip.table_id)
    path = _spool(folder, trip)
    applied = applying.apply(viewer, table, spool.read(path), decisions)
    files = [dict(told) for told in trip.info["looked"]["files"]]
    _count(files, applied)
    lang = viewer.context.lang
    wrong = {(file, row): why.to(lang) for file, row, why in applied.rejected}
    spool.write(path, iter(list(_rejected(path, wrong))))
    if applied.batch:
        made = Batch.get_by_id(applied.batch)
        named = ", ".join(one["file"] for one in trip.info["files"])[:255]
        made.info = {**made.info, "file": named, "created": len(applied.new)}
        made.save()
    for one in trip.info["files"]:
        (folder / one["stored"]).unlink(missing_ok=True)
    looked = {**trip.info["looked"], "files": files}
    working.put(trip_id, DONE, looked=looked, batch=applied.batch)


def _count(files: list[dict[str, Any]], applied: applying.Applied) -> None:
    """Per file what was written; what others changed in between counts as rejected."""
    for number, told in enumerate(files):
        told["changed"] = applied.changed.count(number)
        told["new"] = applied.new.count(number)
        told["rejected"] += sum(file == number for file, _row, _why in applied.rejected)


def _rejected(path: Path, wrong: dict[tuple[int, int], str]) -> Iterable[spool.Line]:
    for line in spool.read(path):
        why = wrong.get((line["file"], line["row"]))
        if why is not None:
            yield line | {"kind": "rejected", "why": [why]}
        elif line["kind"] == "rejected":
            yield line


def settled(trip: Batch, lang: str) -> Batch:
    """The upload, waiting again with a sentence when the process that worked on it is gone."""
    return working.settled(trip, {READING, WRITING}, lang, back=LOOKED)


# ── afterwards ───────────────────────────────────────────────────────────────


def lines(folder: Path, trip: Batch) -> Iterable[spool.Line]:
    """The compared rows; of an upload that was written those that were not taken."""
    path = _spool(folder, trip)
    return spool.read(path) if path.is_file() else iter(())


def undo(viewer: Viewer, trip: Batch) -> bulk.Undone:
    """Take everything back that the upload wrote, whatever file it came from."""
    if trip.kind != DONE or not trip.info.get("batch"):
        raise Missing
    undone = bulk.undo(viewer, trip.info["batch"])
    working.put(trip.id, DONE, undone=True)
    return undone


def rejected(folder: Path, trip: Batch, target: Any, *, viewer: Viewer, signer: Signer) -> str:
    """The workbook of rejected rows, for several files an archive of them; its ending."""
    table = schema.current().table(trip.table_id)
    by_file: dict[int, list[spool.Line]] = {}
    for line in lines(folder, trip):
        if line["kind"] == "rejected":
            by_file.setdefault(line["file"], []).append(line)
    if not by_file:
        raise Missing
    files = trip.info["looked"]["files"]
    if len(by_file) == 1:
        ((number, found),) = by_file.items()
        head = _head(table, files[number], viewer)
        rejects.write(viewer, table, target, found, signer=signer, head=head)
        return "xlsx"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
        for number, found in by_file.items():
            stem = Path(files[number]["file"]).stem
            head = _head(table, files[number], viewer)
            with packed.open(f"{number + 1:03} {stem}.xlsx", "w") as part:
                rejects.write(viewer, table, part, found, signer=signer, head=head)
    return "zip"


def _head(table: Table, told: dict[str, Any], viewer: Viewer) -> Head:
    by, value = told["of"] or (0, 0)
    return Head(table=table.id, person=viewer.person_id or 0, by=by, value=value)
