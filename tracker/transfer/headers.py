"""Where a table begins: its header row among titles and notes, and the names of its columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from tracker import limits
from tracker.transfer.cells import Cell, Cells, Merge, RawRow, as_text
from tracker.transfer.guessing import kind_of

LOOKED_AT = 40  # rows in which a header is looked for
_FOLLOWERS = 20  # rows below a candidate that must look like its table
_LABEL_LENGTH = 255
_FULL = 0.9  # a header with this share of the columns counts as complete
_LEAST = 0.5
_PASSED_OVER = 0.05


Families = dict[int, str]  # column → what kind of value stands there: label, number, moment …


def find_header(rows: Sequence[RawRow], merges: Sequence[Merge] = ()) -> tuple[int, list[int]]:
    """The number of the (last) header row, 0 for none, and other rows that could be it."""
    families = [_families(cells) for _number, cells, _width in rows]
    blocks = _blocks(merges)
    scores: dict[int, float] = {}
    for position, (number, cells, _width) in enumerate(rows[:LOOKED_AT]):
        below = slice(position + 1, position + 1 + _FOLLOWERS)
        if not rows[below]:
            break
        columns = set(cells).union(*families[below])
        if all(map(is_label, cells.values())):
            if not _repeated(cells, [row[1] for row in rows[below]]):
                score = _score(cells, families[below], columns) - position * _PASSED_OVER
                bottom = _bottom(number, blocks)
                scores[bottom] = max(score, scores.get(bottom, score))
        elif len(cells) >= len(columns) * _LEAST:
            break  # numbers or dates throughout: the table has begun, and no header came
    ranked = sorted((n for n in scores if scores[n] > 0), key=lambda number: -scores[number])
    return (ranked[0] if ranked else 0), sorted(ranked[1:6])


def _score(named: Cells, below: list[Families], columns: set[int]) -> float:
    """How well a row that names these columns heads the rows below it; negative: it cannot."""
    filled = set().union(*below)
    fill = len(named) / len(columns)
    if fill < _LEAST or not filled & set(named):
        return -100.0
    even = sum(_majority([row[c] for row in below if c in row]) for c in filled) / len(filled)
    different = len({as_text(cell).casefold() for cell in named.values()}) / len(named)
    return min(1.0, fill / _FULL) + 2 * even + different


def is_label(cell: Cell) -> bool:
    """Whether a cell can name a column: a text that is no number, date or address; a year."""
    if isinstance(cell, str):
        return len(cell) <= _LABEL_LENGTH and (kind_of(cell) == "text" or _is_year(cell))
    return type(cell) is int and _is_year(str(cell))


def _is_year(text: str) -> bool:
    return text.isdecimal() and len(text) == 4 and 1900 <= int(text) <= 2100


def _repeated(cells: Cells, followers: list[Cells]) -> bool:
    """Whether the row's own values stand below it, as those of a first data row do, or it is
    nothing but years."""
    if all(_is_year(as_text(cell)) for cell in cells.values()):
        return True
    again = sum(any(row.get(column) == cell for row in followers) for column, cell in cells.items())
    return again > len(cells) / 3


def _majority(families: list[str]) -> float:
    """The share of a column's values that are of its most frequent kind."""
    return max(Counter(families).values()) / len(families)


def _families(cells: Cells) -> Families:
    return {column: _family(cell) for column, cell in cells.items()}


def _family(cell: Cell) -> str:
    if isinstance(cell, str):
        kind = kind_of(cell)
        return "text" if kind in {"text", "code", "email", "url", "phone"} else kind
    if isinstance(cell, bool):
        return "bool"
    if isinstance(cell, int | float | Decimal):
        return "number"
    return "moment" if isinstance(cell, date | datetime | timedelta) else "error"


def _linked(merges: Sequence[Merge]) -> list[Merge]:
    """Merged cells over several rows: what makes one header of several rows."""
    return [merge for merge in merges if merge[2] > merge[0] and merge[0] <= 1000]


def _blocks(merges: Sequence[Merge]) -> dict[int, int]:
    """The deepest row that is merged with a row, by that row."""
    blocks: dict[int, int] = {}
    for top, _left, bottom, _right in _linked(merges):
        blocks[top] = max(bottom, blocks.get(top, 0))
    return blocks


def _bottom(number: int, blocks: dict[int, int]) -> int:
    """The last row of the header block that begins in row ``number``."""
    bottom, row = number, number
    while row <= bottom and bottom - number < LOOKED_AT:
        bottom = max(bottom, blocks.get(row, row))
        row += 1
    return bottom


def header_cells(
    header_row: int, rows: Iterable[RawRow], merges: Sequence[Merge]
) -> dict[int, str]:
    """The name over each column: the header row, joined with rows above that are merged with it."""
    cells = {number: row for number, row, _width in rows}
    top = header_row
    while above := [m[0] for m in _linked(merges) if m[0] < top <= m[2]]:
        top = min(above)
    names: dict[int, list[str]] = {}
    for number in range(top, header_row + 1):
        for column, cell in _spread(number, cells.get(number, {}), merges, top).items():
            parts = names.setdefault(column, [])
            text = " ".join(as_text(cell).split())
            if text and text not in parts:
                parts.append(text)
    return {column: " ".join(parts) for column, parts in names.items()}


def _spread(number: int, cells: Cells, merges: Sequence[Merge], top: int) -> Cells:
    """The row with the text of a cell that is merged sideways over all columns it covers."""
    spread = dict(cells)
    for first, left, _last, right in merges:
        if first == number >= top and right > left and left in cells:
            spread.update(dict.fromkeys(range(left, right + 1), cells[left]))
    return spread


def unique_names(names: Iterable[str], unnamed: Callable[[int], str]) -> list[str]:
    """Names that differ, none empty, none too long: ``a b``, ``a b 2``, ``列3``."""
    wanted = [" ".join(name.split())[: limits.NAME_LENGTH].strip() for name in names]
    taken = {name.casefold() for name in wanted}
    given: set[str] = set()
    result = []
    for position, name in enumerate(wanted, 1):
        name = name or unnamed(position)
        base, count = name, 1
        while name.casefold() in given or (count > 1 and name.casefold() in taken):
            count += 1
            name = f"{base[: limits.NAME_LENGTH - 5]} {count}"
        given.add(name.casefold())
        result.append(name)
    return result
