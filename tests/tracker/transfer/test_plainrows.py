"""The short cut for plain rows finds what the XML parser finds, in the same order."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.tracker.transfer.reads import raw_workbook, sheet_xml
from tracker.errors import Refused
from tracker.transfer import package, plainrows
from tracker.transfer.cells import RawRow
from tracker.transfer.workbook import Workbook


def everything(path: Path) -> list[object]:
    """All rows of all sheets, or the refusal."""
    found: list[object] = []
    try:
        book = Workbook(path)
        for part in book.sheets:
            sheet = book.sheet(part)
            rows: list[RawRow] = list(sheet.rows())
            found += [part.name, rows, sheet.currencies, sheet.unsaved_formulas]
    except Refused as refused:
        found.append(refused.text)
    return found


def both(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[object], list[object]]:
    quick = everything(path)
    with monkeypatch.context() as patch:
        patch.setattr(plainrows, "_END", b"\0")
        patch.setattr(plainrows, "_OPEN_ROW", 0)
        return quick, everything(path)


def test_real_workbooks(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [*(shared / "messy").glob("*.xls[xm]"), *(shared / "data").rglob("*.xlsx")]
    assert len(paths) > 40
    for path in paths:
        if path.name not in {"roo_type_excel.xlsx", "poi_protected_passtika.xlsx"}:
            quick, slow = both(path, monkeypatch)
            assert quick == slow, path.name


CELLS = st.sampled_from(
    [
        '<c r="A{n}"><v>1</v></c>',
        '<c r="B{n}" s="1"><v>2.5</v></c>',
        '<c r="C{n}" t="inlineStr"><is><t>a</t></is></c>',
        '<c r="C{n}" t="inlineStr"><is><t xml:space="preserve"> b </t></is></c>',
        '<c r="C{n}" t="inlineStr"><is><t>a &amp; b</t></is></c>',
        '<c r="C{n}" t="inlineStr"><is><r><t>ri</t></r><r><t>ch</t></r></is></c>',
        '<c r="D{n}" t="b"><v>1</v></c>',
        '<c r="D{n}" t="e"><v>#N/A</v></c>',
        '<c r="E{n}" t="str"><f>A1</f><v>x</v></c>',
        '<c r="F{n}"><f>A1</f></c>',
        '<c r="F{n}"><f>A1</f><v/></c>',
        '<c r="G{n}" s="1"/>',
        "<c><v>7</v></c>",
        '<c s="1" r="H{n}"><v>8</v></c>',
        '<c r="I{n}" t="d"><v>2024-05-01</v></c>',
        "<c r='J{n}'><v>9</v></c>",
        '<c r="K{n}"><v>10</v><extLst><ext/></extLst></c>',
        '<c r="L{n}" cm="1"><v>11</v></c>',
        " ",
    ]
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                '<row r="{n}">',
                '<row r="{n}" spans="1:3" ht="15">',
                '<row ht="15" r="{n}">',
                '<row r="{n}"/><row r="{n}">',
                '\n<row r="{n}">',
            ]
        ),
        st.lists(CELLS, max_size=5),
    ),
    max_size=8,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, chunk=st.sampled_from([7, 60, 5000]), end=st.sampled_from(["", "<!-- x -->"]))
@example(rows=[], chunk=7, end="")
def test_any_mixture(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[tuple[str, list[str]]],
    chunk: int,
    end: str,
) -> None:
    monkeypatch.setattr(package, "_CHUNK", chunk)
    xml = "".join(
        f"{start}{''.join(cells)}</row>".replace("{n}", str(number))
        for number, (start, cells) in enumerate(rows, 1)
    )
    path = raw_workbook(tmp_path / "a.xlsx", sheet_xml(xml + end))
    quick, slow = both(path, monkeypatch)
    assert quick == slow


@pytest.mark.parametrize("broken", ["<row r='1'", "</row>", '<row r="1"><c r="A1"></row>'])
def test_broken_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    path = raw_workbook(tmp_path / "a.xlsx", sheet_xml(broken))
    quick, slow = both(path, monkeypatch)
    assert quick == slow
    assert isinstance(quick[-1], type(slow[-1]))
