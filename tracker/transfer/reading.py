"""Reading workbooks and csv files: what is in a file (`preview`), and its records (`rows`).

All of it happens in a child process with limits; what cannot be read is `Refused` with a sentence.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracker.errors import Refused
from tracker.text import Text, _
from tracker.transfer.cells import Cell, CellError, Link, as_text, unpack
from tracker.transfer.guess import Guess
from tracker.transfer.process import frames

__all__ = [
    "Cell",
    "CellError",
    "Column",
    "Guess",
    "Link",
    "Preview",
    "Row",
    "Sheet",
    "as_text",
    "preview",
    "rows",
]
_LAYOUTS = 32


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook; rows and columns are counted from its data."""

    name: str
    hidden: bool
    rows: int
    columns: int


@dataclass
class Column:
    """A column of the table with a unique name, a guessed type and some of its values."""

    name: str
    guess: Guess
    samples: list[Any]  # of Cell


@dataclass
class Preview:
    """What is in a file, and how it is proposed to be read."""

    sheets: list[Sheet]
    sheet: str | None
    header_row: int  # from 1; 0: no header, the first row is data
    header_candidates: list[int]
    columns: list[Column]
    head: list[list[Any]]  # of Cell
    rows: int
    encoding: str | None
    encodings: list[str]
    delimiter: str | None
    notes: list[Text]
    skipped_rows: list[int]  # left out of `rows`: notes and totals at the end, group headings


@dataclass(slots=True)
class Row:
    """A record: its row (in csv: line) in the file and its cells in the order of the columns.

    Unpacks into ``number, cells``. ``problem`` says what is wrong with a csv record that has too
    few or too many values; the cells are padded, and what is too much is in ``extra``.
    """

    number: int
    cells: list[Any]  # of Cell
    problem: Text | None = None
    extra: list[Any] = field(default_factory=list)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.number, self.cells))


def preview(
    path: Path,
    *,
    sheet: str | None = None,
    header_row: int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    lang: str = "zh",
) -> Preview:
    """Walk through the whole file once. ``header_row=0`` says that there is no header.

    ``lang`` is the language of names that are made up for columns without one.
    """
    asked = {"sheet": sheet, "encoding": encoding, "delimiter": delimiter}
    request = {**_request(path, **asked), "op": "preview", "header_row": header_row}
    request["unnamed"] = _("Column {n}", n="{n}").to(lang)
    with closing(frames(request)) as answers:
        found = next(answers)["preview"]
    layout = found["layout"]
    shown = Preview(
        sheets=[Sheet(*sheet) for sheet in found["sheets"]],
        sheet=found["sheet"],
        header_row=layout["header_row"],
        header_candidates=found["candidates"],
        columns=[
            Column(name, Guess(**guess), [unpack(cell) for cell in samples])
            for name, guess, samples in found["columns"]
        ],
        head=[[unpack(cell) for cell in row] for row in found["head"]],
        rows=found["rows"],
        encoding=found["encoding"],
        encodings=found["encodings"],
        delimiter=found["delimiter"],
        notes=[unpack(note) for note in found["notes"]],
        skipped_rows=layout["skipped"],
    )
    _remember(path, shown, layout, asked=asked)
    return shown


def rows(
    path: Path,
    *,
    sheet: str | None,
    header_row: int,
    encoding: str | None = None,
    delimiter: str | None = None,
    limit: int | None = None,
    notes: bool = False,
) -> Generator[Row, None, None]:
    """The records below the header, streamed; cells stand in the order of `Preview.columns`.

    Blank rows are left out, and so are `Preview.skipped_rows` unless ``notes``. Texts come without
    blanks at their ends. After a `preview` of the same file by this process it is read once,
    otherwise twice.
    """
    request = _request(path, sheet=sheet, encoding=encoding, delimiter=delimiter)
    request |= {"op": "rows", "header_row": header_row, "limit": limit, "notes": notes}
    layout = _layouts.get(_key(path, sheet, header_row, encoding, delimiter))
    request["layout"] = layout
    with closing(frames(request)) as answers:
        for frame in answers:
            layout = frame.get("layout", layout)
            for record in frame.get("rows", ()):
                yield _row(record, layout["width"] if layout else 0)


def _row(record: list[Any], expected: int) -> Row:
    number, cells = record[0], record[1]
    cells = [unpack(cell) if type(cell) is dict else cell for cell in cells]
    if len(record) == 2:
        return Row(number, cells)
    width, extra = record[2], [unpack(cell) for cell in record[3]]
    if extra:
        problem = _(
            "Line {line} has {count} values, the header {expected}; too many: {extra}.",
            line=number,
            count=width,
            expected=expected,
            extra=", ".join(map(as_text, extra))[:200],
        )
    else:
        problem = _(
            "Line {line} has {count} values, the header {expected}.",
            line=number,
            count=width,
            expected=expected,
        )
    return Row(number, cells, problem, extra)


def _request(path: Path, **choices: Any) -> dict[str, Any]:
    path = Path(path).resolve()
    if not path.is_file():
        raise Refused(_("The file {name} cannot be opened.", name=path.name))
    return {"path": str(path), **choices}


# What a preview found out about a file, so that its rows can be read in one walk.
_layouts: dict[tuple[Any, ...], dict[str, Any]] = {}


def _key(path: Path, *choices: Any) -> tuple[Any, ...]:
    stat = Path(path).stat()
    return (str(Path(path).resolve()), stat.st_mtime_ns, stat.st_size, *choices)


def _remember(path: Path, shown: Preview, layout: dict[str, Any], *, asked: dict[str, Any]) -> None:
    """Keep the layout under what was asked for and under what was found."""
    while len(_layouts) >= _LAYOUTS:
        _layouts.pop(next(iter(_layouts)), None)
    for sheet in {shown.sheet, asked["sheet"]}:
        for encoding in {shown.encoding, asked["encoding"]}:
            for delimiter in {shown.delimiter, asked["delimiter"]}:
                _layouts[_key(path, sheet, shown.header_row, encoding, delimiter)] = layout
