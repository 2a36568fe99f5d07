"""Cells as a browser gets them: HTML by plain string joins, and what an editor starts from.

Templates are too slow here: joins build a hundred rows in the time Jinja builds six.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

import orjson

from tracker import choices, clock, fieldtypes, limits, numeric, recurrencewords
from tracker.context import Context
from tracker.errors import Refused
from tracker.permissions import Access
from tracker.query import Record
from tracker.schema import Field
from tracker.text import Text, _, label
from views import prose

CUT = 240  # characters of a long text that a cell carries; the editor fetches the rest

TOLD = {  # of the options of some widgets, what their editors need: name there → option
    "rating": {"most": "max"},
    "duration": {"format": "format"},
    "barcode": {"code": "code"},
}
Edit = Callable[[Any, Field, Context], str]


def _number(value: Any, field: Field, context: Context) -> str:
    return f"{numeric.unscale(value, numeric.precision(field)):f}"


def _moment(value: Any, field: Field, context: Context) -> str:
    local = clock.to_local(datetime.fromisoformat(value), context.zone)
    return f"{local:%Y-%m-%d %H:%M}" if not local.second else f"{local:%Y-%m-%d %H:%M:%S}"


def _ids(value: Any, field: Field, context: Context) -> str:
    return ",".join(map(str, value))


def _plain(value: Any, field: Field, context: Context) -> str:
    return str(value)


EDITS: dict[str, Edit] = {
    "number": _number,
    "percent": _number,
    "progress": _number,
    "rating": _plain,
    "duration": lambda value, field, context: fieldtypes.get(field).text(value, field, context),
    "barcode": _plain,
    "location": _plain,
    "recurrence": _plain,
    "date": _plain,
    "datetime": _moment,
    "checkbox": lambda value, field, context: "1" if value else "",
    "choice": _plain,
    "stage": _plain,
    "person": _plain,
    "department": _plain,
    "choices": _ids,
    "link": _ids,
}


def edit_text(value: Any, field: Field, context: Context) -> str:
    """What the field's editor starts from, and what can be sent back as it is: a plain number,
    an ISO date, local date and time, ids (several with commas), the text itself."""
    if value is None:
        return ""
    if fieldtypes.get(field).family == "files":
        return orjson.dumps(value).decode()
    edit = EDITS.get(fieldtypes.get(field).widget, _plain)
    return edit(value, field, context)


def shown_html(value: Any, field: Field, context: Context) -> str:
    """A value in a cell or on a record page; empty is ``""``."""
    return "" if value is None else fieldtypes.get(field).html(value, field, context)


def stray_html(raw: str, field: Field, context: Context) -> str:
    """Text that is no value of the field: kept as it came, with the reason."""
    why = html.escape(stray_reason(raw, field, context).to(context.lang), quote=True)
    return f'<span class="stray" title="{why}">{html.escape(raw[:CUT])}</span>'


def stray_reason(raw: str, field: Field, context: Context) -> Text:
    try:
        fieldtypes.get(field).parse(raw, field, context)
    except Refused as refused:
        return _("Kept as it came: {why}", why=refused.text)
    return _("Kept as it came; it was not a value of this field then.")


def payload(record: Record, fields: Iterable[Field], context: Context) -> dict[str, Any]:
    """Cells of one record for scripts, by field id."""
    return {str(one.id): cell(record, one, context) for one in fields}


def cell(record: Record, field: Field, context: Context) -> dict[str, Any]:
    """``html`` to show, ``text`` to read, ``edit`` to start editing from, ``value`` as stored."""
    value, stray = record.values.get(field.id), record.strays.get(field.id)
    if value is None and stray is not None:
        shown = stray_html(stray, field, context)
        return {"html": shown, "text": stray, "edit": stray, "value": None, "stray": stray}
    found = {
        "html": shown_html(value, field, context),
        "text": fieldtypes.get(field).text(value, field, context),
        "edit": edit_text(value, field, context),
        "value": value,
    }
    if value and fieldtypes.get(field).widget == "long_text":
        found["prose"] = str(prose.html_of(value)) if prose.marked(value) else ""
    return found | ({"chosen": chosen(value, field, context)} if _is_picked(field) else {})


def _is_picked(field: Field) -> bool:
    return fieldtypes.get(field).widget in {"person", "department", "link"}


def chosen(value: Any, field: Field, context: Context) -> list[dict[str, Any]]:
    """The people, departments or records in a cell, with their names, for its picker."""
    named = fieldtypes.get(field).json(value, field, context) or []
    several = named if isinstance(named, list) else [named]
    return [{"id": one["id"], "text": one["name"]} for one in several]


# ── columns ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Column:
    """A field as a column of one answer, with everything that is the same for all its cells, or
    for all with one value, worked out once.
    """

    field: Field
    kind: fieldtypes.FieldType
    edit: Edit | None  # None: the cell's text is what its editor starts from
    opening: str
    made: dict[Any, str] = dataclass_field(default_factory=dict)  # value → cell

    @classmethod
    def of(cls, field: Field) -> Column:
        kind = fieldtypes.get(field)
        edit = EDITS.get(kind.widget)
        align = " num" if kind.align == "end" else ""
        return cls(field, kind, edit, f'<div class="cell k{field.id}{align}" role="gridcell"')

    def html(self, record: Record, context: Context) -> str:
        value = record.values.get(self.field.id)
        if value is None:
            return self._empty(record, context)
        key = tuple(value) if isinstance(value, list) else value
        try:
            return self.made[key]
        except KeyError:
            self.made[key] = made = self._filled(value, context)
            return made
        except TypeError:  # a list of files
            return self._filled(value, context)

    def _filled(self, value: Any, context: Context) -> str:
        if self.edit:
            start = html.escape(self.edit(value, self.field, context))
            shown = self.kind.html(value, self.field, context)
            return f'{self.opening} data-v="{start}">{_quiet_links(shown)}</div>'
        if isinstance(value, str) and len(value) > CUT:
            shown = self.kind.html(value[:CUT], self.field, context)
            return f"{self.opening} data-cut>{shown}…</div>"
        return f"{self.opening}>{_quiet_links(self.kind.html(value, self.field, context))}</div>"

    def _empty(self, record: Record, context: Context) -> str:
        stray = record.strays.get(self.field.id) if record.strays else None
        if stray is None:
            return f"{self.opening}></div>"
        start = html.escape(stray[:CUT])
        shown = stray_html(stray, self.field, context)
        return f'{self.opening} data-v="{start}" data-stray>{shown}</div>'


def _quiet_links(shown: str) -> str:
    """Links inside cells are no stops of the Tab key: the grid has its own cursor."""
    return shown.replace("<a ", '<a tabindex="-1" ') if "<a " in shown else shown


class Colouring(Protocol):
    """How a record is coloured (`views.colours.Mark`)."""

    edge: str
    row: str
    cells: dict[int, str]


def chunk(
    records: list[Record | None],
    columns: list[Column],
    first: int,
    *,
    context: Context,
    base: str,
    frozen: int = 1,
    marks: Mapping[int, Colouring] = MappingProxyType({}),
) -> str:
    """Rows ``first`` … of a grid: the ``frozen`` first columns and the rest, as two blocks of rows.

    ``base`` is the address of the table's records; None stands for a row that is gone.
    """
    left, right = ['<div class="frozen">'], ['<div class="free">']
    words = html.escape(_("Open the record").to(context.lang))
    for row, record in enumerate(records, first + 1):
        opening = f'<div class="row" role="row" aria-rowindex="{row + 1}"'
        if record is None:
            left.append(f'{opening}><div class="gutter" role="rowheader"></div></div>')
            right.append(f"{opening}></div>")
            continue
        mark = marks.get(record.id)
        if mark:
            opening = opening.replace('"row"', f'"row{row_classes(mark)}"', 1)
        left.append(
            f'{opening} data-id="{record.id}" data-rev="{record.rev}">'
            f'<div class="gutter" role="rowheader"><span>{row}</span>'
            f'<a class="expand" data-record tabindex="-1" href="{base}{record.id}" title="{words}" '
            f'aria-label="{words}"></a></div>'
        )
        left.extend(_cells(record, columns[:frozen], context, mark))
        left.append("</div>")
        right.append(f"{opening}>")
        right.extend(_cells(record, columns[frozen:], context, mark))
        right.append("</div>")
    return "".join([*left, "</div>", *right, "</div>"])


def _cells(
    record: Record, columns: list[Column], context: Context, mark: Colouring | None
) -> list[str]:
    made = [one.html(record, context) for one in columns]
    if mark and mark.cells:
        for at, one in enumerate(columns):
            if color := mark.cells.get(one.field.id):
                made[at] = made[at].replace('"cell ', f'"cell is-tinted tag-{color} ', 1)
    return made


def row_classes(mark: Colouring) -> str:
    """The classes of a coloured row, with a blank before them; ``""`` for none."""
    whole = " is-filled" if mark.row else ""
    return f" is-edged{whole} tag-{mark.edge}" if mark.edge else ""


def cards(
    records: Iterable[Record | None],
    fields: list[Field],
    *,
    context: Context,
    base: str,
    marks: Mapping[int, Colouring] = MappingProxyType({}),
) -> str:
    """Rows for a phone: the title and a few fields beneath it, the whole row a link."""
    made = []
    for record in records:
        if record is None:
            made.append("<li hidden></li>")
            continue
        mark = marks.get(record.id)
        classes = f' class="{row_classes(mark).strip()}"' if mark and mark.edge else ""
        shown = []
        for one in fields[1:]:
            value = _unlinked(shown_html(record.values.get(one.id), one, context))
            if value:
                shown.append(f"<span>{value}</span>")
        made.append(
            f'<li{classes}><a class="card-row" href="{base}{record.id}">'
            f"<b>{html.escape(record.title) or f'#{record.id}'}</b>"
            f"<small>{''.join(shown)}</small></a></li>"
        )
    return "".join(made)


_LINKS = re.compile(r"</?a\b[^>]*>")


def _unlinked(shown: str) -> str:
    """The same without its links, for places that are links themselves."""
    return _LINKS.sub("", shown) if "<a " in shown else shown


COMPUTED = _("This field is filled in by itself.")
CLOSED = _("Your role does not let you change this field.")


def readonly(access: Access, field: Field, *, create: bool = False) -> Text | None:
    """Why the viewer cannot write the field in any row; None when they can in some."""
    if not fieldtypes.get(field).written:
        return COMPUTED
    return None if access.writable(field.id, create=create) else CLOSED


def describe(access: Access, field: Field, lang: str) -> dict[str, Any]:
    """A field for scripts: name, editor, options, and why it cannot be written."""
    kind, closed = fieldtypes.get(field), readonly(access, field)
    about: dict[str, Any] = {
        "id": field.id,
        "name": label(field, lang),
        "type": field.type,
        "widget": kind.widget,
        "icon": kind.icon,
        "end": kind.align == "end",
        "closed": closed.to(lang) if closed else "",
        "required": field.required,
    }
    if kind.widget in {"choice", "stage", "choices"}:
        about["options"] = [
            {"id": one["id"], "text": label(one, lang), "color": one.get("color", "gray")}
            for one in choices.options(field)
        ]
    about |= {name: field.options.get(key) for name, key in TOLD.get(kind.widget, {}).items()}
    if kind.family == "files":
        most = field.options.get("most") or limits.FILES_PER_FIELD
        about |= {"most": 1 if kind.widget == "signature" else most, "bytes": limits.FILE_BYTES}
    if kind.widget == "recurrence":
        about["words"] = recurrencewords.controls(lang)
    if kind.widget == "link":
        about |= {"table": field.options["table"], "single": bool(field.options.get("single"))}
    return about
