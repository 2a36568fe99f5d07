"""Records that were created, changed, or have come to meet a condition."""

from __future__ import annotations

from typing import Any

import pytest

from automations import events, runner
from automations.actions import Action, registry
from automations.occasions import Occasion
from automations.outbox import Planned
from automations.worker import Worker
from tests.automations.conftest import Clock
from tests.automations.world import SYSTEM, World, automation, inbox_of
from tracker import db, limits, models, records, schema, tables
from tracker.models import Automation, Event, Outbox, Run


def trigger(world: World, when: str, **more: Any) -> dict[str, Any]:
    return {"kind": "record", "table": world.table_id, "when": when, **more}


def change(world: World, record: int, **values: Any) -> None:
    records.update(SYSTEM, world.table, record, values, via="test")


def test_created_tells_once(world: World, worker: Worker) -> None:
    automation(world, trigger(world, "created"), subject="新周报：{title}")
    world.file("上海", "2026-11-18")
    assert worker.tick()["sent"] == 1
    assert inbox_of(world, "上海专员") == ["新周报：上海 2026-11-18"]
    assert Event.select().count() == 0
    worker.tick()
    assert len(inbox_of(world, "上海专员")) == 1


def test_created_looks_at_the_condition(world: World, worker: Worker) -> None:
    automation(world, trigger(world, "created"), condition=world.condition())
    world.file("上海", "2026-11-18", state="草稿")
    worker.tick()
    assert inbox_of(world, "上海专员") == []
    assert Run.select().count() == 0


def test_enters_is_false_before_and_true_after(world: World, worker: Worker) -> None:
    automation(world, trigger(world, "enters"), condition=world.condition(), subject="{title}")
    record = world.file("上海", "2026-11-18", state="草稿")
    worker.tick()
    assert inbox_of(world, "上海专员") == []
    change(world, record, title="改个标题")  # still a draft
    change(world, record, state="已提交")  # enters
    change(world, record, visits=3)  # stays inside
    worker.tick()
    assert inbox_of(world, "上海专员") == ["改个标题"]
    change(world, record, state="草稿")
    change(world, record, state="已提交")  # enters again
    worker.tick()
    assert len(inbox_of(world, "上海专员")) == 2


def test_enters_when_created_inside(world: World, worker: Worker) -> None:
    automation(world, trigger(world, "enters"), condition=world.condition())
    world.file("上海", "2026-11-18")
    worker.tick()
    assert len(inbox_of(world, "上海专员")) == 1


def test_the_past_is_reconstructed_not_guessed(world: World, worker: Worker) -> None:
    """Between the change and the worker the record went out of the condition again."""
    automation(world, trigger(world, "enters"), condition=world.condition())
    record = world.file("上海", "2026-11-18", state="草稿")
    change(world, record, state="已提交")
    change(world, record, state="草稿")
    worker.tick()
    assert len(inbox_of(world, "上海专员")) == 1


def test_changed_waits_for_its_fields(world: World, worker: Worker) -> None:
    automation(world, trigger(world, "changed", fields=["visits"]))
    record = world.file("上海", "2026-11-18")
    change(world, record, title="别的")
    worker.tick()
    assert inbox_of(world, "上海专员") == []
    change(world, record, visits=5)
    worker.tick()
    assert len(inbox_of(world, "上海专员")) == 1


def test_unchanged_values_fire_nothing(world: World, worker: Worker) -> None:
    automation(world, trigger(world, "changed"))
    record = world.file("上海", "2026-11-18", visits=5)
    worker.tick()
    change(world, record, visits=5, state="已提交")
    assert Event.select().count() == 0
    worker.tick()
    assert inbox_of(world, "上海专员") == []


def test_deleting_and_restoring_tell_nobody(world: World, worker: Worker, clock: Clock) -> None:
    record = world.file("上海", "2026-11-18")
    clock.wait(minutes=1)
    for when in ("created", "changed"):
        automation(world, trigger(world, when))
    records.delete(SYSTEM, world.table, record, via="test")
    records.restore(SYSTEM, world.table, record, via="test")
    worker.tick()
    assert inbox_of(world, "上海专员") == []


def test_what_happened_before_it_was_switched_on_is_past(
    world: World, worker: Worker, clock: Clock
) -> None:
    made = automation(world, trigger(world, "created"))
    runner.set_enabled(world.viewer("管理员"), made, False)
    world.file("上海", "2026-11-18")
    clock.wait(minutes=1)
    runner.set_enabled(world.viewer("管理员"), made, True)
    worker.tick()
    assert inbox_of(world, "上海专员") == []


def test_it_sees_only_what_its_person_sees(world: World, worker: Worker) -> None:
    """As 上海专员 it knows neither records of 苏州 nor the hidden remark."""
    made = automation(world, trigger(world, "created"))
    Automation.update(run_as=world.person("上海专员")).execute()
    world.file("苏州", "2026-11-18")
    worker.tick()
    assert inbox_of(world, "上海专员") == []
    world.file("上海", "2026-11-18")
    worker.tick()
    assert len(inbox_of(world, "上海专员")) == 1
    definition = dict(made.definition)
    definition["condition"] = {"field": world.field("remark"), "op": "contains", "value": "密"}
    Automation.update(definition=definition).execute()
    world.file("上海", "2026-11-19", remark="机密")
    worker.tick()
    assert len(inbox_of(world, "上海专员")) == 1
    failed = Run.select().where(Run.state == "failed").get()
    assert "no field" in str(runner.why(failed))


def test_hidden_changes_do_not_fire(world: World, worker: Worker) -> None:
    automation(world, trigger(world, "changed"))
    Automation.update(run_as=world.person("上海专员")).execute()
    record = world.file("上海", "2026-11-18")
    change(world, record, remark="只有管理员看得到")
    worker.tick()
    assert inbox_of(world, "上海专员") == []


def test_without_its_person_it_fails_and_pauses(world: World, worker: Worker) -> None:
    made = automation(world, trigger(world, "created"))
    models.Person.update(active=False).where(models.Person.id == world.person("管理员")).execute()
    models.RoleMember.create(role=world.roles["coordinator"], person=world.people["华东经理"])
    world.file("上海", "2026-11-18")
    worker.tick()
    made = Automation.get_by_id(made.id)
    assert not made.enabled
    assert "no longer active" in str(runner.why(made))
    run = Run.get()
    assert (run.state, run.record_id) == ("failed", 1)
    assert inbox_of(world, "华东经理") == ["自动化“提醒”已暂停"]
    assert inbox_of(world, "上海专员") == []


def test_a_budget_ends_floods(
    world: World, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RUNS_PER_HOUR", 5)
    made = automation(world, trigger(world, "created"))
    for day in range(10, 20):
        world.file("上海", f"2026-11-{day}")
    worker.tick()
    assert len(inbox_of(world, "管理员")) == 1
    assert Outbox.select().count() == 5
    assert not Automation.get_by_id(made.id).enabled
    assert Run.select().where(Run.state == "failed").count() == 1


class Flip(Action):
    """An action that changes the record that set it off: what loops are made of."""

    key = "flip"

    def act(self, action: Any, occasion: Occasion, number: int) -> list[Planned]:
        table = occasion.table or schema.current().table(0)
        values = occasion.values or {}
        field = table.field("visits")
        now = (values.get(field.id) or 0) + 1
        records.update(
            occasion.viewer,
            table,
            occasion.record_id or 0,
            {field.id: now},
            via=f"automation:{occasion.automation.id}",
            depth=occasion.depth,
        )
        return []


@pytest.fixture
def flip(monkeypatch: pytest.MonkeyPatch) -> None:
    registry.load()
    monkeypatch.setitem(registry.kinds, "flip", Flip())


def looping(world: World) -> Automation:
    definition = {"trigger": trigger(world, "changed"), "condition": True}
    return Automation.create(
        base=world.base_id,
        name="转圈",
        definition={**definition, "actions": [{"kind": "flip"}]},
        enabled=True,
        run_as=world.person("管理员"),
    )


def test_automations_that_set_each_other_off_end(world: World, worker: Worker, flip: None) -> None:
    looping(world)
    looping(world)
    record = world.file("上海", "2026-11-18")
    change(world, record, visits=1)
    for _round in range(20):
        worker.tick()
    assert Event.select().count() == 0
    failed = Run.select().where(Run.state == "failed")
    assert failed.count() > 0
    assert {str(runner.why(run)) for run in failed} == {
        "It was set off by automations that set each other off (5 deep)."
    }
    assert Run.select().count() < limits.RUNS_PER_HOUR * 2


def test_an_action_that_fails_takes_everything_of_its_run_back(
    world: World, worker: Worker, flip: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = looping(world)
    actions = [{"kind": "flip"}, {"kind": "notify", "to": {"role": world.roles["staff"].id}}]
    Automation.update(definition={**made.definition, "actions": actions}).execute()  # no subject
    record = world.file("上海", "2026-11-18", visits=7)
    change(world, record, title="x")
    worker.tick()
    run = Run.get()
    assert run.state == "failed"
    assert Event.select().count() == 0
    assert Outbox.select().count() == 0
    model = schema.current().table(world.table_id).field("visits").column
    assert db.query(f"SELECT {model} FROM t{world.table_id}") == [(7,)]


def test_events_nobody_listens_to_go_at_once(world: World, worker: Worker) -> None:
    for day in range(10, 20):
        world.file("上海", f"2026-11-{day}")
    assert Event.select().count() == 10
    worker.tick()
    assert Event.select().count() == 0


def test_a_deleted_table_holds_nothing_up(world: World, worker: Worker) -> None:
    automation(world, trigger(world, "created"))
    world.file("上海", "2026-11-18")
    tables.delete_table(SYSTEM, world.table)
    worker.tick()
    assert Event.select().count() == 0
    assert Run.get().state == "failed"


def test_a_worker_that_comes_late_does_nothing(world: World, worker: Worker, clock: Clock) -> None:
    """Its lease has run out and another has claimed the event: it is no longer its own."""
    automation(world, trigger(world, "created"))
    world.file("上海", "2026-11-18")
    ready = Event.id.is_null(False)
    for name in ("late", "other"):
        ids = events.claims.claim(Event, ready, [Event.id], worker=name, now=worker.now(), limit=9)
        assert len(ids) == 1
        clock.wait(minutes=6)
    listening = events._listening()
    assert events._handle(ids[0], listening, worker.settings, "late", worker.now()) == 0
    assert Run.select().count() == 0
    assert events._handle(ids[0], listening, worker.settings, "other", worker.now()) == 1
    assert Run.select().count() == 1


def test_claimed_events_are_left_alone_until_the_lease_ends(
    world: World, worker: Worker, clock: Clock
) -> None:
    automation(world, trigger(world, "created"))
    world.file("上海", "2026-11-18")
    ids = events.claims.claim(
        Event, Event.id.is_null(False), [Event.id], worker="other", now=worker.now(), limit=9
    )
    assert len(ids) == 1
    worker.tick()
    assert inbox_of(world, "上海专员") == []
    clock.wait(minutes=6)
    worker.tick()
    assert len(inbox_of(world, "上海专员")) == 1


def test_what_follows_from_other_records_is_told_too(world: World, worker: Worker) -> None:
    """A figure over linked records comes to meet a condition without a hand on its own record."""
    teams = tables.create_table(SYSTEM, world.base, "小组", key="teams")
    link = {"table": teams.id}
    tables.add_field(SYSTEM, world.table, "link", "小组", key="team", options=link)
    other = tables.add_pair(SYSTEM, world.table.field("team"), "周报", key="reports")
    heads = {"link": other.id, "field": "visits", "aggregate": "sum", "scope": "everyone"}
    teams = world.base.table("teams")
    tables.add_field(SYSTEM, teams, "rollup", "合计", key="sum", options=heads)
    teams = world.base.table("teams")
    formula = {"formula": "{合计} > 5"}
    tables.add_field(SYSTEM, teams, "formula", "忙", key="busy", options=formula)
    teams = world.base.table("teams")
    rule = {"field": teams.field("busy").id, "op": "checked"}
    team = records.create(SYSTEM, teams, {"名称": "甲组"}, via="test").record_id
    enters = {"kind": "record", "table": teams.id, "when": "enters"}
    assert teams.title
    to = {"people": [world.person("管理员")]}
    automation(world, enters, condition=rule, subject=f"忙：{{{teams.title.key}}}", to=to)
    report = world.file("上海", "2026-11-18", team=[team], visits=3)
    worker.tick()
    assert inbox_of(world, "管理员") == []
    change(world, report, visits=6)
    worker.tick()
    assert inbox_of(world, "管理员") == ["忙：甲组"]
    change(world, report, visits=7)
    worker.tick()
    assert len(inbox_of(world, "管理员")) == 1
