"""The archive of a base file: a zip whose bytes depend on what is in it alone, and its manifest.

Reading trusts nothing it says: sizes are counted while unpacking, each part against its checksum.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

import tracker
from tracker import limits
from tracker.errors import Refused, TooMuch
from tracker.text import _
from tracker.transfer.basefile.references import damaged

FORMAT = 1
MANIFEST = "manifest.json"
_SMALL = 64 * 1024 * 1024  # bytes of a part that is read whole
_LINE = 16 * 1024 * 1024  # bytes of one record
_CHUNK = 256 * 1024
_OURS = re.compile(
    r"manifest\.json|base\.json|people\.json|departments\.json"
    r"|(records|links|comments)/[a-z0-9_.]{1,200}\.jsonl|files/[0-9a-f]{64}"
)
_WHEN = (1980, 1, 1, 0, 0, 0)  # the same for all: the archive tells nothing of when it was made
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)


def packed(data: Any) -> bytes:
    """JSON that is the same for the same data."""
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS)


class Writer:
    """Parts in the order they are given, the manifest last."""

    def __init__(self, target: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=True)
        self._parts: dict[str, dict[str, Any]] = {}

    def whole(self, name: str, data: Any) -> None:
        self._write(name, [orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)])

    def lines(self, name: str, rows: Iterable[Any]) -> int:
        """One row a line; how many there were. Nothing is written for none."""
        count = 0

        def told() -> Iterator[bytes]:
            nonlocal count
            for row in rows:
                count += 1
                yield packed(row) + b"\n"

        first = told()
        start = next(first, None)
        if start is not None:
            self._write(name, _joined(start, first))
        return count

    def file(self, name: str, stream: IO[bytes]) -> None:
        self._write(name, iter(lambda: stream.read(_CHUNK), b""), packing=zipfile.ZIP_STORED)

    def close(self, counts: dict[str, int]) -> None:
        said = {"format": FORMAT, "version": tracker.__version__, "counts": counts}
        said["parts"] = self._parts
        self.whole(MANIFEST, {**said, "digest": digest(said)})
        self._zip.close()

    def _write(
        self, name: str, chunks: Iterable[bytes], packing: int = zipfile.ZIP_DEFLATED
    ) -> None:
        info = zipfile.ZipInfo(name, _WHEN)
        info.compress_type, info.create_system = packing, 3
        info.external_attr = 0o600 << 16
        sum_, size = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as part:
            for chunk in chunks:
                sum_.update(chunk)
                size += len(chunk)
                part.write(chunk)
        self._parts[name] = {"bytes": size, "sha256": sum_.hexdigest()}


def _joined(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    """Many lines at once: packing each alone is slow."""
    waiting, size = [first], len(first)
    for line in rest:
        waiting.append(line)
        size += len(line)
        if size > _CHUNK:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def digest(said: dict[str, Any]) -> str:
    return hashlib.sha256(packed(said)).hexdigest()


# ── reading ──────────────────────────────────────────────────────────────────


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """The base file, its manifest read and agreeing with what is there; `Refused` otherwise."""
    try:
        file = zipfile.ZipFile(path)
    except _BROKEN as error:
        raise Refused(_("This is no base file of Rounds.")) from error
    with file:
        yield Reader(file)


class Reader:
    """The parts of a base file. ``counts`` is what the manifest says it holds."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._zip = file
        infos = file.infolist()
        if len(infos) > limits.BASEFILE_PARTS:
            raise TooMuch(_("A base file has at most {n} parts.", n=f"{limits.BASEFILE_PARTS:,}"))
        names = [info.filename for info in infos]
        if len(set(names)) < len(names) or not all(map(_OURS.fullmatch, names)):
            raise damaged()
        if MANIFEST not in names:
            raise Refused(_("This is no base file of Rounds."))
        self._parts: dict[str, Any] = {MANIFEST: {"bytes": _SMALL, "sha256": None}}
        self.counts = self._read_manifest(set(names))

    def _read_manifest(self, names: set[str]) -> dict[str, int]:
        said = self.whole(MANIFEST)
        if not isinstance(said, dict) or said.pop("digest", None) != digest(said):
            raise damaged()
        if said.get("format") != FORMAT:
            version = str(said.get("version"))[:20]
            raise Refused(
                _("This base file was made by Rounds {version}, which is newer.", version=version)
            )
        parts, counts = said.get("parts"), said.get("counts")
        if not isinstance(parts, dict) or not isinstance(counts, dict):
            raise damaged()
        if parts.keys() | {MANIFEST} != names or not all(map(_typed, parts.values())):
            raise damaged()
        self._parts.update(parts)
        if sum(one["bytes"] for one in parts.values()) > limits.BASEFILE_UNPACKED_BYTES:
            n = limits.BASEFILE_UNPACKED_BYTES // 2**30
            raise TooMuch(_("A base file unpacks to at most {n} GB.", n=n))
        return counts

    def whole(self, name: str) -> Any:
        """A small part as data."""
        if self._parts.get(name, {}).get("bytes", 0) > _SMALL:
            raise damaged()
        return _parsed(b"".join(self.chunks(name)))

    def lines(self, name: str) -> Iterator[Any]:
        """The rows of a part, one by one; none where it is not there."""
        rest = b""
        for chunk in self.chunks(name) if name in self._parts else ():
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > _LINE:
                raise damaged()
            yield from map(_parsed, lines)
        if rest:
            raise damaged()

    def copy(self, name: str, target: Path) -> None:
        """A part into a new file."""
        if name not in self._parts:
            raise damaged()
        with target.open("xb") as file:
            for chunk in self.chunks(name):
                file.write(chunk)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a part, no more than were said, and in the end those that were said."""
        about, sum_, left = self._parts.get(name), hashlib.sha256(), 0
        if about is None:
            raise damaged()
        left = about["bytes"]
        try:
            with self._zip.open(name) as part:
                while chunk := part.read(_CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise damaged()
                    sum_.update(chunk)
                    yield chunk
        except (*_BROKEN, RuntimeError) as error:  # RuntimeError: it wants a password
            raise damaged() from error
        if about["sha256"] and (left or sum_.hexdigest() != about["sha256"]):
            raise damaged()


def _typed(part: Any) -> bool:
    return (
        isinstance(part, dict)
        and type(part.get("bytes")) is int
        and part["bytes"] >= 0
        and isinstance(part.get("sha256"), str)
        and len(part["sha256"]) == 64
    )


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise damaged() from error
