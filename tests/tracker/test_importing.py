"""Files become records: nothing is lost, rights hold, and all of it can be taken back."""

from __future__ import annotations

from datetime import date, datetime

import openpyxl
import pytest

from tests import world as worlds
from tracker import accounts, bulk, db, models, organisation, permissions, schema, tables
from tracker.errors import Forbidden, Missing, Refused
from tracker.query import Query
from tracker.transfer import importing

SYSTEM = permissions.system()


@pytest.fixture
def world(database):
    return worlds.build()


@pytest.fixture
def write(tmp_path):
    """``write(rows)`` makes a workbook, ``write(text)`` a csv file; the path."""

    def make(content):
        if isinstance(content, str):
            path = tmp_path / "file.csv"
            path.write_text(content, encoding="utf-8")
            return path
        path = tmp_path / "file.xlsx"
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        for row in content:
            sheet.append(row)
        book.save(path)
        return path

    return make


def records_of(table, viewer=SYSTEM):
    """Records as dicts of field key → value, in the order they were made."""
    found = Query(viewer, table).page(500).records
    return [{one.key: record.values.get(one.id) for one in table.fields} for record in found]


def everything():
    """All rows of all tables, to see that nothing was written."""
    names = db.proxy.get_tables()
    return {name: sorted(map(repr, db.query(f'SELECT * FROM "{name}"'))) for name in names}


VISITS = [
    ["企业名称", "日期", "时间", "方式", "金额", "人数", "完成", "电话"],
    *(
        [
            f"企业{n}",
            date(2026, 11, n + 1),
            datetime(2026, 11, n + 1, 9, 30),  # noqa: DTZ001 - a cell has no zone
            ["上门", "电话"][n % 2],
            n * 10.5,
            n,
            ["是", "否"][n % 2],
            f"1380013800{n}",
        ]
        for n in range(9)
    ),
]


def test_a_file_becomes_a_table(world, write):
    report = importing.create_from(SYSTEM, world.base, write(VISITS), "从文件")
    assert (report.rows, report.created, report.rejected, report.warned) == (9, 9, [], 0)
    table = world.base.table("从文件")
    types = {one.name: one.type for one in table.fields}
    assert types == {
        "企业名称": "text",
        "日期": "date",
        "时间": "datetime",
        "方式": "single_choice",
        "金额": "number",
        "人数": "number",
        "完成": "checkbox",
        "电话": "phone",
    }
    assert table.title.name == "企业名称"
    second = list(records_of(table)[1].values())
    assert second == ["企业1", "2026-11-02", "2026-11-02 01:30:00", 2, 105, 1, False, "13800138001"]
    assert [one["name"] for one in table.field("方式").options["choices"]] == ["上门", "电话"]
    batch = models.Batch.get_by_id(report.batch_id)
    assert batch.info["created"] == 9 and batch.info["made_table"]


def test_undoing_a_made_table_takes_the_table(world, write):
    report = importing.create_from(SYSTEM, world.base, write(VISITS), "从文件")
    undone = bulk.undo(SYSTEM, report.batch_id or 0)
    assert undone.table_removed and undone.removed == 9
    with pytest.raises(Missing):
        world.base.table("从文件")
    tables.restore_table(SYSTEM, report.table_id or 0)
    assert Query(SYSTEM, world.base.table("从文件")).count() == 9


def test_columns_go_into_fields_of_their_names(world, write):
    worlds.sample(world)
    text = (
        "标题,企业,Day,方式,标签,人数,金额,已回访,负责人,部门,多余\n"
        '一,重庆医疗,2026-11-21,上门,"重点, 回访",3,¥12.50,是,王芳,上海,x\n'
        '二,"重庆医疗、上海电气",2026/11/22,电话,风险,0,7,否,owner@example.com,总部/华南,y\n'
    )
    report = importing.run(SYSTEM, world.visits, write(text))
    assert report.created == 2 and report.warned == 0
    assert report.skipped == ["多余"]
    medical, electric = 1, 2
    one, two = records_of(world.visits)[-2:]
    owner, departments = world.people["owner"].id, world.departments
    wanted = [
        "一",
        [medical],
        "2026-11-21",
        1,
        [1, 3],
        3,
        1250,
        True,
        owner,
        departments["上海"].id,
    ]
    keys = ["title", "company", "day", "kind", "tags", "people", "amount"]
    keys += ["followed", "owner", "department"]
    assert [one[key] for key in keys] == wanted
    wanted = [
        *["二", [medical, electric], "2026-11-22", 2, [2], 0, 700, False, owner],
        departments["华南"].id,
    ]
    assert [two[key] for key in keys] == wanted


def test_what_does_not_convert_stays_and_is_told(world, write):
    accounts.add_person("second@example.com", name="王芳")
    organisation.at_path("总部/华南/上海")
    world.company("双胞"), world.company("双胞")
    text = (
        "标题,企业,日期,人数,金额,已回访,负责人,部门,开始\n"
        "一,没有的,明天吧,许多,1.005,也许,王芳,上海,2026-11-21 09:30\n"
        "二,双胞,2026-11-21 10:00,3,1,是,nobody@example.com,没有,\n"
    )
    report = importing.run(SYSTEM, world.visits, write(text))
    assert report.created == 2 and report.rejected == []
    told = {
        (one.row, one.column): (str(one.reason), one.kept, one.stray) for one in report.warnings
    }
    assert told == {
        (2, "企业"): ("There is no record called “没有的”, or more than one.", "没有的", True),
        (2, "日期"): ("“明天吧” is not a date. Write it like 2026-11-21.", "明天吧", True),
        (2, "人数"): ("“许多” is not a number.", "许多", True),
        (2, "金额"): ("This was rounded.", "1.005", False),
        (2, "已回访"): ("“也许” is neither yes nor no.", "也许", True),
        (2, "负责人"): ("There is nobody called “王芳”, or more than one.", "王芳", True),
        (2, "部门"): ("There is no department called “上海”, or more than one.", "上海", True),
        (3, "企业"): ("There is no record called “双胞”, or more than one.", "双胞", True),
        (3, "日期"): ("The time of day was left out.", "2026-11-21 10:00", False),
        (3, "负责人"): (
            "There is nobody called “nobody@example.com”, or more than one.",
            "nobody@example.com",
            True,
        ),
        (3, "部门"): ("There is no department called “没有”, or more than one.", "没有", True),
    }
    first = Query(SYSTEM, world.visits).page(1).records[0]
    people = world.visits.field("people").id
    assert first.values[people] is None and first.strays[people] == "许多"


def test_failed_formulas_become_empty_and_are_told(world, shared):
    path = shared / "messy/sheetjs_ErrorTypes.xlsx"
    report = importing.create_from(SYSTEM, world.base, path, "错")
    assert report.created == report.rows > 0
    assert report.warned > 0
    assert all(one.kept.startswith("#") and not one.stray for one in report.warnings)
    assert not any(record.strays for record in Query(SYSTEM, world.base.table("错")).page().records)


def test_rows_that_cannot_be_are_rejected_with_the_reason(world, write):
    tables.update_field(SYSTEM, world.companies.field("name"), unique=True)
    world.company("已有")
    note = tables.add_field(SYSTEM, world.companies, "text", "备注")
    text = "名称,备注\n新,1\n已有,2\n,3\n新,4\n短\n长,5,6\n"
    report = importing.run(SYSTEM, world.companies, write(text))
    assert (report.rows, report.created) == (6, 1)
    assert [(row, str(reason).split(";")[0]) for row, reason in report.rejected] == [
        (3, "Another record already has this in “名称”."),
        (4, "“名称” is needed."),
        (5, "Another record already has this in “名称”."),
        (6, "Line 6 has 1 values, the header 2."),
        (7, "Line 7 has 3 values, the header 2"),
    ]
    assert [record[note.key] for record in records_of(world.companies)] == [None, "1"]


def test_unknown_options_are_made_by_coordinators_alone(world, write):
    text = '标题,方式,标签,部门,负责人\n一,上门,重点,上海,王芳\n二,会议,"重点,新的",上海,王芳\n'
    report = importing.run(world.viewer("owner"), world.visits, write(text))
    assert report.created == 2
    assert [(one.column, one.kept) for one in report.warnings] == [
        ("方式", "会议"),
        ("标签", "重点,新的"),
    ]
    before = world.visits.field("kind").options["choices"]
    report = importing.run(SYSTEM, world.visits, write(text))
    assert report.warned == 0
    after = world.visits.field("kind").options["choices"]
    assert after[:3] == before and after[3]["name"] == "会议"
    last = records_of(world.visits)[-1]
    assert last["kind"] == after[3]["id"] and last["tags"] == [1, 4]


def test_a_number_is_a_name_of_an_option_never_its_id(world, write):
    fields = {"标题": "title", "级": {"type": "single_choice", "options": {"choices": ["9", "3"]}}}
    report = importing.run(SYSTEM, world.visits, write("标题,级\n一,3\n二,1\n"), mapping=fields)
    assert report.created == 2
    field = world.visits.field("级")
    names = {one["id"]: one["name"] for one in field.options["choices"]}
    assert [names[record[field.key]] for record in records_of(world.visits)] == ["3", "1"]


def test_people_are_never_found_by_their_number(world, write):
    text = f"标题,负责人\n一,{world.people['owner'].id}\n"
    report = importing.run(SYSTEM, world.visits, write(text))
    assert report.warned == 1 and records_of(world.visits)[0]["owner"] is None


def test_rights_of_the_importer_hold(world, write):
    owner = world.viewer("owner")
    before = everything()
    with pytest.raises(Missing):
        importing.run(owner, world.visits, write("标题,金额\n一,1\n"), mapping={"金额": "amount"})
    with pytest.raises(Forbidden):
        importing.run(world.viewer("head"), world.visits, write("标题\n一\n"))
    with pytest.raises(Forbidden):
        importing.create_from(owner, world.base, write("标题\n一\n"), "新表")
    with pytest.raises(Forbidden):
        importing.run(
            owner, world.visits, write("标题,新\n一,1\n"), mapping={"新": {"type": "text"}}
        )
    with pytest.raises(Missing):
        importing.run(world.viewer("stranger"), world.visits, write("标题\n一\n"))
    assert everything() == before
    text = "标题,部门\n东,上海\n南,华南\n东二,上海\n"
    report = importing.run(owner, world.visits, write(text))
    assert report.created == 2
    assert [(row, str(why)) for row, why in report.rejected] == [
        (3, "You may not add a record like this.")
    ]


def test_a_rehearsal_tells_the_same_and_writes_nothing(world, write):
    before = everything()
    version = schema.current()
    report = importing.create_from(SYSTEM, world.base, write(VISITS), "试", dry_run=True)
    assert (report.rows, report.created, report.batch_id, report.table_id) == (9, 9, None, None)
    text = "标题,方式\n一,全新\n"
    report = importing.run(SYSTEM, world.visits, write(text), dry_run=True)
    assert report.created == 1 and report.table_id == world.visits.id
    assert everything() == before and schema.current() == version
    tables.create_table(SYSTEM, world.base, "后来")
    assert [table.name for table in world.base.tables][-1] == "后来"
    assert len(world.visits.field("kind").options["choices"]) == 3


def test_rows_update_the_record_with_their_key(world, write):
    for name in ("甲", "乙", "丙", "丙"):
        world.visit(name, people=1, notes="旧")
    text = "标题,人数,纪要\n甲,5,\n乙,1,旧\n丙,2,x\n丁,3,新\n,4,x\n丁,,改\n甲,错,\n"
    report = importing.run(SYSTEM, world.visits, write(text), key_field="title")
    assert (report.rows, report.created, report.updated, report.same) == (7, 1, 2, 2)
    assert [(row, str(why)) for row, why in report.rejected] == [
        (4, "Several records have this in “标题”."),
        (6, "“标题” is needed."),
    ]
    found = {record["title"]: record for record in records_of(world.visits)}
    assert found["丁"]["people"] == 3 and found["丁"]["notes"] == "改"
    assert found["甲"]["people"] is None and found["甲"]["notes"] == "旧"
    bulk.undo(SYSTEM, report.batch_id or 0)
    found = {record["title"]: record for record in records_of(world.visits)}
    assert found["甲"]["people"] == 1 and "丁" not in found


def test_wrong_mappings_are_refused_in_words(world, write):
    path = write("标题,编号\n一,5\n")
    for mapping, said in (
        ({"没有": "title"}, "The file has no column called “没有”."),
        ({"编号": "number"}, "“编号” is filled in by itself. Leave this column out."),
        ({"标题": "title", "编号": "title"}, "Two columns go into the field “标题”."),
        ({"标题": None}, "No column of the file goes into a field. Choose at least one."),
        (
            {"标题": {"type": "autonumber"}},
            "A column cannot become a field of the type “Autonumber”.",
        ),
        ({"标题": {"type": "nonsense"}}, "There is no kind called nonsense."),
    ):
        with pytest.raises(Refused) as refused:
            importing.run(SYSTEM, world.visits, path, mapping=mapping)
        assert str(refused.value) == said
    with pytest.raises(Refused) as refused:
        importing.run(SYSTEM, world.visits, path, key_field="tags")
    assert str(refused.value) == "“标签” cannot be the key of an import."


def test_new_fields_get_names_that_are_free_and_fit(world, write):
    long = "很长的列名" * 30
    path = write([[long + "甲", long + "乙", "名称"], ["a", "b", "c"], ["c", "d", "e"]])
    importing.create_from(SYSTEM, world.base, path, "长")
    fields = [one.name for one in world.base.table("长").fields]
    assert len(set(fields)) == 3 and max(map(len, fields)) == 120
    mapping = {"名称": "name", long[:120]: {"type": "text", "name": "名称"}}
    importing.run(SYSTEM, world.companies, path, mapping=mapping)
    assert [one.name for one in world.companies.fields][-1] == "名称 2"


def test_a_new_link_field_gets_a_junction_of_its_own(world, write):
    medical = world.company("重庆医疗")
    taken = world.visits.field("company").options["junction"]
    options = {"table": "companies", "junction": taken, "reverse": True}
    mapping = {"标题": "title", "谁": {"type": "link", "options": options}}
    importing.run(SYSTEM, world.visits, write("标题,谁\n一,重庆医疗\n"), mapping=mapping)
    field = world.visits.field("谁")
    assert field.options["junction"] == field.id and not field.options.get("reverse")
    assert records_of(world.visits)[0][field.key] == [medical]
    mapping["谁"] = {"type": "link", "options": {"table": "nowhere"}}
    with pytest.raises(Missing):
        importing.run(SYSTEM, world.visits, write("标题,谁\n一,x\n"), mapping=mapping)


def test_progress_rises_to_the_number_of_rows(world, write):
    told = []
    path = write([["名称"], *([f"企业{n}"] for n in range(4100))])
    importing.run(
        SYSTEM, world.companies, path, progress=lambda done, total: told.append((done, total))
    )
    assert told == sorted(told) and told[-1] == (4100, 4100)


def test_an_import_raises_events_only_if_asked(world, write):
    path = write("名称\n甲\n乙\n")
    importing.run(SYSTEM, world.companies, path)
    assert models.Event.select().count() == 0
    importing.run(SYSTEM, world.companies, path, events=True)
    assert models.Event.select().count() == 2
