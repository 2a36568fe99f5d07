"""Static files: addressed by content hash, kept for ever by browsers, compressed once."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import time
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
TOGETHER = "together/"
BUNDLES: dict[str, tuple[str, ...]] = {  # files that pages want together, sent as one
    "base.css": tuple(
        f"css/{one}.css"
        for one in ("tokens", "base", "components", "forms", "data", "fields", "shell")
    ),
    "base.js": ("vendor/htmx.min.js", "js/core.js", "js/ui.js"),
    "choose.js": ("vendor/tom-select.min.js", "js/choose.js"),
    "record.js": (
        *("js/islands.js", "js/files.js", "js/recurrence.js", "js/mentions.js"),
        *("js/record.js", "js/comments.js"),
    ),
    "calendar.css": (
        *("vendor/fullcalendar.css", "vendor/fullcalendar-classic.css"),
        *("vendor/fullcalendar-palette.css", "css/grid.css", "css/calendar.css"),
        "css/calendar-print.css",
    ),
    "fullcalendar.js": (
        *("vendor/temporal-polyfill.js", "vendor/fullcalendar.js"),
        *("vendor/fullcalendar-classic.js", "vendor/fullcalendar-zh-cn.js"),
    ),
    "calendar.js": (
        *("js/print.js", "js/calendar-days.js", "js/calendar-draw.js", "js/calendar-month.js"),
        *("js/calendar-hands.js", "js/calendar-keys.js", "js/calendar.js"),
        "js/calendar-settings.js",
    ),
}
assets = Blueprint("assets", __name__)
ROUTES["assets.asset"] = Door("/static/<path:name>", ("GET",), PUBLIC, "file of ours")


@lru_cache(maxsize=512)
def _read(name: str, changed: float) -> tuple[bytes, bytes | None, str]:
    """``(content, gzip of it where that pays, hash)``; read again when the file changes."""
    between = b"\n;\n" if name.endswith(".js") else b"\n"  # a script may end without one
    content = between.join((FOLDER / one).read_bytes() for one in _parts(name))
    small = gzip.compress(content, 6, mtime=0) if Path(name).suffix in TYPES else None
    return content, small, hashlib.sha256(content).hexdigest()[:12]


def _parts(name: str) -> tuple[str, ...]:
    """The files behind a name: those of a bundle, else itself."""
    bundle = name.removeprefix(TOGETHER)
    return BUNDLES.get(bundle, (name,)) if bundle != name else (name,)


def _changed(name: str) -> float:
    """When the file, or the newest of a bundle, was written; raises `OSError`."""
    return max((FOLDER / one).stat().st_mtime for one in _parts(name))


def _file(name: str) -> tuple[bytes, bytes | None, str] | None:
    if name.startswith(TOGETHER) and name.removeprefix(TOGETHER) in BUNDLES:
        return _read(name, _changed(name))
    path = (FOLDER / name).resolve()
    if not path.is_relative_to(FOLDER) or not path.is_file():
        return None
    return _read(path.relative_to(FOLDER).as_posix(), path.stat().st_mtime)


def static_url(name: str) -> str:
    """The address of a file of ours with its hash, so that it may be kept for ever.

    A page asks for a hundred, most of them the sheet of icons: the disk is asked once a second.
    """
    return _address(name, int(time.monotonic()))


@lru_cache(maxsize=512)
def _address(name: str, _second: int) -> str:
    """``name`` is ours and needs none of the checks of `_file`."""
    try:
        found = _read(name, _changed(name))
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
