"""The public page of a shared link. Nothing else of the product is behind it."""

from __future__ import annotations

import hmac
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import current_app, g, request

from tracker import clock, sharedlinks
from tracker.errors import Missing, Problem, Refused, TooOften
from tracker.models import File
from tracker.permissions import NOBODY
from tracker.sharedlinks import Opened
from tracker.text import label
from views import http
from views.cells import row_classes
from views.pages.exporting import named
from views.pages.files import original_of, picture_of
from views.room import PUBLIC, Room
from views.shared import downloads, filed, plain, showing

room = Room("shared")
UNLOCKED = "rounds_link"
UNLOCKED_SECONDS = 12 * 3600


@room.page("/s/<secret>", access=PUBLIC, loads="link")
def open_link(secret: str) -> Any:
    """The view, or first the question for its password."""
    try:
        found = load(secret)
    except Missing:
        return ended()
    if locked(found):
        return answer("shared_locked.html", found, problem="")
    sharedlinks.note_opened(found.link)
    try:
        shown = showing.show(found, request.args, request.path)
    except Missing:
        return ended(request.path if request.args else "")
    g.viewer = shown.viewer
    files = f"{request.path}/files/"
    more = {**shown.context, "row_classes": row_classes}
    more |= {"plain": partial(plain.cell, files=files), "cover": partial(plain.cover, files=files)}
    if shown.alone:
        return private(http.page(shown.template, context=shown.viewer.context, **more))
    given = downloads.formats_of(found.view) if sharedlinks.may_download(found.link) else []
    more["downloads"] = [(one, download_address(secret, one)) for one in given]
    return answer("shared.html", found, shown=shown, context=shown.viewer.context, **more)


@room.page("/s/<secret>", post=True, access=PUBLIC, loads="link")
def unlock(secret: str) -> Any:
    """With the password the link is open in this browser for half a day."""
    try:
        found = load(secret)
    except Missing:
        return ended()
    try:
        if found.link.password_hash:
            password = request.form.get("password", "")
            sharedlinks.unlock(found.link, password, address=request.remote_addr or "")
    except (Refused, TooOften) as refused:
        response = answer("shared_locked.html", found, problem=refused.to(g.lang))
        response.status_code = refused.status
        if isinstance(refused, TooOften):
            response.headers["Retry-After"] = str(refused.retry_after)
        return response
    response = http.go(request.path)
    response.set_cookie(
        UNLOCKED,
        ticket(found, int(clock.now().timestamp()) + UNLOCKED_SECONDS),
        max_age=UNLOCKED_SECONDS,
        httponly=True,
        secure=request.is_secure,
        samesite="Lax",
        path=request.path,
    )
    return private(response)


@room.page("/s/<secret>/download.<format>", access=PUBLIC, loads="link")
def download(secret: str, format: str) -> Any:
    """What the link shows as a file, where its maker allowed that."""
    try:
        found = load(secret)
        if locked(found) or not sharedlinks.may_download(found.link):
            raise Missing
        look = showing.look(found, request.args, f"/s/{secret}")
        if format not in downloads.formats_of(found.view):
            raise Missing
        sharedlinks.note_download(found.link)
        return private(downloads.file(look, format))
    except Missing:
        return ended()
    except Problem as problem:
        return refused(problem, f"/s/{secret}")


def refused(problem: Problem, back: str) -> Any:
    """The reason, and the way back to the view."""
    response = http.page("shared_ended.html", alive=back, problem=problem.to(g.lang))
    response.status_code = problem.status
    return private(response)


@room.page("/s/<secret>/files/<file_id>", access=PUBLIC, loads="link")
def open_file(secret: str, file_id: str) -> Any:
    """A file that the view shows, as a download; a picture drawn anew, without what the camera
    noted in it.
    """
    try:
        found = file_behind(secret, file_id)
        sent = picture_of(found, "large") if found.width else original_of(found)
    except Missing:
        return ended()
    return private(named(sent, f"{Path(found.name).stem}.webp") if found.width else sent)


@room.page("/s/<secret>/files/<file_id>/<size>", access=PUBLIC, loads="link")
def open_picture(secret: str, file_id: str, size: str) -> Any:
    try:
        return private(picture_of(file_behind(secret, file_id), size))
    except Missing:
        return ended()


def file_behind(secret: str, file_id: str) -> File:
    """The file, asked anew each time: the link lives, its password was given, its view shows it."""
    found = load(secret)
    if locked(found):
        raise Missing
    return filed.found(showing.look(found, {}, f"/s/{secret}"), file_id)


def download_address(secret: str, format: str) -> str:
    """Of the records that the visitor searched, as they are sorted."""
    kept = ("q", "sort", "rank", "by", "only")
    asked = {key: request.args[key] for key in kept if request.args.get(key)}
    return f"/s/{secret}/download.{format}{'?' if asked else ''}{urlencode(asked)}"


def ended(alive: str = "") -> Any:
    """Alike for what ended and what never was; ``alive`` is the way back to a view that is open."""
    response = http.page("shared_ended.html", alive=alive)
    response.status_code = Missing.status
    return private(response)


def load(secret: str) -> Opened:
    """The live link; for this page whoever is signed in is nobody in particular."""
    zone = current_app.config["SETTINGS"].zone
    g.viewer = NOBODY.speaking(g.lang, zone)
    g.looking_as = None
    return sharedlinks.opened(secret, lang=g.lang, zone=zone)


def locked(found: Opened) -> bool:
    """Whether the password is still to be given in this browser."""
    if not found.link.password_hash:
        return False
    raw = request.cookies.get(UNLOCKED, "")
    until, _dot, _mac = raw.partition(".")
    if not until.isascii() or not until.isdecimal() or len(until) > 12:
        return True
    whole = hmac.compare_digest(raw.encode(), ticket(found, int(until)).encode())
    return not whole or int(until) < int(clock.now().timestamp())


def ticket(found: Opened, until: int) -> str:
    """What the browser shows that gave the password; another password makes it void."""
    words = f"link:{found.link.id}:{found.link.password_hash}:{until}"
    mac = hmac.new(current_app.config["SECRET"], words.encode(), "sha256").hexdigest()
    return f"{until}.{mac}"


def answer(template: str, found: Opened, **context: Any) -> Any:
    name = "" if template == "shared_locked.html" else label(found.view, g.lang)
    response = http.page(template, crumbs=[(name, "")], view_name=name, **context)
    return private(response)


def private(response: Any) -> Any:
    """For the eyes of those who were given the address, not for those who collect pages."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "same-origin"
    return response
