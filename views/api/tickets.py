"""Signed addresses of files: which, for whom and until when."""

from __future__ import annotations

import base64
import hmac
from typing import Any

import orjson
from flask import current_app

from tracker import clock, limits
from tracker.errors import Missing

HOUR = 3600


def address(file_id: str, person_id: int | None, size: str = "full") -> str:
    """The address of a file for this person; the same within an hour."""
    now = int(clock.now().timestamp())
    until = now - now % HOUR + (limits.API_FILE_HOURS + 1) * HOUR
    said = orjson.dumps([file_id, person_id, until])
    ticket = base64.urlsafe_b64encode(_seal(said) + said).decode().rstrip("=")
    base = current_app.config["SETTINGS"].base_url
    return f"{base}/api/v0/attachments/{ticket}/{size}"


def read(ticket: str) -> tuple[str, int]:
    """``(file, person)``; `Missing` for what is no ticket of ours, or one of yesterday."""
    try:
        raw = base64.urlsafe_b64decode(ticket + "===")
    except ValueError:
        raise Missing from None
    if not hmac.compare_digest(raw[:16], _seal(raw[16:])):
        raise Missing
    file_id, person_id, until = orjson.loads(raw[16:])
    if until < clock.now().timestamp() or person_id is None:
        raise Missing
    return file_id, person_id


def told(value: list[dict[str, Any]], person_id: int | None) -> list[dict[str, Any]]:
    """Attachments with addresses that programs can open."""
    return [
        {
            **one,
            "url": address(one["id"], person_id),
            **(
                {
                    "thumbnails": {
                        size: {"url": address(one["id"], person_id, size)}
                        for size in one["thumbnails"]
                    }
                }
                if "thumbnails" in one
                else {}
            ),
        }
        for one in value
    ]


def _seal(said: bytes) -> bytes:
    secret = current_app.config["SECRET"]
    return hmac.new(secret, b"file:" + said, "sha256").digest()[:16]
