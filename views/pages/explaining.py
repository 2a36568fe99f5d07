"""Why somebody sees something, in words; and looking at the product with somebody else's eyes."""

from __future__ import annotations

from typing import Any

from flask import g, request

from tracker import db, explaining, permissions, schema
from tracker.errors import Missing, Refused
from tracker.models import Person, Session
from tracker.permissions import ACTIONS
from tracker.schema import Table
from tracker.text import _, label
from views import http
from views.pages.configure_roles import ACTION_WORDS, LEVEL_WORDS, say
from views.room import ADMIN, Room

room = Room("explaining")


def asked(name: str) -> int:
    """An id in the address; 0 where there is none."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def shaped() -> list[schema.Base]:
    """The bases that the viewer shapes; others have no business here."""
    found = [one for one in schema.current().bases if g.viewer.coordinates_base(one.id)]
    if not found:
        raise Missing
    return found


@room.page("/why", loads="coordinator")
def why() -> Any:
    """``?person=&table=&record=``: which roles, which rule in words, which field levels."""
    bases = shaped()
    table = chosen_table()
    person = Person.get_or_none(Person.id == asked("person"))
    answer, problem = None, ""
    if person is not None and table is not None:
        try:
            answer = explaining.explain(g.viewer, person, table, record_id=asked("record") or None)
        except Missing:
            problem = _("There is no record with this number in the table.").to(g.lang)
    name = _("Who sees what").to(g.lang)
    return http.page(
        "why.html",
        bases=bases,
        table=table,
        person=person,
        answer=answer,
        problem=problem,
        reasons=[worded(one, table) for one in answer.reasons] if answer and table else [],
        actions=ACTION_WORDS,
        level_words=LEVEL_WORDS,
        crumbs=[(name, "")],
    )


def chosen_table() -> Table | None:
    table = schema.current().tables.get(asked("table"))
    if table is not None:
        permissions.need_coordinator(g.viewer, table.base_id)
    return table


def worded(reason: explaining.Reason, table: Table) -> dict[str, Any]:
    """A role in words: how it is held, what its rules say, whether they take in the record."""
    if reason.department is None:
        through = _("by name")
    else:
        through = _("as a member of {department}", department=label(reason.department, g.lang))
    return {
        "role": reason.role,
        "through": through,
        "said": {action: say(reason.rules[action], table) for action in ACTIONS},
        "holds": reason.holds,
        "closed": all(rule is False for rule in reason.rules.values()),
    }


@room.page("/view-as/<int:person_id>", post=True, access=ADMIN, loads="administrator")
def view_as(person_id: int) -> Any:
    """From now on this session sees what the person sees, and changes nothing."""
    person = Person.get_or_none(Person.id == person_id)
    if person is None:
        raise Missing
    if not person.active or person.id == g.person.id:
        raise Refused(_("Choose somebody else who is active."))
    with db.write():
        Session.update(view_as=person).where(Session.id == g.session.id).execute()
    return http.go("/")


@room.page("/view-as/stop", post=True, loads="own session")
def stop_looking() -> Any:
    with db.write():
        Session.update(view_as=None).where(Session.id == g.session.id).execute()
    return http.go("/")
