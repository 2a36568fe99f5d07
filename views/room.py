"""Rooms: blueprints whose every route says who may enter. ``ROUTES`` registers all doors."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint

from views import api, pages

PUBLIC, MEMBER, ADMIN = "public", "member", "admin"
PROGRAM = "program"  # with the token of a person: the API
ACCESSES = (PUBLIC, MEMBER, ADMIN, PROGRAM)


@dataclass(frozen=True)
class Door:
    """One route: who may call it, and how the thing behind it is loaded and so authorised.

    ``loads`` names the loader in words (``view``, ``record``, ``coordinator`` …) for the register.
    """

    rule: str
    methods: tuple[str, ...]
    access: str
    loads: str


ROUTES: dict[str, Door] = {}


class Room(Blueprint):
    """A blueprint whose routes are declared with `page`."""

    def __init__(self, name: str) -> None:
        super().__init__(name, __name__)

    def page(
        self, rule: str, *, post: bool = False, access: str = MEMBER, loads: str = ""
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a route: GET, or only POST with ``post=True``."""
        methods = ("POST",) if post else ("GET",)

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            self.declare(rule, methods, function, access=access, loads=loads)
            return function

        return declare

    def declare(
        self,
        rule: str,
        methods: tuple[str, ...],
        function: Callable[..., Any],
        *,
        access: str,
        loads: str,
    ) -> None:
        """Add the route and its line in the register."""
        ROUTES[f"{self.name}.{function.__name__}"] = Door(rule, methods, access, loads)
        self.add_url_rule(rule, view_func=function, methods=list(methods))


def rooms() -> list[Room]:
    """The rooms of ``views/pages`` and ``views/api``, one module each."""
    modules = [
        importlib.import_module(f"{package.__name__}.{module.name}")
        for package in (pages, api)
        for module in pkgutil.iter_modules(package.__path__)
    ]
    return [module.room for module in modules if hasattr(module, "room")]
