"""Files we write: no formulas, whatever people type; and they read back as they were."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracker.transfer.reads import names, read
from tracker.transfer.guarding import guarded, unguarded
from tracker.transfer.writing import CELL_LENGTH, OutColumn, write_csv, write_xlsx

DANGEROUS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\tx",
    "\rx",
    "＝1+1",
    "＋1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x")',
    "#N/A",
    "'=1",
    "''=1",
]
COLUMNS = [
    OutColumn("=名称"),
    OutColumn("n", "number", "#,##0.00"),
    OutColumn("day", "date"),
    OutColumn("when", "datetime"),
    OutColumn("ok", "checkbox"),
]
NOON = datetime.fromisoformat("2024-05-01T12:00:00")
ROW: list[Any] = ["=1+1", Decimal("-12.50"), date(2024, 5, 1), NOON, True]


def test_no_text_is_a_formula_in_xlsx(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx(path, [OutColumn("=x")], [[text] for text in DANGEROUS])
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    cells = [row[0] for row in sheet.iter_rows()]
    assert {cell.data_type for cell in cells} == {"s"}
    assert cells[1].value == "=1+1"
    assert cells[1].quotePrefix


def test_a_workbook_worth_opening(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    written = write_xlsx(path, COLUMNS, [ROW, [None] * 5], title="走访/二季度")
    assert (written.rows, written.shortened) == (2, 0)
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    assert sheet.title == "走访 二季度"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:E3")
    assert sheet["A1"].font.b
    assert [cell.number_format for cell in sheet[2]] == [
        "General",
        "#,##0.00",
        "yyyy-mm-dd",
        "yyyy-mm-dd hh:mm",
        "General",
    ]
    assert [cell.value for cell in sheet[2]] == [
        "=1+1",
        -12.5,
        datetime.fromisoformat("2024-05-01T00:00:00"),
        NOON,
        True,
    ]
    assert sheet.column_dimensions["D"].width == 18


def test_xlsx_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx(path, COLUMNS, [ROW, ["_x0041_\x07😀", 3, None, NOON, False]])
    shown, rows = read(path, header_row=1)
    assert names(shown)[0] == "=名称"
    assert rows[0].cells == ["=1+1", -12.5, date(2024, 5, 1), NOON, True]
    assert rows[1].cells == ["_x0041_😀", 3, None, NOON, False]


def test_long_texts_are_cut_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    assert write_xlsx(path, [OutColumn("x")], [["y" * 40_000]]).shortened == 1
    _shown, rows = read(path, header_row=1)
    assert len(rows[0].cells[0]) == CELL_LENGTH
    assert rows[0].cells[0].endswith("…")


def test_to_a_stream() -> None:
    stream = io.BytesIO()
    write_xlsx(stream, COLUMNS, [ROW])
    assert stream.getvalue().startswith(b"PK")
    stream = io.BytesIO()
    assert write_csv(stream, COLUMNS, [ROW]).rows == 1
    assert stream.getvalue().startswith(b"\xef\xbb\xbf'=")


def test_csv_disarms_texts_and_leaves_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_csv(path, COLUMNS, [ROW, ["plain", -3, None, None, None]])
    lines = path.read_text("utf-8-sig").splitlines()
    assert lines == [
        "'=名称,n,day,when,ok",
        "'=1+1,-12.50,2024-05-01,2024-05-01 12:00,TRUE",
        "plain,-3,,,",
    ]


@pytest.mark.parametrize("text", DANGEROUS)
def test_csv_reads_back(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    write_csv(path, [OutColumn("x"), OutColumn("y")], [[text, "1"]])
    written = path.read_bytes()[3 + len("x,y\r\n") :].lstrip(b'"')
    assert written[:1] in {b"'", b"#", b"x"}
    _shown, rows = read(path, header_row=1)
    assert rows[0].cells == [text.replace("\r", ""), "1"]  # texts hold no carriage returns


def test_marks_of_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n'=1,2\n")
    assert read(path, header_row=1)[1][0].cells == ["'=1", "2"]


@given(st.text())
def test_guarding_is_undone(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in set("=+-@\t\r＝")


TEXTS = st.text(alphabet="ab=+-@'\"\n,;走访é😀 ", max_size=8).map(str.strip)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(TEXTS, st.integers(-10, 10)), min_size=1, max_size=5))
def test_exports_read_back(tmp_path: Path, rows: list[tuple[str, int]]) -> None:
    from tracker.transfer.delimited import TextTable
    from tracker.transfer.sniffing import Dialect

    path = tmp_path / "a.csv"
    write_csv(path, [OutColumn("x"), OutColumn("n", "number")], map(list, rows))
    table = TextTable(path, Dialect("utf-8-sig", [], ",", True))
    found = [cells for _number, cells, _width in table.rows()][1:]
    assert [(row.get(0, ""), int(row[1])) for row in found] == rows


def test_durations(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_csv(path, [OutColumn("x")], [[timedelta(hours=30)]])
    assert path.read_text("utf-8-sig").splitlines()[1] == "30:00:00"
