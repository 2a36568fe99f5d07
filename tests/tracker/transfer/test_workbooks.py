"""What workbooks can hold beyond the plain, and agreement with another reader."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine

from tests.tracker.transfer.reads import (
    OFFICE,
    column,
    names,
    raw_workbook,
    read,
    sheet_xml,
    types,
    workbook,
)
from tracker.transfer import formats
from tracker.transfer.cells import since_midnight
from tracker.transfer.reading import CellError, Link, as_text

NOON = datetime.fromisoformat("2024-05-01T12:00:00")
MIDNIGHT = datetime.fromisoformat("2024-05-02T00:00:00")


def formatted(path: Path, header: str, cells: list[tuple[Any, str]]) -> Path:
    """A workbook of one column whose cells have these number formats."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([header])
    for row, (value, code) in enumerate(cells, 2):
        cell = sheet.cell(row, 1, value)
        cell.number_format = code
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", "general"),
        ("0.00E+00", "general"),
        ("#,##0.00", "general"),
        ("0", "general"),
        ("@", "general"),
        ("00000", "zeros:5"),
        ("0.00%", "percent"),
        ("[$¥-804]#,##0.00", "currency:¥"),
        ('#,##0.00"元"', "currency:元"),
        ("$#,##0_);[Red]($#,##0)", "currency:$"),
        ("yyyy-mm-dd", "date"),
        ('yyyy"年"m"月"d"日"', "date"),
        ('[DBNum1][$-804]yyyy"年"m"月"', "date"),
        ('m"月"d"日"', "date"),
        ("d-mmm-yy", "date"),
        ("yyyy/m/d h:mm", "datetime"),
        (r"yyyy\-mm\-dd\ hh:mm:ss\ \U\T\C", "datetime"),
        ("[$-804]AM/PM h:mm", "time"),
        ('h"时"mm"分"', "time"),
        ("[h]:mm:ss", "duration"),
        ("mm:ss", "time"),
        ('"d"0', "general"),
        ('"year: "0;"minus; "0', "general"),
        ("[Red]0", "general"),
    ],
)
def test_formats(code: str, kind: str) -> None:
    assert formats.kind_of(code) == kind


@pytest.mark.parametrize("number", [14, 22, 27, 31, 57, 58])
def test_built_in_dates_of_chinese_excel(number: int) -> None:
    assert formats.built_in(number) in {"date", "datetime"}


@pytest.mark.parametrize(
    ("stored", "cell"),
    [
        ("12", 12),
        ("-12.0", -12),
        ("0.1", 0.1),
        ("1E3", 1000),
        ("1234567890123456789", Decimal(1234567890123456789)),
        ("1.5E+300", 1.5e300),
        ("007", "007"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("x", "x"),
        (" ", None),
    ],
)
def test_numbers(stored: str, cell: Any) -> None:
    found = formats.number(stored)
    assert (type(found), found) == (type(cell), cell)


def test_midnights_among_moments(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["when"], [NOON], [MIDNIGHT], [date(2024, 5, 3)]])
    shown, rows = read(path)
    assert types(shown) == ["datetime"]
    moments = column(shown, rows, "when")
    assert [type(moment) for moment in moments] == [datetime] * 3
    assert str(moments[2]) == "2024-05-03 00:00:00"


def test_days_that_are_written_as_midnights(tmp_path: Path) -> None:
    shown, rows = read(workbook(tmp_path / "a.xlsx", [["day"], [MIDNIGHT], [MIDNIGHT]]))
    guess = shown.columns[0].guess
    assert (guess.type, guess.read(rows[0].cells[0])) == ("date", date(2024, 5, 2))


def test_leading_zeros_of_a_format(tmp_path: Path) -> None:
    path = formatted(tmp_path / "a.xlsx", "邮编", [(28, "000000"), (200120, "000000")])
    shown, rows = read(path)
    assert column(shown, rows, "邮编") == ["000028", "200120"]
    assert types(shown) == ["text"]


def test_money(tmp_path: Path) -> None:
    cells: list[tuple[Any, str]] = [(1200, '"¥"#,##0.00'), (0.5, '"¥"#,##0.00')]
    shown, rows = read(formatted(tmp_path / "a.xlsx", "金额", cells))
    guess = shown.columns[0].guess
    assert (guess.type, guess.options) == ("currency", {"precision": 2, "symbol": "¥"})
    assert column(shown, rows, "金额") == [1200, 0.5]


def test_times_and_durations(tmp_path: Path) -> None:
    cells = [(time(7, 5), "h:mm"), (timedelta(hours=30, minutes=1), "[h]:mm:ss")]
    _shown, rows = read(formatted(tmp_path / "a.xlsx", "how long", cells))
    assert [as_text(row.cells[0]) for row in rows] == ["7:05:00", "30:01:00"]


def test_links_keep_their_target(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["name", "site"])
    for row in range(2, 6):
        sheet.append([f"n{row}", "our site"])
        sheet.cell(row, 2).hyperlink = f"https://example.org/{row}"
    book.save(tmp_path / "a.xlsx")
    shown, rows = read(tmp_path / "a.xlsx")
    link = rows[0].cells[1]
    assert isinstance(link, Link)
    assert (link, link.target) == ("our site", "https://example.org/2")
    assert types(shown) == ["text", "url"]
    assert shown.columns[1].guess.read(link) == "https://example.org/2"


def test_cells_merged_downwards_have_their_value_in_each_row(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [["区域", "公司", "次数"], ["华东", "甲", 1], [None, "乙", 2], ["华南", "丙", 3]]:
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    book.save(tmp_path / "a.xlsx")
    _shown, rows = read(tmp_path / "a.xlsx")
    assert [row.cells for row in rows] == [["华东", "甲", 1], ["华东", "乙", 2], ["华南", "丙", 3]]


def test_a_header_of_two_levels(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["二季度走访", None, None])
    sheet.append(["序号", "企业信息", None])
    sheet.append([None, "名称", "电话"])
    for row in range(1, 4):
        sheet.append([row, f"公司{row}", f"1380000000{row}"])
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("A2:A3")
    sheet.merge_cells("B2:C2")
    book.save(tmp_path / "a.xlsx")
    shown, rows = read(tmp_path / "a.xlsx")
    assert (shown.header_row, names(shown)) == (3, ["序号", "企业信息 名称", "企业信息 电话"])
    assert types(shown) == ["number", "text", "phone"]
    assert len(rows) == 3


def test_formulas_without_a_stored_result(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["a", "b"], ["x", "=1+1"], ["y", "=2+2"]])
    shown, rows = read(path, lang="en")
    assert [row.cells for row in rows] == [["x", None], ["y", None]]
    assert any(str(note).startswith("2 formulas have no stored result") for note in shown.notes)


def test_prefixes_rich_text_and_single_quotes(tmp_path: Path) -> None:
    sheet = (
        f"<x:worksheet xmlns:x='{OFFICE}'><x:sheetData>"
        "<x:row r='1'><x:c r='A1' t='inlineStr'><x:is><x:r><x:t>bo</x:t></x:r><x:r><x:rPr/>"
        "<x:t>ld</x:t></x:r><x:rPh sb='0' eb='1'><x:t>no</x:t></x:rPh></x:is></x:c></x:row>"
        "<x:row r='3'><x:c r='A3' t='b'><x:v>1</x:v></x:c>"
        "<x:c r='C3' t='e'><x:v>#N/A</x:v></x:c>"
        "<x:c r='D3' t='str'><x:f>A1</x:f><x:v>a &amp; b</x:v></x:c></x:row>"
        "</x:sheetData></x:worksheet>"
    )
    _shown, rows = read(raw_workbook(tmp_path / "a.xlsx", sheet), header_row=0)
    assert [row.cells for row in rows] == [
        ["bold", None, None],
        [True, CellError("#N/A"), "a & b"],
    ]


def test_pretty_printed_xml(tmp_path: Path) -> None:
    rows_xml = '\n <row r="1">\n  <c r="A1">\n   <v>12</v>\n  </c>\n </row>\n'
    _shown, rows = read(raw_workbook(tmp_path / "a.xlsx", sheet_xml(rows_xml)))
    assert rows[0].cells == [12]


def test_another_sheet_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [], 二月=[["a", "b"], [1, 2]])
    shown, rows = read(path)
    assert (shown.sheet, len(rows)) == ("二月", 1)


# Two readers agree


def comparable(value: Any) -> Any:
    """What both readers should say of a cell."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip() or None
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date()
    if isinstance(value, time):
        return since_midnight(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    return None if isinstance(value, CellError) else value


WORKBOOKS = [
    "whitehouse/wh_events_2023-01.xlsx",
    "whitehouse/wh_field_names.xlsx",
    "inspections/minneapolis_inspections_raw.xlsx",
]


@pytest.mark.parametrize("name", WORKBOOKS)
def test_agreement_with_another_reader(shared: Path, name: str) -> None:
    path = shared / "data" / name
    shown, rows = read(path)
    sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_name(
        str(shown.sheet)
    )
    theirs = [[comparable(cell) for cell in row] for row in sheet.iter_rows()][1:]
    ours = [[comparable(cell) for cell in row.cells] for row in rows]
    assert ours == theirs
