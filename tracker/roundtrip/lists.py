"""The drop-downs of a template: one hidden sheet, one column of it for each list of names."""

from __future__ import annotations

from typing import Any

from openpyxl.utils import get_column_letter

from tracker import fieldtypes, limits
from tracker.schema import Field
from tracker.transfer import naming, writing
from tracker.transfer.naming import Names
from tracker.transfer.writing import Written

SHEET = "_rounds"


class Lists:
    """Names behind the fields of one template or of many: each list is fetched once."""

    def __init__(self, viewer: Any) -> None:
        self.viewer = viewer
        self._names: dict[Any, Names] = {}
        self._texts: dict[Any, list[str]] = {}

    def names(self, field: Field) -> Names | None:
        """The dictionary behind a field, the same for all fields that mean the same things."""
        key = _meaning(field)
        if key not in self._names:
            found = naming.names_for(field, self.viewer)
            if found is None:
                return None
            self._names[key] = found
        return self._names[key]

    def texts(self, field: Field) -> list[str]:
        """What may be chosen; empty where there is nothing or more than a list should hold."""
        key = _meaning(field)
        if key not in self._texts:
            names = self.names(field)
            every = names.every() if names else []
            fits = len(every) <= limits.TEMPLATE_LIST
            self._texts[key] = _written(names, every) if names and fits else []
        return self._texts[key]


class Sheet:
    """The lists that one workbook needs, in columns of its hidden sheet."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._columns: dict[Any, tuple[str, list[str]]] = {}

    def range_of(self, field: Field) -> str | None:
        """Where the list of a field stands, as a validation names it."""
        texts = self._lists.texts(field)
        if not texts:
            return None
        key = _meaning(field)
        if key not in self._columns:
            self._columns[key] = get_column_letter(len(self._columns) + 1), texts
        letter = self._columns[key][0]
        return f"'{SHEET}'!${letter}$1:${letter}${len(texts)}"

    def write(self, book: Any) -> None:
        if not self._columns:
            return
        sheet = book.create_sheet(SHEET)
        sheet.sheet_state = "hidden"
        columns = [texts for _letter, texts in self._columns.values()]
        for place in range(max(map(len, columns))):
            cells = [column[place] if place < len(column) else None for column in columns]
            sheet.append([text and writing.text_cell(sheet, text) for text in cells])


def _written(names: Names, every: list[int]) -> list[str]:
    """The names, each once, as far as Excel can hold them."""
    texts = (writing.fitting(names.write(one), Written()) for one in every)
    return list(dict.fromkeys(text for text in texts if text))


def _meaning(field: Field) -> Any:
    kind = fieldtypes.get(field)
    if kind.family == "link":
        return "link", field.options["table"]
    return kind.widget if kind.widget in {"person", "department"} else field.id
