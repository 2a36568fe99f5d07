"""Calendars and timelines behind a link: a month of days, and bars at the zoom that is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker import choices, limits, permissions, schema, sharedlinks
from tracker.errors import Missing
from tracker.models import View
from tracker.periods import month_start, week_start, weekday
from tracker.query import Query
from tracker.text import Text, _, label
from views import colours
from views import month as months
from views.agenda import Agenda, layer_query, stored_layers
from views.bars import Bars
from views.charts.times import MONTHS
from views.layers import Layer
from views.shared import hues
from views.shared.look import Look, Shown
from views.shared.windows import Sought, condition_fields, viewing_through, window
from views.spans import DAY, Span, marks

FOLDED = 4  # records of a day before the rest folds
ZOOMS: dict[str, tuple[Text, int]] = {  # name → months that are shown
    "month": (_("Month"), 1),
    "quarter": (_("Quarter"), 3),
    "year": (_("Year"), 12),
}


@dataclass(frozen=True)
class Entry:
    """One record on one day; ``time`` is empty where it lasts the whole day."""

    time: str
    title: str
    color: str
    done: bool


@dataclass(frozen=True)
class Day:
    """A day of a month; those of the months beside it are not ``inside``."""

    day: date
    inside: bool
    today: bool
    mark: str
    weekday: str
    entries: list[Entry]


def calendar(look: Look) -> Shown:
    """One month; its neighbours are a step away."""
    agenda = _agenda(look)
    context = agenda.viewing.viewer.context
    today = date.fromisoformat(context.today())
    first = _month(look.given.get("month") or look.held.params.get("date", "")[:7], today)
    span = Span(first, month_start(first, 1) - DAY)
    whole = Span(week_start(first), week_start(span.last) + 6 * DAY)
    found = agenda.events(span)
    counts = agenda.days(span) if found is None else {}
    entries = _by_day(found or [], span, agenda)
    known = marks(whole, context.zone, context.lang)
    days = [
        Day(
            day=one,
            inside=span.first <= one <= span.last,
            today=one == today,
            mark=known.get(one.isoformat(), [""])[0],
            weekday=weekday(one, context.lang),
            entries=entries.get(one, []),
        )
        for one in whole.days
    ]
    made = {
        "days": days,
        "weeks": [days[place : place + 7] for place in range(0, len(days), 7)],
        "folded": FOLDED,
        "month": f"{first:%Y-%m}",
        "title": months.title(first, context.lang),
        "before": f"{month_start(first, -1):%Y-%m}",
        "after": f"{month_start(first, 1):%Y-%m}",
        "count": sum(
            span.first.isoformat() <= one[3][:10] <= str(span.last) for one in found or []
        ),
        "counts": {day: sum(parts.values()) for day, parts in counts.items()},
        "q": look.search,
        "legend": _legend(agenda),
        "colour_key": {"rules": _rules(agenda)},
        "planned": agenda.planned,
    }
    return Shown("shared/calendar.html", agenda.viewing.viewer, made)


def month_tile(look: Look) -> Shown:
    made = calendar(look)
    return Shown("shared/month_tile.html", made.viewer, made.context)


def _agenda(look: Look) -> Agenda:
    """The view's own table, and each further layer through a window of its own.

    What is done is told as the view tells it, by fields that are not shown themselves, which
    neither name nor colour a record then.
    """
    held = look.held
    strict = viewing_through(held)
    wider = viewing_through(held, aside=condition_fields(held.options.get("done")))
    named = {one: None for one in ("title", "repeat") if strict.option_field(one) is None}
    options = {**wider.options, **named, "colors": colours.chosen(strict)}
    view = View(**{**wider.view.__data__, "options": options})
    seen = Sought(wider.viewer, view, {}, shown_by=strict, text=look.search)
    agenda = Agenda(seen, alone=True)
    agenda.layers += [one for one in map(_layer_of(look), stored_layers(held.options)) if one]
    return agenda


def _layer_of(look: Look) -> Any:
    holder = look.held.viewer

    def layer(given: dict[str, Any]) -> Layer | None:
        """Where the holder may take the records of its table out."""
        if layer_query(holder, given) is None or not sharedlinks.may_give(holder, given["table"]):
            return None
        table = schema.current().table(given["table"])
        seen = permissions.access(holder, table).visible_table
        named = [seen.by_id.get(given.get(one) or 0) for one in ("start", "end", "title", "repeat")]
        rules = colours.kept(given, seen, holder.context)
        named += [*(seen.by_id.get(one.get("by", 0)) for one in rules), table.title]
        fields = [one for one in named if one is not None and one.id in seen.by_id]
        reckoned = [
            seen.by_id[one] for one in condition_fields(given.get("done")) if one in seen.by_id
        ]
        tests = [given["filter"]] if given.get("filter") is not None else []
        through = permissions.through(window(holder, table, fields, tests))
        wider = permissions.through(window(holder, table, [*fields, *reckoned], tests))
        query = Query(wider, table)
        if look.held.beside is not None:
            narrowed = look.held.beside(Query(holder, table), named[0])
            if narrowed is None:
                return None
            for test in narrowed.tests:
                query = query.test(test)
        if look.search:
            query = query.test(Query(through, table).scope.search(look.search))
        alike = hues.rules(rules, fields, seen, holder.context)
        return Layer(query, given, str(given.get("key", "")), alike)

    return layer


def _month(raw: str, today: date) -> date:
    try:
        first = month_start(date.fromisoformat(f"{raw}-01") if raw else today)
        month_start(first, -1), month_start(first, 2)
    except (ValueError, OverflowError):
        raise Missing from None
    return first


def _by_day(events: list[list[Any]], span: Span, agenda: Agenda) -> dict[date, list[Entry]]:
    """The events on each of their days."""
    layers = {one.key: one for one in agenda.layers}
    found: dict[date, list[Entry]] = {}
    for _id, _rev, title, start, end, all_day, option, done, _may, key, _series, edge in events:
        first = date.fromisoformat(start[:10])
        last = _last_day(first, end)
        color = edge or _color(layers[key], option)
        for day in Span(max(first, span.first), min(last, span.last)).days:
            time = "" if all_day or day != first else start[11:16]
            found.setdefault(day, []).append(Entry(time, title, color, done))
    return found


def _last_day(first: date, end: str | None) -> date:
    """The last day of an event whose end is the moment after it."""
    if end is None:
        return first
    last = date.fromisoformat(end[:10])
    return max(first, last - DAY if len(end) == 10 or end[11:16] == "00:00" else last)


def _color(layer: Layer, option: int) -> str:
    found = choices.by_id(layer.color, option) if layer.color and option else None
    return str(found.get("color", "gray")) if found else layer.hue


def _rules(agenda: Agenda) -> list[dict[str, Any]]:
    """The conditions that colour, in words."""
    context = agenda.viewing.viewer.context
    return [
        said for one in agenda.shown for said in hues.key(one.colours.rules, one.table, context)
    ]


def _legend(agenda: Agenda) -> list[tuple[str, str]]:
    """Colours and what they stand for."""
    lang, several = agenda.viewing.viewer.context.lang, len(agenda.shown) > 1
    found = []
    for one in agenda.shown:
        if one.color is not None:
            options = choices.options(one.color)
            found += [(option.get("color", "gray"), label(option, lang)) for option in options]
        elif several:
            found.append((one.hue, label(one.table, lang)))
    return found


# ── timeline ─────────────────────────────────────────────────────────────────


def timeline(look: Look) -> Shown:
    """Bars between two days, in their lanes."""
    held = look.held
    strict = viewing_through(held)
    viewing = Sought(strict.viewer, strict.view, {}, shown_by=strict, text=look.search)
    bars, context = Bars(viewing), viewing.viewer.context
    saved = held.options.get("zoom")
    usual = "year" if saved in {"quarter", "year"} else "quarter"
    zoom = look.given.get("zoom", usual)
    if zoom not in ZOOMS or bars.start is None:
        raise Missing
    span, before, after = _stretch(look.given.get("day", ""), zoom, context.today())
    found, more = bars.bars(bars.within(span), limits.SHARED_ROWS)
    made = {
        "lanes": _lanes(bars, found, span),
        "ticks": _ticks(span, zoom, context.lang),
        "now": _place(date.fromisoformat(context.today()), span),
        "zoom": zoom,
        "zooms": [(key, words) for key, (words, _n) in ZOOMS.items()],
        **{"day": str(span.first), "before": str(before), "after": str(after)},
        "title": _title(span, zoom, context.lang),
        "more": limits.SHARED_ROWS if more else 0,
        "count": len(found),
        "undated": bars.undated().count(),
        "q": look.search,
        "legend": _colors(bars, context.lang),
        "colour_key": hues.key_of(viewing, options=False),
    }
    return Shown("shared/timeline.html", viewing.viewer, made)


def _stretch(raw: str, zoom: str, today: str) -> tuple[Span, date, date]:
    """The days shown, and where the stretches before and after begin."""
    wide = ZOOMS[zoom][1]
    try:
        first = month_start(date.fromisoformat(raw[:10] or today))
        if not raw and wide > 1:
            first = month_start(first, -wide // 3)
        before, after = month_start(first, -wide), month_start(first, wide)
    except (ValueError, OverflowError):
        raise Missing from None
    return Span(first, after - DAY), before, after


def _place(day: date, span: Span) -> float | None:
    """Where a day stands in the span, in percents; None outside of it."""
    whole = (span.last - span.first).days + 1
    at = (day - span.first).days
    return round(100 * at / whole, 2) if 0 <= at < whole else None


def _lanes(bars: Bars, found: list[list[Any]], span: Span) -> list[dict[str, Any]]:
    """``{"name", "color", "lines"}`` each; without lanes one that has no name."""
    lines = [(bar[6], _line(bar, span)) for bar in found]
    if bars.lane is None:
        return [{"name": "", "color": "", "lines": [one for _keys, one in lines]}]
    return [
        {"name": name, "color": color, "lines": [one for keys, one in lines if key in keys]}
        for key, name, color in bars.lanes(found)
    ]


def _line(bar: list[Any], span: Span) -> dict[str, Any]:
    """A bar in percents of its span, and its days in words."""
    days = sorted(date.fromisoformat(one[:10]) for one in (bar[3], bar[4]) if one)
    whole = (span.last - span.first).days + 1
    first, last = max(days[0], span.first), min(days[-1], span.last)
    wide = round(100 * ((last - first).days + 1) / whole, 2)
    return {
        "title": bar[2],
        "color": bar[5] or "teal",
        "x": _place(first, span) or 0,
        "wide": max(0.8, wide),
        "done": round(max(0.8, wide) * bar[8] / 100, 2) if bar[8] is not None else None,
        "share": bar[8],
        "days": list(dict.fromkeys((str(days[0]), str(days[-1])))),
    }


def _ticks(span: Span, zoom: str, lang: str) -> list[tuple[float, str]]:
    """Where weeks or months begin."""
    if zoom == "month":
        starts = [one for one in span.days if one.weekday() == 0 or one == span.first]
        return [(_place(one, span) or 0, str(one.day)) for one in starts]
    starts = [one for one in span.days if one.day == 1]
    return [(_place(one, span) or 0, _month_name(one, lang)) for one in starts]


def _month_name(day: date, lang: str) -> str:
    return f"{day.month}月" if lang == "zh" else MONTHS[day.month - 1]


def _title(span: Span, zoom: str, lang: str) -> str:
    first, last = (months.title(one, lang) for one in (span.first, span.last))
    return first if zoom == "month" else f"{first} – {last}"


def _colors(bars: Bars, lang: str) -> list[tuple[str, str]]:
    field = bars.colours.by
    if field is None or field == bars.lane:
        return []
    return [(one.get("color", "gray"), label(one, lang)) for one in choices.options(field)]
