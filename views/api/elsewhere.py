"""Addresses under ``/api`` that are nothing: the same answer for all of them."""

from __future__ import annotations

from typing import Any

from tracker.errors import Missing
from views.api.gate import ApiRoom
from views.room import PROGRAM

room = ApiRoom("api_elsewhere")
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


def nothing(rest: str) -> Any:
    raise Missing


room.declare("/api/<path:rest>", METHODS, nothing, access=PROGRAM, loads="nothing")
