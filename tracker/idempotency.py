"""Writes that may be sent twice: the same key gets the same answer, and one effect."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import orjson

from tracker import db, models, rows
from tracker.errors import Conflict, Refused
from tracker.permissions import Viewer
from tracker.text import _


def repeatable(viewer: Viewer, key: str | None, request: Any, work: Callable[[], Any]) -> Any:
    """Run ``work``, whose answer is JSON, in one transaction, once per key of this person.

    The key is claimed first: whoever sends it meanwhile waits for the answer.
    """
    with rows.unique_as_refusal(), db.write():
        if key is None:
            return work()
        digest = _digest(request)
        claim = models.IdempotencyKey
        mine = claim.insert(
            key=_key(viewer, key), person_id=viewer.person_id, digest=digest, answer=0
        )
        if not mine.on_conflict_ignore().as_rowcount().execute():
            return _answered(claim.get(claim.key == _key(viewer, key)), digest)
        answer = work()
        claim.update(answer=answer).where(claim.key == _key(viewer, key)).execute()
        return answer


def _digest(request: Any) -> str:
    try:
        said = orjson.dumps(request, default=str)
    except orjson.JSONEncodeError:  # nested deeper than anything of ours
        raise Refused(_("This request cannot be read.")) from None
    return hashlib.sha256(said).hexdigest()


def _answered(taken: models.IdempotencyKey, digest: str) -> Any:
    """The answer the key got the first time."""
    if taken.digest != digest:
        raise Conflict(_("This was sent before with other content. Reload and try again."))
    return taken.answer


def _key(viewer: Viewer, key: str) -> str:
    return f"{viewer.person_id or 0}:{key[:100]}"
