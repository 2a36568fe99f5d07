"""The heart of the product in a browser: overdue, the branch files, the chase stops by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from waitress.server import create_server

from tests.views import house
from tests.views.conftest import Site
from tests.views.house import COORDINATOR
from tracker import accounts, db, models
from tracker.models import Duty

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MONDAY, LATER, TUESDAY = "2026-11-23T01:00:00Z", "2026-11-23T03:00:00Z", "2026-11-24T01:00:30Z"
BRANCH = "苏州专员"


@contextmanager
def address_of(site: Site) -> Iterator[str]:
    """Where the site is served while the block runs."""
    server = create_server(site.app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        thread.join(timeout=5)


@pytest.fixture
def site(make_database: Any, tmp_path: Path) -> Iterator[Site]:
    from tests.conftest import opened

    url = make_database("sqlite")
    with (
        time_machine.travel(MONDAY, tick=True),
        opened(url),
        house.served(url, tmp_path) as site,
    ):
        yield site


def page_of(browser: Browser, site: Site, name: str, address: str) -> Page:
    """A signed-in page of somebody, in English."""
    with db.write():
        secret = accounts.start_session(site.world.people[name])
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": "rounds", "value": secret, "url": address}])
    return context.new_page()


def asks(site: Any, duty: Duty) -> None:
    """The form asks for title, day and state; the branch is that of whoever files."""
    world: Any = site.world
    questions: list[dict[str, Any]] = [
        {"field": world.field(key), "label": "", "required": True, "default": default}
        for key, default in (("title", None), ("day", None), ("branch", {"var": "my_department"}))
    ]
    definition = {"sections": [{"title": "", "questions": questions}], "thanks": "", "submit": ""}
    models.Form.update(definition=definition).where(models.Form.id == duty.form_id).execute()
    role = world.roles["staff"]
    role.forms = [duty.form_id]
    role.save()


def cell(page: Page, path: str) -> Any:
    """The mark of the branch in the week that was due on Friday."""
    page.goto(path)
    row = page.locator("tr", has=page.get_by_role("rowheader", name="苏州"))
    return row, row.locator("td").first.locator(".mark")


def test_a_filed_report_turns_its_cell_and_stops_the_chase(site: Any, browser: Browser) -> None:
    duty = house.weekly(site, since="2026-11-16")
    asks(site, duty)
    view = house.matrix(duty, site)
    worker = house.worker(site)
    worker.tick()  # Monday 9:00: everybody who is overdue has been told
    assert house.told(BRANCH) == 1

    with address_of(site) as address:
        watching = page_of(browser, site, COORDINATOR, address)
        row, mark = cell(watching, f"{address}/v/{view.id}")
        assert "overdue" in mark.inner_text()
        assert "next 11-24 Tue 09:00" in row.inner_text()

        filing = page_of(browser, site, BRANCH, address)
        filing.goto(f"{address}/")
        filing.get_by_role("link", name="File", exact=True).first.click()
        filing.locator(f"[name*='{site.world.field('title')}']").first.fill("本周进展")
        filing.locator("input[type=date]").first.fill("2026-11-20")
        filing.locator("form button[type=submit], form button:not([type])").last.click()
        filing.wait_for_url("**/done**")

        row, mark = cell(watching, f"{address}/v/{view.id}")
        assert "filed late" in mark.inner_text()
        assert "next" not in row.inner_text()

    with time_machine.travel(TUESDAY, tick=True):
        worker.tick()
    assert house.told(BRANCH) == 1
    assert house.told("上海专员") == 2
