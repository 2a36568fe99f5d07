"""The small world behind the web: signed-in clients of each of its people."""

from __future__ import annotations

import dataclasses
import hmac
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import app as application
from tests import world as worlds
from tests.conftest import opened as opened_database
from tracker import accounts, db, models, schema, settings

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@dataclass
class Browser:
    """One signed-in person's requests, with the headers their pages send."""

    client: FlaskClient
    csrf: str

    def get(self, path: str, *, partial: bool = False, **headers: str) -> TestResponse:
        sent = {**(PARTIAL if partial else {}), **headers}
        return self.client.get(path, headers=sent, buffered=True)

    def post(self, path: str, json: Any = None) -> TestResponse:
        """As scripts of the page do."""
        headers = {"X-CSRF-Token": self.csrf, "Accept": "application/json"}
        return self.client.post(path, json=json, headers=headers)

    def form(self, path: str, **values: Any) -> TestResponse:
        """As a form of the page does."""
        return self.client.post(path, data={"csrf_token": self.csrf, **values})


@dataclass
class Site:
    """The app over the world, in English unless asked."""

    app: Flask
    world: worlds.World
    ids: dict[str, int]
    browsers: dict[str, Browser] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Browser:
        if name not in self.browsers:
            with db.write():
                secret = accounts.start_session(self.world.people[name])
            client = self.app.test_client()
            client.set_cookie("rounds", secret)
            client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
            seed = f"csrf:{accounts.digest(secret)}".encode()
            token = hmac.new(self.app.config["SECRET"], seed, "sha256").hexdigest()
            self.browsers[name] = Browser(client, token)
        return self.browsers[name]

    def field(self, key: str) -> str:
        """The id of a field of the visits, as JSON carries it."""
        return str(self.world.visits.field(key).id)


@pytest.fixture
def site(database: str, tmp_path: Path) -> Iterator[Site]:
    """The small world with its sample, served over each kind of database."""
    with served(database, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def standing(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """As `site`, once for all tests of a module, on SQLite."""
    folder = tmp_path_factory.mktemp("standing")
    shutil.copyfile(sqlite_template, folder / "rounds.db")
    url = f"sqlite:///{folder}/rounds.db"
    with opened_database(url), served(url, folder) as made:
        yield made


@contextmanager
def served(url: str, folder: Path) -> Iterator[Site]:
    """The app over the small world, in the database that is open."""
    loaded = settings.load({"ROUNDS_DATA_DIR": str(folder), "ROUNDS_WORKER": "0"})
    made = application.create_app(dataclasses.replace(loaded, database_url=url))
    opened = db.proxy.obj
    with db.connection():
        world = worlds.build()
        yield Site(made, world, worlds.sample(world))
    if hasattr(opened, "close_all"):
        opened.close_all()
    elif not opened.is_closed():
        opened.close()


@pytest.fixture
def grid(site: Site) -> str:
    """The address of a grid of all visits, shown to every role."""
    with db.write():
        view = models.View.create(
            base=site.world.base.id, table=site.world.visits.id, kind="grid", name="All"
        )
        models.Role.update(views=[view.id]).execute()
        schema.changed()
    return f"/v/{view.id}"
