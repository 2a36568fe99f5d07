"""Workers as processes: several at once, and some that are killed in the middle."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from automations.worker import Worker
from tests.automations.conftest import Clock, Mailbox
from tests.automations.test_chase import MONDAY, chase, duty
from tests.automations.world import World, automation, inbox_of
from tracker.models import Duty, Event, Notification, Outbox, Run
from tracker.settings import Settings

ROOT = Path(__file__).resolve().parent.parent.parent
DAILY = {"kind": "schedule", "every": "day", "time": "09:00"}
CREATED = {"kind": "record", "table": "reports", "when": "created"}
__all__ = ["duty"]  # a fixture


def command(url: str) -> list[str]:
    return [sys.executable, "-m", "tests.automations.process", url]


def spawn(url: str, now: str, config: Settings, **env: str) -> subprocess.Popen[str]:
    variables = {
        "ROUNDS_SMTP_URL": config.smtp_url,
        "ROUNDS_BASE_URL": config.base_url,
        "ROUNDS_DATA_DIR": str(config.data_dir),
        "ROUNDS_MAIL_FROM": config.mail_from,
    }
    return subprocess.Popen(
        [*command(url), f"{now}+00:00"],
        cwd=ROOT,
        env={**os.environ, **variables, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> dict[str, int]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return dict(json.loads(out))


def totals(counts: list[dict[str, int]]) -> dict[str, int]:
    return {key: sum(one.get(key, 0) for one in counts) for one in counts for key in one}


def test_a_process_of_its_own_ends_when_told(database: str, world: World, config: Settings) -> None:
    code = (
        "import sys; from automations.worker import Worker; from tracker import db, settings; "
        "db.open_database(sys.argv[1]); print('up', flush=True); Worker(settings.load()).run()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, database],
        cwd=ROOT,
        env={**os.environ, "ROUNDS_DATA_DIR": str(config.data_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    _out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err


def test_two_processes_never_act_twice(
    database: str, world: World, duty: Duty, config: Settings, mailbox: Mailbox, clock: Clock
) -> None:
    """Slots, chases, events and outbox at once, by three processes started together."""
    both = ["inbox", "email"]
    automation(world, DAILY, to={"role": world.roles["staff"].id}, channels=both, subject="每天")
    automation(world, CREATED, to={"heads_of": "branch"}, channels=both, subject="{title}")
    chase(world, duty, channels=both)
    clock.go("2026-11-22T03:00:00")
    for number in range(30):
        world.file("上海", "2026-11-02", title=f"第 {number} 份", state="草稿")
    found = totals([finish(one) for one in [spawn(database, MONDAY, config) for _ in range(3)]])
    staff = 10  # everybody below head office
    owing = 7
    assert found["runs"] == 1
    assert found["events"] == 30
    assert found["digests"] == 2 * owing
    assert found["sent"] == 2 * (staff + 30 + owing)
    assert found.get("lost", 0) == 0
    assert Outbox.select().where(Outbox.state != "sent").count() == 0
    assert Notification.select().count() == staff + 30 + owing
    assert len(mailbox.raw) == staff + 30 + owing
    ids = {raw.split(b"Message-ID: ")[1].split(b"\r\n")[0] for raw in mailbox.raw}
    assert len(ids) == len(mailbox.raw)
    assert Event.select().count() == 0


@pytest.mark.parametrize(
    "fault", ["event:4", "act:3", "queue:5", "take:1", "send:3", "mark:4", "hold:2"]
)
def test_killed_in_the_middle(
    database: str,
    world: World,
    duty: Duty,
    config: Settings,
    mailbox: Mailbox,
    clock: Clock,
    fault: str,
) -> None:
    """kill -9, then another worker: nothing lost, nothing twice inside, mails with one id."""
    both = ["inbox", "email"]
    automation(world, DAILY, to={"role": world.roles["staff"].id}, channels=both, subject="每天")
    automation(world, CREATED, to={"heads_of": "branch"}, channels=both, subject="{title}")
    clock.go("2026-11-22T03:00:00")
    for number in range(6):
        world.file("上海", "2026-11-02", title=f"第 {number} 份", state="草稿")
    victim = spawn(database, "2026-11-23T01:00:00", config, DIE_AT=fault)
    victim.communicate(timeout=120)
    assert victim.returncode == -signal.SIGKILL
    clock.go("2026-11-23T01:06:00")  # the leases have run out
    other = Worker(config)
    while any(other.tick().values()):
        pass
    staff = 10
    assert Event.select().count() == 0
    assert Run.select().where(Run.state == "done").count() == 1 + 6
    assert Notification.select().count() == staff + 6
    assert {row.state for row in Outbox.select()} == {"sent"}
    ids = [raw.split(b"Message-ID: ")[1].split(b"\r\n")[0] for raw in mailbox.raw]
    assert len(set(ids)) == staff + 6
    assert len(ids) - len(set(ids)) <= 1  # only the mail it was just handing over


def test_killed_again_and_again(
    database: str, world: World, config: Settings, mailbox: Mailbox, clock: Clock
) -> None:
    """Workers in turn, each killed at some point, over forty events: each effect once."""
    automation(world, CREATED, to={"heads_of": "branch"}, channels=["inbox"], subject="{title}")
    clock.go("2026-11-22T03:00:00")
    for number in range(40):
        world.file("上海", "2026-11-02", title=f"第 {number} 份", state="草稿")
    chance = random.Random(7)
    for attempt in range(6):
        part = chance.choice(["event", "act", "queue", "mark", "hold"])
        moment = f"2026-11-23T{attempt:02}:00:00"
        victim = spawn(database, moment, config, DIE_AT=f"{part}:{chance.randint(1, 6)}")
        victim.communicate(timeout=120)
    clock.go("2026-11-24T01:00:00")
    Worker(config).tick()
    assert Event.select().count() == 0
    assert Run.select().count() == 40
    subjects = sorted(inbox_of(world, "华东经理"))
    assert subjects == sorted(f"第 {number} 份" for number in range(40))
