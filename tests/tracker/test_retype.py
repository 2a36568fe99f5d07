"""Another type for a field: nothing is lost on the way, and the way back leads to every byte."""

from __future__ import annotations

import pytest

from tests import world as worlds
from tracker import changes, db, models, permissions, records, retype, schema, tables
from tracker.bulk import Item, insert_many
from tracker.errors import Conflict, Forbidden, Missing, Refused
from tracker.query import Query

SYSTEM = permissions.system().speaking("en", "Asia/Shanghai")


@pytest.fixture
def world(database):
    return worlds.build()


def fill(world, key, values):
    """Visits with these values in a field (as people write them); their ids."""
    return [world.visit(str(n), **{key: value}) for n, value in enumerate(values)]


def shown(world, key, ids):
    """What stands in the field: values, and texts of strays as ``"?text"``."""
    field = world.visits.field(key)
    found = Query(SYSTEM, world.visits).fetch(ids)
    return [
        f"?{record.strays[field.id]}" if field.id in record.strays else record.values[field.id]
        for record in found
    ]


def stored(table):
    """The rows as the database keeps them, without what other generations of a field left."""
    fixed = ["id", "rev", "updated_at", "title", "initials", "strays", "deleted_at"]
    columns = ", ".join([*fixed, *(f"f{one.id}" for one in table.fields if has_column(one))])
    return db.query(f"SELECT {columns} FROM t{table.id} ORDER BY id")


def has_column(field):
    columns = {column.name for column in db.proxy.get_columns(f"t{field.table_id}")}
    return f"f{field.id}" in columns


TURNS = [
    ("notes", "number", {"precision": 1}, ["12", "1.5", "x", None], [120, 15, "?x", None]),
    (
        "notes",
        "date",
        {},
        ["2026-11-21", "2026/1/2", "soon"],
        ["2026-11-21", "2026-01-02", "?soon"],
    ),
    ("notes", "checkbox", {}, ["yes", "否", "maybe"], [True, False, "?maybe"]),
    ("notes", "single_choice", {}, ["A", "B", "a", None, "C"], [1, 2, 1, None, 3]),
    ("notes", "multiple_choice", {}, ["A, B", "B", "C;A"], [[1, 2], [2], [3, 1]]),
    ("notes", "person", {}, ["王芳", "colleague@example.com", "谁"], [2, 3, "?谁"]),
    ("notes", "department", {}, ["华南", "总部/华东", "哪"], [4, 2, "?哪"]),
    ("people", "text", {}, [0, 7, None], ["0", "7", None]),
    ("people", "currency", {}, [5, -1], [500, -100]),
    ("amount", "text", {}, ["0", "1000.50", "0.01"], ["0.00", "1000.50", "0.01"]),
    ("amount", "number", {}, ["2", "1.50"], [2, 2]),
    ("day", "text", {}, ["2026-11-21"], ["2026-11-21"]),
    ("day", "datetime", {}, ["2026-11-21"], ["2026-11-20 16:00:00"]),
    ("start", "date", {}, ["2026-11-21 00:30", "2026-11-21"], ["2026-11-21", "2026-11-21"]),
    ("start", "text", {}, ["2026-11-21 09:30"], ["2026-11-21 09:30:00"]),
    ("kind", "text", {}, ["上门", None], ["上门", None]),
    ("kind", "multiple_choice", {}, ["电话", "上门"], [[1], [2]]),
    ("tags", "text", {}, [["重点", "回访"], None], ["重点, 回访", None]),
    ("tags", "single_choice", {}, [["重点"], ["重点", "回访"]], [1, 2]),
    ("followed", "text", {}, [True, False, None], ["Yes", "No", None]),
    ("followed", "number", {}, [True, False], [1, 0]),
    ("owner", "text", {}, ["王芳"], ["王芳"]),
    ("owner", "email", {}, ["王芳"], ["?王芳"]),
    ("department", "single_choice", {}, ["华南", "上海"], [1, 2]),
]


def test_values_convert_or_stay_as_strays_and_come_back(world):
    for turn in TURNS:
        there_and_back(world, *turn)


def there_and_back(world, key, type, options, given, wanted):
    ids = fill(world, key, given)
    before, field = stored(world.visits), world.visits.field(key)
    told = retype.plan(SYSTEM, field, type, options)
    assert stored(world.visits) == before
    report = retype.apply(SYSTEM, field, type, options)
    assert shown(world, key, ids) == wanted, (key, type)
    strays = sum(isinstance(value, str) and value.startswith("?") for value in wanted)
    filled = sum(value is not None for value in wanted)
    assert (told.converts, told.fails) == (filled - strays, strays), (key, type)
    assert (report.converts, report.fails) == (told.converts, told.fails)
    texts = [str(value)[1:] for value in wanted if str(value).startswith("?")]
    assert [sample.text for sample in told.samples] == texts
    assert world.visits.field(key).id == field.id and world.visits.field(key).type == type
    assert retype.undo(SYSTEM, report.batch_id) == []
    assert stored(world.visits) == before, (key, type)
    assert world.visits.field(key) == field
    with db.write():  # the next turn begins with an empty table
        db.execute(f"DELETE FROM t{world.visits.id}")


def test_links_by_title_and_back_to_text(world):
    medical, electric = world.company("重庆医疗"), world.company("上海, 电气")
    given = ["重庆医疗", "上海, 电气；重庆医疗", "没有", None]
    ids, before = fill(world, "notes", given), stored(world.visits)
    first = retype.apply(SYSTEM, world.visits.field("notes"), "link", {"table": "companies"})
    wanted = [[medical], [electric, medical], "?没有", None]
    assert shown(world, "notes", ids) == wanted
    second = retype.apply(SYSTEM, world.visits.field("notes"), "text")
    assert shown(world, "notes", ids) == ["重庆医疗", '"上海, 电气", 重庆医疗', "没有", None]
    third = retype.apply(SYSTEM, world.visits.field("notes"), "link", {"table": "companies"})
    assert shown(world, "notes", ids) == wanted
    with pytest.raises(Refused):
        retype.undo(SYSTEM, first.batch_id)
    for report in (third, second, first):
        retype.undo(SYSTEM, report.batch_id)
    assert stored(world.visits) == before


def test_strays_become_values_when_the_type_fits_and_strays_again(world):
    people, title = world.visits.field("people"), world.visits.field("title")
    items = [
        Item(n, {title.id: "x", people.id: None}, {people.id: text}) for n, text in enumerate("ab")
    ]
    ids = insert_many(SYSTEM, world.visits, items, via="t").ids
    records.update(SYSTEM, world.visits, ids[1], {"people": 3}, via="t")
    before = stored(world.visits)
    report = retype.apply(SYSTEM, people, "text")
    assert shown(world, "people", ids) == ["a", "3"]
    retype.undo(SYSTEM, report.batch_id)
    assert shown(world, "people", ids) == ["?a", 3] and stored(world.visits) == before


def test_edits_since_are_converted_back_and_the_lost_are_told(world):
    ids = fill(world, "people", [1, 2, 3])
    report = retype.apply(SYSTEM, world.visits.field("people"), "text")
    records.update(SYSTEM, world.visits, ids[1], {"people": "20"}, via="t")
    records.update(SYSTEM, world.visits, ids[2], {"people": "zwanzig"}, via="t")
    late = world.visit("spät", people="4")
    assert retype.undo(SYSTEM, report.batch_id) == [ids[2]]
    assert shown(world, "people", [*ids, late]) == [1, 20, "?zwanzig", 4]


def test_what_is_written_during_the_change_is_not_lost(world, monkeypatch):
    """Others edit, add and delete between two chunks of the conversion."""
    ids = fill(world, "notes", [str(n) for n in range(8)])
    monkeypatch.setattr(retype, "CHUNK", 3)
    seen: list[tuple[int, int]] = []

    def meanwhile(done, total):
        if not seen:
            records.update(SYSTEM, world.visits, ids[0], {"notes": "100"}, via="t")
            records.update(SYSTEM, world.visits, ids[7], {"notes": "700"}, via="t")
            records.update(SYSTEM, world.visits, ids[1], {"notes": None}, via="t")
            records.delete(SYSTEM, world.visits, ids[2], via="t")
            ids.append(world.visit("neu", notes="800"))
        seen.append((done, total))

    retype.apply(SYSTEM, world.visits.field("notes"), "number", progress=meanwhile)
    records.restore(SYSTEM, world.visits, ids[2], via="t")
    assert shown(world, "notes", ids) == [100, None, 2, 3, 4, 5, 6, 700, 800]
    assert len(seen) >= 3


def test_records_in_the_bin_convert_but_do_not_count(world):
    kept, gone = fill(world, "notes", ["1", "2"])
    records.delete(SYSTEM, world.visits, gone, via="t")
    assert retype.plan(SYSTEM, world.visits.field("notes"), "number").converts == 1
    assert retype.apply(SYSTEM, world.visits.field("notes"), "number").converts == 1
    records.restore(SYSTEM, world.visits, gone, via="t")
    assert shown(world, "notes", [kept, gone]) == [1, 2]


def test_the_title_field_keeps_naming_records(world):
    ids = [world.visit("007"), world.visit("8"), world.visit("bond")]
    report = retype.apply(SYSTEM, world.visits.field("title"), "number")
    assert [record.title for record in Query(SYSTEM, world.visits).fetch(ids)] == ["7", "8", ""]
    assert db.query(f"SELECT title FROM t{world.visits.id} ORDER BY id") == [
        ("7",),
        ("8",),
        (None,),
    ]
    retype.undo(SYSTEM, report.batch_id)
    assert db.query(f"SELECT title FROM t{world.visits.id} ORDER BY id")[0] == ("007",)
    with pytest.raises(Refused):
        retype.apply(SYSTEM, world.visits.field("title"), "link", {"table": "companies"})


def test_unique_stays_where_it_can(world):
    field = world.visits.field("notes")
    tables.update_field(SYSTEM, field, unique=True)
    world.visit("a", notes="1"), world.visit("b", notes="2")
    report = retype.apply(SYSTEM, world.visits.field("notes"), "number")
    assert world.visits.field("notes").unique and not report.doubles
    with pytest.raises(Refused) as refused:
        world.visit("c", notes="2")
    assert field.id in refused.value.problems
    retype.undo(SYSTEM, report.batch_id)
    world.visit("c", notes="2.0")
    assert retype.plan(SYSTEM, world.visits.field("notes"), "number").doubles
    report = retype.apply(SYSTEM, world.visits.field("notes"), "number")
    assert report.doubles and not world.visits.field("notes").unique
    retype.undo(SYSTEM, report.batch_id)
    assert world.visits.field("notes").unique


def test_history_and_undo_know_what_a_field_was(world):
    one = world.visit("x", kind="上门")
    change = records.update(SYSTEM, world.visits, one, {"kind": "电话"}, via="t").change_id or 0
    report = retype.apply(SYSTEM, world.visits.field("kind"), "text")
    records.update(SYSTEM, world.visits, one, {"kind": "会议"}, via="t")

    def told():
        entries = changes.history(SYSTEM, world.visits, one)
        return [changes.say(entry.values, world.visits, SYSTEM)[-1][1:] for entry in entries[:2]]

    assert told() == [("电话", "会议"), ("上门", "电话")]
    with pytest.raises(Conflict):
        records.undo(SYSTEM, change)
    retype.undo(SYSTEM, report.batch_id)
    assert told() == [("电话", "会议"), ("上门", "电话")]


def test_rules_and_filters_that_break_are_named(world):
    department = world.visits.field("department")
    people = world.visits.field("people")
    options = {"filter": {"field": people.id, "op": "gt", "value": 3}}
    models.View.create(
        base=world.base.id, table=world.visits.id, kind="grid", name="大", options=options
    )
    told = retype.plan(SYSTEM, people, "text")
    assert [str(use) for use in told.uses] == ["the view “大”"]
    told = retype.plan(SYSTEM, department, "text")
    assert {str(use) for use in told.uses} == {"the role “填报人员”", "the role “部门负责人”"}
    assert retype.plan(SYSTEM, people, "currency").uses == []
    retype.apply(SYSTEM, department, "text")
    assert Query(world.viewer("owner"), world.visits).count() == 0


def test_what_cannot_be_is_refused(world):
    for key, type, options in (
        ("people", "number", {}),
        ("people", "nonsense", {}),
        ("people", "autonumber", {}),
        ("people", "created_at", {}),
        ("created_by", "person", {}),
        ("people", "link", {}),
        ("people", "single_choice", {"choices": ["A", "A"]}),
    ):
        with pytest.raises(Refused):
            retype.apply(SYSTEM, world.visits.field(key), type, options)
    with pytest.raises(Missing):
        retype.apply(SYSTEM, world.visits.field("notes"), "link", {"table": "nowhere"})
    tables.add_pair(SYSTEM, world.visits.field("company"), "拜访")
    with pytest.raises(Refused):
        retype.plan(SYSTEM, world.visits.field("company"), "text")
    with pytest.raises(Forbidden):
        retype.plan(world.viewer("owner"), world.visits.field("people"), "text")
    with pytest.raises(Missing):
        retype.plan(world.viewer("stranger"), world.visits.field("people"), "text")


def test_a_junction_of_others_cannot_be_claimed(world):
    other = world.visits.field("company").options["junction"]
    given = {"table": world.companies.id, "junction": other, "reverse": True, "column": 7}
    retype.apply(SYSTEM, world.visits.field("notes"), "link", given)
    options = world.visits.field("notes").options
    assert options["junction"] != other and not options.get("reverse")


def test_a_change_that_fails_leaves_nothing(world, monkeypatch):
    fill(world, "notes", ["1", "2"])
    before, field = stored(world.visits), world.visits.field("notes")
    columns = {column.name for column in db.proxy.get_columns(f"t{world.visits.id}")}
    monkeypatch.setattr(retype, "_noted", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        retype.apply(SYSTEM, field, "number")
    assert {column.name for column in db.proxy.get_columns(f"t{world.visits.id}")} == columns
    assert stored(world.visits) == before and world.visits.field("notes") == field


def test_purging_lets_go_of_the_old_values(world):
    fill(world, "notes", ["1", "x"])
    field = world.visits.field("notes")
    report = retype.apply(SYSTEM, field, "number")
    retype.purge(SYSTEM, report.batch_id)
    assert not has_column(field)
    for once_more in (retype.undo, retype.purge):
        with pytest.raises((Missing, Refused)):
            once_more(SYSTEM, report.batch_id)
    report = retype.apply(SYSTEM, world.visits.field("notes"), "text")
    retype.undo(SYSTEM, report.batch_id)
    retype.purge(SYSTEM, report.batch_id)
    assert schema.current().fields[field.id].type == "number"


def test_defaults_follow_where_they_can(world):
    people = world.visits.field("people")
    tables.update_field(SYSTEM, people, default="3")
    report = retype.apply(SYSTEM, world.visits.field("people"), "text")
    assert world.visits.field("people").default == "3"
    retype.apply(SYSTEM, world.visits.field("people"), "date")
    assert world.visits.field("people").default is None
    assert report.batch_id
