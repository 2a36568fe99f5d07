"""Calendar: records on their days, as a month, a week or a list; what is dragged is rescheduled."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import current_app, g

from tracker import choices, clock, conditions, definitions, fieldtypes, schema
from tracker.errors import Missing, Refused
from tracker.periods import month_start
from tracker.permissions import Viewer
from tracker.schema import Field, Table
from tracker.text import _, label
from views.agenda import (
    DAY,
    Agenda,
    Span,
    asked_span,
    color_fields,
    is_day,
    marks,
    same_kind,
    time_fields,
)
from views.kinds import ViewKind, registry
from views.month import month
from views.viewing import Viewing

MOST_OFFERED = 20  # options of a field in the list of what may mean done


@registry.register
class CalendarKind(ViewKind):
    """``options``: ``start`` and ``end`` (fields of days or of moments), ``done`` (a condition),
    and the common ``color`` (a choice field).
    """

    key = "calendar"
    name = _("Calendar")
    icon = "calendar"
    order = 20
    template = "calendar.html"
    tools = ("filter", "search")

    def defaults(self, table: Table | None, viewer: Viewer) -> dict[str, Any]:
        if table is None:
            return {}
        times, colors = time_fields(table), color_fields(table)
        written = [one for one in times if fieldtypes.get(one).written]
        start = next(iter(written or times), None)
        return {
            "start": start.id if start else None,
            "end": None,
            "done": None,
            "color": colors[0].id if colors else None,
        }

    def check_options(
        self, options: dict[str, Any], table: Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        if table is None:
            raise Missing
        start = _time_field(options.get("start"), table)
        end = _time_field(options["end"], table) if options.get("end") else None
        if end is not None and not same_kind(start, end):
            raise Refused(_("Start and end must both be days or both be times."), field="end")
        done = options.get("done")
        return {
            "start": start.id,
            "end": end.id if end and end.id != start.id else None,
            "done": None if done is None else conditions.check(done, table, viewer.context),
        }

    def context(self, viewing: Viewing) -> dict[str, Any]:
        agenda = Agenda(viewing)
        return {
            "agenda": agenda,
            "legend": legend(agenda.color),
            "query": urlencode(viewing.params),
            "settings": settings(viewing) if viewing.may_change else None,
            "setup": setup(viewing, agenda) if agenda.start else None,
        }

    def data(self, viewing: Viewing, what: str) -> Any:
        """``events`` (or day counts when there are too many), or ``days`` alone."""
        answers = {"events": events, "days": days}
        if what not in answers:
            raise Missing
        return current_app.json.response(answers[what](viewing))

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        """One month as counts per day."""
        return {"month": month(viewing)}


def _time_field(ref: Any, table: Table) -> Field:
    found = table.find(ref) if ref else None
    if found is None or fieldtypes.get(found).family != "time":
        raise Refused(_("A calendar needs a field with dates."), field="start")
    return found


# ── answers ──────────────────────────────────────────────────────────────────


def events(viewing: Viewing) -> dict[str, Any]:
    """The records of a span, and how China works on its days."""
    agenda, span = Agenda(viewing), asked_span(viewing.params)
    found = agenda.events(span)
    answer: dict[str, Any] = {"events": found, "marks": marks_of(viewing, span)}
    if found is None:
        answer |= {"events": [], "days": agenda.days(span, colored=True)}
    elif not found:
        answer["nearest"] = agenda.nearest(span)
    return with_total(answer, viewing)


def days(viewing: Viewing) -> dict[str, Any]:
    """How many records begin on each day of a span, by colour."""
    agenda, span = Agenda(viewing), asked_span(viewing.params)
    found = agenda.days(span, colored=True)
    answer: dict[str, Any] = {"days": found, "marks": marks_of(viewing, span)}
    if not found:
        answer["nearest"] = agenda.nearest(span)
    return with_total(answer, viewing)


def with_total(answer: dict[str, Any], viewing: Viewing) -> dict[str, Any]:
    """With the size of the viewer's scope, where the page does not know it yet."""
    if viewing.params.get("total"):
        answer["total"] = viewing.scope.count()
    return answer


def marks_of(viewing: Viewing, span: Span) -> dict[str, list[str]]:
    context = viewing.viewer.context
    return marks(span, context.zone, context.lang)


# ── first paint ──────────────────────────────────────────────────────────────


def legend(color: Field | None) -> list[dict[str, Any]]:
    """The colours in use, as chips that filter; the last one stands for no choice."""
    if color is None:
        return []
    shown = [
        {"id": one["id"], "label": label(one, g.lang), "color": one.get("color", "gray")}
        for one in choices.options(color)
    ]
    return [*shown, {"id": 0, "label": _("Without").to(g.lang), "color": "gray"}]


def setup(viewing: Viewing, agenda: Agenda) -> dict[str, Any]:
    """What js/calendar.js is told once; ids and addresses, no words."""
    start, end, table = agenda.start, agenda.end, viewing.table
    if start is None:
        raise Missing
    zone = viewing.viewer.context.zone
    return {
        "view": viewing.view.id,
        "table": table.id,
        "start": start.id,
        "end": end.id if end else None,
        "wholeDays": is_day(start),
        "planned": agenda.done is not None,
        "date": opening_day(viewing, agenda),
        "now": clock.to_local(clock.now(), zone).isoformat(),
        "lang": g.lang,
        "create": create_href(viewing, start),
    }


def opening_day(viewing: Viewing, agenda: Agenda) -> str:
    """Today; the day of the nearest record where this month has none."""
    today = viewing.viewer.context.today()
    first = month_start(date.fromisoformat(today))
    month = Span(first, month_start(first, 1) - DAY)
    if viewing.params.get("date") or agenda.any_within(month):
        return today
    return agenda.nearest(month) or today


def create_href(viewing: Viewing, start: Field) -> str | None:
    """Where a new record is filed, up to the day: the table's first form, else a blank record."""
    rights = viewing.scope.access
    if not rights.may("create") or not rights.writable(start.id, create=True):
        return None
    table = schema.current().table(viewing.table.id)
    forms = definitions.forms_of(viewing.viewer, table)
    return f"/f/{forms[0].id}?f{start.id}=" if forms else f"/r/{table.id}/new?f{start.id}="


# ── what can be set ──────────────────────────────────────────────────────────


def settings(viewing: Viewing) -> dict[str, list[tuple[str, str, bool]]]:
    """The settings as ``(JSON, words, chosen)``, for js/calendar-settings.js to send."""
    table, options = viewing.table, viewing.options
    none = (_("None").to(g.lang), None)
    times = [(label(one, g.lang), one.id) for one in time_fields(table)]
    colors = [(label(one, g.lang), one.id) for one in color_fields(table)]
    return {
        "start": _offered(times, options.get("start")),
        "end": _offered([none, *times], options.get("end")),
        "color": _offered([none, *colors], options.get("color")),
        "done": _offered([none, *_ways_to_be_done(table)], options.get("done")),
    }


def _offered(given: list[tuple[str, Any]], chosen: Any) -> list[tuple[str, str, bool]]:
    """The chosen one is among them, whatever it is."""
    if all(value != chosen for _words, value in given):
        given = [*given, (_("As it is now").to(g.lang), chosen)]
    return [(orjson.dumps(value).decode(), words, value == chosen) for words, value in given]


def _ways_to_be_done(table: Table) -> list[tuple[str, Any]]:
    """Each option of the choice fields, and each checkbox, as a condition in words."""
    found: list[tuple[str, Any]] = []
    for one in table.fields:
        name = label(one, g.lang)
        if fieldtypes.get(one).family == "checkbox":
            found.append((name, {"field": one.id, "op": "checked"}))
        elif one in color_fields(table):
            found += [
                (
                    f"{name}: {label(option, g.lang)}",
                    {"field": one.id, "op": "is", "value": option["id"]},
                )
                for option in choices.options(one)[:MOST_OFFERED]
            ]
    return found
