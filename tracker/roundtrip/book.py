"""One template as a workbook: hidden first row and column, a row per record, lists, a notes sheet.

Rows go in as they come, so memory stays flat; what is checked is put around them at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, Protection
from openpyxl.utils import get_column_letter

from tracker import fieldtypes
from tracker.permissions import Access
from tracker.roundtrip import layout, lists, marks
from tracker.roundtrip.lists import Lists
from tracker.schema import Field
from tracker.text import Text, _
from tracker.transfer import exporting, writing
from tracker.transfer.guarding import begins_like_formula
from tracker.transfer.sheetrows import Rows
from tracker.transfer.writing import OutColumn, Written

_REASON = OutColumn("", width=44)


@dataclass(frozen=True)
class Column:
    """A field as a column: ``changes`` where records may be changed in it, ``adds`` where a new
    one may be given a value.
    """

    field: Field
    out: OutColumn
    changes: bool
    adds: bool
    write: Callable[[Any], Any]

    @property
    def locked(self) -> bool:
        return not (self.changes or self.adds)


def columns_of(access: Access, fields: Collection[Field], known: Lists) -> list[Column]:
    """The columns of a template, as their viewer may write them."""
    found = []
    for one in fields:
        written = _fits_a_cell(one)
        found.append(
            Column(
                field=one,
                out=exporting.column_of(one, access.viewer),
                changes=written and access.writable(one.id),
                adds=written and access.may("create") and access.writable(one.id, create=True),
                write=exporting.writer_for(one, access.viewer, known.names(one)),
            )
        )
    return found


def _fits_a_cell(field: Field) -> bool:
    """Whether a cell can be filled in for it: files cannot, and the other side of a link is
    edited there (here it would be a list of all records).
    """
    kind = fieldtypes.get(field)
    return kind.written and kind.family != "files" and not field.options.get("reverse")


class Book:
    """A workbook being written. With ``reasons``, a column says what is wrong with each row."""

    def __init__(
        self,
        columns: list[Column],
        known: Lists,
        *,
        head: str,
        title: str,
        reasons: bool = False,
        offered: Lists | None = None,
    ) -> None:
        """``offered`` are the lists to choose from, where they are not those of the maker."""
        self.columns, self.reasons = columns, reasons
        self.lang = known.viewer.context.lang
        self.written = Written()
        self._lists = lists.Sheet(offered or known)
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(writing.sheet_title(title))
        self._first = 3 if reasons else 2  # the column of the first field
        self._styles = [layout.Styles(self._sheet, one.out) for one in columns]
        self._beside = layout.Styles(self._sheet, _REASON)
        self._frame(head)
        self._rows = Rows(self._sheet, len(columns) + self._first - 1, first=3)

    def _frame(self, head: str) -> None:
        """What stands around the rows: widths, the hidden row and column, the header."""
        sheet = self._sheet
        sheet.freeze_panes = f"{get_column_letter(self._first + 1)}3"
        sheet.column_dimensions["A"].hidden = True
        sheet.row_dimensions[1].hidden = True
        if self.reasons:
            self._beside.dress(2, locked=True, width=_REASON.width or 0)
        for place, (one, style) in enumerate(zip(self.columns, self._styles, strict=True)):
            width = one.out.width or writing.width_of(one.out)
            style.dress(place + self._first, locked=one.locked, width=width)
        codes = [marks.code(one.field.id) for one in self.columns]
        beside = [marks.REASON] if self.reasons else []
        sheet.append([writing.text_cell(sheet, text) for text in (head, *beside, *codes)])
        sheet.append(self._header())

    def _header(self) -> list[Any]:
        cells = [layout.header_cell(self._sheet, _("Key").to(self.lang), fill=layout.LOCKED)]
        if self.reasons:
            text = _("What is wrong").to(self.lang)
            cells.append(layout.header_cell(self._sheet, text, fill=layout.WARNED))
        for one in self.columns:
            fill = layout.LOCKED if one.locked else layout.OPEN
            cells.append(layout.header_cell(self._sheet, one.out.name, fill=fill))
        return cells

    def row(
        self, key: str, values: list[Any], open: Callable[[Column], bool], why: str = ""
    ) -> None:
        """A row of cells in the order of the columns; a record's has a ``key``."""
        cells = [self._cell(key, self._beside.of(locked=True)) if key else ""]
        if self.reasons:
            cells.append(self._cell(why, self._beside.of(locked=True)))
        for one, styles, value in zip(self.columns, self._styles, values, strict=True):
            guarded = isinstance(value, str) and begins_like_formula(value)
            cells.append(self._cell(value, styles.of(locked=not open(one), guarded=guarded)))
        self._rows.append(cells)
        self.written.rows += 1

    def _cell(self, value: Any, style: str) -> str:
        if value is None or value == "":
            return f'<c r="@"{style}/>'
        if isinstance(value, str):
            value = writing.fitting(value, self.written)
        return self._rows.cell(value, style)

    def save(self, target: Path | IO[bytes], notes: list[tuple[Text | str, Text | str]]) -> Written:
        last = get_column_letter(len(self.columns) + self._first - 1)
        self._sheet.auto_filter.ref = f"A2:{last}{self.written.rows + 2}"
        for place, one in enumerate(self.columns, self._first):
            if not one.locked:
                source = self._lists.range_of(one.field)
                found = layout.validation(one.field, source, self.lang)
                if found is not None:
                    layout.check(self._sheet, place, found, self.written.rows)
        layout.protect(self._sheet)
        self._note(notes)
        self._lists.write(self._book)
        self._rows.save(self._book, target)
        return self.written

    def _note(self, notes: list[tuple[Text | str, Text | str]]) -> None:
        sheet = self._book.create_sheet(_("Notes").to(self.lang))
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 26, 90
        for pair in notes:
            row = [writing.text_cell(sheet, _said(part, self.lang)) for part in pair]
            row[0].font = Font(bold=True)
            for cell in row:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                cell.protection = Protection(locked=True)
            sheet.append(row)
        sheet.protection.sheet = True


def _said(part: Text | str, lang: str) -> str:
    return part.to(lang) if isinstance(part, Text) else part
