"""Templates as people send them back: fetched, edited with openpyxl, compared."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests import world as worlds
from tracker import db, models, schema
from tracker.query import Query
from tracker.roundtrip import applying, looking, spool, template
from tracker.roundtrip.applying import Decisions
from tracker.roundtrip.marks import Signer
from tracker.roundtrip.template import Maker, Wish

SIGNER = Signer(b"s" * 64)
Edit = Callable[[Any], None]


class Desk:
    """The small world with its sample, and a desk to fill templates in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = worlds.build()
        self.ids = worlds.sample(self.world)
        self.spool = folder / "compared"

    def maker(self, who: str = "admin", by: str = "", lang: str = "en", **wish: Any) -> Maker:
        table = self.world.visits
        field = table.field(by) if by else None
        return Maker(Query(self.world.viewer(who, lang), table), SIGNER, Wish(field, **wish))

    def fetch(self, who: str = "admin", holder: Any = None, **how: Any) -> bytes:
        file = io.BytesIO()
        self.maker(who, **how).write(file, holder)
        return file.getvalue()

    def holder(self, department: str) -> Any:
        field = self.world.visits.field("department")
        return template.holder(field, self.world.departments[department].id)

    def fill(self, content: bytes, edit: Edit, name: str = "filled.xlsx") -> Path:
        """The template as ``edit`` leaves its sheet."""
        book = openpyxl.load_workbook(io.BytesIO(content))
        edit(Filled(book.worksheets[0], self.world.visits))
        path = self.folder / name
        book.save(path)
        return path

    def look(self, *paths: Path, who: str = "admin", picks: Any = None) -> looking.Looked:
        files = [(path, path.name) for path in paths]
        viewer = self.world.viewer(who)
        return looking.look(
            viewer, self.world.visits, files, self.spool, signer=SIGNER, picks=picks
        )

    def lines(self) -> list[dict[str, Any]]:
        return list(spool.read(self.spool))

    def told(self) -> list[tuple[str, str, dict[str, tuple[str, str, str, str]]]]:
        """``(kind, title, {field key: (state, was, now, given)})`` of each line."""
        keys = {one.id: one.key for one in self.world.visits.fields}
        return [
            (
                line["kind"],
                line["title"],
                {
                    keys[cell["field"]]: (cell["state"], cell["was"], cell["now"], cell["given"])
                    for cell in line["cells"]
                },
            )
            for line in self.lines()
        ]


class Filled:
    """The sheet of a template, its columns by the keys of the fields, its rows by title."""

    def __init__(self, sheet: Any, table: Any) -> None:
        self.sheet = sheet
        by_code = {f"f{one.id}": one.key for one in table.fields}
        self.columns = {
            by_code[cell.value]: cell.column for cell in sheet[1] if cell.value in by_code
        }

    def row(self, title: str) -> int:
        column = self.columns["title"]
        cells = ((row, self.sheet.cell(row, column).value) for row in self._rows())
        return next(row for row, value in cells if value == title)

    def _rows(self) -> range:
        return range(3, self.sheet.max_row + 1)

    def put(self, title: str, /, **values: Any) -> None:
        row = self.row(title)
        for key, value in values.items():
            self.sheet.cell(row, self.columns[key]).value = value

    def add(self, **values: Any) -> int:
        row = self.sheet.max_row + 1
        for key, value in values.items():
            self.sheet.cell(row, self.columns[key]).value = value
        return row


def visit(desk, name="east"):
    return Query(desk.world.viewer("admin"), desk.world.visits).one(desk.ids[name])


def apply(desk, decisions=None, who="admin", **how):
    viewer = desk.world.viewer(who)
    return applying.apply(viewer, desk.world.visits, desk.lines(), decisions or Decisions(), **how)


def staff_may_export(world):
    with db.write():
        models.TableRight.update(export=True).where(
            models.TableRight.table == world.visits.id,
            models.TableRight.role == world.roles["staff"],
        ).execute()
        schema.changed()


@pytest.fixture
def desk(database: str, tmp_path: Path) -> Desk:
    return Desk(tmp_path)
