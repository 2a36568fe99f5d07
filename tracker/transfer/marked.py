"""The child's side of reading a template that comes back: the sheet with its mark, raw.

Nothing is guessed here: no header, no notes, no types; cells stand under their column numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

import orjson

from tracker.errors import Refused
from tracker.text import _
from tracker.transfer.cells import CellError, RawRow, pack
from tracker.transfer.survey import Table

_HEAD_ROWS = 50  # within which the mark is looked for
_SHEETS = 20
_FRAME = 128 * 1024


def marked(tables: Iterable[Table], mark: str) -> Iterator[dict[str, Any]]:
    """Frames of the rows of the first table in which a cell begins like the pattern ``mark``."""
    pattern = re.compile(mark)
    for table in islice(tables, _SHEETS):
        rows = table.rows()
        first = list(islice(rows, _HEAD_ROWS))
        if any(_is_marked(cells, pattern) for _number, cells, _width in first):
            yield from _framed(chain(first, rows), table)
            return
    raise Refused(
        _(
            "This workbook is not a template of Rounds, or its hidden first row and column are "
            "gone. Fetch a new template, or import the file instead."
        )
    )


def _is_marked(cells: dict[int, Any], pattern: re.Pattern[str]) -> bool:
    return any(isinstance(cell, str) and pattern.match(cell) for cell in cells.values())


def _framed(rows: Iterable[RawRow], table: Table) -> Iterator[dict[str, Any]]:
    """Rows as ``[number, {column: cell}]``. A formula without a result is a failed one: to read
    it as empty would empty the cell.
    """
    unsaved: set[tuple[int, int]] = getattr(table, "unsaved", set())
    merged = [list(one) for one in table.merges[:1000]]
    yield {"rows": [], "merges": merged}
    frame, size = [], 0
    for number, cells, _width in rows:
        unsaved = getattr(table, "unsaved", unsaved)
        if unsaved:
            for column in [place for row, place in unsaved if row == number]:
                cells.setdefault(column, CellError("="))
        packed = pack([number, sorted(cells.items())])
        size += len(packed)
        frame.append(orjson.Fragment(packed))
        if size >= _FRAME:
            yield {"rows": frame}
            frame, size = [], 0
    yield {"rows": frame}
