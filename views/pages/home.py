"""Today: what is due, what is planned, what can be filed; the inbox."""

from __future__ import annotations

from typing import Any

from flask import g, request

from automations import alerts, inbox, reminding
from tracker import agenda, clock, definitions, duties, schema, uploads
from tracker.errors import Missing
from tracker.models import Duty, Form
from tracker.text import _, say
from views import http, overviews
from views.collection import collection
from views.room import Room

room = Room("home")
DUTIES = 6
QUESTIONS = 4
UNREAD = 4


@room.page("/")
def today() -> Any:
    """The day of whoever looks: duties first, then plans, forms and what they wrote last.

    What takes long in a large base (rosters, the month) is fetched by the page as tiles.
    """
    viewer = g.viewer
    return http.page(
        "home.html",
        crumbs=[(say(_("Today"), g.lang), "")],
        day=viewer.context.today(),
        owed=[described(one) for one in duties.mine(viewer)[:DUTIES]],
        planned=agenda.today(viewer),
        questions=alerts.to_answer(viewer),
        shown=QUESTIONS,
        unread=alerts.unread(viewer, inbox.entries(viewer, limit=20))[:UNREAD],
        imports=imports(),
        failures=[one for base in coordinated() for one in overviews.failures(viewer, base)],
        figures=overviews.figures(viewer) if viewer.headed else [],
        month=overviews.calendar(viewer) if viewer.headed else None,
        risks=overviews.risks(viewer) if viewer.headed else [],
        rosters=overviews.rosters(viewer),
        watching=bool(viewer.headed or coordinated()),
        forms=quick_forms(),
        recent=agenda.recent(viewer),
        collections=collections(),
        dashboards=[
            view
            for base in definitions.bases_of(viewer)
            for view in definitions.dashboards_of(viewer, base)
        ],
        empty=not definitions.bases_of(viewer),
    )


def coordinated() -> list[schema.Base]:
    return [one for one in definitions.bases_of(g.viewer) if g.viewer.coordinates_base(one.id)]


def imports() -> list[dict[str, Any]]:
    """The viewer's own uploads that wait for an answer or are being read in."""
    return [
        {
            "name": one.info.get("file", ""),
            "running": one.kind == uploads.RUNNING,
            "href": f"/import/{one.id}{'/progress' if one.kind == uploads.RUNNING else ''}",
            "table": schema.current().tables.get(one.table_id),
            "at": one.at,
        }
        for one in uploads.unfinished(g.viewer)
    ]


def described(owed: duties.Owed) -> dict[str, Any]:
    due = clock.to_local(owed.period.due, g.viewer.context.zone)
    table = schema.current().table(owed.table_id)
    return {
        "owed": owed,
        "due_day": due.date().isoformat(),
        "due_time": f"{due:%H:%M}",
        "href": f"/f/{owed.form_id}" if owed.form_id else f"/t/{table.id}",
    }


def quick_forms() -> list[Form]:
    """The forms this person may file, in the order of their tables."""
    return [
        form
        for base in definitions.bases_of(g.viewer)
        for table in definitions.tables_of(g.viewer, base)
        for form in definitions.forms_of(g.viewer, table)
    ][:8]


def collections() -> list[dict[str, Any]]:
    """How this period's collection stands, for those who watch over more than themselves."""
    found = []
    for base in definitions.bases_of(g.viewer):
        if not (g.viewer.coordinates_base(base.id) or g.viewer.headed):
            continue
        for duty in duties.of_base(g.viewer, base):
            shown = collection(g.viewer, duty)
            if shown["whole"] > 1:
                remind = bool(reminding.reach(g.viewer, duty))
                found.append({**shown, "href": matrix_of(duty), "remind": remind})
    return found


def matrix_of(duty: Duty) -> str:
    """The page of a duty's matrix, where this person has one."""
    table = schema.current().table(duty.table_id)
    for view in definitions.views_of(g.viewer, table):
        options: dict[str, Any] = view.options or {}
        if view.kind == "matrix" and options.get("duty") == duty.id:
            return f"/v/{view.id}"
    return f"/t/{table.id}"


@room.page("/inbox", loads="own notifications")
def inbox_page() -> Any:
    """What this person was told, newest first."""
    before = request.args.get("before", "")
    entries = inbox.entries(g.viewer, before=number(before))
    return http.page(
        "inbox.html",
        crumbs=[(say(_("Inbox"), g.lang), "")],
        entries=entries,
        questions=alerts.of_lines(g.viewer, entries),
        more=entries[-1].id if len(entries) == inbox.PAGE else None,
        unread=inbox.unread(g.viewer),
    )


def number(text: str) -> int | None:
    """The number of a line; None for what is none."""
    return int(text) if text.isdecimal() and len(text) < 16 else None


@room.page("/inbox/read", post=True, loads="own notifications")
def inbox_read() -> Any:
    """Mark one line (``id``) or all as read; with ``open``, go on to what it is about."""
    chosen = request.form.get("id", "")
    inbox.mark_read(g.viewer, [int(chosen)] if number(chosen) else None)
    target = http.local_path(request.form.get("open"))
    return http.go(target if request.form.get("open") else "/inbox")


@room.page("/calendar", loads="view")
def calendar() -> Any:
    """The first calendar there is for this person: the phone's way to their month."""
    for base in definitions.bases_of(g.viewer):
        for table in definitions.tables_of(g.viewer, base):
            for view in definitions.views_of(g.viewer, table):
                if view.kind == "calendar":
                    return http.go(f"/v/{view.id}")
    raise Missing
