"""Cards of records, for kanban and gallery: a cover, the title, chosen fields, a colour.

HTML by plain string joins, as in `views.cells`; and pages of cards by the record they follow.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tracker import definitions, fieldtypes, limits, schema
from tracker.context import Context
from tracker.errors import Missing, Refused
from tracker.query import Query, Record
from tracker.schema import Field, Table
from tracker.text import Text, _, label
from views import asked, colours
from views.colours import Colours, Mark
from views.viewing import Viewing

Marks = Mapping[int, Mark]
SIZES = {"small": _("Small"), "medium": _("Medium"), "large": _("Large")}
FITS = {"crop": _("Fill the frame"), "fit": _("Show it whole")}
QUIET = {"one", "many", "files"}  # their values say themselves what they are
LIKED = ("choice", "stage", "person", "date", "department", "number")
SPARE = {"created_by", "created_at", "modified_by", "modified_at", "autonumber"}
_LINKS = re.compile(r"</?a\b[^>]*>")


@dataclass(frozen=True)
class Face:
    """What a card shows; ``base`` is the address of the table's records."""

    fields: list[Field]
    cover: Field | None
    colours: Colours
    fit: str
    base: str
    framed: bool = False  # an empty frame where there is no picture
    movable: str = ""  # the words of the button that moves a card

    @property
    def needed(self) -> list[Field]:
        given = [one for one in [*self.fields, self.cover] if one is not None]
        return list({one.id: one for one in given}.values())


def face_of(
    viewing: Viewing, *, without: Sequence[Field] = (), framed: bool = False, movable: str = ""
) -> Face:
    """The card of a view: the fields it shows, save the title and what stands elsewhere."""
    title, cover = viewing.scope.table.title, cover_of(viewing)
    gone = {one.id for one in [*without, *([title] if title else []), *([cover] if cover else [])]}
    fields = [one for one in viewing.shown if one.id not in gone][: limits.CARD_FIELDS]
    fit = viewing.options.get("fit")
    return Face(
        fields=fields,
        cover=cover,
        colours=colours.of(viewing),
        fit=fit if isinstance(fit, str) and fit in FITS else "crop",
        base=f"/r/{viewing.table.id}/",
        framed=framed and cover is not None,
        movable=movable,
    )


def size_of(viewing: Viewing) -> str:
    """How large the cards of a gallery are."""
    size = viewing.options.get("size")
    return size if isinstance(size, str) and size in SIZES else "medium"


def cover_of(viewing: Viewing) -> Field | None:
    found = viewing.option_field("cover")
    return found if found and fieldtypes.get(found).family == "files" else None


def cover_fields(table: Table) -> list[Field]:
    return [one for one in table.fields if fieldtypes.get(one).family == "files"]


def first_hidden(table: Table, without: Field | None = None, most: int = 4) -> list[int]:
    """The fields that cards of a new view leave out: all but the few that say most."""
    fields = [one for one in table.fields if one != without and one.type not in SPARE]
    ranked = sorted(
        (one for one in fields if fieldtypes.get(one).widget in LIKED),
        key=lambda one: (LIKED.index(fieldtypes.get(one).widget), one.ord),
    )
    shown = {one.id for one in ranked[:most]}
    title = table.title
    return [one.id for one in table.fields if one.id not in shown and one != title]


def check(options: dict[str, Any], table: Table) -> dict[str, Any]:
    """Cover and its fit as they may be stored."""
    cover = options.get("cover")
    if cover is not None and not any(one.id == cover for one in cover_fields(table)):
        raise Refused(_("A cover comes from a field with pictures."), field="cover")
    fit = options.get("fit")
    return {"cover": cover, "fit": fit if isinstance(fit, str) and fit in FITS else "crop"}


def create_href(viewing: Viewing, field: Field | None = None) -> str | None:
    """Where a new record is filed: the first form that asks for ``field``, else a blank record;
    up to the value that is filled in. None for who may not.
    """
    rights = viewing.scope.access
    if not rights.may("create") or (field and not rights.writable(field.id, create=True)):
        return None
    filled = f"?f{field.id}=" if field else ""
    for form in definitions.forms_of(viewing.viewer, schema.current().table(viewing.table.id)):
        if field is None or field.id in _asked(form.definition):
            return f"/f/{form.id}{filled}"
    return f"/r/{viewing.table.id}/new{filled}"


def _asked(definition: dict[str, Any]) -> set[int]:
    """The fields that a form asks for."""
    sections = definition.get("sections") or []
    return {one["field"] for section in sections for one in section.get("questions") or []}


# ── pages ────────────────────────────────────────────────────────────────────


def beyond(query: Query, record_id: int | None, limit: int) -> tuple[list[Record], int | None]:
    """The next records after this one in the query's order, and the last of them if more follow.

    `Missing` when the record that they follow is not there any more for this viewer.
    """
    after = None if record_id is None else key_of(query, record_id)
    page = query.page(limit, after)
    return page.records, page.records[-1].id if page.after else None


def anew(
    viewing: Viewing, face: Face, column: Callable[[Record], str], more: Sequence[Field] = ()
) -> dict[str, Any]:
    """``card``, or each of ``cards`` by its id, as the address asks: HTML and column; None for
    what is not in the view.
    """
    one, several = asked_id(viewing.params, "card"), asked.numbers("cards")
    ids = [*several, *([one] if one is not None else [])]
    found = viewing.query.only([*face.needed, *more]).fetch(ids) if ids else []
    marks = face.colours.marks([record.id for record in found])
    context = viewing.viewer.context
    made: dict[int, dict[str, str]] = {
        record.id: {"html": cards([record], face, context, marks), "column": column(record)}
        for record in found
    }
    told: dict[str, Any] = {"card": made.get(one or 0)}
    if several:
        told["cards"] = {str(each): made.get(each) for each in several}
    return told


def key_of(query: Query, record_id: int) -> list[Any]:
    """Where a record stands in the query's order, inside the query or not."""
    model = query.scope.model
    keys = [query.scope.column(one.field) for one in query.sorts]
    whole = Query(query.viewer, query.table).test(model.id == record_id)
    rows = whole.rows(*keys, model.id)
    if not rows:
        raise Missing
    return list(rows[0])


def narrowed(viewing: Viewing) -> bool:
    """Whether the view may show less than all that its viewer may see."""
    return bool(
        viewing.filter is not None or viewing.saved_filter is not None or viewing.params.get("q")
    )


def asked_id(params: Any, name: str) -> int | None:
    """A record's id in the address."""
    raw = params.get(name) or ""
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 16 else None


# ── HTML ─────────────────────────────────────────────────────────────────────


def cards(
    records: Sequence[Record], face: Face, context: Context, marks: Marks | None = None
) -> str:
    """``marks`` are the colours of the records, where they are known already."""
    if marks is None:
        marks = face.colours.marks([one.id for one in records])
    return "".join(_card(one, face, context, marks.get(one.id)) for one in records)


def _card(record: Record, face: Face, context: Context, mark: Mark | None) -> str:
    """One card: its link covers it whole; what moves it stands above."""
    title = html.escape(record.title) or f"#{record.id}"
    facts = "".join(_fact(record, one, context) for one in face.fields)
    shown = f'<dl class="card-facts">{facts}</dl>' if facts else ""
    return (
        f'<li class="card{_color(mark)}" data-id="{record.id}" data-rev="{record.rev}">'
        f"{cover(record, face)}"
        f'<a class="card-open" data-record href="{face.base}{record.id}">{title}</a>'
        f"{shown}{_mover(face, title)}</li>"
    )


def _fact(record: Record, field: Field, context: Context) -> str:
    value = record.values.get(field.id)
    if value is None:
        return ""
    kind = fieldtypes.get(field)
    shown = _LINKS.sub("", kind.html(value, field, context))
    if not shown:
        return ""
    quiet = " sr-only" if kind.family in QUIET else ""
    name = html.escape(label(field, context.lang), quote=True)
    return f'<div title="{name}"><dt class="label{quiet}">{name}</dt><dd>{shown}</dd></div>'


def cover(record: Record, face: Face) -> str:
    """The first picture of the field that covers cards."""
    if face.cover is None:
        return ""
    files = record.values.get(face.cover.id) or []
    picture = next((one for one in files if one.get("width")), None)
    if picture is None:
        letter = html.escape(record.title[:1])
        empty = f'<div class="card-cover is-empty" aria-hidden="true">{letter}</div>'
        return empty if face.framed else ""
    path = f"/files/{html.escape(picture['id'], quote=True)}/small"
    return f'<div class="card-cover is-{face.fit}"><img src="{path}" alt="" loading="lazy"></div>'


def _color(mark: Mark | None) -> str:
    return f" is-coloured tag-{html.escape(mark.edge)}" if mark and mark.edge else ""


def _mover(face: Face, title: str) -> str:
    if not face.movable:
        return ""
    words = html.escape(face.movable, quote=True)
    return (
        '<button class="btn btn-quiet btn-icon btn-sm card-move" type="button" '
        f'popovertarget="kanban-move" title="{words}" aria-label="{words}: {title}"></button>'
    )


# ── settings ─────────────────────────────────────────────────────────────────


def offered(
    fields: Sequence[Field], chosen: Any, lang: str, none: Text | None = None
) -> list[tuple[str, str, bool]]:
    """``(JSON, words, chosen)`` of each field, for a list of settings."""
    found = [("null", none.to(lang), chosen is None)] if none else []
    return found + [(str(one.id), label(one, lang), one.id == chosen) for one in fields]


def words_of(words: dict[str, Text], chosen: Any, lang: str) -> list[tuple[str, str, bool]]:
    return [
        (orjson.dumps(key).decode(), text.to(lang), key == chosen) for key, text in words.items()
    ]
