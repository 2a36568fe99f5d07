"""What the formula editor shows: the functions in a person's language, and a live result."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from tracker import clock
from tracker.context import Context, Directory
from tracker.errors import Refused
from tracker.formula.function import registry
from tracker.formula.naming import Fields
from tracker.formula.planning import plan
from tracker.formula.values import Env, Fault, Value, text_of, to_local
from tracker.text import Text, _

FAMILIES: dict[str, Text] = {
    "text": _("Text"),
    "logic": _("Logic"),
    "number": _("Number"),
    "day": _("Date and time"),
    "workday": _("Working days"),
    "lists": _("Lists"),
    "patterns": _("Regular expressions"),
    "record": _("Record"),
}


def describe(lang: str) -> list[dict[str, str]]:
    """Every function by family and name: name, signature, a sentence and an example."""
    registry.load()
    order = list(FAMILIES)
    found = sorted(registry.kinds.values(), key=lambda one: (order.index(one.family), one.name))
    return [
        {
            "name": one.name,
            "signature": one.signature,
            "text": one.doc.to(lang),
            "example": one.example,
            "family": FAMILIES[one.family].to(lang),
        }
        for one in found
    ]


def trace(
    source: str,
    table: Fields,
    values: Callable[[Any], Any],
    *,
    lang: str = "zh",
    zone: str = "Asia/Shanghai",
    directory: Directory | None = None,
) -> dict[str, Any]:
    """The result on one record, or what is wrong and where.

    ``{"ok": True, "type", "text", "code"}``, with ``code`` and ``at`` for an error value, or
    ``{"ok": False, "error", "at", "line", "character"}`` for a formula that cannot be read.
    """
    try:
        planned = plan(source, table)
    except Refused as refusal:
        where = {key: refusal.context.get(key) for key in ("at", "line", "character")}
        return {"ok": False, "error": refusal.to(lang), **where}
    context = Context(lang, zone, directory or Directory())
    result = {"ok": True, "type": planned.type, "code": None, "at": None}
    try:
        found = planned.raw(values, context)
    except Fault as fault:
        return {**result, "text": fault.text.to(lang), "code": fault.code, "at": fault.at}
    return {**result, "text": shown(found, Env(values, clock.now(), context))}


def shown(value: Value, env: Env) -> str:
    """A result as a person reads it: moments on the clock of their zone."""
    if isinstance(value, bool):
        return (_("Yes") if value else _("No")).to(env.context.lang)
    if isinstance(value, datetime):
        return f"{to_local(value, env.zone):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return text_of(value, env)
