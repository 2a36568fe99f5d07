"""The register of doors: every route is declared, and closed to those who are not signed in."""

from __future__ import annotations

import pytest

import app as application
from tests.trust.requests import CHANNELS
from tracker import settings
from views.room import ACCESSES, MEMBER, PROGRAM, PUBLIC, ROUTES


@pytest.fixture
def app(tmp_path):
    return application.create_app(settings.load({"ROUNDS_DATA_DIR": str(tmp_path)}))


def test_every_route_is_declared_and_no_line_is_stale(app):
    served = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert served == set(ROUTES)


def test_every_route_says_who_may_enter_and_how_it_loads(app):
    for endpoint, door in ROUTES.items():
        assert door.access in ACCESSES
        if door.access in {MEMBER, PROGRAM} and "<" in door.rule:
            assert door.loads, f"{endpoint} has parameters and names no loader"


def test_public_doors_are_few_and_known(app):
    public = {endpoint for endpoint, door in ROUTES.items() if door.access == PUBLIC}
    assert public <= {
        "assets.asset",
        "account.sign_in",
        "account.sign_in_post",
        "account.setup",
        "account.setup_post",
        "health.healthz",
        "health.readyz",
        "health.metrics",
        "people.accept",
        "people.invitation",
        "api_document.openapi",
        "api_files.open_file",
        "rendering.enter",
        "shared.download",
        "shared.open_file",
        "shared.open_link",
        "shared.open_picture",
        "shared.unlock",
    }


def test_the_channels_of_the_world_pair_are_doors_that_exist(app):
    assert {channel.partition(":")[0] for channel in CHANNELS} <= set(ROUTES)


def test_nobody_gets_further_than_the_sign_in(app):
    """Each closed route answers with the way to the sign-in page."""
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if ROUTES[rule.endpoint].access == PUBLIC:
            continue
        values = {
            name: 1 if "int" in type(rule._converters[name]).__name__.lower() else "x"
            for name in rule.arguments
        }
        method = min(rule.methods - {"HEAD", "OPTIONS"})
        with app.test_request_context():
            url = rule.build(values)[1]
        response = client.open(url, method=method)
        if ROUTES[rule.endpoint].access == PROGRAM:
            assert response.get_json()["error"]["type"] == "AUTHENTICATION_REQUIRED", rule.rule
            assert response.status_code == 401
            continue
        assert response.status_code in {303, 401}, (rule.rule, response.status_code)
        assert "/sign-in" in (
            response.headers.get("Location") or response.headers.get("HX-Redirect")
        )
