"""Files that are no tables, too large, or made to hurt: a sentence, soon, in little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.tracker.transfer import reads
from tests.tracker.transfer.reads import raw_workbook, read, refusal, sheet_xml, workbook, zipped
from tracker import limits
from tracker.errors import Refused
from tracker.transfer import process, reading

MEGABYTE = 1024 * 1024
resource = pytest.importorskip("resource", reason="This system does not bound processes.")


PROGRAM = """
import json, pathlib, resource, sys
from tracker.errors import Refused
from tracker.transfer import reading
try:
    reading.preview(pathlib.Path(sys.argv[1]))
    sentence = "it was read"
except Refused as refused:
    sentence = refused.to("en")
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([sentence, used.ru_maxrss // 1024, used.ru_utime + used.ru_stime]))
"""


def peak(path: Path) -> tuple[str, int, float]:
    """What reading a file ends with, the child's peak memory in MB and processor time in s."""
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)],
        capture_output=True,
        check=True,
        cwd=process._ROOT,
    )
    sentence, memory, seconds = json.loads(answer.stdout)
    return sentence, memory, seconds


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.xlsx", b"", "no data"),
        ("a.csv", b"\n\n  \n", "no data"),
        ("a.csv", b"\xef\xbb\xbf", "no data"),
        ("a.xlsx", b"%PDF-1.7 ...", "a PDF document"),
        ("a.csv", b"\x89PNG\r\n\x1a\n", "a picture"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "a web page"),
        ("a.xls", b'<?xml version="1.0"?><Workbook/>', "an XML file"),
        ("a.csv", bytes(range(1, 9)) * 50, "neither a workbook nor text"),
        ("a.xlsx", b"PK\x03\x04 and no more", "damaged"),
        ("a.xlsx", zipped({}), "a zip archive"),
        ("a.xlsx", zipped({"a.csv": b"a,b"}), "a zip archive"),
        ("a.xlsx", zipped({"xl/workbook.bin": b""}), "(.xlsb)"),
        ("a.xlsx", zipped({"mimetype": b"", "content.xml": b""}), "(.ods)"),
        ("a.xlsx", zipped({"word/document.xml": b""}), "a Word document"),
        ("a.xlsx", zipped({"xl/workbook.xml": b"<workbook"}), "damaged"),
        ("a.xlsx", zipped({"xl/workbook.xml": b"<workbook/>"}), "damaged"),
        ("a.xlsx", zipped({"xl/other.xml": b"<a/>"}), "damaged"),
    ],
)
def test_no_table(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert sentence in refusal(path)
    assert refusal(path, "zh") != refusal(path)


def test_no_file(tmp_path: Path) -> None:
    assert "cannot be opened" in refusal(tmp_path / "a.xlsx")
    assert "cannot be opened" in refusal(tmp_path)


def test_wrong_choices(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["a", "b"], [1, 2]])
    assert "no sheet called Nothing" in refusal(path, sheet="Nothing")
    assert "Row 9 is empty" in refusal(path, header_row=9)
    text = tmp_path / "a.csv"
    text.write_text("a,b\n1,2\n")
    assert "no text encoding called klingon" in refusal(text, encoding="klingon")
    assert "no text encoding called base64" in refusal(text, encoding="base64")
    assert "one character" in refusal(text, delimiter=";;")


def test_only_a_hidden_sheet_has_data(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [], Secret=[["a"], [1]])
    book = openpyxl.load_workbook(path)
    book["Secret"].sheet_state = "hidden"
    book.save(path)
    shown = reading.preview(path)
    assert (shown.sheet, shown.columns) == (None, [])
    assert "hidden" in str(shown.notes[0])


def test_too_many_columns(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [[f"c{n}" for n in range(501)], list(range(501))])
    assert "501 columns; at most 500" in refusal(path)


# Files made to hurt


def cells(count: int, template: str) -> str:
    return "".join(template.format(n=n) for n in range(count))


BOMBS: dict[str, tuple[str | bytes, dict[str, str | bytes], str]] = {
    "entities": (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + sheet_xml(""),
        {},
        "XML entities",
    ),
    "entities behind a long comment": (
        f"<!--{' ' * 3 * MEGABYTE}--><!DOCTYPE x [<!ENTITY a 'b'>]>{sheet_xml('')}",
        {},
        "XML entities",
    ),
    "external entity": (
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">' + sheet_xml(""),
        {},
        "XML entities",
    ),
    "one cell": (
        sheet_xml(f'<row><c t="inlineStr"><is><t>{"a" * 200 * MEGABYTE}</t></is></c></row>'),
        {},
        "too large when unpacked",
    ),
    "one long cell": (
        sheet_xml(f'<row><c t="inlineStr"><is><t>{"a" * 2 * MEGABYTE}</t></is></c></row>'),
        {},
        "more than 1,000,000 characters",
    ),
    "empty cells": (
        sheet_xml("<row>" + "<c/>" * 30 * MEGABYTE + "</row>"),
        {},
        "too large when unpacked",
    ),
    "empty rows": (sheet_xml("<row/>" * 20 * MEGABYTE), {}, "too large when unpacked"),
    "one text many times": (
        sheet_xml(cells(20_000, '<row><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>')),
        {"sharedStrings": f"<sst><si><t>{'x' * 900_000}</t></si></sst>"},
        "more than 400,000,000 characters",
    ),
    "many texts": (
        sheet_xml('<row><c t="s"><v>0</v></c></row>'),
        {"sharedStrings": "<sst>" + "<si><t>abcdefgh</t></si>" * 6 * MEGABYTE + "</sst>"},
        "too large when unpacked",
    ),
    "a text that is not there": (
        sheet_xml('<row><c t="s"><v>7</v></c></row>'),
        {"sharedStrings": "<sst/>"},
        "damaged",
    ),
    "a deep document": ("<a>" * 5_000_000, {}, "more memory"),
    "broken off": (sheet_xml("<row><c><v>1</v></c></row>")[:-30], {}, "damaged"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs(tmp_path: Path, bomb: str) -> None:
    sheet, parts, sentence = BOMBS[bomb]
    path = raw_workbook(tmp_path / "bomb.xlsx", sheet, **parts)
    found, memory, seconds = peak(path)
    assert sentence in found
    assert memory <= 300
    assert seconds <= 20


def test_two_cells_far_apart(tmp_path: Path) -> None:
    far = (
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    )
    shown, rows = read(raw_workbook(tmp_path / "a.xlsx", sheet_xml(far)), header_row=0)
    assert [(row.number, row.cells) for row in rows] == [(1, [1, None]), (1048576, [None, 2])]
    assert len(shown.columns) == 2


def test_sizes_in_the_headers_are_not_believed(tmp_path: Path) -> None:
    path = raw_workbook(tmp_path / "a.xlsx", sheet_xml("<row/>" * 20 * MEGABYTE))
    with zipfile.ZipFile(path) as package:
        true = package.getinfo("xl/worksheets/sheet1.xml").file_size
    content = path.read_bytes()
    path.write_bytes(content.replace(true.to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    found, memory, _seconds = peak(path)
    assert "damaged" in found or "too large" in found
    assert memory <= 300


def test_a_quotation_mark_that_is_never_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w") as file:
        file.write("a,b\n" * 10 + '"open,1\n')
        file.write("more,text,with,commas,of,several,lengths\nand,less\n" * 40_000)
    assert "line 11" in refusal(path)


def test_a_text_without_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a" * 40 * MEGABYTE)
    assert "characters" in refusal(path)


# The child


def test_a_child_that_dies_is_put_into_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tmp_path / "a.csv"
    text.write_text("a,b\n1,2\n")
    deaths = {
        "import os; os.abort()": "more memory than reading is allowed",
        "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)": "took too long",
        "print('nonsense that is no frame', flush=True)": "more memory",
        "import time; time.sleep(60)": "took too long",
    }
    monkeypatch.setattr(limits, "IMPORT_SILENCE_SECONDS", 1)
    for program, sentence in deaths.items():
        monkeypatch.setattr(process, "COMMAND", [sys.executable, "-c", program])
        assert sentence in refusal(text)


def test_reading_can_be_left_at_any_time(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,2\n" * 200_000)
    before = children()
    rows = reading.rows(path, sheet=None, header_row=1)
    assert next(rows).cells == ["1", "2"]
    assert len(children()) == len(before) + 1
    rows.close()
    assert children() == before


def children() -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(os.getpid()).children()]


def test_the_child_knows_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDS_SMTP_URL", "smtp://user:password@localhost")
    program = "import os, sys; sys.exit('ROUNDS_SMTP_URL' in os.environ)"
    monkeypatch.setattr(process, "COMMAND", [sys.executable, "-c", program])
    child = process._start({"op": "rows"})
    assert child.wait(30) == 0
    assert child.stdout is not None
    child.stdout.close()


def test_a_slow_reader_holds_the_child_back(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + f"{'x' * 1000},2\n" * 20_000)
    rows = reading.rows(path, sheet=None, header_row=1)
    next(rows)
    time.sleep(0.5)  # the child fills the pipe and waits
    assert sum(1 for _row in rows) == 19_999


@pytest.mark.parametrize("limit", [1, 7])
def test_a_limit(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,2\n" * 20)
    rows: Any = reading.rows(path, sheet=None, header_row=1, limit=limit)
    assert len(list(rows)) == limit


def test_refusals_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        next(reading.rows(tmp_path / "gone.csv", sheet=None, header_row=1))
    assert reads.refusal(tmp_path / "gone.csv")
