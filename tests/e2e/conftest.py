"""The small world served for forms in a browser, and pages of it on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import world as worlds
from tests.conftest import opened
from tests.e2e import serving
from tests.e2e.filing import PHONE, Filing
from tests.e2e.grids import open_grid, place
from tests.forms.conftest import form_of
from tracker import accounts, db, migrations, permissions, tables
from tracker import settings as settings_module

SYSTEM = permissions.system()
__all__ = ["open_grid", "place"]  # fixtures


@pytest.fixture(scope="session")
def filing(tmp_path_factory) -> Iterator[Filing]:
    folder: Path = tmp_path_factory.mktemp("form") / "data"
    folder.mkdir()
    url = settings_module.load({"ROUNDS_DATA_DIR": str(folder)}).database_url
    with opened(url):
        migrations.migrate()
        world = worlds.build()
        worlds.sample(world)
        tables.add_field(SYSTEM, world.visits, "text", "结论", key="verdict")
        accounts.set_password(world.people["admin"], "seven rounds a day")
        with db.write():
            cookies = {name: accounts.start_session(one) for name, one in world.people.items()}
        forms = {"phone": phone(world), "every": form_of(world).id, "designed": phone(world)}
        forms["onsite"] = onsite(world)
        fields = {one.key: one.id for one in world.visits.fields}
    with serving.served(folder, demo=False) as address:
        yield Filing(address, url, cookies, forms, fields)


def phone(world: worlds.World) -> int:
    """What a person fills in between two meetings."""
    done = {"field": world.visits.field("state").id, "op": "is", "value": "完成"}
    form = form_of(
        world,
        {"field": "company", "required": True},
        {"field": "kind", "required": True},
        {"field": "state", "default": 1},
        {"field": "department", "default": {"var": "my_department"}},
        {"field": "title", "required": True, "help": "一句话"},
        {"field": "notes", "required": True, "show_if": done},
        {"field": "tags"},
        {"field": "people"},
        {"field": "start", "default": "now"},
    )
    return int(form.id)


def onsite(world: worlds.World) -> int:
    """What is seen on the spot: stars, time, the place, photos, a signature."""
    kinds = ("rating", "progress", "duration", "location", "attachment", "signature")
    for kind in kinds:
        tables.add_field(SYSTEM, world.visits, kind, kind, key=kind)
    asked = [{"field": kind, "required": kind in {"attachment", "signature"}} for kind in kinds]
    department = {"field": "department", "default": {"var": "my_department"}}
    return int(form_of(world, {"field": "title", "required": True}, department, *asked).id)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where the demo base is served, one for each module."""
    with serving.served(tmp_path_factory.mktemp("demo") / "data") as url:
        yield url


@pytest.fixture
def page(browser, address, request):
    """A page of the coordinator, or of whom a test names, with the width of the screen."""
    who, width = getattr(request, "param", ("coordinator", 1440))
    with serving.signed_in(browser, address, who, width=width) as page:
        yield page


@pytest.fixture
def visit(browser, filing):
    """``visit(path, who="owner", …context options)``: a page, and its context."""
    contexts = []

    def start(path: str, who: str = "owner", **options: Any):
        context = browser.new_context(**{**PHONE, **options})
        contexts.append(context)
        context.add_cookies(
            [{"name": "rounds", "value": filing.cookies[who], "url": filing.address}]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.goto(f"{filing.address}{path}")
        return page

    yield start
    for context in contexts:
        context.close()
