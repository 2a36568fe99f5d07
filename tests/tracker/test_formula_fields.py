"""Formula fields: what they hold, what follows when something changes, what errors look like."""

from __future__ import annotations

from datetime import datetime
from unittest import mock

import pytest

from tests.tracker.test_computed import SYSTEM, add, stored, world
from tracker import (
    bulk,
    changes,
    clock,
    db,
    fieldtypes,
    grouping,
    models,
    records,
    retype,
    schema,
    tables,
)
from tracker.computed import backlog, computing
from tracker.errors import Refused
from tracker.query import Query

__all__ = ["world"]  # a fixture


def formula(world, key, text, *, table="visits", **options):
    found = world.base.table(table)
    given = {"formula": text, **options}
    return tables.add_field(SYSTEM, found, "formula", key, key=key, options=given)


def shown(world, key, record_id, table="visits"):
    """As people read it: the text of the value, or what stands in its place."""
    query = Query(SYSTEM, world.base.table(table))
    field = query.table.field(key)
    record = query.one(record_id)
    text = fieldtypes.get(field).text(record[field], field, SYSTEM.context)
    return text or record.strays.get(field.id, "")


def test_each_kind_of_result_is_like_a_field_of_its_kind(world):
    east, bare = world.ids["east"], world.ids["bare"]
    for key, text, options, family, value, bare_value in (
        ("each", "{金额} / {人数}", {"decimals": 2}, "number", "333.50", "#DIV/0!"),
        ("share", "{人数} / 8", {"style": "percent"}, "number", "37.5%", "0%"),
        ("dear", "{金额} * 1000", {"style": "currency"}, "number", "¥1,000,500", "¥0"),
        ("said", '{标题} & "：" & {方式}', {}, "text", "东部首访：上门", "空白："),
        ("big", "{金额} > 500", {}, "checkbox", "是", None),
        ("due", 'DATEADD({日期}, 7, "days")', {}, "time", "11-10 周二", "#ERROR!"),
        ("tag", 'ARRAYJOIN({标签}, "/")', {}, "text", "重点", ""),
        ("there", '{企业} & ""', {}, "text", "重庆医疗", ""),
        ("twice", "{each} * 2", {}, "number", "667", "#DIV/0!"),
        ("me", '{负责人} & "·" & {部门}', {}, "text", "王芳·上海", None),
    ):
        field = formula(world, key, text, **options)
        assert fieldtypes.get(field).family == family, key
        assert shown(world, key, east) == value, key
        assert bare_value is None or shown(world, key, bare) == bare_value, key
    query = Query(SYSTEM, world.visits)
    assert query.where({"field": "each", "op": "gt", "value": "300"}).count() == 2
    assert query.where({"field": "said", "op": "contains", "value": "上门"}).ids() == [east]
    assert query.where({"field": "due", "op": "on", "value": "2026-11-10"}).ids() == [east]
    assert query.where({"field": "big", "op": "checked"}).count() == 2
    assert query.order([{"field": "each", "desc": True}]).ids()[1] == east
    total = grouping.groups(query, [], grouping.Measure("sum", world.visits.field("each")))
    assert total[0].number == pytest.approx(333.5 + 4000)
    by = grouping.groups(query, [grouping.By(world.visits.field("big"))])
    assert sorted(one.count for one in by) in ([1, 2], [3])


def test_values_follow_writes_links_titles_and_other_formulas(world):
    east, medical = world.ids["east"], world.ids["medical"]
    formula(world, "double", "{人数} * 2")
    formula(world, "four", "{double} * 2")
    formula(world, "where", '{企业} & "!"')
    formula(world, "written", 'IF(LAST_MODIFIED_TIME(), "yes")')
    add(world, "rollup", "heads", field="four", aggregate="sum", scope="everyone")
    formula(world, "label", '{名称} & " " & {heads}', table="companies")
    assert shown(world, "label", medical, "companies") == "重庆医疗 12"
    saved = records.update(SYSTEM, world.visits, east, {"people": 5}, via="test")
    assert [shown(world, key, east) for key in ("double", "four")] == ["10", "20"]
    assert shown(world, "label", medical, "companies") == "重庆医疗 20"
    records.update(SYSTEM, world.companies, medical, {"name": "渝医"}, via="test")
    assert shown(world, "where", east) == "渝医!"
    records.undo(SYSTEM, saved.change_id or 0)
    assert shown(world, "label", medical, "companies") == "渝医 12"
    records.delete(SYSTEM, world.visits, east, via="test")
    assert shown(world, "label", medical, "companies") == "渝医 "
    records.restore(SYSTEM, world.visits, east, via="test")
    assert shown(world, "label", medical, "companies") == "渝医 12"
    assert not {world.visits.field("four").id} & {
        one for entry in changes.history(SYSTEM, world.visits, east) for one in entry.values
    }
    made = records.create(SYSTEM, world.visits, {"title": "新", "people": 1}, via="test")
    assert shown(world, "four", made.record_id) == "4"
    with pytest.raises(Exception, match="write"):
        records.update(SYSTEM, world.visits, east, {"four": 3}, via="test")


def test_sets_and_single_records_compute_alike(world):
    visits = world.visits
    title, people = visits.field("title").id, visits.field("people").id
    rows = [{title: f"第{n}次", people: n % 7 or None} for n in range(300)]
    done = bulk.insert_many(SYSTEM, visits, rows, via="import:1")
    for key, text in (
        ("a", "{人数} / ({人数} - 3)"),
        ("b", 'UPPER({标题}) & IF({人数} > 2, "多", "少")'),
        ("c", "ROUND({人数} / 3, 2)"),
        ("d", "LEN({标题})"),
    ):
        field = formula(world, key, text)
        by_sets = stored(world, key, "visits")
        with mock.patch.object(computing, "FEW", 10_000):
            assert computing.work_out(field, by_sets) == set()
    items = [bulk.Item(n, {people: 6}, record_id=one) for n, one in enumerate(done.ids[:100])]
    bulk.update_many(SYSTEM, visits, items, via="paste")
    assert stored(world, "c", "visits")[done.ids[0]] == 2


def test_what_cannot_be_read_is_refused_with_its_place(world):
    add(world, "count", "n")
    for text, told in (
        ("", "Write a formula"),
        ("{没有} + 1", "no field"),
        ("1 +", "Line 1"),
        ("NOSUCH(1)", "no function"),
    ):
        with pytest.raises(Refused, match=told) as refused:
            formula(world, "x", text)
        assert "formula" in refused.value.problems
    with pytest.raises(Refused, match="each reader"):
        formula(world, "x", "{n} + 1", table="companies")
    formula(world, "a", "1 + {人数}")
    formula(world, "b", "{a} + 1")
    with pytest.raises(Refused, match="“a” → “b” → “a”"):
        tables.update_field(SYSTEM, world.visits.field("a"), options={"formula": "{b}"})
    with pytest.raises(Refused, match="“a” → “a”"):
        tables.update_field(SYSTEM, world.visits.field("a"), options={"formula": "{a}"})


def test_a_new_formula_renamed_deleted_and_retyped_sources(world):
    east = world.ids["east"]
    formula(world, "x", "{人数} + 1")
    formula(world, "y", "{x} * 10")
    tables.update_field(SYSTEM, world.visits.field("people"), name="人头")
    tables.update_field(SYSTEM, world.visits.field("x"), options={"formula": "{人头} & '个'"})
    assert shown(world, "x", east) == "3个" and fieldtypes.get(world.visits.field("x")).family == (
        "text"
    )
    assert shown(world, "y", east) == "#ERROR!"
    tables.update_field(SYSTEM, world.visits.field("x"), options={"formula": "{人头} + 2"})
    assert shown(world, "y", east) == "50"
    people = world.visits.field("people")
    tables.delete_field(SYSTEM, people)
    assert shown(world, "y", east).startswith("#REF!")
    tables.restore_field(SYSTEM, people.id)
    assert shown(world, "y", east) == "50"
    batch = retype.apply(SYSTEM, world.visits.field("people"), "text").batch_id
    assert shown(world, "x", east) == "32"  # a text and a number
    retype.undo(SYSTEM, batch)
    batch = retype.apply(SYSTEM, world.visits.field("x"), "number").batch_id
    records.update(SYSTEM, world.visits, east, {"people": 7}, via="test")
    assert shown(world, "x", east) == "5"  # the values are kept
    retype.undo(SYSTEM, batch)
    assert shown(world, "x", east) == "9" and shown(world, "y", east) == "90"


def test_a_formula_names_records(world):
    field = formula(world, "label", '{标题} & "-" & {人数}')
    tables.update_table(SYSTEM, world.visits, options={"title": field.id})
    east = world.ids["east"]
    records.update(SYSTEM, world.visits, east, {"people": 8}, via="test")
    assert Query(SYSTEM, world.visits).one(east).title == "东部首访-8"
    assert Query(SYSTEM, world.visits).search("dbsf").ids() == [east]
    linked = Query(SYSTEM, world.companies).one(world.ids["medical"])
    assert linked[world.companies.field("visits")] == [east]
    assert SYSTEM.context.directory.records[world.visits.id, east] == "东部首访-8"


def test_time_goes_by(world):
    east = world.ids["east"]
    formula(world, "ago", 'DATETIME_DIFF(TODAY(), {日期}, "days")')
    noon = datetime(2030, 1, 1, 12)  # noqa: DTZ001 - moments are naive UTC
    with mock.patch.object(clock, "now", lambda: noon):
        backlog.follow_time(clock.now())
        assert models.Recomputation.select().count() == 1
        backlog.work()
        assert shown(world, "ago", east) == "1,155"
        backlog.follow_time(clock.now())
        assert models.Recomputation.select().count() == 0


def test_bombs_are_error_values(world):
    east = world.ids["east"]
    field = formula(world, "bomb", 'REPT("a", 1e9)')
    assert shown(world, "bomb", east) == "#ERROR!"
    with pytest.raises(Refused):
        formula(world, "deep", "(" * 10_000 + "1" + ")" * 10_000)
    assert schema.current().fields[field.id].problem is None


def test_only_an_administrator_shows_everybody_the_names_of_linked_records(world):
    """As with what is kept for everyone: a formula's text is the same for all its readers."""
    with db.write():
        role = models.Role.get(models.Role.coordinator)
        models.RoleMember.create(role=role, person=world.people["colleague"])
        schema.changed()
    coordinator, options = world.viewer("colleague"), {"formula": '{企业} & " " & {标题}'}
    with pytest.raises(Refused) as refused:
        tables.add_field(coordinator, world.visits, "formula", "名", options=options)
    assert "administrator" in refused.value.to("en") and "formula" in refused.value.problems
    made = tables.add_field(world.viewer("admin"), world.visits, "formula", "名", options=options)
    tables.update_field(coordinator, made, name="全名", options=made.own_options)
    with pytest.raises(Refused):
        tables.update_field(coordinator, made, options={"formula": "{企业}"})
    tables.update_field(coordinator, made, options={"formula": "{标题}"})
