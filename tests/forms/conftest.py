"""What tests of forms stand on: the small world, a form over its visits, and the app around it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forms import definition as definitions_of_forms
from tests import world as worlds
from tests.world import World
from tracker import accounts, db, definitions
from tracker import settings as settings_module
from tracker.models import Form


@pytest.fixture
def world(database: str) -> World:
    return worlds.build()


@pytest.fixture
def make_form(world: World) -> Callable[..., Form]:
    return lambda *questions, **more: form_of(world, *questions, **more)


def form_of(world: World, *questions: dict[str, Any], **more: Any) -> Form:
    """A form over the visits, shown to the staff; without questions it asks for every field.

    A question names its field by key: ``{"field": "title", …}``.
    """
    asked = [{**one, "field": world.visits.field(one["field"]).id} for one in questions]
    definition = {"sections": [{"title": "", "questions": asked}], **more}
    if not asked:
        definition = {**definitions_of_forms.default_for(world.visits), **more}
    with db.write():
        form = Form.create(table=world.visits.id, name="拜访填报", definition=definition)
        definitions.show_to_roles("forms", form.id, [world.roles["staff"].id], world.base.id)
    return form


@pytest.fixture
def loaded(make_form: Any, world: World) -> Callable[..., definitions_of_forms.Definition]:
    """A form as one viewer may fill it in."""

    def load(*questions: dict[str, Any], who: str = "owner", **more: Any) -> Any:
        return definitions_of_forms.load(world.viewer(who), make_form(*questions, **more))

    return load


@pytest.fixture
def app(database: str, world: World, tmp_path: Any) -> Iterator[Flask]:
    """The web application over the test's database."""
    import app as product

    settings = settings_module.load({"ROUNDS_DATA_DIR": str(tmp_path), "ROUNDS_WORKER": "0"})
    before = db.proxy.obj
    built = product.create_app(dataclasses.replace(settings, database_url=database))
    db.proxy.connect(reuse_if_open=True)  # the test's own thread looks into it as well
    yield built
    opened = db.proxy.obj
    opened.close_all() if hasattr(opened, "close_all") else opened.close()
    db.proxy.initialize(before)


@pytest.fixture
def sign_in(app: Flask, world: World) -> Callable[[str], FlaskClient]:
    """A client of one person, speaking English."""

    def client_of(name: str) -> FlaskClient:
        client = app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        if name:
            with db.write():
                client.set_cookie("rounds", accounts.start_session(world.people[name]))
        return client

    return client_of
