"""Kanban: cards in columns by stage, choice, person, department or yes and no; dragged to move."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request

from tracker import fieldtypes, limits
from tracker.errors import Missing, Refused
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.schema import Field, Table
from tracker.text import _
from views import boards, cards, cells, colours
from views.boards import Board, Column
from views.charts.plan import measure_fields
from views.kinds import ViewKind, registry
from views.viewing import Viewing

FIRST_COLUMNS = 12  # columns whose cards come with the page; the others as they scroll into sight
TILE_CARDS = 4


@registry.register
class KanbanKind(ViewKind):
    """``options``: the common ``group`` (columns), ``colors``, ``hidden`` and ``order`` (fields of
    cards), ``measure`` (added up in headers), ``limit`` of all and ``limits`` of single columns,
    ``hide_empty``, ``cover`` and ``fit``.
    """

    key = "kanban"
    name = _("Kanban")
    icon = "layout-kanban"
    order = 40
    template = "kanban.html"
    tools = ("filter", "sort", "hide", "color", "search")

    def defaults(self, table: Table | None, viewer: Viewer) -> dict[str, Any]:
        if table is None:
            return {}
        offered = boards.column_fields(table)
        liked = [one for one in offered if one.type == "stage"]
        liked += [one for one in offered if one.type == "single_choice"]
        group = next(iter([*liked, *offered]), None)
        return {"group": group.id if group else None, "hidden": cards.first_hidden(table, group)}

    def check_options(
        self, options: dict[str, Any], table: Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        if table is None:
            raise Missing
        return {**boards.check(options, table), **cards.check(options, table)}

    def context(self, viewing: Viewing) -> dict[str, Any]:
        field = boards.field_of(viewing)
        made: dict[str, Any] = {"board": None, "problem": None}
        if field is not None:
            try:
                board = boards.board_of(viewing, field)
            except Refused as refused:
                made["problem"] = refused.to(g.lang)
            else:
                made |= {"board": board, "lists": lists(viewing, board)}
                made["scope"] = visible(viewing, board)
                made["create"] = cards.create_href(viewing, field)
        made["summed"] = boards.sum_of(viewing)
        made["setup"] = settings(viewing, made["board"]) if viewing.may_change else None
        made["query_string"] = request.query_string.decode("ascii", "replace")
        return made

    def data(self, viewing: Viewing, what: str) -> Any:
        """``cards`` of a ``column`` after a card; ``heads``: all counts, and one ``card`` anew."""
        answers = {"cards": later_cards, "heads": heads}
        field = boards.field_of(viewing)
        if what not in answers or field is None:
            raise Missing
        return current_app.json.response(answers[what](viewing, field))

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        field = boards.field_of(viewing)
        if field is None:
            return {"board": None}
        board = boards.board_of(viewing, field)
        shown = [one for one in board.columns if one.count]
        query = viewing.query.only([])
        ids = [boards.within(query, field, one.value).ids(TILE_CARDS) for one in shown]
        every = [one for of_column in ids for one in of_column]
        found = {one.id: one for one in viewing.scope.only([]).fetch(every)}
        tops = [[found[one] for one in of_column if one in found] for of_column in ids]
        marks = colours.of(viewing).marks(list(found))
        colors = {one: cells.row_classes(marks[one]) for one in found if one in marks}
        return {"board": board, "tops": list(zip(shown, tops, strict=True)), "colors": colors}


def face_of(viewing: Viewing, field: Field) -> cards.Face:
    closed = cells.readonly(viewing.scope.access, field)
    movable = "" if closed else _("Move to …").to(g.lang)
    return cards.face_of(viewing, without=[field], movable=movable)


def lists(viewing: Viewing, board: Board) -> list[tuple[Column, str, int | None]]:
    """Each column, its first cards as HTML, and the card that more follow (0: all are to come).

    One short query a column for the ids, then all cards at once.
    """
    face = face_of(viewing, board.field)
    ids: dict[str, list[int]] = {}
    query: Query = viewing.query.only([])
    for column in [one for one in board.columns if one.count][:FIRST_COLUMNS]:
        of_column = boards.within(query, board.field, column.value)
        ids[column.key] = of_column.ids(limits.KANBAN_CARDS)
    asked = [one for of_column in ids.values() for one in of_column]
    found: dict[int, Record] = {}
    for start in range(0, len(asked), limits.PAGE_ROWS):
        part = asked[start : start + limits.PAGE_ROWS]
        found |= {one.id: one for one in viewing.scope.only(face.needed).fetch(part)}
    made, marks = [], face.colours.marks(list(found))
    for column in board.columns:
        here = [one for one in ids.get(column.key, []) if one in found]
        html = cards.cards([found[one] for one in here], face, context(viewing), marks)
        more = column.count > len(here)
        made.append((column, html, (here[-1] if here else 0) if more else None))
    return made


def visible(viewing: Viewing, board: Board) -> int:
    """How many records there are for this viewer, inside the view or not."""
    return viewing.scope.count() if cards.narrowed(viewing) else board.records


def context(viewing: Viewing) -> Any:
    return viewing.viewer.context


def later_cards(viewing: Viewing, field: Field) -> dict[str, Any]:
    value = boards.asked_value(field, viewing.params.get("column", ""))
    face = face_of(viewing, field)
    query = boards.within(viewing.query, field, value).only(face.needed)
    after = cards.asked_id(viewing.params, "after") or None
    records, last = cards.beyond(query, after, limits.KANBAN_CARDS)
    return {"html": cards.cards(records, face, context(viewing)), "after": last}


def heads(viewing: Viewing, field: Field) -> dict[str, Any]:
    """What stands above each column now; a card (or ``cards``) as it is now and its column, if it
    is here.
    """
    board = boards.board_of(viewing, field)
    told = {
        one.key: {"count": one.count, "total": one.total, "over": one.over} for one in board.columns
    }
    answer: dict[str, Any] = {"columns": told, "records": board.records}
    answer["total"] = visible(viewing, board)
    face = face_of(viewing, field)

    def column(record: Record) -> str:
        value = record.values.get(field.id)
        return boards.orjson.dumps(bool(value) if _boxes(field) else value).decode()

    return answer | cards.anew(viewing, face, column, [field])


def _boxes(field: Field) -> bool:
    return fieldtypes.get(field).family == "checkbox"


def settings(viewing: Viewing, board: Board | None) -> dict[str, Any]:
    """The settings as lists of ``(JSON, words, chosen)``."""
    table, options = viewing.table, viewing.options
    none = _("None")
    summed = (options.get("measure") or {}).get("field")
    return {
        "group": cards.offered(boards.column_fields(table), options.get("group"), g.lang),
        "sum": cards.offered(measure_fields(table), summed, g.lang, none),
        "cover": cards.offered(cards.cover_fields(table), options.get("cover"), g.lang, none),
        "fit": cards.words_of(cards.FITS, options.get("fit") or "crop", g.lang),
        "limit": options.get("limit") or "",
        "limits": [
            (one, (options.get("limits") or {}).get(one.key) or "")
            for one in (board.columns if board else [])
            if one.value is not None
        ],
        "hide_empty": bool(options.get("hide_empty")),
    }
