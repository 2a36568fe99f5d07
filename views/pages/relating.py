"""Several files become linked tables: upload, look at the links that were found, confirm."""

from __future__ import annotations

from typing import Any

from flask import g, request

from tracker import limits, permissions, schema
from tracker.errors import Missing, Problem
from tracker.models import Batch
from tracker.relating import relations
from tracker.relating.relations import Choices
from tracker.schema import Base
from tracker.text import _
from views import http, typed
from views.pages import configure
from views.pages.importing import folder
from views.pages.roundtrip import incoming
from views.room import Room

room = Room("relating")


def crumbs(base: Base) -> list[tuple[str, str]]:
    return configure.crumbs(base, (_("Linked files").to(g.lang), ""))


@room.page("/configure/<int:base_id>/relate", loads="coordinator")
def start(base_id: int) -> Any:
    base = configure.load(base_id)
    return http.page(
        "relate.html",
        base=base,
        together=limits.BODY_BYTES // 2**20,
        megabytes=limits.UPLOAD_BYTES // 2**20,
        most=limits.RELATED_FILES,
        crumbs=crumbs(base),
    )


@room.page("/configure/<int:base_id>/relate", post=True, loads="coordinator")
def hand_in(base_id: int) -> Any:
    """Keep the files and find out how they hang together."""
    base = configure.load(base_id)
    try:
        upload = relations.keep(folder(), incoming(), viewer=g.viewer, base=base)
    except Problem as problem:
        return typed.again(problem, lambda: start(base_id))
    relations.start_reading(folder(), upload, g.viewer)
    return http.go(f"/relate/{upload.id}")


def load(upload_id: int) -> tuple[Batch, Base]:
    """One's own upload, while one coordinates the base."""
    if upload_id > 2**31:
        raise Missing
    upload = relations.get(g.viewer, upload_id, g.lang)
    base = schema.current().base(upload.info["base"])
    permissions.need_coordinator(g.viewer, base.id)
    return upload, base


@room.page("/relate/<int:upload_id>", loads="own upload")
def plan(upload_id: int) -> Any:
    """How far it is; then the tables and links to confirm; then the report."""
    upload, base = load(upload_id)
    if upload.kind in relations.BUSY:
        done, total = int(upload.info.get("done", 0)), len(upload.info["files"])
        context = {"upload": upload, "done": done, "total": total, "crumbs": crumbs(base)}
        return http.page("relate_progress.html", "progress", **context)
    if http.wants_fragment():
        return http.go(f"/relate/{upload_id}")
    found = upload.info.get("plan", {"files": [], "links": []})
    tables = {one["file"]: one for one in upload.info.get("report", [])}
    return http.page(
        "relate_plan.html",
        upload=upload,
        base=base,
        files=found["files"],
        links=found["links"],
        report=tables,
        done=upload.kind == relations.DONE,
        crumbs=crumbs(base),
    )


@room.page("/relate/<int:upload_id>", post=True, loads="own upload")
def make(upload_id: int) -> Any:
    upload, _base = load(upload_id)
    if upload.kind == relations.READ and upload.info.get("plan"):
        relations.start_making(folder(), upload, g.viewer, chosen(upload.info["plan"]))
    return http.go(f"/relate/{upload_id}")


def chosen(plan: dict[str, Any]) -> Choices:
    """Names, links and settled words as the form says."""
    choices = Choices()
    for number, one in enumerate(plan["files"]):
        choices.names[number] = typed.one_line(f"t{number}") or one["table"]
    for number, link in enumerate(plan["links"]):
        if f"l{number}" in request.form:
            choices.links.append(number)
        words = {
            text: request.form[f"w{number}.{place}"]
            for place, (text, near) in enumerate(link["unknown"].items())
            if request.form.get(f"w{number}.{place}") in near
        }
        choices.aliases[number] = words
    return choices


@room.page("/relate/<int:upload_id>/undo", post=True, loads="own upload")
def undo(upload_id: int) -> Any:
    upload, base = load(upload_id)
    gone = relations.undo(g.viewer, upload)
    return http.go(f"/configure/{base.id}", toast=_("{n} tables are in the bin.", n=gone))


@room.page("/relate/<int:upload_id>/discard", post=True, loads="own upload")
def discard(upload_id: int) -> Any:
    upload, base = load(upload_id)
    relations.discard(folder(), upload)
    return http.go(f"/configure/{base.id}/relate")
