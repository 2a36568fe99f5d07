"""One layer of a calendar: the dates of one table, read through its own rights and filter.

Everything is SQL over the guarded columns of one `Query`; a series is unrolled from the rows that
the query gives, so a layer shows what its viewer may see and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any

import peewee as pw

from tracker import clock, conditions, db, fieldtypes, grouping, limits
from tracker.conditions import FALSE, TRUE, Condition
from tracker.errors import Refused
from tracker.permissions import LEVELS
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.series import Series
from views import colours
from views.colours import Colours
from views.spans import DAY, Span

MOST_COLORS = 24  # options beyond which counts are not told apart by colour
HUE = "teal"  # of a layer that is not coloured by a field
WRITE = LEVELS.index("write")


def time_fields(table: Table) -> list[Field]:
    """The fields that can place a record on a day."""
    return [one for one in table.fields if fieldtypes.get(one).family == "time"]


def rule_fields(table: Table) -> list[Field]:
    """The fields that say how a record repeats."""
    return [one for one in table.fields if fieldtypes.get(one).family == "rule"]


def is_day(field: Field) -> bool:
    """A field of days without times."""
    return fieldtypes.get(field).widget == "date"


def same_kind(one: Field | None, other: Field | None) -> bool:
    return one is not None and other is not None and is_day(one) == is_day(other)


class Layer:
    """``key`` is "" for the view's own table. ``options``: fields that may be gone or hidden.
    ``rules`` are the colour rules, where they are not those of the options.
    """

    def __init__(
        self,
        query: Query,
        options: Mapping[str, Any],
        key: str = "",
        rules: list[dict[str, Any]] | None = None,
    ) -> None:
        self.base_query, self.options, self.key = query.order([]), options, key
        self.table = query.access.visible_table
        self.context = query.viewer.context
        self.start = self._among("start", time_fields(self.table))
        end = self._among("end", time_fields(self.table)) if self.start else None
        self.end = end if same_kind(self.start, end) else None
        if rules is None:
            rules = colours.kept(options, self.table, self.context)
        self.colours = Colours(self.base_query, tuple(rules))
        self.color = self.colours.by
        self.repeat = self._among("repeat", rule_fields(self.table))
        self.chosen: set[int] | None = None  # options picked in the legend; None: all
        self.cut = False  # whether there were more series than an answer unrolls
        self._readers: dict[int, Any] = {}  # how the values of a date are read

    def _among(self, name: str, fields: Iterable[Field]) -> Field | None:
        """The field an option points to, where it is there for this viewer and fits."""
        return next((one for one in fields if one.id == self.options.get(name)), None)

    @property
    def hue(self) -> str:
        """The colour of what has none of its own."""
        return "gray" if self.color else str(self.options.get("hue") or HUE)

    @cached_property
    def done(self) -> Condition | None:
        """When a record counts as done; None where all do, or where that is hidden."""
        return self._condition(self.options.get("done"))

    def _condition(self, saved: Any) -> Condition | None:
        if saved is None:
            return None
        try:
            return conditions.check(saved, self.table, self.context)
        except Refused:
            return None

    @cached_property
    def query(self) -> Query:
        """The layer's records, narrowed to the colours chosen in the legend."""
        query = self.base_query
        if self.chosen is None:
            return query
        if self.color is None:
            return query if 0 in self.chosen else query.test(FALSE)
        column = query.scope.column(self.color)
        test = column.in_([one for one in self.chosen if one] or [-1])
        return query.test(test | column.is_null() if 0 in self.chosen else test)

    def chip(self, option: int) -> str:
        """What the legend calls an option of this layer; 0 stands for none."""
        return f"{self.key}.{option}" if self.key else str(option)

    # ── the days ─────────────────────────────────────────────────────────────

    def _bounds(self, start: Field, span: Span) -> tuple[Any, Any]:
        low, high = fieldtypes.get(start).operand(span.operand, start, self.context)
        return low, high

    @cached_property
    def single(self) -> Query:
        """The records that do not repeat."""
        if self.start is None:
            return self.query.test(FALSE)
        if self.repeat is None:
            return self.query
        return self.query.test(self.query.scope.column(self.repeat).is_null())

    def within(self, span: Span) -> Query:
        """The records that touch the span: those that begin in it, or still last."""
        if self.start is None:
            return self.single
        low, high = self._bounds(self.start, span)
        start = self.query.scope.column(self.start)
        begun = start >= low
        if self.end is not None:
            begun = begun | (self.query.scope.column(self.end) >= low)
        return self.single.test(begun & (start < high))

    def beginning(self, span: Span) -> Query:
        """The records that begin in the span."""
        if self.start is None:
            return self.single
        low, high = self._bounds(self.start, span)
        start = self.query.scope.column(self.start)
        return self.single.test((start >= low) & (start < high))

    def days(self, span: Span, *, colored: bool) -> dict[str, dict[str, int]]:
        """Day → chip → how many records begin on it."""
        if self.start is None:
            return {}
        by = [grouping.By(self.start, "day")]
        if colored and self.color and len(self.color.options["choices"]) <= MOST_COLORS:
            by.append(grouping.By(self.color))
        counts = [
            (group.keys[0], (group.keys[1] or 0) if len(by) > 1 else 0, group.count)
            for group in grouping.groups(self.beginning(span), by)
        ]
        counts += [(day, option if len(by) > 1 else 0, 1) for day, option in self._repeated(span)]
        found: dict[str, dict[str, int]] = {}
        for day, option, count in counts:
            parts = found.setdefault(day, {})
            parts[self.chip(option)] = parts.get(self.chip(option), 0) + count
        return found

    def any_within(self, span: Span) -> bool:
        query = self.within(span)
        one = db.proxy.execute(query.select(query.scope.model.id).limit(1)).fetchone()
        return bool(one) or bool(self._repeated(span))

    def nearest(self, span: Span) -> list[str]:
        """The days before and after the span on which the closest records begin."""
        if self.start is None:
            return []
        low, high = self._bounds(self.start, span)
        start = self.query.scope.column(self.start)
        before, after = (
            pw.Case(None, [(start < low, start)]),
            pw.Case(None, [(start >= high, start)]),
        )
        [ends] = self.query.rows(pw.fn.MAX(before), pw.fn.MIN(after))
        days = [str(self._wall(self.start, one))[:10] for one in ends if one is not None]
        later = [self._series(row).day_after(span.last) for row in self._series_rows(span)]
        return days + [one.isoformat() for one in later if one is not None]

    # ── the records ──────────────────────────────────────────────────────────

    def events(self, span: Span, room: int) -> list[list[Any]] | None:
        """``[id, rev, title, start, end, whole day, option, done, may move, layer, series,
        colour]`` each; None when there are more than ``room``.

        Times are on the viewer's wall; the end is the moment or day after the last one. ``series``
        is None, or ``[start of the record itself, rule]``; ``colour`` is None where the option in
        the legend tells it.
        """
        if self.start is None:
            return []
        rows = self._rows(self.within(span), room + 1) + self._series_rows(span)
        return self._all_events(rows, span, room)

    def _all_events(self, rows: list[Any], span: Span, room: int) -> list[list[Any]] | None:
        titles = self._titles([row[:3] for row in rows])
        found: list[list[Any]] = []
        for row, title in zip(rows, titles, strict=True):
            found += self._events(row, title, span)
            if len(found) > room:
                return None
        return found

    def light(self, span: Span, most: int) -> list[Any]:
        """``(id, start, end, option)`` as stored, in order of time, of what does not repeat."""
        query = self.within(span)
        column, model = query.scope.column, query.scope.model
        start, end, color = (
            column(one) if one else pw.Value(None) for one in (self.start, self.end, self.color)
        )
        select = query.select(model.id, start, end, color).order_by(start, model.id)
        return list(db.proxy.execute(select.limit(most)).fetchall()) if self.start else []

    def chosen_events(self, ids: list[int], span: Span) -> list[list[Any]]:
        """The events of these records, as `events` gives them."""
        if not ids:
            return []
        query = self.within(span)
        rows = self._rows(query.test(query.scope.model.id.in_(ids)), len(ids))
        return self._all_events(rows, span, len(ids)) or []

    def repeated_events(self, span: Span, room: int) -> list[list[Any]] | None:
        """The occurrences of its series; None when there are more than ``room``."""
        return self._all_events(self._series_rows(span), span, room)

    def _rows(self, query: Query, most: int, *, newest: bool = False) -> list[Any]:
        def column(field: Field | None) -> Any:
            return query.scope.column(field) if field else pw.Value(None)

        model, title, start = query.scope.model, self._title, column(self.start)
        select = query.select(
            *(model.id, model.rev),
            column(title if title and _has_column(title) else None),
            *(start, column(self.end), column(self.color)),
            _flag(query.scope.filter(self.done) if self.done is not None else True),
            *(_flag(self._movable(query)), column(self.repeat)),
            *(self.colours.tests(query) if self.colours.conditional else ()),
        )
        order = start.desc() if newest else start.asc()
        return list(db.proxy.execute(select.order_by(order, model.id).limit(most)).fetchall())

    def _series_query(self, span: Span) -> Query | None:
        """The repeating records that have begun before the end of the span."""
        if self.repeat is None or self.start is None:
            return None
        _low, high = self._bounds(self.start, span)
        column = self.query.scope.column
        begun = column(self.repeat).is_null(False) & (column(self.start) < high)
        return self.query.test(begun)

    def _series_rows(self, span: Span) -> list[Any]:
        """At most `limits.CALENDAR_SERIES`, those that began last."""
        query = self._series_query(span)
        rows = self._rows(query, limits.CALENDAR_SERIES + 1, newest=True) if query else []
        self.cut = len(rows) > limits.CALENDAR_SERIES
        return rows[: limits.CALENDAR_SERIES]

    def _repeated(self, span: Span) -> list[tuple[str, int]]:
        """``(day, option)`` of each occurrence of a series that begins in the span."""
        found = []
        for row in self._series_rows(span):
            series = self._series(row)
            days = [
                begin.isoformat()[:10] for begin, _end in series.occurrences(span.first, span.last)
            ]
            found += [(day, row[5] or 0) for day in days if day >= span.first.isoformat()]
        return found

    def _series(self, row: Any) -> Series:
        begin, finish = self._plain(self.start, row[3]), self._plain(self.end, row[4])
        return Series(row[8], begin, finish, self.context.zone)

    def _events(self, row: Any, title: str, span: Span) -> list[list[Any]]:
        """One for a record, several for a series."""
        begin, finish = self._wall(self.start, row[3]), self._wall(self.end, row[4])
        if row[8] is None:
            return [self._event(row, title, begin, finish)]
        rule = [begin.isoformat(), row[8]]
        times = self._series(row).occurrences(span.first, span.last)
        return [self._event(row, title, *one, series=rule) for one in times]

    def _event(
        self, row: Any, title: str, begin: Any, finish: Any, *, series: list[str] | None = None
    ) -> list[Any]:
        record_id, rev, _title, _start, _end, option, done, movable, _rule, *found = row
        if finish is not None and finish < begin:
            finish = None
        whole = not isinstance(begin, datetime)
        if whole and finish is not None:
            finish += DAY  # a last day is meant inclusively; a calendar's end is not
        return [
            *(record_id, rev, title or f"#{record_id}"),
            *(begin.isoformat(), finish.isoformat() if finish else None, whole),
            *(option or 0, bool(done), bool(movable), self.key, series),
            self.colours.mark(found).edge or None if found else None,
        ]

    def _plain(self, field: Field | None, value: Any) -> Any:
        """A column's value as `date`, or as UTC `datetime`."""
        if field is None or value is None:
            return None
        made = date if is_day(field) else datetime
        return made.fromisoformat(self.reader(field)(value))

    def reader(self, field: Field | None) -> Any:
        """What makes a column's value its stored form: text that sorts as time does."""
        if field is None:
            return str
        if field.id not in self._readers:
            self._readers[field.id] = fieldtypes.get(field).column(field).python_value
        return self._readers[field.id]

    def _wall(self, field: Field | None, value: Any) -> Any:
        """A column's value as `date`, or as `datetime` on the viewer's wall."""
        plain = self._plain(field, value)
        if isinstance(plain, datetime):
            return clock.to_local(plain, self.context.zone)
        return plain

    def _movable(self, query: Query) -> Any:
        """True, or the SQL test of the records whose times this viewer may change."""
        moved = [one for one in (self.start, self.end) if one]
        if not all(fieldtypes.get(one).written for one in moved):
            return FALSE
        lanes = [
            lane
            for lane in query.access.lanes
            if lane.update is not False and all(lane.level(one.id) >= WRITE for one in moved)
        ]
        return query.scope.union(lanes, "update") if lanes else FALSE

    @cached_property
    def _title(self) -> Field | None:
        """The chosen field that names records here, else the table's own."""
        chosen = self._among("title", self.table.fields)
        if chosen is not None and (_has_column(chosen) or fieldtypes.get(chosen).family == "link"):
            return chosen
        title = self.query.table.title
        return title if title and self.query.access.level(title.id) >= 1 else None

    def _titles(self, rows: list[Any]) -> list[str]:
        """The records' names: two queries more at most, however many records."""
        title = self._title
        if title is None:
            return [""] * len(rows)
        kind, directory = fieldtypes.get(title), self.context.directory
        if kind.family == "link":
            linked = self.query.linked(title, [row[0] for row in rows])
            return [kind.text(linked.get(row[0]), title, self.context) for row in rows]
        read = kind.column(title).python_value
        values = [None if row[2] is None else read(row[2]) for row in rows]
        ids = [one for one in values if isinstance(one, int)]
        if kind.widget == "person":
            directory.load_people(ids)
        if kind.widget == "department":
            directory.load_departments(ids)
        return [kind.text(one, title, self.context) for one in values]


def _has_column(field: Field) -> bool:
    kind = fieldtypes.get(field)
    return kind.stored or hasattr(kind, "source")


def _flag(test: Any) -> Any:
    """A test as 1 or 0 in a row."""
    return pw.Case(None, [(TRUE if test is True else test, 1)], 0)
