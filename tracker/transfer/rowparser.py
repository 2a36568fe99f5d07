"""The inner loop of reading a sheet: XML events become rows of typed cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol
from xml.parsers.expat import XMLParserType

from tracker import limits
from tracker.transfer import formats
from tracker.transfer.cells import (
    Cell,
    CellError,
    Cells,
    RawRow,
    clean,
    too_long,
    too_many_columns,
    too_much_text,
)
from tracker.transfer.package import too_large

Converter = Callable[[str], Cell]
_DIGITS = "0123456789"
_UNSAVED = 10_000  # formulas without a result whose places are kept


class Texts(Protocol):
    """The texts that cells share, by number."""

    def __getitem__(self, index: int) -> str | None: ...


class RowParser:
    """Hooks itself into a parser; complete rows that hold a value gather in ``found``.

    ``convert`` makes a cell of a stored number, by style; ``""`` is the one for unknown styles.
    A cell is taken when the next one starts: without events for ends, reading is a third faster.
    """

    def __init__(
        self,
        parser: XMLParserType,
        *,
        convert: Mapping[str, Converter],
        texts: Texts,
        money: Mapping[str, str],
    ) -> None:
        self.found: list[RawRow] = []
        self.currencies: dict[int, str] = {}  # sign of the columns that hold styles of ``money``
        self.unsaved_formulas = 0
        self.unsaved: set[tuple[int, int]] = set()  # row and column of the first of them
        self.finish: Callable[[], None] = lambda: None
        self.convert = convert
        self.texts = texts
        self.money = money
        self.columns: dict[str, int] = {}  # A → 0 … as they occur
        self._parser = parser
        parser.StartElementHandler = self._root

    def _root(self, tag: str, _attributes: dict[str, str]) -> None:
        prefix = tag[: tag.rfind(":") + 1]
        self._hook(*(prefix + name for name in ("row", "c", "v", "t", "f", "rPh")))

    # long: one closure over local variables runs 1,500,000 times for 100,000 rows; attributes
    # or calls instead of locals would make reading half as slow again.
    def _hook(self, row_tag: str, c_tag: str, v_tag: str, t_tag: str, f_tag: str, rph: str) -> None:
        columns, found, texts = self.columns, self.found, self.texts
        convert, plain, money = self.convert, self.convert[""], self.money
        row, column, count, total = 0, -1, 0, 0
        cells: Cells = {}
        kind: str | None = None
        style, text = "", ""
        reading = valued = formula = phonetic = False

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal row, column, count, kind, style, text, reading, valued, formula, phonetic
            if tag == c_tag:
                if text or formula:
                    take()
                kind = attributes.get("t")
                style = attributes.get("s", "")
                text = ""
                reading = valued = formula = phonetic = False
                count += 1
                letters = attributes.get("r", "").rstrip(_DIGITS)
                column = columns[letters] if letters in columns else self._place(letters, column)
            elif tag == v_tag or tag == t_tag:  # noqa: SIM109 - a tuple each time is slower
                valued = True
                reading = not phonetic
            else:
                reading = False
                if tag == row_tag:
                    end_row()
                    number = attributes.get("r", "")
                    row = int(number) if number.isdecimal() else row + 1
                elif tag == f_tag:
                    formula = True
                elif tag == rph:
                    phonetic = True

        def data(piece: str) -> None:
            nonlocal text
            if reading:
                text += piece
                if len(text) > limits.IMPORT_CELL_LENGTH:
                    raise too_long()

        def take() -> None:
            nonlocal total
            if not text:
                if not valued or kind is None or kind == "n":
                    missed()
                return
            if kind is None or kind == "n":
                value = convert.get(style, plain)(text)
                if money and style in money:
                    self.currencies[column] = money[style]
            elif kind == "s":
                value = texts[int(text)] if text.strip() else None
            elif kind == "inlineStr":
                value = clean(text, escaped=True)
            else:
                value = other_cell(kind, text)
            if value is None:  # blanks between the elements of a pretty-printed sheet
                if formula and (kind is None or kind == "n"):
                    missed()
                return
            cells[column] = value
            if type(value) is str:
                total += len(value)

        def missed() -> None:
            self.unsaved_formulas += 1
            if len(self.unsaved) < _UNSAVED:
                self.unsaved.add((row, column))

        def end_row() -> None:
            nonlocal cells, column, text, formula, reading
            if text or formula:
                take()
            if cells:
                found.append((row, cells, 0))
            check_row(cells, count=count, total=total)
            cells, column, text, formula, reading = {}, -1, "", False, False

        self.finish = end_row
        self._parser.StartElementHandler = start
        self._parser.CharacterDataHandler = data

    def _place(self, letters: str, last: int) -> int:
        """The column of a reference; cells without one follow each other."""
        if not (1 <= len(letters) <= 3 and letters.isascii() and letters.isalpha()):
            return last + 1
        self.columns[letters] = column = column_index(letters)
        return column


def column_index(letters: str) -> int:
    """A → 0, Z → 25, AA → 26."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def other_cell(kind: str, text: str) -> Cell:
    """A cell that is neither a number nor a shared text."""
    if kind == "str":
        return clean(text, escaped=True)
    if kind == "b":
        return text.strip() in {"1", "true"}
    if kind == "e":
        return CellError(text.strip())
    if kind == "d":
        return formats.iso_moment(text)
    return clean(text)


def check_row(cells: Cells, *, count: int, total: int) -> None:
    if len(cells) > limits.IMPORT_COLUMNS:
        raise too_many_columns(len(cells))
    if count > limits.IMPORT_CELLS:
        raise too_large()
    if total > limits.IMPORT_TEXT_LENGTH:
        raise too_much_text()
