"""For those who run the installation: is it alive, is it ready, how does it do."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Response, current_app, g, request

from tracker import db
from tracker.errors import Missing
from views.room import PUBLIC, Room

room = Room("health")


@room.page("/healthz", access=PUBLIC)
def healthz() -> Any:
    return current_app.json.response(ok=True)


@room.page("/readyz", access=PUBLIC)
def readyz() -> Any:
    db.query("SELECT 1")
    return current_app.json.response(ok=True)


@room.page("/metrics", access=PUBLIC)
def metrics() -> Any:
    """For administrators, and for whoever holds ``ROUNDS_METRICS_TOKEN``; nothing for others."""
    token = current_app.config["SETTINGS"].metrics_token
    given = request.headers.get("Authorization", "")
    holds = token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    if not holds and not g.viewer.is_admin:
        raise Missing
    text = current_app.extensions["telemetry"].text()
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")
