"""Writing: one record per key, conflicts on the same field alone, history, undo, bin."""

from __future__ import annotations

import threading

import pytest

from tests import world as worlds
from tracker import changes, db, models, permissions, records, tables
from tracker.errors import Conflict, Missing, Refused
from tracker.query import Query

SYSTEM = permissions.system()


@pytest.fixture
def world(database):
    return worlds.build()


def value(world, record_id, key):
    field = world.visits.field(key)
    return Query(SYSTEM, world.visits).one(record_id).values[field.id]


def test_the_same_key_twice_makes_one_record(world):
    first = records.create(SYSTEM, world.visits, {"title": "一次"}, via="test", key="k")
    again = records.create(SYSTEM, world.visits, {"title": "一次"}, via="test", key="k")
    assert first == again
    assert Query(SYSTEM, world.visits).count() == 1


def test_the_same_key_with_other_content_is_a_conflict(world):
    records.create(SYSTEM, world.visits, {"title": "一次"}, via="test", key="k")
    with pytest.raises(Conflict):
        records.create(SYSTEM, world.visits, {"title": "两次"}, via="test", key="k")


def test_twenty_at_once_with_one_key_make_one_record(world):
    answers: list[object] = []

    def send() -> None:
        with db.connection():
            saved = records.create(SYSTEM, world.visits, {"title": "同时"}, via="t", key="race")
            answers.append(saved)

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1 and len(answers) == 20
    assert Query(SYSTEM, world.visits).count() == 1


def test_edits_of_different_fields_merge(world):
    one = world.visit("合并", people=1)
    records.update(SYSTEM, world.visits, one, {"people": 2}, via="test", rev=1)
    saved = records.update(SYSTEM, world.visits, one, {"notes": "x"}, via="test", rev=1)
    assert saved.rev == 3 and value(world, one, "people") == 2


def test_edits_of_the_same_field_conflict_and_show_both(world):
    one = world.visit("冲突", people=1)
    records.update(SYSTEM, world.visits, one, {"people": 2}, via="test", rev=1)
    people = world.visits.field("people").id
    with pytest.raises(Conflict) as conflict:
        records.update(SYSTEM, world.visits, one, {"people": 3}, via="test", rev=1)
    assert conflict.value.context["values"] == {people: 2}
    assert conflict.value.context["given"] == {people: 3}
    assert value(world, one, "people") == 2


def test_the_same_edit_twice_is_no_conflict(world):
    one = world.visit("相同", people=1)
    records.update(SYSTEM, world.visits, one, {"people": 2}, via="test", rev=1)
    records.update(SYSTEM, world.visits, one, {"people": 2}, via="test", rev=1)


def test_an_unchanged_value_writes_nothing(world):
    one = world.visit("不变", people=1)
    before = db.query("SELECT COUNT(*) FROM change")
    saved = records.update(SYSTEM, world.visits, one, {"people": "1"}, via="test")
    assert saved.rev == 1 and saved.change_id is None
    assert db.query("SELECT COUNT(*) FROM change") == before


def test_every_wrong_answer_is_named_and_nothing_is_written(world):
    with pytest.raises(Refused) as refused:
        records.create(
            SYSTEM,
            world.visits,
            {"title": "错", "people": "三", "day": "明天", "kind": "步行"},
            via="t",
        )
    keys = {world.visits.field(key).id for key in ("people", "day", "kind")}
    assert set(refused.value.problems) == keys
    assert Query(SYSTEM, world.visits).count() == 0


def test_a_required_field_cannot_be_left_or_emptied(world):
    with pytest.raises(Refused):
        records.create(SYSTEM, world.companies, {}, via="test")
    one = world.company("甲")
    with pytest.raises(Refused):
        records.update(SYSTEM, world.companies, one, {"name": "  "}, via="test")


def test_a_unique_value_is_kept_apart_in_words(world):
    tables.update_field(SYSTEM, world.companies.field("name"), unique=True)
    world.company("甲")
    with pytest.raises(Refused) as refused:
        world.company("甲")
    assert world.companies.field("name").id in refused.value.problems


def test_history_tells_who_what_and_through_what(world):
    one = world.visit("历史", people=1)
    admin = world.viewer("admin")
    records.update(admin, world.visits, one, {"people": 2}, via="form:7")
    entry = changes.history(admin, world.visits, one)[0]
    assert (entry.kind, entry.via, entry.person_id) == ("update", "form:7", admin.person_id)
    (told,) = changes.say(entry.values, world.visits, admin)
    assert told[1:] == ("1", "2")


def test_history_leaves_out_hidden_fields(world):
    ids = worlds.sample(world)
    records.update(SYSTEM, world.visits, ids["east"], {"amount": 5}, via="test")
    amount = world.visits.field("amount").id
    for entry in changes.history(world.viewer("owner"), world.visits, ids["east"]):
        assert amount not in entry.values
        assert entry.values or entry.kind != "update"


def test_undo_brings_every_value_back(world):
    ids = worlds.sample(world)
    before = Query(SYSTEM, world.visits).one(ids["east"]).values
    change = records.update(
        SYSTEM,
        world.visits,
        ids["east"],
        {
            "title": "新",
            "tags": ["风险"],
            "company": [ids["electric"]],
            "amount": None,
            "day": None,
        },
        via="test",
    )
    records.undo(SYSTEM, change.change_id or 0)
    assert Query(SYSTEM, world.visits).one(ids["east"]).values == before


def test_undo_leaves_what_others_changed_since(world):
    one = world.visit("后改", people=1)
    change = records.update(SYSTEM, world.visits, one, {"people": 2}, via="test")
    records.update(SYSTEM, world.visits, one, {"people": 3}, via="test")
    with pytest.raises(Conflict):
        records.undo(SYSTEM, change.change_id or 0)
    assert value(world, one, "people") == 3


def test_a_deleted_record_is_gone_until_restored_with_its_links(world):
    ids = worlds.sample(world)
    records.delete(SYSTEM, world.visits, ids["east"], via="test")
    with pytest.raises(Missing):
        Query(SYSTEM, world.visits).one(ids["east"])
    records.restore(SYSTEM, world.visits, ids["east"], via="test")
    assert value(world, ids["east"], "company") == [ids["medical"]]


def test_autonumbers_are_given_once_even_after_deletion(world):
    one = world.visit("一")
    records.delete(SYSTEM, world.visits, one, via="test")
    two = world.visit("二")
    assert value(world, two, "number") == 2


def test_defaults_fill_what_was_not_given(world):
    owner = world.viewer("owner")
    tables.update_field(SYSTEM, world.visits.field("owner"), default={"var": "me"})
    tables.update_field(SYSTEM, world.visits.field("day"), default="today")
    east = world.departments["上海"].id
    saved = records.create(owner, world.visits, {"title": "默认", "department": east}, via="test")
    assert value(world, saved.record_id, "owner") == owner.person_id
    assert value(world, saved.record_id, "day") == owner.context.today()


def test_each_write_raises_one_event_in_its_transaction(world):
    one = world.visit("事件")
    records.update(SYSTEM, world.visits, one, {"people": 1}, via="test")
    kinds = [row.kind for row in models.Event.select().order_by(models.Event.id)]
    assert kinds == ["create", "update"]


def test_two_sided_links_are_one_fact(world):
    company = world.visits.field("company")
    tables.add_pair(SYSTEM, company, "拜访记录", key="visits")
    ids = worlds.sample(world)
    back = world.companies.field("visits")
    found = Query(SYSTEM, world.companies).one(ids["medical"]).values[back.id]
    assert found == [ids["east"]]
    records.update(
        SYSTEM, world.companies, ids["medical"], {"visits": [ids["east"], ids["bare"]]}, via="test"
    )
    assert value(world, ids["bare"], "company") == [ids["medical"]]
