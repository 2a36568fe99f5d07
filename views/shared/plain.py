"""Values of records for strangers: as the product shows them, without doors, pictures and ids."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from tracker import fieldtypes
from tracker.context import Context
from tracker.query import Record
from tracker.schema import Field
from views import cells

CUT = 400  # characters of a text in a cell
_LINK = re.compile(r'<a\b(?:[^>]*?\bclass="(chip|place)")?[^>]*>')


def cell(record: Record, field: Field, context: Context) -> Markup:
    """A value in a cell. Files are named, not opened; buttons are for those who sign in."""
    value, kind = record.values.get(field.id), fieldtypes.get(field)
    if value is None and record.strays.get(field.id):
        return escape(record.strays[field.id][:CUT])
    if kind.widget == "button":
        return Markup()
    if kind.family == "files":
        return escape(kind.text(value, field, context))
    if isinstance(value, str) and len(value) > CUT:
        value = value[:CUT] + "…"
    return Markup(undoored(cells.shown_html(value, field, context)))  # noqa: S704 - kinds escape


def undoored(shown: str) -> str:
    """Links as what they say."""
    if "<a " not in shown:
        return shown
    return _LINK.sub(r'<span class="\1">', shown).replace("</a>", "</span>")
