"""Names of a file that nearly are names of linked records: settled once each, before the import."""

from __future__ import annotations

from typing import Any

from flask import g, request

from tracker import permissions, uploads
from tracker.errors import Missing
from tracker.models import Batch
from tracker.text import label
from views import http
from views.pages.importing import crumbs, folder, load
from views.room import Room

room = Room("importing_names")


@room.page("/import/<int:upload_id>/names", loads="own upload")
def names(upload_id: int) -> Any:
    upload, base, table = load(upload_id)
    if upload.kind != uploads.WAITING or not upload.info.get("names") or table is None:
        raise Missing
    fields = permissions.access(g.viewer, table).fields
    return http.page(
        "import_names.html",
        upload=upload,
        names=upload.info["names"],
        fields={one.id: label(one, g.lang) for one in fields},
        crumbs=crumbs(base, table),
    )


@room.page("/import/<int:upload_id>/names", post=True, loads="own upload")
def settle(upload_id: int) -> Any:
    """Import with what was picked; names that nothing was picked for stay beside the record."""
    upload, _base, _table = load(upload_id)
    if upload.kind == uploads.WAITING and upload.info.get("names"):
        choices = {**upload.info["choices"], "picks": picks(upload)}
        uploads.start(folder(), upload, viewer=g.viewer, choices=choices)
    return http.go(f"/import/{upload_id}/progress")


def picks(upload: Batch) -> dict[str, dict[str, int]]:
    """Of what was offered, what was picked."""
    found: dict[str, dict[str, int]] = {}
    for number, one in enumerate(upload.info["names"]):
        said = request.form.get(f"n{number}", "")
        if any(said == str(near["id"]) for near in one["near"]):
            found.setdefault(str(one["field"]), {})[one["text"]] = int(said)
    return found
