"""Records behind a link: groups and figures of grids, files, downloads."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from functools import partial
from pathlib import Path
from urllib.parse import quote

import openpyxl
import pytest
import time_machine
from waitress.buffers import ReadOnlyFileBasedBuffer

from tests.views.test_calendar import shown
from tests.views.test_files import picture
from tests.views.test_shared_links import NOW, fields, link, rows, view
from tracker import accounts, db, files, limits, models, permissions, records, schema, tables
from tracker.query import Query

SYSTEM = permissions.system()
POLICY = "Content-Security-Policy"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _november():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def visitor(site):
    client = site.app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


GROUP = re.compile(
    r'<tr class="shared-group is-level-(\d)" data-row="([\d.]+)">.*?<small[^>]*>(.*?)</small>'
    r'<(?:b|a class="linked" href="(.*?)")>(.*?)</(?:b|a)>'
    r'.*?<span class="num muted">([\d,]+)</span>(.*?)</tr>',
    re.S,
)


def headings(page: str) -> list[tuple]:
    """``(level, row, field, label, count, figures)`` of each group on the page."""
    return [
        (
            *(int(level), row, field, html.unescape(re.sub(r"<[^>]+>", "", label)), int(count)),
            [one for one in re.findall(r"<td[^>]*>(.*?)</td>", rest, re.S) if one],
        )
        for level, row, field, _href, label, count, rest in GROUP.findall(page)
    ]


@pytest.fixture
def grouped(site):
    """A grid by kind and month with the sum of people; that of the amount is hidden."""
    by = [
        {"field": one.id, "desc": one.key == "day", "bucket": "month"}
        for one in found(site, "kind", "day")
    ]
    sums = {str(one.id): "sum" for one in found(site, "people", "amount")}
    sums |= {str(one.id): "filled" for one in found(site, "title")}
    for place, way in enumerate(("上门", "电话", "上门", "线上")):
        site.world.visit(
            f"组{place}", kind=way, day=f"2026-0{place + 1}-05", people=place + 1, amount=9000,
            state="完成", department=site.world.departments["上海"].id,
        )  # fmt: skip
    saved = {"sort": [], "group_by": by, "summaries": sums}
    address = shown(site, "grid", saved)
    inside = site["head"].get(f"{address}/data/size").json["groups"]
    figures = site["head"].get(f"{address}/data/summary").json
    hidden = fields(site, "amount", "state")
    view(address, options={**saved, "hidden": hidden, "filter": None})
    return address, saved, inside, figures


def found(site, *keys: str) -> list:
    return [site.world.visits.field(key) for key in keys]


def test_a_grid_keeps_its_groups_and_figures(site, visitor, grouped, monkeypatch):
    """As inside, over what is shown."""
    address, _saved, inside, figures = grouped
    [people] = fields(site, "people")
    path = link(site, address)
    page = visitor.get(path).text
    told = [(level, count, label) for level, _row, _field, label, count, _more in headings(page)]
    assert told == [(one[0], one[1], re.sub(r"<[^>]+>", "", one[2])) for one in inside]
    at = figures["fields"].index(str(people))
    assert [one[5] for one in headings(page)] == [
        [one[at]] if one[at] else [] for one in figures["groups"]
    ]
    [foot] = re.findall(r"<tfoot>(.*?)</tfoot>", page, re.S)
    assert figures["all"][str(people)] in foot and "Sum" in foot and "Filled" in foot
    assert "36,000" not in page and "金额" not in page
    # one page after the other, each under its headings; the headings alone lead to their records
    monkeypatch.setattr(limits, "SHARED_ROWS", 2)
    whole, seen, way = rows(page), [], path
    while way:
        part = visitor.get(way).text
        assert headings(part) and ("goes on" in part) == (headings(part)[0][1] in seen)
        seen += [*rows(part), *(one[1] for one in headings(part))]
        more = re.search(r'rel="next" href="([^"]+)"', part)
        way = html.unescape(more[1]) if more else ""
    assert [one for one in seen if not one[0].isdigit()] == whole and len(whole) == 6
    only = visitor.get(f"{path}?only=groups").text
    assert len(headings(only)) == 2 and rows(only) == [] and 'rel="next"' in only
    second = html.unescape(GROUP.findall(only)[1][3])
    assert rows(visitor.get(second).text) == whole[:2]
    monkeypatch.setattr(limits, "GRID_GROUPS", 1)
    crowded = visitor.get(path).text
    assert headings(crowded) == [] and rows(crowded) and "more than 1 groups" in crowded


def test_windows_count_for_themselves(site, visitor, grouped):
    """No level over a hidden field; what was counted for one link is never told by another."""
    address, saved, *_inside = grouped
    day, people, state, title = fields(site, "day", "people", "state", "title")
    path = link(site, address)
    view(
        address,
        options={**saved, "group_by": [{"field": state}, saved["group_by"][0]], "hidden": [state]},
    )
    assert {one[2] for one in headings(visitor.get(path).text)} == {"方式"}
    site.world.visit("南组", kind="上门", department=site.world.departments["华南"].id)
    narrowed = quote(json.dumps({"field": title, "op": "contains", "value": "组"}))
    counts = [
        sum(one[4] for one in headings(visitor.get(one).text))
        for one in (
            path,
            link(site, address, query=f"?filter={narrowed}"),
            link(site, address, "admin", query=f"?filter={narrowed}"),
            link(site, address, query=f"?group={day}:month&sum={people}:max"),
        )
    ]
    assert counts == [6, 4, 5, 6]


# ── files ────────────────────────────────────────────────────────────────────


def add_files(site) -> dict[str, list[str]]:
    """Two fields of files; title → ids of a photo and a paper, then those of the inner field."""
    visits = site.world.visits
    made: dict[str, list[str]] = {}
    for key, name in (("photos", "照片"), ("inner", "内部")):
        tables.add_field(SYSTEM, visits, "attachment", name, key=key)
    visits = site.world.visits
    folder = Path(site.app.config["SETTINGS"].data_dir) / "files"
    for title in ("东部首访", "南部首访", "空白"):
        named = {"field": visits.title.id, "op": "is", "value": title}
        [record] = Query(SYSTEM, visits).where(named).ids()
        made[title] = []
        for key in ("photos", "inner"):
            paper = b"%PDF" + title.encode()
            ids = [
                files.keep(folder, io.BytesIO(one), name, viewer=SYSTEM, field=visits.field(key)).id
                for one, name in ((picture(), f"{title}.jpg"), (paper, "a.pdf"))
            ]
            records.update(SYSTEM, visits, record, {key: ids}, via="test")
            made[title] += ids
    return made


def test_files_of_shown_fields_are_opened_through_the_link(site, visitor):
    """Field shown, record in the window, link alive, password given: asked at every request."""
    made = add_files(site)
    get = partial(visitor.get, buffered=True)
    photos, kind = fields(site, "photos", "kind")
    hidden = [one.id for one in site.world.visits.fields if one.id not in {photos, kind}]
    saved = {"hidden": hidden, "filter": None, "cover": photos, "group": kind, "order": []}
    photo, paper, *unshown = made["东部首访"]
    seen_in = {"grid": True, "gallery": True, "kanban": True, "timeline": False, "chart": False}
    for name, given in seen_in.items():
        more = {"start": fields(site, "day")[0], "chart": "bar"}
        path = link(site, shown(site, name, {**saved, **more}))
        page = visitor.get(path).text
        assert (f'src="{path}/files/{photo}/small"' in page) == given, name
        small, large = (get(f"{path}/files/{photo}/{one}") for one in ("small", "large"))
        assert [small.status_code, large.status_code] == [200 if given else 404] * 2, name
        if given:
            assert small.mimetype == "image/webp" and "sandbox" in small.headers[POLICY]
            assert "noindex" in small.headers["X-Robots-Tag"]
        whole = get(f"{path}/files/{photo}")
        assert (whole.mimetype == "image/webp") == given  # without what the camera noted
        assert not given or "UTF-8''%E4%B8%9C" in whole.headers["Content-Disposition"]
        got = get(f"{path}/files/{paper}")
        assert (got.status_code == 200 and got.data.startswith(b"%PDF")) == given, name
        beyond = [*unshown, *made["南部首访"], "x", "é", "att" + "a" * 14]
        for one in beyond:
            for size in ("", "/small"):
                assert get(f"{path}/files/{one}{size}").status_code == 404, (name, one)
        assert get(f"{path}/files/{photo}/huge").status_code == 404
        assert get(f"/files/{photo}").status_code in {303, 401}
    # a filter of the link, a password, another record, the end
    address = shown(site, "grid", {"hidden": hidden, "filter": None})
    title = fields(site, "title")[0]
    narrowed = quote(json.dumps({"field": title, "op": "is", "value": "空白"}))
    path = link(site, address, "admin", query=f"?filter={narrowed}")
    assert get(f"{path}/files/{photo}/small").status_code == 404
    assert get(f"{path}/files/{made['空白'][0]}/small").status_code == 200
    path = link(site, address, password="open sesame now")
    assert get(f"{path}/files/{photo}/small").status_code == 404
    visitor.post(path, data={"password": "open sesame now"})
    assert get(f"{path}/files/{photo}/small").status_code == 200
    assert site.app.test_client().get(f"{path}/files/{photo}").status_code == 404
    view(address, options={"hidden": [*hidden, photos]})
    assert get(f"{path}/files/{photo}/small").status_code == 404
    view(address, options={"hidden": hidden})
    with db.write():
        models.SharedLink.update(revoked_at=NOW[:10]).execute()
    assert get(f"{path}/files/{photo}/small").status_code == 404


# ── downloads ────────────────────────────────────────────────────────────────


AS_SERVED: dict = {  # files as the server sends them, to a browser
    "headers": {"Accept-Encoding": "gzip"},
    "environ_overrides": {"wsgi.file_wrapper": ReadOnlyFileBasedBuffer},
}


def sheet(answer) -> list[list]:
    """The lines of a file, the first its columns."""
    if answer.mimetype == "text/csv":
        assert answer.content_type == "text/csv; charset=utf-8"
        return list(csv.reader(answer.data.decode("utf-8-sig").splitlines()))
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]


def test_what_a_link_shows_is_downloaded_where_its_maker_allows(
    site, visitor, grouped, monkeypatch
):
    """Shown columns and records, of those what the holder may export; searched as on the page."""
    get = partial(visitor.get, buffered=True, **AS_SERVED)
    accounts.add_person("other@example.com", name="王芳")  # told apart by address inside
    address, *_inside = grouped
    field = {one.key: one.id for one in site.world.visits.fields}
    shut = link(site, address)
    assert "download" not in visitor.get(shut).text
    assert get(f"{shut}/download.xlsx").status_code == 404
    path = link(site, address, download="1")
    assert "may be downloaded" in site["head"].get(f"{address}/links").text
    page = visitor.get(path).text
    for format in ("xlsx", "csv"):
        assert f'href="{path}/download.{format}"' in page
        answer = get(f"{path}/download.{format}")
        head, *lines = sheet(answer)
        assert answer.status_code == 200 and "noindex" in answer.headers["X-Robots-Tag"]
        assert head[0] == "标题" and not {"金额", "状态"} & set(head) and "负责人" in head
        assert sorted(one[0] for one in lines) == sorted(rows(page))
        told = str(lines)
        assert "王芳" in told and "@" not in told and "重庆医疗" in told and "9000" not in told
        named = answer.headers["Content-Disposition"]
        assert named.encode("latin-1") and "%E6%8B%9C%E8%AE%BF" not in named  # the table's name
        found = sheet(get(f"{path}/download.{format}?q={quote('组1')}&sort=-{field['title']}"))
        assert [one[0] for one in found[1:]] == ["组1"]
    for odd in ("download.pdf", "download.", "export.xlsx", "download.xlsx?sort=-99999"):
        assert get(f"{path}/{odd}").status_code == 404, odd
    assert get(f"{path}/download.csv?sort=-{field['amount']}").status_code == 404
    # a lane that is read and not exported is on the page and in no file
    south = {"field": field["department"], "op": "is", "value": site.world.departments["华南"].id}
    with db.write():
        role = models.Role.create(base=site.world.base.id, key="south", name="南")
        right = {"role": role, "table": site.world.visits.id, "read": south, "fields": "read"}
        models.TableRight.create(**right)
        models.RoleMember.create(role=role, person=site.world.people["head"])
        schema.changed()
    assert "南部首访" in rows(visitor.get(path).text)
    assert "南部首访" not in str(sheet(get(f"{path}/download.csv")))
    monkeypatch.setattr(limits, "SHARED_EXPORT_ROWS", 2)
    full = visitor.get(f"{path}/download.csv")
    assert full.status_code == 413 and "at most 2 records" in full.text and path in full.text
    monkeypatch.setattr(limits, "SHARED_DOWNLOADS", 1)
    assert get(f"{path}/download.csv?q={quote('组1')}").status_code == 429
    locked = link(site, address, download="1", password="open sesame now")
    assert get(f"{locked}/download.csv").status_code == 404


def test_each_kind_gives_the_file_it_has(site, visitor):
    get = partial(visitor.get, buffered=True)
    field = {one.key: one.id for one in site.world.visits.fields}
    hidden = [one for key, one in field.items() if key not in {"title", "day", "kind", "start"}]
    common = {"hidden": hidden, "filter": None, "order": []}
    by = {"group": field["kind"], "start": field["day"], "chart": "bar"}
    by |= {"rows": [{"field": field["kind"]}], "measures": [{"kind": "count"}]}
    site.world.visit("没有日期", department=site.world.departments["上海"].id)
    for kind, titles in (
        ("kanban", ["东部首访", "没有日期", "空白"]),
        ("gallery", ["东部首访", "没有日期", "空白"]),
        ("calendar", ["东部首访"]),
        ("timeline", ["东部首访"]),
    ):
        path = link(site, shown(site, kind, {**common, **by}), download="1")
        head, *lines = sheet(get(f"{path}/download.csv"))
        assert (head[0], sorted(one[0] for one in lines)) == ("标题", titles), kind
        assert not set(head) - {"标题", "日期", "方式", "开始"}, kind
    for kind in ("chart", "pivot"):
        path = link(site, shown(site, kind, {**common, **by}), download="1")
        assert any("上门" in one for one in sheet(get(f"{path}/download.xlsx"))), kind
        assert get(f"{path}/download.csv").status_code == 404
        assert ("data-chart-png" in visitor.get(path).text) == (kind == "chart")
    roster = shown(site, "roster", {**common, "by": field["kind"], "date": field["day"]})
    path = link(site, roster, download="1")
    assert "May be downloaded" not in site["head"].get(f"{roster}/links").text
    assert get(f"{path}/download.csv").status_code == 404
