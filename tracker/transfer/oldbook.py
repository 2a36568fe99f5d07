"""Old workbooks (.xls), which only calamine reads: a whole sheet at a time, errors as blanks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Any

import python_calamine as calamine

from tracker import limits
from tracker.transfer.cells import Merge, RawRow, clean, since_midnight, too_many_columns
from tracker.transfer.package import damaged, password
from tracker.transfer.workbook import SheetPart


class OldBook:
    """An .xls file with the same face as `Workbook`."""

    pictures = False

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._book = calamine.CalamineWorkbook.from_object(file)
        except calamine.PasswordError as error:
            raise password() from error
        except (calamine.CalamineError, OSError, ValueError) as error:
            raise damaged() from error
        visible = calamine.SheetVisibleEnum.Visible
        self.sheets = [
            SheetPart(sheet.name, sheet.visible != visible, sheet.name)
            for sheet in self._book.sheets_metadata
            if sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        if not self.sheets:
            raise damaged()

    def sheet(self, part: SheetPart) -> OldSheet:
        try:
            return OldSheet(self._book.get_sheet_by_name(part.part))
        except (calamine.CalamineError, ValueError) as error:
            raise damaged() from error


class OldSheet:
    """A sheet of an old workbook."""

    unsaved_formulas = 0
    unreadable = 0
    encoding = ""

    def __init__(self, sheet: calamine.CalamineSheet) -> None:
        self._sheet = sheet
        self.currencies: dict[int, str] = {}
        self.merges: list[Merge] = [
            (top + 1, left, bottom + 1, right)
            for (top, left), (bottom, right) in sheet.merged_cell_ranges or []
        ]

    def rows(self) -> Iterator[RawRow]:
        for number, values in enumerate(self._sheet.iter_rows(), 1):
            pairs = ((column, _cell(value)) for column, value in enumerate(values))
            cells = {column: cell for column, cell in pairs if cell is not None}
            if len(cells) > limits.IMPORT_COLUMNS:
                raise too_many_columns(len(cells))
            if cells:
                yield number, cells, 0


def _cell(value: Any) -> Any:
    if type(value) is float:
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if type(value) is str:
        return clean(value)
    if type(value) is time:
        return since_midnight(value)
    return value
