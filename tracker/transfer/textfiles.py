"""Text files as they are read: as they lie there, or unpacked on the way from gzip (.csv.gz)."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO

from tracker import limits
from tracker.errors import Refused
from tracker.text import _

MARK = b"\x1f\x8b"


def opened(path: Path) -> BinaryIO:
    """The bytes of the file, unpacked where it is packed; refused beyond what it may unpack to."""
    file = path.open("rb")
    packed = file.read(len(MARK)) == MARK
    file.seek(0)
    return io.BufferedReader(_Unpacked(file)) if packed else file


class _Unpacked(io.RawIOBase):
    """What a gzip file holds, counted; it can go back to its start."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._inside = gzip.GzipFile(fileobj=file)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._inside.seek(offset, whence)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer
        try:
            chunk = self._inside.read(len(buffer))
        except (zlib.error, EOFError, OSError) as error:
            raise Refused(
                _("This compressed file is damaged. Unpack it and import the file in it.")
            ) from error
        if self._inside.tell() > limits.IMPORT_UNPACKED_BYTES:
            limit = limits.IMPORT_UNPACKED_BYTES // 2**20
            raise Refused(
                _("Unpacked, this file is larger than {limit} MB. Split it.", limit=limit)
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._inside.close()
        self._file.close()
        super().close()
