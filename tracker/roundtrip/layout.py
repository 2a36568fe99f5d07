"""How a template looks: which cell is locked, how it is formatted, what Excel checks in it."""

from __future__ import annotations

from typing import Any

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from tracker import fieldtypes, limits
from tracker.numeric import precision
from tracker.schema import Field
from tracker.text import Text, _
from tracker.transfer import writing
from tracker.transfer.writing import OutColumn

OPEN = PatternFill("solid", fgColor="DDEBF7")
LOCKED = PatternFill("solid", fgColor="E7E6E6")
WARNED = PatternFill("solid", fgColor="FCE4D6")
GREY = "7F7F7F"
_LONGEST_PROMPT = 250  # characters that Excel shows beside a cell


def header_cell(sheet: Any, text: str, *, fill: PatternFill) -> Any:
    cell = writing.text_cell(sheet, text)
    cell.font = Font(bold=True)
    cell.fill = fill
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


class Styles:
    """The styles of one column: open or locked, guarded or not, as attributes of a cell."""

    def __init__(self, sheet: Any, column: OutColumn) -> None:
        self._sheet = sheet
        self._format = column.number_format or writing.FORMATS.get(column.kind)
        self._made: dict[tuple[bool, bool], str] = {}

    def of(self, *, locked: bool, guarded: bool = False) -> str:
        """Such as `` s="3"``. ``guarded``: a text that begins like a formula stays one."""
        key = (locked, guarded)
        if key not in self._made:
            cell = WriteOnlyCell(self._sheet)
            if self._format:
                cell.number_format = self._format
            cell.protection = Protection(locked=locked)
            cell.quotePrefix = guarded
            if locked:
                cell.font = Font(color=GREY)
            self._made[key] = f' s="{cell.style_id}"'
        return self._made[key]

    def dress(self, place: int, *, locked: bool, width: float) -> None:
        """The whole column, so that the rows below the records are open, too."""
        dimension = self._sheet.column_dimensions[get_column_letter(place)]
        dimension.width = width
        dimension.protection = Protection(locked=locked)
        if self._format:
            dimension.number_format = self._format


def protect(sheet: Any) -> None:
    """Only open cells take input; columns may be widened, rows filtered. There is no password."""
    protection = sheet.protection
    protection.sheet = True
    protection.formatColumns = protection.formatRows = protection.formatCells = False
    protection.autoFilter = protection.sort = False


def validation(field: Field, source: str | None, lang: str) -> DataValidation | None:
    """What Excel checks in a column. ``source``: where its list stands, where it has one."""
    kind = fieldtypes.get(field)
    if kind.family == "checkbox":
        found = DataValidation("list", formula1='"TRUE,FALSE"')
    elif source:
        found = DataValidation("list", formula1=source)
    elif kind.family == "number" and kind.written:
        found = DataValidation(
            "decimal" if precision(field) or kind.shift or kind.spelled else "whole",
            operator="between",
            formula1="-999999999999999",
            formula2="999999999999999",
        )
    elif kind.family == "time":
        found = DataValidation("date", operator="greaterThanOrEqual", formula1="61")
    else:
        return None
    # Excel's lists pick one name; where several fit, they must be typed, too.
    found.showErrorMessage = kind.family == "checkbox" or not (source and _several(field))
    found.allow_blank = True
    found.errorTitle, found.error = _("Not possible").to(lang), _wrong(field).to(lang)
    hint = _hint(field)
    if hint:
        found.promptTitle, found.prompt = "", hint.to(lang)[:_LONGEST_PROMPT]
        found.showInputMessage = True
    return found


def _several(field: Field) -> bool:
    kind = fieldtypes.get(field)
    return kind.family == "many" or (kind.family == "link" and not field.options.get("single"))


def _wrong(field: Field) -> Text:
    kind = fieldtypes.get(field)
    if kind.family == "number":
        return _("A number belongs here.")
    if kind.family == "time":
        return _("A date belongs here, such as 2026-11-21.")
    return _("Choose an entry of the list.")


def _hint(field: Field) -> Text | None:
    return _("Several names: with commas between them.") if _several(field) else None


def check(sheet: Any, place: int, found: DataValidation, rows: int) -> None:
    """Put a validation on a column: its records and some empty rows below."""
    letter = get_column_letter(place)
    found.add(f"{letter}3:{letter}{rows + 2 + limits.TEMPLATE_NEW_ROWS}")
    sheet.data_validations.append(found)
