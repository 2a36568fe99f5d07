"""Grid: a spreadsheet that knows its data, any number of rows, made of chunks as it scrolls."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request

from tracker import grouped, limits, schema
from tracker.errors import Refused
from tracker.grouped import Level
from tracker.permissions import Viewer
from tracker.query import Record
from tracker.schema import Field
from tracker.text import _
from views import asked, cells, colours, footer, gridchannels, gridlook, groups, snapshots
from views.gridlook import columns, narrowed
from views.kinds import ViewKind, registry
from views.viewing import Viewing

CELLS = 600  # what a chunk holds, about: rows are fewer where columns are many
CARD_FIELDS = 3
CARDS = 50


@registry.register
class GridKind(ViewKind):
    key = "grid"
    name = _("Grid")
    icon = "table"
    order = 10
    template = "grid.html"
    tools = ("filter", "group", "sort", "hide", "color", "rows", "search")
    paints = ("edge", "row", "cell")
    own_news = True

    def check_options(
        self, options: dict[str, Any], table: schema.Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        if table is None:
            raise Refused(_("A grid shows a table."))
        return {}

    def context(self, viewing: Viewing) -> dict[str, Any]:
        fields = columns(viewing)
        rows = chunk_rows(len(fields))
        levels = groups.levels(viewing)
        path, records, more = opening(viewing, levels, rows)
        access = viewing.scope.access
        return {
            "columns": [gridlook.describe(viewing, one, fields) for one in fields],
            "chunk": chunk(viewing, fields, records, first=0),
            "rows": rows,
            "count": len(records),
            "more": more,
            "levels": groups.describe(levels, g.lang),
            "path": groups.opening(viewing.query, levels, path, len(records)),
            "look": gridlook.of(viewing),
            "may_create": access.may("create"),
            "query_string": request.query_string.decode("ascii", "replace"),
            "words": gridlook.words(viewing.viewer.context.lang),
            "narrowed": narrowed(viewing),
        }

    def data(self, viewing: Viewing, what: str) -> Any:
        """``size`` (how many rows there are, and the groups), ``chunk`` (rows ``from`` … or those
        of ``ranges``, as HTML), ``cards``, ``summary`` (figures of columns), ``marks`` (colours);
        the rest is in `views.gridchannels`.
        """
        if what == "chunk":
            return current_app.make_response(later_chunk(viewing))
        if what == "cards":
            return current_app.make_response(cards(viewing))
        found = {"size": size, "summary": footer.summary, "marks": marks}.get(what)
        if found is not None:
            return current_app.json.response(found(viewing))
        return current_app.json.response(gridchannels.answer(viewing, what, columns(viewing)))

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        fields = columns(viewing)[:6]
        return {"fields": fields, "records": viewing.query.only(fields).page(10).records}


def opening(
    viewing: Viewing, levels: list[Level], rows: int
) -> tuple[tuple[Any, ...], list[Record | None], bool]:
    """Keys of the first group, the first records, whether there may be more."""
    fields = columns(viewing)
    if not levels:
        page = viewing.query.only(fields).page(rows)
        return (), list(page.records), page.after is not None
    path, query = grouped.first(viewing.query, levels)
    keys = [grouped.key(query, one.by) for one in levels]  # or an index of the order misleads
    return path, list(query.only(fields).fetch(query.ids(rows, keys=keys))), True


def chunk_rows(columns: int) -> int:
    return max(10, min(50, CELLS // max(1, columns)))


def chunk(
    viewing: Viewing, fields: list[Field], records: list[Record | None], *, first: int
) -> str:
    return cells.chunk(
        records,
        [cells.Column.of(one) for one in fields],
        first,
        context=viewing.viewer.context,
        base=f"/r/{viewing.scope.table.id}/",
        frozen=gridlook.frozen(viewing),
        marks=colours.of(viewing).marks([one.id for one in records if one]),
    )


def size(viewing: Viewing) -> dict[str, Any]:
    """Rows of the view and of all that the viewer may see; ``at`` names the snapshot."""
    snapshot = snapshots.of(viewing)
    shown = len(snapshot)
    visible = viewing.scope.count() if narrowed(viewing) else shown
    body: dict[str, Any] = {
        "shown": shown,
        "visible": visible,
        "at": snapshot.at,
        "most": limits.GRID_RECORDS,
    }
    levels = groups.levels(viewing)
    if levels:
        body["groups"] = groups.headings(viewing.query, levels, snapshot.groups)
    return body


def later_chunk(viewing: Viewing) -> str:
    fields = columns(viewing)
    rows = chunk_rows(len(fields))
    ids, first = asked_ids(viewing, rows)
    found = {record.id: record for record in viewing.scope.only(fields).fetch(ids)}
    return chunk(viewing, fields, [found.get(one) for one in ids], first=first)


def asked_ids(viewing: Viewing, rows: int) -> tuple[list[int], int]:
    """The ids at the places asked for: ``rows`` from ``from`` on, or ``ranges=0-9,30-39``."""
    first = asked.number("from")
    spans = asked.spans("ranges") or [(first, first + rows - 1)]
    snapshot = snapshots.of(viewing, at=asked.number("at") or None)
    return [one for start, end in spans for one in snapshot.ids[start : end + 1]], spans[0][0]


def cards(viewing: Viewing) -> str:
    """Rows for a phone: the title and the first few fields, each opening its record."""
    shown = columns(viewing)[: CARD_FIELDS + 1]
    if asked.number("from") or asked.spans("ranges"):
        ids, _first = asked_ids(viewing, CARDS)
        found = {one.id: one for one in viewing.scope.only(shown).fetch(ids)}
        records = [found.get(one) for one in ids]
    else:
        records = list(viewing.query.only(shown).page(CARDS).records)
    return cells.cards(
        records,
        shown,
        context=viewing.viewer.context,
        base=f"/r/{viewing.scope.table.id}/",
        marks=colours.of(viewing).marks([one.id for one in records if one]),
    )


def marks(viewing: Viewing) -> dict[str, Any]:
    """The colours of the records ``ids=1,2``, after they have changed."""
    found = colours.of(viewing).marks(asked.numbers("ids"))
    return {str(one): mark.plain() for one, mark in found.items()}
