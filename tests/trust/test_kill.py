"""The server killed again and again while people file: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import http.client
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import peewee

from tests import world as worlds
from tests.conftest import ROOT, opened
from tests.forms.conftest import form_of
from tracker import accounts, db, models, organisation, permissions
from tracker.query import Query

SUBMISSIONS = int(os.environ.get("ROUNDS_KILL_SUBMISSIONS", "200"))
KILLS = int(os.environ.get("ROUNDS_KILLS", "6"))
CLIENTS = 5
PATIENCE = 120  # seconds for one submission, restarts included
SERVE = "import app; from tracker import settings; app.serve(settings.load())"
GONE = (OSError, http.client.HTTPException)


class Answer(NamedTuple):
    status: int
    headers: Any
    text: str


class Server:
    """A real server process on a port of its own; `kill` is SIGKILL, by its own pid."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environ = {"ROUNDS_DATA_DIR": str(self.folder), "ROUNDS_PORT": str(self.port)}
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE],
                cwd=ROOT,
                env={**os.environ, **environ, "ROUNDS_WORKER": "0"},
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def answers(self) -> bool:
        try:
            return self.send("GET", "/healthz").status == 200
        except GONE:
            return False

    def send(self, method: str, path: str, cookie: str = "", body: str = "") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        headers = {"Cookie": f"rounds={cookie}"}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with closing(connection):
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            with answer:
                return Answer(answer.status, answer.headers, answer.read().decode())


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Filer(threading.Thread):
    """One person with a bad line: sends each submission until it is acknowledged."""

    def __init__(self, server: Server, cookie: str, form: int, fields: dict[str, str], count: int):
        super().__init__(daemon=True)
        self.server, self.cookie, self.form, self.fields = server, cookie, form, fields
        self.count = count
        self.acknowledged: dict[str, int] = {}  # title → record id
        self.wrong: list[str] = []
        self.retries = 0

    def run(self) -> None:
        token = self.until_answered("GET", "/file/token")
        csrf = token.text.split('"csrf":"')[1].split('"')[0]
        for number in range(self.count):
            title = f"{self.cookie[:6]}-{number}-{secrets.token_hex(4)}"
            body = {**self.fields, "csrf_token": csrf, "key": secrets.token_hex(12)}
            body[self.fields["title"]] = title
            self.file(title, urlencode({k: v for k, v in body.items() if k != "title"}))

    def file(self, title: str, body: str) -> None:
        """Once, and every third time again: the answer must be the same."""
        for _again in range(1 + (len(self.acknowledged) % 3 == 0)):
            answer = self.until_answered("POST", f"/f/{self.form}", body)
            where = urlsplit(answer.headers.get("Location", ""))
            if answer.status != 303 or not where.path.endswith("/done"):
                self.wrong.append(f"{answer.status} {where.path} {title}")
                return
            record = int(parse_qs(where.query)["record"][0])
            if self.acknowledged.setdefault(title, record) != record:
                self.wrong.append(f"another answer for {title}")

    def until_answered(self, method: str, path: str, body: str = "") -> Answer:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                return self.server.send(method, path, self.cookie, body)
            except GONE:
                self.retries += 1
                time.sleep(0.05)
        raise TimeoutError(f"no answer to {method} {path}")


def install(folder: Path) -> tuple[int, dict[str, str], list[str]]:
    """The form, the fields it is filed with, and the cookies of those who file."""
    with opened(f"sqlite:///{folder / 'rounds.db'}"):
        from tracker import migrations

        migrations.migrate()
        world = worlds.build()
        form = form_of(world)
        east = organisation.at_path("总部/华东/上海")
        people = [world.people["owner"]]
        for number in range(1, CLIENTS):
            person = accounts.add_person(
                f"filer{number}@example.com", name=f"填报{number}", department=east
            )
            models.RoleMember.create(role=world.roles["staff"], person=person)
            people.append(person)
        with db.write():
            cookies = [accounts.start_session(one) for one in people]
        field = {one.key: f"f{one.id}" for one in world.visits.fields}
        return form.id, {field["department"]: str(east.id), "title": field["title"]}, cookies


def stored(folder: Path) -> tuple[dict[str, list[int]], int, list[tuple[str]]]:
    """Title → record ids, the number of changes, and what SQLite says of the file."""
    with opened(f"sqlite:///{folder / 'rounds.db'}"):
        table = worlds.World().visits
        found: dict[str, list[int]] = {}
        every = Query(permissions.system(), table)
        for record in every.only([]).fetch(every.ids()):
            found.setdefault(record.title, []).append(record.id)
        changes = models.Change.select().where(models.Change.kind == "create").count()
        assert isinstance(db.proxy.obj, peewee.SqliteDatabase)
        return found, changes, db.query("PRAGMA integrity_check")


def test_killed_while_filing_nothing_acknowledged_is_lost_or_doubled(tmp_path):
    form, fields, cookies = install(tmp_path)
    chance = Random(20261121)
    with serving(tmp_path) as server:
        share = -(-SUBMISSIONS // CLIENTS)
        filers = [Filer(server, one, form, fields, share) for one in cookies]
        wait_for(server)
        for one in filers:
            one.start()
        for _kill in range(KILLS):
            time.sleep(chance.uniform(0.3, 1.2))
            server.kill()
            server.start()
            wait_for(server)
        for one in filers:
            one.join(PATIENCE)
        log = (tmp_path / "server.log").read_text("utf-8", errors="replace")
    found, changes, integrity = stored(tmp_path)
    acknowledged = {title: record for one in filers for title, record in one.acknowledged.items()}
    assert [problem for one in filers for problem in one.wrong] == []
    assert len(acknowledged) == share * CLIENTS
    assert sum(one.retries for one in filers) > 0, "no kill met a submission: kill later or oftener"
    assert found == {title: [record] for title, record in acknowledged.items()}
    assert changes == len(acknowledged)
    assert integrity == [("ok",)]
    assert "Traceback" not in log


def wait_for(server: Server) -> None:
    until = time.monotonic() + PATIENCE
    while not server.answers():
        assert time.monotonic() < until, "the server does not come up"
        time.sleep(0.05)
