"""The ground that tests stand on holds: databases are fresh, and nothing leaves the machine."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import network
from tracker import db, migrations

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.conftest import MakeDatabase


def test_database_is_migrated_and_open(database: str) -> None:
    assert database.startswith(("sqlite:///", "postgresql://"))
    assert migrations.current() == len(migrations.steps())
    assert migrations.migrate() == []


@pytest.mark.parametrize("round_", [1, 2])
def test_database_is_fresh_for_each_test(database: str, round_: int) -> None:
    db.execute("CREATE TABLE left_behind (id INTEGER)")
    assert db.query("SELECT count(*) FROM left_behind") == [(0,)]


def test_one_test_can_have_several(make_database: MakeDatabase) -> None:
    assert make_database("sqlite") != make_database("sqlite")


def test_outside_is_refused() -> None:
    with socket.socket() as probe, pytest.raises(network.Outside):
        probe.connect(("192.0.2.1", 80))
    with pytest.raises(network.Outside):
        socket.create_connection(("example.com", 80), timeout=1)
    with pytest.raises(network.Outside):
        socket.getaddrinfo("example.com", 443)


def test_this_machine_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("localhost", port), timeout=5).close()


def test_browser_shows_a_file(browser: Browser, tmp_path: Path) -> None:
    page_file = tmp_path / "page.html"
    page_file.write_text("<title>走访</title>", "utf-8")
    page = browser.new_page()
    page.goto(page_file.as_uri())
    assert page.title() == "走访"
    page.close()
