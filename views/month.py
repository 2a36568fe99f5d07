"""One month as a table of days, each with its count in colours: the calendar's tile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from tracker import choices
from tracker.periods import month_start, week_start, weekday
from tracker.schema import Field
from tracker.text import label
from views.agenda import DAY, Agenda, Span, marks
from views.charts.times import MONTHS
from views.viewing import Viewing


@dataclass(frozen=True)
class Day:
    """A cell; ``bar`` is its count by colour: ``(colour, from percent, wide percent)`` each."""

    day: date
    inside: bool
    today: bool
    count: int
    bar: list[tuple[str, float, float]]
    mark: str


def month(viewing: Viewing) -> dict[str, Any]:
    """The month of ``date=…`` in the address, else this one."""
    agenda, context = Agenda(viewing), viewing.viewer.context
    today = date.fromisoformat(context.today())
    first = month_start(_asked(viewing.params.get("date", ""), today))
    last = month_start(first, 1) - DAY
    grid = Span(week_start(first), week_start(last) + 6 * DAY)
    counts = agenda.days(Span(first, last), colored=True)
    known = marks(grid, context.zone, context.lang)
    colors = _colors(agenda.color)
    cells = [
        Day(
            day=one,
            inside=first <= one <= last,
            today=one == today,
            count=sum(counts.get(one.isoformat(), {}).values()),
            bar=_bar(counts.get(one.isoformat(), {}), colors),
            mark=known.get(one.isoformat(), [""])[0],
        )
        for one in grid.days
    ]
    return {
        "title": _title(first, context.lang),
        "total": sum(one.count for one in cells),
        "weeks": [cells[place : place + 7] for place in range(0, len(cells), 7)],
        "weekdays": [weekday(one, context.lang) for one in grid.days[:7]],
        "href": _href(viewing),
        "key": _key(counts, agenda.color, context.lang),
    }


def _asked(raw: str, today: date) -> date:
    try:
        return date.fromisoformat(raw[:10])
    except ValueError:
        return today


def _title(first: date, lang: str) -> str:
    if lang == "zh":
        return f"{first.year}年{first.month}月"
    return f"{MONTHS[first.month - 1]} {first.year}"


def _href(viewing: Viewing) -> str:
    """The calendar narrowed as its tile is, waiting for a day."""
    kept = {key: value for key, value in viewing.params.items() if key != "date"}
    return f"/v/{viewing.view.id}?{urlencode({**kept, 'mode': 'day', 'date': ''})}"


def _colors(color: Field | None) -> dict[int, str]:
    if color is None:
        return {}
    return {one["id"]: one.get("color", "gray") for one in choices.options(color)}


def _bar(parts: dict[int, int], colors: dict[int, str]) -> list[tuple[str, float, float]]:
    whole, at, bar = sum(parts.values()), 0.0, []
    for option, count in sorted(parts.items()):
        wide = 100 * count / whole
        bar.append(
            (colors.get(option, "teal" if not colors else "gray"), round(at, 2), round(wide, 2))
        )
        at += wide
    return bar


def _key(
    counts: dict[str, dict[int, int]], color: Field | None, lang: str
) -> list[tuple[str, str, int]]:
    """``(colour, name, how many)`` of the options that occur, as they stand in the field."""
    if color is None:
        return []
    sums: dict[int, int] = {}
    for parts in counts.values():
        for option, count in parts.items():
            sums[option] = sums.get(option, 0) + count
    known = choices.options(color)
    return [
        (one.get("color", "gray"), label(one, lang), sums[one["id"]])
        for one in known
        if one["id"] in sums
    ]
