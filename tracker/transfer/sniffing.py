"""In which encoding and with which delimiter a text file was written, judged by plausibility."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tracker.errors import Refused
from tracker.text import _
from tracker.transfer import textfiles

SAMPLE_BYTES = 256 * 1024
SAMPLE_ROWS = 300
_COUNTED = 4 * 1024 * 1024  # bytes in which broken UTF-8 is weighed against sound
_ONE_COLUMN = 0.45  # less even than this with every delimiter: there is none
DELIMITERS = (",", ";", "\t", "|")
NO_DELIMITER = "\x1f"  # stands for "one column only": it does not occur in texts
_EAST = ("gb18030", "big5", "shift_jis", "euc_kr")
OFFERED = ("utf-8", *_EAST, "cp1252", "latin-1", "cp1251", "utf-16")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Dialect:
    """How a csv file is written. ``delimiter`` None: one column. ``skip``: lines to leave out."""

    encoding: str
    encodings: list[str]
    delimiter: str | None
    quoted: bool
    skip: int = 0


def sniff(path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> Dialect:
    """Judge the file; what the caller states is taken as stated."""
    with textfiles.opened(path) as file:
        raw = file.read(SAMPLE_BYTES)
    complete = len(raw) < SAMPLE_BYTES
    chosen = checked(encoding) if encoding else guess_encoding(path, raw)
    text = raw.decode(chosen, errors="replace")
    stated, skip = _stated_delimiter(text)
    rows = text if complete else text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    if delimiter is not None and len(delimiter) != 1:
        raise Refused(_("The delimiter must be one character."))
    found, quoted = guess_delimiter(rows, delimiter or stated)
    choices = _choices(chosen, raw)
    return Dialect(chosen, choices, None if found == NO_DELIMITER else found, quoted, skip)


def checked(encoding: str) -> str:
    """A known encoding of text, by the name Python gives it."""
    try:
        name = codecs.lookup(encoding).name
        b"abcd".decode(name)
    except (LookupError, ValueError):
        raise Refused(_("There is no text encoding called {name}.", name=encoding)) from None
    return {"utf_8": "utf-8", "iso8859-1": "latin-1"}.get(name, name)


def _choices(chosen: str, raw: bytes) -> list[str]:
    """Encodings to offer: those that can read the sample, the chosen one first."""
    possible = [name for name in OFFERED if name != chosen and _decodes(raw, name)]
    if "cp1252" in (*possible, chosen) and "latin-1" in possible:
        possible.remove("latin-1")
    if chosen == "utf-8-sig" and "utf-8" in possible:
        possible.remove("utf-8")
    return [chosen, *possible]


def _decodes(raw: bytes, encoding: str) -> bool:
    if encoding == "utf-16" and not raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(raw)
    except UnicodeDecodeError:
        return False
    return True


def guess_encoding(path: Path, raw: bytes) -> str:
    """UTF-8 if the whole file is; else the encoding whose reading looks like language."""
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return name
    if b"\0" in raw and (zeros := _utf16_without_mark(raw)):
        return zeros
    valid, broken = _utf8_share(path)
    if not broken or valid > 20 * broken:
        return "utf-8"
    chinese, western = _chinese_share(raw), _western_share(raw)
    if chinese >= 0.6 and chinese > western and _decodes(raw, "gb18030"):
        return "gb18030"
    if _big5_share(raw) >= 0.6 and western < 0.5 and _decodes(raw, "big5"):
        return "big5"
    return "cp1252" if _decodes(raw, "cp1252") else "latin-1"


def _utf16_without_mark(raw: bytes) -> str | None:
    even, odd = raw[0::2].count(0), raw[1::2].count(0)
    if max(even, odd) < len(raw) * 0.2 or min(even, odd) > max(even, odd) * 0.1:
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _utf8_share(path: Path) -> tuple[int, int]:
    """How many characters beyond ASCII are valid UTF-8 and how many bytes are not.

    A file that is UTF-8 throughout has (0, 0): nothing needs to be counted.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with textfiles.opened(path) as file:
        try:
            while chunk := file.read(1024 * 1024):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            file.seek(0)
            text = file.read(_COUNTED).decode("utf-8", "surrogateescape")
        else:
            return 0, 0
    broken = sum("\udc80" <= sign <= "\udcff" for sign in text)
    return sum(sign > "\x7f" for sign in text) - broken, max(1, broken)


def _chinese_share(raw: bytes) -> float:
    """Of the two-byte characters of a GB18030 reading, the share that people write every day.

    The first level of GB2312 holds 3,755 common characters; a Western text that is read as GB18030
    falls almost entirely outside of it.
    """
    common, pairs = 0.0, 0
    position, size = 0, len(raw) - 1
    while position < size:
        first = raw[position]
        if first < 0x80:
            position += 1
            continue
        second = raw[position + 1]
        pairs += 1
        if second >= 0xA1:
            if 0xB0 <= first <= 0xD7 or 0xA1 <= first <= 0xA3:
                common += 1
            elif 0xD8 <= first <= 0xF7:
                common += 0.5
        position += 2
    return common / pairs if pairs else 0.0


def _big5_share(raw: bytes) -> float:
    """The same for Big5, whose common characters lie between A440 and C67E."""
    common = pairs = position = 0
    while position < len(raw) - 1:
        first = raw[position]
        if first < 0x80:
            position += 1
            continue
        pairs += 1
        common += 0xA4 <= first <= 0xC6 or first in (0xA1, 0xA2)
        position += 2
    return common / pairs if pairs else 0.0


def _western_share(raw: bytes) -> float:
    """Of the bytes beyond ASCII, the share that are single accented letters beside ASCII ones."""
    high = good = 0
    for position, byte in enumerate(raw):
        if byte < 0x80:
            continue
        high += 1
        before = raw[position - 1] if position else 32
        after = raw[position + 1] if position + 1 < len(raw) else 32
        if byte >= 0xC0 and before < 0x80 and after < 0x80:
            good += chr(before).isalpha() or chr(after).isalpha()
    return good / high if high else 0.0


def _stated_delimiter(text: str) -> tuple[str | None, int]:
    """Excel reads a first line ``sep=;`` as the delimiter; so do we."""
    first = text[:20].splitlines()[0] if text else ""
    first = first.strip().strip('"').lower()
    return (first[4], 1) if len(first) == 5 and first.startswith("sep=") else (None, 0)


def guess_delimiter(text: str, delimiter: str | None = None) -> tuple[str, bool]:
    """The delimiter and whether quotes mean anything, by how even the rows come out."""
    candidates = [delimiter] if delimiter else DELIMITERS
    scores = {sign: _evenness(_widths(text, sign, quoted=True)) for sign in candidates}
    best = max(scores, key=lambda sign: scores[sign])
    if delimiter is None and scores[best] < _ONE_COLUMN:
        return NO_DELIMITER, True
    return best, _quotes_matter(text, best)


def _quotes_matter(text: str, delimiter: str) -> bool:
    """False if the rows come out right only when quotation marks are read as plain characters."""
    if len(set(_widths(text, delimiter, quoted=False))) != 1:
        return True
    return len(set(_widths(text, delimiter, quoted=True, strict=True))) == 1


def _evenness(widths: list[int]) -> float:
    """0 for useless; grows with the number of columns and the share of rows that have as many."""
    if not widths:
        return 0.0
    width, count = max(Counter(widths).items(), key=lambda item: (item[1], item[0]))
    even, several = count / len(widths), sum(found > 1 for found in widths) / len(widths)
    if width == 1:
        return 0.1 * several
    return (0.7 * even + 0.3 * several) ** 2 * (1 + math.log(width))


def _widths(text: str, delimiter: str, *, quoted: bool, strict: bool = False) -> list[int]:
    """How many values each of the first records has; none if they cannot be read."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=strict)
    try:
        return [len(row) for row in itertools.islice(filter(any, reader), SAMPLE_ROWS)]
    except csv.Error:
        return []
