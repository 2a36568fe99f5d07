"""What every page stands in: the person, their language and theme, the navigation and the bell."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask, current_app, g, request

from tracker import (
    accounts,
    clock,
    db,
    definitions,
    fieldtypes,
    permissions,
    renderpass,
    schema,
)
from tracker.context import Context
from tracker.errors import Forbidden
from tracker.models import Notification, Person
from tracker.periods import short_day
from tracker.permissions import NOBODY
from tracker.text import LANGUAGES, Text, _, label, say
from views import http
from views.api import gate
from views.assets import static_url

PAPER = "rounds_paper"  # the cookie of our own browser while it draws a dashboard
LEAVING = {"explaining.stop_looking", "account.sign_out"}


def enter() -> Any:
    """Before each request: connection, session, viewer, language, CSRF, door."""
    g.opened = db.proxy.connect(reuse_if_open=True)
    if request.method in http.SAFE:
        schema.hold()
    if http.for_programs():
        return gate.enter()
    settings = current_app.config["SETTINGS"]
    secret = request.cookies.get(http.session_cookie(), "")
    g.session = accounts.session_of(secret) if secret else None
    g.person = g.session.person if g.session else _drawn_for()
    g.lang = _language(g.person, settings.lang)
    g.theme = g.person.theme if g.person else "auto"
    g.viewer = _viewer(settings.zone)
    http.check_csrf()
    _only_look()
    return http.check_door()


def _language(person: Person | None, default: str) -> str:
    if person is not None and person.lang in LANGUAGES:
        return str(person.lang)
    if person is None and request.args.get("lang") in LANGUAGES:
        return request.args["lang"]
    accepted = request.accept_languages.best_match(["zh-CN", "zh", "en"], default)
    return "zh" if str(accepted).startswith("zh") else str(accepted)


def _drawn_for() -> Person | None:
    """Whom our own browser draws one view for: that view alone, reading alone."""
    secret = request.cookies.get(PAPER, "")
    if not secret or request.endpoint != "viewing.view" or request.method != "GET":
        return None
    return renderpass.person_of(secret, (request.view_args or {})["view_id"])


def _viewer(zone: str) -> permissions.Viewer:
    """The signed-in person, or whom an administrator looks through."""
    if g.person is None:
        return NOBODY.speaking(g.lang, zone)
    own = g.session
    seen_through = own.view_as if own and own.view_as_id and g.person.is_admin else None
    g.looking_as = seen_through = seen_through if seen_through and seen_through.active else None
    return permissions.viewer_for(seen_through or g.person, lang=g.lang, zone=zone)


def _only_look() -> None:
    """Who looks through somebody else's eyes changes nothing."""
    if g.get("looking_as") and request.method not in http.SAFE and request.endpoint not in LEAVING:
        raise Forbidden(
            _("You are looking as {name}. Go back to yourself first.", name=g.looking_as.name)
        )


def leave(_error: BaseException | None) -> None:
    """A connection goes back to the pool; SQLite keeps one open per thread."""
    schema.release()
    if g.get("opened") and not db.is_sqlite():
        db.proxy.close()


def wire(app: Flask) -> None:
    app.before_request(enter)
    app.teardown_request(leave)
    app.context_processor(page_context)
    app.jinja_env.add_extension("jinja2.ext.loopcontrols")
    app.jinja_env.globals.update(
        _=translate, static=static_url, csp_nonce=http.csp_nonce, address=http.address
    )
    app.jinja_env.filters.update(label=in_language, say=spoken, day=day, moment=moment)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # A global, so that a block rendered alone as a fragment has the macros too.
    app.jinja_env.globals["ui"] = app.jinja_env.get_template("_macros.html").module


def translate(message: str, **params: Any) -> str:
    """``_()`` of templates: the sentence in the reader's language."""
    return Text(message, **params).to(g.get("lang", "zh"))


def in_language(thing: Any) -> str:
    """Filter ``label``: the name of a user's thing in the reader's language."""
    return label(thing, g.get("lang", "zh"))


def day(iso: str) -> str:
    """Filter ``day``: an ISO day as ``11-21 周六``."""
    return short_day(iso, g.viewer.context)


def moment(stored: datetime) -> str:
    """Filter ``moment``: a stored moment on the reader's wall, ``11-21 周六 09:30``."""
    local = clock.to_local(stored, g.viewer.context.zone)
    return f"{short_day(local.date().isoformat(), g.viewer.context)} {local:%H:%M}"


def spoken(value: Any) -> Any:
    """Filter ``say``: a `Text` in the reader's language, anything else as it is."""
    return say(value, g.get("lang", "zh"))


def page_context() -> dict[str, Any]:
    """What base.html needs; the costly parts are functions, called only by whole pages."""
    viewer = g.get("viewer") or NOBODY
    return {
        "lang": g.get("lang", "zh"),
        "theme": g.get("theme", "auto"),
        "viewer": {
            "id": viewer.person_id,
            "name": viewer.name,
            "is_admin": viewer.is_admin,
            "initial": (viewer.name or "?")[:1],
        },
        "context": viewer.context if g.get("viewer") else Context(),
        "looking_as": g.get("looking_as"),
        "stop_looking_href": "/view-as/stop",
        "csrf_token": http.csrf_token(),
        "kind_of": fieldtypes.get,
        **(_whole_page(viewer) if not http.wants_fragment() else {}),
    }


def _whole_page(viewer: permissions.Viewer) -> dict[str, Any]:
    bell = unread(viewer)
    return {
        "flashes": http.flashes(),
        "bell": bell,
        "bell_href": "/inbox",
        "bell_menu_href": "/inbox/menu",
        "search_href": "/search",
        "search_base": base_here(viewer),
        "nav": navigation(viewer, bell),
        "nav_mobile": mobile(bell),
        "person_menu": person_menu(viewer),
    }


def base_here(viewer: permissions.Viewer) -> schema.Base | None:
    """The base that the page at hand belongs to: what the search box looks through."""
    now = schema.current()
    table = now.tables.get(g.get("table_id") or 0)
    base_id = table.base_id if table else g.get("base_id")
    return next((one for one in definitions.bases_of(viewer) if one.id == base_id), None)


def unread(viewer: permissions.Viewer) -> int:
    if viewer.person_id is None:
        return 0
    mine = Notification.person == viewer.person_id
    return int(Notification.select().where(mine, Notification.read_at.is_null()).count())


def navigation(viewer: permissions.Viewer, bell: int) -> list[dict[str, Any]]:
    """The sidebar: today and inbox, then each base with its dashboards and tables."""
    if viewer.person_id is None:
        return []
    own = [
        _item(translate("Today"), "/", "home"),
        {**_item(translate("Inbox"), "/inbox", "inbox"), "badge": bell or None},
    ]
    sections: list[dict[str, Any]] = [{"title": None, "items": own}]
    sections += [_base_section(viewer, base) for base in definitions.bases_of(viewer)]
    return sections


def _base_section(viewer: permissions.Viewer, base: schema.Base) -> dict[str, Any]:
    items = [
        {
            "label": in_language(view),
            "href": f"/v/{view.id}",
            "icon": "layout-dashboard",
            "active": request.path == f"/v/{view.id}",
        }
        for view in definitions.dashboards_of(viewer, base)
    ]
    items += [
        {
            "label": in_language(table),
            "href": f"/t/{table.id}",
            "icon": table.icon,
            "active": g.get("table_id") == table.id,
        }
        for table in definitions.tables_of(viewer, base)
    ]
    if viewer.coordinates_base(base.id):
        items.append(_item(translate("Configure"), f"/configure/{base.id}", "settings"))
    return {"title": in_language(base), "items": items}


def _item(name: str, href: str, icon: str) -> dict[str, Any]:
    active = request.path == href or (href != "/" and request.path.startswith(f"{href}/"))
    return {"label": name, "href": href, "icon": icon, "active": active}


def mobile(bell: int) -> list[dict[str, Any]]:
    """The phone's bottom bar: today, file, calendar, inbox."""
    return [
        _item(translate("Today"), "/", "home"),
        _item(translate("File"), "/file", "edit"),
        _item(translate("Calendar"), "/calendar", "calendar"),
        {**_item(translate("Inbox"), "/inbox", "inbox"), "badge": bell or None},
    ]


def person_menu(viewer: permissions.Viewer) -> list[dict[str, Any]]:
    """Links in the menu under the person's name."""
    items = [_item(translate("Your account"), "/me", "user")]
    if viewer.is_admin:
        items.append(_item(translate("People and organisation"), "/people", "users"))
    return items
