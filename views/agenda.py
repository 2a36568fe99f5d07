"""What one calendar shows: its layers, their records on the days of a span, and their counts.

A layer whose table is not there for the viewer is absent, as if it had never been added.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from tracker import conditions, limits, permissions, schema
from tracker.conditions import Condition
from tracker.errors import Refused
from tracker.models import View
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field
from views import colours
from views.folding import Folded, fold
from views.layers import Layer
from views.spans import Span
from views.viewing import Viewing


class Agenda:
    """The view's own table first, then the layers beside it, as the viewer may see them."""

    def __init__(self, viewing: Viewing, *, alone: bool = False) -> None:
        """``alone``: without the tables beside it, where something narrows the view's own."""
        self.viewing = viewing
        self.own = Layer(viewing.query, viewing.options, rules=colours.chosen(viewing))
        beside = [] if alone else _beside(viewing)
        self.layers = [self.own, *beside]
        self._choose(viewing.params.get("only", ""))

    @property
    def start(self) -> Field | None:
        return self.own.start

    @property
    def color(self) -> Field | None:
        return self.own.color

    @cached_property
    def shown(self) -> list[Layer]:
        """The layers that have a date to show."""
        return [one for one in self.layers if one.start is not None]

    @property
    def planned(self) -> bool:
        """Whether any layer tells what is planned from what is done."""
        return any(one.done is not None for one in self.shown)

    @property
    def cut(self) -> bool:
        """Whether some series of what was read are more than an answer unrolls."""
        return any(one.cut for one in self.shown)

    def _choose(self, raw: str) -> None:
        """Narrow the layers to the chips picked in the legend: ``only=3,5,a1b2.0``."""
        if not raw or (len(self.layers) == 1 and self.own.color is None):
            return
        picked: dict[str, set[int]] = {one.key: set() for one in self.layers}
        for part in raw.split(",")[:500]:
            key, _dot, option = part.rpartition(".")
            if key in picked and option.isascii() and option.isdecimal() and len(option) < 10:
                picked[key].add(int(option))
        for one in self.layers:
            one.chosen = picked[one.key]

    # ── answers ──────────────────────────────────────────────────────────────

    def events(self, span: Span) -> list[list[Any]] | None:
        """The events of all layers as `Layer.events` gives them, in order of time; None when they
        are more than `limits.CALENDAR_EVENTS`.
        """
        found: list[list[Any]] = []
        for layer in self.shown:
            events = layer.events(span, limits.CALENDAR_EVENTS - len(found))
            if events is None:
                return None
            found += events
        return sorted(found, key=lambda one: one[3])

    def folded(self, span: Span, most: int) -> Folded | None:
        """As `events`, with at most ``most`` of each layer on a day and counts of the rest."""
        found, room = Folded(), limits.CALENDAR_EVENTS
        for layer in self.shown:
            count = fold(layer, span, most, room, found)
            if count is None:
                return None
            room -= count
        found.events.sort(key=lambda one: one[3])
        return found

    def days(self, span: Span, *, colored: bool = False) -> dict[str, dict[str, int]]:
        """Day → chip of the legend → how many records begin on it."""
        found: dict[str, dict[str, int]] = {}
        for layer in self.shown:
            for day, parts in layer.days(span, colored=colored).items():
                found.setdefault(day, {}).update(parts)
        return found

    def any_within(self, span: Span) -> bool:
        return any(one.any_within(span) for one in self.shown)

    def nearest(self, span: Span) -> str | None:
        """The day outside the span on which the closest record begins."""
        days = [day for layer in self.shown for day in layer.nearest(span)]
        return min(days, key=span.gap, default=None)

    def total(self) -> int:
        """How many records of these tables the viewer may see."""
        tables = {one.table.id: one for one in self.layers}
        viewer, current = self.viewing.viewer, schema.current()
        return sum(Query(viewer, current.table(one)).count() for one in tables)


def _beside(viewing: Viewing) -> list[Layer]:
    found = []
    for given in stored_layers(viewing.options):
        query = layer_query(viewing.viewer, given)
        if query is not None and viewing.beside is not None:
            fields = query.access.visible_table.by_id
            query = viewing.beside(query, fields.get(given.get("start", 0)))
        if query is not None:
            key = str(given.get("key", ""))
            rules = colours.chosen(beside(viewing, given))
            found.append(Layer(query.search(viewing.params.get("q", "")), given, key, rules))
    return [one for one in found if one.start is not None and one.key]


def beside(viewing: Viewing, layer: Mapping[str, Any]) -> Viewing:
    """The view as if it were one of that layer's table, for its colours: those of the address are
    in ``colors.`` with the layer's key.
    """
    view = View(**{**viewing.view.__data__, "table": layer.get("table"), "options": dict(layer)})
    raw = viewing.params.get(f"colors.{layer.get('key', '')}")
    return Viewing(viewing.viewer, view, {} if raw is None else {"colors": raw})


def stored_layers(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The layers that a view keeps, as far as they can be read at all."""
    layers = options.get("layers")
    given = layers if isinstance(layers, list) else []
    return [one for one in given if isinstance(one, dict)][: limits.CALENDAR_LAYERS]


def layer_query(viewer: Viewer, given: Mapping[str, Any]) -> Query | None:
    """The records of a layer; None where its table is not there for the viewer."""
    number = given.get("table")
    table = schema.current().tables.get(number) if isinstance(number, int) else None
    if table is None or not permissions.possible_access(viewer, table).lanes:
        return None
    query = Query(viewer, table)
    return query.where(_filter(given.get("filter"), query))


def _filter(saved: Any, query: Query) -> Condition | None:
    """A layer's own filter; one over fields that this viewer does not see shows nothing."""
    if saved is None:
        return None
    try:
        return conditions.check(saved, query.access.visible_table, query.viewer.context)
    except Refused:
        return False
