"""The rows that were not taken, as workbooks of the same layout with a column that says why.

Mended, they are uploaded again as they are: their keys are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from tracker import permissions
from tracker.permissions import Viewer
from tracker.roundtrip import book, words
from tracker.roundtrip.lists import Lists
from tracker.roundtrip.marks import Head, Signer
from tracker.roundtrip.spool import Line, raw_cells
from tracker.schema import Table
from tracker.text import _, label
from tracker.transfer.cells import CellError


def write(
    viewer: Viewer,
    table: Table,
    target: Path | IO[bytes],
    lines: Iterable[Line],
    *,
    signer: Signer,
    head: Head | None = None,
) -> int:
    """One workbook of rejected lines; how many rows it has."""
    known = Lists(viewer)
    rights = permissions.access(viewer, table)
    columns = book.columns_of(rights, rights.fields, known)
    lang = viewer.context.lang
    marked = signer.head(head or Head(table=table.id, person=viewer.person_id or 0))
    title = label(table, lang)
    made = book.Book(columns, known, head=marked, title=title, reasons=True)
    for one in lines:
        cells = raw_cells(one)
        values = [_plain(cells.get(column.field.id)) for column in columns]
        made.row(one["key"], values, _open(one), "\n".join(one["why"]))
    notes: list[words.Line] = [
        (title, _("{n} rows that were not taken", n=made.written.rows)),
        (
            _("What to do"),
            _("Mend what the second column says and upload this file: each row finds its record."),
        ),
    ]
    return made.save(target, notes).rows


def _open(line: Line) -> Callable[[book.Column], bool]:
    keyed = bool(line["key"])
    return lambda column: column.changes if keyed else column.adds


def _plain(cell: Any) -> Any:
    """A cell as it can be written again; a failed formula is left empty."""
    return None if isinstance(cell, CellError) else cell
