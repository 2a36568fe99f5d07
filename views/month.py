"""One month as a table of days with counts: the calendar's tile, drawn on the server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker.periods import month_start, week_start, weekday
from views.agenda import DAY, Agenda, Span, marks
from views.viewing import Viewing


@dataclass(frozen=True)
class Day:
    """A cell: ``shade`` 0 to 4 says how busy it is beside the busiest day."""

    day: date
    inside: bool
    today: bool
    count: int
    shade: int
    mark: str


def month(viewing: Viewing) -> dict[str, Any]:
    """The month of ``date=…`` in the address, else this one."""
    agenda, context = Agenda(viewing), viewing.viewer.context
    today = date.fromisoformat(context.today())
    first = month_start(_asked(viewing.params.get("date", ""), today))
    last = month_start(first, 1) - DAY
    grid = Span(week_start(first), week_start(last) + 6 * DAY)
    counts = {day: sum(parts.values()) for day, parts in agenda.days(grid).items()}
    most = max((counts.get(one.isoformat(), 0) for one in grid.days), default=0)
    known = marks(grid, context.zone, context.lang)
    cells = [
        Day(
            day=one,
            inside=first <= one <= last,
            today=one == today,
            count=counts.get(one.isoformat(), 0),
            shade=_shade(counts.get(one.isoformat(), 0), most),
            mark=known.get(one.isoformat(), [""])[0],
        )
        for one in grid.days
    ]
    return {
        "first": first,
        "total": sum(one.count for one in cells if one.inside),
        "weeks": [cells[place : place + 7] for place in range(0, len(cells), 7)],
        "weekdays": [weekday(one, context.lang) for one in grid.days[:7]],
        "href": f"/v/{viewing.view.id}",
    }


def _asked(raw: str, today: date) -> date:
    try:
        return date.fromisoformat(raw[:10])
    except ValueError:
        return today


def _shade(count: int, most: int) -> int:
    return -(-4 * count // most) if most else 0
