"""Templates come back: what they show as changed, what is written, and undone."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from tests.dumping import everything
from tests.tracker.roundtrip.conftest import SIGNER, apply, staff_may_export, visit
from tracker import bulk, db, models, permissions, records, schema, tables
from tracker.errors import Forbidden, Refused
from tracker.roundtrip import rejects
from tracker.roundtrip.applying import MINE, Decisions


def test_nothing_changed_is_nothing_to_take(desk):
    path = desk.fill(desk.fetch(lang="zh"), lambda sheet: None)
    before = everything()
    looked = desk.look(path)
    assert [looked.files[0][key] for key in ("rows", "same", "changed", "new", "rejected")] == [
        *(3, 3, 0, 0, 0)
    ]
    assert desk.lines() == [] and everything() == before


def test_every_difference_is_shown_taken_and_undone(desk):
    world = desk.world

    def edit(sheet):
        sheet.put("东部首访", title="东部复访", people=9, amount=None, day="2026年11月9日")
        sheet.put("南部首访", kind="线上", tags="重点, 回访", followed=True, number="V-9999")
        sheet.put("空白", company="上海电气", start="2026-11-21 10:00", owner="李娜")
        sheet.add(title="新的", people=4, day=date(2026, 12, 1), company="重庆医疗")

    path = desk.fill(desk.fetch(), edit)
    before = everything()
    looked = desk.look(path)
    assert everything() == before  # the look writes nothing that stays
    told = {title: (kind, cells) for kind, title, cells in desk.told()}
    assert told["东部首访"] == (
        "changed",
        {
            "title": ("changed", "东部首访", "东部首访", "东部复访"),
            "people": ("changed", "3", "3", "9"),
            "amount": ("changed", "¥1,000.50", "¥1,000.50", ""),
            "day": ("changed", *2 * (told["东部首访"][1]["day"][1],), "11-09 Mon"),
        },
    )
    assert "number" not in told["南部首访"][1]  # computed
    assert told["空白"][1]["company"] == ("changed", "", "", "上海电气")
    assert told["新的"][0] == "new" and looked.files[0]["new"] == 1
    assert looked.files[0]["notes"] == []
    applied = apply(desk)
    assert len(applied.changed) == 3 and len(applied.new) == 1 and not applied.rejected
    field = world.visits.field
    assert visit(desk)[field("people")] == 9 and visit(desk)[field("amount")] is None
    assert visit(desk, "bare")[field("company")] == [desk.ids["electric"]]
    assert visit(desk, "bare")[field("start")] == "2026-11-21 02:00:00"
    entry = models.Change.select().order_by(models.Change.id.desc()).first()
    assert entry.via == f"excel:{applied.batch}" and entry.person_id == world.people["admin"].id
    undone = bulk.undo(world.viewer("admin"), applied.batch)
    assert (undone.removed, undone.restored, undone.left) == (1, 3, [])
    assert visit(desk)[field("people")] == 3
    desk.look(path)
    assert len(desk.lines()) == 4  # as before


def test_what_others_changed_meanwhile_is_shown_with_both_values(desk):
    world, admin = desk.world, desk.world.viewer("admin")
    content = desk.fetch()
    for values in ({"people": 4}, {"people": 5, "notes": "别人写的"}, {"kind": "电话"}):
        records.update(
            world.viewer("owner"), world.visits, desk.ids["east"], values, via="page", rev=None
        )

    def edit(sheet):
        sheet.put("东部首访", people=8, kind="电话", state="取消")

    desk.look(desk.fill(content, edit))
    ((kind, _title, cells),) = desk.told()
    assert kind == "changed"
    assert cells == {
        "people": ("conflict", "3", "5", "8"),
        "notes": ("theirs", "谈了 IPO", "别人写的", ""),
        "state": ("changed", "完成", "完成", "取消"),
    }
    cell = next(one for one in desk.lines()[0]["cells"] if one["state"] == "conflict")
    assert cell["who"] == "王芳"
    field = world.visits.field
    ours = f"0:{desk.lines()[0]['row']}:{field('people').id}"
    for decisions, people in (
        (Decisions(), 5),
        (Decisions(cells={ours: MINE}), 8),
        (Decisions(every=MINE), 8),
        (Decisions(every=MINE, cells={ours: "theirs"}), 5),
    ):
        batch = apply(desk, decisions).batch
        assert visit(desk)[field("people")] == people
        assert visit(desk)[field("notes")] == "别人写的"
        bulk.undo(admin, batch)
        desk.look(desk.folder / "filled.xlsx")
    skipped = Decisions(skipped={f"0:{desk.lines()[0]['row']}"})
    assert apply(desk, skipped).batch is None
    # between the look and the decision somebody writes the same field: the row is left
    records.update(admin, world.visits, desk.ids["east"], {"state": "计划"}, via="page", rev=None)
    late = apply(desk)
    assert late.batch is None and "after the comparison" in str(late.rejected[0][2])


def test_rejected_rows_come_back_mended(desk):
    def edit(sheet):
        sheet.put("东部首访", people="很多", title="改了")
        sheet.put("南部首访", company="重庆医疔", kind="不存在")
        sheet.put("空白", notes="好的")
        sheet.add(title="新的", day="哪天")

    looked = desk.look(desk.fill(desk.fetch(), edit))
    assert looked.files[0]["rejected"] == 3 and looked.files[0]["changed"] == 1
    assert apply(desk).changed == [0]
    wrong = [line for line in desk.lines() if line["kind"] == "rejected"]
    file = io.BytesIO()
    viewer = desk.world.viewer("admin")
    assert rejects.write(viewer, desk.world.visits, file, wrong, signer=SIGNER) == 3
    reasons = [row[1].value for row in openpyxl.load_workbook(file).worksheets[0].iter_rows()][2:]
    assert "很多" in reasons[0] and "重庆医疔" in reasons[1] and "不存在" in reasons[1]

    def mend(sheet):
        sheet.put("改了", people=7)
        sheet.put("南部首访", company="重庆医疗", kind="电话")
        sheet.put("新的", day="2026-11-30")

    looked = desk.look(desk.fill(file.getvalue(), mend))
    counts = [looked.files[0][key] for key in ("changed", "new", "rejected")]
    assert counts == [2, 1, 0] and looked.files[0]["notes"] == []
    assert len(apply(desk).changed) == 2
    assert visit(desk).title == "改了"


def test_rights_decide_row_by_row_and_cell_by_cell(desk):
    """Owner, colleague and stranger with the coordinator's file and with their own."""
    world = desk.world
    content = desk.fetch()

    def edit(sheet):
        for title in ("东部首访", "南部首访", "空白"):
            sheet.put(title, notes="改", amount=1)
        sheet.add(title="南部新的", department="华南")

    path = desk.fill(content, edit)
    before = everything()
    looked = desk.look(path, who="owner")
    assert "no field here" in " ".join(looked.files[0]["notes"])  # the amounts
    kinds = {line["title"] or line["row"]: (line["kind"], line["why"]) for line in desk.lines()}
    assert kinds["东部首访"] == ("changed", [])
    assert kinds["空白"] == ("rejected", ["You may not change this record."])
    assert [kind for kind, _why in kinds.values()].count("rejected") == 3
    gone = next(why for kind, why in kinds.values() if "deleted in Rounds" in " ".join(why))
    assert gone and kinds["南部新的"][1] == ["You may not add a record like this."]
    assert everything() == before
    applied = apply(desk, who="owner")
    assert applied.changed == [0] and applied.new == []
    assert visit(desk)[world.visits.field("amount")] == 100050
    with pytest.raises(Forbidden):
        desk.fetch("owner")  # may not export
    head = world.viewer("head")
    assert permissions.access(head, world.visits).may_export
    with pytest.raises(Refused):
        desk.fetch("head")  # may change nothing


def test_cells_that_were_not_shown_are_not_emptied(desk):
    """A template of staff has no amounts; the coordinator hands it in, and they stay. So do links
    that its maker did not see.
    """
    world = desk.world
    staff_may_export(world)
    field = world.visits.field
    only_east = {"field": world.companies.field("name").id, "op": "contains", "value": "重庆"}
    both = [desk.ids["medical"], desk.ids["electric"]]
    admin = world.viewer("admin")
    records.update(admin, world.visits, desk.ids["east"], {"company": both}, via="x", rev=None)
    with db.write():
        models.TableRight.update(read=only_east).where(
            models.TableRight.table == world.companies.id,
            models.TableRight.role == world.roles["staff"],
        ).execute()
        schema.changed()
    path = desk.fill(desk.fetch("owner"), lambda sheet: sheet.put("东部首访", company=None))
    untouched = desk.fill(desk.fetch("owner"), lambda sheet: None, "same.xlsx")
    assert desk.look(untouched).files[0]["changed"] == 0
    desk.look(path)
    assert apply(desk).changed == [0]
    assert visit(desk)[field("company")] == [desk.ids["electric"]]
    assert visit(desk)[field("amount")] == 100050


def test_values_that_excel_cannot_hold_exactly_are_unchanged(desk):
    world, system = desk.world, permissions.system()
    longest = "长" * 40_000
    tables.add_field(system, world.visits, "number", "精确", key="exact", options={"precision": 4})
    made = {
        "title": " =1+1",
        "notes": f"{longest}",
        "amount": "123456789012345.67",
        "start": "2026-11-03 09:30:07",
        "exact": "0.1",
        "tags": ["重点", "风险"],
    }
    world.visit("'+x", **{key: value for key, value in made.items() if key != "title"})
    world.visit("a\r\nb_x000D_", exact="-0.0001")
    models_ = desk.look(desk.fill(desk.fetch(), lambda sheet: None))
    assert models_.files[0]["same"] == 5 and desk.lines() == []


def test_names_that_are_nearly_right_are_offered_and_settled_once(desk):
    def edit(sheet):
        sheet.put("东部首访", company="重庆 医疗")  # the company it has
        sheet.put("南部首访", company="重庆医療有限公司")
        sheet.put("空白", company="上海电器")
        sheet.add(title="新", company="重庆　医疗", owner="王 芳", kind="ｘｙｚ")

    path = desk.fill(desk.fetch(), edit)
    looked = desk.look(path)
    offered = {one["text"]: [(n["text"], n["sure"]) for n in one["near"]] for one in looked.names}
    assert offered["重庆 医疗"] == [("重庆医疗", True)]
    assert offered["上海电器"][0] == ("上海电气", False)
    assert offered["王 芳"] == [("王芳", True)] and offered["ｘｙｚ"] == []
    assert next(one for one in looked.names if one["text"] == "重庆 医疗")["count"] == 2
    picks: dict[int, dict[str, int]] = {}
    for one in looked.names:
        if one["near"]:
            picks.setdefault(one["field"], {})[one["text"]] = one["near"][0]["id"]
    looked = desk.look(path, picks=picks)
    told = {title: (kind, cells) for kind, title, cells in desk.told()}
    assert "东部首访" not in told  # it means what is there
    assert told["空白"][1]["company"][3] == "上海电气"
    unseen = {field: {"上海电器": 99_999} for field in picks}
    assert desk.look(path, picks=unseen).files[0]["changed"] == 0
