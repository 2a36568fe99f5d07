"""Excel and back in the browser: whose upload, what is decided, and the way back."""

from __future__ import annotations

import io
import re
import time
import zipfile
from typing import Any

import openpyxl
import pytest

from tests.counting import statements
from tests.dumping import everything
from tests.tracker.roundtrip.conftest import Filled, staff_may_export
from tracker import limits, models, records
from tracker.query import Query
from tracker.roundtrip import trips

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own


@pytest.fixture
def desk(site) -> str:
    return f"/t/{site.world.visits.id}/excel"


def fetch(browser, desk: str, **params: Any) -> bytes:
    query = "&".join(f"{key}={value}" for key, value in params.items())
    answer = browser.get(f"{desk}/template?{query}")
    assert answer.status_code == 200, answer.text
    content = answer.data
    answer.close()
    return content


def filled(site, content: bytes, edit) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    edit(Filled(book.worksheets[0], site.world.visits))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def hand_in(browser, desk: str, *files: tuple[str, bytes]) -> str:
    """The upload's address, once it was looked at."""
    sent = [(io.BytesIO(content), name) for name, content in files]
    data = {"csrf_token": browser.csrf, "files": sent}
    answer = browser.client.post(desk, data=data, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    return ready(browser, answer.headers["Location"])


def ready(browser, where: str) -> str:
    for _try in range(200):
        if 'id="progress"' not in browser.get(where).text:
            return where
        time.sleep(0.05)
    raise AssertionError("it did not end")


def visit(site, name: str = "east"):
    return Query(site.world.viewer("admin"), site.world.visits).one(site.ids[name])


def test_out_and_back_and_undone(site, desk):
    admin, field = site["admin"], site.world.visits.field
    assert "Fetch a template" in admin.get(desk).text
    content = fetch(admin, desk)

    def edit(sheet):
        sheet.put("东部首访", title="<b>复访</b>", people=9)
        sheet.put("南部首访", people="许多")
        sheet.add(title="新的")

    records.update(
        site.world.viewer("owner"),
        site.world.visits,
        site.ids["east"],
        {"people": 5},
        via="x",
        rev=None,
    )
    where = hand_in(admin, desk, ("back.xlsx", filled(site, content, edit)))
    page = admin.get(where).text
    assert "&lt;b&gt;复访" in page and "<b>复访" not in page
    assert "王芳" in page and "“许多” is not a number" in page
    (choice,) = set(re.findall(r'name="(c:[\d:]+)"', page))
    assert admin.get(f"{where}/rejected").status_code == 200
    admin.form(where, action="apply", **{choice: "mine"})
    ready(admin, where)
    assert visit(site)[field("people")] == 9 and visit(site).title == "<b>复访</b>"
    report = admin.get(where).text
    assert "Take the whole upload back" in report and "Not taken" in report
    mend = admin.get(f"{where}/rejected")
    assert mend.headers["Content-Disposition"].count("not taken.xlsx")
    again = filled(site, mend.data, lambda sheet: sheet.put("南部首访", people=6))
    mend.close()
    assert admin.form(where, action="apply").status_code == 303  # twice writes once
    assert Query(site.world.viewer("admin"), site.world.visits).count() == 4
    admin.form(f"{where}/undo")
    assert visit(site)[field("people")] == 5 and "taken back" in admin.get(where).text
    assert admin.form(f"{where}/undo").status_code == 404
    second = hand_in(admin, desk, ("again.xlsx", again))
    admin.form(second, action="apply")
    ready(admin, second)
    assert visit(site, "south")[field("people")] == 6


def test_many_at_once_one_report_one_undo(site, desk):
    admin, world = site["admin"], site.world
    department = world.visits.field("department").id
    world.visit("华南第二", department=world.departments["华南"].id, people=1)
    archive = fetch(admin, desk, whose=f"f{department}:level2")
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        south, east = packed.read("华南.xlsx"), packed.read("华东.xlsx")
    south = filled(site, south, lambda sheet: sheet.put("华南第二", people=2, company="重庆 医疗"))
    where = hand_in(admin, desk, ("华南.xlsx", south), ("junk.xlsx", b"PK\x03\x04junk"))
    page = admin.get(where).text
    assert "1 of 2 came" in page and "华东" in page and "junk.xlsx" in page
    assert "Names to settle" in page and "selected>重庆医疗" in page
    picked = re.search(r'value="(\d+)" selected>重庆医疗', page)
    assert picked
    admin.form(where, action="look", n0=picked[1])
    ready(admin, where)
    packed_again = io.BytesIO()
    with zipfile.ZipFile(packed_again, "w") as packed:
        packed.writestr("回/华南.xlsx", south)
        packed.writestr("回/华东.xlsx", filled(site, east, lambda s: s.put("空白", notes="好")))
        packed.writestr("回/readme.md", "x")
    assert "Take 1 changed and 0 new rows" in admin.get(where).text
    admin.form(f"{where}/discard")
    assert admin.get(where).status_code == 404
    where = hand_in(admin, desk, ("all.zip", packed_again.getvalue()))
    assert "2 of 2 came" in admin.get(where).text
    admin.form(where, action="apply")
    ready(admin, where)
    assert visit(site, "bare")[world.visits.field("notes")] == "好"
    admin.form(f"{where}/undo")
    assert visit(site, "bare")[world.visits.field("notes")] is None


def test_an_upload_belongs_to_who_made_it_and_templates_to_who_may_export(site, desk):
    content = fetch(site["admin"], desk)
    where = hand_in(site["owner"], desk, ("x.xlsx", content))
    assert all(site[who] for who in ("admin", "colleague", "stranger", "head"))
    before = everything()
    for who in ("admin", "colleague", "stranger"):
        for address in (where, f"{where}/rejected"):
            assert site[who].get(address).status_code == 404
        for address in (where, f"{where}/undo", f"{where}/discard"):
            assert site[who].form(address).status_code == 404
    assert site["owner"].get(f"{desk}/template").status_code == 403  # may not export
    assert "Templates are made by those" in site["owner"].get(desk).text
    assert site["head"].get(desk).status_code == 403  # may change nothing
    assert site["stranger"].get(desk).status_code == 404
    assert site["stranger"].get(f"{desk}/template").status_code == 404
    assert everything() == before
    for whose in ("f1:each", "f99:level2", "fx", f"f{site.field('department')}:99999", "level2"):
        assert site["admin"].get(f"{desk}/template?whose={whose}").status_code == 422
    for view in ("99", "x", "999999999999"):
        assert site["admin"].get(f"{desk}/template?view={view}").status_code == 404
    assert site["owner"].form(desk).status_code == 422
    junk = {"csrf_token": site["owner"].csrf, "files": (io.BytesIO(b"PKx"), "x.zip")}
    answer = site["owner"].client.post(desk, data=junk, content_type="multipart/form-data")
    assert answer.status_code == 422 and "archive" in answer.text


def test_a_branch_sees_its_own_records_alone(site, desk):
    staff_may_export(site.world)
    book = openpyxl.load_workbook(io.BytesIO(fetch(site["owner"], desk)))
    cells = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "东部首访" in cells and "南部首访" not in cells and "金额" not in cells


def test_an_upload_whose_process_died_says_so(site, desk):
    admin = site["admin"]
    where = hand_in(admin, desk, ("x.xlsx", fetch(admin, desk)))
    found = models.Batch.get(models.Batch.kind == trips.LOOKED)
    found.kind = trips.WRITING
    found.info = {**found.info, "process": "gone", "beat": "2000-01-01"}
    found.save()
    assert "stopped unexpectedly" in admin.get(where).text


def test_the_page_asks_as_much_for_one_row_as_for_many(site, desk, monkeypatch):
    admin = site["admin"]
    for number in range(12):
        site.world.visit(f"更多{number}")
    content = fetch(admin, desk)
    counts = []
    for titles in (["更多1"], [f"更多{number}" for number in range(12)]):

        def edit(sheet, titles=titles):
            for title in titles:
                sheet.put(title, people=3)

        where = hand_in(admin, desk, ("x.xlsx", filled(site, content, edit)))
        with statements() as sent:
            admin.get(where)
        counts.append(len(sent))
    assert counts[0] == counts[1]
    monkeypatch.setattr(limits, "ROUNDTRIP_FILES", 1)
    sent_ = {"csrf_token": admin.csrf, "files": [(io.BytesIO(b"1"), "a.csv")] * 1}
    two = [(io.BytesIO(content), name) for name in ("a.xlsx", "b.xlsx")]
    answer = admin.client.post(
        desk, data={**sent_, "files": two}, content_type="multipart/form-data"
    )
    assert answer.status_code == 413
