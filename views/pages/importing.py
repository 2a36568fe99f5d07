"""Importing in the browser: upload, choose columns, wait, read the report, take it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import current_app, g, request, send_file

from tracker import bulk, fieldtypes, limits, permissions, schema, tables, uploads
from tracker.errors import Forbidden, Missing, Problem, Refused
from tracker.models import Batch
from tracker.permissions import Access
from tracker.schema import Base, Field, Table
from tracker.text import _
from tracker.transfer import columns, reading, upserting
from tracker.transfer.reading import Preview
from views import http, typed
from views.pages import configure
from views.pages.records import load_table
from views.pages.viewing import crumbs_of
from views.room import Room

room = Room("importing")
_previews: dict[tuple[Any, ...], Preview] = {}  # of this process: reading a file once is enough
KEPT = 8


def folder() -> Path:
    settings = current_app.config["SETTINGS"]
    return Path(settings.data_dir) / "uploads"


def target(table_id: int) -> tuple[Table, Access]:
    """The table, for those who may add to it or change it."""
    table = load_table(table_id)
    rights = permissions.access(g.viewer, table)
    if not (rights.may("create") or rights.may("update")):
        raise Forbidden(_("You may not add records here."))
    return table, rights


def crumbs(base: Base, table: Table | None) -> list[tuple[str, str]]:
    name = (_("Import").to(g.lang), "")
    return [*crumbs_of(table), name] if table else configure.crumbs(base, name)


# ── upload ───────────────────────────────────────────────────────────────────


@room.page("/t/<int:table_id>/import", loads="table")
def into(table_id: int) -> Any:
    """Into a table that stands."""
    table, _rights = target(table_id)
    g.table_id = table.id
    return upload_page(schema.current().base(table.base_id), table)


@room.page("/configure/<int:base_id>/import", loads="coordinator")
def anew(base_id: int) -> Any:
    """Into a new table."""
    return upload_page(configure.load(base_id), None)


def upload_page(base: Base, table: Table | None) -> Any:
    return http.page(
        "import_upload.html",
        base=base,
        table=table,
        megabytes=limits.UPLOAD_BYTES // 2**20,
        rows=limits.IMPORT_ROWS,
        columns=limits.IMPORT_COLUMNS,
        crumbs=crumbs(base, table),
    )


@room.page("/t/<int:table_id>/import", post=True, loads="table")
def upload_into(table_id: int) -> Any:
    table, _rights = target(table_id)
    return receive(schema.current().base(table.base_id), table)


@room.page("/configure/<int:base_id>/import", post=True, loads="coordinator")
def upload_anew(base_id: int) -> Any:
    return receive(configure.load(base_id), None)


def receive(base: Base, table: Table | None) -> Any:
    """Keep the file when it can be read; else the page again, saying why not."""
    try:
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise Refused(_("Choose a file."))
        upload = uploads.keep(
            folder(),
            sent.stream,
            sent.filename,
            viewer=g.viewer,
            base_id=base.id,
            table_id=table.id if table else 0,
        )
        try:
            looked(upload, {})
        except Problem:
            uploads.discard(folder(), upload)
            raise
    except Problem as problem:
        return typed.again(problem, lambda: upload_page(base, table))
    return http.go(f"/import/{upload.id}")


# ── columns ──────────────────────────────────────────────────────────────────


def load(upload_id: int) -> tuple[Batch, Base, Table | None]:
    """One's own upload, while one may still import there."""
    if upload_id > 2**53:
        raise Missing
    upload = uploads.get(g.viewer, upload_id)
    base = schema.current().base(upload.info["base"])
    if upload.table_id:
        return upload, base, target(upload.table_id)[0]
    permissions.need_coordinator(g.viewer, base.id)
    return upload, base, None


def asked(source: Any) -> dict[str, Any]:
    """How the file is to be read: sheet, header row, encoding and delimiter, where given."""
    found: dict[str, Any] = {}
    for name in ("sheet", "encoding", "delimiter"):
        if source.get(name):
            found[name] = source[name][:200]
    header = source.get("header_row", "")
    if header.isascii() and header.isdigit() and len(header) < 8:
        found["header_row"] = int(header)
    return found


def looked(upload: Batch, choices: dict[str, Any]) -> Preview:
    """The preview of an upload read in a certain way."""
    key = (upload.info["stored"], g.lang, *sorted(choices.items()))
    if key not in _previews:
        path = uploads.path_of(folder(), upload)
        found = reading.preview(path, lang=g.lang, **choices)
        while len(_previews) >= KEPT:
            _previews.pop(next(iter(_previews)), None)
        _previews[key] = found
    return _previews[key]


@room.page("/import/<int:upload_id>", loads="own upload")
def choose(upload_id: int) -> Any:
    """Which sheet, which header, and where each column goes."""
    upload, _base, _table = load(upload_id)
    if upload.kind != uploads.WAITING:
        return http.go(f"/import/{upload_id}/progress")
    return columns_page(upload_id, request.args)


def columns_page(upload_id: int, source: Any) -> Any:
    upload, base, table = load(upload_id)
    choices = asked(source)
    problem = ""
    try:
        seen = looked(upload, choices)
    except Refused as refused:
        if not choices:
            raise
        seen, problem = looked(upload, {}), refused.to(g.lang)
    rights = permissions.access(g.viewer, table) if table else None
    return http.page(
        "import_columns.html",
        upload=upload,
        base=base,
        table=table,
        seen=seen,
        problem=problem or upload.info.get("error", ""),
        rows=[column_row(place, one) for place, one in enumerate(seen.columns)],
        planned=planned_values(seen, rights),
        fields=writable(rights) if rights else [],
        keys=keys(rights) if rights else [],
        kinds=new_kinds() if g.viewer.coordinates_base(base.id) else [],
        stem=Path(upload.info["file"]).stem[: limits.NAME_LENGTH],
        crumbs=crumbs(base, table),
    )


def column_row(place: int, column: reading.Column) -> dict[str, Any]:
    samples = [reading.as_text(one)[:80] for one in column.samples if one is not None]
    kind = fieldtypes.registry.get(column.guess.type)
    return {"place": place, "name": column.name, "samples": samples[:3], "guess": kind}


def planned_values(seen: Preview, rights: Access | None) -> list[str]:
    """What each column's choice says before anybody chose."""
    if rights is None:
        return [f"new:{one.guess.type}" for one in seen.columns]
    known = columns.by_name(rights, seen)
    ids = {one.id for one in writable(rights)}
    chosen = [known.get(one.name) for one in seen.columns]
    return [
        f"f{one}" if one in ids and chosen.index(one) == at else "" for at, one in enumerate(chosen)
    ]


def writable(rights: Access) -> list[Field]:
    """The fields a column may go into."""
    return [
        one
        for one in rights.fields
        if fieldtypes.get(one).written
        and (rights.writable(one.id, create=True) or rights.writable(one.id))
    ]


def keys(rights: Access) -> list[Field]:
    """The fields that may tell which record a row updates."""
    found = []
    for one in rights.fields if rights.may("update") else ():
        try:
            upserting.check_key(one)
        except Refused:
            continue
        found.append(one)
    return found


def new_kinds() -> list[fieldtypes.FieldType]:
    return [one for one in fieldtypes.registry if one.written and one.family != "link"]


@room.page("/import/<int:upload_id>", post=True, loads="own upload")
def run(upload_id: int) -> Any:
    """Check the plan, then import beside the request."""
    upload, base, table = load(upload_id)
    if upload.kind != uploads.WAITING:
        return http.go(f"/import/{upload_id}/progress")
    choices = asked(request.form)
    try:
        seen = looked(upload, choices)
        plan = sent_plan(seen)
        rights = permissions.access(g.viewer, table) if table else None
        columns.planned(g.viewer, rights, base.id, preview=seen, plan=plan)
        choices |= {"plan": plan, **sent_target(table, rights)}
    except Problem as problem:
        return typed.again(problem, lambda: columns_page(upload_id, request.form))
    uploads.start(folder(), upload, viewer=g.viewer, choices=choices)
    return http.go(f"/import/{upload_id}/progress")


def sent_target(table: Table | None, rights: Access | None) -> dict[str, Any]:
    """The name of the new table, or the key of an update."""
    if table is None or rights is None:
        return {"name": tables.clean_name(request.form.get("name", ""))}
    key = request.form.get("key", "")
    if not key:
        if not rights.may("create"):
            raise Refused(_("You may only change records here: choose the key column."))
        return {}
    found = next((one for one in keys(rights) if str(one.id) == key), None)
    if found is None:
        raise Refused(_("Choose a field that tells the records apart."))
    return {"key": found.id}


def sent_plan(seen: Preview) -> dict[str, Any]:
    """Column name → field id, new field or None, as the form says."""
    plan: dict[str, Any] = {}
    for place, column in enumerate(seen.columns):
        said = request.form.get(f"c{place}", "")
        if said.startswith("f") and said[1:].isascii() and said[1:].isdigit():
            plan[column.name] = int(said[1:])
        elif said.startswith("new:"):
            plan[column.name] = new_field(place, said[4:], column)
        else:
            plan[column.name] = None
    return plan


def new_field(place: int, type: str, column: reading.Column) -> dict[str, Any]:
    options = column.guess.options if type == column.guess.type else {}
    return {"type": type, "options": options, "name": typed.one_line(f"n{place}") or column.name}


@room.page("/import/<int:upload_id>/discard", post=True, loads="own upload")
def discard(upload_id: int) -> Any:
    upload, base, table = load(upload_id)
    uploads.discard(folder(), upload)
    return http.go(f"/t/{table.id}" if table else f"/configure/{base.id}")


# ── progress and report ──────────────────────────────────────────────────────


@room.page("/import/<int:upload_id>/progress", loads="own upload")
def progress(upload_id: int) -> Any:
    """How far it is; then the report, or the columns again with what was refused."""
    upload, base, table = load(upload_id)
    done, total = uploads.progress(upload, g.lang)
    upload = uploads.get(g.viewer, upload_id)
    if upload.kind == uploads.DONE:
        return http.go(f"/import/{upload_id}/report")
    if upload.kind == uploads.WAITING:
        return http.go(f"/import/{upload_id}{'/names' if upload.info.get('names') else ''}")
    return http.page(
        "import_progress.html",
        "progress",
        upload=upload,
        done=done,
        total=total,
        crumbs=crumbs(base, table),
    )


@room.page("/import/<int:upload_id>/report", loads="own upload")
def report(upload_id: int) -> Any:
    upload, base, table = load_done(upload_id)
    found = upload.info["report"]
    made = schema.current().tables.get(found["table"])
    return http.page(
        "import_report.html",
        upload=upload,
        report=found,
        made=made,
        shown=uploads.SHOWN,
        crumbs=crumbs(base, table),
    )


def load_done(upload_id: int) -> tuple[Batch, Base, Table | None]:
    upload, base, table = load(upload_id)
    if upload.kind != uploads.DONE:
        raise Missing
    return upload, base, table


@room.page("/import/<int:upload_id>/report.csv", loads="own upload")
def report_csv(upload_id: int) -> Any:
    """Every rejected row and every warning, for a spreadsheet."""
    upload, _base, _table = load_done(upload_id)
    path = folder() / f"{upload.info['stored']}.report"
    if not path.is_file():
        raise Missing
    name = f"{Path(upload.info['file']).stem}-{_('report').to(g.lang)}.csv"
    return send_file(path, mimetype="text/csv", as_attachment=True, download_name=name)


@room.page("/import/<int:upload_id>/undo", post=True, loads="own upload")
def undo(upload_id: int) -> Any:
    """Take the whole import back; what others changed since stays."""
    upload, base, table = load_done(upload_id)
    undone = bulk.undo(g.viewer, upload.info["report"]["batch"])
    text = _(
        "Taken back: {n} records. Left because somebody changed them since: {left}.",
        n=undone.removed + undone.restored,
        left=len(undone.left),
    )
    uploads.mark_undone(upload)
    home = f"/t/{table.id}" if table else f"/configure/{base.id}"
    return http.go(home, toast=text)
