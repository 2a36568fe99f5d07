"""Text files as tables: records of a csv file with the line each begins on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from tracker import limits
from tracker.errors import Refused
from tracker.text import _
from tracker.transfer import textfiles
from tracker.transfer.cells import (
    Merge,
    RawRow,
    clean,
    too_long,
    too_many_columns,
    too_much_text,
)
from tracker.transfer.guarding import unguarded
from tracker.transfer.sniffing import NO_DELIMITER, Dialect

_LINE = 16 * 1024 * 1024  # characters in one line; a text without line ends is not a table


class TextTable:
    """A csv file read in its dialect. All cells are text."""

    merges: list[Merge] = []
    unsaved_formulas = 0

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self._path = path
        self._dialect = dialect
        self.unreadable = 0
        self.encoding = dialect.encoding
        self.currencies: dict[int, str] = {}

    def rows(self) -> Iterator[RawRow]:
        """Records with at least one value; the number is that of the line they begin on."""
        csv.field_size_limit(limits.IMPORT_CELL_LENGTH)
        self.unreadable = 0
        encoding = self._dialect.encoding
        with (
            textfiles.opened(self._path) as raw,
            TextIOWrapper(raw, encoding, errors="replace", newline="") as file,
        ):
            lines = self._lines(file)
            for _skipped in range(self._dialect.skip):
                next(lines, None)
            reader = csv.reader(
                lines,
                delimiter=self._dialect.delimiter or NO_DELIMITER,
                quoting=csv.QUOTE_MINIMAL if self._dialect.quoted else csv.QUOTE_NONE,
            )
            yield from self._records(reader)

    def _records(self, reader: Iterator[list[str]]) -> Iterator[RawRow]:
        line = self._dialect.skip + 1
        ours = self._dialect.encoding == "utf-8-sig"  # as our exports are, where the mark is ours
        while True:
            try:
                record = next(reader, None)
            except csv.Error as error:
                if "field larger" in str(error):
                    raise _endless_cell(line) from error
                raise Refused(_("Line {line} cannot be read as csv.", line=line)) from error
            if record is None:
                return
            cells = {}
            for column, text in enumerate(record):
                if text and (cell := text.strip() if text.isprintable() else clean(text)):
                    cells[column] = unguarded(cell) if ours and cell[0] == "'" else cell
            if cells:
                if len(cells) > limits.IMPORT_COLUMNS:
                    raise too_many_columns(len(record))
                yield line, cells, len(record)
            line = self._dialect.skip + reader.line_num + 1  # type: ignore[attr-defined] # csv.reader

    def _lines(self, file: Iterator[str]) -> Iterator[str]:
        total = 0
        while line := file.readline(_LINE):  # type: ignore[attr-defined] # any text file
            if len(line) >= _LINE:
                raise too_long()
            total += len(line)
            if total > limits.IMPORT_TEXT_LENGTH:
                raise too_much_text()
            self.unreadable += line.count("\ufffd")
            yield line


def _endless_cell(line: int) -> Refused:
    return Refused(
        _(
            "The record that begins on line {line} has a cell of more than {limit} characters. "
            "Perhaps a quotation mark in it is never closed.",
            line=line,
            limit=f"{limits.IMPORT_CELL_LENGTH:,}",
        )
    )
