"""The process that reads files: it may be killed by a bad one, and takes nobody with it.

It gets one request as JSON on its standard input and answers with frames: four bytes of length,
then JSON. ``{"rows": …}`` many times or ``{"preview": …}`` once, or ``{"refused": text}``.
"""

from __future__ import annotations

import contextlib
import gc
import os
import struct
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from tracker import limits
from tracker.errors import Refused
from tracker.text import _
from tracker.transfer import filekinds
from tracker.transfer import marked as templates
from tracker.transfer.cells import RawRow, pack
from tracker.transfer.delimited import TextTable
from tracker.transfer.oldbook import OldBook, OldSheet
from tracker.transfer.sniffing import sniff
from tracker.transfer.survey import Layout, Survey, Surveyor, Table, arranged, filled_down
from tracker.transfer.workbook import SheetPart, SheetStream, Workbook

BYTES_PER_FRAME = 128 * 1024


class Extent:
    """A table that keeps count of where its data lies while somebody walks through it."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.first = self.last = 0
        self.columns: set[int] = set()

    def rows(self) -> Iterator[RawRow]:
        for row in self._table.rows():
            self.first = self.first or row[0]
            self.last = row[0]
            self.columns.update(row[1])
            yield row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def counted(self) -> tuple[int, int]:
        """Rows from the first to the last with data, and columns with data."""
        return (self.last - self.first + 1 if self.last else 0), len(self.columns)


class Source:
    """An opened file and, if it is a workbook, the choice of its sheet."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._path = Path(request["path"])
        self.kind = filekinds.kind_of(self._path)
        self.dialect = None
        self.book: Workbook | OldBook | None = None
        if self.kind == "text":
            self.dialect = sniff(
                self._path,
                encoding=request.get("encoding"),
                delimiter=request.get("delimiter"),
            )
        else:
            self.book = Workbook(self._path) if self.kind == "xlsx" else OldBook(self._path)

    def table(self, sheet: str | None) -> Table:
        if self.dialect is not None:
            return TextTable(self._path, self.dialect)
        name = self.proposed() if sheet is None else sheet
        if name is None:
            raise filekinds.no_data()
        return self.sheet(self.part(name))

    def proposed(self) -> str | None:
        """The sheet to read if none is named: the first visible one in which a cell is filled."""
        for part in self.parts():
            if not part.hidden and next(iter(self.sheet(part).rows()), None):
                return part.name
        return None

    def sheet(self, part: SheetPart) -> SheetStream | OldSheet:
        assert self.book is not None  # noqa: S101 - only called for workbooks
        return self.book.sheet(part)

    def parts(self) -> list[SheetPart]:
        return self.book.sheets if self.book else []

    def part(self, name: str) -> SheetPart:
        parts = self.parts()
        found = next((part for part in parts if part.name == name), None)
        if found is None:
            names = ", ".join(part.name for part in parts if not part.hidden)
            raise Refused(
                _("There is no sheet called {name}. There are: {names}.", name=name, names=names)
            )
        return found


def preview(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    source = Source(request)
    sizes: dict[str, tuple[int, int]] = {}
    chosen = request.get("sheet")
    if source.book is not None:
        if chosen is None:
            chosen = source.proposed()
        else:
            source.part(chosen)
    survey: Survey | None = None
    if source.book is None or chosen is not None:
        extent = Extent(source.table(chosen))
        survey = _surveyed(extent, request)
        sizes[str(chosen)] = extent.counted()
    for part in source.parts():
        if part.name not in sizes:
            sizes[part.name] = _size(source, part)
    if survey is None:
        _refuse_empty(source, sizes)
    yield {"preview": _described(source, survey, chosen, sizes)}


def _size(source: Source, part: SheetPart) -> tuple[int, int]:
    extent = Extent(source.sheet(part))
    for _row in extent.rows():
        pass
    return extent.counted()


def _refuse_empty(source: Source, sizes: dict[str, tuple[int, int]]) -> None:
    if not any(rows for rows, _columns in sizes.values()):
        raise filekinds.no_data(pictures=bool(source.book and source.book.pictures))


def _surveyed(table: Any, request: dict[str, Any]) -> Survey:
    def unnamed(position: int) -> str:
        return str(request.get("unnamed", "Column {n}")).replace("{n}", str(position))

    surveyor = Surveyor(table, request.get("header_row"), unnamed)
    if surveyor.empty:
        raise filekinds.no_data()
    return surveyor.walk()


def _described(
    source: Source, survey: Survey | None, chosen: str | None, sizes: dict[str, tuple[int, int]]
) -> dict[str, Any]:
    dialect = source.dialect
    sheets = [[part.name, part.hidden, *sizes[part.name]] for part in source.parts()]
    notes = list(survey.notes) if survey else [_("Only hidden sheets hold data. Choose one.")]
    layout = survey.layout if survey else Layout(0, [])
    return {
        "sheets": sheets,
        "sheet": chosen,
        "layout": vars(layout),
        "candidates": survey.candidates if survey else [],
        "columns": [
            [name, vars(guess), samples]
            for name, guess, samples in zip(
                survey.names if survey else [],
                survey.guesses if survey else [],
                survey.samples if survey else [],
                strict=True,
            )
        ],
        "head": survey.head if survey else [],
        "rows": survey.rows if survey else 0,
        "encoding": dialect.encoding if dialect else None,
        "encodings": dialect.encodings if dialect else [],
        "delimiter": dialect.delimiter if dialect else None,
        "notes": notes,
    }


def rows(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The table's records in frames; the layout is surveyed if the request brings none."""
    source = Source(request)
    sheet = request.get("sheet")
    table = source.table(sheet)
    if request.get("layout"):
        layout = Layout(**request["layout"])
    else:
        layout = _surveyed(table, request).layout
        yield {"layout": vars(layout)}
    skipped = set() if request.get("notes") else set(layout.skipped)
    frame: list[Any] = []
    size = 0
    left = request.get("limit") or -1
    for row in filled_down(table.rows(), table.merges):
        if row[0] <= layout.header_row or row[0] in skipped:
            continue
        packed = pack(record(row, layout))
        size += len(packed)
        frame.append(orjson.Fragment(packed))
        if size >= BYTES_PER_FRAME:
            yield {"rows": frame}
            frame, size = [], 0
        left -= 1
        if not left:
            break
    yield {"rows": frame}


def marked(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The sheet that bears the mark of a template, visible ones first."""
    source = Source(request)
    if source.dialect is not None:
        return templates.marked([source.table(None)], request["mark"])
    parts = sorted(source.parts(), key=lambda part: part.hidden)
    return templates.marked((source.sheet(part) for part in parts), request["mark"])


def record(row: RawRow, layout: Layout) -> list[Any]:
    """``[number, cells]``, and in a ragged csv record how many values it has and those too many."""
    number, cells, width = row
    found = [number, arranged(cells, layout)]
    if layout.width:
        extra = [cells[column] for column in sorted(cells) if column not in layout.positions]
        if width < layout.width or extra:
            found += [width, extra]
    return found


def serve(request: dict[str, Any], out: BinaryIO) -> None:
    """Answer one request; whatever goes wrong becomes a frame, too."""
    answer: Callable[[dict[str, Any]], Iterator[dict[str, Any]]]
    answer = {"preview": preview, "rows": rows, "marked": marked}[request["op"]]
    try:
        for frame in answer(request):
            out.write(framed(frame))
            out.flush()
        last: dict[str, Any] = {"end": True}
    except Refused as refusal:
        last = {"refused": refusal.text}
    except (MemoryError, BrokenPipeError):
        raise
    except Exception:
        last = {"failed": "error", "trace": traceback.format_exc()[-4000:]}
    out.write(framed(last))
    out.flush()


def framed(frame: dict[str, Any]) -> bytes:
    body = pack(frame)
    return struct.pack(">I", len(body)) + body


OUT_OF_MEMORY = framed({"failed": "memory"})  # made while there is some


def limit_self() -> None:
    """Bounds on memory and processor time, where the system knows them (Windows does not)."""
    try:
        import resource
    except ImportError:
        return
    bounds = {
        resource.RLIMIT_AS: limits.IMPORT_MEMORY,
        resource.RLIMIT_DATA: limits.IMPORT_MEMORY,
        resource.RLIMIT_CPU: limits.IMPORT_CPU_SECONDS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for kind, bound in bounds.items():
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some, or a lower one is set
            resource.setrlimit(kind, (bound, bound))


def main() -> None:
    gc.disable()  # nothing here is circular, and a million dicts are soon gone by themselves
    sys.dont_write_bytecode = True
    limit_self()
    request = orjson.loads(sys.stdin.buffer.read())
    try:
        serve(request, sys.stdout.buffer)
    except MemoryError:
        os.write(1, OUT_OF_MEMORY)
        os._exit(1)  # at once: tidying up without memory can take minutes
    except BrokenPipeError:
        os._exit(0)  # nobody wants the rest, and a flush at exit would complain


if __name__ == "__main__":
    main()
