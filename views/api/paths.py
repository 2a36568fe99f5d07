"""Paths of the API as they were sent: a table called ``T 1/中文`` is one part, not two.

WSGI hands over paths already decoded, where ``%2F`` and ``/`` look alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

from werkzeug.routing import BaseConverter

PREFIX = "/api/"
SLASH = "\U000f002f"  # stands for a slash inside a part; a character that means nothing


class BaseId(BaseConverter):
    """``<app:base>``: what looks like the id of a base, so that other words make other routes."""

    regex = r"app[^/]{14}"


class ExactPaths:
    """Middleware: before routing, each part of an API path is decoded by itself.

    Slashes at the end go, because clients differ in sending them.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(PREFIX):
            environ["PATH_INFO"] = exact(environ)
        return self.app(environ, start_response)


def exact(environ: dict[str, Any]) -> str:
    """PATH_INFO with `SLASH` for slashes inside parts, in WSGI's encoding."""
    raw = str(environ.get("REQUEST_URI") or environ.get("RAW_URI") or "")
    path = raw.partition("?")[0].partition("#")[0]
    path = path.removeprefix(str(environ.get("SCRIPT_NAME", "")))
    if not path.startswith(PREFIX):  # the server says nothing of what was sent
        return str(environ["PATH_INFO"]).rstrip("/")
    parts = [_decoded(part) for part in path.rstrip("/").split("/")]
    return "/".join(parts)


def _decoded(part: str) -> str:
    raw = unquote_to_bytes(part.encode("latin-1", "replace"))
    return raw.replace(b"/", SLASH.encode()).decode("latin-1")


def plain(part: str) -> str:
    """A part of the path as the client meant it."""
    return part.replace(SLASH, "/")
