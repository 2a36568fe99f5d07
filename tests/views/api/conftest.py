"""Programs of the small world's people: requests with their tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.views.conftest import Site
from tracker import accounts, publicids, schema
from views.api.gate import METER


@dataclass
class Program:
    """What one person's token opens; no cookies, no CSRF."""

    site: Site
    client: FlaskClient
    token: str

    def __call__(self, method: str, path: str, json: Any = None, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.client.open(path, method=method, json=json, headers=headers, **more)

    def ok(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        response = self(method, path, json, **more)
        assert response.status_code == 200, (method, path, response.get_data(as_text=True))
        return response.get_json()

    def refused(self, method: str, path: str, json: Any = None, **more: Any) -> tuple[int, str]:
        """Status and type of an error."""
        response = self(method, path, json, **more)
        error = response.get_json()["error"]
        return response.status_code, error if isinstance(error, str) else error["type"]

    @property
    def base(self) -> str:
        return publicids.base(self.site.world.base.id)

    def path(self, table: schema.Table | str, *more: str) -> str:
        named = table if isinstance(table, str) else publicids.table(table.id)
        parts = [self.base, named, *more]
        return "/api/v0/" + "/".join(quote(part, safe="") for part in parts)

    def visits(self, *more: str) -> str:
        return self.path(self.site.world.visits, *more)

    def titles(self, query: str = "") -> list[str]:
        told = self.ok("GET", f"{self.visits()}?{query}")
        return [one["fields"].get("标题") for one in told["records"]]


class Programs:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.made: dict[str, Program] = {}

    def __getitem__(self, name: str) -> Program:
        if name not in self.made:
            secret = accounts.add_token(self.site.world.people[name], "test")
            self.made[name] = Program(self.site, self.site.app.test_client(), secret)
        return self.made[name]

    def visit(self, name: str) -> str:
        """The id of one of the sample's visits."""
        return publicids.record(self.site.world.visits.id, self.site.ids[name])

    def company(self, name: str) -> str:
        return publicids.record(self.site.world.companies.id, self.site.ids[name])


@pytest.fixture
def programs(site: Site) -> Programs:
    METER.windows.clear()  # tokens of fresh databases have the same numbers
    return Programs(site)
