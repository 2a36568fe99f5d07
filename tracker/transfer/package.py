"""The zip package of a workbook: its parts as counted streams, its XML without DTD or entities."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from tracker import limits
from tracker.errors import Refused
from tracker.text import _

_CHUNK = 256 * 1024
_FREE = 64 * 1024 * 1024  # bytes that any file may unpack to, however small it is
Start = Callable[[str, dict[str, str]], None]


def damaged() -> Refused:
    return Refused(
        _(
            "This workbook is damaged and cannot be read. Open it in Excel or WPS, "
            "save it under a new name as .xlsx and import that file."
        )
    )


def entities() -> Refused:
    return Refused(
        _(
            "This workbook contains XML entities, which can be used for attacks; it was not read. "
            "Open it in Excel or WPS, save it under a new name as .xlsx and import that file."
        )
    )


def password() -> Refused:
    return Refused(
        _(
            "This workbook is protected with a password. Open it in Excel, remove the password "
            "(File, Info, Protect Workbook), save it and import it again."
        )
    )


def too_large() -> Refused:
    return Refused(
        _(
            "This workbook is too large when unpacked. Delete empty rows, columns and sheets, "
            "or split it into several files, and import again."
        )
    )


@dataclass(frozen=True)
class Relation:
    """A pointer from one part to another part or, if ``external``, to an address."""

    kind: str  # the last word of its type: worksheet, sharedStrings, hyperlink …
    target: str
    external: bool


class Package:
    """A workbook's zip file. Sizes are counted while reading; what the headers say is not used."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise damaged() from error
        self._parts = {_plain(info.filename): info for info in self._zip.infolist()}
        self._unpacked: dict[str, int] = {}
        size = path.stat().st_size
        self._budget = min(
            limits.IMPORT_UNPACKED_BYTES, max(_FREE, size * limits.IMPORT_UNPACKED_RATIO)
        )

    def has(self, name: str) -> bool:
        return _plain(name) in self._parts

    def names(self) -> Iterable[str]:
        return self._parts.keys()

    def chunks(self, name: str) -> Iterator[bytes]:
        """The part's bytes as they unpack; refused beyond what a workbook may unpack to."""
        info = self._parts.get(_plain(name))
        if info is None:
            return
        if info.flag_bits & 1:
            raise password()
        others = sum(self._unpacked.values()) - self._unpacked.get(name, 0)
        count = 0
        try:
            with self._zip.open(info) as stream:
                while chunk := stream.read(_CHUNK):
                    count += len(chunk)
                    if others + count > self._budget:
                        raise too_large()
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise damaged() from error
        self._unpacked[name] = max(count, self._unpacked.get(name, 0))

    def parse(self, name: str, start: Start) -> None:
        """Walk through the elements of a small part, without their name spaces."""
        parser = new_parser()

        def opened(tag: str, attributes: dict[str, str]) -> None:
            start(tag.rpartition(":")[2], attributes)

        parser.StartElementHandler = opened
        for _chunk in fed(parser, self.chunks(name)):
            pass

    def relations(self, part: str) -> dict[str, Relation]:
        """The relations of a part by id; ``""`` is the package itself."""
        folder, name = posixpath.split(part)
        found: dict[str, Relation] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship":
                external = attributes.get("TargetMode") == "External"
                target = attributes.get("Target", "")
                if not external:
                    target = posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = Relation(kind, target, external)

        self.parse(posixpath.join(folder, "_rels", name + ".rels"), start)
        return found


def new_parser() -> expat.XMLParserType:
    """An XML parser that refuses documents with a DTD, hence every kind of entity."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 64 * 1024

    def refuse(*_details: object) -> None:
        raise entities()

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def fed(parser: expat.XMLParserType, chunks: Iterable[bytes]) -> Iterator[None]:
    """Feed the parser; pauses after each chunk, so that findings can be taken away."""
    return watched(
        chunks, lambda chunk: parser.Parse(chunk, False), lambda: parser.Parse(b"", True)
    )


def watched(
    chunks: Iterable[bytes], feed: Callable[[bytes], object], end: Callable[[], object]
) -> Iterator[None]:
    """Feed chunk by chunk, then end; a file that is not what it should be is damaged."""
    empty = True
    try:
        for chunk in chunks:
            empty = False
            feed(chunk)
            yield
        if not empty:
            end()
            yield
    except (expat.ExpatError, ValueError, IndexError) as error:
        raise damaged() from error


def _plain(name: str) -> str:
    """Part names are compared without regard to case; some writers use backslashes."""
    return name.replace("\\", "/").lstrip("/").lower()
