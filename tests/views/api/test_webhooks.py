"""Webhooks: numbered payloads of what their person may see, and addresses that are called."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import ipaddress
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import time_machine

from automations import outbound
from automations.calling import call_due
from automations.messages import Failed
from tests.settled import settled
from tracker import accounts, publicids
from tracker.models import Webhook

EVERYTHING = {"options": {"filters": {"dataTypes": ["tableData"]}}}
HERE = (ipaddress.ip_network("127.0.0.0/8"),)


def hooks(program, *more: str) -> str:
    return "/".join([f"/api/v0/bases/{program.base}/webhooks", *more])


def listen(program, specification=None, **more) -> str:
    body = {"specification": specification or EVERYTHING, **more}
    return program.ok("POST", hooks(program), body)["id"]


def heard(program, hook: str, cursor: int = 1) -> tuple[list[dict], int]:
    settled()
    told = program.ok("GET", f"{hooks(program, hook, 'payloads')}?cursor={cursor}")
    assert told["mightHaveMore"] is False
    return told["payloads"], told["cursor"]


def test_changes_are_told_as_far_as_one_may_see_them(programs):
    admin, owner, world = programs["admin"], programs["owner"], programs.site.world
    mine, theirs = listen(owner), listen(admin)
    table = publicids.table(world.visits.id)
    fields = {"标题": "新", "金额": 5, "部门": "华南", "人数": 1}
    unseen = admin.ok("POST", admin.visits(), {"fields": fields})["id"]
    made = admin.ok("POST", admin.visits(), {"fields": {**fields, "部门": "上海"}})["id"]
    admin.ok("PATCH", admin.visits(made), {"fields": {"人数": None}})
    admin.ok("PATCH", admin.visits(made), {"fields": {"金额": 6}})  # hidden from the owner
    for number in (made, unseen):
        admin.ok("DELETE", admin.visits(number))
    payloads, cursor = heard(owner, mine)
    assert [one["baseTransactionNumber"] for one in payloads] == [1, 2, 3]
    assert cursor == 4
    created, changed, gone = (one["changedTablesById"][table] for one in payloads)
    key = {one.key: publicids.field(one.id) for one in world.visits.fields}
    cells = created["createdRecordsById"][made]["cellValuesByFieldId"]
    assert cells[key["title"]] == "新" and key["amount"] not in cells
    current = changed["changedRecordsById"][made]["current"]
    assert current == {"cellValuesByFieldId": {key["people"]: None}}
    assert gone == {"destroyedRecordIds": [made]}
    assert payloads[0]["actionMetadata"]["source"] == "publicApi"
    assert len(heard(admin, theirs)[0]) == 6
    assert heard(owner, mine, 3)[0] == payloads[2:]
    assert heard(owner, mine, 9) == ([], 9)
    [told] = owner.ok("GET", hooks(owner))["webhooks"]
    assert (told["cursorForNextPayload"], told["isHookEnabled"]) == (4, True)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_webhook_listens_to_what_it_asks_for(programs):
    admin, world = programs["admin"], programs.site.world
    people = publicids.field(world.visits.field("people").id)

    def filtered(**filters):
        return listen(admin, {"options": {"filters": {"dataTypes": ["tableData"], **filters}}})

    chosen = {
        filtered(changeTypes=["add"]): 1,
        filtered(recordChangeScope=publicids.table(world.companies.id)): 0,
        filtered(watchDataInFieldIds=[people], changeTypes=["update"]): 1,
        filtered(fromSources=["client"]): 0,
        listen(admin, {"options": {"filters": {"dataTypes": ["tableFields"]}}}): 0,
    }
    before = {"includes": {"includePreviousCellValues": True}, **EVERYTHING["options"]}
    whole = listen(admin, {"options": before})
    made = admin.ok("POST", admin.visits(), {"fields": {"标题": "新", "人数": 1}})["id"]
    admin.ok("PATCH", admin.visits(made), {"fields": {"人数": 2}})
    admin.ok("PATCH", admin.visits(made), {"fields": {"标题": "neu"}})
    for hook, count in chosen.items():
        assert len(heard(admin, hook)[0]) == count
    changed = heard(admin, whole)[0][1]["changedTablesById"][publicids.table(world.visits.id)]
    assert changed["changedRecordsById"][made]["previous"] == {"cellValuesByFieldId": {people: 1}}
    for body in (
        {},
        {"specification": []},
        {"specification": {"options": {"filters": {}}}},
        {"specification": {"options": {"filters": {"dataTypes": ["x"]}}}},
        *(
            {"specification": EVERYTHING, "notificationUrl": url}
            for url in ("ftp://x", "http://", "http://a b/", "http://x:99999/", 7, "/x")
        ),
    ):
        assert admin.refused("POST", hooks(admin), body) == (422, "INVALID_REQUEST_UNKNOWN"), body


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_webhook_is_ones_own_and_ends(programs):
    admin, owner, stranger = (programs[one] for one in ("admin", "owner", "stranger"))
    hook = listen(owner)
    for program in (admin, stranger):
        gone = (404, "NOT_FOUND") if program is admin else None
        for method, more, body in (
            ("DELETE", (), None),
            ("POST", ("refresh",), None),
            ("POST", ("enableNotifications",), {"enable": True}),
            ("GET", ("payloads",), None),
        ):
            told = program.refused(method, hooks(program, hook, *more), body)
            assert told == (gone or (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"))
    url = {"specification": EVERYTHING, "notificationUrl": "https://example.com/"}
    assert owner.refused("POST", hooks(owner), url) == (403, "INVALID_PERMISSIONS")
    with time_machine.travel(Webhook.get().expires_at, tick=False):
        admin.ok("PATCH", admin.visits(programs.visit("east")), {"fields": {"人数": 9}})
        assert heard(owner, hook)[0] == []
        assert owner.ok("GET", hooks(owner))["webhooks"][0]["isHookEnabled"] is False
        owner.ok("POST", hooks(owner, hook, "refresh"))
        assert len(heard(owner, hook)[0]) == 1
    owner.ok("POST", hooks(owner, hook, "enableNotifications"), {"enable": False})
    assert owner.ok("GET", hooks(owner))["webhooks"][0]["areNotificationsEnabled"] is False
    owner.ok("DELETE", hooks(owner, hook))
    assert owner.ok("GET", hooks(owner)) == {"webhooks": []}


class Ear(BaseHTTPRequestHandler):
    """Keeps what it is told; ``answers`` are given instead of 200."""

    heard: list[tuple[bytes, str]] = []
    answers: list[int] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((body, self.headers["X-Airtable-Content-MAC"]))
        self.send_response(self.answers.pop(0) if self.answers else 200)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_said: object) -> None:
        pass


@pytest.fixture
def ear() -> Iterator[str]:
    Ear.heard, Ear.answers = [], []
    server = HTTPServer(("127.0.0.1", 0), Ear)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/ear?x=1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_addresses_are_called_with_a_signature_and_again_when_they_fail(programs, ear):
    admin = programs["admin"]
    body = {"specification": EVERYTHING, "notificationUrl": ear}
    made = admin.ok("POST", hooks(admin), body)
    settings = programs.site.app.config["SETTINGS"]
    inside = dataclasses.replace(settings, outbound=HERE)
    change = {"fields": {"人数": 9}}
    assert call_due(inside, worker="w") == 0  # no news
    admin.ok("PATCH", admin.visits(programs.visit("east")), change)
    settled()
    assert call_due(settings, worker="w") == 0  # not inside the house unless the settings say so
    assert Ear.heard == []
    Webhook.update(next_at=Webhook.created_at).execute()
    Ear.answers = [500]
    assert call_due(inside, worker="w") == 0
    [told] = admin.ok("GET", hooks(admin))["webhooks"]
    assert told["lastNotificationResult"]["success"] is False
    Webhook.update(next_at=Webhook.created_at).execute()
    assert call_due(inside, worker="w") == 1
    assert call_due(inside, worker="w") == 0
    said, mac = Ear.heard[-1]
    secret = base64.b64decode(made["macSecretBase64"])
    assert mac == "hmac-sha256=" + hmac.new(secret, said, hashlib.sha256).hexdigest()
    assert made["id"].encode() in said and "人数".encode() not in said
    [told] = admin.ok("GET", hooks(admin))["webhooks"]
    assert told["lastNotificationResult"]["success"] is True
    admin.ok("PATCH", admin.visits(programs.visit("east")), {"fields": {"人数": 8}})
    accounts.set_active(programs.site.world.people["admin"].id, False)
    settled()
    assert call_due(inside, worker="w") == 0
    assert len(Ear.heard) == 2


def test_redirects_are_not_followed(ear):
    Ear.answers = [302]
    with pytest.raises(Failed):
        outbound.post(ear, b"{}", {}, allowed=HERE)
    assert len(Ear.heard) == 1
