"""The OpenAPI document tells all routes, and no answer is outside it."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from tracker import limits, publicids
from views.api.document import OPERATIONS
from views.room import PROGRAM, ROUTES, rooms

CHECKS = [
    not_a_server_error,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
]


def test_every_route_of_the_api_is_told():
    rooms()
    doors = {endpoint for endpoint, door in ROUTES.items() if door.rule.startswith("/api/")}
    assert doors == set(OPERATIONS)
    closed = {endpoint for endpoint in doors if ROUTES[endpoint].access == PROGRAM}
    assert doors - closed == {"api_document.openapi", "api_files.open_file"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_answer_is_outside_the_document(programs, monkeypatch):
    """Generated requests to every route, half of them at things that are there."""
    monkeypatch.setattr(limits, "API_REQUESTS", 1_000_000)
    admin = programs["admin"]
    world = admin.site.world
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_wsgi("/api/openapi.json", admin.site.app)
    there = {
        "base": admin.base,
        "table": publicids.table(world.visits.id),
        "record": programs.visit("east"),
        "field": publicids.field(world.visits.field("notes").id),
    }
    headers = {"Authorization": f"Bearer {admin.token}", "Accept-Encoding": "identity"}
    tried = 0

    def check(case: Any, real: bool) -> None:
        nonlocal tried
        if real:
            case.path_parameters = {
                name: there.get(name, value) for name, value in case.path_parameters.items()
            }
        case.call_and_validate(headers=headers, checks=CHECKS)
        tried += 1

    bounded = settings(
        max_examples=3,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        cases = found.ok().as_strategy()
        bounded(given(cases, st.booleans())(check))()
    assert tried >= 1 * len(OPERATIONS)
