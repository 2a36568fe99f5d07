"""Two roles, one field: open in some rows, hidden in others. No way round shows the hidden ones.

The head reads and writes East whole; of all other rows everything but the amounts.
"""

from __future__ import annotations

import pytest

from tests import world as worlds
from tracker import (
    bulk,
    changes,
    db,
    models,
    permissions,
    records,
    retype,
    rowrights,
    schema,
    tables,
)
from tracker.errors import Conflict, Forbidden, Refused
from tracker.query import Query
from tracker.roundtrip import meanwhile

SYSTEM = permissions.system().speaking("en", "Asia/Shanghai")


@pytest.fixture
def world(database):
    world = worlds.build()
    worlds.sample(world)
    with db.write():
        wide = models.Role.create(base=world.base.id, key="wide", name="全部")
        models.RoleMember.create(role=wide, person=world.people["head"])
        right = models.TableRight
        right.create(role=wide, table=world.visits.id, read=True, update_rule=True, fields="write")
        amount = world.visits.field("amount")
        models.FieldRight.create(role=wide, field=amount.id, level="hidden")
        head = right.role == world.roles["head"], right.table == world.visits.id
        row = right.get(*head)
        right.update(update_rule=row.read, fields="write").where(*head).execute()
        schema.changed()
    return world


def change(world, name, **values):
    table = world.visits
    records.update(SYSTEM, table, world.ids[name], values, via="test")


def test_history_leaves_out_what_is_hidden_in_that_row(world):
    amount = world.visits.field("amount").id
    for name, seen in (("east", True), ("south", False)):
        change(world, name, amount="7", notes="新")
        found = changes.history(world.viewer("head"), world.visits, world.ids[name])
        assert [amount in entry.values for entry in found] == [seen, seen]
        told = changes.history(world.viewer("admin"), world.visits, world.ids[name])
        assert all(amount in entry.values for entry in told)


def test_texts_that_were_no_values_are_hidden_with_their_field(world):
    for name in ("east", "south"):
        change(world, name, notes=f"机密{name}")
    notes = world.visits.field("notes")
    with db.write():
        rights = models.FieldRight
        role = models.Role.get(models.Role.key == "wide")
        rights.create(role=role, field=notes.id, level="hidden")
        schema.changed()
    retype.apply(SYSTEM, notes, "number")
    found = {one.id: one for one in Query(world.viewer("head"), world.visits).page(9).records}
    assert found[world.ids["east"]].strays == {notes.id: "机密east"}
    assert found[world.ids["south"]].strays == {}


@pytest.mark.parametrize("guess", ["20000", "1", None])
def test_writing_a_field_hidden_in_the_row_tells_nothing_of_what_stands_there(world, guess):
    head, south = world.viewer("head"), world.ids["south"]
    rev = Query(SYSTEM, world.visits).one(south).rev
    said = set()
    for given in (None, rev):
        with pytest.raises(Forbidden) as refused:
            records.update(head, world.visits, south, {"amount": guess}, via="t", rev=given)
        said.add(str(refused.value))
    change(world, "south", amount="20000.01")
    with pytest.raises(Forbidden) as refused:  # and no conflict that tells what stands now
        records.update(head, world.visits, south, {"amount": guess}, via="t", rev=rev)
    assert said == {str(refused.value)}
    amount = world.visits.field("amount")
    for value in (2_000_001, 5):
        items = [bulk.Item(1, {amount.id: value}, record_id=south)]
        done = bulk.update_many(head, world.visits, items, via="t", batch=None)
        assert (done.same, done.updated, len(done.rejected)) == (0, 0, 1)
    with pytest.raises(Conflict):  # where it is open, both values are told
        change(world, "east", amount="5")
        records.update(head, world.visits, world.ids["east"], {"amount": "6"}, via="t", rev=1)


def test_undoing_ones_own_change_tells_nothing_of_a_row_that_left(world):
    made = records.update(
        world.viewer("head"), world.visits, world.ids["east"], {"amount": "9"}, via="test"
    )
    change(world, "east", department=world.departments["华南"].id)
    for amount in ("9", "10"):
        change(world, "east", amount=amount)
        with pytest.raises(Forbidden):
            records.undo(world.viewer("head"), made.change_id or 0)


def test_a_template_tells_nothing_of_what_was_hidden_in_its_rows(world):
    change(world, "south", amount="8", people=6)
    change(world, "east", amount="8", people=6)
    ids = {world.ids[name]: 1 for name in ("east", "south")}
    found = meanwhile.since(world.viewer("head"), world.visits, ids)
    people, amount = (world.visits.field(key).id for key in ("people", "amount"))
    assert set(found[world.ids["east"]]) == {people, amount}
    assert set(found[world.ids["south"]]) == {people}


def test_a_required_field_that_is_hidden_is_not_named(world):
    amount, title = (world.visits.field(key) for key in ("amount", "title"))
    tables.update_field(SYSTEM, amount, required=True, name="机密")
    tables.update_field(SYSTEM, title, required=True)
    owner, east = world.viewer("owner"), world.departments["上海"].id
    for given, said in (({"title": "新"}, rowrights.UNSEEN.to("en")), ({}, "“标题” is needed.")):
        given["department"] = east
        with pytest.raises(Refused) as refused:
            records.create(owner, world.visits, given, via="test")
        assert refused.value.to("en") == said and amount.id not in refused.value.problems
        items = [bulk.Item(1, {world.visits.field(key).id: one for key, one in given.items()})]
        done = bulk.insert_many(owner, world.visits, items, via="test", batch=None)
        assert "机密" not in done.rejected[0][1].to("en")
