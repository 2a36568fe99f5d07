"""Duties: exactly those who owe, from the records that are there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pytest
import time_machine

from tests.automations import world as house
from tests.automations.world import SYSTEM, World
from tracker import clock, db, duties, dutyperiods, models, owing, records, schema, tables
from tracker.context import Context
from tracker.errors import Forbidden, Missing, Refused
from tracker.models import Duty

at = datetime.fromisoformat
BRANCHES = ["上海", "苏州", "杭州", "广州", "深圳", "厦门"]
WEEK = "2026-W47"  # 16 to 22 November; Friday is the 20th


@pytest.fixture
def world(database: str) -> Iterator[World]:
    with time_machine.travel("2026-11-18T02:00:00Z", tick=False):  # Wednesday 10:00 in Shanghai
        yield house.build()


def weekly(world: World, **changes: Any) -> Duty:
    definition = {
        "owers": {"level": 3},
        "ower_field": "branch",
        "date_field": "day",
        "condition": world.condition(),
        "every": "week",
        "due": {"weekday": 4, "time": "17:00"},
        "since": "2026-11-01",
        **changes,
    }
    return duties.save(SYSTEM, world.base, name="周报", table=world.table, definition=definition)


def states(world: World, duty: Duty, label: str = WEEK, now: str | None = None) -> dict[str, str]:
    """Branch → state in the period; overdue where the cut-off has passed."""
    period = dutyperiods.named(duty.definition, label)
    moment = at(now) if now else None
    cells = owing.status(duty, [period], now=moment)
    names = {row.id: row.name for row in world.departments.values()}
    return {
        names[ower]: "overdue" if row[label].overdue else row[label].state
        for ower, row in cells.items()
    }


def test_exactly_those_who_owe(world: World) -> None:
    duty = weekly(world)
    assert states(world, duty) == dict.fromkeys(BRANCHES, "owed")
    world.file("上海", "2026-11-18")
    world.file("苏州", "2026-11-11")  # the week before
    world.file("杭州", "2026-11-18", state="草稿")  # not what the duty asks for
    world.file("一组", "2026-11-17")  # a team of 上海: counts for the branch
    world.file("华南", "2026-11-18")  # above the branches: counts for nobody
    with time_machine.travel("2026-11-20T09:00:00Z", tick=False):  # 17:00 sharp is in time
        world.file("广州", "2026-11-20")
    with time_machine.travel("2026-11-20T09:00:01Z", tick=False):
        world.file("深圳", "2026-11-20")
    expected = dict.fromkeys(BRANCHES, "overdue")
    expected |= {"上海": "done", "广州": "done", "深圳": "late"}
    assert states(world, duty, now="2026-11-20T09:01:00") == expected
    assert states(world, duty, "2026-W46")["苏州"] == "late"  # filed on the 18th for the 11th
    assert set(states(world, duty, "2026-W48").values()) == {"future"}


def test_the_cut_off_decides_between_open_and_overdue(world: World) -> None:
    duty = weekly(world)
    assert states(world, duty, now="2026-11-20T09:00:00")["上海"] == "owed"
    assert states(world, duty, now="2026-11-20T09:00:01")["上海"] == "overdue"


def test_what_is_deleted_or_changed_is_owed_again(world: World) -> None:
    duty = weekly(world)
    record = world.file("上海", "2026-11-18")
    assert states(world, duty)["上海"] == "done"
    records.update(SYSTEM, world.table, record, {"state": "草稿"}, via="test")
    assert states(world, duty)["上海"] == "owed"
    records.update(SYSTEM, world.table, record, {"state": "已提交"}, via="test")
    records.delete(SYSTEM, world.table, record, via="test")
    assert states(world, duty)["上海"] == "owed"


def test_exempt_with_a_reason(world: World) -> None:
    duty = weekly(world)
    coordinator = world.viewer("管理员")
    shanghai = world.department("上海")
    with pytest.raises(Refused):
        duties.exempt(coordinator, duty, shanghai, WEEK, reason="  ")
    with pytest.raises(Refused):
        duties.exempt(coordinator, duty, shanghai, "2026-11", reason="搬迁")
    with pytest.raises(Missing):
        duties.exempt(coordinator, duty, world.department("总部"), WEEK, reason="搬迁")
    with pytest.raises(Forbidden):
        duties.exempt(world.viewer("上海专员"), duty, shanghai, WEEK, reason="搬迁")
    for reason in ("搬迁", "办公室搬迁"):
        duties.exempt(coordinator, duty, shanghai, WEEK, reason=reason)
    assert states(world, duty, now="2026-11-21T00:00:00")["上海"] == "exempt"
    cell = owing.status(duty, duties.periods(duty, 1))[shanghai][WEEK]
    assert cell.reason == "办公室搬迁"
    duties.owe_again(coordinator, duty, shanghai, WEEK)
    assert states(world, duty)["上海"] == "owed"


def test_moments_count_by_the_day_on_the_wall(world: World) -> None:
    duty = weekly(world, every="day", due={"time": "18:00"}, date_field="at")
    late = "2026-11-18 23:30"  # local; the 18th in Shanghai, 15:30 UTC
    world.file("上海", "2026-11-01", at=late)
    assert states(world, duty, "2026-11-18")["上海"] == "done"
    assert states(world, duty, "2026-11-19")["上海"] == "future"
    early = "2026-11-18 00:10"  # the 17th in UTC
    world.file("苏州", "2026-11-01", at=early)
    assert states(world, duty, "2026-11-18")["苏州"] == "done"
    assert states(world, duty, "2026-11-17")["苏州"] == "overdue"


def test_people_owe_too(world: World) -> None:
    staff = world.roles["staff"]
    duty = weekly(world, owers={"role": staff.id}, ower_field="owner")
    cells = owing.status(duty, duties.periods(duty, 1))
    assert set(cells) == {one.id for name, one in world.people.items() if name != "外人"}
    world.file("上海", "2026-11-18", owner=world.person("上海专员"))
    cells = owing.status(duty, duties.periods(duty, 1))
    assert cells[world.person("上海专员")][WEEK].state == "done"
    assert cells[world.person("组员")][WEEK].state == "owed"
    named = weekly(world, owers={"people": [world.person("组员")]}, ower_field="owner")
    assert set(owing.status(named, duties.periods(named, 1))) == {world.person("组员")}
    models.Person.update(active=False).where(models.Person.id == world.person("组员")).execute()
    assert owing.status(named, duties.periods(named, 1)) == {}


def test_as_many_statements_for_six_branches_as_for_ninety(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    duty = weekly(world)
    shown = duties.periods(duty, 8)
    few = count_statements(duty, shown, monkeypatch)
    for number in range(84):
        parent = world.departments["华东"]
        house.organisation.add(f"分公司{number}", parent=parent)
    schema.current()  # read again, as more departments are a new version
    assert count_statements(duty, shown, monkeypatch) == few
    assert few <= 4  # departments, records, exemptions, schema version


def count_statements(duty: Duty, shown: list[Any], monkeypatch: pytest.MonkeyPatch) -> int:
    seen: list[str] = []
    run = db.proxy.obj.execute_sql

    def counted(sql: str, *args: Any, **kwargs: Any) -> Any:
        seen.append(sql)
        return run(sql, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(db.proxy.obj, "execute_sql", counted)
        owing.status(duty, shown)
    return len(seen)


# ── periods ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rule", "day", "label", "due"),
    [
        ({"every": "week", "due": {"weekday": 4}}, "2026-11-22", "2026-W47", "2026-11-20T09:00"),
        (
            {"every": "week", "due": {"weekday": 0, "after": 1}},
            "2026-11-16",
            "2026-W47",
            "2026-11-23T09:00",
        ),
        ({"every": "week"}, "2026-12-31", "2026-W53", "2027-01-01T09:00"),
        ({"every": "month", "due": {"day": 31}}, "2026-11-05", "2026-11", "2026-11-30T09:00"),
        (
            {"every": "month", "due": {"day": 5, "after": 1}},
            "2026-12-05",
            "2026-12",
            "2027-01-05T09:00",
        ),
        (
            {"every": "day", "due": {"time": "09:00", "after": 1}},
            "2026-11-21",
            "2026-11-21",
            "2026-11-22T01:00",
        ),
        ({"every": "workday"}, "2026-11-22", "2026-11-20", "2026-11-20T09:00"),
        ({"every": "workday", "due": {"after": 1}}, "2026-09-30", "2026-09-30", "2026-10-08T09:00"),
        (
            {"every": "week", "zone": "America/New_York"},
            "2026-11-20",
            "2026-W47",
            "2026-11-20T22:00",
        ),
    ],
)
def test_periods_and_their_cut_off(rule: dict[str, Any], day: str, label: str, due: str) -> None:
    period = dutyperiods.containing(rule, date.fromisoformat(day))
    assert (period.label, period.due) == (label, at(due))
    assert dutyperiods.named(rule, label) == period


def test_periods_have_no_holes_and_begin_with_the_duty() -> None:
    for every in dutyperiods.EVERY:
        rule = {"every": every, "since": "2026-09-20"}
        shown = dutyperiods.latest(rule, date(2026, 11, 22), 500)
        assert all(one.end == after.first for one, after in pairwise(shown))
        assert shown[0].first <= date(2026, 9, 20) < shown[0].end
        assert shown[-1].first <= date(2026, 11, 22) < shown[-1].end


@pytest.mark.parametrize("label", ["2026-W54", "2026-W00", "W47", "", "2026-13", "x" * 50, "2026"])
def test_labels_that_name_no_period_are_refused(label: str) -> None:
    with pytest.raises(Refused):
        dutyperiods.named({"every": "week"}, label)


# ── what pages show ──────────────────────────────────────────────────────────


def rows(world: World, duty: Duty, name: str) -> list[tuple[str, int, bool]]:
    viewer = world.viewer(name)
    return [(row.name, row.depth, row.owes) for row in duties.matrix(viewer, duty).rows]


def test_the_matrix_shows_what_each_may_see(world: World) -> None:
    duty = weekly(world)
    tree = [("总部", 0, False), ("华东", 1, False)]
    tree += [(name, 2, True) for name in BRANCHES[:3]]
    tree += [("华南", 1, False)] + [(name, 2, True) for name in BRANCHES[3:]]
    assert rows(world, duty, "管理员") == tree
    east = [("华东", 0, False)] + [(name, 1, True) for name in BRANCHES[:3]]
    assert rows(world, duty, "华东经理") == east
    assert rows(world, duty, "上海专员") == [("上海", 0, True)]
    assert rows(world, duty, "组员") == [("上海", 0, True)]
    with pytest.raises(Missing):
        duties.load(world.viewer("外人"), duty.id)
    assert duties.of_base(world.viewer("外人"), world.base) == []
    assert [one.id for one in duties.of_base(world.viewer("组员"), world.base)] == [duty.id]


def test_the_matrix_adds_up_and_opens_only_what_one_may_read(world: World) -> None:
    duty = weekly(world)
    record = world.file("上海", "2026-11-18")
    world.file("广州", "2026-11-18")
    matrix = duties.matrix(world.viewer("管理员"), duty, periods=2)
    assert [period.label for period in matrix.periods] == ["2026-W46", WEEK]
    by_name = {row.name: row for row in matrix.rows}
    total = by_name["总部"].tallies[1]
    assert (total.owers, total.done, total.overdue) == (6, 2, 0)
    assert by_name["华东"].tallies[0].overdue == 3
    assert by_name["上海"].cells[1].record_id == record
    models.TableRight.update(
        read={"field": world.field("owner"), "op": "is", "value": {"var": "me"}}
    ).execute()
    with db.write():
        schema.changed()
    closed = duties.matrix(world.viewer("上海专员"), duty, periods=1)
    assert closed.rows[0].cells[0].state == "done"
    assert closed.rows[0].cells[0].record_id is None


def test_mine_is_what_i_owe_now(world: World) -> None:
    form = models.Form.create(table=world.table_id, name="填周报")
    duty = weekly(world)
    Duty.update(form=form.id).execute()
    mine = duties.mine(world.viewer("组员"))
    assert [(one.ower.name, one.period.label, one.overdue) for one in mine] == [
        ("上海", "2026-W44", True),
        ("上海", "2026-W45", True),
        ("上海", "2026-W46", True),
        ("上海", WEEK, False),
    ]
    assert {one.form_id for one in mine} == {form.id}
    world.file("上海", "2026-11-18")
    assert WEEK not in [one.period.label for one in duties.mine(world.viewer("上海专员"))]
    for nobody in ("管理员", "华东经理", "外人"):
        assert duties.mine(world.viewer(nobody)) == []
    duties.delete(world.viewer("管理员"), duty)
    assert duties.mine(world.viewer("组员")) == []


# ── shaping ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "changes",
    [
        {"owers": {}},
        {"owers": {"level": 0}},
        {"owers": {"level": 3, "people": [1]}},
        {"owers": {"departments": [999]}},
        {"owers": {"departments": []}},
        {"owers": {"people": ["1"]}},
        {"owers": {"role": 999}},
        {"owers": "all"},
        {"ower_field": "owner"},
        {"ower_field": None},
        {"date_field": "branch"},
        {"date_field": 999},
        {"condition": {"field": "nothing", "op": "is", "value": 1}},
        {"condition": {"all": [{"field": "owner", "op": "is", "value": {"var": "me"}}]}},
        {"every": "year"},
        {"due": {"time": "5pm"}},
        {"due": {"weekday": 9}},
        {"due": "friday"},
        {"zone": "Nowhere"},
        {"since": "soon"},
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_wrong_definitions_are_refused_in_words(world: World, changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        weekly(world, **changes)
    assert refused.value.text.to("zh")
    assert Duty.select().count() == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_coordinators_shape_duties(world: World) -> None:
    duty = weekly(world)
    staff = world.viewer("上海专员")
    with pytest.raises(Forbidden):
        duties.save(staff, world.base, name="x", table=world.table, definition=duty.definition)
    with pytest.raises(Forbidden):
        duties.delete(staff, duty)
    with pytest.raises(Missing):
        duties.delete(world.viewer("外人"), duty)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_duty_whose_field_is_gone_says_so(world: World) -> None:
    duty = weekly(world)
    tables.delete_field(SYSTEM, world.table.field("day"))
    with pytest.raises(Refused, match="deleted"):
        owing.status(duty, duties.periods(duty, 1))
    assert duties.mine(world.viewer("组员")) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_duty_can_be_read_aloud(world: World) -> None:
    duty = weekly(world)
    assert duties.sentence(duty, Context(lang="zh")).to("zh") == (
        "6 个部门每周在“周报”中提交一条记录，截止周五 17:00。"
    )
    assert duties.sentence(duty, Context(lang="en")).to("en") == (
        "6 departments file a record in “周报” every week, by Fri 17:00."
    )


def test_clock_stands_still(world: World) -> None:
    assert clock.now() == at("2026-11-18T02:00:00")
