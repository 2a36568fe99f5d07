"""The dialog of a roster's settings: whose visits, which target for which tier, what is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from flask import g

from tracker import choices
from tracker.schema import Field, Table
from tracker.text import _, label
from views import rosteroptions
from views.conditionwords import readable
from views.offering import MOST_OPTIONS, offered, ways
from views.viewing import Viewing


@dataclass(frozen=True)
class Tier:
    """A choice field that may be the tier, and the days of each of its options."""

    field: Field
    days: list[tuple[int, str, int | None]]


def dialog(viewing: Viewing, asked: Mapping[str, str]) -> dict[str, Any]:
    """What the dialog shows; ``asked`` holds choices made in it that are not saved yet."""
    options, table = viewing.options, viewing.table
    pairs = rosteroptions.pointing(table, viewing.viewer)
    visits = options.get("visits") or {}
    chosen = _pair(asked, "visits", pairs, visits)
    context: dict[str, Any] = {
        "view": viewing.view,
        "visits": offered(_dated(pairs), _key(chosen)),
        "target_days": options.get("target_days"),
        "tiers": [_tier(one, options) for one in rosteroptions.tier_fields(table)],
        "tier": (options.get("tiers") or {}).get("field"),
    }
    if chosen:
        other = chosen[0]
        dates = [(label(one, g.lang), one.id) for one in other.fields if rosteroptions.is_date(one)]
        context["dates"] = offered(dates, visits.get("date"), strict=True)
        none = (_("By the date alone").to(g.lang), None)
        for one in ("done", "planned"):
            now = readable(visits.get(one), other, viewing.viewer)
            context[one] = offered([none, *ways(other)], now)
    context["counted"] = [_counted(viewing, asked, one, pairs) for one in rosteroptions.COUNTED]
    return context


def _pair(
    asked: Mapping[str, str], name: str, pairs: list[tuple[Table, Field]], saved: dict[str, Any]
) -> tuple[Table, Field] | None:
    """The table and link asked for, else those saved, else (for visits) the first there are."""
    key = saved.get("link")
    try:
        given = orjson.loads(asked[name]) if asked.get(name) else {"link": key}
    except orjson.JSONDecodeError:
        given = {"link": key}
    link = given.get("link") if isinstance(given, dict) else None
    found = next((one for one in pairs if one[1].id == link), None)
    return found or (pairs[0] if pairs and name == "visits" else None)


def _key(pair: tuple[Table, Field] | None) -> dict[str, int] | None:
    return {"table": pair[0].id, "link": pair[1].id} if pair else None


def _dated(pairs: list[tuple[Table, Field]]) -> list[tuple[str, Any]]:
    return [
        (_name(pair), _key(pair))
        for pair in pairs
        if any(rosteroptions.is_date(one) for one in pair[0].fields)
    ]


def _name(pair: tuple[Table, Field]) -> str:
    return f"{label(pair[0], g.lang)} · {label(pair[1], g.lang)}"


def _tier(field: Field, options: dict[str, Any]) -> Tier:
    tiers = options.get("tiers") or {}
    known = tiers.get("days") or {} if tiers.get("field") == field.id else {}
    shown = [
        (one["id"], label(one, g.lang), known.get(str(one["id"])))
        for one in choices.options(field)[:MOST_OPTIONS]
    ]
    return Tier(field, shown)


def _counted(
    viewing: Viewing, asked: Mapping[str, str], what: str, pairs: list[tuple[Table, Field]]
) -> dict[str, Any]:
    saved = viewing.options.get(what) or {}
    cleared = what in asked and asked[what] == "null"
    chosen = None if cleared else _pair(asked, what, pairs, saved)
    given = [(_("None").to(g.lang), None), *((_name(one), _key(one)) for one in pairs)]
    found: dict[str, Any] = {"key": what, "pairs": offered(given, _key(chosen))}
    if chosen:
        same = saved.get("link") == chosen[1].id
        known = [*ways(chosen[0]), *ways(chosen[0], without=True)]
        now = readable(saved.get("condition"), chosen[0], viewing.viewer) if same else None
        found["conditions"] = offered(known, now, strict=not same)
    return found
