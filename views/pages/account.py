"""Signing in and out, the first administrator, and one's own settings."""

from __future__ import annotations

from typing import Any

from flask import g, make_response, render_template, request

from tracker import accounts, db
from tracker.errors import Problem, Refused
from tracker.models import Person
from tracker.text import LANGUAGES, _
from views import http
from views.room import PUBLIC, Room

room = Room("account")


@room.page("/sign-in", access=PUBLIC)
def sign_in() -> Any:
    if accounts.nobody_yet():
        return http.go("/setup")
    if g.person is not None:
        return http.go("/")
    return http.page("sign_in.html", next=http.local_path(request.args.get("next")))


@room.page("/sign-in", post=True, access=PUBLIC)
def sign_in_post() -> Any:
    """A new session; on refusal the page again with what was typed."""
    email = request.form.get("email", "")
    target = http.local_path(request.form.get("next"))
    try:
        secret = accounts.sign_in(
            email,
            request.form.get("password", ""),
            address=request.remote_addr or "",
            agent=request.user_agent.string,
        )
    except Problem as problem:
        html = render_template("sign_in.html", error=problem.to(g.lang), email=email, next=target)
        return make_response(html, problem.status)
    if g.session is not None:
        accounts.end_session(g.session.id)
    return http.set_session(http.go(target), secret)


@room.page("/sign-out", post=True)
def sign_out() -> Any:
    accounts.end_session(g.session.id)
    response = http.go("/sign-in")
    response.delete_cookie(http.session_cookie(), path="/")
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


@room.page("/setup", access=PUBLIC)
@room.page("/setup/<token>", access=PUBLIC)
def setup(token: str = "") -> Any:
    """The first administrator, while there is none."""
    if not accounts.nobody_yet():
        return http.go("/sign-in")
    return http.page("setup.html", values={"token": token})


@room.page("/setup", post=True, access=PUBLIC)
def setup_post() -> Any:
    values = {name: request.form.get(name, "") for name in ("token", "name", "email")}
    password = request.form.get("password", "")
    try:
        person = accounts.first_admin(
            values["token"].strip(), values["email"], name=values["name"], password=password
        )
    except Refused as refused:
        errors = {key: text.to(g.lang) for key, text in refused.problems.items()}
        return make_response(render_template("setup.html", values=values, errors=errors), 422)
    with db.write():
        secret = accounts.start_session(person, address=request.remote_addr or "")
    return http.set_session(http.go("/"), secret)


@room.page("/me/settings", post=True)
def settings() -> Any:
    """Language and theme, kept with the person."""
    changes: dict[str, str] = {}
    if request.form.get("lang") in LANGUAGES:
        changes["lang"] = request.form["lang"]
    if request.form.get("theme") in {"light", "dark", "auto"}:
        changes["theme"] = request.form["theme"]
    if not changes:
        raise Refused(_("Choose a language or an appearance."))
    with db.write():
        Person.update(**changes).where(Person.id == g.person.id).execute()
    back = request.referrer or "/"
    here = back.startswith(request.host_url)
    return http.go(http.local_path(back[len(request.host_url) - 1 :]) if here else "/")
