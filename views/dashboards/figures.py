"""Number tiles: one figure from the records the viewer may see, beside the period before it.

A period that is still running is compared up to today with as many days of the one before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import peewee as pw

from tracker import conditions, fieldtypes, permissions, schema
from tracker.conditions import Condition
from tracker.context import Context
from tracker.errors import Missing, Refused
from tracker.grouping import MEASURES
from tracker.periods import DAY, NAMED, Span, span
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field
from tracker.text import Text, _, label
from views import behind
from views.dashboards.narrowing import BEFORE, Narrowing, period_words, without_dates


@dataclass(frozen=True)
class Figure:
    """``change`` is a whole number of percent; None where there is nothing to compare with."""

    text: str
    href: str | None = None
    change: int | None = None
    before: str = ""
    beside: Text | None = None
    misses: tuple[str, ...] = ()
    date: Field | None = None


@dataclass(frozen=True)
class Comparing:
    """The spans of a figure: the whole one, its part up to today, and as much of the one before.

    ``name`` is the key of `periods.NAMED`, empty for other spans.
    """

    name: str
    whole: Span
    part: Span
    before: Span
    running: bool


def figure(viewer: Viewer, tile: dict[str, Any], narrowing: Narrowing) -> Figure:
    """The tile's number, in one query. Raises `Missing` or `Refused` where it is not to be seen."""
    table = schema.current().table(tile["table"])
    query = Query(viewer, table)
    seen = query.access.visible_table
    compare = tile.get("compare") or {}
    own = seen.field(compare["field"]) if compare else None
    date = narrowing.field_of("date", seen, own) if narrowing.period else own
    condition = _checked(tile.get("filter"), query)
    if narrowing.period:
        condition = without_dates(condition, date)
    tests = [condition, *replace(narrowing, period="").tests(seen, None)]
    for test in tests:
        query = query.where(test)
    missed = tuple(narrowing.misses(seen, date))
    asked = (narrowing.operand if date else None) or compare.get("span")
    date = date or own
    measured = _Measured(query, tile.get("measure") or {})
    if not asked or date is None:
        [[number]] = query.rows(measured.over(None))
        return Figure(measured.text(number), door(viewer, table, tests), misses=missed, date=date)
    tests.append({"field": date.id, "op": "within", "value": asked})
    found = _compared(measured, date, comparing(asked, viewer.context))
    return replace(found, href=door(viewer, table, tests), misses=missed)


def title_of(tile: dict[str, Any], narrowing: Narrowing, lang: str) -> str:
    """The tile's title; under another period without the words for its own (“this month”)."""
    title = label({"name": tile.get("title", ""), "names": tile.get("names")}, lang)
    own = (tile.get("compare") or {}).get("span")
    if not narrowing.period or own in (None, narrowing.period) or own not in NAMED:
        return title
    words = NAMED[own][0].to(lang)
    neutral = re.sub(re.escape(words), "", title, flags=re.I).strip(" ,，·-") or title
    return f"{neutral} · {period_words(narrowing).to(lang)}"


def _compared(measured: _Measured, date: Field, spans: Comparing) -> Figure:
    """The figure of a span beside that of the span before."""
    query = measured.query
    inside = [_within(query, date, one) for one in (spans.whole, spans.part, spans.before)]
    [[now, part, before]] = query.rows(*(measured.over(one) for one in inside))
    return Figure(
        text=measured.text(now),
        change=percent(part, before),
        before=measured.text(before),
        beside=beside(spans),
        date=date,
    )


def _checked(condition: Condition | None, query: Query) -> Condition | None:
    """The tile's filter over the fields this viewer may see; `Refused` where one is hidden."""
    if condition is None:
        return None
    return conditions.check(condition, query.access.visible_table, query.viewer.context)


def _within(query: Query, field: Field, days: Span) -> Any:
    """The SQL test that ``field`` lies within the days."""
    operand = [days[0].isoformat(), (days[1] - DAY).isoformat()]
    if days[1] <= days[0]:
        return conditions.FALSE
    return query.scope.filter({"field": field.id, "op": "within", "value": operand})


def door(viewer: Viewer, table: schema.Table, tests: list[Condition | None]) -> str | None:
    """The records behind the number."""
    grid = behind.grid_of(viewer, table)
    return behind.address(grid, tests) if grid else None


# ── spans ────────────────────────────────────────────────────────────────────


def comparing(asked: Any, context: Context) -> Comparing:
    """The span, cut at today where it is still running, beside the same of the one before."""
    name = asked if isinstance(asked, str) else ""
    whole = span(asked, context)
    today = date.fromisoformat(context.today())
    running = whole[0] <= today < whole[1] - DAY
    part = (whole[0], min(whole[1], today + DAY)) if running else whole
    before = _before(name, whole, today)
    if running:
        before = (before[0], min(before[1], before[0] + (part[1] - part[0])))
    return Comparing(name, whole, part, before, running)


def _before(name: str, whole: Span, today: date) -> Span:
    """The span before: of the same name as seen from the day before this one began."""
    current = next((key for key, last in BEFORE.items() if last == name), name)
    if current in BEFORE and current != "today":
        return NAMED[current][1](whole[0] - DAY)
    return whole[0] - (whole[1] - whole[0]), whole[0]


BESIDE = {
    "week": (_("vs the week before"), _("vs the same days of last week")),
    "month": (_("vs the month before"), _("vs the same days of last month")),
    "quarter": (_("vs the quarter before"), _("vs the same days of last quarter")),
    "year": (_("vs the year before"), _("vs the same days of last year")),
}


def beside(spans: Comparing) -> Text:
    days = (spans.whole[1] - spans.whole[0]).days
    if not spans.name and days > 1:
        return _("vs the {n} days before", n=days)
    whole, running = BESIDE.get(spans.name.rpartition("_")[2], (_("vs the day before"),) * 2)
    return running if spans.running else whole


def percent(now: Any, before: Any) -> int | None:
    """How much more or less, in whole percent; None without anything before."""
    if not before:
        return None if now else 0
    return round(100 * ((now or 0) - before) / abs(before))


# ── measures ─────────────────────────────────────────────────────────────────


class _Measured:
    """A measure as SQL over parts of one query, and its numbers in words."""

    def __init__(self, query: Query, measure: dict[str, Any]) -> None:
        self.query = query
        self.kind = measure.get("kind") or "count"
        self.context = query.viewer.context
        self.field: Field | None = None
        self.column: Any = 1
        if self.kind != "count":
            self.field = query.access.field(measure.get("field"))
            self.column = query.scope.column(self.field)
        if self.kind not in MEASURES or (self.field and not fieldtypes.get(self.field).sums):
            raise Refused(_("This cannot be measured."))

    def over(self, test: Any) -> Any:
        """The measure of the rows that meet ``test`` (of all for None)."""
        part = self.column if test is None else pw.Case(None, [(test, self.column)])
        function = pw.fn.COUNT if self.kind == "count" else getattr(pw.fn, self.kind.upper())
        if self.kind == "count" and test is None:
            return function(pw.SQL("*"))
        return function(part)

    def text(self, number: Any) -> str:
        if self.field is None:
            return f"{number or 0:,}"
        kind = fieldtypes.get(self.field)
        shown = round(number or 0) if kind.scaled else float(number or 0)
        return kind.text(shown, self.field, self.context)


def check_number(tile: dict[str, Any], viewer: Viewer) -> dict[str, Any]:
    """A number tile as it may be stored; raises `Refused`."""
    try:
        table = schema.current().table(tile.get("table") or 0)
        seen = permissions.access(viewer, table).visible_table
        compare = tile.get("compare") or None
        checked = {
            "table": table.id,
            "filter": None
            if tile.get("filter") is None
            else conditions.check(tile["filter"], seen, viewer.context),
            "measure": _check_measure(tile.get("measure") or {}, seen),
            "compare": _check_compare(compare, seen) if compare else None,
        }
    except Missing:
        raise Refused(_("This tile points to something that is not there.")) from None
    return checked


def _check_measure(measure: dict[str, Any], seen: schema.Table) -> dict[str, Any]:
    kind = measure.get("kind") or "count"
    if kind == "count":
        return {"kind": "count", "field": None}
    field = seen.field(measure.get("field"))
    if kind not in MEASURES or not fieldtypes.get(field).sums:
        raise Refused(_("This cannot be measured."))
    return {"kind": kind, "field": field.id}


def _check_compare(compare: dict[str, Any], seen: schema.Table) -> dict[str, Any]:
    field = seen.field(compare.get("field"))
    if fieldtypes.get(field).family != "time" or compare.get("span") not in NAMED:
        raise Refused(_("A comparison needs a date and a period."))
    return {"field": field.id, "span": compare["span"]}
