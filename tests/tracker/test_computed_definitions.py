"""What a lookup, rollup or count may be made from, and what becomes of it when that goes."""

from __future__ import annotations

import pytest

from tests.counting import statements
from tests.tracker.test_computed import SYSTEM, add, seen, world
from tracker import db, records, retype, tables
from tracker.errors import Refused
from tracker.query import Query

__all__ = ["world"]  # a fixture


def test_wrong_definitions_are_refused_where_they_are_wrong(world):
    for part, type, options in (
        ("link", "count", {"link": "name"}),
        ("link", "count", {"link": None}),
        ("field", "lookup", {}),
        ("field", "lookup", {"field": "nothing"}),
        ("field", "lookup", {"field": "company"}),
        ("field", "rollup", {"field": "title", "aggregate": "sum"}),
        ("by", "rollup", {"field": "title", "aggregate": "last", "by": "title"}),
        ("aggregate", "rollup", {"field": "people", "aggregate": "median"}),
        ("condition", "count", {"condition": {"field": "nothing", "op": "empty"}}),
    ):
        with pytest.raises(Refused) as refused:
            add(world, type, "x", **options)
        assert part in refused.value.problems
    assert world.companies.find("x") is None


def test_circles_are_refused_by_name(world):
    link = world.visits.field("company")
    tables.update_field(SYSTEM, link, options={**link.own_options, "single": True})
    add(world, "rollup", "a", field="people", aggregate="sum")
    add(world, "lookup", "b", table="visits", field="a")
    with pytest.raises(Refused, match="“a” → “b” → “a”"):
        tables.update_field(SYSTEM, world.companies.field("a"), options={"field": "b"})
    with pytest.raises(Refused, match="“a” → “b” → “a”"):
        condition = {"condition": {"field": "b", "op": "gt", "value": 1}}
        tables.update_field(SYSTEM, world.companies.field("a"), options=condition)


@pytest.mark.parametrize("scope", ["viewer", "everyone"])
def test_a_source_that_goes_leaves_a_sentence_and_comes_back(world, scope):
    medical, east = world.ids["medical"], world.ids["east"]
    field = add(world, "rollup", "heads", field="people", aggregate="sum", scope=scope)
    people = world.visits.field("people")
    tables.delete_field(SYSTEM, people)
    query = Query(SYSTEM, world.companies)
    record = query.one(medical)
    assert record[field] is None and record.strays[field.id].startswith("#REF!")
    assert query.order([{"field": "name"}]).page().records
    assert query.where({"field": "heads", "op": "filled"}).ids() == []
    with db.write():
        db.execute(f"UPDATE t{world.visits.id} SET {people.column} = 8 WHERE id = ?", east)
    tables.restore_field(SYSTEM, people.id)
    assert seen(world, SYSTEM, "heads")[medical] == 8
    # another type: a sentence again, until it is taken back
    report = retype.apply(SYSTEM, world.visits.field("people"), "text")
    assert any("heads" in str(one) for one in report.uses)
    assert "#REF!" in Query(SYSTEM, world.companies).one(medical).strays[field.id]
    records.update(SYSTEM, world.visits, east, {"people": "9"}, via="test")
    retype.undo(SYSTEM, report.batch_id)
    assert seen(world, SYSTEM, "heads")[medical] == 9


def test_a_published_field_becomes_text_and_again_what_it_was(world):
    medical = world.ids["medical"]
    field = add(world, "rollup", "heads", field="people", aggregate="sum", scope="everyone")
    batch = retype.apply(SYSTEM, field, "text").batch_id
    assert seen(world, SYSTEM, "heads")[medical] == "3"
    records.update(SYSTEM, world.visits, world.ids["east"], {"people": 4}, via="test")
    retype.undo(SYSTEM, batch)
    assert seen(world, SYSTEM, "heads")[medical] == 4


def test_nothing_is_asked_for_where_nothing_is_computed(world):
    Query(SYSTEM, world.companies)
    with statements() as before:
        records.update(SYSTEM, world.visits, world.ids["east"], {"people": 5}, via="test")
    add(world, "count", "n")  # worked out on reading: writing costs nothing
    Query(SYSTEM, world.companies)
    with statements() as after:
        records.update(SYSTEM, world.visits, world.ids["east"], {"people": 6}, via="test")
    assert len(after) == len(before)
