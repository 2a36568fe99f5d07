"""Writing tables as xlsx and csv, so that no text in them is ever taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from tracker.transfer.cells import as_text
from tracker.transfer.guarding import begins_like_formula, guarded
from tracker.transfer.sheetrows import Rows

CELL_LENGTH = 32_767  # characters that Excel keeps of a cell
_CHUNK = 64 * 1024
FORMATS = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm"}
_ILLEGAL = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_TITLE = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True)
class OutColumn:
    """A column to write. ``kind``: text, number, date, datetime or checkbox.

    ``number_format`` is Excel's, such as ``#,##0.00``; ``width`` in characters.
    """

    name: str
    kind: str = "text"
    number_format: str | None = None
    width: float | None = None


@dataclass
class Written:
    """What was written, and in how many cells a text was cut to what Excel can hold."""

    rows: int = 0
    shortened: int = 0


def write_xlsx(
    target: Path | BinaryIO,
    columns: list[OutColumn],
    rows: Iterable[list[Any]],
    *,
    title: str = "",
) -> Written:
    """A workbook of one sheet: bold frozen header, filter, formats; memory stays flat.

    Cells are ``None | str | bool | int | float | Decimal | date | datetime | timedelta``; moments
    have no zone.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(sheet_title(title))
    sheet.freeze_panes = "A2"
    for place, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(place)].width = column.width or width_of(column)
    written = Written()
    bold = Font(bold=True)
    header = [text_cell(sheet, fitting(column.name, written)) for column in columns]
    for cell in header:
        cell.font = bold
    sheet.append(header)
    made = Rows(sheet, len(columns))
    slots = [_Slot(made, sheet, column, written) for column in columns]
    for row in rows:
        made.append([slot.cell(value) for slot, value in zip(slots, row, strict=True)])
    written.rows = made.count
    if columns:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{written.rows + 1}"
    made.save(book, target)
    return written


def sheet_title(title: str) -> str:
    """A name that Excel takes for a sheet."""
    return _TITLE.sub(" ", title).strip()[:31] or "Sheet1"


class _Slot:
    """One column while it is written."""

    def __init__(self, made: Rows, sheet: Any, column: OutColumn, written: Written) -> None:
        self._made, self._written = made, written
        self._guarded = f' s="{text_cell(sheet, "=").style_id}"'
        self._style = ""
        code = column.number_format or FORMATS.get(column.kind)
        if code:
            formatted = WriteOnlyCell(sheet)
            formatted.number_format = code
            self._style = f' s="{formatted.style_id}"'

    def cell(self, value: Any) -> str:
        """The cell as XML; texts are texts, whatever they begin with."""
        if isinstance(value, str):
            if not value:
                return ""
            text = fitting(value, self._written)
            return self._made.cell(text, self._guarded if begins_like_formula(text) else "")
        return "" if value is None else self._made.cell(value, self._style)


def width_of(column: OutColumn) -> float:
    """Wide enough for the name, where a Chinese character counts twice."""
    least = {"date": 12, "datetime": 18, "number": 12, "checkbox": 8}.get(column.kind, 16)
    return min(40, max(least, 2 + sum(2 if ord(sign) > 0x2E7F else 1 for sign in column.name)))


def fitting(text: str, written: Written) -> str:
    """The text as XML and Excel can hold it."""
    if not text.isprintable() or "_x" in text:
        text = _ESCAPED.sub("_x005F_", _ILLEGAL.sub("", text))
    if len(text) > CELL_LENGTH:
        text = text[: CELL_LENGTH - 1] + "…"
        written.shortened += 1
    return text


def text_cell(sheet: Any, text: str) -> Any:
    """A cell of type string, whatever it begins with; also when somebody edits it in Excel."""
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.quotePrefix = begins_like_formula(text)
    return cell


def write_csv(
    target: Path | BinaryIO, columns: list[OutColumn], rows: Iterable[list[Any]]
) -> Written:
    """A csv that Excel opens as it is: UTF-8 with a mark, comma, CRLF, formulas disarmed."""
    written = Written()
    chunks = csv_chunks(columns, _counted(rows, written))
    if isinstance(target, Path):
        with target.open("wb") as file:
            file.writelines(chunks)
    else:
        target.writelines(chunks)
    return written


def csv_chunks(columns: list[OutColumn], rows: Iterable[list[Any]]) -> Iterator[bytes]:
    """The csv in pieces, for an answer that is sent while it is made."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    yield b"\xef\xbb\xbf"
    writer.writerow([guarded(column.name) for column in columns])
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])
        if stream.tell() > _CHUNK:
            yield _taken(stream)
    yield _taken(stream)


def _taken(stream: io.StringIO) -> bytes:
    text = stream.getvalue()
    stream.seek(0)
    stream.truncate()
    return text.encode("utf-8", "replace")


def _counted(rows: Iterable[list[Any]], written: Written) -> Iterator[list[Any]]:
    for row in rows:
        written.rows += 1
        yield row


def _csv_cell(value: Any) -> str:
    """Numbers stay numbers, also negative ones; texts that begin like a formula are disarmed."""
    if isinstance(value, str):
        return guarded(_ILLEGAL.sub("", value.replace("\r\n", "\n")))
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes" if not value.second else "seconds")
    return as_text(value)
