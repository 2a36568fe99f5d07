"""Files over HTTP: uploaded into a field, opened by a signed address while one may see them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import time_machine

from tracker import accounts, clock, publicids
from tracker.models import Token

GONE = (404, "NOT_FOUND")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_file_goes_into_a_field_and_comes_out_again(programs):
    admin, owner, world = programs["admin"], programs["owner"], programs.site.world
    fields = f"/api/v0/meta/bases/{admin.base}/tables/{publicids.table(world.visits.id)}/fields"
    field = admin.ok("POST", fields, {"name": "照片", "type": "multipleAttachments"})["id"]
    record = programs.visit("east")
    body = {
        "filename": "notes.txt",
        "contentType": "text/plain",
        "file": base64.b64encode(b"hello").decode(),
    }

    def path(name: str, number: str = record) -> str:
        return f"/api/v0/{admin.base}/{number}/{name}/uploadAttachment"

    admin.ok("POST", path(field), body)
    told = owner.ok("POST", path("照片"), body)
    assert list(told["fields"]) == [field]
    first, second = told["fields"][field]
    assert (first["filename"], first["size"], first["type"]) == ("notes.txt", 5, "text/plain")
    address = second["url"]
    assert address.startswith(programs.site.app.config["SETTINGS"].base_url)
    local = address.removeprefix(programs.site.app.config["SETTINGS"].base_url)
    client = programs.site.app.test_client()
    opened = client.get(local, buffered=True)
    assert (opened.status_code, opened.get_data()) == (200, b"hello")
    assert "attachment" in opened.headers["Content-Disposition"]
    for wrong in (local[:-8] + "xxx/full", local.replace("/full", "/huge"), local[:40]):
        assert client.get(wrong, buffered=True).status_code in {401, 404}, wrong
    kept = {"fields": {"照片": [{"id": second["id"]}]}}
    assert len(owner.ok("PATCH", owner.visits(record), kept)["fields"]["照片"]) == 1
    assert client.get(local, buffered=True).status_code == 200
    elsewhere = owner.refused("PATCH", owner.visits(programs.visit("bare")), kept)
    assert elsewhere[0] in {403, 422}
    wrong_bodies: list[dict[str, Any]] = [{}, {**body, "file": "***"}, {**body, "filename": 7}]
    for wrong_body in wrong_bodies:
        assert owner.refused("POST", path(field), wrong_body)[0] == 422
    title = publicids.field(world.visits.field("title").id)
    assert owner.refused("POST", path(title), body) == (422, "INVALID_VALUE_FOR_COLUMN")
    for number in (programs.visit("south"), publicids.record(world.visits.id, 999), "x"):
        assert owner.refused("POST", path(field, number), body) == GONE
    with time_machine.travel(clock.now().replace(year=clock.now().year + 1), tick=False):
        assert client.get(local, buffered=True).status_code == 404
    accounts.set_active(world.people["owner"].id, False)
    assert client.get(local, buffered=True).status_code == 404
    assert Token.select().where(Token.revoked_at.is_null()).count() == 1
