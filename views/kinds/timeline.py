"""Timeline: records as bars between two dates, in lanes; what is dragged is rescheduled."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import current_app, g

from tracker import clock, fieldtypes, limits
from tracker.errors import Missing, Refused
from tracker.hierarchy import parent_fields
from tracker.permissions import Viewer
from tracker.schema import Field, Table
from tracker.text import _
from views import colours
from views.bars import Bars, lane_fields, share_fields
from views.kinds import ViewKind, registry
from views.layers import is_day, same_kind, time_fields
from views.offering import Setting, of_fields, offered
from views.spans import Span, asked_span, marks
from views.viewing import Viewing

ZOOMS = {
    "day": _("Day"),
    "week": _("Week"),
    "month": _("Month"),
    "quarter": _("Quarter"),
    "year": _("Year"),
}
MARKED_DAYS = 800  # a span of more shows no single days off
TILE_BARS = 8
TILE_DAYS = (45, 90)  # before and after today


@registry.register
class TimelineKind(ViewKind):
    """``options``: ``start`` and ``end`` (fields of days or of moments), ``progress``, ``depends``
    (a link to the records that come before), ``zoom``, and the common ``group`` (the lanes) and
    ``colors``.
    """

    key = "timeline"
    name = _("Timeline")
    icon = "timeline"
    order = 25
    template = "timeline.html"
    tools = ("filter", "sort", "color", "search")

    def defaults(self, table: Table | None, viewer: Viewer) -> dict[str, Any]:
        if table is None:
            return {}
        times = [one for one in time_fields(table) if fieldtypes.get(one).written]
        start = next(iter(times or time_fields(table)), None)
        later = [one for one in times if start and one.id != start.id and same_kind(start, one)]
        colors, shares = colours.option_fields(table), share_fields(table)
        return {
            "start": start.id if start else None,
            "end": later[0].id if later else None,
            "color": colors[0].id if colors else None,
            "progress": shares[0].id if shares else None,
            "zoom": "month",
        }

    def check_options(
        self, options: dict[str, Any], table: Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        if table is None:
            raise Missing
        start = _need(options.get("start"), time_fields(table), table, "start")
        if start is None:
            raise Refused(_("A timeline needs a field with dates."), field="start")
        end = _need(options.get("end"), time_fields(table), table, "end")
        if end is not None and not same_kind(start, end):
            raise Refused(_("Start and end must both be days or both be times."), field="end")
        share = _need(options.get("progress"), share_fields(table), table, "progress")
        depends = _need(options.get("depends"), parent_fields(table), table, "depends")
        _need(options.get("group"), lane_fields(table), table, "group")
        zoom = options.get("zoom") or "month"
        if zoom not in ZOOMS:
            raise Refused(_("This request cannot be read."), field="zoom")
        return {
            "start": start.id,
            "end": end.id if end and end.id != start.id else None,
            "progress": share.id if share else None,
            "depends": depends.id if depends else None,
            "zoom": zoom,
        }

    def context(self, viewing: Viewing) -> dict[str, Any]:
        bars = Bars(viewing)
        return {
            "bars": bars,
            "zooms": ZOOMS,
            "legend": colours.legend(bars.colours.by, g.lang),
            "query": urlencode(viewing.params),
            "settings": settings(viewing) if viewing.may_change else None,
            "setup": setup(viewing, bars) if bars.start else None,
        }

    def data(self, viewing: Viewing, what: str) -> Any:
        """``bars`` of a span of days, or ``undated``: the records without dates, a page of them."""
        answers = {"bars": bars_of, "undated": undated_of}
        if what not in answers:
            raise Missing
        return current_app.json.response(answers[what](viewing))

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        """The first bars around today."""
        bars = Bars(viewing)
        today = date.fromisoformat(viewing.viewer.context.today())
        before, after = (timedelta(days=one) for one in TILE_DAYS)
        span = Span(today - before, today + after)
        found, _more = bars.bars(bars.within(span), TILE_BARS)
        return {"lines": [_line(one, span, viewing) for one in found], "span": span}


def _need(ref: Any, fields: list[Field], table: Table, name: str) -> Field | None:
    """The field an option names, None for none; one of these fields, or refused."""
    if not ref:
        return None
    found = table.find(ref)
    if found is None or found not in fields:
        raise Refused(_("Choose another field here."), field=name)
    return found


# ── answers ──────────────────────────────────────────────────────────────────


def bars_of(viewing: Viewing) -> dict[str, Any]:
    """The bars of a span, their lanes, and how China works on its days."""
    bars, span = Bars(viewing), asked_span(viewing.params, most=limits.TIMELINE_DAYS)
    found, more = bars.bars(bars.within(span), limits.TIMELINE_BARS)
    answer: dict[str, Any] = {"bars": found, "lanes": bars.lanes(found), "marks": {}}
    if (span.last - span.first).days <= MARKED_DAYS:
        answer["marks"] = marks(span, bars.context.zone, bars.context.lang)
    if more:
        answer["cut"] = _(
            "More than {n} records lie in these days; the first {n} are shown. Zoom in or filter.",
            n=f"{limits.TIMELINE_BARS:,}",
        ).to(bars.context.lang)
    if not found:
        answer["nearest"] = bars.nearest(span)
    if viewing.params.get("total"):
        answer |= {"undated": bars.undated().count(), "total": viewing.scope.count()}
        answer["shown"] = viewing.query.count()
    return answer


def undated_of(viewing: Viewing) -> dict[str, Any]:
    """Records without dates, ``from`` on."""
    bars, raw = Bars(viewing), viewing.params.get("from", "0")
    first = int(raw) if raw.isdecimal() and len(raw) < 8 else 0
    query = bars.undated()
    ids = query.ids(first + limits.TIMELINE_UNDATED + 1)[first:]
    model = query.scope.model
    page = query.test(model.id.in_(ids[: limits.TIMELINE_UNDATED] or [0]))
    found, _more = bars.bars(page, limits.TIMELINE_UNDATED)
    return {"bars": found, "more": len(ids) > limits.TIMELINE_UNDATED}


# ── first paint ──────────────────────────────────────────────────────────────


def setup(viewing: Viewing, bars: Bars) -> dict[str, Any]:
    """What js/timeline.js is told once; ids, no words."""
    start, end = bars.start, bars.end
    if start is None:
        raise Missing
    zone = viewing.viewer.context.zone
    zoom = viewing.options.get("zoom")
    return {
        "view": viewing.view.id,
        "table": viewing.table.id,
        "start": start.id,
        "end": end.id if end else None,
        "wholeDays": is_day(start),
        "lanes": bars.lane is not None,
        "arrows": bars.depends is not None,
        "zoom": zoom if zoom in ZOOMS else "month",
        "date": viewing.viewer.context.today(),
        "now": clock.to_local(clock.now(), zone).isoformat(),
        "lang": g.lang,
        "sorted": bool(viewing.sorts),
    }


def settings(viewing: Viewing) -> list[Setting]:
    """The lines of the settings panel."""
    table, options = viewing.table, viewing.options
    times, lanes = time_fields(table), lane_fields(table)
    zooms = [(words.to(g.lang), key) for key, words in ZOOMS.items()]
    return [
        Setting("start", _("Start"), offered(of_fields(times, none=False), options.get("start"))),
        Setting("end", _("End"), offered(of_fields(times), options.get("end"))),
        Setting("group", _("Lanes"), offered(of_fields(lanes), options.get("group"))),
        Setting(
            "progress",
            _("Filled by"),
            offered(of_fields(share_fields(table)), options.get("progress")),
        ),
        Setting(
            "depends",
            _("Arrows from"),
            offered(of_fields(parent_fields(table)), options.get("depends")),
            _("A link to the records that come before."),
        ),
        Setting("zoom", _("Opens at"), offered(zooms, options.get("zoom") or "month")),
    ]


def _line(bar: list[Any], span: Span, viewing: Viewing) -> dict[str, Any]:
    """A bar of the tile, in percents of its span."""
    whole = (span.last - span.first).days + 1
    days = sorted(date.fromisoformat(one[:10]) for one in (bar[3], bar[4]) if one)
    first, last = max(days[0], span.first), min(days[-1], span.last)
    return {
        "title": bar[2],
        "href": f"/r/{viewing.table.id}/{bar[0]}",
        "color": bar[5] or "teal",
        "x": round(100 * (first - span.first).days / whole, 2),
        "wide": max(1.0, round(100 * ((last - first).days + 1) / whole, 2)),
        "said": " – ".join(dict.fromkeys(one.isoformat() for one in days)),
    }
