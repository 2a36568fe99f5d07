"""The parent's side of reading: starts the child, takes its frames, ends it, words its death."""

from __future__ import annotations

import logging
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Any

import orjson

import tracker
from tracker import limits
from tracker.errors import Refused
from tracker.text import Text, _
from tracker.transfer.cells import unpack

_ROOT = Path(tracker.__file__).resolve().parent.parent
_PASSED_ON = {"PATH", "SYSTEMROOT", "HOME", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH"}
_FRAME = 128 * 1024 * 1024
COMMAND = [sys.executable, "-m", "tracker.transfer.child"]
log = logging.getLogger("rounds.transfer")


def frames(request: dict[str, Any]) -> Generator[dict[str, Any], None, None]:
    """Ask a child process and yield its frames; it ends with the walk, however that ends.

    The pipe holds the child back while the caller is busy, so memory stays flat on both sides.
    """
    process = _start(request)
    try:
        yield from _answers(process)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def _start(request: dict[str, Any]) -> subprocess.Popen[bytes]:
    # The environment is cut down: the child needs no password of ours.
    environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    process = subprocess.Popen(  # noqa: S603 - our own module under our own interpreter
        COMMAND,
        cwd=_ROOT,
        env={**environment, "PYTHONPATH": os.pathsep.join([str(_ROOT), *sys.path])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None  # noqa: S101 - asked for above
    try:
        process.stdin.write(orjson.dumps(request))
        process.stdin.close()
    except BrokenPipeError:
        pass  # it died at once; reading its answer will tell
    return process


def _answers(process: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None  # noqa: S101 - asked for in _start
    while True:
        frame = _frame(process, process.stdout)
        if frame is None:
            raise _death(process.wait())
        if "refused" in frame:
            raise Refused(unpack(frame["refused"]))
        if "failed" in frame:
            log.warning("reading a file failed: %s", frame.get("trace", frame["failed"]))
            raise Refused(_too_large() if frame["failed"] == "memory" else _unreadable())
        if "end" in frame:
            return
        yield frame


def _frame(process: subprocess.Popen[bytes], pipe: IO[bytes]) -> dict[str, Any] | None:
    """The next frame, None if the child is gone. A child that is silent too long is killed."""
    watchdog = threading.Timer(limits.IMPORT_SILENCE_SECONDS, process.kill)
    watchdog.start()
    try:
        head = pipe.read(4)
        if len(head) < 4:
            return None
        (length,) = struct.unpack(">I", head)
        if length > _FRAME:
            return None
        body = pipe.read(length)
    finally:
        watchdog.cancel()
    return orjson.loads(body) if len(body) == length else None


def _death(code: int) -> Refused:
    log.warning("the reading process ended with %s", code)
    if code == -getattr(signal, "SIGXCPU", 24) or code == -getattr(signal, "SIGKILL", 9):
        return Refused(
            _(
                "Reading this file took too long and was stopped. "
                "Split it into several files and import them one after the other."
            )
        )
    return Refused(_too_large())


def _too_large() -> Text:
    return _(
        "This file needs more memory than reading is allowed. "
        "Split it into several files, or save it as .csv, and import again."
    )


def _unreadable() -> Text:
    return _(
        "This file cannot be read. Open it in Excel or WPS, save it under a new name "
        "as .xlsx and import that file."
    )
