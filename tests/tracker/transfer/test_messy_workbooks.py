"""Every workbook of ../shared/messy is read as its manifest says, or refused with a sentence."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.tracker.transfer.reads import column, names, read, refusal, types
from tracker.transfer import reading
from tracker.transfer.reading import CellError, Link, as_text


@pytest.fixture
def messy(shared: Path) -> Path:
    return shared / "messy"


# Refused


@pytest.mark.parametrize(
    ("name", "english", "chinese"),
    [
        ("poi_poc-xmlbomb.xlsx", "XML entities", "XML 实体"),
        ("poi_poc-shared-strings.xlsx", "more than 1,000,000 characters", "1,000,000 个字符"),
        ("poi_57893-many-merges.xlsx", "no data", "没有数据"),
        ("calamine_picture.xlsx", "holds pictures", "只有图片"),
        ("poi_crash-274d6342e4842d61be0fb48eaadad6208ae767ae.xlsx", "damaged", "已损坏"),
        ("poi_protected_passtika.xlsx", "protected with a password", "打开密码"),
    ],
)
def test_refused_with_a_sentence(messy: Path, name: str, english: str, chinese: str) -> None:
    assert english in refusal(messy / name)
    assert chinese in refusal(messy / name, "zh")


# Odd packages


def test_a_huge_dimension_means_nothing(messy: Path) -> None:
    shown, rows = read(messy / "calamine_issue_174.xlsx")
    assert (shown.sheets[0].rows, shown.sheets[0].columns) == (2, 11)
    assert rows[0].cells[:3] == [123, "Test Contact Name", "Test Contact Number"]


def test_a_broken_list_of_contents(messy: Path) -> None:
    shown, rows = read(messy / "poi_xlsx-corrupted.xlsx")
    assert shown.sheets[0].rows == 3
    assert len(rows) == 2


def test_an_xls_under_another_name_is_read(messy: Path) -> None:
    shown, rows = read(messy / "roo_type_excel.xlsx")
    assert names(shown) == ["Date", "Start time", "End time", "Pause", "Sum", "Comment"]
    assert rows[0].cells[0] == date(2007, 5, 7)
    assert len(rows) == 10


def test_schemas_are_not_looked_up(messy: Path) -> None:
    shown, rows = read(messy / "poi_xxe_in_schema.xlsx")
    assert names(shown) == ["/Test/Test", "Column1", "Column2"]
    assert [(row.number, row.cells) for row in rows] == [(10, ["1", None, None])]


def test_cells_without_coordinates(messy: Path) -> None:
    _shown, rows = read(messy / "roo_implicit_coordinates.xlsx")
    assert [row.cells for row in rows] == [["Test", None, None], ["A2", "B2", "C2"]]


def test_strict_workbooks_are_read(messy: Path) -> None:
    shown, rows = read(messy / "poi_SampleSS.strict.xlsx", sheet="Sheet Number 2")
    assert [(s.name, s.rows) for s in shown.sheets] == [
        ("First Sheet", 4),
        ("Sheet Number 2", 7),
        ("Sheet3", 0),
    ]
    assert names(shown) == ["cb=1", "cb=10", "cb=2", "cb=sum"]
    assert rows[0].cells == [1, 10, 2, 13]


def test_without_styles(messy: Path) -> None:
    shown, rows = read(messy / "calamine_minimal_package.xlsx")
    assert (shown.sheets[0].rows, shown.sheets[0].columns) == (196, 36)
    assert shown.header_row == 3
    assert len(rows) == 193
    assert column(shown, rows, "DOB")[0] == date(1985, 2, 25)
    assert len(set(names(shown))) == 36


def test_macros_are_only_cells(messy: Path) -> None:
    _shown, rows = read(messy / "poi_SimpleMacro.xlsm")
    assert [row.cells for row in rows] == [["This is a macro workbook"]]


# Dates


def test_the_1904_system(messy: Path) -> None:
    _shown, rows = read(messy / "calamine_date_1904.xlsx")
    assert [row.cells[0] for row in rows] == [
        date(2021, 1, 1),
        date(2021, 1, 2),
        timedelta(hours=255, minutes=10, seconds=10),
    ]
    assert as_text(rows[2].cells[0]) == "255:10:10"


def test_the_1904_system_checks_itself(messy: Path) -> None:
    _shown, rows = read(messy / "sheetjs_1904.xlsx")
    assert len(rows) == 5
    assert all(as_text(row.cells[1]) == row.cells[2] for row in rows)


@pytest.mark.parametrize("sheet", ["for_testing", "for_human_eyes"])
def test_around_the_leap_day_that_never_was(messy: Path, sheet: str) -> None:
    _shown, rows = read(messy / "readxl_dates-leap-year-1900-xlsx.xlsx", sheet=sheet)
    for moment, text, expected in (row.cells for row in rows):
        assert as_text(moment) == text
        assert isinstance(moment, datetime) or not expected


def test_iso_dates(messy: Path) -> None:
    _shown, rows = read(messy / "calamine_date_iso.xlsx")
    assert [row.cells[0] for row in rows[:3]] == [
        date(2021, 1, 1),
        datetime.fromisoformat("2021-01-01T10:10:10"),
        timedelta(hours=10, minutes=10, seconds=10),
    ]


def test_formats_with_words_around_a_date(messy: Path) -> None:
    shown, rows = read(messy / "readxl_texty-dates-xlsx.xlsx")
    assert types(shown) == ["datetime"]
    assert [as_text(row.cells[0])[:16] for row in rows] == ["1985-03-11 13:00", "1985-03-11 13:23"]


# Where the table is


@pytest.mark.parametrize("sheet", ["arts", "other"])
def test_notes_above_and_below(messy: Path, sheet: str) -> None:
    shown, rows = read(messy / "readxl_deaths.xlsx", sheet=sheet)
    assert shown.header_row == 5
    assert [row.number for row in rows] == list(range(6, 16))
    assert shown.skipped_rows == [16, 17, 18, 19]
    assert "16, 17, 18, 19" in str(shown.notes[0])
    assert types(shown)[2:] == ["number", "checkbox", "date", "date"]


def test_notes_can_be_taken_along(messy: Path) -> None:
    path = messy / "readxl_deaths.xlsx"
    assert len(list(reading.rows(path, sheet="arts", header_row=5, notes=True))) == 14


def test_a_header_of_merged_rows(messy: Path) -> None:
    shown, rows = read(messy / "frictionless_multiline-headers.xlsx")
    assert names(shown) == [
        "Region",
        "Caloric contribution (%)",
        "Cumulative impact of changes on cost of food basket from previous quarter",
        "Cumulative impact of changes on cost of food basket from baseline (%)",
    ]
    assert [row.cells for row in rows] == [["A", "B", "C", "D"]]


def test_names_are_made_unique(messy: Path) -> None:
    path = messy / "readxl_names-need-repair-xlsx.xlsx"
    shown, rows = read(path)
    assert names(shown) == ["a b", "a b 2", "列3", "c%&$"]
    assert names(read(path, lang="en")[0])[2] == "Column 3"
    assert rows[1].cells == [2, "b", "two", 2.2]


@pytest.mark.parametrize(
    "sheet", ["two_blank_rows", "occupied_row_and_blank_row", "two_occupied_rows"]
)
def test_rows_above_the_header(messy: Path, sheet: str) -> None:
    shown, rows = read(messy / "readxl_skipping.xlsx", sheet=sheet)
    assert shown.header_row == 3
    assert [(row.number, row.cells) for row in rows] == [
        (5, ["v2,1", "v2,2"]),
        (7, ["v4,1", "v4,2"]),
    ]


def test_a_table_in_the_middle(messy: Path) -> None:
    shown, rows = read(messy / "calamine_temperature-in-middle.xlsx")
    assert names(shown) == ["label", "value"]
    assert [row.cells for row in rows] == [["celsius", 22.2222], ["fahrenheit", 72]]


def test_no_header(messy: Path) -> None:
    shown, rows = read(messy / "calamine_no-header.xlsx")
    assert shown.header_row == 0
    assert [(row.number, row.cells) for row in rows] == [(3, ["a", 0]), (4, ["b", 1])]


def test_styled_emptiness_is_empty(messy: Path) -> None:
    shown, rows = read(messy / "readxl_style-only-cells.xlsx")
    assert names(shown) == ["var1", "var2", "var3", "var5"]
    assert len(rows) == 3


def test_hidden_sheets_wait_to_be_asked_for(messy: Path) -> None:
    shown, _rows = read(messy / "roo_hidden_sheets.xlsx")
    assert shown.sheet == "VisibleSheet1"
    assert [sheet.hidden for sheet in shown.sheets] == [True, False, True]
    _shown, rows = read(messy / "roo_hidden_sheets.xlsx", sheet="HiddenSheet2")
    assert rows[0].cells == ["hidden sheet 2"]


def test_a_title_row_and_totals(messy: Path) -> None:
    shown, rows = read(messy / "sheetjs_Attendance.xlsx")
    assert shown.header_row == 2
    assert names(shown)[1] == "Ben Ashley"
    assert types(shown) == ["date", *["checkbox"] * 8]
    assert (len(rows), shown.skipped_rows) == (23, [26])


def test_titles_and_headings_of_groups(messy: Path) -> None:
    shown, rows = read(messy / "cn_universities_converted.xlsx")
    assert names(shown) == [
        "序号",
        "学校名称",
        "学校标识码",
        "主管部门",
        "所在地",
        "办学层次",
        "备注",
    ]
    assert len(rows) == 2919
    assert [row.cells[0] for row in rows] == list(range(1, 2920))
    assert len(shown.skipped_rows) == 31


# Values


def test_no_conflicting_cell_is_lost(messy: Path) -> None:
    shown, rows = read(messy / "readxl_type-me.xlsx")
    cells = column(shown, rows, "maybe boolean?")
    assert cells == [None, 0, 1, date(2016, 1, 1), True, False, "cabbage", "true", "F", "False"]
    assert types(shown) == ["text", "text"]
    shown, rows = read(messy / "readxl_type-me.xlsx", sheet="date_coercion")
    cells = column(shown, rows, "maybe a datetime?")
    assert cells[1:3] == [date(2016, 5, 23), datetime.fromisoformat("2016-04-28T11:30:00")]
    assert cells[3:] == [True, "cabbage", 4.3, 39448]


def test_numbers_as_text_are_exact(messy: Path) -> None:
    shown, rows = read(messy / "readxl_big-texty-numbers-xlsx.xlsx")
    numbers = column(shown, rows, "number")[1:]
    texts = column(shown, rows, "number as text")[1:]
    assert numbers == [int(text) for text in texts]
    assert 2**31 in numbers


def test_leading_zeros_are_kept_as_text(messy: Path) -> None:
    shown, rows = read(messy / "roo_number_with_zero_prefix.xlsx")
    assert len(rows) == 50
    assert rows[0].cells[:2] == ["0001", "0002"]
    assert set(types(shown)) == {"text"}


def test_blanks_at_the_ends_go(messy: Path) -> None:
    shown, rows = read(messy / "readxl_whitespace-xlsx.xlsx")
    assert names(shown) == ["<-space, space->"]
    assert [row.cells[0] for row in rows] == [
        "<-space",
        "space->",
        "<-tab, tab->",
        "<-tab",
        "tab->",
    ]


def test_escapes_and_entities(messy: Path) -> None:
    _shown, rows = read(messy / "calamine_has_x000D_.xlsx")
    assert rows[0].cells == ["ABC\nDEF"]
    _shown, rows = read(messy / "calamine_encoded_entities.xlsx")
    assert [row.cells for row in rows] == [["&"]]  # the second cell is nothing but a line end


def test_characters_beyond_the_basic_plane(messy: Path) -> None:
    _shown, rows = read(messy / "poi_54084_-_Greek_-_beyond_BMP.xlsx")
    assert len(rows[0].cells[0]) == 49
    assert rows[0].cells[0].startswith("\U0001d74a")


def test_phonetic_runs_are_not_glued_on(messy: Path) -> None:
    shown, rows = read(messy / "sheetjs_phonetic_text.xlsx", header_row=0)
    assert [row.cells[0] for row in rows] == ["漢字", "漢字withColor"]
    assert shown.header_row == 0


def test_failed_formulas_are_no_text(messy: Path) -> None:
    shown, rows = read(messy / "sheetjs_ErrorTypes.xlsx")
    assert rows[0].cells[:3] == [CellError("#NULL!"), CellError("#NULL!"), "#NULL?"]
    assert dict(zip(names(shown), types(shown), strict=True))["ErrType"] == "number"
    assert any("#NULL!" in str(note) for note in shown.notes)


def test_links(messy: Path) -> None:
    shown, rows = read(messy / "poi_sharedhyperlink.xlsx")
    assert types(shown) == ["url"]
    assert [row.cells[0] for row in rows] == ["http://www.apache.org"] * 4
    assert not any(isinstance(row.cells[0], Link) for row in rows)  # the text says it all


def test_stored_results_of_formulas(messy: Path) -> None:
    shown, rows = read(messy / "sheetjs_formula_stress_test.xlsx", sheet="Text", header_row=0)
    assert [s.rows for s in shown.sheets] == [45, 28, 50, 62, 17, 12, 26, 70, 144, 49]
    by_name = {row.cells[0]: row.cells[1] for row in rows}
    assert by_name["CONCATENATE"] == "Foobarbazqux"
    assert by_name["EXACT"] is False


def test_codes_and_dates_of_a_real_table(messy: Path) -> None:
    shown, rows = read(messy / "csvkit_ne_1033_data.xlsx")
    guessed = dict(zip(names(shown), types(shown), strict=True))
    assert len(rows) == 1036
    assert guessed["nsn"] == guessed["fips"] == "text"
    assert guessed["ship_date"] == "date"
    assert column(shown, rows, "nsn")[0] == "1005-00-589-1271"
    dates = shown.columns[names(shown).index("ship_date")].guess
    assert dates.read(column(shown, rows, "ship_date")[0]) == date(2008, 7, 11)
