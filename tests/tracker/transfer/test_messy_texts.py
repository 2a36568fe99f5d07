"""Every csv of ../shared/messy is read as its manifest says, or refused with a sentence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.tracker.transfer.reads import column, names, read, refusal, types


@pytest.fixture
def messy(shared: Path) -> Path:
    return shared / "messy"


def test_french_is_not_taken_for_chinese(messy: Path) -> None:
    shown, rows = read(messy / "frictionless_table-with-accents.csv")
    assert (shown.encoding, shown.delimiter) == ("cp1252", ";")
    assert "gb18030" in shown.encodings  # it can be chosen, but is not assumed
    assert "Année" in names(shown)
    assert "Quartier Européen" in column(shown, rows, "Quartier")
    price = shown.columns[names(shown).index("Average Price")]
    assert price.guess.type == "number"
    assert price.guess.read("81,20416129") == Decimal("81.20416129")
    day = shown.columns[names(shown).index("Date")].guess
    assert (day.type, day.read("01-02-13")) == ("date", date(2013, 2, 1))
    assert len(rows) == 638


def test_the_encoding_can_be_chosen(messy: Path) -> None:
    shown, _rows = read(messy / "frictionless_table-with-accents.csv", encoding="latin-1")
    assert shown.encoding == "latin-1"
    assert "Année" in names(shown)


def test_chinese_without_asking(messy: Path) -> None:
    shown, rows = read(messy / "cn_universities_gbk.csv")
    assert shown.encoding == "gb18030"
    assert names(shown)[:3] == ["序号", "学校名称", "学校标识码"]
    assert types(shown)[:3] == ["number", "text", "text"]
    assert len(rows) == 2919
    assert rows[0].cells[:3] == ["1", "北京大学", "4111010001"]


def test_headers_of_several_lines(messy: Path) -> None:
    shown, rows = read(messy / "frictionless_issue-811.csv")
    assert (shown.encoding, shown.delimiter, len(shown.columns)) == ("cp1252", ";", 26)
    assert names(shown)[1] == (
        "Codice dell'Unità territoriale sovracomunale (valida a fini statistici)"
    )
    assert len(rows) == 7904
    assert types(shown)[:3] == ["single_choice", "text", "text"]  # codes with leading zeros
    assert rows[0].cells[5] == "Agliè"


def test_large_cells(messy: Path) -> None:
    shown, rows = read(messy / "frictionless_issue-1066-largecellsize.csv")
    assert types(shown) == ["long_text", "single_choice"]
    assert len(rows) == 19
    assert len(rows[0].cells[0]) > 5000


def test_too_many_columns(messy: Path) -> None:
    sentence = refusal(messy / "frictionless_wide.csv")
    assert "9074 columns" in sentence
    assert "at most 500" in sentence


def test_duplicate_headers(messy: Path) -> None:
    shown, rows = read(messy / "frictionless_duplicate-headers.csv")
    assert names(shown) == ["id", "name", "id 2", "age", "id 3"]
    assert rows[0].cells == ["1101", "John", "0", "30", "001101"]
    assert types(shown)[4] == "text"


@pytest.mark.parametrize(
    ("name", "problems"),
    [
        ("frictionless_defective-rows.csv", {2: [], 3: ["Potatoes"]}),
        ("csvkit_bad.csv", {2: ["I'm too long!"], 3: []}),
    ],
)
def test_ragged_rows_by_line(messy: Path, name: str, problems: dict[int, list[str]]) -> None:
    shown, rows = read(messy / name)
    assert {row.number: row.extra for row in rows if row.problem} == problems
    assert len(shown.columns) == 3
    assert "2, 3" in str(shown.notes[0])
    assert all(f"Line {row.number} " in str(row.problem) for row in rows if row.problem)


@pytest.mark.parametrize(
    ("name", "encoding", "header"),
    [
        ("csvkit_test_utf16_little.csv", "utf-16", ["a", "b", "c"]),
        ("csvkit_test_utf8_bom.csv", "utf-8-sig", ["foo", "bar", "baz"]),
    ],
)
def test_byte_order_marks(messy: Path, name: str, encoding: str, header: list[str]) -> None:
    shown, rows = read(messy / name)
    assert (shown.encoding, names(shown)) == (encoding, header)
    assert [row.cells for row in rows] == [["1", "2", "3"], ["4", "5", "ʤ"]]


def test_a_null_byte(messy: Path) -> None:
    _shown, rows = read(messy / "csvkit_null_byte.csv")
    assert [row.cells for row in rows] == [[None, "2", "3"]]


def test_old_macintosh_line_ends(messy: Path) -> None:
    _shown, rows = read(messy / "csvkit_mac_newlines.csv")
    assert [row.cells for row in rows] == [["1", "2", "3"], ["Once upon\na time", "5", "6"]]


def test_decimal_commas(messy: Path) -> None:
    shown, rows = read(messy / "csvkit_test_locale.csv")
    first, second = (column.guess for column in shown.columns[:2])
    assert first.read(rows[0].cells[0]) == Decimal("1.7")
    assert second.read(rows[0].cells[1]) == 200_000_000


def test_pipes(messy: Path) -> None:
    shown, rows = read(messy / "csvkit_event-notification-rpt-lastmonth.csv")
    assert shown.delimiter == "|"
    assert len(rows) == 72
    assert len(shown.columns) == 71  # a 72nd has neither name nor values
    assert not any(row.problem for row in rows)
    guessed = dict(zip(names(shown), types(shown), strict=True))
    assert (guessed["Notification Dt"], guessed["Docket No"]) == ("date", "text")
    assert guessed["Event Text"] == "long_text"
