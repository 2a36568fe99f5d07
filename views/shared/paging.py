"""Keys of next pages in addresses of strangers: sealed, so that nobody makes up their own."""

from __future__ import annotations

import base64
import hmac
from typing import Any

import orjson
from flask import current_app

from tracker.errors import Missing


def seal(key: list[Any]) -> str:
    raw = orjson.dumps(key)
    return base64.urlsafe_b64encode(_mac(raw) + raw).decode()


def unseal(text: str) -> list[Any]:
    try:
        whole = base64.urlsafe_b64decode(text.encode())
    except ValueError:
        raise Missing from None
    mac, raw = whole[:16], whole[16:]
    if not hmac.compare_digest(mac, _mac(raw)):
        raise Missing
    found: list[Any] = orjson.loads(raw)
    return found


def _mac(raw: bytes) -> bytes:
    return hmac.new(current_app.config["SECRET"], b"page:" + raw, "sha256").digest()[:16]
