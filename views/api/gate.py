"""The door of the API: a person's token opens it, cookies never do.

Rooms under ``views/api`` are made with `ApiRoom`; each route says what it loads.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import orjson
from flask import current_app, g, request

from tracker import accounts, limits, permissions
from tracker.errors import Missing, TooOften
from tracker.text import LANGUAGES, _
from views.api import faults
from views.room import PROGRAM, PUBLIC, ROUTES, Room


class ApiRoom(Room):
    """A blueprint of the API: JSON answers, all methods, doors that ask for a token.

    Addresses work with and without a slash at the end (`views.api.paths` takes it away).
    """

    def call(
        self, method: str, rule: str, *, access: str = PROGRAM, loads: str = ""
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a route; what the function gives is answered as JSON."""

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            def view(**parts: Any) -> Any:
                content = function(**parts)
                return content if hasattr(content, "headers") else faults.answer(content)

            view.__name__ = function.__name__
            self.declare(rule, (method,), view, access=access, loads=loads)
            return function

        return declare


def enter() -> None:
    """Before each request to the API: whose token, how often, then the door."""
    g.session = g.person = None
    g.lang, g.viewer = "en", permissions.NOBODY
    door = ROUTES.get(str(request.endpoint))
    if door is not None and door.access == PUBLIC:
        return
    token = accounts.token_of(_secret())
    if token is None:
        raise faults.unsigned()
    METER.count(token.id)
    g.person, g.token = token.person, token
    g.viewer = viewer_again()
    if request.routing_exception is not None:
        raise request.routing_exception
    if door is None or door.access != PROGRAM:
        raise Missing


def viewer_again() -> permissions.Viewer:
    """The token's person with the rights that stand now."""
    settings = current_app.config["SETTINGS"]
    lang = g.person.lang if g.person.lang in LANGUAGES else settings.lang
    return permissions.viewer_for(g.person, lang=lang, zone=settings.zone)


def _secret() -> str:
    scheme, _blank, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def via() -> str:
    """What the change log says a write came through."""
    return f"api:{g.token.id}"


def body() -> Any:
    """The JSON of the request; nothing at all reads as an empty object."""
    raw = request.get_data()
    if not raw:
        return {}
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise faults.Fault(
            "INVALID_REQUEST_BODY", "Could not parse request body", status=400
        ) from None


def fields_of_body() -> dict[str, Any]:
    """The body where it must be an object."""
    content = body()
    if not isinstance(content, dict):
        raise faults.bad_request()
    return content


class Meter:
    """How many requests each token has sent in the window that runs, in this process."""

    def __init__(self) -> None:
        self.windows: OrderedDict[int, tuple[int, int]] = OrderedDict()
        self.lock = threading.Lock()

    def count(self, token_id: int) -> None:
        """Raises `TooOften` beyond `limits.API_REQUESTS`."""
        now = time.monotonic()
        window = int(now // limits.API_WINDOW)
        with self.lock:
            started, sent = self.windows.get(token_id, (window, 0))
            sent = sent + 1 if started == window else 1
            self.windows[token_id] = (window, sent)
            self.windows.move_to_end(token_id)
            while len(self.windows) > limits.API_TOKENS_METERED:
                self.windows.popitem(last=False)
        if sent > limits.API_REQUESTS:
            left = limits.API_WINDOW - now % limits.API_WINDOW
            text = _("Rate limit exceeded. Please try again later.")
            raise TooOften(text, retry_after=max(1, round(left + 0.5)))


METER = Meter()
