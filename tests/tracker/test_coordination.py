"""The demo of the coordination workspace: its size, its rhythm, its roles, what is stored."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import time_machine

from automations import chases, runner
from tests.conftest import KINDS, copy_postgres, copy_sqlite, opened
from tests.demo import (
    ADMIN,
    COORDINATOR,
    HEAD,
    NOW,
    STAFF,
    SYSTEM,
    same_as_elsewhere,
    table,
    total,
    viewer,
)
from tracker import (
    conditions,
    db,
    definitions,
    duties,
    fieldtypes,
    models,
    organisation,
    permissions,
    records,
    schema,
    solutions,
    workdays,
)
from tracker.errors import Missing
from tracker.query import Query
from views import kinds


@pytest.fixture(scope="module", autouse=True)
def a_sunday() -> Iterator[None]:
    """One day for all: the demo fills the months around it."""
    with time_machine.travel(NOW, tick=True):
        yield


# One demo on each kind of database, for all that only read it


@pytest.fixture(scope="module", params=KINDS)
def demo_url(request: pytest.FixtureRequest, run_folder: Path, a_sunday: None) -> str:
    name = f"demo_{request.param}"
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        url = copy_sqlite(template, run_folder / f"{name}_{id(request)}.db", request)
    else:
        template = request.getfixturevalue("postgres_template")
        server = request.getfixturevalue("postgres_url")
        url = copy_postgres(server, template, f"{name}_{id(request)}", request)
    with opened(url):
        solutions.install("coordination", demo=True)
    return url


@pytest.fixture
def demo(demo_url: str) -> Iterator[schema.Base]:
    with opened(demo_url):
        yield schema.current().base("coordination")


def test_the_demo_has_its_size(demo: schema.Base) -> None:
    sizes = {one.key: total(SYSTEM, one.key) for one in demo.tables}
    reports = sizes.pop("reports")
    assert sizes == {
        "visits": 3000,
        "companies": 400,
        "channels": 40,
        "activities": 60,
        "projects": 80,
        "objectives": 18,
    }
    assert reports > 1500
    assert 280 <= models.Person.select().count() <= 320
    depths = Counter(row.path.count("/") - 1 for row in models.Department.select())
    assert depths == {1: 1, 2: 8 + 6 + 8, 3: 88}


def test_visits_keep_the_rhythm_of_the_house(demo: schema.Base) -> None:
    """On working days save for the three of today, in every month, nobody in two places."""
    visits = table("visits")
    start, end = visits.field("start"), visits.field("end")
    every = Query(SYSTEM, visits)
    days: Counter[date] = Counter()
    busy: dict[int, list[tuple[str, str]]] = {}
    for record in every.fetch(every.ids()):
        local = fieldtypes.get(start).sheet(record[start], start, SYSTEM.context)
        days[local.date()] += 1
        assert 9 <= local.hour < 21
        assert record[start] < record[end]
        busy.setdefault(record[visits.field("visitor")], []).append((record[start], record[end]))
    today = date.fromisoformat(SYSTEM.context.today())
    assert [day for day in days if not workdays.is_workday(day) and day != today] == []
    assert days[today] >= 3
    months = Counter(day.strftime("%Y-%m") for day in days.elements())
    assert len(months) == 14
    assert min(months.values()) > 60
    for times in busy.values():
        times.sort()
        assert all(one[1] <= two[0] for one, two in itertools.pairwise(times))


def test_what_is_past_is_done_and_what_comes_is_planned(demo: schema.Base) -> None:
    coming = {"field": "start", "op": "from", "value": "today"}
    assert (
        total(
            SYSTEM, "visits", {"all": [coming, {"field": "state", "op": "is", "value": "已完成"}]}
        )
        == 0
    )
    assert total(SYSTEM, "visits", {"all": [coming, {"field": "summary", "op": "filled"}]}) == 0
    done = {"field": "state", "op": "is", "value": "已完成"}
    assert total(SYSTEM, "visits", done) == total(
        SYSTEM, "visits", {"field": "summary", "op": "filled"}
    )
    assert total(SYSTEM, "visits", done) > 2000


def test_history_is_as_old_as_the_records(demo: schema.Base) -> None:
    created = (
        f"SELECT COUNT(*) FROM {table('visits').sql_name} r JOIN change c ON c.record_id = r.id"
    )
    same = f"{created} AND c.table_id = ? WHERE c.at = r.created_at AND c.person_id = r.created_by"
    assert db.query(same, table("visits").id)[0][0] == 3000
    assert models.Event.select().count() == 0  # nothing for automations to wake up to


def test_most_branches_have_reported_and_some_owe(demo: schema.Base) -> None:
    duty = models.Duty.get()
    periods = duties.periods(duty, 40)
    assert len(periods) == 27
    cells = duties.status(duty, periods)
    assert len(cells) == 88
    filed = [
        sum(row[period.label].state in ("done", "late", "exempt") for row in cells.values())
        for period in periods[:-1]
    ]
    assert 0.75 < sum(filed) / len(filed) / 88 < 0.95
    mine = duties.mine(viewer(STAFF))
    assert periods[-1].label in {one.period.label for one in mine}
    assert all(definitions.form(viewer(STAFF), one.form_id or 0) for one in mine)


# Roles


def test_each_role_sees_its_own(demo: schema.Base) -> None:
    staff, head = viewer(STAFF), viewer(HEAD)
    person = models.Person.get_by_id(staff.person_id)
    own = {"field": "visitor", "op": "is", "value": person.id}
    near = {"field": "branch", "op": "is", "value": person.department_id}
    assert total(staff, "visits") == total(SYSTEM, "visits", {"any": [own, near]})
    assert total(staff, "visits") > total(staff, "visits", own) > 50
    region = organisation.below([models.Person.get_by_id(head.person_id).department_id])
    assert len(region) == 19
    within = {"field": "branch", "op": "any_of", "value": region}
    assert total(head, "visits") == total(SYSTEM, "visits", within) > 300
    assert total(head, "reports") == total(SYSTEM, "reports", within)
    for email in (COORDINATOR, ADMIN):
        assert total(viewer(email), "visits") == 3000


def test_companies_of_others_are_names_only(demo: schema.Base) -> None:
    staff = viewer(STAFF)
    companies = table("companies")
    every = Query(staff, companies)
    assert every.count() == 400
    whole = {"field": "relation", "op": "filled"}
    near = {"field": "branch", "op": "is", "value": staff.department_id}
    assert every.where(whole).count() == total(SYSTEM, "companies", near) > 3
    for record in every.fetch(every.ids()):
        seen = {one.key for one in companies.fields if record[one] is not None}
        assert {"name", "holder", "branch"} <= seen
        if record[companies.field("relation")] is None:
            assert seen == {"name", "holder", "branch"}


def test_amounts_of_others_are_hidden(demo: schema.Base) -> None:
    staff, visits = viewer(STAFF), table("visits")
    amount, visitor = visits.field("amount"), visits.field("visitor")
    every = Query(staff, visits)
    seen = [one for one in every.fetch(every.ids()) if one[amount] is not None]
    assert seen
    assert {one[visitor] for one in seen} == {staff.person_id}
    near = {"field": "branch", "op": "is", "value": staff.department_id}
    there = {"all": [near, {"field": "amount", "op": "filled"}]}
    assert total(SYSTEM, "visits", there) > len(seen)
    with pytest.raises(Missing):
        permissions.access(staff, table("companies")).field("capital")
    assert permissions.access(viewer(HEAD), table("companies")).field("capital")


def test_companies_tell_their_visits_as_each_may_see_them(demo: schema.Base) -> None:
    companies, visits = table("companies"), table("visits")
    last, made = companies.field("last_visit"), companies.field("visit_count")
    done = {"field": "state", "op": "is", "value": "已完成"}
    for who in (viewer(STAFF), viewer(HEAD), SYSTEM):
        query = Query(who, companies).where({"field": "relation", "op": "filled"})
        every = query.only([last, made]).fetch(query.ids())
        seen = Query(who, visits).where(done)
        linked = seen.where({"field": "company", "op": "filled"}).count()
        told = sum(one[made] for one in every)
        assert 0 < told == linked if who is SYSTEM else 0 < told <= linked
        assert all((one[last] is None) == (one[made] == 0) for one in every)
    left = table("projects").field("days_left")
    found = [
        one for one in Query(SYSTEM, table("projects")).page().records if one[left] is not None
    ]
    assert len(found) > 10 and not any(one.strays for one in found)


def test_roles_open_their_views_and_forms(demo: schema.Base) -> None:
    staff, head, coordinator = viewer(STAFF), viewer(HEAD), viewer(COORDINATOR)
    views = {
        who: [view for one in demo.tables for view in definitions.views_of(who, one)]
        for who in (staff, head, coordinator)
    }
    names = {who: {view.name for view in found} for who, found in views.items()}
    assert "我的拜访" in names[staff]
    assert "月度商机金额" not in names[staff]
    assert "月度商机金额" in names[head]
    assert len(names[coordinator]) == models.View.select().count() - 1
    assert [one.name for one in definitions.dashboards_of(staff, demo)] == ["协同总览"]
    forms = {form.name for one in demo.tables for form in definitions.forms_of(staff, one)}
    assert {"拜访填报", "拜访计划", "周报填报", "新增企业"} <= forms
    assert permissions.access(head, table("visits")).may_export
    assert not permissions.access(staff, table("visits")).may_export


# What is stored


def leaves(condition: Any) -> Iterator[Any]:
    if isinstance(condition, dict) and "field" in condition:
        yield condition
    elif isinstance(condition, dict):
        for inner in condition.values():
            yield from leaves(inner)
    elif isinstance(condition, list):
        for inner in condition:
            yield from leaves(inner)


def check(condition: Any, over: schema.Table) -> None:
    """It passes, and stands as it would be stored: ids, nothing by name."""
    if condition is not None:
        assert conditions.check(condition, over, SYSTEM.context) == condition
        for leaf in leaves(condition):
            assert isinstance(leaf["field"], int)


def test_views_refer_to_what_is_there(demo: schema.Base) -> None:
    for view in models.View.select():
        options = view.options
        over = schema.current().table(view.table_id) if view.table_id else None
        if view.kind in kinds.registry:
            own = kinds.get(view.kind).check_options(options, over, SYSTEM)
            if over is not None:
                assert all(own[key] == options[key] for key in own if options.get(key)), view.name
        if over is None:
            for tile in options["tiles"]:
                check_tile(tile)
            continue
        check(options["filter"], over)
        named = [*options["hidden"], *(one["field"] for one in options["sort"])]
        named += [options[key] for key in ("start", "end", "color", "split") if options.get(key)]
        named += [options["group"]] if options["group"] else []
        assert all(one in over.by_id for one in named), view.name
        assert over.title and over.title.id not in options["hidden"]
        if view.kind == "roster":
            visits = options["visits"]
            source = schema.current().table(visits["table"])
            assert source.field(visits["link"]).options["table"] == over.id
            check(visits["planned"], source)
        if view.kind == "matrix":
            assert models.Duty.get_by_id(options["duty"]).table_id == over.id


def check_tile(tile: dict[str, Any]) -> None:
    assert 1 <= tile["w"] <= 12
    if tile["kind"] == "view":
        assert models.View.get_by_id(tile["view"])
        return
    over = schema.current().table(tile["table"])
    check(tile["filter"], over)
    assert tile["names"]["en"]
    assert over.field(tile["compare"]["field"])
    if tile["measure"]["kind"] == "sum":
        assert fieldtypes.get(over.field(tile["measure"]["field"])).sums


def test_forms_ask_what_is_there(demo: schema.Base) -> None:
    for form in models.Form.select():
        over = schema.current().table(form.table_id)
        asked = [one for section in form.definition["sections"] for one in section["questions"]]
        for number, question in enumerate(asked):
            field = over.field(question["field"])
            check(question["show_if"], over)
            before = {one["field"] for one in asked[:number]}
            assert {leaf["field"] for leaf in leaves(question["show_if"])} <= before
            if question["default"] is not None:
                assert fieldtypes.get(field).parse(question["default"], field, SYSTEM.context)
        needed = {one.id for one in over.fields if one.required and one.default is None}
        assert needed <= {one["field"] for one in asked}, form.name


def test_rights_refer_to_what_is_there(demo: schema.Base) -> None:
    for right in models.TableRight.select():
        for rule in (right.read, right.create_rule, right.update_rule, right.delete_rule):
            check(rule, schema.current().table(right.table_id))
    assert {right.level for right in models.FieldRight.select()} <= set(permissions.LEVELS)
    views = {row.id for row in models.View.select()}
    forms = {row.id for row in models.Form.select()}
    for role in models.Role.select():
        assert set(role.views) <= views
        assert set(role.forms) <= forms
        assert role.coordinator == (role.key == "coordinator")


def test_duties_and_automations_stand_as_they_would_be_stored(demo: schema.Base) -> None:
    duty = models.Duty.get()
    over = schema.current().table(duty.table_id)
    assert duties.check(duty.definition, over, SYSTEM) == duty.definition
    for chase in chases.of_duty(duty):
        assert chases.check(chase.definition, duty) == chase.definition
    for automation in models.Automation.select():
        assert automation.run_as.email == COORDINATOR
        assert runner.check(SYSTEM, demo, automation.definition) == automation.definition
        assert runner.sentence(automation, viewer(COORDINATOR))


def test_a_visit_is_filed_as_the_demo_says(demo_url: str) -> None:
    """Staff file for themselves with the amount; the amount of a colleague stays closed to them."""
    with opened(demo_url), db.proxy.atomic() as whole:
        staff, visits = viewer(STAFF), table("visits")
        company = Query(staff, table("companies")).ids()[0]
        answers = {"subject": "试一次", "company": [company], "kind": "电话沟通", "amount": "500"}
        saved = records.create(staff, visits, answers, via="form:1")
        record = Query(staff, visits).one(saved.record_id)
        assert record[visits.field("branch")] == staff.department_id
        assert record[visits.field("visitor")] == staff.person_id
        whole.rollback()


def test_the_same_day_gives_the_same_demo(demo: schema.Base, run_folder: Path) -> None:
    assert same_as_elsewhere(run_folder)


def test_an_index_stands_behind_what_is_sorted(demo: schema.Base) -> None:
    kept = "sqlite_master" if db.is_sqlite() else "pg_indexes"
    name = "name" if db.is_sqlite() else "indexname"
    wanted = f"x{table('visits').field('start').id}"
    assert db.query(f"SELECT COUNT(*) FROM {kept} WHERE {name} = ?", wanted) == [(1,)]
