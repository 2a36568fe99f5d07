"""Long work on an upload, beside the request: a thread of its own, told through the batch.

``info`` of the batch says how far it is, so that any process can tell; a dead one is noticed.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tracker import clock, db, permissions
from tracker.errors import Problem
from tracker.models import Batch, Person
from tracker.permissions import Viewer
from tracker.text import _

SILENT = timedelta(minutes=10)
BROKEN = _("This stopped unexpectedly; nothing was written. Try again.")
PROCESS = secrets.token_hex(8)
patience = 1.5  # seconds: what is small is done before the page comes
logger = logging.getLogger(__name__)
_live: set[int] = set()  # batches that a thread of this process is busy with


def begin(
    batch: Batch, kind: str, viewer: Viewer, work: Callable[[Viewer], None], *, back: str
) -> None:
    """Do ``work`` as the batch's person, once: a second call meanwhile does nothing.

    What is refused, or breaks, leaves the batch as ``back`` with a sentence in its ``error``.
    """
    info = {**batch.info, "process": PROCESS, "error": "", "done": 0}
    info["beat"] = clock.now().isoformat()
    with db.write():
        claim = Batch.update(kind=kind, info=info)
        if claim.where(Batch.id == batch.id, Batch.kind == batch.kind).execute() != 1:
            return
    _live.add(batch.id)
    context = (viewer.context.lang, viewer.context.zone)
    thread = threading.Thread(
        target=_run, args=(batch.id, context, work, back), name=f"work-{batch.id}", daemon=True
    )
    thread.start()
    thread.join(patience)


def _run(
    batch_id: int, context: tuple[str, str], work: Callable[[Viewer], None], back: str
) -> None:
    try:
        with db.connection():
            _guarded(batch_id, context, work, back)
    finally:
        _live.discard(batch_id)
        if db.is_sqlite() and not db.proxy.is_closed():
            db.proxy.close()  # this thread's own


def _guarded(
    batch_id: int, context: tuple[str, str], work: Callable[[Viewer], None], back: str
) -> None:
    lang, zone = context
    try:
        person = Person.get_by_id(Batch.get_by_id(batch_id).person_id)
        work(permissions.viewer_for(person, lang=lang, zone=zone))
    except Problem as problem:
        put(batch_id, back, error=problem.to(lang))
    except Exception:
        logger.exception("batch %s", batch_id)
        put(batch_id, back, error=BROKEN.to(lang))


def put(batch_id: int, kind: str, **info: Any) -> None:
    """What is known now."""
    with db.write():
        batch = Batch.get_by_id(batch_id)
        batch.kind, batch.info = kind, {**batch.info, **info}
        batch.save()


def teller(batch_id: int, kind: str) -> Callable[[int, int], None]:
    """Told how much is done, it says so to other processes."""

    def tell(done: int, total: int) -> None:
        if not db.proxy.in_transaction():
            put(batch_id, kind, done=done, beat=clock.now().isoformat())

    return tell


def settled(batch: Batch, busy: set[str], lang: str, *, back: str) -> Batch:
    """The batch, as ``back`` with a sentence when the process that was busy with it is gone."""
    silent = str(batch.info.get("beat", "")) < (clock.now() - SILENT).isoformat()
    ours = batch.info.get("process") == PROCESS
    if batch.kind in busy and batch.id not in _live and (ours or silent):
        fresh = Batch.get_by_id(batch.id)
        if fresh.kind in busy and batch.id not in _live:
            put(batch.id, back, error=BROKEN.to(lang))
        return Batch.get_by_id(batch.id)
    return batch
