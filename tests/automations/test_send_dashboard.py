"""Dashboards by mail: a real browser draws them, a real mail server takes them, each with the
rights of who gets it.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import threading
import time
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from flask import Response, request
from waitress.server import create_server

import app as application
from automations import actions, outbox, rendering
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
    counts = outbox.deliver_due(config, worker="w")
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


def test_a_browser_that_hangs_is_ended_with_its_children(
    house: worlds.World,
    board: models.View,
    config: Settings,
    tmp_path: Path,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program, note = tmp_path / "browser", tmp_path / "child"
    program.write_text(f"#!/bin/sh\nsleep 60 & echo $! > {note}\nsleep 60\n")
    program.chmod(stat.S_IRWXU)
    monkeypatch.setenv("ROUNDS_CHROMIUM", str(program))
    monkeypatch.setattr(limits, "RENDERED_SECONDS", 1)
    queued(house, board, "admin")
    assert outbox.deliver_due(config, worker="w")["waiting"] == 1
    why = kept(models.Outbox.get().error)
    assert why is not None and "1 seconds" in why.to("en") and mailbox.raw == []
    child = int(note.read_text())
    for _wait in range(50):
        if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text():
            break
        time.sleep(0.1)
    else:
        os.kill(child, 9)
        pytest.fail("the browser's child is still running")


@pytest.mark.parametrize(("size", "words"), [(0, "could not draw"), (3_000, "larger than")])
def test_what_is_empty_or_too_large_is_not_sent(
    house: worlds.World,
    board: models.View,
    config: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    words: str,
) -> None:
    program = tmp_path / "browser"
    program.write_text(
        '#!/bin/sh\nfor a in "$@"; do case $a in --screenshot=*) '
        f'head -c {size} /dev/zero > "${{a#--screenshot=}}";; esac; done\n'
    )
    program.chmod(stat.S_IRWXU)
    monkeypatch.setenv("ROUNDS_CHROMIUM", str(program))
    monkeypatch.setattr(limits, "RENDERED_BYTES", 2_000)
    assert shutil.which(str(program))
    with pytest.raises(Failed) as failed:
        rendering.render(
            house.people["admin"], board.id, {}, settings=config, format="png", name="x"
        )
    assert words in failed.value.reason.to("en")
    assert models.RenderPass.select().count() == 0


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
