"""The hierarchy's answers: lines of one's own rows, moved only where they fit."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.counting import statements
from tests.views.test_calendar import shown
from tracker import db, limits, models, permissions, records, schema, tables

SYSTEM = permissions.system()
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def tree(site):
    """东部首访 over 一 and 南部首访, over which 二; its address."""
    link = {"table": site.world.visits.id, "single": True}
    tables.add_field(SYSTEM, site.world.visits, "link", "上级", key="above", options=link)
    tables.add_field(SYSTEM, site.world.visits, "progress", "进度", key="done")
    east, owner = site.world.departments["上海"].id, site.world.people["owner"].id
    ids = site.ids
    mine = {"department": east, "owner": owner}
    ids["one"] = site.world.visit("一", above=[ids["east"]], done="40%", **mine)
    ids["two"] = site.world.visit("二", above=[ids["south"]], done="80%", **mine)
    records.update(SYSTEM, site.world.visits, ids["south"], {"above": [ids["east"]]}, via="test")
    field = {one.key: one.id for one in site.world.visits.fields}
    options = {"parent": field["above"], "progress": field["done"], "weight": None}
    return shown(site, "hierarchy", {**options, "hidden": [field["amount"]]})


def lines(browser, address: str, of: str = "top", **params: str) -> dict[str, dict]:
    asked = "".join(f"&{name}={quote(value)}" for name, value in params.items())
    found = browser.get(f"{address}/data/lines?of={of}{asked}").json["lines"]
    return {one["title"]: one for one in found}


def test_lines_are_those_of_the_viewer(site, tree):
    top = str(site.ids["east"])
    assert set(lines(site["admin"], tree)) == {"东部首访", "空白"}
    assert set(lines(site["owner"], tree)) == {"东部首访", "空白", "二"}  # whose parent is unseen
    assert set(lines(site["admin"], tree, top)) == {"一", "南部首访"}
    assert set(lines(site["owner"], tree, top)) == {"一"}
    whole, own = (lines(site[who], tree)["东部首访"] for who in ("admin", "owner"))
    assert (whole["children"], whole["below"], own["children"], own["below"]) == (2, 3, 1, 1)
    assert "60%" in whole["figure"] and "40%" in own["figure"]
    assert "2 of 2" in whole["note"]
    assert [own["moves"], lines(site["owner"], tree)["空白"]["moves"]] == [True, False]
    assert site["stranger"].get(f"{tree}/data/lines?of=top").status_code == 404
    unseen = site["owner"].get(f"{tree}/data/lines?of={site.ids['south']}").json
    unknown = site["owner"].get(f"{tree}/data/lines?of=987654").json
    assert unseen == unknown
    several = site["admin"].get(f"{tree}/data/lines?of={top},{site.ids['south']}").json
    assert [[one["title"] for one in below] for below in several["of"].values()] == [
        ["南部首访", "一"],
        ["二"],
    ]
    page = site["owner"].get(tree)
    assert page.status_code == 200 and "南部首访" not in page.text


def test_a_filter_keeps_what_stands_above_in_grey(site, tree):
    title = site.world.visits.field("title").id
    wanted = json.dumps({"field": title, "op": "is", "value": "二"})
    found = lines(site["admin"], tree, filter=wanted)
    assert {name: one["grey"] for name, one in found.items()} == {"东部首访": True}
    assert {name: one["grey"] for name, one in lines(site["admin"], tree, q="二").items()} == {
        "东部首访": True
    }
    assert {
        name: one["grey"] for name, one in lines(site["owner"], tree, filter=wanted).items()
    } == {"二": False}
    nothing = json.dumps({"field": title, "op": "is", "value": "无"})
    page = site["admin"].get(f"{tree}?filter={quote(nothing)}")
    assert page.status_code == 200 and "Nothing meets the filter" in page.text


def test_nothing_is_put_below_itself(site, tree):
    def fits(who: str, record: str, under: str):
        ids = site.ids
        answer = site[who].get(f"{tree}/data/fits?record={ids[record]}&under={ids[under]}")
        return answer.json if answer.status_code == 200 else answer.status_code

    assert fits("admin", "one", "two") == {"fits": True}
    assert "“二” is part of “东部首访”" in fits("admin", "east", "two")["why"]
    assert "below itself" in fits("admin", "one", "one")["why"]
    assert fits("owner", "east", "two") == {"fits": True}  # the way between them is not theirs
    assert fits("owner", "one", "south") == 404
    above = site.field("above")
    moved = {"values": {above: [site.ids["bare"]]}, "rev": 1}
    table = site.world.visits.id
    saved = site["owner"].post(f"/r/{table}/{site.ids['one']}", moved)
    assert saved.status_code == 200
    assert set(lines(site["owner"], tree, str(site.ids["bare"]))) == {"一"}
    refused = site["owner"].post(f"/r/{table}/{site.ids['bare']}", moved)
    assert refused.status_code == 403  # not theirs
    undone = site["owner"].post(f"/changes/{saved.json['change']}/undo")
    assert undone.status_code == 200
    assert set(lines(site["owner"], tree, str(site.ids["east"]))) == {"一"}


def test_settings_statements_and_odd_requests(site, tree):
    field = {one.key: one.id for one in site.world.visits.fields}
    save = f"{tree}/options"
    assert site["admin"].post(save, {"weight": field["people"]}).status_code == 200
    for wrong in ({"parent": None}, {"parent": field["company"]}, {"progress": field["title"]}):
        assert site["admin"].post(save, wrong).status_code == 422, wrong
    assert site["owner"].post(save, {"weight": None}).status_code == 403
    for odd in ("fits?record=x&under=1", "fits", "nosuch", "lines?of=1,x", "lines?of=9" * 1):
        answer = site["owner"].get(f"{tree}/data/{odd}")
        assert answer.status_code in {200, 404}, odd
    counts, east = [], [site.ids["east"]]
    for more in (1, 30):
        for number in range(more):
            site.world.visit(
                f"新{number}", above=east, department=site.world.departments["上海"].id
            )
        with statements() as sent:
            found = lines(site["owner"], tree, str(site.ids["east"]))
        counts.append(len(sent))
    assert (counts[0], len(found)) == (counts[1], 31)
    assert limits.HIERARCHY_CHILDREN >= 32
    with db.write():
        for key in ("done", "above"):
            models.FieldRight.create(
                role=site.world.roles["staff"], field=field[key], level="hidden"
            )
        schema.changed()
    page = site["owner"].get(tree)
    assert page.status_code == 200 and "No link to this table itself" in page.text
    assert site["owner"].get(f"{tree}/data/lines?of=top").status_code == 404
    assert site["owner"].get(f"{tree}/tile").status_code == 200
