"""Where our own browser enters: a one-time pass becomes a cookie that opens one view."""

from __future__ import annotations

from typing import Any

from flask import redirect

from tracker import renderpass
from views.room import PUBLIC, Room
from views.shell import PAPER

room = Room("rendering")


@room.page("/render/<secret>", access=PUBLIC, loads="pass")
def enter(secret: str) -> Any:
    """Once; then on to the view."""
    cookie, granted = renderpass.redeem(secret)
    response = redirect(f"/v/{granted.view_id}?{granted.address}", code=303)
    life = int(renderpass.LIFE.total_seconds())
    response.set_cookie(PAPER, cookie, max_age=life, httponly=True, samesite="Strict", path="/v/")
    return response
