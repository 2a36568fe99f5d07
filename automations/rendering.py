"""A dashboard as a PDF or a picture, drawn by a browser that sees it as its recipient does.

The browser is a process of its own with an empty profile: it reaches this machine only, draws for
one person after another, each within a time, and ends with everything it started.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Mapping
from typing import Self
from urllib.parse import urlencode

from automations.chromium import Broken, Chromium, TookTooLong
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
log = logging.getLogger("rounds.rendering")


def browser(named: str = "") -> str | None:
    """The program that draws: the one that is set, else the first on the path."""
    named = named or os.environ.get("ROUNDS_CHROMIUM", "").strip()
    if named:
        return shutil.which(named)
    return next((found for one in NAMES if (found := shutil.which(one))), None)


class Artist:
    """Draws for one person after another with one browser, begun when it is first needed.

    ``stopping`` is asked several times a second; once it is true, drawing ends with
    `chromium.Stopped`.
    """

    def __init__(self, settings: Settings, *, stopping: Callable[[], bool] = lambda: False) -> None:
        self.settings = settings
        self.stopping = stopping
        self._browser: Chromium | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_unused: object) -> None:
        self.close()

    def close(self) -> None:
        """End the browser, if there is one."""
        if self._browser is not None:
            self._browser.close()
            self._browser = None

    def draw(
        self, person: Person, view_id: int, params: Mapping[str, str], *, format: str, name: str
    ) -> Attachment:
        """The view as ``person`` sees it now; raises `Failed` in words."""
        program = browser(self.settings.chromium)
        if program is None:
            raise Failed(NO_BROWSER)
        address = urlencode({**params, "paper": "1"})
        secret = renderpass.issue(person.id, view_id, address)
        try:
            page = f"{own_address(self.settings)}/render/{secret}"
            lang = person.lang or self.settings.lang
            made = self._drawn(program, page, lang=lang, format=format)
            if made is None and not renderpass.used(person.id, view_id):
                raise Failed(_("The browser could not reach the server to draw the dashboard."))
        finally:
            renderpass.void(person.id, view_id)
        return Attachment(f"{name}.{format}", FORMATS[format], _weighed(made))

    def _drawn(self, program: str, page: str, *, lang: str, format: str) -> bytes | None:
        """What the browser made; after anything else it is ended, and the next begins anew."""
        done = False
        try:
            if self._browser is None:
                host = page.split("//")[1].split("/")[0].rpartition(":")[0]
                self._browser = Chromium(program, host, stopping=self.stopping)
            made = self._browser.draw(
                page,
                lang=lang,
                format=format,
                seconds=limits.RENDERED_SECONDS,
                most=limits.RENDERED_BYTES,
            )
            done = True
            return made
        except TookTooLong:
            seconds = limits.RENDERED_SECONDS
            log.warning("drawing a dashboard took longer than %s seconds", seconds)
            text = _("Drawing the dashboard took longer than {n} seconds.", n=seconds)
            raise Failed(text) from None
        except (Broken, OSError) as broken:
            log.warning("the browser failed while it was drawing a dashboard: %s", broken)
            raise Failed(_("The browser ended while it was drawing the dashboard.")) from None
        finally:
            if not done:
                self.close()


def _weighed(made: bytes | None) -> bytes:
    if not made:
        raise Failed(_("The browser could not draw the dashboard."))
    if len(made) > limits.RENDERED_BYTES:
        most = limits.RENDERED_BYTES // 1024 // 1024
        raise Failed(_("The dashboard would be larger than {n} MB in a mail.", n=most))
    return made


def own_address(settings: Settings) -> str:
    """Where our own server listens, seen from this machine."""
    host = settings.host
    if host.strip("0.:") == "":  # every address of this machine
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
