"""Records as programs read them: values, lists, pages, and nothing of what is not theirs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.counting import statements
from tracker import accounts, publicids
from tracker.models import View

HIDDEN = (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND")
GONE = (404, "NOT_FOUND")


def test_values_have_the_form_that_programs_know(programs):
    told = programs["admin"].ok("GET", programs["admin"].visits(programs.visit("east")))
    assert told["id"] == programs.visit("east")
    assert told["createdTime"].endswith(".000Z")
    fields = told["fields"]
    assert fields.pop("创建时间") == told["createdTime"]
    assert fields == {
        "标题": "东部首访",
        "企业": [programs.company("medical")],
        "日期": "2026-11-03",
        "开始": "2026-11-03T01:30:00.000Z",
        "方式": "上门",
        "标签": ["重点"],
        "状态": "完成",
        "人数": 3,
        "金额": 1000.5,
        "已回访": True,
        "负责人": {
            "id": publicids.person(programs.site.world.people["owner"].id),
            "email": "owner@example.com",
            "name": "王芳",
        },
        "部门": "上海",
        "纪要": "谈了 IPO",
        "编号": 1,
    }
    bare = programs["admin"].ok("GET", programs["admin"].visits(programs.visit("bare")))
    assert set(bare["fields"]) == {"标题", "部门", "编号", "创建时间"}  # empty ones are left out


def test_text_cells_field_ids_and_counts_on_request(programs):
    admin = programs["admin"]
    path = admin.visits(programs.visit("east"))
    shown = admin.ok("GET", f"{path}?cellFormat=string&timeZone=Asia/Tokyo&userLocale=en")
    assert shown["fields"]["企业"] == "重庆医疗"
    assert "10:30" in shown["fields"]["开始"]
    assert shown["fields"]["金额"] == "¥1,000.50"
    title = publicids.field(admin.site.world.visits.field("title").id)
    by_id = admin.ok("GET", f"{path}?returnFieldsByFieldId=true")
    assert by_id["fields"][title] == "东部首访"
    admin.ok("POST", f"{path}/comments", {"text": "好"})
    told = admin.ok("GET", f"{admin.visits()}?recordMetadata[]=commentCount&fields[]={title}")
    assert [one["commentCount"] for one in told["records"]] == [1, 0, 0]
    assert {key for one in told["records"] for key in one["fields"]} == {"标题"}


def test_lists_sort_narrow_and_page(programs):
    admin = programs["admin"]
    assert admin.titles("sort[0][field]=日期&sort[0][direction]=desc") == [
        *("南部首访", "东部首访", "空白")
    ]
    assert admin.titles("maxRecords=2&pageSize=1&sort[0][field]=编号") == ["东部首访"]
    seen, offset = [], ""
    for page in range(3):
        told = admin.ok("GET", f"{admin.visits()}?pageSize=1&sort[0][field]=日期{offset}")
        seen += [one["fields"]["标题"] for one in told["records"]]
        assert ("offset" in told) == (page < 2)
        offset = f"&offset={told.get('offset')}"
    assert seen == ["空白", "东部首访", "南部首访"]
    body = {"pageSize": 2, "sort": [{"field": "编号", "direction": "desc"}], "fields": ["编号"]}
    told = admin.ok("POST", admin.visits("listRecords"), body)
    assert [one["fields"] for one in told["records"]] == [{"编号": 3}, {"编号": 2}]
    further = admin.ok("POST", admin.visits("listRecords"), {**body, "offset": told["offset"]})
    assert [one["fields"] for one in further["records"]] == [{"编号": 1}]
    stale = (422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE")
    changes: list[dict] = [{"sort": []}, {"offset": told["offset"][:-2]}, {"offset": "itrx"}]
    for changed in changes:
        asked = {**body, "offset": told["offset"], **changed}
        assert admin.refused("POST", admin.visits("listRecords"), asked) == stale
    other = programs["colleague"]
    assert (
        other.refused("POST", other.visits("listRecords"), {**body, "offset": told["offset"]})
        == stale
    )


def test_a_view_narrows_and_sorts(programs):
    admin, world = programs["admin"], programs.site.world
    day = world.visits.field("day").id
    options = {
        "filter": {"field": day, "op": "filled"},
        "sort": [{"field": day, "desc": True}],
        "hidden": [day],
    }
    view = View.create(
        base=world.base.id, table=world.visits.id, kind="grid", name="近期", options=options
    )
    for ref in ("近期", publicids.view(view.id)):
        assert admin.titles(f"view={ref}") == ["南部首访", "东部首访"]
    assert admin.titles("view=近期&sort[0][field]=日期") == ["东部首访", "南部首访"]
    for name in ("owner", "stranger"):
        View.update(owner=world.people[name], sharing="personal").execute()
        assert admin.refused("GET", f"{admin.visits()}?view=近期") == (422, "VIEW_NAME_NOT_FOUND")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_people_see_what_is_theirs_and_nothing_else_exists(programs):
    owner, colleague, stranger = (programs[one] for one in ("owner", "colleague", "stranger"))
    assert owner.titles() == ["东部首访", "空白"]
    assert colleague.titles() == ["南部首访"]
    mine = owner.ok("GET", owner.visits(programs.visit("east")))["fields"]
    assert "金额" not in mine
    bodies = set()
    unknown = publicids.record(owner.site.world.visits.id, 999)
    for ref in (
        programs.visit("south"),
        unknown,
        "recAAAAAAAAAAAAAA",
        "x",
        programs.company("medical"),
    ):
        response = owner("GET", owner.visits(ref))
        assert response.status_code == 404
        bodies.add(response.get_data())
        for method, body in (("PATCH", {"fields": {}}), ("DELETE", None), ("PUT", {"fields": {}})):
            assert owner.refused(method, owner.visits(ref), body) == GONE
    assert bodies == {b'{"error":"NOT_FOUND"}'}
    for amount in ("金额", publicids.field(owner.site.world.visits.field("amount").id), "nosuch"):
        asked = [f"fields[]={amount}", f"sort[0][field]={amount}"]
        for query in asked:
            assert owner.refused("GET", f"{owner.visits()}?{query}") == (422, "UNKNOWN_FIELD_NAME")
    answers = {
        stranger(method, path).get_data()
        for method in ("GET", "POST", "PATCH", "DELETE")
        for path in (
            stranger.visits(),
            stranger.path("拜访"),
            stranger.path("nosuch"),
            f"/api/v0/{publicids.base(999)}/x",
        )
    }
    assert len(answers) == 1
    assert stranger.refused("GET", stranger.visits()) == HIDDEN
    assert stranger.ok("GET", "/api/v0/meta/bases") == {"bases": []}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_a_live_token_of_an_active_person_opens(programs, monkeypatch):
    owner = programs["owner"]
    person = owner.site.world.people["owner"]
    locked = (401, "AUTHENTICATION_REQUIRED")
    path = owner.visits()
    owner.ok("GET", path)
    browser = owner.site["owner"]
    assert browser.get(path).status_code == 401  # cookies do not open the API
    for header in ("", "Bearer", "Bearer nonsense", f"Basic {owner.token}", f"Token {owner.token}"):
        assert owner.refused("GET", path, headers={"Authorization": header}) == locked
    monkeypatch.setattr("tracker.limits.API_REQUESTS", 3)
    last = next(one for one in (owner("GET", path) for _ in range(9)) if one.status_code != 200)
    assert last.status_code == 429
    assert 1 <= int(last.headers["Retry-After"]) <= 11
    assert last.get_json()["error"]["type"] == "RATE_LIMIT_REACHED"
    programs["colleague"].ok("GET", path)
    monkeypatch.undo()
    accounts.set_active(person.id, False)
    assert owner.refused("GET", path) == locked
    accounts.set_active(person.id, True)
    assert owner.refused("GET", path) == locked  # revoked with it


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_questions_that_make_no_sense_are_refused(programs):
    admin = programs["admin"]
    for query in (
        "pageSize=0",
        "pageSize=101",
        "pageSize=x",
        "maxRecords=-1",
        "cellFormat=xml",
        "cellFormat=string",
        "cellFormat=string&timeZone=Mars&userLocale=en",
        "sort[0][direction]=desc",
        "sort[0][field]=日期&sort[0][direction]=up",
        "sort=x",
        "sort[0][field]=企业",
    ):
        assert admin.refused("GET", f"{admin.visits()}?{query}") == (422, "INVALID_REQUEST_UNKNOWN")
    bodies: list[Any] = [[], {"fields": 1}, {"sort": {}}, {"view": 7}, {"pageSize": "9"}]
    for body in [*bodies, {"fields": [1]}]:
        assert admin.refused("POST", admin.visits("listRecords"), body)[0] == 422
    broken = admin("POST", admin.visits("listRecords"), data=b"{", content_type="application/json")
    assert broken.status_code == 400
    assert admin.refused("PUT", "/api/v0/meta/bases") == (405, "METHOD_NOT_ALLOWED")
    for path in (
        "/api/v0",
        "/api/v0/rounds/x",
        "/api/v0/x/y/z/a/b/c",
        "/api/nothing",
        "/api/v0/meta",
    ):
        assert admin.refused("GET", path) == GONE


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_page_asks_the_same_for_one_and_for_thirty_records(programs):
    admin, world = programs["admin"], programs.site.world
    path = admin.visits()
    admin.ok("GET", path)
    with statements() as few:
        admin.ok("GET", f"{path}?pageSize=1")
    people = list(world.people.values())
    for number in range(30):
        world.visit(f"v{number}", owner=people[number % len(people)].id)
    with statements() as many:
        admin.ok("GET", path)
    assert len(few) == len(many)


def test_formulas_narrow_lists(programs, monkeypatch):
    admin, owner, world = programs["admin"], programs["owner"], programs.site.world
    monkeypatch.setattr("views.api.filtering.CHUNK", 2)

    def found(program, formula, **more):
        return admin.ok("POST", program.visits("listRecords"), {"filterByFormula": formula, **more})

    def titles(program, formula):
        told = program.ok("POST", program.visits("listRecords"), {"filterByFormula": formula})
        return sorted(one["fields"]["标题"] for one in told["records"])

    both = ["东部首访", "南部首访"]
    amount = publicids.field(world.visits.field("amount").id)
    for formula, told in (
        ("{人数} > 4", ["南部首访"]),
        ("AND({方式}='上门', {已回访})", ["东部首访"]),
        ("FIND('首访', {标题})", both),
        ("{企业}='重庆医疗'", ["东部首访"]),
        ("IS_AFTER({日期}, '2026-11-03')", ["南部首访"]),
        (f"{{{amount}}}=1000.5", ["东部首访"]),
        (f"RECORD_ID()='{programs.visit('bare')}'", ["空白"]),
        ("CREATED_TIME() > '2000-01-01'", [*both, "空白"]),
        ("1/0", []),
        ("'0'", [*both, "空白"]),
        ("BLANK()", []),
    ):
        assert titles(admin, formula) == sorted(told), formula
        with monkeypatch.context() as walking:
            walking.setattr("views.api.filtering.Filter.sql", lambda _filter: None)
            assert titles(admin, formula) == sorted(told), formula
    monkeypatch.setattr("views.api.filtering.Filter.sql", lambda _filter: None)
    first = found(admin, "{日期}", pageSize=1, sort=[{"field": "日期", "direction": "desc"}])
    assert [one["fields"]["标题"] for one in first["records"]] == ["南部首访"]
    again = {"pageSize": 1, "sort": [{"field": "日期", "direction": "desc"}]}
    second = found(admin, "{日期}", offset=first["offset"], **again)
    assert [one["fields"]["标题"] for one in second["records"]] == ["东部首访"]
    assert "offset" not in second
    wrong = (422, "INVALID_FILTER_BY_FORMULA")
    for formula in ("{金额}>0", f"{{{amount}}}>0", "{nosuch}", "IF(", "NOSUCH()", "(" * 10_000):
        body = {"filterByFormula": formula}
        assert owner.refused("POST", owner.visits("listRecords"), body) == wrong
    hidden, unknown = (
        owner("GET", f"{owner.visits()}?filterByFormula={{{name}}}").get_json()["error"]["message"]
        for name in ("金额", "金鱼")
    )
    assert hidden == unknown.replace("金鱼", "金额")
    monkeypatch.setattr("tracker.limits.API_SCANNED", 2)
    assert titles(admin, "{标题}='空白'") == []  # not reached yet:
    assert "offset" in found(admin, "{标题}='空白'")
    assert owner.ok("GET", f"{owner.visits()}?filterByFormula={{标题}}='空白'")["records"]
