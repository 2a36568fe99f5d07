"""Many records at once obey what single ones obey: rights, rules, needed and unique fields, log."""

from __future__ import annotations

import pytest

from tests import world as worlds
from tracker import bulk, changes, db, models, permissions, records, schema, tables
from tracker.bulk import Item
from tracker.errors import Forbidden, Missing
from tracker.query import Query

SYSTEM = permissions.system()


@pytest.fixture
def world(database):
    return worlds.build()


def ids(table, *keys):
    return [table.field(key).id for key in keys]


def put(viewer, table, rows, batch=None):
    """Insert rows given by field key."""
    items = [{table.field(key).id: value for key, value in row.items()} for row in rows]
    return bulk.insert_many(viewer, table, items, via="import:1", batch=batch)


def new_batch(table, person=None):
    return models.Batch.create(kind="import", table_id=table.id, person_id=person).id


def dump(database_tables):
    return {name: db.query(f"SELECT * FROM {name} ORDER BY 1") for name in database_tables}


def test_bulk_and_single_writes_leave_the_same(world):
    company = world.company("重庆医疗")
    person, east = world.people["owner"].id, world.departments["华东"].id
    single = {
        "title": "重庆首访",
        "company": [company],
        "day": "2026-11-21",
        "start": "2026-11-21 01:30:00",
        "kind": 1,
        "tags": [1, 3],
        "people": 0,
        "amount": 9990,
        "followed": True,
        "owner": person,
        "department": east,
        "notes": "两行\n文字",
    }
    typed = {**single, "amount": "99.90", "start": "2026-11-21 09:30"}
    first = records.create(SYSTEM, world.visits, typed, via="import:1").record_id
    outcome = put(SYSTEM, world.visits, [single])
    assert outcome.rejected == [] and len(outcome.ids) == 1
    one, other = Query(SYSTEM, world.visits).fetch([first, outcome.ids[0]])
    number = world.visits.field("number").id
    assert other.values.pop(number) == one.values.pop(number) + 1
    assert one.values == other.values and one.title == other.title
    found = db.query(f"SELECT title, initials, rev, strays FROM t{world.visits.id}")
    assert found[0] == found[1] == ("重庆首访", found[0][1], 1, None)
    noted = [changes.history(SYSTEM, world.visits, record.id)[0] for record in (one, other)]
    for entry in noted:
        entry.values.pop(number, None)
    assert noted[0].values == noted[1].values and noted[0].kind == noted[1].kind


def test_ids_and_numbers_run_on_across_chunks(world):
    outcome = put(SYSTEM, world.visits, [{"title": f"第{n}"} for n in range(4500)])
    assert len(set(outcome.ids)) == 4500
    single = world.visit("后来")
    number = world.visits.field("number")
    found = Query(SYSTEM, world.visits).rows(Query(SYSTEM, world.visits).scope.column(number))
    assert sorted(row[0] for row in found) == list(range(1, 4502))
    assert single not in outcome.ids


def test_needed_fields_and_doubles_reject_the_row_alone(world):
    tables.update_field(SYSTEM, world.companies.field("name"), unique=True)
    world.company("已有")
    names = ["新", "已有", None, "新", "又一"]
    outcome = put(SYSTEM, world.companies, [{"name": name} for name in names])
    assert [number for number, _reason in outcome.rejected] == [3, 2, 4]
    assert {record.title for record in Query(SYSTEM, world.companies).page().records} == {
        "已有",
        "新",
        "又一",
    }


def test_a_text_that_did_not_convert_is_an_answer_to_a_needed_field(world):
    name = world.companies.field("name")
    item = Item(1, {name.id: None}, {name.id: "???"})
    outcome = bulk.insert_many(SYSTEM, world.companies, [item], via="import:1")
    assert Query(SYSTEM, world.companies).one(outcome.ids[0]).strays == {name.id: "???"}


def test_row_rules_let_in_only_what_they_allow(world):
    owner = world.viewer("owner")
    mine, theirs = world.departments["上海"].id, world.departments["华南"].id
    rows = [{"title": str(n), "department": mine if n % 3 else theirs} for n in range(12)]
    outcome = put(owner, world.visits, rows)
    assert [number for number, _reason in outcome.rejected] == [1, 4, 7, 10]
    assert str(outcome.rejected[0][1]) == "You may not add a record like this."
    assert Query(SYSTEM, world.visits).count() == len(outcome.ids) == 8
    assert db.query("SELECT COUNT(*) FROM change")[0][0] == 8


def test_a_field_that_is_closed_stops_everything(world):
    before = dump(["change", f"t{world.visits.id}"])
    rows = [{"title": "x", "department": world.departments["上海"].id, "amount": 100}]
    with pytest.raises(Missing):
        put(world.viewer("owner"), world.visits, rows)
    with pytest.raises(Forbidden):
        put(world.viewer("head"), world.visits, [{"title": "x"}])
    assert dump(["change", f"t{world.visits.id}"]) == before


def test_links_only_to_what_is_visible(world):
    base = world.base
    hidden = tables.create_table(SYSTEM, base, "密")
    secret = records.create(SYSTEM, hidden, {"名称": "密"}, via="t").record_id
    link = tables.add_field(SYSTEM, world.visits, "link", "密", options={"table": hidden.id})
    with db.write():
        schema.changed()
    east = world.departments["上海"].id
    title, department = ids(world.visits, "title", "department")
    item = {title: "x", department: east, link.id: [secret]}
    outcome = bulk.insert_many(SYSTEM, world.visits, [item], via="t")
    assert len(outcome.ids) == 1
    with db.write():
        outcome = bulk.insert_many(world.viewer("admin"), world.visits, [item], via="t")
    assert len(outcome.ids) == 1
    item = {title: "x", department: east, link.id: [secret + 1]}
    outcome = bulk.insert_many(SYSTEM, world.visits, [item], via="t")
    assert str(outcome.rejected[0][1]) == "There is no such record."


def test_changes_in_bulk_are_like_single_ones(world):
    one, two, three = (world.visit(name, people=1) for name in "甲乙丙")
    people, title, company = ids(world.visits, "people", "title", "company")
    target = world.company("对象")
    items = [
        Item(1, {people: 5, title: "甲改", company: [target]}, record_id=one),
        Item(2, {people: 1}, record_id=two),
        Item(3, {people: None}, {people: "很多"}, record_id=three),
        Item(4, {people: 2}, record_id=999_999),
    ]
    outcome = bulk.update_many(SYSTEM, world.visits, items, via="import:1")
    assert (outcome.updated, outcome.same) == (2, 1)
    assert [number for number, _reason in outcome.rejected] == [4]
    found = Query(SYSTEM, world.visits).fetch([one, two, three])
    assert [record.values[people] for record in found] == [5, 1, None]
    assert [record.rev for record in found] == [2, 1, 2]
    assert found[0].title == "甲改" and found[0].values[company] == [target]
    assert found[2].strays == {people: "很多"}
    entry = changes.history(SYSTEM, world.visits, one)[0]
    assert entry.values == {people: [1, 5], title: ["甲", "甲改"], company: [None, [target]]}
    assert world.visits.find("people") and Query(SYSTEM, world.visits).search("甲改").count() == 1


def test_changed_rows_must_be_open_before_and_after(world):
    viewer = world.viewer("owner")
    east, south = world.departments["上海"].id, world.departments["华南"].id
    me, other = world.people["owner"].id, world.people["colleague"].id
    mine = [world.visit(f"我{n}", owner=me, department=east) for n in range(3)]
    theirs = world.visit("他", owner=other, department=east)
    unseen = world.visit("远", owner=me, department=south)
    owner, people = ids(world.visits, "owner", "people")
    items = [
        Item(1, {people: 3}, record_id=mine[0]),
        Item(2, {people: 3, owner: other}, record_id=mine[1]),
        Item(3, {people: 3}, record_id=theirs),
        Item(4, {people: 3}, record_id=unseen),
        Item(5, {people: 4}, record_id=mine[2]),
    ]
    outcome = bulk.update_many(viewer, world.visits, items, via="import:1")
    reasons = {number: str(reason) for number, reason in outcome.rejected}
    assert reasons == {
        2: "This would move the record out of your reach.",
        3: "You may not change this record.",
        4: "There is nothing here that you can see.",
    }
    found = Query(SYSTEM, world.visits).fetch([*mine, theirs, unseen])
    assert [record.values[people] for record in found] == [3, None, 4, None, None]
    assert [record.rev for record in found] == [2, 1, 2, 1, 1]
    assert db.query("SELECT COUNT(*) FROM change WHERE kind = 'update'")[0][0] == 2


def test_undo_takes_back_what_nobody_touched_since(world):
    batch = new_batch(world.visits)
    title, people = ids(world.visits, "title", "people")
    old = world.visit("旧", people=1)
    touched_old = world.visit("旧二", people=1)
    outcome = put(SYSTEM, world.visits, [{"title": f"{n}"} for n in range(2500)], batch)
    items = [Item(1, {people: 9}, record_id=old), Item(2, {people: 9}, record_id=touched_old)]
    bulk.update_many(SYSTEM, world.visits, items, via="import:1", batch=batch)
    edited = outcome.ids[7]
    records.update(SYSTEM, world.visits, edited, {"title": "人改"}, via="t")
    records.update(SYSTEM, world.visits, touched_old, {"people": 10}, via="t")
    undone = bulk.undo(SYSTEM, batch)
    assert (undone.removed, undone.restored) == (2499, 1)
    assert sorted(undone.left) == sorted([edited, touched_old])
    found = Query(SYSTEM, world.visits).page().records
    assert {record.title: record.values[people] for record in found} == {
        "旧": 1,
        "旧二": 10,
        "人改": None,
    }
    with pytest.raises(Missing):
        bulk.undo(SYSTEM, batch)
    records.restore(SYSTEM, world.visits, outcome.ids[0], via="t")
    assert Query(SYSTEM, world.visits).one(outcome.ids[0]).values[title] == "0"


def test_undo_is_for_the_maker_and_within_their_rights(world):
    owner, me = world.viewer("owner"), world.people["owner"].id
    batch = new_batch(world.visits, me)
    east = world.departments["上海"].id
    rows = [{"title": str(n), "department": east, "owner": me if n else None} for n in range(3)]
    outcome = put(owner, world.visits, rows, batch)
    with pytest.raises(Missing):
        bulk.undo(world.viewer("colleague"), batch)
    undone = bulk.undo(owner, batch)
    assert (undone.removed, undone.left) == (2, [outcome.ids[0]])


def test_events_only_if_asked(world):
    batch = new_batch(world.visits)
    outcome = put(SYSTEM, world.visits, [{"title": "x"}, {"title": "y"}], batch)
    assert models.Event.select().count() == 0
    bulk.raise_events(batch)
    assert [event.record_id for event in models.Event.select()] == outcome.ids


def test_links_that_the_writer_cannot_see_stay(world):
    seen, unseen, new = (world.company(name) for name in "甲乙丙")
    companies = world.companies
    with db.write():
        right = models.TableRight.get(
            models.TableRight.role == world.roles["staff"], models.TableRight.table == companies.id
        )
        right.read = {"field": companies.field("name").id, "op": "is_not", "value": "乙"}
        right.save()
        schema.changed()
    me, east = world.people["owner"].id, world.departments["上海"].id
    visit = world.visit("x", company=[seen, unseen], owner=me, department=east)
    company = world.visits.field("company").id
    items = [Item(1, {company: [new]}, record_id=visit)]
    batch = new_batch(world.visits, me)
    bulk.update_many(world.viewer("owner"), world.visits, items, via="t", batch=batch)
    assert Query(SYSTEM, world.visits).one(visit).values[company] == [new, unseen]
    assert bulk.undo(world.viewer("owner"), batch).restored == 1
    assert Query(SYSTEM, world.visits).one(visit).values[company] == [seen, unseen]


def test_many_are_deleted_taken_back_and_deleted_again(world):
    """One step each way, whatever the batch held; what changed since stays."""
    people = [world.visit(f"访{number}", people=number) for number in range(4)]
    batch = new_batch(world.visits)
    moved, left = bulk.delete_many(SYSTEM, world.visits, [*people[:3], 999], via="p", batch=batch)
    assert (moved, left) == (people[:3], [])
    every = Query(SYSTEM, world.visits)
    assert every.ids() == people[3:]
    undone = bulk.undo(SYSTEM, batch)
    assert (undone.restored, undone.left, every.ids()) == (3, [], people)
    again = bulk.undo(SYSTEM, undone.batch or 0)
    assert (again.removed, every.ids()) == (3, people[3:])
    bulk.undo(SYSTEM, again.batch or 0)
    assert every.ids() == people
    assert db.query("SELECT MAX(rev) FROM change")[0][0] == 5
    with pytest.raises(Missing):
        bulk.undo(SYSTEM, batch)


def test_a_batch_that_made_and_changed_is_done_again(world):
    visit = world.visit("一访", people=1)
    batch = new_batch(world.visits)
    (people,) = ids(world.visits, "people")
    bulk.update_many(
        SYSTEM, world.visits, [Item(1, {people: 9}, record_id=visit)], via="p", batch=batch
    )
    (made,) = put(SYSTEM, world.visits, [{"title": "二访"}], batch).ids
    undone = bulk.undo(SYSTEM, batch)
    assert (undone.removed, undone.restored) == (1, 1)
    again = bulk.undo(SYSTEM, undone.batch or 0)
    assert again.left == []
    found = {one.id: one.values[people] for one in Query(SYSTEM, world.visits).page().records}
    assert found == {visit: 9, made: None}


def test_deleting_many_goes_by_the_rules_of_each_row(world):
    here, there = (
        world.visit(name, department=world.departments[where].id, owner=world.people["owner"].id)
        for name, where in (("东访", "上海"), ("南访", "华南"))
    )

    def viewer(name):
        return permissions.viewer_for(world.people[name])

    with pytest.raises(Forbidden):
        bulk.delete_many(viewer("head"), world.visits, [here], via="p")
    with pytest.raises((Missing, Forbidden)):
        bulk.delete_many(viewer("stranger"), world.visits, [here], via="p")
    assert bulk.delete_many(viewer("owner"), world.visits, [here, there], via="p") == ([here], [])
    assert Query(SYSTEM, world.visits).ids() == [there]
