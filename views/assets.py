"""Static files: addressed by content hash, kept for ever by browsers, compressed once."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, request

from views.room import PUBLIC, ROUTES, Door

FOLDER = Path(__file__).resolve().parent.parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
assets = Blueprint("assets", __name__)
ROUTES["assets.asset"] = Door("/static/<path:name>", ("GET",), PUBLIC, "file of ours")


@lru_cache(maxsize=512)
def _read(name: str, changed: float) -> tuple[bytes, bytes | None, str]:
    """``(content, gzip of it where that pays, hash)``; read again when the file changes."""
    content = (FOLDER / name).read_bytes()
    small = gzip.compress(content, 6, mtime=0) if Path(name).suffix in TYPES else None
    return content, small, hashlib.sha256(content).hexdigest()[:12]


def _file(name: str) -> tuple[bytes, bytes | None, str] | None:
    path = (FOLDER / name).resolve()
    if not path.is_relative_to(FOLDER) or not path.is_file():
        return None
    return _read(path.relative_to(FOLDER).as_posix(), path.stat().st_mtime)


def static_url(name: str) -> str:
    """The address of a file of ours with its hash, so that it may be kept for ever.

    A page asks for a hundred: ``name`` is ours and needs none of the checks of `_file`.
    """
    try:
        found = _read(name, (FOLDER / name).stat().st_mtime)
    except OSError:
        return f"/static/{name}"
    return f"/static/{name}?v={found[2]}"


@assets.get("/static/<path:name>")
def asset(name: str) -> Response:
    found = _file(name)
    if found is None:
        abort(404)
    content, small, version = found
    suffix = Path(name).suffix
    kind = TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    zipped = small is not None and "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(small if zipped else content, content_type=kind)
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    fresh = request.args.get("v") == version
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if fresh else "public, max-age=60"
    )
    return response
