"""Computed fields for programs: what they are made from, and values of every kind of result."""

from __future__ import annotations

from typing import Any

import pytest

from tests.counting import statements
from tracker import db, models, permissions, publicids, schema, tables

SYSTEM = permissions.system()
WHOLE: dict[str, Any] = {"type": "number", "options": {"precision": 0}}
# type, key, options → the type of the result; of the visits of a company, and of one visit
BEHIND: list[tuple[str, str, dict[str, Any], str]] = [
    ("lookup", "titles", {"field": "title"}, "singleLineText"),
    ("lookup", "ways", {"field": "kind"}, "singleSelect"),
    ("lookup", "tags", {"field": "tags"}, "multipleSelects"),
    ("lookup", "days", {"field": "day"}, "date"),
    ("lookup", "starts", {"field": "start"}, "dateTime"),
    ("lookup", "heads", {"field": "people"}, "number"),
    ("lookup", "who", {"field": "owner"}, "singleCollaborator"),
    ("lookup", "where", {"field": "department"}, "singleLineText"),
    ("lookup", "boxes", {"field": "followed"}, "checkbox"),
    ("rollup", "money", {"field": "amount", "aggregate": "sum"}, "currency"),
    ("rollup", "mean", {"field": "people", "aggregate": "avg"}, "number"),
    ("rollup", "latest", {"field": "day", "aggregate": "max"}, "date"),
    ("rollup", "way", {"field": "kind", "aggregate": "last", "by": "day"}, "singleSelect"),
    ("rollup", "different", {"field": "owner", "aggregate": "unique"}, "number"),
    ("rollup", "all", {"aggregate": "count"}, "number"),
    ("count", "n", {}, ""),
]
FORMULAS: list[
    tuple[str, str, dict[str, Any], Any, Any]
] = [  # key, formula, result, value for the first visit and for the bare one
    ("f_text", "{标题}&'!'", {"type": "singleLineText"}, "东部首访!", "空白!"),
    ("f_real", "{人数}/2", {"type": "number", "options": {"precision": 8}}, 1.5, 0),
    ("f_true", "{人数}>1", WHOLE, 1, 0),
    ("f_day", "DATEADD({日期}, 1, 'days')", {"type": "date"}, "2026-11-04", "#ERROR!"),
    ("f_time", "{开始}", {"type": "dateTime"}, "2026-11-03T01:30:00.000Z", None),
    ("f_wrong", "1/{人数}", {"type": "number", "options": {"precision": 8}}, 1 / 3, "#DIV/0!"),
]


@pytest.fixture
def made(programs):
    """The programs, with computed fields that everybody sees, on both sides of the link."""
    world = programs.site.world
    tables.add_pair(SYSTEM, world.visits.field("company"), "拜访", key="visits")
    for scope in ("viewer", "everyone"):
        for kind, key, options, _result in BEHIND:
            given = {"link": "visits", "scope": scope, **options}
            name = f"{key} {scope}"
            tables.add_field(SYSTEM, world.companies, kind, name, options=given)
    for key, text, *_values in FORMULAS:
        tables.add_field(SYSTEM, world.visits, "formula", key, options={"formula": text})
    share = {"formula": "{人数}/4", "style": "percent", "decimals": 1}
    tables.add_field(SYSTEM, world.visits, "formula", "f_share", options=share)
    single = {"link": "company", "field": "name", "scope": "everyone"}
    tables.add_field(SYSTEM, world.visits, "lookup", "firm", options=single)
    with db.write():
        models.TableRight.update(fields="read").execute()
        schema.changed()
    return programs


def described(program, name):
    told = program.ok("GET", f"/api/v0/meta/bases/{program.base}/tables")["tables"]
    found = {one["name"]: one for one in told}[name]
    return {one["name"]: one for one in found["fields"]}


def cells(program, table, ref, query=""):
    return program.ok("GET", program.path(table, ref) + query)["fields"]


def test_fields_and_values_have_the_form_that_programs_know(made):
    admin, world = made["admin"], made.site.world
    link = publicids.field(world.companies.field("visits").id)
    fields = described(admin, "企业")
    named = {"lookup": "multipleLookupValues"}
    for kind, key, options, result in BEHIND:
        for scope in ("viewer", "everyone"):
            one = fields[f"{key} {scope}"]
            assert one["type"] == named.get(kind, kind), key
            assert one["options"]["isValid"] is True
            assert one["options"]["recordLinkFieldId"] == link
            if kind != "count":
                assert one["options"]["result"]["type"] == result, key
                source = options.get("field")
                number = source and publicids.field(world.visits.field(source).id)
                assert one["options"]["fieldIdInLinkedTable"] == number
    assert fields["mean viewer"]["options"]["result"]["options"] == {"precision": 2}
    values = cells(admin, "企业", made.company("medical"))
    owner = publicids.person(world.people["owner"].id)
    for scope in ("viewer", "everyone"):
        found = {key: values[f"{key} {scope}"] for _kind, key, *_rest in BEHIND}
        [person] = found.pop("who")
        assert (person["id"], person["name"]) == (owner, "王芳")
        assert found == {
            "titles": ["东部首访"],
            "ways": ["上门"],
            "tags": ["重点"],
            "days": ["2026-11-03"],
            "starts": ["2026-11-03T01:30:00.000Z"],
            "heads": [3],
            "where": ["上海"],
            "boxes": [True],
            "money": 1000.5,
            "mean": 3,
            "latest": "2026-11-03",
            "way": "上门",
            "different": 1,
            "all": 1,
            "n": 1,
        }
    fields = described(admin, "拜访")
    first, bare = (cells(admin, "拜访", made.visit(one)) for one in ("east", "bare"))
    people = publicids.field(world.visits.field("people").id)
    for key, _text, shape, value, empty in FORMULAS:
        told = fields[key]["options"]["result"]
        assert {name: told.get(name) for name in shape} == shape, key
        assert first[key] == (pytest.approx(value) if isinstance(value, float) else value), key
        blank = {"error": empty} if str(empty).startswith("#") else empty
        assert bare.get(key) == blank, key
    assert fields["f_real"]["options"]["formula"] == f"{{{people}}}/2"
    assert fields["f_real"]["options"]["referencedFieldIds"] == [people]
    assert fields["f_share"]["options"]["result"] == {
        "type": "percent",
        "options": {"precision": 1},
    }
    assert (first["f_share"], first["firm"], bare.get("firm")) == (0.75, ["重庆医疗"], None)
    shown = cells(
        admin, "拜访", made.visit("bare"), "?cellFormat=string&timeZone=UTC&userLocale=en"
    )
    assert shown["f_wrong"] == "#DIV/0!"


def test_each_gets_what_comes_of_what_they_see(made):
    """As the viewer may see, or the same for everyone; hidden sources are not named."""
    world = made.site.world
    medical = made.company("medical")
    world.visit("西部", company=[made.site.ids["medical"]], kind="线上", owner=None)
    for name, seen in (("owner", ["东部首访"]), ("admin", ["东部首访", "西部"])):
        values = cells(made[name], "企业", medical)
        assert values["titles viewer"] == seen
        assert values["titles everyone"] == ["东部首访", "西部"]
        assert values["ways viewer"] == (["上门"] if name == "owner" else ["上门", "线上"])
        assert values["n viewer"] == len(seen)
    with db.write():
        for key in ("title", "people"):
            models.FieldRight.create(
                role=world.roles["staff"], field=world.visits.field(key).id, level="hidden"
            )
        schema.changed()
    owner = made["owner"]
    values = cells(owner, "企业", medical)
    assert "titles viewer" not in values
    assert values["titles everyone"] == ["东部首访", "西部"]
    told = described(owner, "企业")["titles everyone"]["options"]
    assert (told["fieldIdInLinkedTable"], told["result"]) == (None, None)
    told = described(owner, "拜访")["f_real"]["options"]
    assert (told["formula"], told["referencedFieldIds"]) == ("", [])
    tables.delete_field(SYSTEM, world.visits.field("people"))
    told = described(made["admin"], "拜访")["f_real"]["options"]
    assert (told["isValid"], told["result"], told["referencedFieldIds"]) == (False, None, [])
    assert cells(made["admin"], "拜访", made.visit("east"))["f_real"] == {"error": "#ERROR!"}


def test_lists_narrow_and_sort_by_computed_fields(made):
    admin, east = made["admin"], made.visit("east")

    def found(table, formula, **more):
        body = {"filterByFormula": formula, **more}
        told = admin.ok("POST", admin.path(table, "listRecords"), body)["records"]
        return [one["fields"].get("标题") or one["fields"].get("名称") for one in told]

    both = ["东部首访", "南部首访"]
    for formula, titles in (
        ("{f_real}>1", both),
        ("{f_true}", both),
        ("{f_true}=1", both),
        ("{f_day}='2026-11-04'", ["东部首访"]),
        ("IS_AFTER({f_day}, '2026-11-04')", ["南部首访"]),
        ("{f_wrong}<1", both),
        ("ISERROR({f_wrong})", ["空白"]),
        ("NOT({f_wrong})", []),
        ("{firm}='重庆医疗'", ["东部首访"]),
        (f"RECORD_ID()='{east}'", ["东部首访"]),
        (f"AND(LEN(RECORD_ID())=17, OR(RECORD_ID()='{east}', {{f_real}}=2.5))", both),
    ):
        assert found("拜访", formula) == titles, formula
    for formula, names in (
        ("{n viewer}=1", ["重庆医疗", "上海电气"]),
        ("{money everyone}>1000.5", ["上海电气"]),
        ("{titles viewer}='东部首访'", ["重庆医疗"]),
        ("FIND('上门', ARRAYJOIN({ways everyone}))", ["重庆医疗"]),
        ("{latest viewer}='2026-11-04'", ["上海电气"]),
    ):
        assert found("企业", formula) == names, formula
    falling = [{"field": "money viewer", "direction": "desc"}]
    assert found("企业", "1", sort=falling) == ["上海电气", "重庆医疗"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_computed_fields_are_made_in_the_product_and_read_only(made):
    """As with Airtable's own API; and the statements do not grow with the records."""
    admin, world = made["admin"], made.site.world
    path = f"/api/v0/meta/bases/{admin.base}/tables/{publicids.table(world.visits.id)}/fields"
    for kind in ("formula", "rollup", "multipleLookupValues", "count"):
        bad = {"name": "F", "type": kind, "options": {"formula": "1"}}
        assert admin.refused("POST", path, bad) == (422, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE")
    for key in ("f_text", "firm"):
        refused = admin.refused("PATCH", admin.visits(made.visit("east")), {"fields": {key: "x"}})
        assert refused == (422, "INVALID_VALUE_FOR_COLUMN")
    companies = admin.path("企业")
    admin.ok("GET", companies)
    counts = []
    for _turn in range(2):
        with statements() as ran:
            admin.ok("GET", companies)
        counts.append(len(ran))
        for number in range(9):
            world.visit(f"又{number}", company=[world.company(f"公司{number}")], owner=None)
    assert counts[0] == counts[1]
