"""Workbooks (xlsx, xlsm, strict or not) as streams of rows in bounded memory."""

from __future__ import annotations

import posixpath
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tracker import limits
from tracker.errors import Refused
from tracker.text import _
from tracker.transfer import formats
from tracker.transfer.cells import Cell, Cells, Link, Merge, RawRow, clean, too_long
from tracker.transfer.package import Package, Relation, damaged, fed, new_parser, watched
from tracker.transfer.plainrows import PlainRows
from tracker.transfer.rowparser import Converter, RowParser, column_index

_TAIL = re.compile(rb"<(?:\w+:)?(mergeCell|hyperlink)\s([^>]*)>")
_TAIL_START = re.compile(rb"<(?:\w+:)?(?:mergeCell|hyperlink)\s")
_TAIL_MARKS = (b"mergeCell ", b"hyperlink ")
_TAIL_BYTES = 32 * 1024 * 1024  # merged cells and hyperlinks are looked for in this much
_LONG, _RECENT = 1_000, 64  # bytes; texts
_LINKED_CELLS = 100_000
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*["']([^"']*)["']""")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]+)(?::([A-Z]{1,3})([0-9]+))?")


@dataclass(frozen=True)
class SheetPart:
    """One sheet as the workbook lists it."""

    name: str
    hidden: bool
    part: str


class Workbook:
    """A workbook's sheets, texts and formats; the sheets themselves are read when asked for."""

    def __init__(self, path: Path) -> None:
        self._package = Package(path)
        self.base_1904 = False
        self.sheets: list[SheetPart] = []
        main = self._main_part()
        relations = self._package.relations(main)
        self._read_list(main, relations)
        by_kind = {relation.kind: relation.target for relation in relations.values()}
        folder = posixpath.dirname(main)
        self._strings_part = by_kind.get("sharedStrings", f"{folder}/sharedStrings.xml")
        self._styles_part = by_kind.get("styles", f"{folder}/styles.xml")
        self._strings: Strings | None = None
        self._kinds: list[str] | None = None
        self.pictures = any("/media/" in name for name in self._package.names())

    def _main_part(self) -> str:
        try:
            relations = self._package.relations("")
        except Refused:  # the list of contents is broken; the workbook itself may be whole
            relations = {}
        found = [r.target for r in relations.values() if r.kind == "officeDocument"]
        part = next((part for part in [*found, "xl/workbook.xml"] if self._package.has(part)), None)
        if part is None or not part.lower().endswith(".xml"):
            raise damaged()
        return part

    def _read_list(self, main: str, relations: dict[str, Relation]) -> None:
        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "workbookPr" and "date1904" in attributes:  # extensions have one without
                self.base_1904 = attributes["date1904"] in {"1", "true"}
            elif tag == "sheet":
                key = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
                relation = relations.get(key)
                if relation and relation.kind == "worksheet" and self._package.has(relation.target):
                    hidden = attributes.get("state", "visible") != "visible"
                    name = attributes.get("name", "")
                    self.sheets.append(SheetPart(name, hidden, relation.target))

        self._package.parse(main, start)
        if not self.sheets:
            raise damaged()
        if len(self.sheets) > limits.IMPORT_SHEETS:
            raise Refused(
                _(
                    "This workbook has {count} sheets; at most {limit} can be read.",
                    count=len(self.sheets),
                    limit=limits.IMPORT_SHEETS,
                )
            )

    @property
    def strings(self) -> Strings:
        if self._strings is None:
            self._strings = Strings(self._package, self._strings_part)
        return self._strings

    @property
    def kinds(self) -> list[str]:
        """The kind of number format of each cell style."""
        if self._kinds is None:
            self._kinds = _read_styles(self._package, self._styles_part)
        return self._kinds

    def sheet(self, part: SheetPart) -> SheetStream:
        return SheetStream(self, self._package, part.part)


def _read_styles(package: Package, part: str) -> list[str]:
    codes: dict[str, str] = {}
    kinds: list[str] = []
    inside = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if tag == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag == "xf" and inside:
            number = attributes.get("numFmtId", "0")
            own = formats.kind_of(codes[number]) if number in codes else None
            kinds.append(own or formats.built_in(int(number) if number.isdecimal() else 0))
        elif tag in {"cellXfs", "cellStyles", "cellStyleXfs", "dxfs"}:
            inside = tag == "cellXfs"

    package.parse(part, start)
    return kinds


class Strings:
    """The texts that cells share, kept as bytes: a million short ones take 30 MB."""

    def __init__(self, package: Package, part: str) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])
        self._recent: dict[int, str] = {}
        self._read(package, part)

    def __getitem__(self, index: int) -> str | None:
        start, end = self._ends[index], self._ends[index + 1]
        if end - start > _LONG:
            return self._long(index)
        return self._bytes[start:end].decode() if end > start else None

    def _long(self, index: int) -> str:
        """A long text that many cells share is in memory once, not once for each of them."""
        if index not in self._recent:
            if len(self._recent) >= _RECENT:
                self._recent.clear()
            self._recent[index] = self._bytes[self._ends[index] : self._ends[index + 1]].decode()
        return self._recent[index]

    def _read(self, package: Package, part: str) -> None:
        parser = new_parser()
        pieces: list[str] = []
        length = 0
        phonetic = False

        def start(tag: str, _attributes: dict[str, str]) -> None:
            nonlocal phonetic, length
            tag = tag.rpartition(":")[2]
            if tag == "si":
                pieces.clear()
                length = 0
            elif tag == "rPh":
                phonetic = True
            elif tag == "t" and not phonetic:
                parser.CharacterDataHandler = data

        def data(piece: str) -> None:
            nonlocal length
            length += len(piece)
            if length > limits.IMPORT_CELL_LENGTH:
                raise too_long()
            pieces.append(piece)

        def end(tag: str) -> None:
            nonlocal phonetic
            tag = tag.rpartition(":")[2]
            if tag == "t":
                parser.CharacterDataHandler = None
            elif tag == "rPh":
                phonetic = False
            elif tag == "si":
                self._bytes += (clean("".join(pieces), escaped=True) or "").encode()
                self._ends.append(len(self._bytes))

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        for _chunk in fed(parser, package.chunks(part)):
            pass


class SheetStream:
    """One sheet: its rows in file order, and what stands behind them (merges, links, counts)."""

    def __init__(self, workbook: Workbook, package: Package, part: str) -> None:
        self._workbook = workbook
        self._package = package
        self._part = part
        self._tail: list[tuple[bytes, dict[str, str]]] | None = None
        self.unsaved_formulas = 0
        self.unsaved: set[tuple[int, int]] = set()
        self.unreadable = 0
        self.encoding = ""
        self.currencies: dict[int, str] = {}

    def rows(self) -> Iterator[RawRow]:
        """Rows that have at least one value; rows and columns by their place in the sheet."""
        parser = new_parser()
        hooked = RowParser(
            parser,
            convert=self._converters(),
            texts=self._workbook.strings,
            money=self._money(),
        )
        self.currencies, self.unsaved = hooked.currencies, hooked.unsaved
        links = self.links()
        plain = PlainRows(parser, hooked)
        for _chunk in watched(self._package.chunks(self._part), plain.feed, plain.end):
            for number, cells, width in hooked.found:
                if links:
                    _attach(links, number, cells)
                yield number, cells, width
            hooked.found.clear()
        self.unsaved_formulas = hooked.unsaved_formulas

    def _converters(self) -> dict[str, Converter]:
        kinds = enumerate(self._workbook.kinds)
        by_style = {str(style): self._converter(kind) for style, kind in kinds}
        return {**by_style, "": formats.number}

    def _converter(self, kind: str) -> Converter:
        """What makes a cell of a stored number, by the kind of its format."""
        base_1904 = self._workbook.base_1904
        kind, _sep, detail = kind.partition(":")

        def moment(text: str) -> Cell:
            try:
                return formats.moment(float(text), kind, base_1904=base_1904)
            except ValueError:
                return formats.number(text)

        def zeros(text: str) -> Cell:
            return text.zfill(int(detail)) if text.isdecimal() else formats.number(text)

        if kind in {"date", "datetime", "time", "duration"}:
            return moment
        return zeros if kind == "zeros" else formats.number

    def _money(self) -> dict[str, str]:
        """The currency sign of each style that has one."""
        pairs = (
            (str(style), kind.partition(":")) for style, kind in enumerate(self._workbook.kinds)
        )
        return {style: sign for style, (kind, _sep, sign) in pairs if kind == "currency"}

    @property
    def merges(self) -> list[Merge]:
        """Merged areas of more than one cell."""
        found = []
        for tag, attributes in self._read_tail():
            if tag == b"mergeCell" and (area := _area(attributes.get("ref", ""))):
                found.append(area)
        return found

    def links(self) -> dict[int, dict[int, str]]:
        """Addresses behind cells: row → column → target."""
        found: dict[int, dict[int, str]] = {}
        elements = [a for tag, a in self._read_tail() if tag == b"hyperlink"]
        relations = self._package.relations(self._part) if elements else {}
        count = 0
        for attributes in elements:
            relation = relations.get(attributes.get("id", ""))
            area = _area(attributes.get("ref", ""))
            if relation is None or not relation.external or area is None:
                continue
            top, left, bottom, right = area
            count += (bottom - top + 1) * (right - left + 1)
            if count > _LINKED_CELLS:
                break
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    found.setdefault(row, {})[column] = relation.target
        return found

    def _read_tail(self) -> list[tuple[bytes, dict[str, str]]]:
        """Merged cells and hyperlinks stand behind the rows but are needed before them."""
        if self._tail is None:
            tail = bytearray()
            before = b""
            for chunk in self._package.chunks(self._part):
                if not tail:
                    window = before + chunk
                    before = window[-64:]
                    if any(mark in window for mark in _TAIL_MARKS) and (
                        match := _TAIL_START.search(window)
                    ):
                        tail += window[match.start() :]
                elif len(tail) < _TAIL_BYTES:
                    tail += chunk
            self._tail = [(m[1], _attributes(m[2])) for m in _TAIL.finditer(tail)]
        return self._tail


def _attributes(raw: bytes) -> dict[str, str]:
    text = raw.decode("utf-8", "replace")
    return {match[1].rpartition(":")[2]: match[2] or "" for match in _ATTRIBUTE.finditer(text)}


def _area(reference: str) -> Merge | None:
    match = _REFERENCE.fullmatch(reference.replace("$", ""))
    if match is None:
        return None
    top, left = int(match[2]), column_index(match[1])
    bottom, right = (int(match[4]), column_index(match[3])) if match[3] else (top, left)
    return top, left, bottom, right


def _attach(links: dict[int, dict[int, str]], number: int, cells: Cells) -> None:
    for column, target in links.get(number, {}).items():
        text = cells.get(column)
        if isinstance(text, str) and text.rstrip("/") != target.rstrip("/"):
            cells[column] = Link(text, target)
