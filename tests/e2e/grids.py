"""The world with a grid of all visits, served; and how tests get at its cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import world as worlds
from tests.conftest import opened
from tests.e2e import serving
from tracker import accounts, db, migrations, models, permissions, schema, settings
from tracker.query import Query

SAVED = "() => !document.querySelector('.is-saving')"
ROWS = 60


@dataclass
class Place:
    """The served world: its address, its database, the cookie of each person."""

    address: str
    url: str
    cookies: dict[str, str]
    visits: int
    view: int
    fields: dict[str, int]

    def values(self, title: str) -> dict[str, Any]:
        """The stored values of the visit called so, by key of the field."""
        with opened(self.url):
            table = schema.current().table(self.visits)
            query = Query(permissions.system(), table)
            found = query.where({"field": "title", "op": "is", "value": title}).page(2).records
            assert len(found) == 1, title
            return {key: found[0].values.get(one) for key, one in self.fields.items()}

    def count(self) -> int:
        with opened(self.url):
            return Query(permissions.system(), schema.current().table(self.visits)).count()


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    folder: Path = tmp_path_factory.mktemp("grid") / "data"
    folder.mkdir()
    url = settings.load({"ROUNDS_DATA_DIR": str(folder)}).database_url
    with opened(url):
        migrations.migrate()
        world = worlds.build()
        ids = worlds.sample(world)
        for number in range(ROWS):
            link = {"company": [ids["medical"]]} if number % 2 else {}
            world.visit(f"行{number:02}", people=number, kind="电话", **link)
        with db.write():
            view = models.View.create(
                base=world.base.id, table=world.visits.id, kind="grid", name="全部"
            )
            models.Role.update(views=[view.id]).execute()
            schema.changed()
            cookies = {name: accounts.start_session(one) for name, one in world.people.items()}
        visits, fields = world.visits.id, {one.key: one.id for one in world.visits.fields}
    with serving.served(folder, demo=False) as address:
        yield Place(address, url, cookies, visits, view.id, fields)


@pytest.fixture
def open_grid(browser, place):
    """``open_grid(who="admin", path="", …context options)``: a page with the grid ready."""
    contexts = []

    def start(who: str = "admin", path: str = "", **options: Any):
        options = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN", **options}
        context = browser.new_context(**options)
        contexts.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=place.address)
        context.add_cookies([{"name": "rounds", "value": place.cookies[who], "url": place.address}])
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.goto(f"{place.address}/v/{place.view}{path}")
        page.wait_for_function("() => window.rounds?.grid?.at > 0")
        return page

    yield start
    for context in contexts:
        context.close()


def cell(page, place: Place, title: str, key: str):
    """The cell of a field in the row called ``title``."""
    row = page.locator(".frozen > .row", has=page.get_by_text(title, exact=True))
    number = int(row.get_attribute("aria-rowindex")) - 2
    column = page.evaluate(
        "(id) => rounds.grid.columns.findIndex((one) => one.id === id)", place.fields[key]
    )
    page.evaluate("([row, column]) => rounds.grid.reveal(row, column)", [number, column])
    if column == 0:
        return row.locator(".cell")
    chunk = row.locator("xpath=ancestor::div[contains(@class, 'chunk')]")
    return chunk.locator(f".free > .row[aria-rowindex='{number + 2}'] > .k{place.fields[key]}")


def active(page) -> list[int]:
    return page.evaluate("() => [rounds.grid.active.row, rounds.grid.active.column]")


def saved(page) -> None:
    page.wait_for_function(SAVED)
