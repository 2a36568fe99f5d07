"""People, for administrators: found, added, changed, invited, deactivated."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, make_response, request

from tracker import accounts, db, invitations, limits, roles, schema, staff
from tracker.errors import Problem, Refused
from tracker.models import Department, Headship, Person
from tracker.text import Text, _
from views import http, typed
from views.pages.configure_roles import chosen
from views.pages.explaining import asked
from views.room import ADMIN, PUBLIC, Room

room = Room("people")


def tabs(active: str) -> list[dict[str, Any]]:
    """People and their departments stand side by side."""
    found = [
        ("people", _("People"), "users", "/people"),
        ("organisation", _("Organisation"), "sitemap", "/organisation"),
    ]
    return [
        {"label": text.to(g.lang), "icon": icon, "href": href, "active": key == active}
        for key, text, icon, href in found
    ]


def crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    start = (_("People").to(g.lang), "/people" if more else "")
    return [start, *more]


@room.page("/people", access=ADMIN, loads="administrator")
def listing() -> Any:
    """People by name, pinyin or address; the deactivated ones on a page of their own."""
    text, gone = request.args.get("q", "")[:60], request.args.get("gone") == "1"
    rows = staff.found(g.viewer, text=text, gone=gone, after=asked("after"))
    more = rows[staff.PAGE - 1].id if len(rows) > staff.PAGE else None
    shown = rows[: staff.PAGE]
    return http.page(
        "people.html",
        "found",
        people=shown,
        headed=headed([one.id for one in shown]),
        text=text,
        gone=gone,
        more=http.address(after=more) if more else None,
        tabs=tabs("people"),
        crumbs=crumbs(),
    )


def headed(ids: list[int]) -> dict[int, list[Department]]:
    """Person id → the departments they head."""
    rows = Headship.select(Headship, Department).join(Department).where(Headship.person.in_(ids))
    found: dict[int, list[Department]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row.department)
    return found


@room.page("/people/new", access=ADMIN, loads="administrator")
def new() -> Any:
    name = _("Add a person").to(g.lang)
    department = Department.get_or_none(Department.id == (chosen("department") or 0))
    return http.page(
        "people_new.html", bases=offered(), department=department, crumbs=crumbs((name, ""))
    )


def offered() -> list[dict[str, Any]]:
    """All roles by base."""
    return [
        {"base": base, "roles": roles.of_base(g.viewer, base)} for base in schema.current().bases
    ]


@room.page("/people/new", post=True, access=ADMIN, loads="administrator")
def add() -> Any:
    """The new person and, at once, an invitation to send them."""
    try:
        with db.write():
            person = staff.add(g.viewer, **sent_person())
            staff.set_roles(g.viewer, person, sent_roles())
    except Problem as problem:
        return typed.again(problem, new)
    return show(person, link=new_link(person), toast=_("Added. Send the invitation."))


def sent_person() -> dict[str, Any]:
    """What the form says about a person."""
    return {
        "email": request.form.get("email", ""),
        "name": typed.one_line("name"),
        "department_id": chosen("department"),
        "admin": "admin" in request.form,
    }


def sent_roles() -> list[int]:
    return [int(one) for one in request.form.getlist("roles") if one.isascii() and one.isdigit()]


def new_link(person: Person) -> str:
    """The address of an invitation; its host is the configured one, whatever the request says."""
    secret = invitations.invite(g.viewer, person)
    return f"{current_app.config['SETTINGS'].base_url}/invite/{secret}"


@room.page("/people/<int:person_id>", access=ADMIN, loads="administrator")
def person(person_id: int) -> Any:
    return show(staff.get(g.viewer, person_id))


def show(found: Person, *, link: str = "", toast: Text | None = None) -> Any:
    """One person with everything that can be changed; ``link`` is an invitation made just now."""
    response = http.page(
        "person.html",
        person=found,
        link=link,
        bases=offered(),
        by_name=staff.roles_by_name(found),
        through=staff.roles_through(found),
        heads=headed([found.id]).get(found.id, []),
        days=limits.INVITATION_DAYS,
        crumbs=crumbs((found.name, "")),
        flashes=[{"kind": "ok", "text": toast.to(g.lang)}] if toast else http.flashes(),
    )
    return make_response(response)


@room.page("/people/<int:person_id>", post=True, access=ADMIN, loads="administrator")
def change(person_id: int) -> Any:
    found = staff.get(g.viewer, person_id)
    try:
        with db.write():
            staff.change(g.viewer, found, **sent_person())
            staff.set_roles(g.viewer, found, sent_roles())
    except Problem as problem:
        return typed.again(problem, lambda: person(person_id), form="person")
    return http.go(f"/people/{person_id}", toast=_("Saved."))


@room.page("/people/<int:person_id>/active", post=True, access=ADMIN, loads="administrator")
def active(person_id: int) -> Any:
    """Deactivate, or activate again."""
    found = staff.get(g.viewer, person_id)
    wanted = request.form.get("active") == "1"
    try:
        if found.id == g.person.id and not wanted:
            raise Refused(_("You cannot deactivate yourself."))
        staff.set_active(g.viewer, found, wanted)
    except Problem as problem:
        return typed.again(problem, lambda: person(person_id), form="active")
    text = _("{name} is active again.") if wanted else _("{name} is deactivated and signed out.")
    return http.go(f"/people/{person_id}", toast=Text(text.message, name=found.name))


@room.page("/people/<int:person_id>/password", post=True, access=ADMIN, loads="administrator")
def password(person_id: int) -> Any:
    found = staff.get(g.viewer, person_id)
    try:
        staff.set_password(g.viewer, found, request.form.get("password", ""))
    except Problem as problem:
        return typed.again(problem, lambda: person(person_id), form="password")
    text = _("The password is set; {name} is signed out everywhere.", name=found.name)
    return http.go(f"/people/{person_id}", toast=text)


@room.page("/people/<int:person_id>/invite", post=True, access=ADMIN, loads="administrator")
def invite(person_id: int) -> Any:
    """A one-time link, shown on the answer and never again."""
    found = staff.get(g.viewer, person_id)
    try:
        link = new_link(found)
    except Problem as problem:
        return typed.again(problem, lambda: person(person_id), form="active")
    return show(found, link=link)


# ── invitations ──────────────────────────────────────────────────────────────


@room.page("/invite/<secret>", access=PUBLIC, loads="invitation")
def invitation(secret: str) -> Any:
    found = invitations.of_secret(secret)
    return http.page("invite.html", person=found.person)


@room.page("/invite/<secret>", post=True, access=PUBLIC, loads="invitation")
def accept(secret: str) -> Any:
    """The password is set and the person signed in; the link is spent."""
    try:
        session = invitations.accept(
            secret,
            request.form.get("password", ""),
            address=request.remote_addr or "",
            agent=request.user_agent.string,
        )
    except Refused as refused:
        return typed.again(refused, lambda: invitation(secret))
    if g.session is not None:
        accounts.end_session(g.session.id)
    return http.set_session(http.go("/"), session)
