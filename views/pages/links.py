"""Making, showing and ending links that open a view without an account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app, g, request

from tracker import clock, definitions, fieldtypes, limits, sharedlinks
from tracker.errors import Forbidden, Missing, Refused
from tracker.models import SharedLink, View
from tracker.text import _, label, say
from views import http
from views.pages.configure import crumbs, load, parts
from views.room import Room
from views.shared import hues, windows
from views.shared.downloads import formats_of
from views.shared.filed import SHOWN
from views.shared.showing import may_be_shown
from views.viewing import look

room = Room("links")
USUAL_DAYS = 30
PRESETS = {7: _("A week"), 30: _("A month"), 90: _("3 months"), 365: _("A year")}
NAMED = 24  # fields that the dialog names
SOON_DAYS = 3  # before a link ends, its date stands out


def load_view(view_id: int) -> View:
    """A view that the viewer may share by a link."""
    view = definitions.view(g.viewer, view_id)
    if not sharedlinks.may_share(g.viewer, view) or not may_be_shown(view):
        raise Forbidden(_("Only those who may export these records may share them by a link."))
    return view


@room.page("/v/<int:view_id>/links", loads="view")
def dialog(view_id: int) -> Any:
    """The links there are, and the form of a new one."""
    return show(load_view(view_id))


def show(view: View, *, made: str = "", problems: Any = None, status: int = 200) -> Any:
    today = clock.today(g.viewer.context.zone)
    days = {number: (today + timedelta(days=number)).isoformat() for number in PRESETS}
    coordinates = g.viewer.coordinates_base(view.base_id)
    response = http.page(
        "view_links.html",
        view=view,
        links=[line(one) for one in sharedlinks.of_view(g.viewer, view)],
        made=made,
        query=request.query_string.decode("ascii", "replace"),
        until=request.form.get("until") or days[USUAL_DAYS],
        today=today.isoformat(),
        latest=(today + timedelta(days=limits.SHARED_DAYS)).isoformat(),
        presets=[(words.to(g.lang), days[number]) for number, words in PRESETS.items()],
        index=f"/configure/{view.base_id}/links" if coordinates else None,
        name=request.form.get("name", ""),
        password=request.form.get("password", "").strip(),
        narrowed=bool(set(request.args) & set(sharedlinks.PARAMS)),
        given=given(view),
        formats=formats_of(view),
        download=bool(request.form.get("download")),
        most=f"{limits.SHARED_EXPORT_ROWS:,}",
        problems={key: say(text, g.lang) for key, text in (problems or {}).items()},
    )
    response.status_code = status
    return response


def given(view: View) -> dict[str, Any]:
    """What a link to the view gives: the names of its fields, and whether it opens files."""
    if view.table_id is None or view.kind == "matrix":
        return {"fields": [], "files": False}
    params = {key: one for key, one in request.args.items() if key in sharedlinks.PARAMS}
    seen = hues.readable(look(g.viewer, view.id, params))
    fields, told = windows.shown_fields(seen), windows.told_fields(seen)
    filed = view.kind in SHOWN and any(fieldtypes.get(one).family == "files" for one in told)
    names = [label(one, g.lang) for one in fields]
    more = [_("and {n} more", n=len(names) - NAMED).to(g.lang)] if len(names) > NAMED else []
    return {"fields": [*names[:NAMED], *more], "files": filed}


def line(link: SharedLink) -> dict[str, Any]:
    """One link in a list: what, by whom, until when, and why it is dead where it is."""
    scope: dict[str, Any] = dict(link.scope or {})
    left = (link.until - clock.today(g.viewer.context.zone)).days if link.until else None
    return {
        "link": link,
        "name": link.name or label(link.view, g.lang),
        "view": label(link.view, g.lang),
        "alive": sharedlinks.alive(link),
        "until": link.until.isoformat() if link.until else "",
        "soon": left is not None and left <= SOON_DAYS,
        "narrowed": bool(scope.get("params")),
        "download": sharedlinks.may_download(link),
    }


@room.page("/v/<int:view_id>/links", post=True, loads="view")
def create(view_id: int) -> Any:
    """A new link with the filter that the address has; its secret is shown this once."""
    view = load_view(view_id)
    params = {key: one for key, one in request.args.items() if key in sharedlinks.PARAMS}
    look(g.viewer, view_id, params)
    form = request.form
    try:
        secret = sharedlinks.create(
            g.viewer,
            view,
            name=form.get("name", ""),
            password=form.get("password", ""),
            until=form.get("until", ""),
            params=params,
            download=bool(form.get("download") and formats_of(view)),
        )
    except Refused as refused:
        return show(view, problems=refused.problems or {"name": refused.text}, status=422)
    address = current_app.config["SETTINGS"].base_url
    return show(view, made=f"{address}/s/{secret}")


@room.page("/links/<int:link_id>/revoke", post=True, loads="link")
def revoke(link_id: int) -> Any:
    """End it at once; back to where it was listed."""
    link = sharedlinks.revoke(g.viewer, link_id)
    if request.form.get("from") == "view":
        return show(definitions.view(g.viewer, link.view_id))
    if not g.viewer.coordinates_base(link.view.base_id):
        raise Missing
    return http.go(f"/configure/{link.view.base_id}/links", toast=_("The link opens nothing now."))


@room.page("/configure/<int:base_id>/links", loads="coordinator")
def index(base_id: int) -> Any:
    """All links into a base, for its coordinators."""
    base = load(base_id)
    return http.page(
        "configure_links.html",
        base=base,
        links=[line(one) for one in sharedlinks.of_base(base.id)],
        parts=parts(base, "links"),
        crumbs=crumbs(base, (_("Shared links").to(g.lang), "")),
    )
