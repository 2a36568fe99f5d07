"""Records on their days: which ones fall into a span, and how many on each day.

Everything is SQL over the guarded columns of one `Viewing`, so a calendar shows what its viewer may
see and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import chinese_calendar
import peewee as pw

from tracker import conditions, db, fieldtypes, grouping, limits
from tracker.conditions import FALSE, TRUE, Condition
from tracker.days import local_moment
from tracker.errors import Refused, TooMuch
from tracker.permissions import LEVELS
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.text import _
from views.viewing import Viewing

DAY = timedelta(days=1)
CHINA = {"Asia/Shanghai", "Asia/Chongqing", "Asia/Harbin", "Asia/Urumqi", "PRC"}
MOST_COLORS = 24  # options beyond which counts are not told apart by colour
WRITE = LEVELS.index("write")


@dataclass(frozen=True)
class Span:
    """Days on the viewer's wall: ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def operand(self) -> list[str]:
        return [self.first.isoformat(), self.last.isoformat()]

    @property
    def days(self) -> list[date]:
        return [self.first + DAY * n for n in range((self.last - self.first).days + 1)]


def asked_span(params: Mapping[str, str]) -> Span:
    """``start`` and ``end`` (the day after the last) of a request, within the limit."""
    try:
        first, after = (date.fromisoformat(params.get(one, "")[:10]) for one in ("start", "end"))
        span = Span(first, after - DAY)
    except (ValueError, OverflowError):
        raise Refused(_("A span needs a start and an end, such as 2026-11-21.")) from None
    if span.last < span.first:
        raise Refused(_("The end lies before the start."))
    if (span.last - span.first).days >= limits.DATE_RANGE_DAYS:
        raise TooMuch(_("At most {n} days fit into one answer.", n=limits.DATE_RANGE_DAYS))
    return span


def time_fields(table: Table) -> list[Field]:
    """The fields that can place a record on a day."""
    return [one for one in table.fields if fieldtypes.get(one).family == "time"]


def color_fields(table: Table) -> list[Field]:
    """The fields whose options have colours, one a record."""
    return [
        one
        for one in table.fields
        if fieldtypes.get(one).family == "one" and one.options.get("choices")
    ]


class Agenda:
    """What one calendar shows: its fields as the viewer may see them, and its records."""

    def __init__(self, viewing: Viewing) -> None:
        self.viewing = viewing
        self.start = viewing.option_field("start")
        self.end = viewing.option_field("end") if self.start else None
        if self.end and not same_kind(self.start, self.end):
            self.end = None
        color = viewing.option_field("color")
        self.color = color if color in color_fields(viewing.table) else None

    @property
    def context(self) -> Any:
        return self.viewing.viewer.context

    @cached_property
    def done(self) -> Condition | None:
        """When a record counts as done; None where all do, or where that is hidden."""
        saved = self.viewing.options.get("done")
        if saved is None:
            return None
        try:
            return conditions.check(saved, self.viewing.table, self.context)
        except Refused:
            return None

    @cached_property
    def query(self) -> Query:
        """The view's records, narrowed to the colours chosen in the legend (``only=3,5``)."""
        query = self.viewing.query.order([])
        chosen = self.viewing.params.get("only", "")
        if not chosen or self.color is None:
            return query
        wanted = [int(part) for part in chosen.split(",") if part.isdecimal() and len(part) < 10]
        column = query.scope.column(self.color)
        test = column.in_([one for one in wanted if one] or [-1])
        return query.test(test | column.is_null() if 0 in wanted else test)

    # ── the days ─────────────────────────────────────────────────────────────

    def within(self, span: Span) -> Query:
        """The records that touch the span: those that begin in it, or still last."""
        if self.start is None:
            return self.query.test(FALSE)
        low, high = fieldtypes.get(self.start).operand(span.operand, self.start, self.context)
        start = self.query.scope.column(self.start)
        begun = start >= low
        if self.end is not None:
            begun = begun | (self.query.scope.column(self.end) >= low)
        return self.query.test(begun & (start < high))

    def beginning(self, span: Span) -> Query:
        """The records that begin in the span."""
        if self.start is None:
            return self.query.test(FALSE)
        low, high = fieldtypes.get(self.start).operand(span.operand, self.start, self.context)
        start = self.query.scope.column(self.start)
        return self.query.test((start >= low) & (start < high))

    def days(self, span: Span, *, colored: bool = False) -> dict[str, dict[int, int]]:
        """Day → option id (0 for none) → how many records begin on it."""
        if self.start is None:
            return {}
        by = [grouping.By(self.start, "day")]
        if colored and self.color and len(self.color.options["choices"]) <= MOST_COLORS:
            by.append(grouping.By(self.color))
        found: dict[str, dict[int, int]] = {}
        for group in grouping.groups(self.beginning(span), by):
            option = (group.keys[1] or 0) if len(by) > 1 else 0
            found.setdefault(group.keys[0], {})[option] = group.count
        return found

    def any_within(self, span: Span) -> bool:
        query = self.within(span)
        return bool(db.proxy.execute(query.select(query.scope.model.id).limit(1)).fetchone())

    def nearest(self, span: Span) -> str | None:
        """The day outside the span on which the closest record begins."""
        if self.start is None:
            return None
        low, high = fieldtypes.get(self.start).operand(span.operand, self.start, self.context)
        start = self.query.scope.column(self.start)
        before, after = (
            pw.Case(None, [(start < low, start)]),
            pw.Case(None, [(start >= high, start)]),
        )
        [ends] = self.query.rows(pw.fn.MAX(before), pw.fn.MIN(after))
        days = [self._wall(self.start, one) for one in ends if one is not None]
        return min((str(one)[:10] for one in days), key=lambda one: _gap(one, span), default=None)

    # ── the records ──────────────────────────────────────────────────────────

    def events(self, span: Span) -> list[list[Any]] | None:
        """``[id, rev, title, start, end, whole day, option, done, may move]`` each, in order of
        time; None when there are more than `limits.CALENDAR_EVENTS`. Times are on the viewer's
        wall; the end is the moment or day after the last one.
        """
        if self.start is None:
            return []
        query = self.within(span)
        model, column = query.scope.model, query.scope.column
        title = self._title(query)
        select = query.select(
            *(model.id, model.rev),
            column(title) if title and _has_column(title) else pw.Value(None),
            column(self.start),
            column(self.end) if self.end else pw.Value(None),
            column(self.color) if self.color else pw.Value(None),
            _flag(query.scope.filter(self.done) if self.done is not None else True),
            _flag(self._movable(query)),
        )
        select = select.order_by(column(self.start), model.id).limit(limits.CALENDAR_EVENTS + 1)
        rows = db.proxy.execute(select).fetchall()
        if len(rows) > limits.CALENDAR_EVENTS:
            return None
        titles = self._titles(query, title, rows)
        return [self._event(row, name) for row, name in zip(rows, titles, strict=True)]

    def _event(self, row: Any, title: str) -> list[Any]:
        record_id, rev, _title, start, end, option, done, movable = row
        begin, finish = self._wall(self.start, start), self._wall(self.end, end)
        if finish is not None and finish < begin:
            finish = None
        whole = isinstance(begin, date) and not isinstance(begin, datetime)
        if whole and finish is not None:
            finish += DAY  # a last day is meant inclusively; a calendar's end is not
        return [
            *(record_id, rev, title or f"#{record_id}"),
            *(begin.isoformat(), finish.isoformat() if finish else None, whole),
            *(option or 0, bool(done), bool(movable)),
        ]

    def _wall(self, field: Field | None, value: Any) -> Any:
        """A column's value as `date`, or as `datetime` on the viewer's wall."""
        if field is None or value is None:
            return None
        kind = fieldtypes.get(field)
        iso = kind.column(field).python_value(value)
        return date.fromisoformat(iso) if is_day(field) else local_moment(iso, self.context)

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

    def _title(self, query: Query) -> Field | None:
        title = query.table.title
        return title if title and query.access.level(title.id) >= 1 else None

    def _titles(self, query: Query, title: Field | None, rows: list[Any]) -> list[str]:
        """The records' names: two queries more at most, however many records."""
        if title is None:
            return [""] * len(rows)
        kind, directory = fieldtypes.get(title), self.context.directory
        if kind.family == "link":
            linked = query.linked(title, [row[0] for row in rows])
            return [kind.text(linked.get(row[0]), title, self.context) for row in rows]
        read = kind.column(title).python_value
        values = [None if row[2] is None else read(row[2]) for row in rows]
        ids = [one for one in values if isinstance(one, int)]
        if kind.widget == "person":
            directory.load_people(ids)
        if kind.widget == "department":
            directory.load_departments(ids)
        return [kind.text(one, title, self.context) for one in values]


def _gap(day: str, span: Span) -> int:
    """Days between ``day`` and the span."""
    at = date.fromisoformat(day)
    return max((span.first - at).days, (at - span.last).days)


def is_day(field: Field) -> bool:
    """A field of days without times."""
    return fieldtypes.get(field).widget == "date"


def same_kind(one: Field | None, other: Field | None) -> bool:
    return one is not None and other is not None and is_day(one) == is_day(other)


def _has_column(field: Field) -> bool:
    kind = fieldtypes.get(field)
    return kind.stored or hasattr(kind, "source")


def _flag(test: Any) -> Any:
    """A test as 1 or 0 in a row."""
    return pw.Case(None, [(TRUE if test is True else test, 1)], 0)


# ── the days of China ────────────────────────────────────────────────────────


def marks(span: Span, zone: str, lang: str) -> dict[str, list[str]]:
    """Day → ``["off" | "work", name of the holiday]`` where China's calendar differs from the week.

    Empty for viewers in other zones and for years that are not announced.
    """
    if zone not in CHINA:
        return {}
    found = {}
    for day in span.days:
        try:
            off, name = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:
            continue
        if name is not None and off:
            found[day.isoformat()] = ["off", _festival(name, lang)]
        elif name is not None and day.weekday() >= 5:
            found[day.isoformat()] = ["work", _festival(name, lang)]
    return found


def _festival(name: str, lang: str) -> str:
    return str(chinese_calendar.Holiday(name).chinese) if lang == "zh" else name
