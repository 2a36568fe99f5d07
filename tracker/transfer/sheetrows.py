"""Rows of a workbook written as text, into the frame that openpyxl draws around them.

openpyxl builds an XML element per cell; for 1,500,000 cells that takes four times as long.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

_EPOCH = date(1899, 12, 30).toordinal()
_FIRST = date(1900, 3, 1)  # the days before need openpyxl's care
_SHEET = "xl/worksheets/sheet1.xml"
_END = b"</sheetData>"
_ROWS = 500  # written at a time
_COPY = 1024 * 1024


class Rows:
    """Rows below the head of a write-only sheet, in a temporary file until `save`.

    ``first`` is the number of the first of them, 2 below one row of names.
    """

    def __init__(self, sheet: Any, columns: int, *, first: int = 2) -> None:
        self.count = 0
        self._first = first
        self._sheet = sheet
        self._letters = [get_column_letter(place) for place in range(1, columns + 1)]
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by save
        self._lines: list[str] = []
        self._styles: dict[type, str] = {}

    def append(self, cells: list[str]) -> None:
        """A row of cells as `cell` makes them; ``""`` for an empty one."""
        self.count += 1
        number = str(self._first + self.count - 1)
        filled = [
            cell.replace("@", letter + number, 1)
            for letter, cell in zip(self._letters, cells, strict=True)
            if cell
        ]
        self._lines.append(f'<row r="{number}">{"".join(filled)}</row>')
        if len(self._lines) >= _ROWS:
            self._flush()

    def cell(self, value: Any, style: str) -> str:
        """A cell with ``@`` for its place. ``style``: the attribute, such as `` s="3"``."""
        if isinstance(value, str):
            return _text(value, style)
        if isinstance(value, bool):
            return f'<c r="@"{style} t="b"><v>{int(value)}</v></c>'
        if isinstance(value, date | timedelta):
            return f'<c r="@"{style or self._style_of(value)}><v>{_serial(value)}</v></c>'
        if isinstance(value, int | Decimal) or (isinstance(value, float) and value - value == 0):
            return f'<c r="@"{style}><v>{value!s}</v></c>'
        return ""

    def _style_of(self, value: Any) -> str:
        """How openpyxl formats such a value where the column says nothing."""
        kind = type(value)
        if kind not in self._styles:
            self._styles[kind] = f' s="{WriteOnlyCell(self._sheet, value).style_id}"'
        return self._styles[kind]

    def _flush(self) -> None:
        self._file.write("".join(self._lines).encode())
        self._lines.clear()

    def save(self, book: Workbook, target: Path | IO[bytes]) -> None:
        """The workbook with these rows below what its sheet holds."""
        frame = io.BytesIO()
        book.save(frame)
        self._flush()
        self._file.seek(0)
        with (
            self._file,
            zipfile.ZipFile(frame) as drawn,
            zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as made,
        ):
            for name in drawn.namelist():
                with made.open(name, "w", force_zip64=name == _SHEET) as part:
                    for chunk in self._chunks(name, drawn.read(name)):
                        part.write(chunk)

    def _chunks(self, name: str, content: bytes) -> Iterator[bytes]:
        if name != _SHEET:
            yield content
            return
        head, _end, tail = content.partition(_END)
        yield head
        while chunk := self._file.read(_COPY):
            yield chunk
        yield _END + tail


def _text(text: str, style: str) -> str:
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    kept = ' xml:space="preserve"' if "\n" in text or text != text.strip() else ""
    return f'<c r="@"{style} t="inlineStr"><is><t{kept}>{text}</t></is></c>'


def _serial(value: date | timedelta) -> Any:
    """Days since Excel's beginning, with the time of day as a fraction."""
    if isinstance(value, timedelta) or date(value.year, value.month, value.day) < _FIRST:
        return to_excel(value)
    days = value.toordinal() - _EPOCH
    if not isinstance(value, datetime):
        return days
    seconds = value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
    return days + seconds / 86400
