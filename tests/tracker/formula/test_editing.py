"""Names and ids in formulas, what the editor is told, and filters by formula."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.tracker.formula.fields import FIELDS, TABLE, VALUES, field
from tracker.formula import describe, parse, plan, show, store, trace
from tracker.formula.function import registry
from tracker.formula.pieces import forms
from tracker.schema import Table

ROOT = Path(__file__).resolve().parents[3]


def values(field: Any) -> Any:
    return VALUES.get(field if isinstance(field, str) else field.key)


def with_fields(*fields: Any) -> Table:
    return replace(TABLE, fields=fields, by_id={one.id: one for one in fields}, by_key={})


def test_formulas_are_kept_by_id():
    source = "IF( {Amount} > Whole, /* {Name} */ \"{Name}\", {Odd \\} name} & ' {x')"
    stored = store(source, TABLE)
    assert stored == "IF( {fld:2} > {fld:3}, /* {Name} */ \"{Name}\", {fld:13} & ' {x')"
    assert show(stored, TABLE) == source.replace("Whole", "{Whole}")
    assert store(stored, TABLE) == stored
    renamed = with_fields(*(replace(one, name=f"New {one.name}") for one in FIELDS))
    assert show("{fld:2}+{fld:13}", renamed) == "{New Amount}+{New Odd \\} name}"
    assert plan(stored, renamed).inputs == (renamed.field(2), renamed.field(3), renamed.field(13))
    assert show("{fld:99} + LEFT({fld:1})", TABLE) == "{fld:99} + LEFT({Name})"


def test_fields_of_one_name_stay_apart():
    table = with_fields(field(1, "a", "Same", "text"), field(2, "b", "Same", "number"))
    assert store("{Same}", table) == "{fld:1}"
    assert show("{fld:1} & {fld:2}", table) == "{Same} & {fld:2}"


def test_plans_know_what_they_need():
    planned = plan("IF({Done}, {Amount} + {Amount}, LEN({Name})) + DAY(TODAY())", TABLE)
    assert [one.name for one in planned.inputs] == ["Done", "Amount", "Name"]
    assert (planned.type, planned.volatile, planned.system) == ("number", True, ())
    assert plan("CREATED_TIME()", TABLE).system == ("created_at",)
    types = {
        "1": "number", "'a'": "text", "1 = 1": "truth", "TODAY()": "day", "NOW()": "moment",
        "{Tags}": "list", "BLANK()": "text", "IF(1, 1, 'a')": "text", "IF(1, 1, '')": "number",
        "IF({Done}, TRUE(), 0)": "number", "{Day} - TODAY()": "number", "{Day} + 1": "day",
        "DATEADD({Day}, 1, 'hours')": "moment", "DATEADD({Day}, 1, 'd')": "day",
        "SWITCH(1, 1, 'a', 2, 3)": "text", "SET_LOCALE({Day}, 'zh')": "day",
    }  # fmt: skip
    assert {source: plan(source, TABLE).type for source in types} == types


def test_the_editor_is_told_every_function():
    english, chinese = describe("en"), describe("zh")
    assert len(english) == len(registry.kinds) == 84
    for one, other in zip(english, chinese, strict=True):
        assert one["signature"].startswith(one["name"] + "(")
        assert one["text"] != other["text"], one["name"]
        parse(one["example"])


def test_the_document_is_a_table_of_what_stands():
    lines = (ROOT / "docs" / "formulas.md").read_text("utf-8").splitlines()
    for one, other in zip(describe("en"), describe("zh"), strict=True):
        kinds = {kind for name, kind in forms if name == one["name"]}
        sql = "both" if len(kinds) == 2 else "SQLite" if kinds else "–"
        assert f"| `{one['signature']}` | {one['text']} | {other['text']} | {sql} |" in lines


def test_every_example_computes():
    names = {"Date": "day", "Time": "moment", "Tags": "tags", "Other tags": "tags"}
    table = with_fields(*(replace(TABLE.field(key), name=name) for name, key in names.items()))
    for one in describe("en"):
        result = trace(one["example"], table, values, lang="en")
        assert result["ok"] and result["code"] is None, (one["example"], result)


def test_a_trace_shows_the_result_or_the_place_of_the_error():
    assert trace("{Amount} * 2", TABLE, values, lang="en") == {
        "ok": True, "type": "number", "code": None, "at": None, "text": "24.68",
    }  # fmt: skip
    assert trace("{Moment}", TABLE, values)["text"] == "2026-11-22 09:30"
    assert trace("{Done}", TABLE, values)["text"] == "是"
    failed = trace("1 + LOG(0)", TABLE, values, lang="en")
    assert (failed["code"], failed["at"]) == ("#ERROR!", 4)
    unread = trace("1 +\n)", TABLE, values, lang="zh")
    assert (unread["ok"], unread["at"], unread["line"], unread["character"]) == (False, 4, 2, 1)
    assert unread["error"] == "第 2 行第 1 个字符：“)”前缺少一个值。"


def test_filters_take_what_is_true():
    for source, expected in {
        "{Name} = 'Ada'": True, "{Amount} > 100": False, "1 / 0": False, "BLANK()": False,
        "0": False, "'0'": True, "{Done}": True, "IF({Done}, 0, 'x')": False,
        "FIND('A', {Name})": True, "{Tags}": True, "ERROR()": False,
    }.items():  # fmt: skip
        assert plan(source, TABLE).holds(values) is expected, source
