"""Keys of next pages in addresses of strangers: sealed, so that nobody makes up their own."""

from __future__ import annotations

import base64
import hmac
from typing import Any

import orjson
from flask import current_app

from tracker.errors import Missing


def seal(key: Any, about: Any) -> str:
    """A key that `unseal` takes for the same ``about`` alone: link, sort, what it is the key of."""
    raw = orjson.dumps(key)
    return base64.urlsafe_b64encode(_mac(raw, about) + raw).decode()


def unseal(text: str, about: Any) -> Any:
    try:
        whole = base64.urlsafe_b64decode(text.encode())
    except ValueError:
        raise Missing from None
    mac, raw = whole[:16], whole[16:]
    if not hmac.compare_digest(mac, _mac(raw, about)):
        raise Missing
    return orjson.loads(raw)


def _mac(raw: bytes, about: Any) -> bytes:
    words = b"page:" + orjson.dumps(about) + b":" + raw
    return hmac.new(current_app.config["SECRET"], words, "sha256").digest()[:16]
