"""Values of records for strangers: as the product shows them, without doors and ids of records."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup, escape

from tracker import fieldtypes
from tracker.context import Context
from tracker.query import Record
from tracker.schema import Field
from views import cells
from views.cards import Face
from views.cards import cover as cover_of_card

CUT = 400  # characters of a text in a cell
_LINK = re.compile(r'<a\b(?:[^>]*?\bclass="(chip|place)")?[^>]*>')


def cell(record: Record, field: Field, context: Context, *, files: str = "") -> Markup:
    """A value in a cell. Files are opened below the address ``files``, named alone without one;
    buttons are for those who sign in.
    """
    value, kind = record.values.get(field.id), fieldtypes.get(field)
    if value is None and record.strays.get(field.id):
        return escape(record.strays[field.id][:CUT])
    if kind.widget == "button":
        return Markup()
    if kind.family == "files":
        return filed(value, field, context, files)
    if isinstance(value, str) and len(value) > CUT:
        value = value[:CUT] + "…"
    return Markup(undoored(cells.shown_html(value, field, context)))  # noqa: S704 - kinds escape


def filed(value: Any, field: Field, context: Context, files: str) -> Markup:
    """Attached files as pictures and names that lead below ``files``; their names alone without."""
    kind = fieldtypes.get(field)
    if not files:
        return escape(kind.text(value, field, context))
    return below(kind.html(value, field, context), files)


def cover(record: Record, face: Face, *, files: str) -> Markup:
    """The picture of a card."""
    return below(cover_of_card(record, face), files)


def below(shown: str, files: str) -> Markup:
    """With the addresses of files below that of the link; no name holds a quotation mark."""
    return Markup(shown.replace('"/files/', f'"{files}'))  # noqa: S704 - kinds escape


def undoored(shown: str) -> str:
    """Links as what they say."""
    if "<a " not in shown:
        return shown
    return _LINK.sub(r'<span class="\1">', shown).replace("</a>", "</span>")
