"""Dashboards by mail: a real browser draws them, a real mail server takes them, each with the
rights of who gets it.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from flask import Response, request
from waitress.server import create_server

import app as application
from automations import actions, outbox, rendering
from automations import worker as workers
from automations.messages import Failed, kept
from automations.occasions import Occasion, Scene
from tests import world as worlds
from tests.automations.conftest import Mailbox
from tests.conftest import absent
from tests.postgres import free_port
from tracker import clock as house_clock
from tracker import db, limits, models, renderpass, schema
from tracker import settings as settings_module
from tracker.errors import Missing, Refused
from tracker.settings import Settings

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NUMBER = re.compile(r'<p class="tile-number">(.*?)</p>', re.S)


@pytest.fixture
def house(database: str) -> worlds.World:
    world = worlds.build()
    worlds.sample(world)
    return world


@pytest.fixture
def board(house: worlds.World) -> models.View:
    """A dashboard with one figure, shown to every role."""
    tile = {"kind": "number", "title": "Visits", "table": house.visits.id, "w": 3, "h": 1}
    with db.write():
        view = models.View.create(
            base=house.base.id, table=None, kind="dashboard", name="周报", options={"tiles": [tile]}
        )
        for role in models.Role.select():
            role.views = [*role.views, view.id]
            role.save()
        schema.changed()
    return view


@pytest.fixture
def config(tmp_path: Path, smtp: int, database: str) -> Settings:
    return settings_module.load(
        {
            "ROUNDS_DATA_DIR": str(tmp_path),
            "ROUNDS_DATABASE_URL": database,
            "ROUNDS_PORT": str(free_port()),
            "ROUNDS_SMTP_URL": f"smtp://127.0.0.1:{smtp}",
            "ROUNDS_BASE_URL": "https://rounds.example.test",
        }
    )


@pytest.fixture
def served(config: Settings, house: worlds.World):
    """The pages of views that the running server has given away."""
    app, given = application.create_app(config), []

    @app.after_request
    def note(response: Response) -> Response:
        if request.endpoint == "viewing.view":
            response.direct_passthrough = False
            given.append((response.status_code, response))
        return response

    server: Any = create_server(app, host="127.0.0.1", port=config.port, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield given
    server.close()
    thread.join(timeout=10)


def queued(house: worlds.World, board: models.View, *names: str, format: str = "pdf") -> None:
    """What the action plans for these people, in the outbox."""
    admin, action = house.viewer("admin"), actions.registry.get("send_dashboard")
    to = {"people": [house.people[name].id for name in names]}
    raw = {"view": board.id, "to": to, "format": format, "subject": "周报", "period": ""}
    checked = action.check(raw, Scene(admin, house.base))
    assert "周报" in action.sentence(checked, Scene(admin, house.base), admin.context).to("en")
    with db.write():
        automation = models.Automation.create(
            base=house.base.id, name="x", definition={"actions": [checked]}, enabled=True
        )
        occasion = Occasion(automation, admin, "slot:1", house_clock.now())
        outbox.queue(action.act(checked, occasion, 0), now=house_clock.now())


def figure(response: Response) -> str:
    import gzip

    body = response.get_data()
    text = (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode()
    return re.sub(r"<[^>]+>", "", NUMBER.findall(text)[0]).strip()


def test_everybody_gets_their_own_numbers(
    house: worlds.World, board: models.View, config: Settings, served: list, mailbox: Mailbox
) -> None:
    if rendering.browser() is None:
        absent("There is no Chromium on this machine (Debian: apt-get install chromium).")
    queued(house, board, "admin", "colleague", "stranger")
    counts = outbox.deliver_due(config, worker="w", state="drawing")
    assert (counts["sent"], counts["withdrawn"]) == (2, 1)  # a stranger does not see the dashboard
    assert [(status, figure(page)) for status, page in served] == [(200, "3"), (200, "1")]
    assert [to for [to] in mailbox.to] == ["admin@example.com", "colleague@example.com"]
    mails: list[Any] = [message_from_bytes(raw, policy=policy.default) for raw in mailbox.raw]
    files = [next(one.iter_attachments()) for one in mails]
    assert all(one.get_content_type() == "application/pdf" for one in files)
    assert all(one.get_content().startswith(b"%PDF-") for one in files)
    assert files[0].get_filename().startswith("周报 ") and files[0].get_filename().endswith(".pdf")
    assert f"https://rounds.example.test/v/{board.id}" in mails[0].get_body().get_content()
    assert models.RenderPass.select().count() == 0 and models.Session.select().count() == 0


def test_without_a_browser_it_says_so(
    house: worlds.World, board: models.View, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUNDS_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(Refused, match="ROUNDS_CHROMIUM"):
        queued(house, board, "admin")
    offers = actions.registry.get("send_dashboard").offers(Scene(house.viewer("admin"), house.base))
    assert "ROUNDS_CHROMIUM" in offers["problem"]


FAKE = """#!{python} -S
import base64, json, os, sys
buffer, answers = b"", {{
    "Target.createBrowserContext": {{"browserContextId": "c"}},
    "Target.createTarget": {{"targetId": "t"}},
    "Target.attachToTarget": {{"sessionId": "s"}},
    "Runtime.evaluate": {{"result": {{"value": {ready}}}}},
    "Page.getLayoutMetrics": {{"cssContentSize": {{"height": 100}}}},
    "Page.captureScreenshot": {{"data": base64.b64encode(bytes({size})).decode()}},
}}
while part := os.read(3, 65536):
    buffer += part
    while b"\\0" in buffer:
        one, _end, buffer = buffer.partition(b"\\0")
        call = json.loads(one)
        said = [{{"id": call["id"], "result": answers.get(call["method"], {{}})}}]
        if call["method"] == "Page.navigate":
            said.append({{"method": "Page.loadEventFired"}})
        for each in said:
            os.write(4, json.dumps(each).encode() + b"\\0")
"""
HANGS = "#!/bin/sh\nsleep 60 & echo $! > {note}\nsleep 60\n"
ENDS = "#!/bin/sh\nexit 3\n"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a program in the place of the browser; it answers with a picture of so many bytes."""

    def put(text: str = FAKE, *, size: int = 1_000, ready: bool = True) -> Path:
        program, note = tmp_path / "browser", tmp_path / "child"
        program.write_text(text.format(python=sys.executable, size=size, ready=ready, note=note))
        program.chmod(stat.S_IRWXU)
        monkeypatch.setenv("ROUNDS_CHROMIUM", str(program))
        return note

    return put


def gone(process: int) -> bool:
    """Whether a process ends within a few seconds."""
    for _wait in range(50):
        if not Path(f"/proc/{process}").exists() or " Z " in state_of(process):
            return True
        time.sleep(0.1)
    os.kill(process, 9)
    return False


def state_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return " Z "


def drawn(config: Settings, worker: str = "w") -> dict[str, int]:
    return dict(outbox.deliver_due(config, worker=worker, state="drawing"))


def why() -> str:
    text = kept(models.Outbox.get().error)
    return text.to("en") if text else ""


def test_a_browser_that_hangs_is_ended_with_its_children(
    house: worlds.World,
    board: models.View,
    config: Settings,
    mailbox: Mailbox,
    fake: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    note = fake(HANGS)
    monkeypatch.setattr(limits, "RENDERED_SECONDS", 1)
    queued(house, board, "admin")
    assert drawn(config) == {"drawing": 1}
    assert "1 seconds" in why() and mailbox.raw == []
    assert models.Outbox.get().attempts == 1 and models.Outbox.get().next_at > house_clock.now()
    assert gone(int(note.read_text()))


def test_messages_go_out_while_a_drawing_hangs(
    house: worlds.World,
    board: models.View,
    config: Settings,
    fake: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And a worker that ends gives the drawing back untried, and leaves no browser behind."""
    monkeypatch.setattr(workers, "TICK_SECONDS", 0.2)
    note = fake(HANGS)
    queued(house, board, "admin")
    worker = workers.Worker(config)
    worker.start()
    try:
        assert waited(lambda: note.exists() and note.read_text().strip())
        with db.write():
            models.Outbox.create(
                key="plain", channel="inbox", person=house.people["owner"].id, payload=PLAIN
            )
        assert waited(lambda: models.Outbox.get(models.Outbox.key == "plain").state != "waiting")
        assert models.Outbox.get(models.Outbox.key != "plain").state == "drawing"
    finally:
        began = time.monotonic()
        worker.stop()
    assert time.monotonic() - began < 10 and gone(int(note.read_text()))
    row = models.Outbox.get(models.Outbox.key != "plain")
    assert (row.state, row.attempts, row.claimed_by) == ("drawing", 0, None)
    assert models.RenderPass.select().count() == 0


PLAIN = {"action": "chase", "chase": 0, "items": []}


def waited(test: Callable[[], Any]) -> bool:
    for _wait in range(100):
        if test():
            return True
        time.sleep(0.1)
    return False


def test_a_browser_that_crashes_is_tried_again_and_then_told(
    house: worlds.World, board: models.View, config: Settings, fake: Any
) -> None:
    fake(ENDS)
    queued(house, board, "admin")
    for tries in range(1, limits.OUTBOX_TRIES + 1):
        models.Outbox.update(next_at=house_clock.now()).execute()
        assert drawn(config) == {"dead" if tries == limits.OUTBOX_TRIES else "drawing": 1}
    assert why() == "The browser ended while it was drawing the dashboard."
    assert drawn(config) == {} and outbox.deliver_due(config, worker="w") == {}
    assert models.Notification.select().where(models.Notification.key.startswith("dead:")).exists()
    outbox.resend(house.viewer("admin"), models.Outbox.get().id)
    assert models.Outbox.get().state == "drawing" and models.Outbox.get().attempts == 0


def test_several_workers_draw_each_once(
    house: worlds.World, board: models.View, config: Settings, mailbox: Mailbox, fake: Any
) -> None:
    """What was queued before there was a lane for it changes lanes by itself."""
    fake()
    queued(house, board, "admin", "owner", "colleague", format="png")
    models.Outbox.update(state="waiting").execute()
    assert outbox.deliver_due(config, worker="plain") == {"drawing": 3}

    def work(name: str) -> None:
        with db.connection():
            drawn(config, name)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=20)
    assert sorted(to for [to] in mailbox.to) == [
        "admin@example.com",
        "colleague@example.com",
        "owner@example.com",
    ]
    assert {(one.state, one.attempts) for one in models.Outbox.select()} == {("sent", 1)}


@pytest.mark.parametrize(
    ("size", "ready", "words"),
    [(0, True, "could not draw"), (3_000, True, "larger than"), (9, False, "could not reach")],
)
def test_what_is_empty_or_too_large_is_not_sent(
    house: worlds.World,
    board: models.View,
    config: Settings,
    fake: Any,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    ready: bool,
    words: str,
) -> None:
    fake(size=size, ready=ready)
    monkeypatch.setattr(limits, "RENDERED_BYTES", 2_000)
    with rendering.Artist(config) as artist, pytest.raises(Failed) as failed:
        artist.draw(house.people["admin"], board.id, {}, format="png", name="x")
    assert words in failed.value.reason.to("en")
    assert models.RenderPass.select().count() == 0


def test_a_browser_ends_when_its_worker_is_killed(database: str, tmp_path: Path) -> None:
    if (program := rendering.browser()) is None:
        absent("There is no Chromium on this machine (Debian: apt-get install chromium).")
    code = (
        "import sys, time; from automations.chromium import Chromium;"
        f"one = Chromium({program!r}, '127.0.0.1', stopping=lambda: False);"
        "one.draw('http://127.0.0.1:1/', lang='zh', format='pdf', seconds=20, most=1000);"
        "print(one.process, flush=True); time.sleep(30)"
    )
    here = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=here) as worker:
        assert worker.stdout is not None
        browser = int(worker.stdout.readline())
        worker.kill()
    assert gone(browser)


def test_a_pass_opens_one_view_once(
    house: worlds.World, board: models.View, config: Settings
) -> None:
    app = application.create_app(config)
    client = app.test_client()
    owner = house.people["owner"]
    secret = renderpass.issue(owner.id, board.id, "paper=1")
    there = client.get(f"/render/{secret}")
    assert there.headers["Location"] == f"/v/{board.id}?paper=1"
    assert client.get(f"/render/{secret}").status_code == 404
    assert client.get(there.headers["Location"]).status_code == 200
    for path in ("/", f"/v/{board.id + 1}", f"/v/{board.id}/menu", "/inbox", "/me"):
        assert client.get(path).status_code in {303, 404}, path
    assert client.post(f"/v/{board.id}/tiles", json={}).status_code in {303, 401}
    models.Person.update(active=False).where(models.Person.id == owner.id).execute()
    assert client.get(there.headers["Location"]).status_code == 303
    models.RenderPass.update(until=house_clock.now()).execute()
    with pytest.raises(Missing):
        renderpass.redeem(renderpass.issue(owner.id, board.id, "")[:-1])
