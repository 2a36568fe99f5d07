"""One's own account: name, language and look, password, sessions and tokens."""

from __future__ import annotations

from typing import Any

from flask import g, make_response, request

from tracker import accounts, db, ownaccount
from tracker.errors import Problem, Refused
from tracker.models import Person
from tracker.text import LANGUAGES, _
from views import http, typed
from views.room import Room

room = Room("me")
THEMES = {"auto": _("As the system"), "light": _("Light"), "dark": _("Dark")}


@room.page("/me", loads="own account")
def account() -> Any:
    return show()


def show(*, secret: str = "") -> Any:
    """The page; ``secret`` is a token made just now."""
    name = _("Your account").to(g.lang)
    return http.page(
        "me.html",
        person=g.person,
        sessions=ownaccount.sessions(g.person),
        current=g.session.id,
        tokens=ownaccount.tokens(g.person),
        secret=secret,
        languages=LANGUAGES,
        themes=THEMES,
        browser=browser,
        crumbs=[(name, "")],
    )


BROWSERS = ("MicroMessenger", "DingTalk", "Edg", "Firefox", "Chrome", "Safari")
SYSTEMS = ("HarmonyOS", "Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")
SAID = {"MicroMessenger": "WeChat", "Edg": "Edge", "Mac OS X": "macOS"}


def browser(agent: str) -> str:
    """``Chrome · Windows``, as far as the browser says."""
    parts = [next((one for one in names if one in agent), "") for names in (BROWSERS, SYSTEMS)]
    return " · ".join(SAID.get(one, one) for one in parts if one)


@room.page("/me", post=True, loads="own account")
def change() -> Any:
    """Name, language and look."""
    lang, theme = request.form.get("lang", ""), request.form.get("theme", "")
    try:
        if lang not in LANGUAGES or theme not in THEMES:
            raise Refused(_("Choose a language or an appearance."))
        with db.write():
            ownaccount.rename(g.person, typed.one_line("name"))
            Person.update(lang=lang, theme=theme).where(Person.id == g.person.id).execute()
    except Problem as problem:
        return typed.again(problem, show, form="account")
    g.lang = lang
    return http.go("/me", toast=_("Saved."))


@room.page("/me/password", post=True, loads="own account")
def password() -> Any:
    """A new password; this browser goes on with a new session, all others are out."""
    try:
        if request.form.get("password", "") != request.form.get("again", ""):
            text = _("The two new passwords differ.")
            raise Refused(text, {"again": text})
        ownaccount.change_password(
            g.person, request.form.get("current", ""), request.form.get("password", "")
        )
    except Problem as problem:
        return typed.again(problem, show, form="password")
    with db.write():
        secret = accounts.start_session(
            g.person, address=request.remote_addr or "", agent=request.user_agent.string
        )
    text = _("The password is changed; all other browsers are signed out.")
    return http.set_session(http.go("/me", toast=text), secret)


@room.page("/me/sessions/<int:session_id>/end", post=True, loads="own session")
def end_session(session_id: int) -> Any:
    ownaccount.end_session(g.person, session_id)
    return http.go("/me#sessions", toast=_("Signed out there."))


@room.page("/me/sessions/end", post=True, loads="own sessions")
def end_others() -> Any:
    ownaccount.end_others(g.person, g.session.id)
    return http.go("/me#sessions", toast=_("All other browsers are signed out."))


@room.page("/me/tokens", post=True, loads="own account")
def add_token() -> Any:
    """A token for programs, shown on the answer and never again."""
    try:
        secret = ownaccount.add_token(g.person, typed.one_line("name"))
    except Problem as problem:
        return typed.again(problem, show, form="token")
    return make_response(show(secret=secret))


@room.page("/me/tokens/<int:token_id>/revoke", post=True, loads="own token")
def revoke_token(token_id: int) -> Any:
    accounts.revoke_token(g.person.id, token_id)
    return http.go("/me#tokens", toast=_("The token opens nothing any more."))
