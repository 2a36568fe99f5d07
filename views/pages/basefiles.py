"""Base files in the browser: a base downloaded as one archive, and made from one."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import current_app, g, request, send_file

from tracker import clock, limits, models, permissions, uploads
from tracker.errors import Problem, Refused
from tracker.text import _, label
from views import basereading, http, typed
from views.pages import configure
from views.pages.exporting import clean
from views.room import Room

room = Room("basefiles")
SUFFIX = "rounds"


def data_dir() -> Path:
    return Path(current_app.config["SETTINGS"].data_dir)


@room.page("/configure/<int:base_id>/base-file", loads="coordinator")
def write_out(base_id: int) -> Any:
    """The base as it is now; ``?pattern=1`` leaves its records and members out."""
    from tracker.transfer.basefile import writing  # few requests need it

    base = configure.load(base_id)
    whole = request.args.get("pattern") != "1"
    file = tempfile.TemporaryFile()  # noqa: SIM115 - open until it is sent
    try:
        writing.write(g.viewer, base, file, data_dir=data_dir(), records=whole)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    name = clean(f"{label(base, g.lang)} {clock.today(g.viewer.context.zone)}.{SUFFIX}")
    return send_file(file, mimetype="application/zip", as_attachment=True, download_name=name)


@room.page("/configure/new/base-file", loads="maker")
def choose() -> Any:
    permissions.need_maker(g.viewer)
    new = (_("New base").to(g.lang), "/configure/new")
    return http.page(
        "basefile_upload.html",
        megabytes=limits.UPLOAD_BYTES // 2**20,
        crumbs=[new, (_("From a base file").to(g.lang), "")],
    )


@room.page("/configure/new/base-file", post=True, loads="maker")
def read_in() -> Any:
    """Keep what is uploaded as imports do, make the base from it, and let the upload go."""
    permissions.need_maker(g.viewer)
    try:
        report = _read()
    except Problem as problem:
        return typed.again(problem, choose)
    return http.go(f"/configure/{report.base.id}/base-file/report")


def _read() -> Any:
    from tracker.transfer.basefile import reading  # few requests need it

    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Refused(_("Choose a file."))
    folder = data_dir() / "uploads"
    upload = uploads.keep(
        folder, sent.stream, sent.filename, viewer=g.viewer, base_id=0, table_id=0
    )
    try:
        path = uploads.path_of(folder, upload)
        name = upload.info["file"]
        return reading.read(g.viewer, path, data_dir=data_dir(), name=name, look=basereading.look)
    finally:
        uploads.discard(folder, upload)


@room.page("/configure/<int:base_id>/base-file/report", loads="coordinator")
def report(base_id: int) -> Any:
    """What came in with the base file that this base was made from."""
    base = configure.load(base_id)
    rows = models.Batch.select().where(models.Batch.kind == "base-file")
    rows = rows.order_by(models.Batch.id.desc()).limit(200)
    info = next((one.info for one in rows if one.info.get("base") == base.id), None)
    return http.page(
        "basefile_report.html",
        base=base,
        info=info,
        parts=configure.parts(base, "tables"),
        crumbs=configure.crumbs(base, (_("Base file").to(g.lang), "")),
    )
