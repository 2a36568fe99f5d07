"""Rights: owner, colleague and stranger, rows and fields, lanes that add up, default closed."""

from __future__ import annotations

import pytest

from tests import world as worlds
from tracker import db, models, permissions, records, schema, tables
from tracker.errors import Forbidden, Missing
from tracker.grouping import By, Measure, groups
from tracker.query import Query


@pytest.fixture
def world(database):
    return worlds.build()


def titles(viewer, table):
    return [record.title for record in Query(viewer, table).page(50).records]


def test_each_sees_the_rows_of_their_own_department_and_below(world):
    worlds.sample(world)
    assert titles(world.viewer("owner"), world.visits) == ["东部首访", "空白"]
    assert titles(world.viewer("colleague"), world.visits) == ["南部首访"]
    assert titles(world.viewer("head"), world.visits) == ["东部首访", "空白"]
    assert titles(world.viewer("admin"), world.visits) == ["东部首访", "南部首访", "空白"]


def test_a_stranger_gets_the_same_answer_as_for_nothing(world):
    worlds.sample(world)
    with pytest.raises(Missing) as closed:
        Query(world.viewer("stranger"), world.visits)
    with pytest.raises(Missing) as unknown:
        schema.current().table(999_999)
    assert str(closed.value) == str(unknown.value)


def test_a_record_out_of_scope_is_missing(world):
    ids = worlds.sample(world)
    with pytest.raises(Missing):
        Query(world.viewer("owner"), world.visits).one(ids["south"])


def test_a_hidden_field_does_not_exist_in_any_use(world):
    worlds.sample(world)
    query = Query(world.viewer("owner"), world.visits)
    amount = world.visits.field("amount")
    assert amount.id not in query.page(5).records[0].values
    for use in (
        lambda: query.order([{"field": "amount"}]),
        lambda: query.only(["amount"]),
        lambda: query.access.field("amount"),
    ):
        with pytest.raises(Missing):
            use()
    with pytest.raises(Missing):
        query.access.field("no_such_field")


def test_naming_a_hidden_field_in_a_filter_reads_like_an_unknown_one(world):
    worlds.sample(world)
    query = Query(world.viewer("owner"), world.visits)
    said = []
    for name in ("amount", "nosuch"):
        with pytest.raises(Exception) as refused:
            query.where({"field": name, "op": "gt", "value": 1})
        said.append(str(refused.value).replace(name, "X"))
    assert said[0] == said[1]


def test_a_new_table_is_closed_until_granted(world):
    tables.create_table(permissions.system(), world.base, "项目", key="projects")
    with pytest.raises(Missing):
        permissions.access(world.viewer("owner"), world.base.table("projects"))


def test_a_new_field_follows_the_level_of_its_table(world):
    field = tables.add_field(permissions.system(), world.companies, "text", "电话")
    assert permissions.access(world.viewer("owner"), world.companies).level(field.id) == 1


def test_an_empty_variable_denies(world):
    worlds.sample(world)
    with db.write():
        models.RoleMember.create(role=world.roles["staff"], person=world.people["stranger"])
        schema.changed()
    assert titles(world.viewer("stranger"), world.visits) == []


@pytest.mark.parametrize(
    "rule",
    [
        {"field": 999_999, "op": "is", "value": 1},
        {"field": "department", "op": "any_of", "value": [{"var": "nonsense"}]},
        {"field": "department", "op": "any_of", "value": []},
        {"not": {"field": "department", "op": "any_of", "value": [{"var": "nonsense"}]}},
        {"field": "people", "op": "gt", "value": "many"},
        {"any": []},
        {"all": []},
        "true",
    ],
)
def test_a_broken_rule_denies(world, rule):
    worlds.sample(world)
    with db.write():
        models.TableRight.update(read=rule).where(
            models.TableRight.role == world.roles["staff"],
            models.TableRight.table == world.visits.id,
        ).execute()
        schema.changed()
    assert Query(world.viewer("owner"), world.visits).count() == 0


def test_rights_of_two_roles_do_not_add_up_across_rows(world):
    """One role opens all rows without amounts, the other amounts of East alone."""
    ids = worlds.sample(world)
    with db.write():
        wide = models.Role.create(base=world.base.id, key="wide", name="全部")
        models.RoleMember.create(role=wide, person=world.people["head"])
        models.TableRight.create(role=wide, table=world.visits.id, read=True, fields="read")
        amount = world.visits.field("amount")
        models.FieldRight.create(role=wide, field=amount.id, level="hidden")
        schema.changed()
    query = Query(world.viewer("head"), world.visits)
    shown = {record.id: record.values.get(amount.id) for record in query.page(10).records}
    assert shown[ids["east"]] == 100_050
    assert shown[ids["south"]] is None
    assert query.where({"field": amount.id, "op": "gt", "value": 0}).count() == 1
    assert query.where({"field": amount.id, "op": "empty"}).count() == 2
    total = groups(query, [By(world.visits.field("state"))], Measure("sum", amount))
    assert sum(group.number for group in total) == 100_050


def test_writing_needs_the_row_and_the_field(world):
    ids = worlds.sample(world)
    owner = world.viewer("owner")
    records.update(owner, world.visits, ids["east"], {"notes": "改"}, via="test")
    with pytest.raises(Forbidden):
        records.update(owner, world.visits, ids["bare"], {"notes": "不是我的"}, via="test")
    with pytest.raises(Missing):
        records.update(owner, world.visits, ids["south"], {"notes": "看不到"}, via="test")
    with pytest.raises(Missing):
        records.update(owner, world.visits, ids["east"], {"amount": "1"}, via="test")


def test_the_changed_row_must_stay_within_the_rule(world):
    ids = worlds.sample(world)
    before = dump(world)
    with pytest.raises(Forbidden):
        records.update(
            world.viewer("owner"),
            world.visits,
            ids["east"],
            {"owner": world.people["colleague"].id},
            via="test",
        )
    assert dump(world) == before


def test_a_created_row_must_be_one_that_may_be_created(world):
    worlds.sample(world)
    before = dump(world)
    south = world.departments["华南"].id
    with pytest.raises(Forbidden):
        records.create(
            world.viewer("owner"), world.visits, {"title": "越界", "department": south}, via="test"
        )
    assert dump(world) == before


def test_links_to_unseen_records_are_not_there(world):
    ids = worlds.sample(world)
    with db.write():
        only = {"field": world.companies.field("name").id, "op": "is", "value": "上海电气"}
        models.TableRight.update(read=only).where(
            models.TableRight.role == world.roles["staff"],
            models.TableRight.table == world.companies.id,
        ).execute()
        schema.changed()
    query = Query(world.viewer("owner"), world.visits)
    company = world.visits.field("company")
    assert query.one(ids["east"]).values[company.id] is None
    assert query.where({"field": company.id, "op": "filled"}).count() == 0
    assert (
        query.where({"field": company.id, "op": "has_any", "value": [ids["medical"]]}).count() == 0
    )
    found = groups(query, [By(company)])
    assert [(group.keys, group.count) for group in found] == [((None,), 2)]


def test_names_only_opens_the_name_and_nothing_else(world):
    ids = worlds.sample(world)
    tables.update_table(permissions.system(), world.visits, options={"sharing": "names"})
    query = Query(world.viewer("owner"), world.visits)
    record = query.one(ids["south"])
    assert record.title == "南部首访"
    assert {value for key, value in record.values.items() if key != world.visits.title.id} == {None}


def test_access_granted_to_one_record_ends_with_its_date(world):
    ids = worlds.sample(world)
    tables.update_table(permissions.system(), world.visits, options={"sharing": "ask"})
    grant = models.AccessGrant.create(
        table=world.visits.id,
        record_id=ids["south"],
        person=world.people["owner"],
        state="granted",
        until="2999-01-01",
    )
    people = world.visits.field("people")
    assert Query(world.viewer("owner"), world.visits).one(ids["south"]).values[people.id] == 5
    models.AccessGrant.update(until="2020-01-01").where(models.AccessGrant.id == grant.id).execute()
    assert Query(world.viewer("owner"), world.visits).one(ids["south"]).values[people.id] is None


def test_deactivated_people_are_nobody(world):
    models.Person.update(active=False).where(models.Person.id == world.people["owner"].id).execute()
    with pytest.raises(Missing):
        Query(world.viewer("owner"), world.visits)


def dump(world) -> dict:
    """Everything stored about visits: what a refusal must leave as it was."""
    return {
        "rows": db.query(f"SELECT * FROM {world.visits.sql_name} ORDER BY id"),
        "links": db.query(f"SELECT * FROM l{world.visits.field('company').id} ORDER BY src, dst"),
        "changes": db.query("SELECT id FROM change ORDER BY id"),
        "events": db.query("SELECT id FROM event ORDER BY id"),
        "counters": db.query("SELECT * FROM counter ORDER BY id"),
    }
