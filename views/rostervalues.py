"""A roster of values: who or where, how often, by the records that name them in a field."""

from __future__ import annotations

from typing import Any

from tracker import fieldtypes, rollcall
from tracker.errors import Missing
from tracker.neglect import Line, Tally, Target, neglect_of
from tracker.rollcall import Count
from views import http
from views.rosteroptions import meaning_of
from views.viewing import Viewing

PROFILE_ROWS = 200
Named = tuple[Line, str, str]  # line, name, address


def page(
    viewing: Viewing, order: str, only: str, *, after: list[Any] | None, limit: int
) -> tuple[list[Named], Tally, list[Any] | None]:
    """The next ``limit`` values after the place in ``after``, the tally of all, the next place."""
    lines = _lines(viewing)
    shown = [one for one in _ordered(lines, order) if _passes(one[0], only)]
    start = max(0, after[1]) if after and isinstance(after[1], int) else 0
    until = start + limit
    key: list[Any] | None = [0, until] if len(shown) > until else None
    if key and order in {"name", "last", "next"}:
        key = ["", until]
    return shown[start:until], _tally([line for line, _name, _href in lines]), key


def _lines(viewing: Viewing) -> list[Named]:
    by, date = viewing.option_field("by"), viewing.option_field("date")
    if by is None or date is None:
        return []
    counts = rollcall.per_value(viewing.query, by, date, meaning=meaning_of(viewing.options))
    context, kind = viewing.viewer.context, fieldtypes.get(by)
    load = {"person": context.directory.load_people}.get(kind.widget)
    load = {"department": context.directory.load_departments}.get(kind.widget, load)
    if load:
        load(key for key in counts if isinstance(key, int))
    target = Target(viewing.options.get("target_days")).days
    lines = []
    for key, count in counts.items():
        if key is not None:
            href = f"/v/{viewing.view.id}/data/profile?key={http.quote(str(key))}"
            line = Line(0, count, count.days_since(context.today()), target)
            lines.append((line, kind.text(key, by, context), href))
    return sorted(lines, key=lambda one: one[1])


def _ordered(lines: list[Named], order: str) -> list[Named]:
    """Stable, so that the order by name shows through within equal numbers."""
    keys: dict[str, Any] = {
        "neglect": lambda one: -neglect_of(one[0].days, one[0].target),
        "last": lambda one: 10**6 if one[0].days is None else one[0].days,
        "visits": lambda one: -one[0].count.visits,
        "quarter": lambda one: -one[0].count.quarter,
        "next": lambda one: one[0].count.next or "9999",
        "name": lambda one: one[1],
    }
    return sorted(lines, key=keys[order])


def _passes(line: Line, only: str) -> bool:
    states = {"overdue": ("late", "never"), "soon": ("soon",)}
    if only in states:
        return line.state in states[only]
    if only == "never":
        return line.days is None
    return only != "unplanned" or line.count.next is None


def _tally(lines: list[Line]) -> Tally:
    return Tally(
        len(lines),
        *(
            sum(_passes(line, one) for line in lines)
            for one in ("overdue", "soon", "never", "unplanned")
        ),
    )


def profile(viewing: Viewing, raw: str) -> dict[str, Any]:
    """All records of one value, newest first."""
    by, date = viewing.option_field("by"), viewing.option_field("date")
    if by is None or date is None:
        raise Missing
    kind = fieldtypes.get(by)
    value = kind.operand(raw, by, viewing.viewer.context)
    query = viewing.scope.where(viewing.saved_filter).where(
        {"field": by.id, "op": "is", "value": raw}
    )
    records = query.order([{"field": date.id, "desc": True}]).page(PROFILE_ROWS).records
    if not records:
        raise Missing
    counts = rollcall.per_value(query, by, date, meaning=meaning_of(viewing.options))
    name = kind.text(value, by, viewing.viewer.context)
    return {
        "viewing": viewing,
        "name": name,
        "records": records,
        "by": by,
        "date": date,
        "fields": [one for one in viewing.shown if one.id not in {by.id, date.id}][:6],
        "count": next(iter(counts.values()), Count()),
        "crumbs": [(viewing.view.name, f"/v/{viewing.view.id}"), (name, "")],
    }
