"""Records written by programs: one or ten, all or nothing, once, within rights."""

from __future__ import annotations

from typing import Any

import pytest

from tracker import models, permissions, publicids, tables
from tracker.query import Query


def test_records_are_made_changed_replaced_and_deleted(programs):
    admin = programs["admin"]
    fields = {
        "标题": "接口",
        "企业": [programs.company("electric")],
        "日期": "2026-11-09",
        "开始": "2026-11-09T01:02:03.000Z",
        "方式": "电话",
        "标签": ["回访", "重点"],
        "人数": 7,
        "金额": 12.5,
        "已回访": True,
        "负责人": {"email": "owner@example.com"},
    }
    made = admin.ok("POST", f"{admin.visits()}/", {"fields": fields})  # with a slash at the end
    told = {key: made["fields"][key] for key in fields if key != "负责人"}
    assert told == {key: value for key, value in fields.items() if key != "负责人"}
    assert made["fields"]["负责人"]["name"] == "王芳"
    path = admin.visits(made["id"])
    changed = admin.ok("PATCH", path, {"fields": {"人数": None, "已回访": False, "金额": 3}})
    assert "人数" not in changed["fields"] and "已回访" not in changed["fields"]
    assert (changed["fields"]["金额"], changed["fields"]["标题"]) == (3, "接口")
    title = publicids.field(admin.site.world.visits.field("title").id)
    by_id = {"fields": {title: "只剩标题"}, "returnFieldsByFieldId": True}
    replaced = admin.ok("PUT", path, by_id)["fields"]
    assert replaced[title] == "只剩标题"
    assert len(replaced) == 4  # with number, maker and moment
    assert admin.ok("DELETE", path) == {"id": made["id"], "deleted": True}
    assert admin.refused("GET", path) == (404, "NOT_FOUND")
    vias = {one.via.partition(":")[0] for one in models.Change.select() if one.via != "test"}
    assert vias == {"api"}


def test_ten_at_once_are_one(programs):
    admin = programs["admin"]
    many = {"records": [{"fields": {"标题": f"批{number}"}} for number in range(10)]}
    made = admin.ok("POST", admin.visits(), many)["records"]
    assert [one["fields"]["标题"] for one in made] == [f"批{number}" for number in range(10)]
    items = [{"id": one["id"], "fields": {"人数": 1}} for one in made]
    before = models.Change.select().count()
    items[7]["fields"] = {"人数": "viele"}
    for method in ("PATCH", "PUT"):
        assert admin.refused(method, admin.visits(), {"records": items})[0] == 422
    half = {"records": [{"fields": {"标题": "好"}}, {"fields": {"方式": "没有"}}]}
    refused = admin.refused("POST", admin.visits(), half)
    assert refused == (422, "INVALID_MULTIPLE_CHOICE_OPTIONS")
    assert models.Change.select().count() == before
    items[7]["fields"] = {"人数": 2}
    changed = admin.ok("PATCH", admin.visits(), {"records": items})["records"]
    assert [one["fields"]["人数"] for one in changed] == [1, 1, 1, 1, 1, 1, 1, 2, 1, 1]
    ids = [one["id"] for one in made]
    wrong = "&".join(f"records[]={one}" for one in [*ids[:9], programs.company("electric")])
    assert admin.refused("DELETE", f"{admin.visits()}?{wrong}") == (404, "NOT_FOUND")
    for name, chosen in (("records[]", ids[:4]), ("records", ids[4:8])):
        query = "&".join(f"{name}={one}" for one in chosen)
        gone = admin.ok("DELETE", f"{admin.visits()}?{query}")["records"]
        assert gone == [{"id": one, "deleted": True} for one in chosen]
    assert admin.titles("sort[0][field]=编号")[-2:] == ["批8", "批9"]
    eleven: dict[str, Any] = {"records": [{"fields": {}}] * 11}
    for method, body in (("POST", eleven), ("POST", {"records": []}), ("DELETE", None)):
        assert admin.refused(method, admin.visits(), body) == (422, "INVALID_RECORDS")


def test_the_same_key_writes_once(programs):
    admin = programs["admin"]
    body = {"records": [{"fields": {"标题": "一次"}}, {"fields": {"标题": "两条"}}]}
    once = {"Idempotency-Key": "k1"}
    first = admin.ok("POST", admin.visits(), body, headers=once)
    assert admin.ok("POST", admin.visits(), body, headers=once) == first
    assert admin.refused("POST", admin.visits(), {"fields": {}}, headers=once) == (409, "CONFLICT")
    assert admin.titles().count("一次") == 1
    path = f"{admin.visits()}?records[]={first['records'][0]['id']}"
    gone = {"Idempotency-Key": "k2"}
    assert admin.ok("DELETE", path, headers=gone) == admin.ok("DELETE", path, headers=gone)


def test_upsert_matches_by_up_to_three_fields(programs):
    admin = programs["admin"]
    body = {
        "performUpsert": {"fieldsToMergeOn": ["标题", "日期"]},
        "records": [
            {"fields": {"标题": "东部首访", "日期": "2026-11-03", "人数": 9}},
            {"fields": {"标题": "东部首访", "日期": "2026-11-04", "人数": 8}},
            {"fields": {"标题": "空白", "日期": None, "人数": 7}},
            {"id": programs.visit("south"), "fields": {"人数": 6}},
        ],
    }
    told = admin.ok("PATCH", admin.visits(), body)
    assert [one["fields"]["人数"] for one in told["records"]] == [9, 8, 7, 6]
    assert told["createdRecords"] == [told["records"][1]["id"]]
    assert told["updatedRecords"] == [programs.visit(one) for one in ("east", "bare", "south")]
    assert admin.ok("PATCH", admin.visits(), body)["createdRecords"] == []
    several = {**body, "performUpsert": {"fieldsToMergeOn": ["标题"]}}
    assert admin.refused("PATCH", admin.visits(), several) == (422, "INVALID_REQUEST_UNKNOWN")
    for names, kind in (
        ([], "INVALID_REQUEST_UNKNOWN"),
        (["企业"], "INVALID_REQUEST_UNKNOWN"),
        (["nosuch"], "UNKNOWN_FIELD_NAME"),
        (["标题"] * 4, "INVALID_REQUEST_UNKNOWN"),
        ("标题", "INVALID_REQUEST_UNKNOWN"),
    ):
        wrong = {**body, "performUpsert": {"fieldsToMergeOn": names}}
        assert admin.refused("PATCH", admin.visits(), wrong) == (422, kind), names


def test_typecast_reads_what_people_type(programs):
    admin, world = programs["admin"], programs.site.world
    fields = {
        "人数": "12",
        "金额": "¥1,200.50",
        "方式": "邮件",
        "标签": "重点, 新标签",
        "已回访": "yes",
        "负责人": "王芳",
        "企业": ["重庆医疗", "新企业"],
        "标题": 2026,
    }
    made = admin.ok("POST", admin.visits(), {"fields": fields, "typecast": True})["fields"]
    assert (made["人数"], made["金额"], made["方式"]) == (12, 1200.5, "邮件")
    assert (made["标签"], made["已回访"], made["标题"]) == (["重点", "新标签"], True, "2026")
    assert made["企业"][0] == programs.company("medical")
    assert Query(world.viewer("admin"), world.companies).count() == 3
    owner = programs["owner"]  # options are shaped by coordinators, companies by who may add them
    mine = {"标题": "我的", "部门": "上海", "负责人": "王芳"}
    for extra, told in (
        ({"方式": "传真"}, (422, "INVALID_MULTIPLE_CHOICE_OPTIONS")),
        ({"企业": ["没有的企业"]}, (403, "INVALID_PERMISSIONS")),
    ):
        body = {"fields": {**mine, **extra}, "typecast": True}
        assert owner.refused("POST", owner.visits(), body) == told
    owner.ok("POST", owner.visits(), {"fields": mine, "typecast": True})


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_wrong_values_are_refused_by_name(programs):
    admin = programs["admin"]
    path = admin.visits(programs.visit("east"))
    before = admin.ok("GET", path)
    wrong: dict[str, list[Any]] = {
        "标题": [7, ["x"], {}],
        "人数": ["7", True, [1], {"x": 1}, 1e300],
        "金额": ["12"],
        "日期": [20261109, "soon", "0000-00-00", ["2026-11-09"]],
        "开始": [7, "nie"],
        "已回访": ["yes", 1],
        "负责人": ["王芳", {"id": "usrAAAAAAAAAAAAAA"}, {"email": "niemand@example.com"}, [1]],
        "标签": ["重点", 7, {}],
        "编号": [9],
        "创建人": [{"email": "owner@example.com"}],
    }
    for name, values in wrong.items():
        for value in values:
            told = admin.refused("PATCH", path, {"fields": {name: value}})
            assert told == (422, "INVALID_VALUE_FOR_COLUMN"), (name, value)
    for name, value, kind in (
        ("企业", [programs.visit("east")], "ROW_DOES_NOT_EXIST"),
        ("企业", ["recAAAAAAAAAAAAAA"], "ROW_DOES_NOT_EXIST"),
        ("企业", programs.company("medical"), "INVALID_VALUE_FOR_COLUMN"),
        ("方式", "传真", "INVALID_MULTIPLE_CHOICE_OPTIONS"),
        ("标签", ["传真"], "INVALID_MULTIPLE_CHOICE_OPTIONS"),
        ("nosuch", 1, "UNKNOWN_FIELD_NAME"),
    ):
        assert admin.refused("PATCH", path, {"fields": {name: value}}) == (422, kind)
    missing = (422, "INVALID_REQUEST_MISSING_FIELDS")
    assert admin.refused("PATCH", path, {}) == missing
    assert admin.refused("POST", admin.visits(), {"typecast": True}) == missing
    bodies: list[Any] = [{"fields": []}, {"fields": {}, "typecast": 1}, {"records": [{}]}]
    for body in [*bodies, {"records": {}}]:
        assert admin.refused("POST", admin.visits(), body)[0] == 422
    assert admin.ok("GET", path) == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_writes_stay_within_the_rights(programs):
    owner, colleague, stranger = (programs[one] for one in ("owner", "colleague", "stranger"))
    mine, theirs = programs.visit("east"), programs.visit("south")
    owner.ok("PATCH", owner.visits(mine), {"fields": {"人数": 4}})
    bare = owner.visits(programs.visit("bare"))  # seen, but somebody else's
    tries: list[tuple[str, Any]] = [("PATCH", {"fields": {"人数": 4}}), ("DELETE", None)]
    for method, body in tries:
        assert owner.refused(method, bare, body) == (403, "INVALID_PERMISSIONS")
        assert owner.refused(method, owner.visits(theirs), body) == (404, "NOT_FOUND")
    hidden = (422, "UNKNOWN_FIELD_NAME")
    assert owner.refused("PATCH", owner.visits(mine), {"fields": {"金额": 1}}) == hidden
    gone = (422, "ROW_DOES_NOT_EXIST")
    for ref in (theirs, publicids.record(owner.site.world.visits.id, 999)):
        body = {"records": [{"id": mine, "fields": {"人数": 5}}, {"id": ref, "fields": {}}]}
        assert owner.refused("PATCH", owner.visits(), body) == gone
    assert owner.ok("GET", owner.visits(mine))["fields"]["人数"] == 4
    companies = owner.path(owner.site.world.companies)
    forbidden = (403, "INVALID_PERMISSIONS")
    assert owner.refused("POST", companies, {"fields": {"名称": "x"}}) == forbidden
    assert colleague.refused("DELETE", f"{companies}/{programs.company('medical')}") == forbidden
    assert stranger.refused("POST", stranger.visits(), {"fields": {}})[0] == 403


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_other_types_come_and_go_in_their_own_form(programs):
    admin = programs["admin"]
    world = admin.site.world
    values: dict[str, tuple[str, Any]] = {
        "percent": ("percent", 0.5),
        "rating": ("rating", 4),
        "duration": ("duration", 5400),
        "barcode": ("barcode", {"text": "4006381333931"}),
        "location": ("singleLineText", "31.23, 121.47"),
        "progress": ("percent", 0.25),
    }
    for kind in values:
        tables.add_field(permissions.system(), world.visits, kind, kind)
    fields = {kind: value for kind, (_name, value) in values.items()}
    made = admin.ok("POST", admin.visits(), {"fields": fields})
    assert {kind: made["fields"][kind] for kind in fields} == fields
    told = admin.ok("GET", f"/api/v0/meta/bases/{admin.base}/tables")["tables"][1]["fields"]
    types = {one["name"]: one["type"] for one in told}
    assert {kind: types[kind] for kind in values} == {k: name for k, (name, _v) in values.items()}
    for kind in ("percent", "rating", "duration", "barcode"):
        told_kind = admin.refused("POST", admin.visits(), {"fields": {kind: ["x"]}})
        assert told_kind == (422, "INVALID_VALUE_FOR_COLUMN"), kind


DEEP = b"[" * 400 + b"]" * 400
ODD_BODIES = [
    ("POST", "listRecords", b'{"maxRecords": 1e300}', 200),
    ("POST", "listRecords", b'{"pageSize": 1e300}', 422),
    ("POST", "listRecords", '{"filterByFormula": "{标题}=\'\\u0000\'"}'.encode(), 422),
    ("POST", "listRecords", '{"filterByFormula": "FIND(\'\\u0000\', {标题})"}'.encode(), 422),
    ("POST", "", '{"fields": {"标题": "a"}, "more": '.encode() + DEEP + b"}", 422),
    ("POST", "", '{"fields": {"企业": "\\u0000"}, "typecast": true}'.encode(), 422),
    ("POST", "", '{"fields": {"部门": "a\\u0000b"}, "typecast": true}'.encode(), 422),
    ("POST", "", ('{"fields": {"部门": "' + "x/" * 3000 + '"}}').encode(), 422),
    ("POST", "", ('{"fields": {"部门": "没有/华东"}}').encode(), 422),
]


def test_odd_bodies_are_refused_and_break_nothing(programs):
    admin = programs["admin"]
    for number, (method, more, body, status) in enumerate(ODD_BODIES):
        headers = {"Idempotency-Key": f"odd{number}", "Content-Type": "application/json"}
        path = admin.visits(more) if more else admin.visits()
        response = admin(method, path, data=body, headers=headers)
        assert response.status_code == status, (body[:80], response.get_data(as_text=True)[:200])
