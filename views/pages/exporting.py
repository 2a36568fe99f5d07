"""A view as a file: its filter, its sort, its fields, and only what the viewer may export."""

from __future__ import annotations

import tempfile
import unicodedata
from typing import Any
from urllib.parse import quote

from flask import g, request, send_file

from tracker import clock
from tracker.errors import Missing
from tracker.query import Query
from tracker.text import label
from views.room import Room
from views.viewing import look

room = Room("exporting")
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",  # in UTF-8, as the framework says of texts
}


@room.page("/v/<int:view_id>/export.<format>", loads="view")
def export(view_id: int, format: str) -> Any:
    """The records as the view shows them, written to disk first so that memory stays flat."""
    viewing = look(g.viewer, view_id, request.args)
    if format not in TYPES or not viewing.view.table_id:
        raise Missing
    query = viewing.query.only([one.id for one in viewing.shown])
    day = clock.today(g.viewer.context.zone).isoformat()
    name = f"{label(viewing.table, g.lang)} {label(viewing.view, g.lang)} {day}.{format}"
    return file_of(query, format, name)


def file_of(query: Query, format: str, name: str, *, title: str | None = None) -> Any:
    """What the viewer may export of the query, as a download."""
    from tracker.transfer import exporting  # brings the workbook library, which few requests need

    file = tempfile.TemporaryFile()  # noqa: SIM115 - open until it is sent
    try:
        exporting.export(query, format, file, title=title)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return send_file(file, mimetype=TYPES[format], as_attachment=True, download_name=clean(name))


def named(response: Any, name: str) -> Any:
    """The download under another name; headers are ASCII, and say other letters in percents."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    others = {} if plain == name else {"filename*": f"UTF-8''{quote(name, safe='')}"}
    response.headers.set("Content-Disposition", "attachment", filename=plain, **others)
    return response


def clean(name: str) -> str:
    """A file name that no system refuses."""
    return "".join("_" if one in '\\/:*?"<>|' or ord(one) < 32 else one for one in name)
