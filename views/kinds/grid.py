"""Grid: a spreadsheet that knows its data, any number of rows, made of chunks as it scrolls."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request

from tracker import fieldtypes, limits, schema
from tracker.errors import Refused
from tracker.permissions import Viewer
from tracker.query import Record
from tracker.schema import Field
from tracker.text import _
from views import cells, gridchannels, snapshots
from views.kinds import ViewKind, registry
from views.viewing import Viewing

CELLS = 600  # what a chunk holds, about: rows are fewer where columns are many
CARD_FIELDS = 3
WIDTHS = {"long_text": 280, "link": 200, "choices": 180, "datetime": 160, "number": 110}
WIDTHS |= {"percent": 100, "progress": 130, "rating": 120, "duration": 100, "location": 170}
WIDTHS |= {"attachment": 170, "signature": 120}
WIDTHS |= {"checkbox": 90, "date": 120, "choice": 120, "stage": 120, "person": 120}
NARROWEST, WIDEST, USUAL, FIRST = 60, 800, 160, 240


@registry.register
class GridKind(ViewKind):
    key = "grid"
    name = _("Grid")
    icon = "table"
    order = 10
    template = "grid.html"

    def check_options(
        self, options: dict[str, Any], table: schema.Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        if table is None:
            raise Refused(_("A grid shows a table."))
        return {}

    def context(self, viewing: Viewing) -> dict[str, Any]:
        fields = columns(viewing)
        rows = chunk_rows(len(fields))
        page = viewing.query.only(fields).page(rows)
        records: list[Record | None] = list(page.records)
        access = viewing.scope.access
        return {
            "columns": [describe(viewing, one, fields) for one in fields],
            "chunk": chunk(viewing, fields, records, first=0),
            "rows": rows,
            "count": len(records),
            "more": page.after is not None,
            "may_create": access.may("create"),
            "query_string": request.query_string.decode("ascii", "replace"),
            "words": words(viewing.viewer.context.lang),
            "narrowed": bool(viewing.filter or viewing.saved_filter or viewing.params.get("q")),
        }

    def data(self, viewing: Viewing, what: str) -> Any:
        """``size`` (how many rows there are), ``chunk`` (rows ``from`` … as HTML), ``cards``;
        the rest is in `views.gridchannels`."""
        if what == "size":
            return size(viewing)
        if what == "chunk":
            return current_app.make_response(later_chunk(viewing))
        if what == "cards":
            return current_app.make_response(cards(viewing))
        return current_app.json.response(gridchannels.answer(viewing, what, columns(viewing)))

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        fields = columns(viewing)[:6]
        return {"fields": fields, "records": viewing.query.only(fields).page(10).records}


def words(lang: str) -> dict[str, Any]:
    """What the scripts say; places in braces are filled in there."""
    said = {
        "empty": _("empty"),
        "cell": _("{column}, row {row}", column="{column}", row="{row}"),
        "readonly": _("cannot be changed"),
        "open": _("Open the record"),
        "count": _("{n} records", n="{n}"),
        "scope": _("{shown} of {total}: your scope", shown="{shown}", total="{total}"),
        "gone": _("Saved; the record is no longer in your reach."),
        "theirs": _("Now it says"),
        "yours": _("You typed"),
        "keepTheirs": _("Keep theirs"),
        "useMine": _("Use mine"),
        "undo": _("Undo"),
        "undone": _("Undone."),
        "left": _("{n} records were changed since and stay.", n="{n}"),
        "cells": _("{n} cells", n="{n}"),
        "sum": _("sum"),
        "average": _("average"),
        "copied": _("{n} rows copied.", n="{n}"),
        "noClipboard": _("The browser lets nobody copy so many rows. Export the view."),
        "rising": _("Sort rising"),
        "falling": _("Sort falling"),
        "unsorted": _("Do not sort"),
        "filter": _("Filter by this field"),
        "hide": _("Hide the field"),
        "tooMany": _("At most {limit} rows fit in one paste.", limit=limits.BULK_RECORDS),
    }
    spoken = {key: text.to(lang) for key, text in said.items()}
    return {**spoken, **gridchannels.words(lang), "most": limits.BULK_RECORDS}


def columns(viewing: Viewing) -> list[Field]:
    """The fields shown, the title always first."""
    shown = viewing.shown
    title = viewing.scope.table.title
    first = [one for one in viewing.table.fields if title and one.id == title.id]
    return [*first, *(one for one in shown if one not in first)]


def chunk_rows(columns: int) -> int:
    return max(10, min(50, CELLS // max(1, columns)))


def describe(viewing: Viewing, field: Field, fields: list[Field]) -> dict[str, Any]:
    """A column for the page and its scripts."""
    about = cells.describe(viewing.scope.access, field, g.lang)
    usual = FIRST if field is fields[0] else WIDTHS.get(about["widget"], USUAL)
    width = (viewing.options.get("widths") or {}).get(str(field.id), usual)
    sort = next((one for one in viewing.sorts if str(one["field"]) == str(field.id)), None)
    return {
        **about,
        "width": min(WIDEST, max(NARROWEST, int(width))),
        "sorts": fieldtypes.get(field).family != "link",
        "sorted": None if sort is None else "desc" if sort.get("desc") else "asc",
    }


def chunk(
    viewing: Viewing, fields: list[Field], records: list[Record | None], *, first: int
) -> str:
    made = [cells.Column.of(one) for one in fields]
    base = f"/r/{viewing.scope.table.id}/"
    return cells.chunk(records, made, first, context=viewing.viewer.context, base=base)


def size(viewing: Viewing) -> Any:
    """Rows of the view and of all that the viewer may see; ``at`` names the snapshot."""
    snapshot = snapshots.of(viewing)
    shown = len(snapshot)
    narrowed = viewing.filter or viewing.saved_filter or viewing.params.get("q")
    visible = viewing.scope.count() if narrowed else shown
    body = {"shown": shown, "visible": visible, "at": snapshot.at, "most": limits.GRID_RECORDS}
    return current_app.json.response(body)


def later_chunk(viewing: Viewing) -> str:
    fields = columns(viewing)
    rows = chunk_rows(len(fields))
    first = asked_number("from")
    snapshot = snapshots.of(viewing, at=asked_number("at") or None)
    ids = list(snapshot.ids[first : first + rows])
    found = {record.id: record for record in viewing.scope.only(fields).fetch(ids)}
    return chunk(viewing, fields, [found.get(one) for one in ids], first=first)


def asked_number(name: str) -> int:
    """A count in the address; anything else is refused."""
    raw = request.args.get(name, "0")
    if not raw.isascii() or not raw.isdigit() or len(raw) > 15:
        raise Refused(_("“{text}” is not a number.", text=raw[:60]))
    return int(raw)


def cards(viewing: Viewing) -> str:
    """Rows for a phone: the title and the first few fields, each opening its record."""
    fields = columns(viewing)
    shown = fields[: CARD_FIELDS + 1]
    rows = 50
    first = asked_number("from")
    if first:
        ids = list(snapshots.of(viewing, at=asked_number("at") or None).ids[first : first + rows])
        records = viewing.scope.only(shown).fetch(ids)
    else:
        records = viewing.query.only(shown).page(rows).records
    base = f"/r/{viewing.scope.table.id}/"
    return cells.cards(records, shown, context=viewing.viewer.context, base=base)
