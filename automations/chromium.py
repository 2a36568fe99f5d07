"""One headless Chromium that is told what to do through a pipe, so that it ends when we do.

Each page is drawn in a context of its own: nothing is shared between two drawings.
"""

from __future__ import annotations

import base64
import fcntl
import logging
import os
import select
import signal
import tempfile
import time
from collections.abc import Callable
from typing import Any

import orjson

FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--hide-scrollbars",
    "--log-level=3",
)
WIDTH, SHARPNESS = 1360, 1.5  # CSS pixels of a page, and device pixels for each of them
TALLEST = 12_000  # CSS pixels of a picture
A4 = {"paperWidth": 297 / 25.4, "paperHeight": 210 / 25.4}  # inches, lying
MARGINS = {"marginTop": 0.3, "marginBottom": 0.5, "marginLeft": 0.3, "marginRight": 0.3}
FOOT = (
    '<div style="width: 100%; padding: 0 30px; font: 8px sans-serif; color: #666; display: flex">'
    '<span class="title"></span><span style="margin-left: auto"><span class="pageNumber"></span>'
    ' / <span class="totalPages"></span></span></div>'
)
READY = """(async () => {
  if (!document.body.classList.contains("is-paper")) return false;
  await document.fonts.ready;
  for (let frame = 0; frame < 3; frame += 1) await new Promise((next) => setTimeout(next, 50));
  return true;
})()"""
log = logging.getLogger("rounds.rendering")


class Broken(Exception):
    """The browser ended, or answered what nobody can use."""


class TookTooLong(Exception):
    """The browser did not come to an end in its time."""


class Stopped(Exception):
    """The one who asked is ending and wants no answer any more."""


class Chromium:
    """A browser process and all its children, from the making of this object to `close`."""

    def __init__(self, program: str, host: str, *, stopping: Callable[[], bool]) -> None:
        self.stopping = stopping
        self._until, self._most = 0.0, 0
        self._folder = tempfile.TemporaryDirectory(
            prefix="rounds-paper-", ignore_cleanup_errors=True
        )
        self._number, self._buffer = 0, b""
        self._events: list[dict[str, Any]] = []
        command = [
            program,
            *FLAGS,
            *(["--no-sandbox"] if os.geteuid() == 0 else []),  # which it refuses to be as root
            f"--user-data-dir={self._folder.name}/profile",
            f"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE {host}",
            "about:blank",
        ]
        self.process, self._told, self._heard = _spawn(command, self._folder.name)

    def draw(self, page: str, *, lang: str, format: str, seconds: float, most: int) -> bytes | None:
        """The page as a file; None where what answers is no dashboard on paper.

        Raises `Broken`, `TookTooLong` or `Stopped`; then this browser is of no more use. ``most``:
        bytes; what is larger comes back cut and therefore as large as that at least.
        """
        self._until, self._most = time.monotonic() + seconds, most
        context = self._ask("Target.createBrowserContext")["browserContextId"]
        target = self._ask(
            "Target.createTarget",
            url="about:blank",
            browserContextId=context,
            width=WIDTH,
            height=900,
        )
        attached = self._ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        try:
            self._dress(attached["sessionId"], lang)
            return self._drawn(page, attached["sessionId"], format)
        finally:
            self._events.clear()
            self._tell("Target.disposeBrowserContext", {"browserContextId": context}, None)

    def close(self) -> None:
        """End the whole group: a browser is many processes, and some outlive the first."""
        for end in (self._told, self._heard):
            os.close(end)
        try:
            os.killpg(self.process, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            log.debug("the browser has already ended")
        os.waitpid(self.process, 0)
        self._folder.cleanup()

    # ── one page ─────────────────────────────────────────────────────────────

    def _dress(self, session: str, lang: str) -> None:
        """What a page may ask: the language, the size, that nothing moves and paper is white."""
        self._ask("Page.enable", session)
        self._ask("Network.enable", session)
        self._ask("Network.setExtraHTTPHeaders", session, headers={"Accept-Language": lang})
        self._ask("Emulation.setLocaleOverride", session, locale=lang)
        wishes = {"prefers-reduced-motion": "reduce", "prefers-color-scheme": "light"}
        features = [{"name": name, "value": value} for name, value in wishes.items()]
        self._ask("Emulation.setEmulatedMedia", session, features=features)
        self._size(session, 900)

    def _drawn(self, page: str, session: str, format: str) -> bytes | None:
        if self._ask("Page.navigate", session, url=page).get("errorText"):
            return None
        self._wait("Page.loadEventFired")
        ready = self._ask(
            "Runtime.evaluate", session, expression=READY, awaitPromise=True, returnByValue=True
        )
        if not ready["result"].get("value"):
            return None
        made = self._pdf(session) if format == "pdf" else self._picture(session)
        return base64.b64decode(made["data"])

    def _size(self, session: str, height: int) -> None:
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            session,
            width=WIDTH,
            height=height,
            deviceScaleFactor=SHARPNESS,
            mobile=False,
        )

    def _pdf(self, session: str) -> dict[str, Any]:
        inner = (A4["paperWidth"] - MARGINS["marginLeft"] - MARGINS["marginRight"]) * 96
        return self._ask(
            "Page.printToPDF",
            session,
            **A4,
            **MARGINS,
            scale=inner / WIDTH,
            printBackground=True,
            displayHeaderFooter=True,
            headerTemplate="<span></span>",
            footerTemplate=FOOT,
        )

    def _picture(self, session: str) -> dict[str, Any]:
        """As tall as the page is."""
        size = self._ask("Page.getLayoutMetrics", session)["cssContentSize"]
        self._size(session, min(TALLEST, int(size["height"])))
        return self._ask("Page.captureScreenshot", session, format="png")

    # ── the pipe ─────────────────────────────────────────────────────────────

    def _ask(self, method: str, session: str | None = None, /, **params: Any) -> dict[str, Any]:
        number = self._tell(method, params, session)
        while True:
            message = self._next()
            if message.get("id") != number:
                self._events.append(message)
            elif "result" in message:
                return dict(message["result"])
            else:
                raise Broken(f"{method}: {message.get('error')}")

    def _tell(self, method: str, params: dict[str, Any], session: str | None) -> int:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        try:
            os.write(self._told, orjson.dumps(message) + b"\0")
        except OSError as error:
            raise Broken(str(error)) from None
        return self._number

    def _wait(self, event: str) -> None:
        while not any(one.get("method") == event for one in self._events):
            self._events.append(self._next())

    def _next(self) -> dict[str, Any]:
        """The next message; while it waits it looks at the clock and whether anybody still does."""
        while b"\0" not in self._buffer:
            if self.stopping():
                raise Stopped
            if time.monotonic() > self._until:
                raise TookTooLong
            if len(self._buffer) > 2 * self._most:  # base64 takes a third more
                raise Broken("an answer without end")
            ready, _writable, _odd = select.select([self._heard], [], [], 0.2)
            part = os.read(self._heard, 1 << 20) if ready else None
            if part == b"":
                raise Broken("it has ended")
            self._buffer += part or b""
        first, _end, self._buffer = self._buffer.partition(b"\0")
        return dict(orjson.loads(first))


def _spawn(command: list[str], folder: str) -> tuple[int, int, int]:
    """``(process, where it is told, where it is heard)``: it reads at 3 and writes at 4."""
    theirs, told = (_above(end) for end in os.pipe())
    heard, said = (_above(end) for end in os.pipe())
    environment = {"HOME": folder, "PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}
    ends: list[tuple[Any, ...]] = [
        *((os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)),
        (os.POSIX_SPAWN_DUP2, theirs, 3),
        (os.POSIX_SPAWN_DUP2, said, 4),
    ]
    try:
        pid = os.posix_spawn(
            command[0],
            command,
            environment,
            file_actions=ends,
            setpgroup=0,
            setsigdef=[signal.SIGPIPE],
        )
    finally:
        os.close(theirs)
        os.close(said)
    return pid, told, heard


def _above(end: int) -> int:
    """The same end at a number that is in nobody's way, and that children do not inherit."""
    high = fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(end)
    return high
