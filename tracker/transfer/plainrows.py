"""A short cut for rows in the plain form that Excel, WPS and openpyxl write.

Complete plain rows are taken out of the stream by one regular expression, twice as fast as by XML
events; everything else, from the prologue to a cell with a formula, still goes to the XML parser.
"""

from __future__ import annotations

import re
from xml.parsers.expat import XMLParserType

from tracker import limits
from tracker.transfer.cells import Cell, Cells, clean, too_long
from tracker.transfer.rowparser import RowParser, check_row, column_index, other_cell

_END = b"</row>"
_ROW = re.compile(r'<row r="(\d{1,9})"')
_CELL = re.compile(
    r'<c r="([A-Z]{1,3})\d+"(?: s="(\d+)")?(?: t="(\w+)")?'
    r'(?:/>|>(?:<v>([^<]*)</v>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
)
_OPEN_ROW = 4 * 1024 * 1024  # bytes; a row that is longer is no plain one


class PlainRows:
    """Stands before a parser with a `RowParser`; rows gather there in the order of the file."""

    def __init__(self, parser: XMLParserType, hooked: RowParser) -> None:
        self._parser = parser
        self._hooked = hooked
        self._rest = b""
        self._count = self._total = 0
        self._plain: bool | None = None  # None: nothing read yet

    def feed(self, chunk: bytes) -> None:
        if self._plain is None:
            head = chunk[:256].lower()
            self._plain = b"encoding=" not in head or b"utf-8" in head
        data = self._rest + chunk
        self._rest = b""
        if self._plain and b"<!" in data:  # a comment or CDATA could hide anything
            self._plain = False
        end = data.rfind(_END) + len(_END) if self._plain else 0
        if end >= len(_END):
            data, self._rest = data[:end], data[end:]
            self._take(data)
        elif self._plain and len(data) < _OPEN_ROW:
            self._rest = data
        else:
            self._plain = False
            self._parser.Parse(data, False)

    def end(self) -> None:
        self._parser.Parse(self._rest, True)
        self._hooked.finish()

    def _take(self, data: bytes) -> None:
        """Rows up to a row's end; what is not plain is given to the parser, in its turn."""
        pieces = data.decode().split("</row>")
        for piece in pieces[:-1]:
            start = piece.rfind("<row")
            head = piece.find(">", start)
            match = _ROW.match(piece, start)
            if match and self._row(int(match[1]), piece[head + 1 :], before=piece[:start]):
                continue
            self._parser.Parse(f"{piece}</row>".encode(), False)
            self._hooked.finish()

    def _row(self, number: int, inner: str, *, before: str) -> bool:
        """Take a plain row; False, and nothing done, for any other."""
        found = _CELL.findall(inner)
        if len(found) != inner.count("<c") or "&" in inner or len(inner) > _OPEN_ROW:
            return False
        if before:
            self._parser.Parse(before.encode(), False)
            self._hooked.finish()
        cells = self._cells(found)
        self._count += len(found)
        if cells:
            self._hooked.found.append((number, cells, 0))
        check_row(cells, count=self._count, total=self._total)
        return True

    def _cells(self, found: list[tuple[str, str, str, str, str]]) -> Cells:
        hooked = self._hooked
        columns, convert, money = hooked.columns, hooked.convert, hooked.money
        number, texts = convert[""], hooked.texts
        cells: Cells = {}
        value: Cell
        for letters, style, kind, stored, inline in found:
            if stored:
                if kind == "s":
                    value = texts[int(stored)]
                elif not kind or kind == "n":
                    value = convert.get(style, number)(stored)
                    if money and style in money:
                        hooked.currencies[column_index(letters)] = money[style]
                else:
                    value = other_cell(kind, stored)
            elif inline:
                value = clean(inline, escaped=True)
            else:
                continue
            if value is None:
                continue
            if letters not in columns:
                columns[letters] = column_index(letters)
            cells[columns[letters]] = value
            if type(value) is str:
                self._total += len(value)
                if len(value) > limits.IMPORT_CELL_LENGTH:
                    raise too_long()
        return cells
