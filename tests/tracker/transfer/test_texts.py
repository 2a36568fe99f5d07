"""csv: encodings, delimiters, types of columns, and that nothing is lost on the way."""

from __future__ import annotations

import csv
import gzip
import io
import string
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.tracker.transfer.reads import names, read
from tracker.errors import Refused
from tracker.transfer import sniffing
from tracker.transfer.cells import CellError, Link, as_text, clean, pack, unpack
from tracker.transfer.delimited import TextTable
from tracker.transfer.guarding import unguarded
from tracker.transfer.guess import Guess
from tracker.transfer.guessing import Tally, kind_of
from tracker.transfer.headers import find_header, unique_names

CHINESE = (
    "日期,走访单位,备注\n2024-05-01,上海浦东发展银行,已拜访，谈到续约\n2024-05-02,中国石化,改期\n"
)
FRENCH = "Société;Ville;Décision\nBénéteau;Orléans;à rappeler\nÉlectricité;Mâcon;déjà vu\n"


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8-sig"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "utf-16", "utf-16"),
        (CHINESE, "utf-16-le", "utf-16-le"),
        ("日期,拜訪單位\n1,臺灣銀行\n2,中華電信\n", "big5", "big5"),
        (FRENCH, "cp1252", "cp1252"),
        (FRENCH, "utf-8", "utf-8"),
        ("a,b\n1,2\n", "ascii", "utf-8"),
        ("名称,n\n甲,1\n", "gb18030", "gb18030"),
    ],
)
def test_encodings(tmp_path: Path, text: str, encoding: str, found: str) -> None:
    dialect = sniffing.sniff(written(tmp_path / "a.csv", text, encoding))
    assert dialect.encoding == found
    assert dialect.encodings[0] == found
    rows = list(TextTable(tmp_path / "a.csv", dialect).rows())
    assert list(rows[0][1].values()) == text.splitlines()[0].replace(";", ",").split(",")


def test_a_little_damage_leaves_utf8_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(("名称,备注\n" + "上海,已拜访\n" * 50).encode() + b"\xff,bad\n")
    shown, rows = read(path)
    assert shown.encoding == "utf-8"
    assert rows[-1].cells == ["\ufffd", "bad"]
    assert any("1 characters cannot be read" in str(note) for note in shown.notes)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    rows = [["name", "amount", "note"], ["a, b", "1,5", "x; y"], ["c", "2,5", "p | q"]] * 3
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    shown, found = read(written(tmp_path / "a.csv", stream.getvalue()), header_row=1)
    assert shown.delimiter == delimiter
    assert found[0].cells == ["a, b", "1,5", "x; y"]


def test_a_packed_csv_is_read_as_the_csv_in_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress("名称,数\n甲,1\n乙,2\n".encode("gb18030")))
    shown, rows = read(path)
    assert (names(shown), [row.cells[0] for row in rows]) == (["名称", "数"], ["甲", "乙"])
    for content, sentence in (
        (gzip.compress(b""), "There is no data"),
        (gzip.compress(b"a,b\n1,2\n" * 9000)[:-30], "compressed file is damaged"),
        (gzip.compress(b"PK\x03\x04 and more"), "not a table"),
    ):
        path.write_bytes(content)
        with pytest.raises(Refused, match=sentence):
            read(path)


def test_a_stated_delimiter(tmp_path: Path) -> None:
    shown, rows = read(written(tmp_path / "a.csv", "sep=|\na|b\n1|x, y\n2|z, w\n"))
    assert (shown.delimiter, names(shown), rows[0].number) == ("|", ["a", "b"], 3)


def test_prose_has_no_delimiter(tmp_path: Path) -> None:
    lines = ["Remark", "Well, then", "No", "One, two, three, four", "Yes; maybe, no", "Nothing"]
    shown, rows = read(written(tmp_path / "a.csv", "\n".join(lines)))
    assert (shown.delimiter, names(shown)) == (None, ["Remark"])
    assert [row.cells[0] for row in rows] == lines[1:]


def test_quotes_that_are_only_characters(tmp_path: Path) -> None:
    text = 'size|note\n5|"wide\n6|12" long\n7|plain\n'
    shown, rows = read(written(tmp_path / "a.csv", text))
    assert [row.cells for row in rows] == [["5", '"wide'], ["6", '12" long'], ["7", "plain"]]
    assert shown.delimiter == "|"


def test_line_numbers_count_lines(tmp_path: Path) -> None:
    text = 'a,b\n"one\ntwo",1\n\nthree,2\nfour\n'
    _shown, rows = read(written(tmp_path / "a.csv", text))
    assert [row.number for row in rows] == [2, 5, 6]
    assert str(rows[2].problem) == "Line 6 has 1 values, the header 2."


# Types


@pytest.mark.parametrize(
    ("header", "values", "type_", "options"),
    [
        ("n", ["1", "2", "-3"], "number", {"precision": 0}),
        ("n", ["1.50", "2.25"], "number", {"precision": 2}),
        ("n", ["500.0", "4752.0"], "number", {"precision": 0}),
        ("n", ["1,234", "12,345.5"], "number", {"precision": 1}),
        ("n", ["1,5", "2,75"], "number", {"precision": 2}),
        ("率", ["12%", "7.5%"], "percent", {"precision": 1}),
        ("金额", ["¥1,200.00", "¥30"], "currency", {"precision": 2, "symbol": "¥"}),
        ("金额", ["1200元", "30.5元"], "currency", {"precision": 2, "symbol": "元"}),
        ("code", ["110101", "110102"], "text", {}),
        ("cityCode", ["1101", "1201"], "text", {}),
        ("学号", ["20240001", "20240002"], "text", {}),
        ("n", ["007", "12"], "text", {}),
        ("身份证", ["11010119900307123X", "110101199003071234"], "text", {}),
        ("d", ["2024-01-05", "2024/1/6", "2024年1月7日"], "date", {}),
        ("d", ["1/19/2023", "2/1/2023"], "date", {}),
        ("d", ["31.12.2024", "1.1.2025"], "date", {}),
        ("d", ["2024-01-05 10:00", "2024-01-06 00:00"], "datetime", {}),
        ("d", ["2024-01-05 00:00:00"], "date", {}),
        ("d", ["13/1/2024", "1/13/2024"], "text", {}),
        ("b", ["是", "否", "是"], "checkbox", {}),
        ("b", ["Yes", "no"], "checkbox", {}),
        ("b", ["√", "√"], "checkbox", {}),
        ("b", ["yes", "no", "nope"], "text", {}),
        ("b", ["yes", "no", "nope"] * 4, "single_choice", {"choices": ["yes", "no", "nope"]}),
        ("mail", ["a@b.cn", "c@d.org"], "email", {}),
        ("site", ["https://a.cn", "http://b.cn/x?y=1"], "url", {}),
        ("m", ["13800138000", "13900139000"], "phone", {}),
        ("电话", ["010-88886666", "021-12345678 转 12"], "phone", {}),
        ("n", ["甲", "乙"], "text", {}),
        ("n", ["x" * 201], "long_text", {}),
        ("n", ["a\nb", "c"], "long_text", {}),
        ("n", [], "text", {}),
    ],
)
def test_types(header: str, values: list[str], type_: str, options: dict[str, Any]) -> None:
    tally = Tally(header)
    for value in values:
        tally.add(value)
    guess = tally.guess()
    assert (guess.type, guess.options) == (type_, options)


def test_types_of_typed_cells() -> None:
    tally = Tally("手机")
    tally.add(13800138000)
    assert tally.guess().type == "phone"
    tally = Tally("x")
    for cell in (CellError("#N/A"), 1, 2.5):
        tally.add(cell)
    assert (tally.guess(), tally.errors) == (Guess("number", {"precision": 1}), 1)


@pytest.mark.parametrize(
    ("guess", "text", "value"),
    [
        (Guess("date", style={"order": "mdy"}), "1/19/2023", date(2023, 1, 19)),
        (Guess("date", style={"order": "dmy"}), "19/1/23", date(2023, 1, 19)),
        (Guess("date"), "2024年1月7日", date(2024, 1, 7)),
        (Guess("date"), "1/5/2011 00:00:00", date(2011, 1, 5)),
        (Guess("date"), "2024-02-30", "2024-02-30"),
        (
            Guess("datetime"),
            "1/5/2011 1:20 PM",
            datetime.fromisoformat("2011-01-05T13:20:00"),
        ),
        (Guess("datetime"), "soon", "soon"),
        (Guess("number", style={"decimal": ","}), "1.234,5", Decimal("1234.5")),
        (Guess("number"), "1,234.5", Decimal("1234.5")),
        (Guess("number"), "12 %", Decimal("0.12")),
        (Guess("number"), "many", "many"),
        (Guess("currency"), "¥1,200.5", Decimal("1200.5")),
        (Guess("phone"), 13800138000, "13800138000"),
        (Guess("text"), 5, "5"),
        (Guess("url"), Link("here", "https://a.cn"), "https://a.cn"),
        (Guess("number"), None, None),
    ],
)
def test_reading_as_guessed(guess: Guess, text: Any, value: Any) -> None:
    found = guess.read(text)
    assert (type(found), found) == (type(value), value)


def test_unique_names() -> None:
    wanted = ["a b", "A  b", "", "a b 2", "x" * 300, "x" * 300]
    found = unique_names(wanted, lambda position: f"列{position}")
    assert found[:4] == ["a b", "A b 3", "列3", "a b 2"]
    assert len(set(found)) == 6
    assert max(map(len, found)) <= 120


def test_the_first_row_of_repeated_values_is_no_header() -> None:
    rows = [(n, {0: f"公司{n}", 1: "北京", 2: "已访"}, 3) for n in range(1, 9)]
    assert find_header(rows)[0] == 0


# Nothing is lost

CELLS = st.text(
    alphabet=string.ascii_letters + string.digits + " ,;|\t\"'\n-=+@走访单位é😀",
    max_size=12,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
)
@example(rows=[["", '"', "\n"]], delimiter=",", encoding="utf-8")
@example(rows=[["", "", "'\t0"]], delimiter=",", encoding="utf-8-sig")
def test_csv_round_trip(
    tmp_path: Path, rows: list[list[str]], delimiter: str, encoding: str
) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    path = written(tmp_path / "a.csv", stream.getvalue(), encoding)
    dialect = sniffing.Dialect(encoding, [encoding], delimiter, True)
    found = {number: cells for number, cells, _width in TextTable(path, dialect).rows()}
    ours = encoding == "utf-8-sig"  # as our exports are: their guards before formulas go
    expected = [
        {c: unguarded(t) if ours else t for c, cell in enumerate(row) if (t := clean(cell))}
        for row in rows
    ]
    assert list(found.values()) == [row for row in expected if row]


@given(
    st.one_of(
        st.none(),
        st.text(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.decimals(allow_nan=False, allow_infinity=False),
        st.dates(),
        st.datetimes(),
        st.timedeltas(),
        st.builds(CellError, st.text()),
        st.builds(Link, st.text(), st.text()),
    )
)
def test_cells_cross_the_process_border(cell: Any) -> None:
    import orjson

    found = unpack(orjson.loads(pack(cell)))
    assert (type(found), found) == (type(cell), cell)
    if isinstance(cell, Link):
        assert found.target == cell.target


@given(st.text(min_size=1).map(clean).filter(bool))
@example("1" * 60)
@example("(" * 40)
@example("http://" + "a" * 500)
def test_any_text_is_of_some_kind(text: str) -> None:
    assert kind_of(text)
    for type_ in ("date", "datetime", "number", "currency", "url", "phone", "text"):
        Guess(type_).read(text)


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, ""), (True, "TRUE"), (CellError("#N/A"), ""), (date(2024, 1, 2), "2024-01-02")],
)
def test_cells_as_text(cell: Any, text: str) -> None:
    assert as_text(cell) == text
