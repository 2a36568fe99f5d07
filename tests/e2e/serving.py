"""A real server for browser tests: its own process, its own data, the demo base in it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, alone

PASSWORD = "rounds-demo"
PEOPLE = {
    "staff": "wangfang@example.com",
    "head": "lijianguo@example.com",
    "coordinator": "chenjing@example.com",
    "admin": "zhaolei@example.com",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(folder: Path, *, demo: bool = True) -> Iterator[str]:
    """The address of ``rounds serve`` over ``folder``; it is ended by its own process id."""
    if demo:
        shutil.copytree(demo_data(), folder)
    with _started(folder, demo=demo) as address:
        yield address


def demo_data() -> Path:
    """The demo base, installed once in a run of tests by a server of its own, to be copied."""
    run = Path(os.environ["TEST_RUN_FOLDER"])
    made = run / "demo"
    with alone(run, "demo"):
        if not made.exists():
            with _started(run / "making-demo", demo=True):
                pass
            (run / "making-demo").rename(made)
    return made


@contextmanager
def _started(folder: Path, *, demo: bool) -> Iterator[str]:
    port = free_port()
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("ROUNDS_")},
        "ROUNDS_DATA_DIR": str(folder),
        "ROUNDS_PORT": str(port),
        "ROUNDS_DEMO": "1" if demo else "0",
    }
    start = "import app; from tracker import settings; app.serve(settings.load())"
    command = [sys.executable, "-c", start]
    log = folder.parent / f"{folder.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: int = 90) -> None:
    for _attempt in range(seconds * 5):
        if process.poll() is not None:
            raise RuntimeError(log.read_text("utf-8", "replace")[-2000:])
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(log.read_text("utf-8", "replace")[-2000:])


def setup_link(log: Path) -> str:
    """The link for the first administrator that the console shows."""
    found = re.search(r"/setup/[\w-]+", log.read_text("utf-8"))
    assert found
    return found[0]


@contextmanager
def signed_in(browser, address: str, who: str, *, width: int = 1440) -> Iterator[Any]:
    """A page of somebody of the demo, in English; what scripts complain of fails the test."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="en-US")
    page = context.new_page()
    page.said = []
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("console", lambda one: page.said.append(one.text) if one.type == "error" else None)
    sign_in(page, address, who)
    yield page
    assert page.said == []
    context.close()


class Held:
    """Requests that wait on their way until they are let go, or answered otherwise."""

    def __init__(self, page, url: re.Pattern[str], method: str = "POST") -> None:
        self.page, self.url, self.method = page, url, method
        self.routes: list[Any] = []
        page.route(url, self._take)

    def _take(self, route) -> None:
        if route.request.method == self.method:
            self.routes.append(route)
        else:
            route.continue_()

    def wait(self, count: int = 1) -> None:
        for _look in range(500):
            if len(self.routes) >= count:
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"{len(self.routes)} requests, not {count}")

    def go(self, **answer: Any) -> None:
        """Let the next one go; with a status (0: the signal is gone) it never arrives."""
        self.wait()
        route = self.routes.pop(0)
        if not answer:
            route.continue_()
        elif answer["status"]:
            route.fulfill(**answer)
        else:
            route.abort()

    def end(self) -> None:
        while self.routes:
            self.go()
        self.page.unroute(self.url, self._take)


def sign_in(page, address: str, who: str) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("#email", PEOPLE[who])
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
