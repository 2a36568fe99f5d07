"""Excel and back: templates to fill in, what they changed by cell, the decision, the way back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import current_app, g, request, send_file

from tracker import clock, definitions, fieldtypes, limits, permissions
from tracker.errors import Forbidden, Missing, Problem, Refused
from tracker.models import Batch
from tracker.permissions import Access
from tracker.query import Query
from tracker.roundtrip import template, trips
from tracker.roundtrip.applying import LEAVE, MINE, Decisions
from tracker.roundtrip.marks import Signer
from tracker.roundtrip.template import Holder, Maker, Wish
from tracker.schema import Field, Table
from tracker.text import _, label
from views import differences, http, typed
from views.pages.exporting import TYPES, clean
from views.pages.importing import folder
from views.pages.records import load_table
from views.pages.viewing import crumbs_of
from views.room import Room
from views.viewing import look

room = Room("roundtrip")
LINE = 200  # characters of what is said about by when, and of a note


def signer() -> Signer:
    return Signer(current_app.config["SECRET"])


def target(table_id: int) -> tuple[Table, Access]:
    """The table, for those who may add to it or change it."""
    table = load_table(table_id)
    rights = permissions.access(g.viewer, table)
    if not (rights.may("create") or rights.may("update")):
        raise Forbidden(_("You may not change anything in this table."))
    return table, rights


def crumbs(table: Table) -> list[tuple[str, str]]:
    return [*crumbs_of(table), (_("Excel and back").to(g.lang), "")]


# ── templates ────────────────────────────────────────────────────────────────


@room.page("/t/<int:table_id>/excel", loads="table")
def start(table_id: int) -> Any:
    """Fetch templates here, hand filled-in ones in."""
    table, rights = target(table_id)
    g.table_id = table.id
    return http.page(
        "excel.html",
        table=table,
        views=[one for one in definitions.views_of(g.viewer, table) if one.kind == "grid"],
        chosen=request.args.get("view", ""),
        may_template=rights.may_export,
        holders=holder_choices(table) if rights.may_export else [],
        megabytes=limits.UPLOAD_BYTES // 2**20,
        together=limits.BODY_BYTES // 2**20,
        most=limits.ROUNDTRIP_FILES,
        crumbs=crumbs(table),
    )


def holder_choices(table: Table) -> list[dict[str, Any]]:
    """For whom templates can be made: by each field that says whose a record is."""
    query = Query(g.viewer, table)
    found = []
    for one in template.holder_fields(query):
        if fieldtypes.get(one).widget == "department":
            every = [
                (
                    f"f{one.id}:level{level}",
                    _("One file for each department of level {n} ({count})", n=level, count=count),
                )
                for level, count in template.levels()
            ]
        else:
            every = [(f"f{one.id}:each", _("One file for each person named there"))]
        single = [
            (f"f{one.id}:{who.id}", who.name)
            for who in template.holders(query, one)[: limits.TEMPLATES_AT_ONCE]
        ]
        found.append({"field": one, "every": every, "single": single})
    return found


@room.page("/t/<int:table_id>/excel/template", loads="table")
def fetch(table_id: int) -> Any:
    """One template, or an archive of one for each department or person."""
    table, _rights = target(table_id)
    query = narrowed(table)
    by, found, together = wanted(query)
    wish = Wish(by, typed.one_line("due", request.args)[:LINE], said("note"))
    maker = Maker(query, signer(), wish)
    format = "zip" if together else "xlsx"
    file = tempfile.TemporaryFile()  # noqa: SIM115 - open until it is sent
    try:
        if together:
            template.archive(maker, found, file)
        else:
            maker.write(file, found[0] if found else None)
    except BaseException:
        file.close()
        raise
    day = clock.today(g.viewer.context.zone).isoformat()
    who = f" {found[0].name}" if found and not together else ""
    return sent(file, f"{label(table, g.lang)}{who} {day}.{format}", format)


def said(name: str) -> str:
    return request.args.get(name, "").strip()[: LINE * 5]


def sent(file: Any, name: str, format: str) -> Any:
    file.seek(0)
    mimetype = TYPES.get(format, "application/zip")
    return send_file(file, mimetype=mimetype, as_attachment=True, download_name=clean(name))


def narrowed(table: Table) -> Query:
    """The records of a view, or all that the viewer may see."""
    view = request.args.get("view", "")
    if not view:
        return Query(g.viewer, table)
    if not (view.isascii() and view.isdigit() and len(view) < 10):
        raise Missing
    viewing = look(g.viewer, int(view), {})
    if viewing.view.table_id != table.id:
        raise Missing
    return viewing.query.only([one.id for one in viewing.shown])


def wanted(query: Query) -> tuple[Field | None, list[Holder], bool]:
    """``(field, for whom, whether as an archive)`` of what was chosen."""
    choice = request.args.get("whose", "")
    if not choice:
        return None, [], False
    field_ref, _colon, who = choice.partition(":")
    field = next((one for one in template.holder_fields(query) if f"f{one.id}" == field_ref), None)
    number = who.removeprefix("level")
    if field is None or not (who == "each" or (number.isascii() and number.isdigit())):
        raise Refused(_("Choose for whom the template is."))
    if who == "each":
        return field, template.holders(query, field), True
    if who.startswith("level"):
        return field, template.holders(query, field, level=int(number[:9])), True
    return field, [template.holder(field, int(number[:9]))], False


# ── handing in ───────────────────────────────────────────────────────────────


@room.page("/t/<int:table_id>/excel", post=True, loads="table")
def hand_in(table_id: int) -> Any:
    """Keep the files and compare them."""
    table, _rights = target(table_id)
    try:
        trip = trips.keep(folder(), incoming(), viewer=g.viewer, table=table)
    except Problem as problem:
        return typed.again(problem, lambda: start(table_id))
    trips.start_looking(folder(), trip, g.viewer, signer())
    return http.go(f"/excel/{trip.id}")


def incoming() -> Iterator[tuple[Any, str]]:
    for one in request.files.getlist("files"):
        if one.filename:
            yield one.stream, one.filename


def load(trip_id: int) -> tuple[Batch, Table]:
    """One's own upload, while one may still write there."""
    if trip_id > 2**31:
        raise Missing
    trip = trips.settled(trips.get(g.viewer, trip_id), g.lang)
    return trip, target(trip.table_id)[0]


@room.page("/excel/<int:trip_id>", loads="own upload")
def differ(trip_id: int) -> Any:
    """While it is read how far it is, then the differences, then the report."""
    trip, table = load(trip_id)
    if trip.kind in {trips.READING, trips.WRITING}:
        files = trip.info["files"]
        done = int(trip.info.get("done", 0))
        context = {"trip": trip, "done": done, "total": len(files), "crumbs": crumbs(table)}
        return http.page("excel_progress.html", "progress", **context)
    if http.wants_fragment():  # the progress of before asks a last time
        return http.go(f"/excel/{trip_id}")
    return page_of(trip, table)


def page_of(trip: Batch, table: Table) -> Any:
    only = request.args.get("file", "")
    file = int(only) if only.isascii() and only.isdigit() and len(only) < 6 else None
    lines = trips.lines(folder(), trip)
    return http.page(
        "excel_differences.html",
        trip=trip,
        table=table,
        told=differences.told(trip, table, lines, file),
        fields={one.id: label(one, g.lang) for one in permissions.access(g.viewer, table).fields},
        only=file,
        done=trip.kind == trips.DONE,
        shown=differences.SHOWN,
        crumbs=crumbs(table),
    )


@room.page("/excel/<int:trip_id>", post=True, loads="own upload")
def decide(trip_id: int) -> Any:
    """Settle names and look again, or take what is right."""
    trip, _table = load(trip_id)
    if trip.kind != trips.LOOKED:
        return http.go(f"/excel/{trip_id}")
    if request.form.get("action") == "look":
        trips.start_looking(folder(), trip, g.viewer, signer(), picks=picks(trip))
    else:
        trips.start_writing(folder(), trip, g.viewer, decisions())
    return http.go(f"/excel/{trip_id}")


def picks(trip: Batch) -> dict[str, dict[str, int]]:
    """The names settled until now and those that were settled in the form."""
    found = {field: dict(names) for field, names in trip.info["picks"].items()}
    for number, one in enumerate(trip.info.get("looked", {}).get("names", [])):
        said = request.form.get(f"n{number}", "")
        if said.isascii() and said.isdigit() and len(said) < 16:
            found.setdefault(str(one["field"]), {})[one["text"]] = int(said)
    return found


def decisions() -> Decisions:
    cells = {
        name.removeprefix("c:"): MINE if value == MINE else LEAVE
        for name, value in request.form.items()
        if name.startswith("c:") and value
    }
    every = MINE if request.form.get("every") == MINE else LEAVE
    return Decisions(every, cells, set(request.form.getlist("skip")))


@room.page("/excel/<int:trip_id>/discard", post=True, loads="own upload")
def discard(trip_id: int) -> Any:
    trip, table = load(trip_id)
    trips.discard(folder(), trip)
    return http.go(f"/t/{table.id}/excel")


# ── afterwards ───────────────────────────────────────────────────────────────


@room.page("/excel/<int:trip_id>/rejected", loads="own upload")
def rejected(trip_id: int) -> Any:
    """The rows that are not taken, to be mended and handed in again."""
    trip, _table = load(trip_id)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - open until it is sent
    try:
        format = trips.rejected(folder(), trip, file, viewer=g.viewer, signer=signer())
    except BaseException:
        file.close()
        raise
    files = trip.info["files"]
    stem = Path(files[0]["file"]).stem if len(files) == 1 else ""
    return sent(file, f"{stem} {_('not taken').to(g.lang)}.{format}".strip(), format)


@room.page("/excel/<int:trip_id>/undo", post=True, loads="own upload")
def undo(trip_id: int) -> Any:
    """Take the whole upload back; what others changed since stays."""
    trip, table = load(trip_id)
    undone = trips.undo(g.viewer, trip)
    text = _(
        "Taken back: {n} records. Left because somebody changed them since: {left}.",
        n=undone.removed + undone.restored,
        left=len(undone.left),
    )
    return http.go(f"/t/{table.id}", toast=text)
