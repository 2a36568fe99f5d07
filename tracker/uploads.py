"""Uploaded files on their way into a table: kept under generated names, imported by a thread.

An upload is a batch of its own kind; its ``info`` says how far it is, so that any process can tell.
"""

from __future__ import annotations

import csv
import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from tracker import clock, db, limits, newtable, permissions, schema
from tracker.errors import Missing, Problem, Refused, TooMuch
from tracker.models import Batch, Person
from tracker.permissions import Viewer
from tracker.text import _
from tracker.transfer import importing

WAITING, RUNNING, DONE = "upload", "upload-running", "upload-done"
SUFFIXES = {".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt", ".gz"}
SHOWN = 500  # rejected rows and warnings on the page; all of them are in the csv
KEPT_DAYS = 30  # reports; files that were never imported go after one
SILENT = timedelta(minutes=10)
BROKEN = _("The import stopped unexpectedly; nothing was written. Try again.")
PROCESS = secrets.token_hex(8)
logger = logging.getLogger(__name__)
_live: dict[int, tuple[int, int]] = {}  # uploads this process is importing: rows done, in all
_chunk = 1024 * 1024


def keep(
    folder: Path, stream: IO[bytes], name: str, *, viewer: Viewer, base_id: int, table_id: int
) -> Batch:
    """Store what is uploaded, counting its bytes; ``table_id`` is 0 for a table to be made."""
    stored = store(folder, stream, name)
    info = {"file": Path(name).name[-200:] or stored, "stored": stored, "base": base_id}
    with db.write():
        return Batch.create(kind=WAITING, table_id=table_id, person_id=viewer.person_id, info=info)


def store(folder: Path, stream: IO[bytes], name: str) -> str:
    """A file under a generated name, which is the answer; too large or empty ones are refused."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep(folder)
    suffix = Path(name).suffix.lower()
    stored = secrets.token_hex(16) + (suffix if suffix in SUFFIXES else ".bin")
    path = folder / stored
    size = 0
    try:
        with path.open("xb") as file:
            while chunk := stream.read(_chunk):
                size += len(chunk)
                if size > limits.UPLOAD_BYTES:
                    raise TooMuch(_("A file may have {n} MB.", n=limits.UPLOAD_BYTES // 2**20))
                file.write(chunk)
        if not size:
            raise Refused(_("This file is empty."))
    except Problem:
        path.unlink(missing_ok=True)
        raise
    return stored


def sweep(folder: Path) -> None:
    """Files that were never imported go after a day, reports after a month."""
    now = time.time()
    for path in folder.iterdir():
        days = KEPT_DAYS if path.suffix == ".report" else 1
        if path.is_file() and now - path.stat().st_mtime > days * 86_400:
            path.unlink(missing_ok=True)


def get(viewer: Viewer, upload_id: int) -> Batch:
    """One's own upload; `Missing` for everybody else's."""
    found = Batch.get_or_none(Batch.id == upload_id, Batch.person_id == viewer.person_id)
    if found is None or viewer.person_id is None or found.kind not in {WAITING, RUNNING, DONE}:
        raise Missing
    return found


def unfinished(viewer: Viewer, limit: int = 5) -> list[Batch]:
    """One's own uploads of the last day that are not read in yet, newest first."""
    mine = (Batch.person_id == viewer.person_id) & Batch.kind.in_([WAITING, RUNNING])
    recent = Batch.at > clock.now() - timedelta(days=1)
    return list(Batch.select().where(mine, recent).order_by(Batch.id.desc()).limit(limit))


def path_of(folder: Path, upload: Batch) -> Path:
    """The stored file; `Missing` when it is gone."""
    return path_of_stored(folder, str(upload.info["stored"]))


def path_of_stored(folder: Path, stored: str) -> Path:
    path = folder / stored
    if not path.is_file():
        raise Missing(_("This file is not here any more. Upload it again."))
    return path


def discard(folder: Path, upload: Batch) -> None:
    (folder / str(upload.info["stored"])).unlink(missing_ok=True)
    with db.write():
        Batch.delete().where(Batch.id == upload.id, Batch.kind == WAITING).execute()


# ── importing ────────────────────────────────────────────────────────────────


def start(folder: Path, upload: Batch, *, viewer: Viewer, choices: dict[str, Any]) -> None:
    """Import in a thread of its own, once: a second call for the same upload does nothing."""
    info = {**upload.info, "choices": choices, "process": PROCESS, "error": "", "names": []}
    info |= {"done": 0, "total": 0, "beat": clock.now().isoformat()}
    with db.write():
        claim = Batch.update(kind=RUNNING, info=info)
        if claim.where(Batch.id == upload.id, Batch.kind == WAITING).execute() != 1:
            return
    _live[upload.id] = (0, 0)
    context = (viewer.context.lang, viewer.context.zone)
    thread = threading.Thread(
        target=_work, args=(folder, upload.id, context), name=f"import-{upload.id}", daemon=True
    )
    thread.start()
    thread.join(1.5)  # what is small is done before the page comes


def _work(folder: Path, upload_id: int, context: tuple[str, str]) -> None:
    try:
        with db.connection():
            _import(folder, upload_id, context)
    finally:
        _live.pop(upload_id, None)
        if db.is_sqlite() and not db.proxy.is_closed():
            db.proxy.close()  # this thread's own


def _import(folder: Path, upload_id: int, context: tuple[str, str]) -> None:
    """The upload into its table; what is refused leaves it waiting, with the sentence."""
    upload = Batch.get_by_id(upload_id)
    lang, zone = context
    try:
        person = Person.get_by_id(upload.person_id)
        viewer = permissions.viewer_for(person, lang=lang, zone=zone)
        report = _run(viewer, upload, path_of(folder, upload))
    except Problem as problem:
        _put(upload_id, WAITING, error=problem.to(lang))
        return
    except Exception:
        logger.exception("import %s", upload_id)
        _put(upload_id, WAITING, error=BROKEN.to(lang))
        return
    if report.names:
        _put(upload_id, WAITING, names=[one.json() for one in report.names])
        return
    _write_csv(folder / f"{upload.info['stored']}.report", report, lang)
    (folder / str(upload.info["stored"])).unlink(missing_ok=True)
    _put(upload_id, DONE, report=_short(report, lang))


def _run(viewer: Viewer, upload: Batch, path: Path) -> importing.Report:
    choices = dict(upload.info["choices"])
    name, key = choices.pop("name", ""), choices.pop("key", None)
    picks = choices.pop("picks", None)  # None until somebody was asked
    tell = _teller(upload.id)
    if upload.table_id:
        table = schema.current().table(upload.table_id)
        report = importing.run(
            viewer,
            table,
            path,
            mapping=choices.pop("plan"),
            key_field=key,
            picks=picks,
            ask=picks is None,
            progress=tell,
            **choices,
        )
    else:
        base = schema.current().base(upload.info["base"])
        report = importing.create_from(
            viewer, base, path, name, mapping=choices.pop("plan"), progress=tell, **choices
        )
        newtable.furnish(viewer, schema.current().table(report.table_id or 0))
    if not report.names:
        _name_batch(report, upload)
    return report


def _name_batch(report: importing.Report, upload: Batch) -> None:
    """The import tells the name that the person knows the file by."""
    made = Batch.get_by_id(report.batch_id)
    made.info = {**made.info, "file": upload.info["file"]}
    made.save()


def _teller(upload_id: int) -> Callable[[int, int], None]:
    """Progress for this process at every step; for others once a second while reading."""
    last = [0.0]

    def tell(done: int, total: int) -> None:
        _live[upload_id] = (done, total)
        if time.monotonic() - last[0] > 1 and not db.proxy.in_transaction():
            last[0] = time.monotonic()
            _put(upload_id, RUNNING, done=done, total=total, beat=clock.now().isoformat())

    return tell


def _put(upload_id: int, kind: str, **info: Any) -> None:
    with db.write():
        upload = Batch.get_by_id(upload_id)
        upload.kind, upload.info = kind, {**upload.info, **info}
        upload.save()


def progress(upload: Batch, lang: str) -> tuple[int, int]:
    """``(rows done, rows in all)``; an import whose process died goes back to waiting."""
    live = _live.get(upload.id)
    if live is not None:
        return live
    beat = clock.now() - SILENT
    silent = str(upload.info.get("beat", "")) < beat.isoformat()
    if upload.kind == RUNNING and (upload.info.get("process") == PROCESS or silent):
        fresh = Batch.get_by_id(upload.id)
        if fresh.kind == RUNNING and upload.id not in _live:
            _put(upload.id, WAITING, error=BROKEN.to(lang))
    return int(upload.info.get("done", 0)), int(upload.info.get("total", 0))


def mark_undone(upload: Batch) -> None:
    """The report says that its import was taken back."""
    _put(upload.id, DONE, undone=True)


# ── reports ──────────────────────────────────────────────────────────────────


def _short(report: importing.Report, lang: str) -> dict[str, Any]:
    """The report as the page shows it."""
    whole = report.json(lang)
    return {
        **whole,
        "rejected": whole["rejected"][:SHOWN],
        "warnings": whole["warnings"][:SHOWN],
        "rejected_count": len(whole["rejected"]),
    }


def _write_csv(path: Path, report: importing.Report, lang: str) -> None:
    """Every rejected row and every warning told, for a spreadsheet."""
    heads = (_("Row"), _("Column"), _("Reason"), _("In the file"))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow([one.to(lang) for one in heads])
        for row, why in report.rejected:
            out.writerow([row, "", _plain(why.to(lang)), ""])
        for one in report.warnings:
            reason = _plain(one.reason.to(lang))
            out.writerow([one.row, _plain(one.column), reason, _plain(one.kept)])


def _plain(text: str) -> str:
    """Text that a spreadsheet takes for text, never for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
