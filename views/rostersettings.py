"""The dialog of a roster's settings: whose visits, which target for which tier, what is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from flask import g

from tracker import choices, fieldtypes
from tracker.schema import Field, Table
from tracker.text import _, label
from views import rosteroptions
from views.viewing import Viewing

MOST_OFFERED = 20  # options of a field among the conditions
Offered = list[tuple[str, str, bool]]  # (JSON, words, chosen)


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
        "visits": _offered(_dated(pairs), _key(chosen)),
        "target_days": options.get("target_days"),
        "tiers": [_tier(one, options) for one in rosteroptions.tier_fields(table)],
        "tier": (options.get("tiers") or {}).get("field"),
    }
    if chosen:
        other = chosen[0]
        dates = [(label(one, g.lang), one.id) for one in other.fields if rosteroptions.is_date(one)]
        context["dates"] = _offered(dates, visits.get("date"), strict=True)
        none = (_("By the date alone").to(g.lang), None)
        for one in ("done", "planned"):
            context[one] = _offered([none, *ways(other)], visits.get(one))
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


def _offered(given: list[tuple[str, Any]], chosen: Any, *, strict: bool = False) -> Offered:
    """The chosen one is among them, whatever it is (unless ``strict``)."""
    if not strict and all(value != chosen for _words, value in given):
        given = [*given, (_("As it is now").to(g.lang), chosen)]
    return [(orjson.dumps(value).decode(), words, value == chosen) for words, value in given]


def _tier(field: Field, options: dict[str, Any]) -> Tier:
    tiers = options.get("tiers") or {}
    known = tiers.get("days") or {} if tiers.get("field") == field.id else {}
    shown = [
        (one["id"], label(one, g.lang), known.get(str(one["id"])))
        for one in choices.options(field)[:MOST_OFFERED]
    ]
    return Tier(field, shown)


def _counted(
    viewing: Viewing, asked: Mapping[str, str], what: str, pairs: list[tuple[Table, Field]]
) -> dict[str, Any]:
    saved = viewing.options.get(what) or {}
    cleared = what in asked and asked[what] == "null"
    chosen = None if cleared else _pair(asked, what, pairs, saved)
    given = [(_("None").to(g.lang), None), *((_name(one), _key(one)) for one in pairs)]
    found: dict[str, Any] = {"key": what, "pairs": _offered(given, _key(chosen))}
    if chosen:
        same = saved.get("link") == chosen[1].id
        offered = [*ways(chosen[0]), *ways(chosen[0], without=True)]
        found["conditions"] = _offered(
            offered, saved.get("condition") if same else None, strict=not same
        )
    return found


def ways(table: Table, *, without: bool = False) -> list[tuple[str, Any]]:
    """Each option of the choice fields (or all but it), each checkbox, as a condition in words."""
    found: list[tuple[str, Any]] = []
    for one in table.fields:
        kind, name = fieldtypes.get(one), label(one, g.lang)
        if kind.family == "checkbox":
            op = "unchecked" if without else "checked"
            word = _("not {name}", name=name).to(g.lang) if without else name
            found.append((word, {"field": one.id, "op": op}))
        elif kind.widget in {"choice", "stage"}:
            for option in choices.options(one)[:MOST_OFFERED]:
                said = label(option, g.lang)
                words = _("{field}: all but {option}", field=name, option=said).to(g.lang)
                condition = {
                    "field": one.id,
                    "op": "is_not" if without else "is",
                    "value": option["id"],
                }
                found.append((words if without else f"{name}: {said}", condition))
    return found
