"""Records behind a link: groups and figures of grids, files, downloads."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import quote

import pytest
import time_machine

from tests.views.test_calendar import shown
from tests.views.test_shared_links import NOW, fields, link, rows, view
from tracker import limits

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
    r'<(?:b|a href="(.*?)")>(.*?)</(?:b|a)>.*?<span class="num muted">([\d,]+)</span>(.*?)</tr>',
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


def test_a_grid_keeps_its_groups_and_figures(site, visitor, monkeypatch):
    """As inside, over what is shown; two windows never share what was counted for one."""
    kind, day, people, amount, state, title = fields(
        site, "kind", "day", "people", "amount", "state", "title"
    )
    by = [{"field": kind, "desc": False}, {"field": day, "desc": True, "bucket": "month"}]
    sums = {str(people): "sum", str(amount): "sum", str(title): "filled"}
    for place, way in enumerate(("上门", "电话", "上门", "线上")):
        site.world.visit(
            f"组{place}", kind=way, day=f"2026-0{place + 1}-05", people=place + 1, amount=9000,
            state="完成", department=site.world.departments["上海"].id,
        )  # fmt: skip
    saved = {"sort": [], "group_by": by, "summaries": sums}
    address = shown(site, "grid", saved)
    inside = site["head"].get(f"{address}/data/size").json["groups"]
    figures = site["head"].get(f"{address}/data/summary").json
    view(address, options={**saved, "hidden": [amount, state], "filter": None})
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
    monkeypatch.undo()
    # a hidden level is none; other windows count for themselves, and so does who shares
    view(address, options={**saved, "group_by": [{"field": state}, by[0]], "hidden": [state]})
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
