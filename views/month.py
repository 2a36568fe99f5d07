"""One month as a table of days, each with its count in colours: the calendar's tile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from tracker import choices
from tracker.periods import month_start, week_start, weekday
from tracker.text import label
from views.agenda import Agenda
from views.charts.times import MONTHS
from views.layers import Layer
from views.spans import DAY, Span, marks
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
    narrowed = viewing.filter is not None and viewing.beside is None
    agenda = Agenda(viewing, alone=narrowed)  # an address narrows one table alone
    context = viewing.viewer.context
    today = date.fromisoformat(context.today())
    first = month_start(_asked(viewing.params.get("date", ""), today))
    last = month_start(first, 1) - DAY
    grid = Span(week_start(first), week_start(last) + 6 * DAY)
    counts = agenda.days(Span(first, last), colored=True)
    known = marks(grid, context.zone, context.lang)
    parts = [part for layer in agenda.shown for part in _parts(layer, context.lang)]
    colors = {chip: color for chip, color, _name in parts}
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
        "title": title(first, context.lang),
        "total": sum(one.count for one in cells),
        "weeks": [cells[place : place + 7] for place in range(0, len(cells), 7)],
        "weekdays": [weekday(one, context.lang) for one in grid.days[:7]],
        "href": _href(viewing),
        "key": _key(counts, parts),
    }


def _asked(raw: str, today: date) -> date:
    try:
        return date.fromisoformat(raw[:10])
    except ValueError:
        return today


def title(first: date, lang: str) -> str:
    if lang == "zh":
        return f"{first.year}年{first.month}月"
    return f"{MONTHS[first.month - 1]} {first.year}"


def _href(viewing: Viewing) -> str:
    """The calendar narrowed as its tile is, waiting for a day."""
    kept = {key: value for key, value in viewing.params.items() if key != "date"}
    return f"/v/{viewing.view.id}?{urlencode({**kept, 'mode': 'day', 'date': ''})}"


Part = tuple[str, str, str]  # chip of the legend, colour, name


def _parts(layer: Layer, lang: str) -> list[Part]:
    """The options of a layer's colours; the layer itself for what has none of them."""
    shown = choices.options(layer.color) if layer.color else []
    found = [(layer.chip(one["id"]), one.get("color", "gray"), label(one, lang)) for one in shown]
    without = "" if layer.color else label(layer.table, lang)
    return [*found, (layer.chip(0), layer.hue, without)]


def _bar(parts: dict[str, int], colors: dict[str, str]) -> list[tuple[str, float, float]]:
    whole, at, bar = sum(parts.values()), 0.0, []
    place = {chip: number for number, chip in enumerate(colors)}
    for chip, count in sorted(parts.items(), key=lambda one: place.get(one[0], len(place))):
        wide = 100 * count / whole
        bar.append((colors.get(chip, "gray"), round(at, 2), round(wide, 2)))
        at += wide
    return bar


def _key(counts: dict[str, dict[str, int]], parts: list[Part]) -> list[tuple[str, str, int]]:
    """``(colour, name, how many)`` of the options that occur, as they stand in their fields."""
    sums: dict[str, int] = {}
    for day in counts.values():
        for chip, count in day.items():
            sums[chip] = sums.get(chip, 0) + count
    named = [(color, name, sums[chip]) for chip, color, name in parts if chip in sums and name]
    return named if len(parts) > 1 else []
