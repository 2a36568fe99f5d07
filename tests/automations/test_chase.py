"""Chasing: exactly those who owe, once a morning, up the ladder, until it is done."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

import pytest

from automations import chases, chasing, outbox
from automations.worker import Worker
from tests.automations.conftest import Clock, Mailbox
from tests.automations.world import SYSTEM, World, automation, inbox_of
from tracker import duties, models
from tracker.context import Context
from tracker.errors import Forbidden, Missing, Refused
from tracker.models import Chase, Duty, Notification, Outbox

FRIDAY_LATE = "2026-11-20T09:30:00"  # 17:30 in Shanghai: the cut-off has passed
SATURDAY = "2026-11-21T01:00:30"
MONDAY_EARLY = "2026-11-23T00:59:00"
MONDAY = "2026-11-23T01:00:00"  # 09:00 in Shanghai
TUESDAY, WEDNESDAY = "2026-11-24T01:00:00", "2026-11-25T01:00:00"
LADDER = [{"after_days": 0, "to": "ower"}, {"after_days": 2, "to": "head"}]


@pytest.fixture
def duty(world: World) -> Duty:
    form = models.Form.create(table=world.table_id, name="填周报")
    definition = {
        "owers": {"level": 3},
        "ower_field": "branch",
        "date_field": "day",
        "condition": world.condition(),
        "every": "week",
        "due": {"weekday": 4, "time": "17:00"},
        "since": "2026-11-16",
    }
    return duties.save(
        SYSTEM,
        world.base,
        name="项目周报",
        names={"en": "Weekly report"},
        table=world.table,
        definition=definition,
        form_id=form.id,
    )


def chase(world: World, duty: Duty, **changes: Any) -> Chase:
    definition = {"at": "09:00", "ladder": LADDER, "channels": ["inbox"], "give_up_days": 14}
    definition |= {"role": world.roles["staff"].id, **changes}
    return chases.save(world.viewer("管理员"), duty, definition)


def told() -> dict[str, int]:
    """Name → how many lines they have been told."""
    found: dict[str, int] = {}
    for row in Notification.select().order_by(Notification.id):
        found[row.person.name] = found.get(row.person.name, 0) + 1
    return found


def tell_everything(worker: Worker) -> dict[str, int]:
    Notification.delete().execute()
    worker.tick()
    return told()


EVERY_STAFF = {f"{name}专员": 1 for name in ["上海", "苏州", "杭州", "广州", "深圳", "厦门"]}


def test_exactly_those_who_owe_each_morning(
    world: World, duty: Duty, worker: Worker, clock: Clock
) -> None:
    chase(world, duty)
    world.file("苏州", "2026-11-18")
    for moment in (FRIDAY_LATE, SATURDAY, "2026-11-22T05:00:00", MONDAY_EARLY):
        clock.go(moment)
        assert tell_everything(worker) == {}
    clock.go(MONDAY)
    owing = {**EVERY_STAFF, "组员": 1}
    del owing["苏州专员"]
    assert tell_everything(worker) == owing
    clock.wait(hours=5)
    assert tell_everything(worker) == {}
    world.file("广州", "2026-11-20")
    clock.go(TUESDAY)
    del owing["广州专员"]
    assert tell_everything(worker) == owing


def test_words_and_where_they_lead(world: World, duty: Duty, worker: Worker, clock: Clock) -> None:
    chase(world, duty)
    models.Person.update(lang="en").where(models.Person.id == world.person("组员")).execute()
    clock.go(MONDAY)
    worker.tick()
    row = Notification.get(Notification.person == world.person("苏州专员"))
    assert row.subject == "待填报：“项目周报”，2026 年第 47 周"
    assert row.body == "苏州：“项目周报”，2026 年第 47 周，截止 周五 11-20 17:00。"
    assert row.link == f"/f/{duty.form_id}"
    assert inbox_of(world, "组员") == ["Still to file: “Weekly report”, week 47 of 2026"]


def test_the_ladder_and_one_digest_a_head(
    world: World, duty: Duty, worker: Worker, clock: Clock
) -> None:
    """The third working morning the heads hear of all their branches, in one message."""
    chase(world, duty)
    view = models.View.create(
        base=world.base_id, kind="matrix", name="矩阵", options={"duty": duty.id}
    )
    world.file("苏州", "2026-11-18")
    world.file("深圳", "2026-11-18")
    for moment in (MONDAY, TUESDAY):
        clock.go(moment)
        assert "华东经理" not in tell_everything(worker)
    clock.go(WEDNESDAY)
    morning = tell_everything(worker)
    assert morning["华东经理"] == morning["华南经理"] == morning["上海专员"] == 1
    assert "管理员" not in morning
    row = Notification.get(Notification.person == world.person("华东经理"))
    assert row.subject == "“项目周报”还有 2 个下属单位未报"
    assert row.body == (
        "“项目周报”，2026 年第 47 周，截止 周五 11-20 17:00，未报 2 家：上海、杭州。"
    )
    assert row.link == f"/v/{view.id}"


def test_it_stops_by_itself(world: World, duty: Duty, worker: Worker, clock: Clock) -> None:
    chase(world, duty, give_up_days=5)
    for branch in ("上海", "苏州", "杭州", "广州", "深圳"):
        world.file(branch, "2026-11-18")
    clock.go(MONDAY)
    assert tell_everything(worker) == {"厦门专员": 1}
    duties.exempt(world.viewer("管理员"), duty, world.department("厦门"), "2026-W47", reason="搬迁")
    clock.go(TUESDAY)
    assert tell_everything(worker) == {}
    duties.owe_again(world.viewer("管理员"), duty, world.department("厦门"), "2026-W47")
    clock.go(WEDNESDAY)
    assert tell_everything(worker) == {"厦门专员": 1, "华南经理": 1}
    clock.go("2026-11-26T01:00:00")  # more than five days after the cut-off
    assert tell_everything(worker) == {}


def test_filed_between_queueing_and_sending(
    world: World, duty: Duty, worker: Worker, mailbox: Mailbox, clock: Clock
) -> None:
    chase(world, duty, channels=["inbox", "email"])
    clock.go(MONDAY)
    assert chasing.run_due(now=worker.now()) == 2 * 7
    world.file("上海", "2026-11-20")
    counts = worker.tick()
    assert (counts["sent"], counts["withdrawn"]) == (2 * 5, 2 * 2)
    assert told() == {name: 1 for name in EVERY_STAFF if name != "上海专员"}
    assert len(mailbox.raw) == 5
    assert ["staff0@example.test"] not in mailbox.to
    for name in ("上海专员", "组员"):
        row = Outbox.get(Outbox.person == world.person(name))
        assert row.state == "withdrawn"
        assert "Nothing is owed" in str(outbox.why(row))


def test_a_digest_shrinks_to_what_is_still_owed(
    world: World, duty: Duty, worker: Worker, clock: Clock
) -> None:
    chase(world, duty, ladder=[{"after_days": 0, "to": "head"}])
    clock.go(MONDAY)
    chasing.run_due(now=worker.now())
    world.file("上海", "2026-11-20")
    world.file("杭州", "2026-11-20")
    worker.tick()
    assert inbox_of(world, "华东经理") == ["苏州未报“项目周报”，2026 年第 47 周"]
    assert inbox_of(world, "华南经理") == ["“项目周报”还有 3 个下属单位未报"]


@pytest.mark.parametrize(
    "what", ["moved", "lost the role", "chase off", "duty off", "duty deleted", "exempt"]
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_asked_again_when_it_is_sent(
    world: World, duty: Duty, worker: Worker, clock: Clock, what: str
) -> None:
    made = chase(world, duty)
    clock.go(MONDAY)
    chasing.run_due(now=worker.now())
    if what == "moved":
        person = models.Person.update(department=world.department("华南"))
        person.where(models.Person.id == world.person("苏州专员")).execute()
    elif what == "lost the role":
        models.RoleMember.delete().where(
            models.RoleMember.role == world.roles["staff"].id
        ).execute()
    elif what == "chase off":
        chases.save(world.viewer("管理员"), duty, made.definition, enabled=False, chase=made)
    elif what == "duty off":
        Duty.update(enabled=False).execute()
    elif what == "duty deleted":
        duties.delete(world.viewer("管理员"), duty)
    else:
        duties.exempt(
            world.viewer("管理员"), duty, world.department("苏州"), "2026-W47", reason="x"
        )
    worker.tick()
    assert inbox_of(world, "苏州专员") == []


def test_never_two_in_one_morning(world: World, duty: Duty, worker: Worker, clock: Clock) -> None:
    """Two duties with two hours: whoever hears at nine hears of both, and nothing at ten."""
    chase(world, duty)
    second = duties.save(
        SYSTEM,
        world.base,
        name="安全周报",
        table=world.table,
        definition={
            **duty.definition,
            "condition": True,
            "owers": {"departments": [world.department("上海"), world.department("总部")]},
        },
    )
    chases.save(SYSTEM, second, {"at": "10:00", "ladder": [{"after_days": 0, "to": "head"}]})
    models.Headship.create(person=world.people["上海专员"], department=world.departments["上海"])
    models.Headship.create(person=world.people["管理员"], department=world.departments["总部"])
    clock.go(MONDAY)
    nine = tell_everything(worker)
    assert nine["上海专员"] == 1
    assert "管理员" not in nine
    assert inbox_of(world, "上海专员") == ["还有 2 份待填报"]
    clock.go("2026-11-23T02:00:00")
    ten = tell_everything(worker)
    assert ten["管理员"] == 1
    assert "上海专员" not in ten


def test_a_morning_missed_is_made_up_for_the_same_day_only(
    world: World, duty: Duty, worker: Worker, clock: Clock
) -> None:
    chase(world, duty)
    clock.go("2026-11-23T07:00:00")  # Monday 15:00: it was down at nine
    assert len(tell_everything(worker)) == 7
    clock.go("2026-11-25T00:00:00")  # down all Tuesday, back on Wednesday at eight
    assert tell_everything(worker) == {}
    clock.go(WEDNESDAY)
    assert len(tell_everything(worker)) == 9


def test_it_begins_with_the_next_morning(
    world: World, duty: Duty, worker: Worker, clock: Clock
) -> None:
    """Set up, or switched on again, in the afternoon: nobody is told before tomorrow."""
    clock.go("2026-11-23T06:00:00")
    made = chase(world, duty)
    assert tell_everything(worker) == {}
    clock.go(TUESDAY)
    assert len(tell_everything(worker)) == 7
    coordinator = world.viewer("管理员")
    made = chases.save(coordinator, duty, made.definition, enabled=False, chase=made)
    clock.go("2026-11-25T03:00:00")
    made = chases.save(coordinator, duty, made.definition, chase=made)
    assert tell_everything(worker) == {}


def test_holidays_are_left_in_peace(world: World, duty: Duty, worker: Worker, clock: Clock) -> None:
    """The cut-off of W39 is before National Day: nobody is chased until 8 October."""
    clock.go("2026-09-21T01:00:00")
    Duty.update(definition={**duty.definition, "since": "2026-09-28"}).execute()
    chase(world, duty, give_up_days=30)
    for day in range(1, 8):
        clock.go(f"2026-10-0{day}T02:00:00")
        assert tell_everything(worker) == {}
    clock.go("2026-10-08T01:00:00")
    assert len(tell_everything(worker)) == 7
    clock.go("2026-10-10T01:00:00")  # a Saturday that is worked
    assert "上海专员" in tell_everything(worker)


def test_without_people_the_heads_are_told_then_those_above(
    world: World, duty: Duty, worker: Worker, clock: Clock
) -> None:
    made = chase(world, duty, role=None)
    models.Headship.create(person=world.people["上海专员"], department=world.departments["上海"])
    every = duties.owing.owers(duty)
    shanghai, suzhou = every[world.department("上海")], every[world.department("苏州")]
    assert chasing.audience(made, 0, shanghai) == [world.person("上海专员")]
    assert chasing.audience(made, 0, suzhou) == [world.person("华东经理")]
    assert chasing.audience(made, 1, shanghai) == [world.person("华东经理")]
    assert chasing.audience(made, 1, suzhou) == []  # nobody above who is not told already
    models.Headship.create(person=world.people["管理员"], department=world.departments["总部"])
    assert chasing.audience(made, 1, suzhou) == [world.person("管理员")]


def test_people_are_chased_too(world: World, duty: Duty, worker: Worker, clock: Clock) -> None:
    personal = duties.save(
        SYSTEM,
        world.base,
        name="个人周报",
        table=world.table,
        definition={
            **duty.definition,
            "ower_field": "owner",
            "owers": {"people": [world.person("上海专员"), world.person("组员")]},
        },
    )
    chases.save(SYSTEM, personal, {"ladder": [*LADDER, {"after_days": 3, "to": "coordinator"}]})
    world.file("上海", "2026-11-18", owner=world.person("组员"))
    clock.go(MONDAY)
    assert tell_everything(worker) == {"上海专员": 1}
    clock.go(WEDNESDAY)
    assert tell_everything(worker) == {"上海专员": 1, "华东经理": 1}
    clock.go("2026-11-26T01:00:00")
    assert tell_everything(worker) == {"上海专员": 1, "华东经理": 1, "管理员": 1}


def test_several_weeks_are_one_message(
    world: World, duty: Duty, worker: Worker, clock: Clock
) -> None:
    Duty.update(definition={**duty.definition, "since": "2026-11-02"}).execute()
    chase(world, duty, give_up_days=30)
    clock.go(MONDAY)
    worker.tick()
    assert inbox_of(world, "苏州专员") == ["还有 3 份待填报"]
    head = Notification.get(Notification.person == world.person("华东经理"))
    assert head.subject == "“项目周报”还有 3 个下属单位未报"
    assert len(head.body.splitlines()) == 2  # weeks 45 and 46; week 47 is due too recently


def test_mails_of_a_chase(
    world: World, duty: Duty, worker: Worker, mailbox: Mailbox, clock: Clock
) -> None:
    chase(world, duty, channels=["email"])
    clock.go(MONDAY)
    assert worker.tick()["sent"] == 7
    got = message_from_bytes(mailbox.raw[0], policy=policy.default)
    assert got["Subject"] == "待填报：“项目周报”，2026 年第 47 周"
    assert f"https://rounds.example.test/f/{duty.form_id}" in got.get_content()
    assert len({raw.split(b"Message-ID: ")[1].split(b"\r\n")[0] for raw in mailbox.raw}) == 7


def test_an_automation_can_chase_at_once(
    world: World, duty: Duty, worker: Worker, clock: Clock
) -> None:
    chase(world, duty)
    clock.go(FRIDAY_LATE)
    trigger = {"kind": "record", "table": "reports", "when": "created"}
    automation(world, trigger, actions=[{"kind": "chase", "duty": duty.id}])
    world.file("苏州", "2026-11-20")
    morning = tell_everything(worker)
    assert morning == {name: 1 for name in [*EVERY_STAFF, "组员"] if name != "苏州专员"}


@pytest.mark.parametrize(
    "changes",
    [
        {"at": "nine"},
        {"ladder": [{"to": "everybody"}]},
        {"ladder": ["ower"]},
        {"ladder": [{"to": "ower", "after_days": -1}]},
        {"ladder": [{"to": "ower"}] * 7},
        {"channels": ["pigeon"]},
        {"give_up_days": 0},
        {"give_up_days": "soon"},
        {"role": 999},
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_wrong_chases_are_refused(world: World, duty: Duty, changes: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        chase(world, duty, **changes)
    assert Chase.select().count() == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_coordinators_shape_chases(world: World, duty: Duty) -> None:
    made = chase(world, duty)
    with pytest.raises(Forbidden):
        chases.save(world.viewer("上海专员"), duty, made.definition)
    with pytest.raises(Missing):
        chases.delete(world.viewer("外人"), made)
    chases.delete(world.viewer("管理员"), made)
    assert chases.of_duty(duty) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_chase_can_be_read_aloud(world: World, duty: Duty) -> None:
    made = chase(world, duty)
    assert chases.sentence(made, Context(lang="zh")).to("zh") == (
        "截止后每个工作日 09:00 通过站内消息催办：即日起填报人；2 个工作日后其负责人。"
        "提交后自动停止，最多催 14 天。"
    )
    assert "their heads" in chases.sentence(made, Context(lang="en")).to("en")
