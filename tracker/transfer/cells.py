"""Cells as they stand in a file, typed, and the form in which they travel between two processes.

A cell is ``None | str | bool | int | Decimal | float | date | datetime | timedelta | CellError``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import orjson

from tracker import limits
from tracker.errors import Refused
from tracker.text import Text, _


@dataclass(frozen=True, slots=True)
class CellError:
    """A formula that failed in the workbook, such as ``#N/A``: no value, and worth a warning."""

    text: str


class Link(str):
    """The text of a cell that leads somewhere; ``target`` is the address behind it."""

    __slots__ = ("target",)
    target: str

    def __new__(cls, text: str, target: str) -> Link:
        link = super().__new__(cls, text)
        link.target = target
        return link


Cell = None | str | bool | int | Decimal | float | date | datetime | timedelta | CellError
Cells = dict[int, Any]  # column (0-based) → cell, empty ones left out
RawRow = tuple[int, Cells, int]  # row number, cells, values in a csv record (0 in a workbook)
Merge = tuple[int, int, int, int]  # first row, first column, last row, last column; rows from 1

_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ud800-\udfff]")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_EDGES = "\u200b\u2060"


def clean(text: str, *, escaped: bool = False) -> str | None:
    """The text without blanks at its ends, control characters and old line ends; None if empty.

    ``escaped``: decode ``_x000D_`` and its like, as workbooks write what XML cannot hold.
    """
    if text.isprintable() and not (escaped and "_x" in text):
        return text.strip() or None
    if escaped:
        text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNWANTED.sub("", text).strip().strip(_EDGES).strip() or None


def too_long() -> Refused:
    return Refused(
        _(
            "A cell holds more than {limit} characters. Shorten it and import again.",
            limit=f"{limits.IMPORT_CELL_LENGTH:,}",
        )
    )


def too_much_text() -> Refused:
    return Refused(
        _(
            "This table holds more than {limit} characters of text. "
            "Split it into several files and import them one after the other.",
            limit=f"{limits.IMPORT_TEXT_LENGTH:,}",
        )
    )


def too_many_columns(count: int) -> Refused:
    return Refused(
        _(
            "This table has {count} columns; at most {limit} can be imported. "
            "Delete the columns you do not need and import again.",
            count=count,
            limit=limits.IMPORT_COLUMNS,
        )
    )


def as_text(cell: Cell) -> str:
    """The cell as a person would type it; empty for nothing and for a failed formula."""
    if cell is None or isinstance(cell, CellError):
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return _clock(cell)
    return str(cell)


def _clock(span: timedelta) -> str:
    """A duration as hours:minutes:seconds, with as many hours as it takes."""
    seconds = round(span.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def since_midnight(clock: time) -> timedelta:
    """A time of day as the duration that a cell holds."""
    return timedelta(
        hours=clock.hour,
        minutes=clock.minute,
        seconds=clock.second,
        microseconds=clock.microsecond,
    )


def pack(thing: Any) -> bytes:
    """JSON in which a cell that JSON does not know is an object with one letter as its key."""
    return orjson.dumps(
        thing,
        default=_pack_cell,
        option=orjson.OPT_PASSTHROUGH_DATETIME
        | orjson.OPT_PASSTHROUGH_SUBCLASS
        | orjson.OPT_PASSTHROUGH_DATACLASS,
    )


def _pack_cell(cell: Any) -> Any:
    match cell:
        case datetime():
            return {"t": cell.isoformat()}
        case date():
            return {"d": cell.isoformat()}
        case timedelta():
            return {"s": [cell.days, cell.seconds, cell.microseconds]}
        case Decimal():
            return {"n": str(cell)}
        case CellError():
            return {"e": cell.text}
        case Link():
            return {"a": [str(cell), cell.target]}
        case Text():
            return {"x": [cell.message, cell.params]}
    raise TypeError(type(cell).__name__)


_UNPACK: Mapping[str, Any] = {
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "s": lambda parts: timedelta(*parts),
    "n": Decimal,
    "e": CellError,
    "a": lambda pair: Link(*pair),
    "x": lambda pair: Text(pair[0], **{key: unpack(value) for key, value in pair[1].items()}),
}


def unpack(cell: Any) -> Any:
    """A cell as `pack` found it."""
    if type(cell) is dict:
        ((kind, value),) = cell.items()
        return _UNPACK[kind](value)
    return cell
