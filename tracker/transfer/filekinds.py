"""What a file really is, by its content: its name is not believed."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tracker import limits
from tracker.errors import Refused
from tracker.text import Text, _
from tracker.transfer import textfiles
from tracker.transfer.package import damaged, password

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_FOREIGN = (
    (b"%PDF", _("a PDF document")),
    (b"\x89PNG", _("a picture")),
    (b"\xff\xd8\xff", _("a picture")),
    (b"GIF8", _("a picture")),
    (b"Rar!", _("a compressed archive")),
    (b"7z\xbc\xaf", _("a compressed archive")),
    (b"SQLite format 3", _("a database")),
    (b"{\\rtf", _("a text document")),
)
_WEB = (b"<html", b"<!doctype html", b"<table", b"<meta", b"mime-version:", b"<head", b"<style")


def kind_of(path: Path) -> str:
    """``xlsx``, ``xls`` or ``text``; anything else is refused with what to do about it."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(8192)
    except OSError as error:
        raise Refused(_("The file {name} cannot be opened.", name=path.name)) from error
    if size > limits.IMPORT_BYTES:
        raise Refused(
            _(
                "The file is larger than {limit} MB. Split it and import the parts.",
                limit=limits.IMPORT_BYTES // 1024 // 1024,
            )
        )
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise no_data()
    if head.startswith(_OLE):
        return _old_kind(path)
    if head.startswith(b"PK"):
        return _zip_kind(path)
    if head.startswith(textfiles.MARK):
        with textfiles.opened(path) as file:
            head = file.read(8192)
        if head.startswith((b"PK", _OLE)) or b"ustar" in head[:512]:
            raise _not_a_table(_("a compressed archive"))
    _refuse_foreign(head)
    return "text"


def no_data(*, pictures: bool = False) -> Refused:
    if pictures:
        return Refused(_("There is no data in this file: it holds pictures but no filled cell."))
    return Refused(_("There is no data in this file: no cell is filled."))


def _not_a_table(what: Text) -> Refused:
    return Refused(_("This is {what}, not a table. Import an .xlsx or .csv file.", what=what))


def _save_as(what: Text) -> Refused:
    return Refused(
        _("This is {what}. Open it in Excel or WPS, save it as .xlsx and import that.", what=what)
    )


def _old_kind(path: Path) -> str:
    """The container of old Office files: an .xls, an encrypted workbook or something else."""
    found = set()
    marks = {name: name.encode("utf-16-le") for name in ("EncryptedPackage", "Workbook", "Book")}
    with path.open("rb") as file:
        before = b""
        while chunk := file.read(1024 * 1024):
            window = before + chunk
            found |= {name for name, mark in marks.items() if mark in window}
            before = window[-64:]
    if "EncryptedPackage" in found:
        raise password()
    if found:
        return "xls"
    raise _not_a_table(_("an old Office document"))


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as package:
            names = {name.replace("\\", "/").lower() for name in package.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise damaged() from error
    if "xl/workbook.bin" in names:
        raise _save_as(_("a binary workbook (.xlsb)"))
    if "mimetype" in names and "content.xml" in names:
        raise _save_as(_("an OpenDocument file (.ods)"))
    if "index/document.iwa" in names or "index.zip" in names:
        raise _save_as(_("a Numbers document"))
    if "word/document.xml" in names:
        raise _not_a_table(_("a Word document"))
    if "ppt/presentation.xml" in names:
        raise _not_a_table(_("a PowerPoint presentation"))
    if not any(name.startswith("xl/") or name == "_rels/.rels" for name in names):
        raise Refused(_("This is a zip archive. Unpack it and import the files in it one by one."))
    return "xlsx"


def _refuse_foreign(head: bytes) -> None:
    for mark, what in _FOREIGN:
        if head.startswith(mark):
            raise _not_a_table(what)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    if start.startswith(_WEB):
        raise _save_as(_("a web page under the name of a workbook"))
    if start.startswith(b"<?xml"):
        raise _save_as(_("an XML file"))
    if not head.startswith((b"\xff\xfe", b"\xfe\xff")) and _is_binary(head):
        raise Refused(_("This file is neither a workbook nor text. Import an .xlsx or .csv file."))


def _is_binary(head: bytes) -> bool:
    """Many control characters, and not the zeros that every second byte of UTF-16 has."""
    control = sum(head.count(code) for code in (*range(1, 9), *range(14, 27), *range(28, 32)))
    zeros = head.count(0)
    if zeros > len(head) * 0.2 and max(head[0::2].count(0), head[1::2].count(0)) > zeros * 0.9:
        zeros = 0
    return control + zeros > max(1, len(head) * 0.1)
