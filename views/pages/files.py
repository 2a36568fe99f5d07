"""Attached files: taken in for a field that one may write, given out to who may read the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Response, current_app, g, request, send_file

from tracker import files, permissions, pictures
from tracker.errors import Forbidden, Missing, Refused
from tracker.models import File
from tracker.text import _
from views.pages.records import load_table
from views.room import Room

room = Room("files")
SANDBOX = "default-src 'none'; img-src 'self'; style-src 'none'; sandbox"


def data_dir() -> Path:
    return Path(current_app.config["SETTINGS"].data_dir)


def folder() -> Path:
    return data_dir() / "files"


@room.page("/r/<int:table_id>/files", post=True, loads="table")
def upload(table_id: int) -> Any:
    """One file for the field ``?field=``, held for its uploader until a record takes it."""
    table = load_table(table_id)
    rights = permissions.access(g.viewer, table)
    field = rights.field(request.args.get("field", ""))
    may = rights.writable(field.id, create=True) or rights.writable(field.id)
    if field.type not in files.WIDGETS or not may:
        raise Forbidden(_("You may not write “{field}”.", field=field.name))
    sent = request.files.get("file")
    if sent is None:
        raise Refused(_("Choose a file."))
    name = sent.filename or "file"
    kept = files.keep(folder(), sent.stream, name, viewer=g.viewer, field=field)
    told = {"id": kept.id, "name": kept.name, "size": kept.size, "type": kept.type}
    return current_app.json.response({**told, "width": kept.width, "height": kept.height})


@room.page("/files/<file_id>", loads="record of the file")
def whole(file_id: str) -> Any:
    """The file itself, always as a download: nothing of it runs or shows here."""
    return original_of(files.seen(g.viewer, file_id))


@room.page("/files/<file_id>/<size>", loads="record of the file")
def picture(file_id: str, size: str) -> Any:
    """A picture drawn anew in a smaller size, without what the camera noted in it."""
    return picture_of(files.seen(g.viewer, file_id), size)


def original_of(found: File) -> Response:
    path = files.path_of(folder(), found.digest)
    if not path.is_file():
        raise Missing
    response = send_file(path, mimetype=found.type, as_attachment=True, download_name=found.name)
    return guarded(response)


def picture_of(found: File, size: str) -> Response:
    made = small_copy(found, size) if size in pictures.SIZES else None
    if made is None:
        raise Missing
    return guarded(send_file(made, mimetype="image/webp"))


def small_copy(found: File, size: str) -> Path | None:
    original = files.path_of(folder(), found.digest)
    if not found.width or not original.is_file():
        return None
    return pictures.copy_of(original, data_dir() / "cache", size)


def guarded(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
