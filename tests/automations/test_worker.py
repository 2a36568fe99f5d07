"""The worker: once and not twice, whoever runs, however it ends."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from automations import runner, slots
from automations import worker as workers
from automations.worker import Worker
from tests.automations.conftest import Clock, Mailbox
from tests.automations.test_chase import MONDAY, chase, duty
from tests.automations.world import SYSTEM, World, automation, inbox_of
from tracker import db, limits, models, records
from tracker.models import Automation, Duty, Outbox, Run, Slot
from tracker.settings import Settings

DAILY = {"kind": "schedule", "every": "day", "time": "09:00"}
WEEKLY = {"kind": "schedule", "every": "week", "weekday": 4, "time": "15:00"}
CREATED = {"kind": "record", "table": "reports", "when": "created"}
__all__ = ["duty"]  # a fixture


# ── schedules ────────────────────────────────────────────────────────────────


def test_a_schedule_runs_once_a_slot(world: World, worker: Worker, clock: Clock) -> None:
    made = automation(world, WEEKLY, subject="周报 17:00 截止")
    worker.tick()
    assert inbox_of(world, "上海专员") == []  # last Friday was before it was made
    clock.go("2026-11-20T06:59:59")
    worker.tick()
    assert inbox_of(world, "上海专员") == []
    for _round in range(3):
        clock.go("2026-11-20T07:00:00")
        worker.tick()
        Worker(worker.settings).tick()
    assert inbox_of(world, "上海专员") == ["周报 17:00 截止"]
    run = Run.get(Run.automation == made.id)
    assert (run.trigger, run.state) == ("schedule:2026-11-20T15:00", "done")
    assert run.summary == {"occasions": 1, "messages": 1, "people": 1}
    clock.go("2026-11-27T07:00:00")
    worker.tick()
    assert len(inbox_of(world, "上海专员")) == 2


def test_two_who_both_saw_the_slot_free(
    world: World, worker: Worker, duty: Duty, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key decides, not the look at it before."""
    automation(world, DAILY)
    made = chase(world, duty)
    monkeypatch.setattr(slots, "taken", lambda keys: set())
    clock.go(MONDAY)
    for _round in range(2):
        Worker(worker.settings).tick()
    assert Run.select().count() == 1
    assert Slot.select().where(Slot.key.startswith(f"chase:{made.id}:")).count() == 1
    assert slots.take("a", worker.now(), worker.now())
    assert not slots.take("a", worker.now(), worker.now())


def test_missed_slots_are_caught_up_once(world: World, worker: Worker, clock: Clock) -> None:
    automation(world, DAILY)
    for moment in ("2026-11-19T01:00:00", "2026-11-26T05:00:00", "2026-11-26T06:00:00"):
        clock.go(moment)
        worker.tick()
    assert len(inbox_of(world, "上海专员")) == 2  # the 19th, and one for the 20th to the 26th
    assert [slot.key[-16:] for slot in Slot.select().order_by(Slot.id)] == [
        "2026-11-19T09:00",
        "2026-11-26T09:00",
    ]
    clock.go("2026-11-27T01:00:00")
    worker.tick()
    assert len(inbox_of(world, "上海专员")) == 3


def test_a_clock_that_jumps_back_runs_nothing_twice(
    world: World, worker: Worker, clock: Clock
) -> None:
    automation(world, DAILY)
    for moment in ("2026-11-19T01:00:00", "2026-11-18T23:00:00", "2026-11-19T01:00:01"):
        clock.go(moment)
        worker.tick()
    assert len(inbox_of(world, "上海专员")) == 1


def test_many_rules_after_a_day_down(world: World, worker: Worker, clock: Clock) -> None:
    """However many slots of each were missed: one run a rule."""
    made = automation(world, DAILY)
    with db.write():
        for number in range(99):
            Automation.create(
                base=world.base_id,
                name=str(number),
                definition={
                    **made.definition,
                    "trigger": {**DAILY, "time": f"{number % 24:02}:00"},
                },
                run_as=made.run_as_id,
                enabled=True,
            )
    clock.go("2026-11-21T03:00:00")
    assert worker.tick()["runs"] == 100
    assert worker.tick()["runs"] == 0
    assert len(inbox_of(world, "上海专员")) == 100


def test_for_each_record(world: World, worker: Worker, clock: Clock) -> None:
    automation(
        world,
        {**DAILY, "table": "reports"},
        condition={"field": "state", "op": "is", "value": "草稿"},
        to={"field": "owner"},
        subject="{title} 还是草稿",
    )
    for branch in ("上海", "苏州"):
        world.file(branch, "2026-11-18", state="草稿", owner=world.person(f"{branch}专员"))
    world.file("杭州", "2026-11-18", owner=world.person("杭州专员"))
    clock.go("2026-11-19T01:00:00")
    worker.tick()
    assert inbox_of(world, "上海专员") == ["上海 2026-11-18 还是草稿"]
    assert inbox_of(world, "苏州专员") == ["苏州 2026-11-18 还是草稿"]
    assert inbox_of(world, "杭州专员") == []
    clock.go("2026-11-20T01:00:00")
    worker.tick()
    assert len(inbox_of(world, "上海专员")) == 2


def test_nothing_to_do_is_noted_as_nothing(world: World, worker: Worker, clock: Clock) -> None:
    automation(world, {**DAILY, "table": "reports"})
    clock.go("2026-11-19T01:00:00")
    worker.tick()
    assert Run.get().state == "nothing"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_broken_definition_holds_nobody_up(world: World, worker: Worker, clock: Clock) -> None:
    made = automation(world, DAILY)
    for trigger in ({}, {"kind": "moon"}, {"kind": "schedule"}, None):
        Automation.create(
            base=world.base_id,
            name="kaputt",
            definition={**made.definition, "trigger": trigger},
            run_as=made.run_as_id,
            enabled=True,
        )
    clock.go("2026-11-19T01:00:00")
    worker.tick()
    assert len(inbox_of(world, "上海专员")) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_flood_of_one_run_is_refused(
    world: World, worker: Worker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RECORDS_PER_RUN", 3)
    monkeypatch.setattr(limits, "MESSAGES_PER_RUN", 8)
    made = automation(world, {**DAILY, "table": "reports"}, to={"role": world.roles["staff"].id})
    world.file("上海", "2026-11-18")
    clock.go("2026-11-19T01:00:00")
    worker.tick()
    for _number in range(3):
        world.file("上海", "2026-11-18")
    clock.go("2026-11-20T01:00:00")
    worker.tick()
    reasons = [str(runner.why(run)) for run in runner.runs(world.viewer("管理员"), made)]
    assert reasons == [
        "More than 3 records meet the condition. Narrow it.",
        "It would send more than 8 messages.",
    ]
    assert Outbox.select().count() == 0


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_a_lost_connection_comes_back(world: World, worker: Worker, clock: Clock) -> None:
    """The server drops the worker's connection: the round fails, the next one works."""
    automation(world, DAILY)
    clock.go("2026-11-19T01:00:00")

    def tick() -> None:
        thread = threading.Thread(target=worker._safely, args=(worker.tick,))
        thread.start()
        thread.join()

    tick()
    assert len(inbox_of(world, "上海专员")) == 1
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    db.query(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    clock.go("2026-11-20T01:00:00")
    tick()
    tick()
    assert len(inbox_of(world, "上海专员")) == 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_idle_round_writes_nothing(
    world: World, worker: Worker, duty: Duty, monkeypatch: pytest.MonkeyPatch
) -> None:
    automation(world, DAILY)
    chase(world, duty)
    worker.tick()
    statements: list[str] = []
    run = db.proxy.obj.execute_sql

    def counted(sql: str, *args: Any, **more: Any) -> Any:
        statements.append(sql)
        return run(sql, *args, **more)

    monkeypatch.setattr(db.proxy.obj, "execute_sql", counted)
    worker.tick()
    assert {sql.split()[0] for sql in statements} == {"SELECT"}
    assert len(statements) < 15


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_old_keys_are_swept(world: World, worker: Worker, clock: Clock) -> None:
    values = {"title": "x", "branch": world.department("上海")}
    records.create(SYSTEM, world.table, values, via="test", key="k")
    slots.take("old", worker.now(), worker.now())
    worker.tick()
    clock.wait(days=41)
    worker.tick()
    assert models.IdempotencyKey.select().count() == 0
    assert Slot.select().count() == 1
    clock.wait(days=60)
    worker.tick()
    assert Slot.select().count() == 0


# ── starting and stopping ────────────────────────────────────────────────────


def test_it_ticks_by_itself_and_stops(config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks: list[int] = []
    twice = threading.Event()

    def tick(self: Worker) -> dict[str, int]:
        ticks.append(1)
        if len(ticks) > 1:
            twice.set()
            raise RuntimeError("this round failed")
        return {}

    monkeypatch.setattr(workers, "TICK_SECONDS", 0.1)
    monkeypatch.setattr(Worker, "tick", tick)
    worker = Worker(config)
    worker.start()
    assert twice.wait(10)
    worker.stop()
    count = len(ticks)
    time.sleep(0.3)
    assert len(ticks) == count
    worker.stop()  # again: nothing to stop


def test_stopping_ends_after_the_message_in_hand(
    world: World, worker: Worker, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    automation(world, CREATED, to={"role": world.roles["staff"].id}, channels=["email"])
    world.file("上海", "2026-11-18")
    send = workers.outbox._send

    def stop_then_send(*args: Any) -> str:
        worker.stop()
        return send(*args)

    monkeypatch.setattr(workers.outbox, "_send", stop_then_send)
    counts = worker.tick()
    states = {row.state for row in Outbox.select()}
    assert sum(counts.get(state, 0) for state in ("sent", "withdrawn")) == 1
    assert "waiting" in states
    assert Outbox.select().where(Outbox.claimed_by.is_null(False)).count() == 0
    Worker(worker.settings).tick()  # the next one need not wait for a lease
    assert "waiting" not in {row.state for row in Outbox.select()}
