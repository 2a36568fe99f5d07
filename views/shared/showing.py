"""What the page of a shared link shows: a table of records, a chart, a month or a dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from flask import render_template
from markupsafe import Markup

from tracker import definitions, fieldtypes, limits, permissions, schema
from tracker.errors import Missing, Refused
from tracker.periods import DAY, month_start
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field
from tracker.sharedlinks import Opened
from tracker.text import _, label
from views.dashboards import figures, lists, tiles
from views.dashboards.narrowing import Narrowing, asked, params_for, without_dates
from views.prose import html_of
from views.shared import windows
from views.shared.paging import seal, unseal
from views.viewing import Viewing

VISITOR = ("q", "sort", "after", "month")  # all that an address of a shared page may say
TILE_ROWS = 10


@dataclass
class Shown:
    """The template that is included, with its context."""

    template: str
    viewer: Viewer
    context: dict[str, Any] = field(default_factory=dict)


def may_be_shown(view: Any) -> bool:
    """Whether views of this kind have a shared page."""
    return view.kind in windows.LISTS | windows.DRAWN | {"dashboard"}


def show(opened: Opened, params: Mapping[str, str]) -> Shown:
    """The page, narrowed further by what the visitor asks for."""
    given = {key: params[key] for key in VISITOR if params.get(key)}
    kept: dict[str, str] = dict(opened.link.scope or {}).get("params") or {}
    if opened.view.kind == "dashboard":
        return _dashboard(opened, kept)
    through = windows.viewing_through(Viewing(opened.holder, opened.view, kept))
    if opened.view.kind in windows.DRAWN:
        return Shown("tiles/chart.html", through.viewer, {**_drawn(through), "viewing": through})
    if opened.view.kind in windows.LISTS:
        return _records(through, given)
    raise Missing


def _drawn(viewing: Viewing) -> dict[str, Any]:
    return viewing.kind.tile(viewing)


# ── records ──────────────────────────────────────────────────────────────────


def _records(viewing: Viewing, given: Mapping[str, str]) -> Shown:
    """A page of records: searched and sorted by the fields that are shown."""
    viewing = Viewing(viewing.viewer, viewing.view, _checked(viewing, given))
    fields, start = listed_fields(viewing), _start(viewing)
    query = viewing.query
    context: dict[str, Any] = {"sorted": _first_sort(viewing), "month": None}
    if start is not None:
        month, query = _month(viewing, query, start, given.get("month", ""))
        context["month"] = month
    page = query.only(fields).page(limits.SHARED_ROWS, _after(given.get("after", "")))
    context |= {
        "viewing": viewing,
        "fields": fields,
        "records": page.records,
        "after": seal(page.after) if page.after else "",
        "count": query.count(),
        "q": given.get("q", ""),
        "sortable": {one.id for one in fields if fieldtypes.get(one).family != "link"},
    }
    return Shown("_shared_records.html", viewing.viewer, context)


def listed_fields(viewing: Viewing) -> list[Field]:
    order = {one: place for place, one in enumerate(viewing.options.get("order") or ())}
    return sorted(viewing.table.fields, key=lambda one: order.get(one.id, len(order)))


def _checked(viewing: Viewing, given: Mapping[str, str]) -> dict[str, str]:
    """Search and sort; a sort by what is not shown is refused like one by what does not exist."""
    kept = {key: given[key] for key in ("q", "sort") if key in given}
    raw = kept.get("sort", "").lstrip("-")
    if "sort" in kept:
        found = viewing.table.by_id.get(int(raw) if raw.isascii() and raw.isdecimal() else 0)
        if found is None or len(raw) > 15:
            raise Missing
    return kept


def _first_sort(viewing: Viewing) -> tuple[int, bool] | None:
    one = next(iter(viewing.sorts), None)
    return (int(one["field"]), bool(one.get("desc"))) if one else None


def _after(raw: str) -> list[Any] | None:
    """The key of the next page; only one that we gave away is taken."""
    return unseal(raw) if raw else None


def _start(viewing: Viewing) -> Field | None:
    """The date that a calendar stands by."""
    if viewing.view.kind != "calendar":
        return None
    times = [one for one in viewing.table.fields if fieldtypes.get(one).family == "time"]
    chosen = viewing.option_field("start")
    return chosen if chosen in times else next(iter(times), None)


def _month(viewing: Viewing, query: Query, start: Field, raw: str) -> tuple[Any, Query]:
    """The month's records in their order, and the ways to the months beside it."""
    today = date.fromisoformat(viewing.viewer.context.today())
    try:
        first = month_start(date.fromisoformat(f"{raw}-01") if raw else today)
        before, after = month_start(first, -1), month_start(first, 1)
    except ValueError:
        raise Missing from None
    days = [first.isoformat(), (after - DAY).isoformat()]
    narrowed = query.where({"field": start.id, "op": "within", "value": days})
    narrowed = narrowed.order([{"field": start.id}])
    months = {"now": f"{first:%Y-%m}", "before": f"{before:%Y-%m}", "after": f"{after:%Y-%m}"}
    return months, narrowed


# ── dashboards ───────────────────────────────────────────────────────────────


def _dashboard(opened: Opened, kept: Mapping[str, str]) -> Shown:
    """The tiles that have a shared form, each through a window of its own."""
    narrowing = asked(kept, opened.view.options.get("fits"))
    shown = []
    for at, stored in enumerate(opened.view.options.get("tiles") or []):
        tile = tiles.Tile(at, stored["kind"], tiles.width_of(stored), tiles.height_of(stored))
        try:
            TILES[tile.kind](tile, stored, opened.holder, narrowing)
        except (Missing, Refused, KeyError):
            continue  # what the sharer does not see is not there
        shown.append(tile)
    context = {"tiles": shown, "narrowing": narrowing, "arranging": False}
    nobody = permissions.NOBODY.speaking(opened.holder.context.lang, opened.holder.context.zone)
    return Shown("_shared_tiles.html", nobody, context)


def _number(tile: tiles.Tile, stored: dict[str, Any], holder: Viewer, given: Narrowing) -> None:
    """The figure; its filter and what narrows the page stand in the window."""
    table = schema.current().table(stored["table"])
    seen = permissions.access(holder, table).visible_table
    figures.figure(holder, stored, given)  # refused to the holder, it is refused here
    compare = stored.get("compare") or {}
    own = seen.by_id.get(compare.get("field") or 0)
    day = given.field_of("date", seen, own) if given.period else own
    measured = seen.by_id.get((stored.get("measure") or {}).get("field") or 0)
    condition = without_dates(stored.get("filter"), day) if given.period else stored.get("filter")
    tests = [condition, *replace(given, period="").tests(seen, None)]
    fields = [one for one in (day, measured) if one is not None]
    viewer = _through(holder, table, fields, tests)
    bare = replace(given, departments=(), department=None, person=None)
    tile.body = figures.figure(viewer, {**stored, "filter": None}, bare)
    tile.title = figures.title_of(stored, given, holder.context.lang)


def _list(tile: tiles.Tile, stored: dict[str, Any], holder: Viewer, given: Narrowing) -> None:
    found = lists.listed(holder, stored, given)
    seen = permissions.access(holder, found.table).visible_table
    condition = stored.get("filter")
    condition = without_dates(condition, found.date) if given.period else condition
    tests = [condition, *given.tests(seen, found.date)]
    viewer = _through(holder, found.table, found.fields, tests)
    sort = stored.get("sort")
    known = {one.id for one in found.fields}
    bare = {**stored, "filter": None, "sort": sort if sort and sort["field"] in known else None}
    bare["fields"] = [one.id for one in found.fields]
    made = lists.listed(viewer, bare, Narrowing())
    tile.title = tiles.label_of(stored, holder.context.lang)
    _fill(tile, viewer, fields=made.fields, records=made.records)


def _view(tile: tiles.Tile, stored: dict[str, Any], holder: Viewer, given: Narrowing) -> None:
    view = definitions.view(holder, stored["view"])
    if view.table_id is None:
        raise Missing
    seen = Viewing(holder, view, {})
    through = windows.viewing_through(Viewing(holder, view, params_for(seen, given)))
    tile.title = label(view, holder.context.lang)
    if view.kind in windows.DRAWN:
        made = render_template("tiles/chart.html", viewing=through, **_drawn(through))
        tile.body = Markup(made)  # noqa: S704 - a template escapes
    elif view.kind in windows.LISTS:
        fields, start = listed_fields(through)[:6], _start(through)
        query = through.query
        if start is not None and not given.period:
            _month_of, query = _month(through, query, start, "")
        records = query.only(fields).page(TILE_ROWS).records
        _fill(tile, through.viewer, fields=fields, records=records)
    else:
        tile.problem = _("This tile is shown only to those who sign in.").to(holder.context.lang)


def _text(tile: tiles.Tile, stored: dict[str, Any], holder: Viewer, given: Narrowing) -> None:
    tile.body = html_of(stored.get("text", ""))


TILES = {"number": _number, "list": _list, "view": _view, "text": _text}


def _through(holder: Viewer, table: schema.Table, fields: list[Field], tests: list[Any]) -> Viewer:
    given = [one for one in tests if one is not None]
    return permissions.through(windows.window(holder, table, fields, given))


def _fill(tile: tiles.Tile, viewer: Viewer, **found: Any) -> None:
    made = render_template("_shared_table.html", title=tile.title, context=viewer.context, **found)
    tile.body = Markup(made)  # noqa: S704 - a template escapes
