"""Alerts: asked of those who may see the record, answered once, kept on it, told to others."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from automations import alerts, answering, runner, talking
from automations.worker import Worker
from tests.automations.conftest import Clock
from tests.automations.world import SYSTEM, World, automation, inbox_of
from tracker import comments, db, models, publicids, records, schema, settings, tables
from tracker.errors import Conflict, Forbidden, Missing, Refused
from tracker.models import Alert, Change, Comment, Notification
from tracker.query import Query

CREATED = {"kind": "record", "table": "reports", "when": "created"}


def asking(world: World, *names: str, trigger: Any = CREATED, **parts: Any) -> models.Automation:
    """An automation that asks these people about each new report and tells the branch's heads."""
    action = {
        "kind": "alert",
        "to": {"people": [world.person(name) for name in names]},
        "channels": ["inbox", "email"],
        "subject": "{title}能否安排？{remark}",
        "body": "{remark}",
        "answers": ["已安排", "需要支持"],
        "free": True,
        "tell": {"heads_of": "branch"},
        "days": 3,
    }
    return automation(world, trigger, actions=[action | parts])


def answer(world: World, name: str, alert: int, choice: str = "", text: str = "") -> None:
    viewer = world.viewer(name)
    question = alerts.get(viewer, alert)
    answering.answer(viewer, question, choice=choice, text=text, settings=settings.load())


def lines(world: World, name: str) -> list[tuple[str, str, bool]]:
    rows = Notification.select().where(Notification.person == world.person(name))
    return [(one.subject, one.link, one.read_at is not None) for one in rows]


def test_asked_answered_once_kept_and_told(world: World, worker: Worker) -> None:
    """The remark is hidden from those asked; what they answer stands in it all the same."""
    made = asking(world, "上海专员", "苏州专员", "外人", "管理员", field="remark")
    record = world.file("上海", "2026-11-18", remark="机密")
    worker.tick()
    alert = Alert.get().id
    mine = alerts.to_answer(world.viewer("上海专员"))
    assert [(one.subject, one.body, one.open, one.mine) for one in mine] == [
        ("上海 2026-11-18能否安排？", "", True, True)
    ]
    assert mine[0].alert.answer_by == dt.date(2026, 11, 21)
    assert mine[0].named == ("", "上海 2026-11-18", "能否安排？")
    assert lines(world, "上海专员") == [("上海 2026-11-18能否安排？", f"/alerts/{alert}", False)]
    assert alerts.to_answer(world.viewer("管理员"))[0].body == "机密"
    for name in ("苏州专员", "外人", "华东经理"):  # asked without sight, and not asked
        assert not alerts.to_answer(world.viewer(name)) and not lines(world, name)
        assert not alerts.of_record(world.viewer(name), world.table, record)
        with pytest.raises(Missing):
            answer(world, name, alert, "已安排")
    for choice, text in (("", ""), ("也许", ""), ("", "x" * 3000)):
        with pytest.raises(Refused):
            answer(world, "上海专员", alert, choice, text)
    assert Alert.get().answered_at is None

    answer(world, "上海专员", alert, "需要支持", " 周四去 ")
    answer(world, "上海专员", alert, "需要支持", "周四去")  # sent twice is answered once
    with pytest.raises(Conflict) as late:
        answer(world, "管理员", alert, "已安排")
    assert late.value.to("zh") == "上海专员已经答复：“需要支持：周四去”"
    worker.tick()
    assert Query(SYSTEM, world.table).one(record)[world.table.field("remark")] == "需要支持：周四去"
    change = Change.select().order_by(Change.id.desc()).first()
    assert (change.via, change.person_id) == (f"alert:{alert}", world.person("管理员"))
    assert lines(world, "华东经理") == [
        ("上海专员答复：需要支持：周四去", f"/r/{world.table_id}/{record}", False)
    ]
    assert not Comment.select().exists()
    for name in ("上海专员", "管理员", "华东经理"):  # asked or told: they find who answered what
        told = alerts.of_record(world.viewer(name), world.table, record)
        assert [(one.who, one.alert.answer, one.open) for one in told] == [
            ("上海专员", "需要支持：周四去", False)
        ]
        assert alerts.answered(world.viewer(name)) == told
    assert lines(world, "上海专员")[0][2] and lines(world, "管理员")[0][2]
    ledger = runner.runs(world.viewer("管理员"), made)[0]
    assert (ledger.trigger, ledger.state, ledger.summary["people"]) == ("answer", "done", 1)
    records.delete(SYSTEM, world.table, record, via="test")
    assert not alerts.answered(world.viewer("上海专员"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_one_question_is_open_at_a_time(world: World, worker: Worker, clock: Clock) -> None:
    """A rule that comes by each day asks again only once there is an answer."""
    daily = {"kind": "schedule", "every": "day", "time": "09:00", "table": "reports"}
    record = world.file("上海", "2026-11-18")
    made = asking(world, "上海专员", trigger=daily, tell=None, free=False)
    for _day in range(2):
        clock.wait(days=1)
        worker.tick()
    assert [one.subject for one in alerts.to_answer(world.viewer("上海专员"))] == [
        "上海 2026-11-18能否安排？"
    ]
    assert len(inbox_of(world, "上海专员")) == 1
    first = Alert.get().id
    for choice, text in (("", "周四"), ("已安排", "周四")):  # own words are not asked for
        with pytest.raises(Refused):
            answer(world, "上海专员", first, choice, text)
    answer(world, "上海专员", first, "已安排")
    said = Comment.get()
    assert (said.text, said.author_id, said.record_id) == (
        "答复：已安排",
        world.person("上海专员"),
        record,
    )
    assert alerts.of_comments(world.viewer("上海专员"), world.table, record, [said.id])[said.id].who
    assert not alerts.of_comments(world.viewer("组员"), world.table, record, [said.id])
    clock.wait(days=1)
    worker.tick()
    assert Alert.select().count() == 2 and len(inbox_of(world, "上海专员")) == 2
    found = alerts.get(world.viewer("管理员"), first)
    assert not found.mine
    with pytest.raises(Forbidden):
        answering.answer(
            world.viewer("管理员"), found, choice="已安排", text="", settings=worker.settings
        )
    runner.delete(world.viewer("管理员"), made)
    assert not alerts.to_answer(world.viewer("上海专员"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_answer_is_lost(world: World, worker: Worker) -> None:
    """A field that no longer takes it: the answer becomes a comment, the ledger says why."""
    answers = {"answers": ["草稿", "已提交"], "free": False, "field": "state", "tell": None}
    made = asking(world, "上海专员", **answers)
    asked = [world.file("上海", "2026-11-18"), world.file("上海", "2026-11-19")]
    worker.tick()
    first, second = (one.alert.id for one in alerts.to_answer(world.viewer("上海专员")))
    answer(world, "上海专员", first, "草稿")
    state = world.table.field("state")
    assert Query(SYSTEM, world.table).one(asked[0])[state] == 1
    tables.delete_field(SYSTEM, state)
    answer(world, "上海专员", second, "草稿")
    assert [one.text for one in Comment.select()] == ["答复：草稿"]
    last = runner.runs(world.viewer("管理员"), made)[0]
    assert last.state == "failed" and runner.why(last)


@pytest.mark.parametrize(
    "changes",
    [
        {"trigger": {"kind": "schedule", "every": "day", "time": "09:00"}},
        {"to": []},
        {"tell": {"role": 999}},
        {"subject": ""},
        {"subject": "{nosuch}"},
        {"answers": [f"答{number}" for number in range(9)]},
        {"answers": ["很长" * 21]},
        {"field": "visits"},
        {"field": 999},
        {"field": "state"},
        {"field": "state", "free": False},
        {"days": 0},
        {"days": 366},
        {"days": "3"},
        {"channels": ["pigeon"]},
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_wrong_definitions(world: World, changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        asking(world, "上海专员", **changes)
    assert list(refused.value.problems) == ["actions.0"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_can_be_read_aloud_and_tried(world: World, worker: Worker) -> None:
    made = asking(world, "上海专员", answers=["好", " 好 ", ""], free=False)
    assert made.definition["actions"][0]["answers"] == ["好"]
    assert (
        "通过站内消息、邮件请上海专员答复：“「标题」能否安排？「remark」”，答复告知「branch」的负责人"
        in (runner.sentence(made, world.viewer("管理员")))
    )
    world.file("上海", "2026-11-18")
    found = runner.preview(world.viewer("管理员"), made, settings=worker.settings)
    assert (found.runs, found.messages, Alert.select().count()) == (1, 2, 0)


# ── comments ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_comments_are_told_to_whom_they_concern(world: World, worker: Worker) -> None:
    record = world.file("上海", "2026-11-18", owner=world.person("上海专员"))

    def say(name: str, text: str) -> int:
        made = comments.add(world.viewer(name), world.table, record, text)
        return talking.commented(world.table, made, worker.settings)

    link = f"/r/{world.table_id}/{record}#comments"
    assert say("管理员", "什么时候去？") == 1
    assert say("管理员", "周四可以吗") == 1
    told = Notification.get(Notification.person == world.person("上海专员"))
    assert (told.subject, told.body, told.link) == (
        "“上海 2026-11-18”有新评论",
        "管理员：什么时候去？\n管理员：周四可以吗",
        link,
    )
    refs = {name: publicids.person(world.person(name)) for name in ("华东经理", "苏州专员", "组员")}
    assert say("上海专员", " ".join(f"@[{ref}]" for ref in refs.values())) == 2
    assert inbox_of(world, "苏州专员") == inbox_of(world, "组员") == []  # they may not see it
    line = Notification.get(Notification.person == world.person("华东经理"))
    assert line.body == "上海专员：@华东经理 @苏州专员 @组员"
    with db.write():  # whom a field names that they may not see themselves
        staff = world.roles["staff"]
        models.FieldRight.create(role=staff, field=world.field("owner"), level="hidden")
        Notification.delete().execute()
        Comment.update(deleted_at=Comment.created_at).execute()
        schema.changed()
    assert say("管理员", "在吗") == 0
