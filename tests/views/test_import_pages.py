"""Importing in the browser: whose upload, what goes where, what is refused, and the way back."""

from __future__ import annotations

import html
import io
import re
import time

import pytest

from tests.dumping import everything
from tracker import db, limits, models, schema, uploads
from tracker.query import Query

CSV = "标题,人数,日期\n首访,3,2026-11-01\n回访,许多,2026-11-02\n"


def upload(browser, address: str, content: bytes | str, name: str = "visits.csv"):
    data = content.encode() if isinstance(content, str) else content
    sent = {"csrf_token": browser.csrf, "file": (io.BytesIO(data), name)}
    return browser.client.post(address, data=sent, content_type="multipart/form-data")


def chosen(page: str) -> dict[str, str]:
    """What the form of the columns page would send untouched."""
    fields = re.findall(r'<input[^>]* name="(\w+)"[^>]*? value="([^"]*)"', page)
    values = {name: html.unescape(value) for name, value in fields if name != "csrf_token"}
    for select in re.finditer(r'name="(c\d+)".*?</select>', page, re.S):
        picked = re.search(r'value="([^"]*)" selected', select[0])
        values[select[1]] = picked[1] if picked else ""
    return values


def finish(browser, where: str) -> str:
    """The report, when the import is done."""
    for _try in range(200):
        answer = browser.get(f"{where}/progress")
        if answer.status_code == 303:
            return browser.get(answer.headers["Location"]).text
        time.sleep(0.05)
    raise AssertionError("the import did not end")


def left(site) -> list[str]:
    folder = site.app.config["SETTINGS"].data_dir / "uploads"
    return [path.name for path in folder.iterdir()] if folder.exists() else []


@pytest.fixture
def into(site):
    return f"/t/{site.world.visits.id}/import"


def test_into_a_table_and_back(site, into):
    admin = site["admin"]
    where = upload(admin, into, CSV).headers["Location"]
    page = admin.get(where).text
    fields = {one.key: f"f{one.id}" for one in site.world.visits.fields}
    values = chosen(page)
    assert [values[f"c{n}"] for n in range(3)] == [
        fields[key] for key in ("title", "people", "day")
    ]
    admin.form(where, **values)
    report = finish(admin, where)
    assert "许多" in report
    assert Query(site.world.viewer("admin"), site.world.visits).count() == 5
    listed = admin.get(f"{where}/report.csv")
    assert listed.text.startswith("\ufeff") and "许多" in listed.text
    listed.close()
    assert all(name.endswith(".report") for name in left(site))
    assert admin.form(f"{where}/undo").status_code == 303
    assert Query(site.world.viewer("admin"), site.world.visits).count() == 3
    assert admin.form(f"{where}/undo").status_code == 404


def test_a_new_table_of_a_file(site):
    admin, base = site["admin"], site.world.base
    where = upload(admin, f"/configure/{base.id}/import", CSV).headers["Location"]
    values = chosen(admin.get(where).text)
    assert admin.form(where, **{**values, "name": ""}).status_code == 422
    admin.form(where, **{**values, "name": "导入的表", "n0": "新名字", "c1": "new:text"})
    finish(admin, where)
    table = schema.current().base(base.id).table("导入的表")
    assert [(one.name, one.type) for one in table.fields][:2] == [
        ("新名字", "text"),
        ("人数", "text"),
    ]
    assert admin.get(f"/t/{table.id}").status_code == 303  # to its grid
    assert Query(site.world.viewer("admin"), table).count() == 2
    admin.form(f"{where}/undo")
    assert "导入的表" not in [one.name for one in schema.current().base(base.id).tables]


def test_rows_update_by_a_key(site, into):
    admin, world = site["admin"], site.world
    where = upload(admin, into, "标题,人数\n东部首访,9\n新的,1\n").headers["Location"]
    values = chosen(admin.get(where).text)
    admin.form(where, **values, key=str(world.visits.field("title").id))
    finish(admin, where)
    query = Query(world.viewer("admin"), world.visits)
    assert query.one(site.ids["east"])[world.visits.field("people")] == 9
    assert query.count() == 4
    assert "key" not in values


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_upload_belongs_to_who_made_it(site, into):
    where = upload(site["owner"], into, CSV).headers["Location"]
    assert all(site[who] for who in ("admin", "colleague", "stranger", "head"))
    before = everything()
    for who in ("admin", "colleague", "stranger"):
        for address in (where, f"{where}/progress", f"{where}/report", f"{where}/report.csv"):
            assert site[who].get(address).status_code == 404
        for address in (where, f"{where}/undo", f"{where}/discard"):
            assert site[who].form(address).status_code == 404
    assert everything() == before
    assert site["stranger"].get(into).status_code == 404
    assert upload(site["stranger"], into, CSV).status_code == 404
    assert site["head"].get(into).status_code == 403
    assert site["owner"].get(f"/configure/{site.world.base.id}/import").status_code == 403
    assert everything() == before


def test_fields_that_are_hidden_or_closed_are_not_offered(site, into):
    page = (
        site["owner"].get(upload(site["owner"], into, "金额,标题\n1,x\n").headers["Location"]).text
    )
    amount = site.world.visits.field("amount").id
    assert f'value="f{amount}"' not in page
    assert "new:text" not in page
    sent = {"c0": f"f{amount}", "c1": "new:text"}
    where = f"/import/{models.Batch.get().id}"
    assert site["owner"].form(where, **sent, header_row="1").status_code in {403, 404, 422}
    assert Query(site.world.viewer("admin"), site.world.visits).count() == 3


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "empty.csv"), (b"\x89PNG\r\n\x1a\n123", "x.xlsx"), (b"PK\x03\x04broken", "x.xlsx")],
)
def test_what_cannot_be_read_is_refused_and_not_kept(site, into, content, name):
    assert site["admin"]
    before = everything()
    answer = upload(site["admin"], into, content, name)
    assert answer.status_code == 422 and "notice is-late" in answer.text
    assert left(site) == []
    assert everything() == before
    assert site["admin"].form(into).status_code == 422


def test_the_limit_of_an_upload_is_counted_and_named(site, into, monkeypatch):
    monkeypatch.setattr(limits, "UPLOAD_BYTES", 1000)
    assert upload(site["admin"], into, b"a\n" * 500).status_code == 303
    answer = upload(site["admin"], into, b"a\n" * 500 + b"b")
    assert answer.status_code == 413 and "A file may have" in answer.text
    assert len(left(site)) == 1


def test_two_presses_import_once(site, into):
    admin = site["admin"]
    where = upload(admin, into, CSV).headers["Location"]
    values = chosen(admin.get(where).text)
    answers = [admin.form(where, **values).status_code for _press in range(2)]
    finish(admin, where)
    assert answers == [303, 303]
    assert Query(site.world.viewer("admin"), site.world.visits).count() == 5


def test_an_import_whose_process_died_waits_again(site, into):
    admin = site["admin"]
    where = upload(admin, into, CSV).headers["Location"]
    found = models.Batch.get()
    found.kind, found.info = (
        uploads.RUNNING,
        {**found.info, "process": "gone", "beat": "2000-01-01"},
    )
    found.save()
    assert admin.get(f"{where}/progress").headers["Location"] == where
    assert "stopped unexpectedly" in admin.get(where).text


def test_csv_reports_hold_no_formulas():
    assert uploads._plain("=1+1") == "'=1+1"
    assert uploads._plain("plain") == "plain"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "asked", ["sheet=none", "header_row=999999", "encoding=nonsense", "delimiter=%00"]
)
def test_wrong_ways_to_read_are_answered(site, into, asked):
    where = upload(site["admin"], into, CSV).headers["Location"]
    assert site["admin"].get(f"{where}?{asked}").status_code in {200, 422}


def test_names_that_are_nearly_right_are_settled_once(site, into):
    """Among the records that the importer sees; what nobody settles stays beside the record."""
    admin, world = site["admin"], site.world
    pro, south = world.company("GTX Pro"), world.company("上海电器")
    file = "标题,企业\n甲,GTXPro\n乙,gtx-pro\n丙,上海电汽\n丁,重庆医疗\n戊,没有这家\n"
    where = upload(admin, into, file).headers["Location"]
    page = admin.get(where)
    assert admin.get(f"{where}/names").status_code == 404  # not asked yet
    answer = admin.form(where, **chosen(page.text))
    assert answer.status_code == 303
    asked = finish(admin, where)
    assert re.findall(r'class="strong">([^<]+)</td>', asked) == ["GTXPro", "上海电汽"]
    assert f'<option value="{pro}" selected>GTX Pro' in asked
    assert f'<option value="{south}">上海电器' in asked and "上海电气" in asked
    assert Query(world.viewer("admin"), world.visits).count() == 3  # nothing is written
    assert site["owner"].get(f"{where}/names").status_code == 404
    unoffered = site.ids["medical"]
    assert admin.form(f"{where}/names", n0=pro, n1=unoffered).status_code == 303
    report = finish(admin, where)
    assert "上海电汽" in report and "没有这家" in report and "GTXPro" not in report
    table, company = world.visits, world.visits.field("company")
    query = Query(world.viewer("admin"), table)
    found = {one.title: (one[company], one.strays.get(company.id)) for one in query.page().records}
    assert [found[one] for one in "甲乙丙丁"] == [
        *(([pro], None), ([pro], None)),
        *((None, "上海电汽"), ([site.ids["medical"]], None)),
    ]
    with db.write():
        models.TableRight.update(
            read={"field": world.companies.field("name").id, "op": "is", "value": "上海电器"}
        ).where(models.TableRight.table == world.companies.id).execute()
        schema.changed()
    mine = site["owner"]
    department = world.departments["上海"].name
    file = f"标题,企业,部门\n己,GTXPro,{department}\n庚,上海电汽,{department}\n"
    where = upload(mine, into, file).headers["Location"]
    mine.form(where, **chosen(mine.get(where).text))
    asked = finish(mine, where)
    assert "上海电器" in asked and "GTX" not in asked and "上海电气" not in asked
