"""Reading a file whole, and making small ones."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl

from tracker.errors import Refused
from tracker.transfer import reading

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'
)
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def read(path: Path, **choices: Any) -> tuple[reading.Preview, list[reading.Row]]:
    """Preview and all rows, which must agree with each other."""
    shown = reading.preview(path, lang=choices.pop("lang", "zh"), **choices)
    rows = list(
        reading.rows(
            path,
            sheet=shown.sheet,
            header_row=shown.header_row,
            encoding=choices.get("encoding"),
            delimiter=choices.get("delimiter"),
        )
    )
    assert len(rows) == shown.rows
    assert all(len(row.cells) == len(shown.columns) for row in rows)
    assert [row.cells for row in rows[: len(shown.head)]] == shown.head
    return shown, rows


def names(shown: reading.Preview) -> list[str]:
    return [column.name for column in shown.columns]


def types(shown: reading.Preview) -> list[str]:
    return [column.guess.type for column in shown.columns]


def column(shown: reading.Preview, rows: list[reading.Row], name: str) -> list[Any]:
    place = names(shown).index(name)
    return [row.cells[place] for row in rows]


def refusal(path: Path, lang: str = "en", **choices: Any) -> str:
    """The sentence with which a file is refused."""
    try:
        read(path, **choices)
    except Refused as refused:
        return refused.to(lang)
    raise AssertionError(f"{path.name} was read")


def workbook(path: Path, rows: list[list[Any]], **sheets: list[list[Any]]) -> Path:
    """A workbook with these rows, and further sheets by name."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for name, more in sheets.items():
        other = book.create_sheet(name)
        for row in more:
            other.append(row)
    book.save(path)
    return path


def raw_workbook(path: Path, sheet: str | bytes, **parts: str | bytes) -> Path:
    """A workbook put together by hand: the XML of its only sheet, and other parts by name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", CONTENT_TYPES)
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/'
            'officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        package.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
            '<sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        package.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
        )
        package.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, content in parts.items():
            package.writestr(f"xl/{name}.xml", content)
    return path


def sheet_xml(rows: str, after: str = "") -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def zipped(entries: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        for name, content in entries.items():
            package.writestr(name, content)
    return stream.getvalue()
