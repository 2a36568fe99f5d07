"""Lookups, rollups and counts: what each person sees, and what follows when something changes."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from tests import world as worlds
from tests.counting import statements
from tracker import (
    bulk,
    changes,
    db,
    fieldtypes,
    grouping,
    limits,
    models,
    permissions,
    records,
    roles,
    schema,
    tables,
)
from tracker.computed import backlog, graph
from tracker.errors import Refused
from tracker.query import Query

SYSTEM = permissions.system()


@pytest.fixture
def world(database):
    """Companies show their visits; the three of `worlds.sample` are there."""
    world: Any = worlds.build()
    world.ids = worlds.sample(world)
    tables.add_pair(SYSTEM, world.visits.field("company"), "拜访", key="visits")
    return world


def add(world, type, key, *, table="companies", viewer=SYSTEM, **options):
    """A computed field; names in the options stand for fields of visits."""
    found = world.base.table(table)
    link = "visits" if table == "companies" else "company"
    given = {"link": options.pop("link", link), **options}
    return tables.add_field(viewer, found, type, key, key=key, options=given)


def opened(world):
    """Let staff see the fields that were made since."""
    with db.write():
        models.TableRight.update(fields="read").where(
            models.TableRight.table == world.companies.id
        ).execute()
        schema.changed()


def seen(world, who, key, *, table="companies", lang="en"):
    """Record id → value of a field as somebody sees it."""
    viewer = SYSTEM if who is SYSTEM else world.viewer(who, lang)
    query = Query(viewer, world.base.table(table))
    field = query.table.field(key)
    return {one.id: one[field] for one in query.page().records}


def stored(world, key, table="companies"):
    """Record id → the cell as it lies in the column."""
    found = world.base.table(table)
    field = found.field(key)
    read = fieldtypes.get(field).column(field).python_value
    rows = db.query(f"SELECT id, {field.column} FROM {found.sql_name} ORDER BY id")
    return {row[0]: read(row[1]) for row in rows}


# ── as the viewer may see ────────────────────────────────────────────────────


def test_each_reader_gets_what_comes_of_the_records_and_fields_they_see(world):
    made: list[tuple[str, str, dict[str, Any]]] = [
        ("count", "n", {}),
        ("rollup", "latest", {"field": "day", "aggregate": "max"}),
        ("rollup", "heads", {"field": "people", "aggregate": "sum"}),
        ("rollup", "mean", {"field": "people", "aggregate": "avg"}),
        ("rollup", "money", {"field": "amount", "aggregate": "sum"}),
        ("rollup", "ways", {"field": "kind", "aggregate": "unique"}),
        ("rollup", "last_way", {"field": "kind", "aggregate": "last", "by": "day"}),
        ("lookup", "titles", {"field": "title"}),
        ("lookup", "all_ways", {"field": "kind"}),
        ("lookup", "tags", {"field": "tags"}),
        ("lookup", "days", {"field": "day"}),
        ("lookup", "starts", {"field": "start"}),
        ("lookup", "who", {"field": "owner"}),
        ("lookup", "boxes", {"field": "followed"}),
        ("count", "phoned", {"condition": {"field": "kind", "op": "any_of", "value": ["电话"]}}),
        ("count", "mine", {"condition": {"field": "owner", "op": "is", "value": {"var": "me"}}}),
    ]
    for type, key, options in made:
        assert fieldtypes.get(add(world, type, key, **options)).on_read
    opened(world)
    medical, electric = world.ids["medical"], world.ids["electric"]
    east = ["n", "latest", "heads", "mean", "ways", "last_way", "titles", "all_ways", "tags"]
    east += ["days", "starts", "who", "boxes", "phoned"]
    found = {key: seen(world, "owner", key) for key in [*east, "money", "mine"]}
    values = [found[key][medical] for key in east]
    assert values == [
        1,
        "2026-11-03",
        3,
        300,
        1,
        1,
        "东部首访",
        [1],
        [1],
        ["2026-11-03"],
        ["2026-11-03 01:30:00"],
        "王芳",
        [True],
        0,
    ]
    assert found["mine"][medical] == 1 and found["money"] == {medical: None, electric: None}
    nothing = [found[key][electric] for key in east]
    assert nothing == [0, None, None, None, 0, None, None, None, None, None, None, None, None, 0]
    assert seen(world, "colleague", "n") == {medical: 0, electric: 1}
    assert seen(world, "head", "money")[medical] == 100050
    assert seen(world, "admin", "money") == {medical: 100050, electric: 2000000}
    assert seen(world, SYSTEM, "mine") == {medical: 0, electric: 0}


def test_what_is_out_of_sight_changes_nothing(world):
    """The pair of worlds: hidden records and fields change no answer of any shape."""
    for key, options in (
        ("n", {"aggregate": "count"}),
        ("heads", {"field": "people", "aggregate": "sum"}),
        ("money", {"field": "amount", "aggregate": "max"}),
    ):
        add(world, "rollup", key, **options)
    add(world, "lookup", "titles", field="title")
    add(
        world, "count", "cheap", condition={"not": {"field": "amount", "op": "gt", "value": "9000"}}
    )
    opened(world)

    def answers():
        viewer = world.viewer("owner")
        query = Query(viewer, world.companies)
        table = world.companies
        told: list[Any] = [[(r.id, r.values) for r in query.page().records]]
        for key in ("n", "heads", "money", "titles", "cheap"):
            sorted_ = query.order([{"field": key, "desc": True}])
            first = sorted_.page(1)
            told.append([r.id for r in [*first.records, *sorted_.page(9, first.after).records]])
            told.append(query.where({"field": key, "op": "filled"}).ids())
            told.append(grouping.groups(query, [grouping.By(table.field(key))]))
        told.append(query.where({"field": "heads", "op": "gt", "value": 3}).count())
        told.append(grouping.groups(query, [], grouping.Measure("sum", table.field("heads"))))
        told.append(query.search("南部").ids())
        return told

    before = answers()
    south = world.departments["华南"].id
    hidden = world.visit(
        "南部二访", company=[world.ids["medical"]], department=south, people=99, amount="9999"
    )
    records.update(
        SYSTEM, world.visits, world.ids["east"], {"amount": "77777"}, via="test"
    )  # a field that staff do not see
    assert answers() == before
    records.update(SYSTEM, world.visits, hidden, {"department": None}, via="test")
    assert answers() == before
    east = world.departments["上海"].id
    records.update(SYSTEM, world.visits, hidden, {"department": east}, via="test")
    after = answers()
    assert after != before and after[0][0][1][world.companies.field("heads").id] == 102


def test_a_link_that_is_hidden_leads_nowhere(world):
    add(world, "count", "n")
    opened(world)
    link = world.companies.field("visits")
    with db.write():
        models.FieldRight.create(role=world.roles["staff"], field=link.id, level="hidden")
        schema.changed()
    assert set(seen(world, "owner", "n").values()) == {0}
    assert seen(world, "head", "n")[world.ids["medical"]] == 1


def test_a_field_is_closed_until_it_is_granted(world):
    add(world, "count", "n")
    with db.write():
        models.TableRight.update(fields="hidden").where(
            models.TableRight.table == world.companies.id
        ).execute()
        name = world.companies.field("name").id
        models.FieldRight.create(role=world.roles["staff"], field=name, level="read")
        schema.changed()
    field = world.companies.field("n")
    query = Query(world.viewer("owner"), world.companies)
    assert all(field.id not in one.values for one in query.page().records)
    with pytest.raises(Refused):
        query.where({"field": field.id, "op": "gt", "value": 0})


def test_through_a_link_to_one_record_the_value_is_as_it_is(world):
    link = world.visits.field("company")
    tables.update_field(SYSTEM, link, options={**link.own_options, "single": True})
    tables.add_field(
        SYSTEM,
        world.companies,
        "single_choice",
        "行业",
        key="sector",
        options={"choices": ["医药", "电气"]},
    )
    medical = world.ids["medical"]
    records.update(SYSTEM, world.companies, medical, {"sector": "医药"}, via="test")
    field = add(world, "lookup", "sector", table="visits", field="sector")
    kind = fieldtypes.get(field)
    assert kind.family == "one" and field.options["choices"][1]["name"] == "电气"
    assert "choices" not in models.Field.get_by_id(field.id).options
    assert seen(world, SYSTEM, "sector", table="visits")[world.ids["east"]] == 1
    query = Query(SYSTEM, world.visits)
    only = query.where({"field": "sector", "op": "any_of", "value": ["医药"]})
    assert only.ids() == [world.ids["east"]]
    groups = grouping.groups(query, [grouping.By(world.visits.field("sector"))])
    assert [(one.keys, one.count) for one in groups] == [((1,), 1), ((None,), 2)]
    # … and through two tables: how many visits the company of this visit has
    add(world, "count", "n")
    add(world, "lookup", "visits_there", table="visits", field="n")
    assert seen(world, SYSTEM, "visits_there", table="visits")[world.ids["east"]] == 1


def test_a_page_costs_as_many_statements_for_one_record_as_for_thirty(world):
    for number, key in enumerate(("title", "kind", "day", "owner")):
        add(world, "lookup", f"l{number}", field=key)
    add(world, "count", "n")
    query = Query(SYSTEM, world.companies).order([{"field": "n"}])
    with statements() as few:
        query.page(1)
    for number in range(30):
        world.company(f"企业{number}")
    with statements() as many:
        assert len(query.page(30).records) == 30
    assert len(few) == len(many)


def test_rules_and_words_that_differ_from_reader_to_reader_are_refused(world):
    add(world, "count", "n")
    staff = models.Role.get_by_id(world.roles["staff"].id)
    rule = {"field": world.companies.field("n").id, "op": "gt", "value": 0}
    with db.write():
        models.TableRight.update(read=rule).where(
            models.TableRight.table == world.companies.id, models.TableRight.role == staff.id
        ).execute()
        schema.changed()
    assert Query(world.viewer("owner"), world.companies).ids() == []  # it opens nothing
    with pytest.raises(Refused, match="reader to reader"):
        roles._rule(SYSTEM, world.companies, "read", rule)


# ── for everyone ─────────────────────────────────────────────────────────────


def test_only_an_administrator_publishes(world):
    with db.write():
        role = models.Role.get(models.Role.coordinator)
        models.RoleMember.create(role=role, person=world.people["colleague"])
        schema.changed()
    coordinator = world.viewer("colleague")
    with pytest.raises(Refused, match="administrator"):
        add(world, "count", "n", viewer=coordinator, scope="everyone")
    field = add(world, "count", "n", viewer=world.viewer("admin"), scope="everyone")
    tables.update_field(coordinator, field, name="次数", options=field.own_options)
    with pytest.raises(Refused, match="administrator"):
        options = {"condition": {"field": "kind", "op": "empty"}}
        tables.update_field(coordinator, world.companies.field("n"), options=options)
    tables.update_field(coordinator, world.companies.field("n"), options={"scope": "viewer"})


def published(world):
    add(world, "count", "n", scope="everyone")
    add(world, "rollup", "heads", field="people", aggregate="sum", scope="everyone")
    condition = {"field": "kind", "op": "any_of", "value": ["电话"]}
    add(world, "count", "phoned", scope="everyone", condition=condition)
    add(world, "lookup", "who", field="owner", scope="everyone")
    link = world.visits.field("company")
    tables.update_field(SYSTEM, link, options={**link.own_options, "single": True})
    add(world, "lookup", "busy", table="visits", field="heads", scope="everyone")


def test_what_is_published_follows_every_kind_of_write(world):
    published(world)
    opened(world)
    medical, electric, east = (world.ids[key] for key in ("medical", "electric", "east"))

    def now():
        found = [stored(world, key) for key in ("n", "heads", "phoned", "who")]
        return [tuple(one[id_] for one in found) for id_ in (medical, electric)]

    def busy():
        return stored(world, "busy", "visits")

    first = [(1, 3, 0, "王芳"), (1, 5, 1, "李娜")]
    assert now() == first and busy()[east] == 3
    assert seen(world, "owner", "heads") == {medical: 3, electric: 5}
    made = records.create(
        SYSTEM,
        world.visits,
        {"title": "三", "company": [medical], "people": 4, "kind": "电话"},
        via="test",
    )
    second = [(2, 7, 1, "王芳"), first[1]]
    assert now() == second and busy()[east] == 7 and busy()[made.record_id] == 7
    change = records.update(
        SYSTEM, world.visits, made.record_id, {"company": [electric]}, via="test"
    )
    assert now() == [first[0], (2, 9, 2, "李娜")] and busy()[made.record_id] == 9
    records.undo(SYSTEM, change.change_id or 0)
    assert now() == second
    # from the other side, without a word in the history of who did it
    records.update(SYSTEM, world.companies, electric, {"visits": []}, via="test")
    assert now()[1] == (0, None, 0, None)
    records.update(SYSTEM, world.companies, electric, {"visits": [world.ids["south"]]}, via="test")
    assert now() == second
    records.delete(SYSTEM, world.visits, made.record_id, via="test")
    assert now() == first
    records.restore(SYSTEM, world.visits, made.record_id, via="test")
    assert now() == second
    kept = {one.id for one in graph.current().kept}
    told = changes.history(SYSTEM, world.visits, made.record_id)
    assert all(not kept & set(entry.values) for entry in told)
    entry = models.Change.get_by_id(made.change_id)
    assert entry.values[str(world.visits.field("busy").id)] == [None, 7]  # for automations


def test_many_at_once_follow_by_sets(world):
    published(world)
    medical, electric = world.ids["medical"], world.ids["electric"]
    visits = world.visits
    link, people = visits.field("company").id, visits.field("people").id
    title = visits.field("title").id
    batch = models.Batch.create(kind="import", table_id=visits.id, person_id=None)
    rows = [{title: f"v{n}", link: [(medical, electric)[n % 2]], people: 1} for n in range(5_000)]
    done = bulk.insert_many(SYSTEM, visits, rows, via="import:1", batch=batch.id)
    assert stored(world, "n") == {medical: 2501, electric: 2501}
    assert stored(world, "heads") == {medical: 2503, electric: 2505}
    assert stored(world, "busy", "visits")[done.ids[-1]] == 2505
    assert stored(world, "busy", "visits")[world.ids["east"]] != 2503  # that is too many for now
    backlog.work()
    assert stored(world, "busy", "visits")[world.ids["east"]] == 2503
    items = [bulk.Item(one, {people: 2}, record_id=one) for one in done.ids[:100]]
    second = models.Batch.create(kind="paste", table_id=visits.id, person_id=None)
    bulk.update_many(SYSTEM, visits, items, via="paste", batch=second.id)
    assert stored(world, "heads") == {medical: 2553, electric: 2555}
    bulk.undo(SYSTEM, second.id)
    assert stored(world, "heads") == {medical: 2503, electric: 2505}
    bulk.undo(SYSTEM, batch.id)  # without the hundred that were changed since
    assert stored(world, "n") == {medical: 51, electric: 51}
    assert stored(world, "heads") == {medical: 53, electric: 55}


def test_past_a_size_the_worker_goes_on_in_steps(world):
    published(world)
    medical = world.ids["medical"]
    with mock.patch.object(limits, "RECOMPUTED_AT_ONCE", 0):
        records.update(SYSTEM, world.visits, world.ids["east"], {"people": 30}, via="test")
    assert stored(world, "heads")[medical] == 3
    assert backlog.progress(world.companies.field("heads")) == (0, 2)
    assert backlog.work() > 0
    assert backlog.progress(world.companies.field("heads")) is None
    assert stored(world, "heads")[medical] == 30
    assert stored(world, "busy", "visits")[world.ids["east"]] == 30


def test_what_is_published_is_not_made_from_what_differs(world):
    add(world, "count", "n")
    with pytest.raises(Refused, match="each reader"):
        add(world, "lookup", "busy", table="visits", field="n", scope="everyone")
    mine = {"field": "owner", "op": "is", "value": {"var": "me"}}
    with pytest.raises(Refused, match="who reads it"):
        add(world, "count", "mine", scope="everyone", condition=mine)
