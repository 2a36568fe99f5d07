"""Calendar: records of one or several tables on their days, as a month, a week, a day or a list.

What is dragged is rescheduled; a day or a span that is pressed is where something new is filed.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import current_app, g, request

from tracker import clock, definitions, limits, schema
from tracker.errors import Missing
from tracker.periods import month_start, week_start
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Table
from tracker.text import _, label
from views import calendarsettings, colours, http
from views.agenda import Agenda, beside, layer_query, stored_layers
from views.kinds import ViewKind, registry
from views.layers import Layer, is_day
from views.month import month
from views.spans import DAY, Span, asked_span, marks
from views.viewing import Viewing

WHOLE = 6  # records of one table that a day of a folded month shows; the rest is a number
MOST_WHOLE = 30  # the same on a tall screen


@registry.register
class CalendarKind(ViewKind):
    """``options``: ``start``, ``end``, ``title``, ``repeat`` (fields), ``done`` (a condition),
    ``hue`` (a colour), the common ``colors``, and ``layers``: further tables or
    dates, each with a ``key``, a ``table``, a ``filter`` of its own and the same.
    """

    key = "calendar"
    name = _("Calendar")
    icon = "calendar"
    order = 20
    template = "calendar.html"
    tools = ("filter", "color", "search")

    def defaults(self, table: Table | None, viewer: Viewer) -> dict[str, Any]:
        return calendarsettings.defaults(table) if table else {}

    def check_options(
        self, options: dict[str, Any], table: Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        if table is None:
            raise Missing
        return calendarsettings.checked(options, table, viewer)

    def context(self, viewing: Viewing) -> dict[str, Any]:
        agenda = Agenda(viewing)
        told = setup(viewing, agenda) if agenda.shown else None
        return {
            "agenda": agenda,
            "legend": legend(agenda),
            "query": urlencode(viewing.params),
            "may_set": viewing.may_change,
            "setup": told,
            "first": first_answer(agenda, told["date"]) if told else None,
        }

    def data(self, viewing: Viewing, what: str) -> Any:
        """``events`` (or day counts when there are too many), ``days`` alone; for those who may
        change the view, its ``settings`` and the block of a further ``layer`` as HTML.
        """
        answers = {"events": events, "days": days}
        if what in answers:
            return current_app.json.response(answers[what](viewing))
        if what not in {"settings", "layer"} or not viewing.may_change:
            raise Missing
        if what == "settings":
            return http.page("_calendar_settings.html", **calendarsettings.panel(viewing))
        added = calendarsettings.added(viewing, viewing.params.get("table", ""))
        return http.page("_calendar_layer.html", **added)

    def tables(self, viewing: Viewing) -> list[Query]:
        shown = {one.table.id: one.query for one in Agenda(viewing).shown}
        return [Query(viewing.viewer, one.table) for one in shown.values()]

    def layers(self, viewing: Viewing) -> list[tuple[str, str]]:
        agenda = Agenda(viewing)
        several = len(agenda.shown) > 1
        return [(one.key, layer_name(agenda, one)) for one in agenda.shown if several]

    def beside(self, viewing: Viewing, key: str) -> Viewing:
        for given in stored_layers(viewing.options):
            if given.get("key") == key and layer_query(viewing.viewer, given) is not None:
                return beside(viewing, given)
        raise Missing

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        """One month as counts per day."""
        return {"month": month(viewing)}


# ── answers ──────────────────────────────────────────────────────────────────


def events(viewing: Viewing) -> dict[str, Any]:
    """The records of a span, and how China works on its days."""
    agenda, span = Agenda(viewing), asked_span(viewing.params)
    return events_of(agenda, span, whole=asked_whole(viewing.params.get("fold", "")))


def asked_whole(raw: str) -> int:
    """How many of a day are wanted; 0: all of them."""
    return min(int(raw), MOST_WHOLE) if raw.isascii() and raw.isdecimal() and len(raw) < 4 else 0


def events_of(agenda: Agenda, span: Span, *, whole: int = 0) -> dict[str, Any]:
    """``whole`` of each day: ``rest`` and ``chips`` count what is not among the ``events``."""
    viewing = agenda.viewing
    answer: dict[str, Any] = {"marks": marks_of(viewing, span)}
    if whole:
        folded = agenda.folded(span, whole)
        found = folded.events if folded else None
        answer |= {"rest": folded.rest, "chips": folded.chips} if folded else {}
    else:
        found = agenda.events(span)
    answer["events"] = found
    answer |= {"series": limits.CALENDAR_SERIES} if agenda.cut else {}
    if found is None:
        answer |= {"events": [], "days": agenda.days(span, colored=True)}
    elif not found:
        answer["nearest"] = agenda.nearest(span)
    return with_total(answer, agenda)


def days(viewing: Viewing) -> dict[str, Any]:
    """How many records begin on each day of a span, by colour."""
    agenda, span = Agenda(viewing), asked_span(viewing.params)
    found = agenda.days(span, colored=True)
    answer: dict[str, Any] = {"days": found, "marks": marks_of(viewing, span)}
    answer |= {"series": limits.CALENDAR_SERIES} if agenda.cut else {}
    if not found:
        answer["nearest"] = agenda.nearest(span)
    return with_total(answer, agenda)


def with_total(answer: dict[str, Any], agenda: Agenda) -> dict[str, Any]:
    """With the size of the viewer's scope, where the page does not know it yet."""
    if agenda.viewing.params.get("total"):
        answer["total"] = agenda.total()
    return answer


def marks_of(viewing: Viewing, span: Span) -> dict[str, list[str]]:
    context = viewing.viewer.context
    return marks(span, context.zone, context.lang)


# ── first paint ──────────────────────────────────────────────────────────────


def first_answer(agenda: Agenda, day: str) -> dict[str, Any] | None:
    """The month that a wide page opens with, in the page itself: it need not ask and wait. How many
    records there are in all it asks afterwards: in a large table that takes longer than the month.
    """
    params = agenda.viewing.params
    if params.get("mode", "month") != "month" or "Mobi" in request.user_agent.string:
        return None  # a phone asks for the dots of a month and one day
    first = month_start(date.fromisoformat(day))
    span = Span(week_start(first), week_start(month_start(first, 1) - DAY) + 6 * DAY)
    answer = events_of(agenda, span, whole=WHOLE)
    asked = {"start": span.first.isoformat(), "end": (span.last + DAY).isoformat()}
    return {**asked, **answer, "fold": WHOLE}


def legend(agenda: Agenda) -> list[dict[str, Any]]:
    """The colours in use, as chips that filter; the last of a field stands for no choice.

    Several layers stand one after the other, each under its name.
    """
    several = len(agenda.shown) > 1
    found: list[dict[str, Any]] = []
    for layer in agenda.shown:
        name = layer_name(agenda, layer)
        if layer.color is not None:
            found += [{"head": name}] if several else []
            found += _chips(layer)
        elif several:
            found.append({"id": layer.chip(0), "label": name, "color": layer.hue, "named": True})
    return found


def _chips(layer: Layer) -> list[dict[str, Any]]:
    shown = [
        {**one, "id": layer.chip(one["id"]), "named": True}
        for one in colours.legend(layer.color, g.lang)
    ]
    without = {"label": _("Without").to(g.lang), "color": "gray", "named": False}
    return [*shown, {"id": layer.chip(0), **without}]


def layer_name(agenda: Agenda, layer: Layer) -> str:
    """The table's name; with that of its date where the table is there more than once."""
    name = label(layer.table, g.lang)
    same = [one for one in agenda.shown if one.table.id == layer.table.id]
    if len(same) < 2 or layer.start is None:
        return name
    return f"{name} · {label(layer.start, g.lang)}"


def setup(viewing: Viewing, agenda: Agenda) -> dict[str, Any]:
    """What js/calendar.js is told once."""
    zone = viewing.viewer.context.zone
    return {
        "view": viewing.view.id,
        "layers": {one.key: layer_setup(agenda, one) for one in agenda.shown},
        "wholeDays": all(one.start is not None and is_day(one.start) for one in agenda.shown),
        "planned": agenda.planned,
        "date": opening_day(viewing, agenda),
        "now": clock.to_local(clock.now(), zone).isoformat(),
        "lang": g.lang,
    }


def layer_setup(agenda: Agenda, layer: Layer) -> dict[str, Any]:
    start, end, repeat = layer.start, layer.end, layer.repeat
    if start is None:
        raise Missing
    create, rights = create_href(layer), layer.query.access
    return {
        "name": layer_name(agenda, layer),
        "table": layer.table.id,
        "start": start.id,
        "end": end.id if end else None,
        "repeat": repeat.id if repeat else None,
        "skips": repeat is not None and rights.writable(repeat.id),
        "deletes": rights.may("delete"),
        "copies": rights.may("create") and rights.writable(start.id, create=True),
        "wholeDays": is_day(start),
        "hue": layer.hue,
        "create": create,
        "fileEnd": create is not None and end is not None and rights.writable(end.id, create=True),
    }


def opening_day(viewing: Viewing, agenda: Agenda) -> str:
    """The day that was asked for; else today, or that of the nearest record where this month has
    none.
    """
    today = viewing.viewer.context.today()
    asked = viewing.params.get("date", "")
    if asked:
        return asked if is_written_day(asked) else today
    first = month_start(date.fromisoformat(today))
    month = Span(first, month_start(first, 1) - DAY)
    if agenda.any_within(month):
        return today
    return agenda.nearest(month) or today


def is_written_day(text: str) -> bool:
    """Whether it is a day as addresses write it, in years that calendars reach."""
    try:
        return date.fromisoformat(text).isoformat() == text and 1900 < int(text[:4]) < 9000
    except ValueError:
        return False


def create_href(layer: Layer) -> str | None:
    """Where a new record is filed, up to its dates: the table's first form, else a blank record."""
    rights, start = layer.query.access, layer.start
    if start is None or not rights.may("create") or not rights.writable(start.id, create=True):
        return None
    table = schema.current().table(layer.table.id)
    forms = definitions.forms_of(layer.query.viewer, table)
    return f"/f/{forms[0].id}?" if forms else f"/r/{table.id}/new?"
