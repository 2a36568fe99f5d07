"""Notify: who is told, in which words, and what nobody may learn through a message."""

from __future__ import annotations

from typing import Any

import pytest

from automations import messages, outbox, runner
from automations.worker import Worker
from tests.automations.conftest import Clock
from tests.automations.world import SYSTEM, World, automation, inbox_of
from tracker import db, models, organisation, records, schema
from tracker.errors import Forbidden, Missing, Refused
from tracker.models import Automation, Outbox

CREATED = {"kind": "record", "table": "reports", "when": "created"}
HOSTILE = [
    "{{7*7}}",
    "{% for x in y %}",
    "{0.__class__}",
    "{0}",
    "{title.__class__}",
    "{title!r}",
    "{title:>10}",
    "${HOME}",
    "${title}",
    "{{title}}",
    "{{ title }}",
    "%(title)s",
    "#{1+1}",
    "<script>alert(1)</script>",
    "{}",
    "{ title }",
]


def one(world: World, name: str) -> models.Notification:
    return models.Notification.get(models.Notification.person == world.person(name))


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (
            lambda world: {"people": [world.person("苏州专员"), world.person("组员")]},
            ["组员", "苏州专员"],
        ),
        (lambda world: {"field": "owner"}, ["上海专员"]),
        (lambda world: {"heads_of": "branch"}, ["华东经理"]),
        (lambda world: {"role": world.roles["coordinator"].id}, ["管理员"]),
        (lambda world: "record_creator", ["上海专员"]),
        (
            lambda world: [{"field": "owner"}, "record_creator", {"heads_of": "branch"}],
            ["上海专员", "华东经理"],
        ),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_is_told(world: World, worker: Worker, to: Any, expected: list[str]) -> None:
    made = automation(world, CREATED, to=to(world))
    values = {"title": "x", "branch": world.department("上海"), "owner": world.person("上海专员")}
    records.create(world.viewer("上海专员"), world.table, values, via="test")
    worker.tick()
    told = {row.person.name for row in Outbox.select()}
    assert told == set(expected)
    assert runner.runs(world.viewer("管理员"), made)[0].summary["people"] == len(expected)


def test_each_reads_what_they_may_see(world: World, worker: Worker) -> None:
    """The head of another branch gets nothing; a hidden field is empty; the coordinator sees it."""
    names = ["上海专员", "苏州专员", "管理员", "外人"]
    automation(
        world,
        CREATED,
        to={"people": [world.person(name) for name in names]},
        subject="{title}：{remark}",
        body="{branch} 拜访 {visits} 次，{state}，{day}",
    )
    world.file("上海", "2026-11-18", remark="机密", visits=3)
    counts = worker.tick()
    assert (counts["sent"], counts["withdrawn"]) == (2, 2)
    assert one(world, "上海专员").subject == "上海 2026-11-18："
    assert one(world, "上海专员").body == "上海 拜访 3 次，已提交，11-18 周三"
    assert one(world, "管理员").subject == "上海 2026-11-18：机密"
    assert one(world, "管理员").link == f"/r/{world.table_id}/1"
    for name in ("苏州专员", "外人"):
        assert inbox_of(world, name) == []
        row = Outbox.get(Outbox.person == world.person(name))
        assert "may not see" in str(outbox.why(row))


def test_rights_are_asked_when_it_is_sent(world: World, worker: Worker) -> None:
    """Queued while it was allowed, sent when it no longer is: nothing is told."""
    automation(world, CREATED)
    world.file("上海", "2026-11-18")
    queue_only(worker)
    assert Outbox.select().count() == 1
    models.TableRight.update(read=False).execute()
    with db.write():
        schema.changed()
    assert worker.tick()["withdrawn"] == 1
    assert inbox_of(world, "上海专员") == []


def queue_only(worker: Worker) -> None:
    """Handle events without sending what they queue."""
    worker._part("events", worker._events)


@pytest.mark.parametrize("what", ["deactivated", "deleted record", "switched off", "deleted"])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_no_longer_true_is_withdrawn(world: World, worker: Worker, what: str) -> None:
    made = automation(world, CREATED)
    record = world.file("上海", "2026-11-18")
    queue_only(worker)
    if what == "deactivated":
        models.Person.update(active=False).where(
            models.Person.id == world.person("上海专员")
        ).execute()
    elif what == "deleted record":
        records.delete(SYSTEM, world.table, record, via="test")
    elif what == "switched off":
        runner.set_enabled(world.viewer("管理员"), made, False)
    else:
        runner.delete(world.viewer("管理员"), made)
    assert worker.tick()["withdrawn"] == 1
    assert inbox_of(world, "上海专员") == []


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_templates_know_only_fields(world: World, worker: Worker, hostile: str) -> None:
    automation(world, CREATED, subject=f"{hostile} {{title}}", body=hostile)
    world.file("上海", "2026-11-18", title="{branch} {{7*7}}")
    worker.tick()
    assert one(world, "上海专员").subject == f"{hostile} {{branch}} {{{{7*7}}}}"
    assert one(world, "上海专员").body == hostile


def test_values_are_not_templates() -> None:
    assert messages.fill("{a}{b}", {"a": "{b}", "b": "{a}"}) == "{b}{a}"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_in_the_language_of_who_reads(world: World, worker: Worker) -> None:
    models.Person.update(lang="en").where(models.Person.id == world.person("上海专员")).execute()
    automation(world, CREATED, subject="{day}")
    world.file("上海", "2026-11-18")
    worker.tick()
    assert inbox_of(world, "上海专员") == ["11-18 Wed"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_empty_subject_becomes_the_name(world: World, worker: Worker) -> None:
    automation(world, CREATED, subject="{remark}")
    world.file("上海", "2026-11-18")
    worker.tick()
    assert inbox_of(world, "上海专员") == ["提醒"]


# ── definitions ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("trigger", {"trigger": None}),
        ("trigger", {"trigger": {"kind": "moon"}}),
        ("trigger", {"trigger": {"kind": "record", "table": 99, "when": "created"}}),
        ("trigger", {"trigger": {"kind": "record", "table": "reports", "when": "eaten"}}),
        ("trigger", {"trigger": {**CREATED, "fields": ["nothing"]}}),
        ("trigger", {"trigger": {"kind": "schedule", "every": "week", "time": "9:00"}}),
        ("condition", {"trigger": {**CREATED, "when": "enters"}}),
        ("condition", {"condition": {"field": "nothing", "op": "is", "value": 1}}),
        ("condition", {"condition": ["broken"]}),
        (
            "condition",
            {
                "trigger": {"kind": "schedule", "every": "day", "time": "9:00"},
                "condition": {"all": []},
            },
        ),
        ("actions", {"actions": []}),
        ("actions", {"actions": None}),
        ("actions", {"actions": [{"kind": "notify"}] * 30}),
        ("actions.0", {"actions": ["notify"]}),
        ("actions.0", {"actions": [{"kind": "explode"}]}),
        ("actions.0", {"subject": "  \r\n "}),
        ("actions.0", {"subject": "{nothing_like_it}"}),
        ("actions.0", {"body": "x" * 20_000}),
        ("actions.0", {"channels": []}),
        ("actions.0", {"channels": ["pigeon"]}),
        ("actions.0", {"channels": "inbox"}),
        ("actions.0", {"to": None}),
        ("actions.0", {"to": []}),
        ("actions.0", {"to": {"people": []}}),
        ("actions.0", {"to": {"people": [999]}}),
        ("actions.0", {"to": {"people": ["1"]}}),
        ("actions.0", {"to": {"role": 999}}),
        ("actions.0", {"to": {"role": "staff"}}),
        ("actions.0", {"to": {"field": "branch"}}),
        ("actions.0", {"to": {"heads_of": "owner"}}),
        ("actions.0", {"to": {"field": "owner", "role": 1}}),
        ("actions.0", {"to": "everybody"}),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_wrong_definitions_name_the_part(world: World, part: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        automation(world, changes.pop("trigger", CREATED), **changes)
    assert list(refused.value.problems) == [part]
    assert refused.value.text.to("zh") != ""
    assert Automation.select().count() == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_definitions_hold_ids(world: World) -> None:
    made = automation(world, CREATED, to={"field": "owner"}, condition=world.condition())
    assert made.definition["trigger"] == {
        "kind": "record",
        "table": world.table_id,
        "when": "created",
    }
    assert made.definition["actions"][0]["to"] == {"field": world.field("owner")}
    assert made.definition["actions"][0]["channels"] == ["inbox"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_coordinators_shape_and_read(world: World) -> None:
    made = automation(world, CREATED)
    staff, stranger = world.viewer("上海专员"), world.viewer("外人")
    for viewer, error in ((staff, Forbidden), (stranger, Missing)):
        for attempt in (
            lambda viewer: runner.save(viewer, world.base, made.definition, name="x"),
            lambda viewer: runner.load(viewer, made.id),
            lambda viewer: runner.of_base(viewer, world.base),
            lambda viewer: runner.runs(viewer, made),
            lambda viewer: runner.set_enabled(viewer, made, True),
            lambda viewer: runner.delete(viewer, made),
            lambda viewer: outbox.entries(viewer, world.base),
        ):
            with pytest.raises(error):
                attempt(viewer)
    with pytest.raises(Missing):
        runner.load(staff, 999)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_nobody_borrows_the_rights_of_others(world: World) -> None:
    coordinator = world.viewer("管理员")
    with pytest.raises(Refused):
        automation(world, CREATED, run_as=world.person("华东经理"))
    made = automation(world, CREATED)
    assert made.run_as_id == world.person("管理员")
    by_admin = runner.save(
        SYSTEM, world.base, made.definition, name="y", run_as=world.person("华东经理")
    )
    assert by_admin.run_as_id == world.person("华东经理")
    again = runner.save(coordinator, world.base, made.definition, name="y", automation=by_admin)
    assert again.run_as_id == coordinator.person_id


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_can_be_read_aloud(world: World) -> None:
    coordinator = world.viewer("管理员")
    speaking = {lang: coordinator.speaking(lang, "Asia/Shanghai") for lang in ("zh", "en")}
    made = automation(
        world,
        {**CREATED, "when": "enters"},
        condition=world.condition(),
        to={"heads_of": "branch"},
        channels=["inbox", "email"],
        subject="{title}已提交",
    )
    assert runner.sentence(made, speaking["zh"]) == (
        "“周报”的记录变为满足 「state」为 已提交 时，"
        "通过站内消息、邮件通知「branch」的负责人：“「标题」已提交”。"
    )
    assert runner.sentence(made, speaking["en"]) == (
        "When a record of “周报” comes to meet: 「state」 is 已提交, "
        "notify the heads of 「branch」 in Rounds, by e-mail: “「标题」已提交”."
    )
    weekly = {"kind": "schedule", "every": "week", "weekday": 4, "time": "15:00"}
    made = automation(
        world, weekly, to={"role": world.roles["staff"].id}, subject="周报 17:00 截止"
    )
    assert runner.sentence(made, speaking["zh"]) == (
        "每周五 15:00，通过站内消息通知角色“专员”的所有人：“周报 17:00 截止”。"
    )
    models.Field.update(deleted_at=made.created_at).execute()
    with db.write():
        schema.changed()
    for row in Automation.select():
        for viewer in speaking.values():
            assert runner.sentence(row, viewer)


# ── a dry run ────────────────────────────────────────────────────────────────


def test_had_this_been_on_last_week(world: World, worker: Worker, clock: Clock) -> None:
    coordinator = world.viewer("管理员")
    clock.go("2026-11-10T02:00:00")
    early = world.file("广州", "2026-11-10", state="草稿")
    clock.go("2026-11-12T02:00:00")
    world.file("上海", "2026-11-12")
    draft = world.file("上海", "2026-11-12", state="草稿")
    for record in (draft, early):
        records.update(SYSTEM, world.table, record, {"state": "已提交"}, via="test")
        records.update(SYSTEM, world.table, record, {"state": "草稿"}, via="test")
    clock.go("2026-11-18T02:00:00")
    made = automation(
        world,
        {**CREATED, "when": "enters"},
        condition=world.condition(),
        to={"heads_of": "branch"},
        channels=["inbox", "email"],
    )
    found = runner.preview(coordinator, made, settings=worker.settings)
    assert (found.runs, found.messages, found.people) == (3, 6, 2)
    daily = {"kind": "schedule", "every": "workday", "time": "09:00"}
    made = automation(world, daily, to={"people": [world.person("组员")]})
    found = runner.preview(coordinator, made, settings=worker.settings)
    assert (found.runs, found.messages, found.people) == (5, 5, 1)
    assert Outbox.select().count() == 0
    worker.tick()
    assert Outbox.select().count() == 0


def test_moving_a_head_moves_the_message(world: World, worker: Worker) -> None:
    automation(world, CREATED, to={"heads_of": "branch"})
    organisation.move(world.department("上海"), world.department("华南"))
    world.file("上海", "2026-11-18")
    worker.tick()
    assert len(inbox_of(world, "华南经理")) == 1
    assert inbox_of(world, "华东经理") == []
