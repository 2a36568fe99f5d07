"""Templates go out: what they lock, list and say, their marks, and one for each in an archive."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from tests.tracker.roundtrip.conftest import SIGNER, Filled, apply, staff_may_export, visit
from tracker import bulk, db, models, permissions, schema
from tracker.errors import Refused
from tracker.query import Query
from tracker.roundtrip import lists, marks, template
from tracker.roundtrip.marks import Head, Key, Signer


def test_marks_are_read_only_where_they_were_written():
    text = SIGNER.key(3, Key(7, 2, frozenset({5, 9})))
    assert SIGNER.read_key(text, 3) == Key(7, 2, frozenset({5, 9}))
    for other, table in ((text, 4), (text.replace("R3.7", "R3.8"), 3), ("R3.7.2..", 3), ("", 3)):
        with pytest.raises(Refused):
            SIGNER.read_key(other, table)
    with pytest.raises(Refused):
        Signer(b"t" * 64).read_key(text, 3)
    ids = [1, 2, 3, 9, 12, 13, 4_000_000]
    for records_ in (ids, [], None):
        head = Head(table=3, person=1, by=4, value=5, among=[5, 6], records=records_)
        assert SIGNER.read_head(SIGNER.head(head)) == head
    with pytest.raises(Refused):
        SIGNER.read_head(SIGNER.head(Head(table=3)).replace('"table":3', '"table":4'))
    assert marks._unpacked(marks._packed(list(range(0, 90_000, 2)))) is None  # too many to note


def test_a_template_locks_what_may_not_be_written_and_lists_what_may_be_chosen(desk):
    world = desk.world
    staff_may_export(world)
    book = openpyxl.load_workbook(io.BytesIO(desk.fetch("owner", due="Friday", note="=soon")))
    sheet, notes, lists = book.worksheets
    filled = Filled(sheet, world.visits)
    assert sheet.protection.sheet and sheet.row_dimensions[1].hidden
    assert sheet.column_dimensions["A"].hidden and lists.sheet_state == "hidden"
    assert "amount" not in filled.columns  # hidden from staff
    own, other = filled.row("东部首访"), filled.row("空白")
    locked = {
        (row, key): sheet.cell(row, filled.columns[key]).protection.locked
        for row in (own, other, 50)
        for key in ("title", "number")
    }
    assert locked == {
        (own, "title"): False,  # theirs
        (other, "title"): True,  # read, but nobody's
        (own, "number"): True,
        (other, "number"): True,
        (50, "title"): True,  # no cell yet: the column decides below
        (50, "number"): True,
    }
    letter = openpyxl.utils.get_column_letter
    columns = sheet.column_dimensions
    assert not columns[letter(filled.columns["title"])].protection.locked
    rules = {str(one.sqref).split("3:")[0]: one for one in sheet.data_validations.dataValidation}
    kinds = {key: getattr(rules.get(letter(n)), "type", None) for key, n in filled.columns.items()}
    assert {key: kinds[key] for key in ("kind", "day", "people", "followed", "title", "owner")} == {
        "kind": "list",
        "day": "date",
        "people": "whole",
        "followed": "list",
        "title": None,
        "owner": "list",
    }
    assert "上门" in {cell.value for row in lists.iter_rows() for cell in row}
    said = {row[0].value: row[1].value for row in notes.iter_rows()}
    assert said["By"] == "Friday" and said["Note"] == "=soon"
    assert all(cell.data_type != "f" for row in notes.iter_rows() for cell in row)


def test_one_archive_for_all_and_one_look_at_what_came(desk):
    world = desk.world
    world.visit("华南第二", department=world.departments["华南"].id)
    field = world.visits.field("department")
    query = Query(world.viewer("admin"), world.visits)
    found = template.holders(query, field, level=3)
    assert [one.name for one in found] == ["上海"]
    found = template.holders(query, field, level=2)
    assert {one.name for one in found} == {"华东", "华南"}
    people = template.holders(query, world.visits.field("owner"))
    assert {one.name for one in people} == {"王芳", "李娜"}
    file = io.BytesIO()
    assert template.archive(desk.maker(by="department"), found, file) == 2
    with zipfile.ZipFile(file) as packed:
        assert sorted(packed.namelist()) == ["华东.xlsx", "华南.xlsx"]
        south, east = packed.read("华南.xlsx"), packed.read("华东.xlsx")
    one = desk.fill(south, lambda sheet: sheet.put("华南第二", people=2), "south.xlsx")
    looked = desk.look(one)
    assert (looked.among, looked.missing) == (2, ["华东"])
    again = desk.fill(south, lambda sheet: sheet.put("华南第二", people=3), "again.xlsx")
    two = desk.fill(east, lambda sheet: sheet.put("东部首访", people=1), "east.xlsx")
    looked = desk.look(one, again, two)
    assert looked.missing == [] and [told["for"] for told in looked.files] == [
        "华南",
        "华南",
        "华东",
    ]
    assert [told["changed"] for told in looked.files] == [1, 0, 1]
    assert looked.files[1]["rejected"] == 1  # the same record in two files
    applied = apply(desk)
    assert sorted(applied.changed) == [0, 2]
    bulk.undo(world.viewer("admin"), applied.batch)
    assert visit(desk)[world.visits.field("people")] == 3


def test_a_branch_chooses_among_what_its_people_see_not_what_the_maker_sees(desk):
    world = desk.world
    name, link = world.companies.field("name").id, world.visits.field("company")
    rule = {"field": name, "op": "is", "value": "上海电气"}
    with db.write():
        rights = models.TableRight.update(read=rule)
        rights.where(
            models.TableRight.role == world.roles["staff"].id,
            models.TableRight.table == world.companies.id,
        ).execute()
        schema.changed()
    maker = desk.maker(by="department")
    field = world.visits.field("department")
    south = template.holder(field, world.departments["华南"].id)
    file = io.BytesIO()
    maker.write(file, south)
    hidden = openpyxl.load_workbook(file)[lists.SHEET]
    offered = {cell.value for row in hidden.iter_rows() for cell in row}
    assert "上海电气" in offered and "重庆医疗" not in offered
    mine = io.BytesIO()
    maker.write(mine)
    hidden = openpyxl.load_workbook(mine)[lists.SHEET]
    assert "重庆医疗" in {cell.value for row in hidden.iter_rows() for cell in row}
    assert lists.Lists(permissions.NOBODY).texts(link) == []
