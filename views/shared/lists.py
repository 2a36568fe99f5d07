"""Galleries and kanbans behind a link: records page by page, in cards or under columns."""

from __future__ import annotations

from typing import Any

from tracker import limits
from tracker.errors import Missing, Refused
from tracker.query import Query, Record
from tracker.schema import Field
from views import boards, cards, colours
from views.shared import hues
from views.shared.look import Look, Shown
from views.shared.windows import viewing_through
from views.viewing import Viewing

COLUMN_CARDS = 20  # of a kanban before the rest stands on a page of its own


def gallery(look: Look) -> Shown:
    """Cards with their pictures."""
    viewing = narrowed(look)
    face = gallery_face(viewing)
    context = {
        **page(look, viewing, viewing.query, face.needed),
        "face": face,
        "size": cards.size_of(viewing),
        "colour_key": hues.key_of(viewing),
    }
    return Shown("shared/gallery.html", viewing.viewer, context, ("cards",))


def kanban(look: Look) -> Shown:
    """Columns with their first cards; ``column`` is one of them alone, page by page."""
    viewing = narrowed(look)
    field = boards.field_of(viewing)
    if field is None:
        raise Missing
    board = boards.board_of(viewing, field)
    face = kanban_face(viewing)
    context: dict[str, Any] = {"board": board, "face": face}
    context |= {"q": look.search, "count": board.records, "summed": boards.sum_of(viewing)}
    context["colour_key"] = hues.key_of(viewing)
    sheets = ("cards", "kanban")
    if "column" in look.given:
        alone = _asked_column(board, look.given["column"])
        inside = boards.within(viewing.query, field, alone.value)
        context |= {"alone": alone, **page(look, viewing, inside, face.needed)}
        return Shown("shared/kanban.html", viewing.viewer, context, sheets)
    columns = _columns(viewing, board, face)
    found = [one.id for _column, records in columns for one in records]
    context |= {"alone": None, "columns": columns, "marks": face.colours.marks(found)}
    return Shown("shared/kanban.html", viewing.viewer, context, sheets)


def gallery_face(viewing: Viewing) -> cards.Face:
    return cards.face_of(viewing, framed=True)


def kanban_face(viewing: Viewing) -> cards.Face:
    field = boards.field_of(viewing)
    return cards.face_of(viewing, without=[field] if field else [])


def _columns(
    viewing: Viewing, board: boards.Board, face: cards.Face
) -> list[tuple[boards.Column, list[Record]]]:
    """Each column with its first cards: one short query for the ids of each, all cards at once."""
    query: Query = viewing.query.only([])
    ids = {
        one.key: boards.within(query, board.field, one.value).ids(COLUMN_CARDS)
        for one in board.columns
        if one.count
    }
    asked = [one for of_column in ids.values() for one in of_column]
    found: dict[int, Record] = {}
    for start in range(0, len(asked), limits.PAGE_ROWS):
        part = asked[start : start + limits.PAGE_ROWS]
        found |= {one.id: one for one in viewing.scope.only(face.needed).fetch(part)}
    return [
        (one, [found[at] for at in ids.get(one.key, []) if at in found]) for one in board.columns
    ]


def _asked_column(board: boards.Board, raw: str) -> boards.Column:
    found = next((one for one in board.columns if one.key == raw), None)
    if found is None:
        raise Missing
    return found


# ── parts ────────────────────────────────────────────────────────────────────


def narrowed(look: Look, *, export: bool = False) -> Viewing:
    """The view through its window, searched and sorted as the visitor asks; a sort by what is not
    shown is refused like one by what does not exist.
    """
    viewing = viewing_through(look.held, export=export)
    kept = {key: look.given[key] for key in ("q", "sort") if key in look.given}
    raw = kept.get("sort", "").lstrip("-")
    if "sort" in kept:
        found = viewing.table.by_id.get(int(raw) if raw.isascii() and raw.isdecimal() else 0)
        if found is None or len(raw) > 15:
            raise Missing
    return Viewing(viewing.viewer, viewing.view, kept)


def page(look: Look, viewing: Viewing, query: Query, fields: list[Field]) -> dict[str, Any]:
    """The records of one page and the sealed key of the next."""
    about = [viewing.sorts, look.given.get("column", "")]
    after = look.unseal(look.given["after"], *about) if look.given.get("after") else None
    try:
        found = query.only(fields).page(limits.SHARED_ROWS, after)
    except Refused:
        raise Missing from None
    return {
        "records": found.records,
        "marks": colours.of(viewing).marks([one.id for one in found.records]),
        "after": look.seal(found.after, *about) if found.after else "",
        "count": query.count(),
        "q": look.search,
    }


def listed_fields(viewing: Viewing) -> list[Field]:
    order = {one: place for place, one in enumerate(viewing.options.get("order") or ())}
    return sorted(viewing.table.fields, key=lambda one: order.get(one.id, len(order)))
