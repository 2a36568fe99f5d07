"""Access on request: ask to see the rest of a record; decide, and end it early."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g, request

from automations import inbox
from automations.messages import Message, one_line
from tracker import clock, grants, permissions
from tracker.errors import Problem
from tracker.models import AccessGrant, Person
from tracker.query import Query
from tracker.schema import Table
from tracker.text import LANGUAGES, Text, _
from views import http, typed
from views.pages.configure_roles import chosen
from views.pages.explaining import asked
from views.pages.records import load
from views.room import Room

room = Room("access")
STATES: dict[str, tuple[str, Text]] = {
    "asked": ("attention", _("waiting for an answer")),
    "granted": ("ok", _("open")),
    "refused": ("late", _("refused")),
    "ended": ("info", _("ended")),
}


@room.page("/access", loads="own questions and decisions")
def listing() -> Any:
    """What I asked for, and what I decide."""
    mine, theirs = grants.of(g.viewer)
    name = _("Access on request").to(g.lang)
    return http.page(
        "access.html",
        mine=[shown(one) for one in mine],
        theirs=[shown(one) for one in theirs],
        crumbs=[(name, "")],
    )


def shown(grant: AccessGrant) -> dict[str, Any]:
    """A question in words, with the record's title as far as the viewer sees it."""
    table = grants.table_of(grant)
    kind, word = STATES[grant.state]
    return {
        "grant": grant,
        "table": table,
        "title": title_of(table, grant.record_id),
        "kind": kind,
        "word": word,
    }


def title_of(table: Table, record_id: int) -> str:
    seen = permissions.possible_access(g.viewer, table).lanes
    found = Query(g.viewer, table).only([]).fetch([record_id]) if seen else []
    return (found[0].title if found else "") or f"#{record_id}"


@room.page("/access/ask", loads="record")
def asking() -> Any:
    """``?table=&record=``: why the rest of this record is needed."""
    return ask_page(asked("table"), asked("record"))


def ask_page(table_id: int, record_id: int) -> Any:
    table, found = load(table_id, record_id)
    title = found.title or f"#{found.id}"
    name = _("Ask for access").to(g.lang)
    return http.page(
        "access_ask.html",
        table=table,
        record=found,
        title=title,
        possible=grants.may_ask(g.viewer, table, found.id),
        crumbs=[(title, f"/r/{table.id}/{found.id}"), (name, "")],
    )


@room.page("/access/ask", post=True, loads="record")
def ask() -> Any:
    table_id, record_id = chosen("table") or 0, chosen("record") or 0
    table, found = load(table_id, record_id)
    try:
        grant = grants.ask(g.viewer, table, found.id, request.form.get("reason", ""))
    except Problem as problem:
        return typed.again(problem, lambda: ask_page(table_id, record_id))
    for person_id in grants.deciders(table, found.id):
        said = _("{name} asks for access to a record", name=g.viewer.name)
        tell(person_id, said, grant, what="asked", body=grant.reason)
    return http.go("/access", toast=_("Asked. You find the answer in your inbox."))


def tell(person_id: int, text: Text, grant: AccessGrant, *, what: str, body: str = "") -> None:
    """A line in somebody's inbox, in their language."""
    person = Person.get_by_id(person_id)
    lang = person.lang if person.lang in LANGUAGES else g.lang
    message = Message(one_line(text.to(lang)), body, f"/access/{grant.id}")
    key = f"access:{grant.id}:{what}:{person_id}"
    inbox.tell(person_id, message, key=key, now=clock.now())


@room.page("/access/<int:grant_id>", loads="own question or decision")
def question(grant_id: int) -> Any:
    grant = grants.get(g.viewer, grant_id)
    today = clock.today(g.viewer.context.zone)
    listed = (_("Access on request").to(g.lang), "/access")
    about = shown(grant)
    return http.page(
        "access_decide.html",
        **about,
        decides=grants.decides(g.viewer, grant),
        today=today.isoformat(),
        month=(today + timedelta(days=30)).isoformat(),
        crumbs=[listed, (about["title"], "")],
    )


@room.page("/access/<int:grant_id>", post=True, loads="decision")
def decide(grant_id: int) -> Any:
    grant = grants.get(g.viewer, grant_id)
    yes = request.form.get("answer") == "yes"
    try:
        grants.decide(g.viewer, grant, granted=yes, until=request.form.get("until", ""))
    except Problem as problem:
        return typed.again(problem, lambda: question(grant_id))
    said = _("{name} opened a record to you", name=g.viewer.name)
    if not yes:
        said = _("{name} did not open the record to you", name=g.viewer.name)
    tell(grant.person_id, said, grant, what="decided")
    return http.go("/access", toast=_("Answered."))


@room.page("/access/<int:grant_id>/end", post=True, loads="own question or decision")
def end(grant_id: int) -> Any:
    """Close it before its last day."""
    grant = grants.get(g.viewer, grant_id)
    try:
        grants.end(g.viewer, grant)
    except Problem as problem:
        return typed.again(problem, lambda: question(grant_id))
    if grant.person_id != g.viewer.person_id:
        said = _("{name} ended your access to a record", name=g.viewer.name)
        tell(grant.person_id, said, grant, what="ended")
    return http.go("/access", toast=_("Ended."))
