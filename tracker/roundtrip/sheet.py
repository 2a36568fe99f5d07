"""A filled-in template as it comes back: its head, which column is which field, its rows.

Columns are known by the codes above them, wherever they were moved; without codes by their names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tracker.errors import Refused
from tracker.folding import fold
from tracker.permissions import Access
from tracker.roundtrip import marks
from tracker.roundtrip.marks import Head, Signer
from tracker.schema import Field
from tracker.text import Text, _, label
from tracker.transfer.cells import Cell, as_text, unpack
from tracker.transfer.process import frames

_MARK = rf"{marks.HEAD}|{marks.KEY.pattern}"
_WIDEST = 500  # columns that a merged cell hides at most
_HEADS = 50  # rows within which the first key must stand where the hidden row is gone


@dataclass
class Row:
    """A row of the sheet: its number, the key that stands in it, cells by field."""

    number: int
    key: str
    cells: dict[int, Cell]

    @property
    def blank(self) -> bool:
        return all(cell is None for cell in self.cells.values())


@dataclass
class Sheet:
    """The sheet of one file. ``left_out`` are headings of columns that are no field here."""

    head: Head | None = None
    fields: dict[int, Field] = field(default_factory=dict)  # column → field
    left_out: list[str] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    merges: list[list[int]] = field(default_factory=list)


Raw = tuple[int, dict[int, Cell]]


class Reader:
    """Reads one file for one table; `sheet` is whole once the first row has come."""

    def __init__(self, path: Path, access: Access, signer: Signer) -> None:
        self._path, self._access, self._signer = path, access, signer
        self.sheet = Sheet()
        self._key_column = 0
        self._tops: dict[tuple[int, int], Cell] = {}
        self._covered: dict[int, set[int]] = {}  # row → columns that a merged cell hides

    def rows(self) -> Iterator[Row]:
        """The rows below the header, blank ones left out. Raises `Refused` for other workbooks."""
        rows = self._raw()
        held: list[Raw] = []
        for number, cells in rows:
            held.append((number, cells))
            if self._found(held):
                break
            if len(held) > _HEADS:
                break
        yield from self._below(held)
        for number, cells in rows:
            yield from self._row(number, cells)

    def _raw(self) -> Iterator[Raw]:
        request = {"op": "marked", "path": str(self._path.resolve()), "mark": _MARK}
        with closing(frames(request)) as answers:
            for frame in answers:
                self.sheet.merges += frame.get("merges", [])
                for number, cells in frame["rows"]:
                    found = {column: unpack(cell) for column, cell in cells}
                    self._fill_down(number, found)
                    yield number, found

    def _fill_down(self, number: int, cells: dict[int, Cell]) -> None:
        """A merged cell means its value in all the rows it covers; beside it nothing is meant."""
        for top, left, bottom, right in self.sheet.merges:
            if top <= number <= bottom:
                if number == top:
                    self._tops[top, left] = cells.get(left)
                elif left != self._key_column:
                    cells.setdefault(left, self._tops.get((top, left)))
                self._covered[number] = {
                    *self._covered.get(number, ()),
                    *range(left + 1, min(right, left + _WIDEST) + 1),
                }

    # ── head ─────────────────────────────────────────────────────────────────

    def _found(self, held: list[Raw]) -> bool:
        """Whether all that tells columns and rows has been read: one row below the mark."""
        cells = held[-1][1].values()
        if any(isinstance(cell, str) and marks.KEY.fullmatch(cell) for cell in cells):
            return True
        return len(held) > 1 and self._mark_of(held[-2][1]) is not None

    def _mark_of(self, cells: dict[int, Cell]) -> tuple[int, str] | None:
        for column, cell in cells.items():
            if isinstance(cell, str) and cell.startswith(marks.HEAD):
                return column, cell
        return None

    def _below(self, held: list[Raw]) -> Iterator[Row]:
        """What of the rows held back is below the header, once that is understood."""
        at = next((n for n, (_no, cells) in enumerate(held) if self._mark_of(cells)), None)
        if at is not None:
            self._read_head(held[at][1])
            below = held[at + 1 :]
            headed = bool(below) and not self._keyed(below[0][1])
            self._by_codes(held[at][1], below[0][1] if headed else {})
            for number, cells in below[1 if headed else 0 :]:
                yield from self._row(number, cells)
            return
        keyed = next((n for n, (_no, cells) in enumerate(held) if self._keyed(cells)), len(held))
        header = held[keyed - 1][1] if keyed else {}
        self.sheet.notes.append(
            _("The hidden first row is gone: columns were found by their headings.")
        )
        self._by_names(header)
        for number, cells in held[keyed:]:
            yield from self._row(number, cells)

    def _keyed(self, cells: dict[int, Cell]) -> bool:
        for column, cell in cells.items():
            if isinstance(cell, str) and marks.KEY.fullmatch(cell):
                self._key_column = column
                return True
        return False

    def _read_head(self, cells: dict[int, Cell]) -> None:
        found = self._mark_of(cells)
        assert found is not None  # noqa: S101 - the caller has seen it
        self._key_column = found[0]
        head = self._signer.read_head(found[1])
        if head.table != self._access.table.id:
            raise Refused(_("This template belongs to another table."))
        self.sheet.head = head

    def _by_codes(self, codes: dict[int, Cell], header: dict[int, Cell]) -> None:
        seen = {one.id: one for one in self._access.fields}
        lang = self._access.viewer.context.lang
        for column in sorted({*codes, *header} - {self._key_column}):
            one = seen.get(marks.field_of(codes.get(column)) or 0)
            said = as_text(header.get(column)).strip()
            if one is not None and one not in self.sheet.fields.values():
                self.sheet.fields[column] = one
                if said and fold(said) not in _names(one):
                    name = label(one, lang)
                    text = _("“{said}” is read as “{field}”.", said=said[:60], field=name)
                    self.sheet.notes.append(text)
            elif codes.get(column) != marks.REASON and said:
                self.sheet.left_out.append(said[:120])

    def _by_names(self, header: dict[int, Cell]) -> None:
        known: dict[str, Field] = {}
        for one in self._access.fields:
            for name in _names(one):
                known.setdefault(name, one)
        for column, cell in header.items():
            said = as_text(cell).strip()
            found = known.get(fold(said))
            if found is not None and found not in self.sheet.fields.values():
                self.sheet.fields[column] = found
            elif said and column != self._key_column:
                self.sheet.left_out.append(said[:120])
        if not self.sheet.fields:
            raise Refused(_("No column of this workbook is a field of the table."))

    # ── rows ─────────────────────────────────────────────────────────────────

    def _row(self, number: int, cells: dict[int, Cell]) -> Iterator[Row]:
        key = as_text(cells.get(self._key_column)).strip()
        covered = self._covered.pop(number, ())
        values = {
            one.id: cells.get(column)
            for column, one in self.sheet.fields.items()
            if column not in covered
        }
        row = Row(number, key, values)
        if key or not row.blank:
            yield row


def _names(one: Field) -> set[str]:
    return {fold(name.strip()) for name in (one.name, *one.names.values())}
