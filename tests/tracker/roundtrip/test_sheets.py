"""Sheets as people leave them: moved, renamed, copied, emptied, merged, and foreign ones."""

from __future__ import annotations

import openpyxl

from tests.tracker.roundtrip.conftest import apply


def branch(desk):
    return desk.fetch(by="department", holder=desk.holder("华东"))


def test_columns_and_rows_may_be_moved_renamed_and_added(desk):
    content = branch(desk)

    def moved(sheet):
        cells = [[cell.value for cell in row] for row in sheet.sheet.iter_rows()]
        order = [0, *range(len(cells[0]) - 1, 0, -1)]
        for row in sheet.sheet.iter_rows():
            for cell in row:
                cell.value = None
        body = [cells[0], cells[1], *reversed(cells[2:])]
        body[1][sheet.columns["people"] - 1] = "几个人"
        for number, row in enumerate(body, 4):  # three empty rows above
            for place, old in enumerate(order, 1):
                sheet.sheet.cell(number, place).value = row[old]
            extra = sheet.sheet.cell(number, len(order) + 2)
            extra.value = "备注栏" if number == 5 else "x" if number > 5 else None

    looked = desk.look(desk.fill(content, moved))
    told = looked.files[0]
    assert (told["same"], told["changed"], told["rejected"], told["new"]) == (2, 0, 0, 0)
    assert any("几个人" in note for note in told["notes"])
    assert any("备注栏" in note for note in told["notes"])

    def headless(sheet):
        sheet.sheet.delete_rows(1)
        sheet.sheet.delete_cols(sheet.columns["people"])
        sheet.sheet.cell(2, 2).value = "改名"

    looked = desk.look(desk.fill(content, headless))
    assert looked.files[0]["changed"] == 1 and "headings" in looked.files[0]["notes"][0]


def test_copied_deleted_and_emptied_rows(desk):
    content = branch(desk)

    def copied(sheet):
        row = sheet.row("东部首访")
        last = sheet.sheet.max_row + 1
        for cell in list(sheet.sheet[row]):
            sheet.sheet.cell(last, cell.column).value = cell.value
        sheet.sheet.cell(last, sheet.columns["title"]).value = "抄来的"
        sheet.sheet.delete_rows(sheet.row("空白"))
        sheet.add(title="分部的", people="=1+1")
        sheet.sheet.cell(sheet.sheet.max_row + 1, 1).value = "R2.1.1..AAAAAAAAAAAAAAAA"
        sheet.put("东部首访", people="=SUM(1,2)")
        sheet.sheet.merge_cells(start_row=2, start_column=3, end_row=2, end_column=4)

    looked = desk.look(desk.fill(content, copied))
    told = looked.files[0]
    assert told["removed_titles"] == ["空白"] and told["for"] == "华东"
    assert any("Merged" in note for note in told["notes"])
    whys = " ".join(why for line in desk.lines() for why in line["why"])
    assert "copied" in whys and "no stored result" in whys and "comes from elsewhere" in whys
    assert next(line for line in desk.lines() if "copied" in " ".join(line["why"]))["key"] == ""
    assert apply(desk).batch is None

    def cleared(sheet):
        row = sheet.row("东部首访")
        for cell in list(sheet.sheet[row])[1:]:
            cell.value = None
        sheet.add(title="没写部门")

    looked = desk.look(desk.fill(content, cleared))
    told = looked.files[0]
    assert told["removed_titles"] == ["东部首访"] and told["changed"] == 0
    ((kind, _title, cells),) = desk.told()
    assert kind == "new" and cells["department"][3] == "华东"  # the branch of the template


def test_workbooks_that_are_no_templates_of_ours(desk):
    content = branch(desk)
    plain = desk.folder / "plain.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["标题", "人数"])
    book.save(plain)
    other = desk.fill(content, lambda sheet: setattr(sheet.sheet["A1"], "value", "rounds:{}x" * 9))
    looked = desk.look(plain, other)
    assert "not a template" in looked.files[0]["refused"]
    assert "another installation" in looked.files[1]["refused"]
