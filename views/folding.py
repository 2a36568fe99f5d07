"""A calendar's records folded for a month: a few of each day whole, the others as exact counts.

Both come from the same rows, so what is counted is what the viewer may see.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from tracker import clock
from views.layers import Layer, is_day
from views.spans import DAY, Span


@dataclass
class Folded:
    """``rest``: how many of each day's records are not among the ``events``. ``chips``: those
    records by what the legend calls them, each once however many days it lasts.
    """

    events: list[list[Any]] = field(default_factory=list)
    rest: dict[str, int] = field(default_factory=dict)
    chips: dict[str, int] = field(default_factory=dict)

    def leave(self, days: list[str], chip: str) -> None:
        self.chips[chip] = self.chips.get(chip, 0) + 1
        for day in days:
            self.rest[day] = self.rest.get(day, 0) + 1


def fold(layer: Layer, span: Span, most: int, room: int, into: Folded) -> int | None:
    """Add a layer: at most ``most`` that begin on each day stay whole, those of several days first,
    then in order of time. How many there are in all; None when they are more than ``room``.
    """
    light = layer.light(span, room + 1)
    if len(light) > room:
        return None
    wall, begun, chosen = _Wall(layer, span), _Begun(most), []
    places = [(wall.place(start), wall.last(start, end)) for _id, start, end, _option in light]
    order = sorted(range(len(light)), key=lambda at: places[at][0] >= places[at][1])
    for at in order:  # what lasts over several days first
        if begun.fits(places[at][0]):
            chosen.append(light[at][0])
        else:
            into.leave(wall.days(*places[at]), layer.chip(light[at][3] or 0))
    into.events += layer.chosen_events(chosen, span)
    repeated = layer.repeated_events(span, room - len(light))
    if repeated is None:
        return None
    for event in repeated:
        first, last = wall.covered(event)
        if begun.fits(first):
            into.events.append(event)
        else:
            into.leave(wall.days(first, last), layer.chip(event[6]))
    return len(light) + len(repeated)


class _Begun:
    """How many began on each day so far."""

    def __init__(self, most: int) -> None:
        self.most, self.counts = most, dict[int, int]()

    def fits(self, place: int) -> bool:
        count = self.counts[place] = self.counts.get(place, 0) + 1
        return count <= self.most


class _Wall:
    """Places of stored values among the days of the span; -1 lies before it.

    They are compared as they are stored: thousands of them are never read as dates.
    """

    def __init__(self, layer: Layer, span: Span) -> None:
        self.names = [one.isoformat() for one in span.days]
        self.whole = layer.start is not None and is_day(layer.start)
        self.read = layer.reader(layer.start), layer.reader(layer.end)
        self.edges = self.names
        if not self.whole:
            zone, midnight = layer.context.zone, time.min
            walls = [datetime.combine(one, midnight) for one in span.days]
            self.edges = [clock.to_utc(one, zone).isoformat(sep=" ") for one in walls]

    def place(self, start: Any) -> int:
        return bisect_right(self.edges, self.read[0](start)) - 1

    def last(self, start: Any, end: Any) -> int:
        """The last day that is touched; a moment at midnight touches none."""
        first = self.read[0](start)
        last = first if end is None else max(first, self.read[1](end))
        place = bisect_right(self.edges, last) - 1
        return place - 1 if last > first and not self.whole and last in self.edges else place

    def covered(self, event: list[Any]) -> tuple[int, int]:
        """The places of the first and last day of an event on the viewer's wall."""
        first, end = event[3], event[4]
        if end is None or end <= first:
            last = first[:10]
        elif event[5] or end.endswith("T00:00:00"):
            last = (date.fromisoformat(end[:10]) - DAY).isoformat()
        else:
            last = end[:10]
        return bisect_right(self.names, first[:10]) - 1, bisect_right(self.names, last) - 1

    def days(self, first: int, last: int) -> list[str]:
        return self.names[max(first, 0) : last + 1]
