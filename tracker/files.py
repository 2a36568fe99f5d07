"""Attached files: kept by content under the data directory, taken by one record each.

Whoever uploads a file holds it until it is saved in a record; from then on it is read through that
record and field alone.
"""

from __future__ import annotations

import hashlib
import secrets
import string
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from tracker import clock, db, fieldtypes, limits, pictures, schema
from tracker.errors import Missing, Refused, TooMuch
from tracker.filenames import clean_name, type_of
from tracker.models import File
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.text import Text, _

WIDGETS = {"attachment", "signature"}
WAITING = timedelta(days=2)  # an upload that no record took goes after that
NOT_THERE = _("This file is not here any more. Add it again.")
_LETTERS = string.ascii_letters + string.digits
_CHUNK = 1024 * 1024


def path_of(folder: Path, digest: str) -> Path:
    return folder / digest[:2] / digest


# ── keeping ──────────────────────────────────────────────────────────────────


def keep(folder: Path, stream: IO[bytes], name: str, *, viewer: Viewer, field: Field) -> File:
    """Store what is uploaded for a field; raises `Refused` or `TooMuch` and leaves nothing."""
    _room_for(viewer)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder / f".{secrets.token_hex(8)}"
    try:
        digest, size = _copied(stream, part)
        name = clean_name(name)
        shown = pictures.measure(part)
        if fieldtypes.get(field).widget == "signature" and (not shown or shown.type != "image/png"):
            raise Refused(_("A signature is a drawing."))
        home = path_of(folder, digest)
        home.parent.mkdir(mode=0o700, exist_ok=True)
        part.replace(home)
    finally:
        part.unlink(missing_ok=True)
    with db.write():
        return File.create(
            id=new_id(),
            digest=digest,
            name=name,
            size=size,
            type=shown.type if shown else type_of(name),
            width=shown.width if shown else None,
            height=shown.height if shown else None,
            person_id=viewer.person_id,
            table_id=None,
            field_id=field.id,
        )


def new_id() -> str:
    """An id that nobody guesses and that tells nothing."""
    return "att" + "".join(secrets.choice(_LETTERS) for _one in range(14))


def _room_for(viewer: Viewer) -> None:
    waiting = File.select().where(File.person_id == viewer.person_id, File.record_id.is_null())
    if waiting.count() >= limits.FILES_WAITING:
        raise TooMuch(_("Too many files wait to be saved in a record. Save or try tomorrow."))


def _copied(stream: IO[bytes], target: Path) -> tuple[str, int]:
    """``(digest, size)`` of the bytes written, counted, not declared."""
    sum_, size = hashlib.sha256(), 0
    with target.open("xb") as file:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > limits.FILE_BYTES:
                raise TooMuch(_("A file may have {n} MB.", n=limits.FILE_BYTES // 2**20))
            sum_.update(chunk)
            file.write(chunk)
    if not size:
        raise Refused(_("This file is empty."))
    return sum_.hexdigest(), size


# ── what records hold ────────────────────────────────────────────────────────


def claim(viewer: Viewer, table: Table, record_id: int, values: Mapping[int, Any]) -> None:
    """The record takes the files it was given: one's own new ones, and those it has already.

    Call within the write; raises `Refused` for files of others, in the words of unknown ones.
    """
    problems: dict[int, Text] = {}
    for field_id, value in values.items():
        if value and fieldtypes.get(table.by_id[field_id]).widget in WIDGETS:
            ids = [one["id"] for one in value]
            if _taken(viewer, table, record_id, field_id, ids) < len(ids):
                problems[field_id] = NOT_THERE
    if problems:
        raise Refused(next(iter(problems.values())), problems)


def _taken(viewer: Viewer, table: Table, record_id: int, field_id: int, ids: list[str]) -> int:
    mine = File.record_id.is_null() & (File.field_id == field_id)
    if not viewer.system:
        mine &= File.person_id == viewer.person_id
    theirs = (File.table_id == table.id) & (File.record_id == record_id)
    theirs &= File.field_id == field_id
    taking = File.update(table_id=table.id, record_id=record_id)
    return int(taking.where(File.id.in_(ids), mine | theirs).execute())


def seen(viewer: Viewer, file_id: str) -> File:
    """The file, for who may read the record and field it is in now; `Missing` for all others."""
    found = File.get_or_none(File.id == file_id) if file_id.isascii() else None
    if found is None:
        raise Missing
    if found.record_id is None:
        if viewer.person_id is None or found.person_id != viewer.person_id:
            raise Missing
        return found
    table = schema.current().table(found.table_id)
    record = Query(viewer, table).one(found.record_id)
    value = record.values.get(found.field_id)
    if not isinstance(value, list) or all(one["id"] != file_id for one in value):
        raise Missing
    return found


# ── letting go ───────────────────────────────────────────────────────────────


def sweep(folder: Path, now: datetime | None = None) -> int:
    """Forget uploads that no record took, then bytes that nothing refers to; how many went.

    What a record once held stays while its history does: undo brings it back.
    """
    now = now or clock.now()
    with db.write():
        File.delete().where(File.record_id.is_null(), File.at < now - WAITING).execute()
    gone = 0
    for path in _old_files(folder, now):
        with db.write():  # nobody can take these bytes between the question and the answer
            if not File.select().where(File.digest == path.name).exists():
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def _old_files(folder: Path, now: datetime) -> Iterable[Path]:
    oldest = now.timestamp() - 3600
    for path in folder.glob("*/*") if folder.is_dir() else ():
        if path.is_file() and path.stat().st_mtime < oldest:
            yield path
