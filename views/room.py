"""Rooms: blueprints whose every route says who may enter. ``ROUTES`` registers all doors."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint

from views import pages

PUBLIC, MEMBER, ADMIN = "public", "member", "admin"
ACCESSES = (PUBLIC, MEMBER, ADMIN)


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
            ROUTES[f"{self.name}.{function.__name__}"] = Door(rule, methods, access, loads)
            self.add_url_rule(rule, view_func=function, methods=list(methods))
            return function

        return declare


def rooms() -> list[Room]:
    """The rooms of ``views/pages``, one module each."""
    modules = [
        importlib.import_module(f"views.pages.{module.name}")
        for module in pkgutil.iter_modules(pages.__path__)
    ]
    return [module.room for module in modules if hasattr(module, "room")]
