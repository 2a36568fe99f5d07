"""A dashboard as a PDF or a picture, drawn by a browser that sees it as its recipient does.

The browser is a process of its own with an empty profile: it reaches this machine only, has a
minute, and ends with everything it started.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from automations.messages import Attachment, Failed
from tracker import limits, renderpass
from tracker.models import Person
from tracker.settings import Settings
from tracker.text import _

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
FORMATS = {"pdf": "application/pdf", "png": "image/png"}
NO_BROWSER = _(
    "No browser was found that could draw the dashboard. Install Chromium on the machine of the "
    "worker, or name it in ROUNDS_CHROMIUM."
)
WIDTH = 1360
FLAGS = (
    "--headless=new",
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
    "--no-pdf-header-footer",
    "--run-all-compositor-stages-before-draw",
    "--virtual-time-budget=8000",
    "--log-level=3",
)
log = logging.getLogger("rounds.rendering")


def browser(named: str = "") -> str | None:
    """The program that draws: the one that is set, else the first on the path."""
    named = named or os.environ.get("ROUNDS_CHROMIUM", "").strip()
    if named:
        return shutil.which(named)
    return next((found for one in NAMES if (found := shutil.which(one))), None)


def render(
    person: Person,
    view_id: int,
    params: Mapping[str, str],
    *,
    settings: Settings,
    format: str,
    name: str,
    height: int = 1600,
) -> Attachment:
    """The view as ``person`` sees it now; raises `Failed` in words."""
    program = browser(settings.chromium)
    if program is None:
        raise Failed(NO_BROWSER)
    address = urlencode({**params, "paper": "1"})
    secret = renderpass.issue(person.id, view_id, address)
    try:
        with tempfile.TemporaryDirectory(prefix="rounds-paper-") as folder:
            page = f"{own_address(settings)}/render/{secret}"
            content = _draw(program, page, Path(folder), format=format, height=height)
        if not renderpass.used(person.id, view_id):  # drawn is that nobody answered
            raise Failed(_("The browser could not reach the server to draw the dashboard."))
    finally:
        renderpass.void(person.id, view_id)
    return Attachment(f"{name}.{format}", FORMATS[format], content)


def own_address(settings: Settings) -> str:
    """Where our own server listens, seen from this machine."""
    host = settings.host
    if host.strip("0.:") == "":  # every address of this machine
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _draw(program: str, page: str, folder: Path, *, format: str, height: int) -> bytes:
    made = folder / f"made.{format}"
    output = f"--print-to-pdf={made}" if format == "pdf" else f"--screenshot={made}"
    host = page.split("//")[1].split("/")[0].rpartition(":")[0]
    command = [
        program,
        *FLAGS,
        *(["--no-sandbox"] if os.geteuid() == 0 else []),  # which Chromium refuses to be as root
        f"--user-data-dir={folder / 'profile'}",
        f"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE {host}",
        f"--window-size={WIDTH},{height}",
        output,
        page,
    ]
    environment = {"HOME": str(folder), "PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}
    _run(command, environment)
    if not made.exists() or not made.stat().st_size:
        raise Failed(_("The browser could not draw the dashboard."))
    if made.stat().st_size > limits.RENDERED_BYTES:
        most = limits.RENDERED_BYTES // 1024 // 1024
        raise Failed(_("The dashboard would be larger than {n} MB in a mail.", n=most))
    return made.read_bytes()


def _run(command: list[str], environment: dict[str, str]) -> None:
    """Let it run within its time; then it and all its children are ended."""
    silent = subprocess.DEVNULL
    process = subprocess.Popen(  # noqa: S603 - a list, made of what the installation has set
        command, env=environment, stdin=silent, stdout=silent, stderr=silent, start_new_session=True
    )
    try:
        process.wait(timeout=limits.RENDERED_SECONDS)
    except subprocess.TimeoutExpired:
        log.warning("drawing a dashboard took longer than %s seconds", limits.RENDERED_SECONDS)
        seconds = limits.RENDERED_SECONDS
        raise Failed(_("Drawing the dashboard took longer than {n} seconds.", n=seconds)) from None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """The whole group: a browser is many processes, and some outlive the first."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        log.debug("the browser has already ended")
    process.wait()
