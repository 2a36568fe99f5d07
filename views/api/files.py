"""Files over HTTP: uploads into a field, and addresses that open a file for a while.

An address names the file, for whom it was made and until when, and is signed. Opening it asks
again what that person may see now.
"""

from __future__ import annotations

import base64
import binascii
import io
from pathlib import Path
from typing import Any

from flask import current_app, g, send_file

from tracker import files, limits, models, permissions, pictures, records
from tracker.errors import Missing
from tracker.permissions import Viewer
from tracker.query import Query
from views.api import faults, gate, loading, reading, tickets
from views.api.gate import ApiRoom
from views.room import PUBLIC

room = ApiRoom("api_files")
SANDBOX = "default-src 'none'; img-src 'self'; style-src 'none'; sandbox"


@room.call("POST", "/api/v0/<app:base>/<record>/<field>/uploadAttachment", loads="record and field")
def upload_attachment(base: str, record: str, field: str) -> Any:
    """One file, sent as base64, behind those that are there."""
    rights = loading.table_of_record(g.viewer, base, record)
    number = loading.record(rights, record)
    found = loading.field(rights, loading.plain(field))
    if found.type not in files.WIDGETS:
        raise faults.wrong_value(found.name)
    name, content = _sent(gate.fields_of_body())
    kept = files.keep(_folder(), io.BytesIO(content), name, viewer=g.viewer, field=found)
    there = Query(g.viewer, rights.table).one(number).values.get(found.id) or []
    values = {found.id: [*(one["id"] for one in there), kept.id]}
    records.update(g.viewer, rights.table, number, values, via=gate.via())
    [told] = reading.some(rights, [number], by_id=True)
    shown = {key: one for key, one in told["fields"].items() if key == loading.field_id(found)}
    return {**told, "fields": shown}


def _sent(content: dict[str, Any]) -> tuple[str, bytes]:
    given = [content.get(key) for key in ("filename", "file", "contentType")]
    if not all(isinstance(one, str) for one in given):
        raise faults.bad_request("filename, file and contentType are needed")
    name, encoded, _type = map(str, given)
    if len(encoded) > limits.FILE_BYTES * 4 // 3 + 4:
        raise faults.Fault("REQUEST_TOO_LARGE", "The file is too large", status=413)
    try:
        return name, base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise faults.Fault("INVALID_ATTACHMENT_OBJECT", "The file is no base64") from None


@room.call("GET", "/api/v0/attachments/<ticket>/<size>", access=PUBLIC, loads="signed address")
def open_file(ticket: str, size: str) -> Any:
    """The file (``full``) or a smaller picture of it, for whom the address was made."""
    file_id, person_id = tickets.read(ticket)
    found = files.seen(_viewer(person_id), file_id)
    path = files.path_of(_folder(), found.digest)
    if size != "full":
        small = size in pictures.SIZES and found.width and path.is_file()
        made = pictures.copy_of(path, _data() / "cache", size) if small else None
        return _guarded(made, "image/webp", "")
    return _guarded(path if path.is_file() else None, found.type, found.name)


def _viewer(person_id: int) -> Viewer:
    person = models.Person.get_or_none(models.Person.id == person_id)
    if person is None:
        raise Missing
    return permissions.viewer_for(person, zone=current_app.config["SETTINGS"].zone)


def _guarded(path: Path | None, type_: str, name: str) -> Any:
    """Always as a download where it is the file itself: nothing of it runs or shows here."""
    if path is None:
        raise Missing
    response = send_file(path, mimetype=type_, as_attachment=bool(name), download_name=name or None)
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def _data() -> Path:
    return Path(current_app.config["SETTINGS"].data_dir)


def _folder() -> Path:
    return _data() / "files"
