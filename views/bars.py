"""Records as bars from one date to another: which touch a span of days, in lanes and colours.

Everything goes through one `Viewing`, so a timeline shows what its viewer may see and nothing else.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any

import peewee as pw

from tracker import choices, db, fieldtypes, numeric
from tracker.conditions import FALSE
from tracker.days import local_moment
from tracker.hierarchy import parent_fields
from tracker.query import Query, Record
from tracker.rowrights import changeable
from tracker.schema import Field, Table
from tracker.scope import Scope
from tracker.text import _, label
from views import colours
from views.layers import is_day, same_kind
from views.spans import Span
from views.viewing import Viewing

LANES = {"choice", "stage", "choices", "person", "department", "link"}


def lane_fields(table: Table) -> list[Field]:
    """The fields that can part a timeline into lanes."""
    return [one for one in table.fields if fieldtypes.get(one).widget in LANES]


def share_fields(table: Table) -> list[Field]:
    """The fields that say how much of a bar is done: percents."""
    return [one for one in table.fields if fieldtypes.get(one).widget in {"progress", "percent"}]


class Bars:
    """What one timeline shows: its fields as the viewer may see them, and its records."""

    def __init__(self, viewing: Viewing) -> None:
        self.viewing = viewing
        self.start = viewing.option_field("start")
        self.end = viewing.option_field("end") if self.start else None
        if self.end and not same_kind(self.start, self.end):
            self.end = None
        self.lane = self._one_of("group", lane_fields(viewing.table))
        self.colours = colours.of(viewing)
        self.share = self._one_of("progress", share_fields(viewing.table))
        self.depends = self._one_of("depends", parent_fields(viewing.table))

    def _one_of(self, name: str, fields: list[Field]) -> Any:
        field = self.viewing.option_field(name)
        return field if field in fields else None

    @property
    def context(self) -> Any:
        return self.viewing.viewer.context

    @property
    def moved(self) -> list[Field]:
        """The fields that a drag writes."""
        return [one for one in (self.start, self.end) if one]

    # ── which records ────────────────────────────────────────────────────────

    def within(self, span: Span) -> Query:
        """The records that touch the span; one with a single date touches on that day."""
        query = self.viewing.query
        if self.start is None:
            return query.test(FALSE)
        low, high = fieldtypes.get(self.start).operand(span.operand, self.start, self.context)
        start = query.scope.column(self.start)
        if self.end is None:
            return query.test((start >= low) & (start < high))
        return query.test(query.scope.model.id.in_(self._touching(query, low, high)))

    def _touching(self, query: Query, low: Any, high: Any) -> Any:
        """The ids of what begins or ends between two days, or lasts over both: one range of an
        index each, where one test of all would go through everything that ever began.
        """
        beside = Scope(query.access, beside=True)
        start, end = (beside.column(one) for one in self.moved)
        unindexed = (pw.SQL("+"),) if db.is_sqlite() else ()  # the other index knows better
        lasting = pw.NodeList((*unindexed, start < low)) & (end >= high)
        parts = ((start >= low) & (start < high), (end >= low) & (end < high), lasting)
        first, *rest = (beside.model.select(beside.model.id).where(one) for one in parts)
        for one in rest:
            first = first.union_all(one)
        return first

    def undated(self) -> Query:
        """The records without any date."""
        query = self.viewing.query
        for one in self.moved:
            query = query.test(query.scope.column(one).is_null())
        return query if self.start else query.test(FALSE)

    def nearest(self, span: Span) -> str | None:
        """The day outside the span on which the closest record begins."""
        if self.start is None:
            return None
        query = self.viewing.query
        low, high = fieldtypes.get(self.start).operand(span.operand, self.start, self.context)
        start = query.scope.column(self.start)
        cases = [pw.Case(None, [(start < low, start)]), pw.Case(None, [(start >= high, start)])]
        [ends] = query.rows(pw.fn.MAX(cases[0]), pw.fn.MIN(cases[1]))
        read = fieldtypes.get(self.start).column(self.start).python_value
        days = [str(self._wall(read(one)))[:10] if one is not None else None for one in ends]
        known = [one for one in days if one]
        return min(
            known, key=lambda one: abs((date.fromisoformat(one) - span.first).days), default=None
        )

    # ── as a page draws them ─────────────────────────────────────────────────

    def bars(self, query: Query, limit: int) -> tuple[list[list[Any]], bool]:
        """``[id, rev, title, start, end, colour, lanes, may move, share, after]`` each, in order
        of the view, else of the start; and whether there are more than ``limit``.
        """
        if not query.sorts and self.start:
            query = query.order([{"field": self.start.id}])
        ids = query.ids(limit + 1)
        records = query.only(self._read).fetch(ids[:limit])
        told = self._told(query, ids[:limit])
        none = (0, *(None for _rule in self.colours.rules))
        return [self._bar(one, told.get(one.id, none)) for one in records], len(ids) > limit

    @cached_property
    def _read(self) -> list[Field]:
        title = self.viewing.table.title
        wanted = [*self.moved, self.lane, self.share, self.depends, title]
        return list({one.id: one for one in wanted if one}.values())

    def _told(self, query: Query, ids: list[int]) -> dict[int, tuple[Any, ...]]:
        """Record → whether it may be moved, then what the colour rules found."""
        model = query.scope.model
        movable = pw.Case(None, [(changeable(query.scope, self.moved), 1)], 0)
        select = model.select(model.id, movable, *self.colours.tests(query))
        found = db.proxy.execute(select.where(model.id.in_(ids or [0]))).fetchall()
        return {row[0]: row[1:] for row in found}

    def _bar(self, record: Record, told: tuple[Any, ...]) -> list[Any]:
        start, end = (self._iso(one, record) for one in (self.start, self.end))
        return [
            *(record.id, record.rev, record.title or f"#{record.id}", start, end),
            *(self.colours.mark(told[1:]).edge, self._lanes(record), bool(told[0])),
            self._share(record),
            (record.values.get(self.depends.id) or []) if self.depends else [],
        ]

    @cached_property
    def _whole(self) -> bool:
        """Whether the dates are days without times: both or neither."""
        return self.start is not None and is_day(self.start)

    def _iso(self, field: Field | None, record: Record) -> str | None:
        value = record.values.get(field.id) if field else None
        return None if value is None else str(self._wall(value).isoformat())

    def _wall(self, value: Any) -> Any:
        """A stored value as `date`, or as `datetime` on the viewer's wall."""
        if self._whole:
            return date.fromisoformat(value)
        return local_moment(value, self.context)

    def _lanes(self, record: Record) -> list[int]:
        """The lanes it stands in; 0 is the one for none."""
        value = record.values.get(self.lane.id) if self.lane else None
        return value if isinstance(value, list) and value else [value or 0]

    def _share(self, record: Record) -> float | None:
        value = record.values.get(self.share.id) if self.share else None
        if value is None:
            return None
        return min(100.0, max(0.0, value / 10 ** numeric.precision(self.share)))

    def lanes(self, bars: list[list[Any]]) -> list[list[Any]]:
        """``[key, name, colour]`` of the lanes in use, in order; the one for none comes last."""
        if self.lane is None:
            return []
        used = {lane for bar in bars for lane in bar[6]}
        named = [one for one in self._named(used) if one[0] in used]
        return [*named, [0, _("Without").to(self.context.lang), ""]] if 0 in used else named

    def _named(self, used: set[int]) -> list[list[Any]]:
        directory, field = self.context.directory, self.lane
        options = choices.options(field)
        if options:
            lang = self.context.lang
            return [[one["id"], label(one, lang), one.get("color", "gray")] for one in options]
        widget = fieldtypes.get(field).widget
        known = directory.people if widget == "person" else {}
        if widget == "department":
            known = {one: directory.department(one, self.context.lang) for one in used if one}
        elif widget == "link":
            target = field.options["table"]
            known = {one: directory.records.get((target, one), f"#{one}") for one in used}
        return sorted(
            ([one, known.get(one, f"#{one}"), ""] for one in used if one), key=lambda one: one[1]
        )
