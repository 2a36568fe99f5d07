"""One walk through a table: where it begins and ends, its columns, their types, what is odd."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import chain, islice
from typing import Any, Protocol

from tracker import limits
from tracker.errors import Refused
from tracker.text import Text, _
from tracker.transfer import headers
from tracker.transfer.cells import Cell, Cells, Merge, RawRow, too_many_columns
from tracker.transfer.guess import Guess
from tracker.transfer.guessing import Tally

_SAMPLE = headers.LOOKED_AT + 30
_HEAD = 20
_NOTES = 20  # rows at the end among which notes are looked for
_STRAY = 0.5  # a csv column beyond the header is one if this share of rows has it
_FILLED_DOWN = 10_000  # merged areas in the data that are filled down
_TOTAL = re.compile(r"(?:合\s*计|总\s*计|小\s*计|总和|共计|(?:grand |sub)?totals?|sum)[:：]?", re.I)


class Table(Protocol):
    """A sheet or text file whose rows can be walked through, again and again."""

    unsaved_formulas: int
    encoding: str
    unreadable: int  # characters that the encoding could not decode
    currencies: dict[int, str]

    @property
    def merges(self) -> list[Merge]: ...

    def rows(self) -> Iterator[RawRow]: ...


@dataclass
class Layout:
    """Which rows and columns of a file are the table; enough to read it in one walk."""

    header_row: int
    positions: list[int]  # columns of the file, in order
    width: int = 0  # values that a csv record should have; 0 where rows cannot be ragged
    skipped: list[int] = field(default_factory=list)  # rows that are left out
    moments: list[int] = field(
        default_factory=list
    )  # places in positions whose days become moments


@dataclass
class Survey:
    """A layout and what a person is shown of it."""

    layout: Layout
    candidates: list[int]
    names: list[str]
    guesses: list[Guess]
    samples: list[list[Cell]]
    head: list[list[Cell]]
    rows: int
    notes: list[Text]


class Surveyor:
    """Walks through one table once."""

    def __init__(self, table: Table, header_row: int | None, unnamed: Callable[[int], str]) -> None:
        self._table = table
        self._unnamed = unnamed
        self._tallies: dict[int, Tally] = {}
        self._names: dict[int, str] = {}
        self._wide: Counter[int] = Counter()
        self._held: deque[RawRow] = deque()
        self._sections: list[int] = []
        self._ragged: list[int] = []
        self._head: list[Cells] = []
        self._sparsest = 10**9
        self._count = 0
        self._width = 0
        rows = filled_down(table.rows(), table.merges)
        self._sample = list(islice(rows, _SAMPLE))
        found, self._candidates = headers.find_header(self._sample, table.merges)
        self._header_row = found if header_row is None else header_row
        if header_row is not None and found and found != header_row:
            self._candidates = sorted({found, *self._candidates} - {header_row})
        self._rows = chain(self._sample, rows)

    @property
    def empty(self) -> bool:
        return not self._sample

    def walk(self) -> Survey:
        self._read_header()
        merged = full_width(self._table.merges, set(self._names))
        for row in self._rows:
            if row[0] <= self._header_row:
                continue
            if row[0] in merged:
                self._sections.append(row[0])
                continue
            self._held.append(row)
            if len(self._held) > _NOTES:
                self._take(self._held.popleft())
        notes = self._trailing()
        for row in self._held:
            self._take(row)
        return self._result(notes)

    def _read_header(self) -> None:
        widths = Counter(width for _number, _cells, width in self._sample)
        if not self._header_row:
            self._width = widths.most_common(1)[0][0] if widths else 0
            return
        rows = self._reach_header()
        names = headers.header_cells(self._header_row, rows, self._table.merges)
        self._names = {column: name for column, name in names.items() if name}
        if not self._names:
            row = self._header_row
            raise Refused(_("Row {row} is empty. Choose another header row.", row=row))
        if any(widths):
            self._width = max(self._names) + 1
        for column, name in self._names.items():
            self._tallies[column] = Tally(name)

    def _reach_header(self) -> list[RawRow]:
        """Rows with the header among them, also where it stands below the sample."""
        if self._sample and self._header_row <= self._sample[-1][0]:
            return self._sample
        return list(islice((row for row in self._rows if row[0] >= self._header_row), 1))

    def _take(self, row: RawRow) -> None:
        number, cells, width = row
        self._count += 1
        if self._count > limits.IMPORT_ROWS:
            raise Refused(
                _("This table has more than {limit} rows.", limit=f"{limits.IMPORT_ROWS:,}")
            )
        if width != self._width and (width < self._width or max(cells) >= self._width):
            self._ragged.append(number)
        if len(self._head) < _HEAD:
            self._head.append(cells)
        self._sparsest = min(self._sparsest, len(cells))
        tallies = self._tallies
        for column, cell in cells.items():
            if column not in tallies:
                tallies[column] = Tally(self._names.get(column, ""))
                if len(tallies) > limits.IMPORT_COLUMNS:
                    raise too_many_columns(len(tallies))
            tallies[column].add(cell)

    def _trailing(self) -> list[int]:
        """Rows at the end that are totals or notes, not data; they leave the held rows."""
        held, notes = self._held, []
        typed = any(tally.is_typed() for tally in self._tallies.values())
        if self._count == 0:  # a short table: all of it is held
            typed, self._sparsest = _profile(list(held))
        columns = max(len(self._tallies), 1)
        while len(held) > 1:
            number, cells, _width = held[-1]
            if not (_is_total(cells) or (typed and _is_note(cells, columns, self._sparsest))):
                break
            notes.append(number)
            held.pop()
        return sorted(notes)

    def _result(self, notes: list[int]) -> Survey:
        positions = self._positions()
        tallies = [self._tallies[p] for p in positions]
        signs = map(self._table.currencies.get, positions)
        guesses = [t.guess(currency=sign) for t, sign in zip(tallies, signs, strict=True)]
        layout = Layout(self._header_row, positions, self._width, sorted([*self._sections, *notes]))
        layout.moments = [place for place, one in enumerate(guesses) if one.type == "datetime"]
        names = headers.unique_names((self._names.get(p, "") for p in positions), self._unnamed)
        return Survey(
            layout=layout,
            candidates=self._candidates,
            names=names,
            guesses=guesses,
            samples=[tally.samples for tally in tallies],
            head=[arranged(cells, layout) for cells in self._head],
            rows=self._count,
            notes=self._remarks(notes, layout, names, guesses),
        )

    def _positions(self) -> list[int]:
        """Columns with a name or data; stray values beyond a csv header are no column."""
        least = self._count * _STRAY if self._width else 0
        found = []
        for column, tally in sorted(self._tallies.items()):
            stray = bool(self._width) and column >= self._width and tally.filled <= least
            if (tally.filled or self._names.get(column)) and not stray:
                found.append(column)
        if not found:
            raise Refused(_("There is no data below row {row}.", row=self._header_row))
        return found

    def _remarks(
        self, notes: list[int], layout: Layout, names: list[str], guesses: list[Guess]
    ) -> list[Text]:
        remarks = []
        if notes:
            remarks.append(
                _("Left out at the end as notes or totals: rows {rows}.", rows=_listed(notes))
            )
        if self._sections:
            listed = _listed(self._sections)
            remarks.append(_("Left out as headings within the table: rows {rows}.", rows=listed))
        if self._ragged:
            remarks.append(
                _("Rows with too few or too many values: {rows}.", rows=_listed(self._ragged))
            )
        if self._table.unsaved_formulas:
            remarks.append(
                _(
                    "{count} formulas have no stored result and are read as empty. "
                    "Open the file in Excel, save it and import again.",
                    count=self._table.unsaved_formulas,
                )
            )
        if self._table.unreadable:
            remarks.append(
                _(
                    "{count} characters cannot be read in the encoding {encoding}. "
                    "Choose another one.",
                    count=self._table.unreadable,
                    encoding=self._table.encoding,
                )
            )
        for name, guess, position in zip(names, guesses, layout.positions, strict=True):
            remarks += _column_remarks(name, guess, self._tallies[position])
        return remarks


def filled_down(rows: Iterable[RawRow], merges: list[Merge]) -> Iterator[RawRow]:
    """Rows in which a cell that is merged downwards has its value in every row it covers."""
    tall = {(top, left): bottom for top, left, bottom, _r in merges if bottom > top}
    if not tall or len(tall) > _FILLED_DOWN:
        yield from rows
        return
    starts: dict[int, list[tuple[int, int]]] = {}
    for (top, left), bottom in tall.items():
        starts.setdefault(top, []).append((left, bottom))
    running: dict[int, tuple[Any, int]] = {}
    for number, cells, width in rows:
        for column, (cell, bottom) in list(running.items()):
            if number > bottom:
                del running[column]
            else:
                cells.setdefault(column, cell)
        for column, bottom in starts.get(number, ()):
            if column in cells:
                running[column] = cells[column], bottom
        yield number, cells, width


def full_width(merges: list[Merge], columns: set[int]) -> set[int]:
    """Rows that are one merged cell over the whole table: headings of groups, not records."""
    if len(columns) < 2:
        return set()
    left, right = min(columns), max(columns)
    return {m[0] for m in merges if m[0] == m[2] and m[1] <= left and m[3] >= right}


def arranged(cells: Cells, layout: Layout) -> list[Cell]:
    """The cells of a row in the order of the layout's columns; days become moments if need be."""
    row = list(map(cells.get, layout.positions))
    for place in layout.moments:
        cell = row[place]
        if type(cell) is date:
            row[place] = datetime.combine(cell, time.min)
    return row


def _profile(rows: list[RawRow]) -> tuple[bool, int]:
    """Of a short table, its last rows aside: whether a column is typed, how few cells rows have."""
    tallies: dict[int, Tally] = {}
    body = rows[: max(1, len(rows) * 3 // 5)]
    for _number, cells, _width in body:
        for column, cell in cells.items():
            tallies.setdefault(column, Tally()).add(cell)
    typed = any(tally.is_typed() for tally in tallies.values())
    return typed, min((len(cells) for _n, cells, _w in body), default=0)


def _is_total(cells: Cells) -> bool:
    first = cells[min(cells)]
    return isinstance(first, str) and bool(_TOTAL.fullmatch(first))


def _is_note(cells: Cells, columns: int, sparsest: int) -> bool:
    """A few words in a row that is emptier than every record of a wide table."""
    if columns < 4 or len(cells) > columns // 2 or len(cells) >= sparsest:
        return False
    return all(isinstance(cell, str) for cell in cells.values())


def _listed(rows: list[int]) -> str:
    """At most ten row numbers."""
    return ", ".join(map(str, rows[:10])) + (f" … ({len(rows)})" if len(rows) > 10 else "")


def _column_remarks(name: str, guess: Guess, tally: Tally) -> list[Text]:
    remarks = []
    if tally.errors:
        remarks.append(
            _(
                "“{column}” has {count} failed formulas such as {example}; they are read as empty.",
                column=name,
                count=tally.errors,
                example=tally.example_error,
            )
        )
    if guess.type in {"date", "datetime"} and tally.orders == {"?"}:
        remarks.append(
            _("Dates in “{column}” are read as day/month/year.", column=name)
            if guess.style["order"] == "dmy"
            else _("Dates in “{column}” are read as month/day/year.", column=name)
        )
    if misfits := tally.misfits():
        remarks.append(
            _("“{column}” has {count} values that do not fit its type.", column=name, count=misfits)
        )
    return remarks
