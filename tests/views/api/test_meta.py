"""Metadata and comments over HTTP."""

from __future__ import annotations

import pytest

from tracker import publicids
from tracker.models import View

HIDDEN = (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND")
FORBIDDEN = (403, "INVALID_PERMISSIONS")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_there_is_as_far_as_one_may_see_it(programs):
    owner, admin, world = programs["owner"], programs["admin"], programs.site.world
    told = owner.ok("GET", "/api/v0/meta/whoami")
    assert told["id"] == publicids.person(world.people["owner"].id)
    assert told["email"] == "owner@example.com"
    bases = [{"id": owner.base, "name": "走访", "permissionLevel": "edit"}]
    assert owner.ok("GET", "/api/v0/meta/bases") == {"bases": bases}
    View.create(base=world.base.id, table=world.visits.id, kind="grid", name="全部", options={})
    path = f"/api/v0/meta/bases/{owner.base}/tables"
    visits = {
        one["name"]: one for one in admin.ok("GET", f"{path}?include[]=visibleFieldIds")["tables"]
    }["拜访"]
    types = {one["name"]: one["type"] for one in visits["fields"]}
    assert types == {
        "标题": "singleLineText",
        "企业": "multipleRecordLinks",
        "日期": "date",
        "开始": "dateTime",
        "方式": "singleSelect",
        "标签": "multipleSelects",
        "状态": "singleSelect",
        "人数": "number",
        "金额": "currency",
        "已回访": "checkbox",
        "负责人": "singleCollaborator",
        "部门": "singleLineText",
        "纪要": "multilineText",
        "编号": "autoNumber",
        "创建人": "createdBy",
        "创建时间": "createdTime",
    }
    options = {one["name"]: one.get("options") for one in visits["fields"]}
    assert options["企业"]["linkedTableId"] == publicids.table(world.companies.id)
    assert [one["name"] for one in options["方式"]["choices"]] == ["上门", "电话", "线上"]
    assert options["金额"] == {"precision": 2, "symbol": "¥"}
    assert visits["primaryFieldId"] == publicids.field(world.visits.field("title").id)
    [view] = visits["views"]
    assert (view["name"], view["type"], len(view["visibleFieldIds"])) == ("全部", "grid", 16)
    mine = {one["name"]: one for one in owner.ok("GET", path)["tables"]}
    assert "金额" not in {one["name"] for one in mine["拜访"]["fields"]}
    assert mine["拜访"]["views"] == []
    for base in (owner.base, publicids.base(99), "appAAAAAAAAAAAAAA"):
        stranger = programs["stranger"]
        assert stranger.refused("GET", f"/api/v0/meta/bases/{base}/tables") == HIDDEN


def test_coordinators_shape_bases_tables_and_fields(programs):
    admin, owner = programs["admin"], programs["owner"]
    path = f"/api/v0/meta/bases/{admin.base}/tables"
    draft = {
        "name": "T 1/中文",
        "description": "Ein Test",
        "fields": [
            {"name": "Name", "type": "singleLineText", "description": "wie es heißt"},
            {"name": "N", "type": "number", "options": {"precision": 2}},
            {"name": "S", "type": "singleSelect", "options": {"choices": [{"name": "a"}]}},
        ],
    }
    made = admin.ok("POST", path, draft)
    assert (made["name"], made["description"]) == ("T 1/中文", "Ein Test")
    assert made["fields"][0]["description"] == "wie es heißt"
    for name in ("T 1/中文", made["id"]):  # %2F is a part of the name
        record = admin.ok("POST", admin.path(name), {"fields": {"Name": "q", "N": 1.25, "S": "a"}})
        assert admin.ok("GET", admin.path(name, record["id"]))["fields"]["N"] == 1.25
    link = {"linkedTableId": publicids.table(admin.site.world.visits.id)}
    fields = f"{path}/{made['id']}/fields"
    field = admin.ok("POST", fields, {"name": "L", "type": "multipleRecordLinks", "options": link})
    other = admin.site.world.visits.field("T 1/中文")
    assert field["options"]["inverseLinkFieldId"] == publicids.field(other.id)
    renamed = admin.ok("PATCH", f"{fields}/{field['id']}", {"name": "M", "description": "neu"})
    assert (renamed["name"], renamed["description"]) == ("M", "neu")
    assert admin.ok("PATCH", f"{path}/{made['id']}", {"name": "T2"})["name"] == "T2"
    for bad, kind in (
        ({"name": "M", "type": "number"}, "DUPLICATE_OR_EMPTY_FIELD_NAME"),
        ({"name": "F", "type": "formula"}, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE"),
        ({"name": "", "type": "number"}, "INVALID_REQUEST_UNKNOWN"),
        ({"type": "number"}, "INVALID_REQUEST_UNKNOWN"),
    ):
        assert admin.refused("POST", fields, bad) == (422, kind)
    base = admin.ok("POST", "/api/v0/meta/bases", {"name": "Neu", "tables": [draft]})
    assert [one["name"] for one in base["tables"]] == ["T 1/中文"]
    assert owner.refused("POST", path, draft) == FORBIDDEN
    assert owner.refused("PATCH", f"{path}/拜访", {"name": "x"}) == FORBIDDEN
    assert owner.refused("PATCH", f"{path}/{made['id']}", {"name": "x"}) == HIDDEN
    assert (
        owner.refused("POST", "/api/v0/meta/bases", {"name": "x", "tables": [draft]}) == FORBIDDEN
    )
    assert programs["stranger"].refused("POST", path, draft) == HIDDEN


def test_comments_belong_to_who_may_read_the_record(programs):
    owner, colleague, admin = (programs[one] for one in ("owner", "colleague", "admin"))
    here = owner.visits(programs.visit("east"), "comments")
    person = publicids.person(owner.site.world.people["admin"].id)
    made = owner.ok("POST", here, {"text": f"请看 @[{person}]"})
    assert made["author"]["email"] == "owner@example.com"
    assert made["mentioned"][person]["displayName"] == "管理"
    other = admin.ok("POST", here, {"text": "好"})
    told = owner.ok("GET", f"{here}?pageSize=1")
    assert [one["id"] for one in told["comments"]] == [other["id"]]
    further = owner.ok("GET", f"{here}?pageSize=1&offset={told['offset']}")
    assert ([one["id"] for one in further["comments"]], further["offset"]) == ([made["id"]], None)
    changed = owner.ok("PATCH", f"{here}/{made['id']}", {"text": "改了"})
    assert changed["text"] == "改了" and changed["lastUpdatedTime"]
    assert owner.refused("PATCH", f"{here}/{other['id']}", {"text": "x"}) == FORBIDDEN
    assert owner.refused("DELETE", f"{here}/{other['id']}") == FORBIDDEN
    for ref in (made["id"], publicids.encode(publicids.COMMENT, 99), "x"):
        for method, text in (("PATCH", {"text": "x"}), ("DELETE", None)):
            told = colleague.refused(method, f"{here}/{ref}", text)
            assert told == (404, "NOT_FOUND")
    empty: list[dict] = [{}, {"text": 7}, {"text": "  "}]
    for body in empty:
        assert owner.refused("POST", here, body) == (422, "INVALID_REQUEST_UNKNOWN")
    assert colleague.refused("GET", here) == (404, "NOT_FOUND")
    assert admin.ok("DELETE", f"{here}/{made['id']}") == {"id": made["id"], "deleted": True}
    assert [one["id"] for one in owner.ok("GET", here)["comments"]] == [other["id"]]
