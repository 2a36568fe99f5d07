"""Kanban and gallery: columns and cards of one's own records, moves that are ordinary writes."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from tests.counting import statements
from tests.views.test_calendar import shown
from tracker import changes, limits, models
from tracker.query import Query

HEADS = re.compile(r"data-key='([^']+)' data-name=\"([^\"]+)\".*?data-count>([\d,]+)<", re.S)
CARDS = re.compile(r'<li class="card[^"]*" data-id="(\d+)"')


@pytest.fixture(scope="module")
def site(standing):
    return standing


@pytest.fixture(scope="module")
def made(site):
    return {kind: shown(site, kind, {}) for kind in ("kanban", "gallery")}


@pytest.fixture
def board(site, made):
    """The kanban by state, whatever a test before has stored."""
    save(made["kanban"], group=fid(site, "state"))
    return made["kanban"]


def save(address: str, **options) -> None:
    models.View.update(options=options).where(models.View.id == number(address)).execute()


def number(address: str) -> int:
    return int(address.rpartition("/")[2])


def fid(site, key: str) -> int:
    return site.world.visits.field(key).id


def columns(browser, address: str) -> dict[str, int]:
    page = browser.get(address)
    assert page.status_code == 200
    return {name: int(count) for _key, name, count in HEADS.findall(page.text)}


def move(browser, site, record: str, value, rev: int | None = None):
    path = f"/r/{site.world.visits.id}/{site.ids[record]}"
    return browser.post(path, {"values": {site.field("state"): value}, "rev": rev})


def heads(browser, address: str, card: int | str = "") -> dict:
    return browser.get(f"{address}/data/heads?card={card}").json


def test_columns_of_every_kind_of_field_hold_ones_own_records(site, board):
    everything = {"计划": 1, "完成": 1, "取消": 0, "Without": 1}
    assert columns(site["admin"], board) == everything
    assert columns(site["owner"], board) == {**everything, "计划": 0}
    assert columns(site["colleague"], board) == {"计划": 1, "完成": 0, "取消": 0, "Without": 0}
    assert site["stranger"].get(board).status_code == 404
    assert site["stranger"].get(f"{board}/data/cards?column=1").status_code == 404
    for key, expected in (
        ("kind", {"上门": 1, "电话": 1, "线上": 0, "Without": 1}),
        ("owner", {"李娜": 1, "王芳": 1, "Without": 1}),
        ("department", {"上海": 2, "华南": 1, "Without": 0}),
        ("followed", {"No": 2, "Yes": 1}),
    ):
        save(board, group=fid(site, key))
        assert columns(site["admin"], board) == expected, key
        for column in ("1", "null", "true", "false"):
            answer = site["owner"].get(f"{board}/data/cards?column={column}")
            assert answer.status_code == (
                422 if (key == "followed") != (column[0] in "tf") else 200
            )


def test_headers_tell_limits_sums_and_leave_out_what_is_empty(site, board):
    summed = {"kind": "sum", "field": fid(site, "amount")}
    save(board, group=fid(site, "state"), measure=summed, limit=1, limits={"2": 5})
    page = site["admin"].get(board).text
    assert "¥20,000.00" in page and " / 5" in page and " / 1" in page
    assert "¥" not in site["owner"].get(board).text  # the sum is of a field that is hidden there
    site.world.visit("第二个", state="计划", department=site.world.departments["华南"].id)
    told = heads(site["admin"], board)
    assert told["columns"]["1"] == {"count": 2, "total": "¥20,000.00", "over": 1}
    assert "1 over the limit" in site["admin"].get(board).text
    save(board, group=fid(site, "state"), hide_empty=True)
    assert set(columns(site["admin"], board)) == {"计划", "完成", "Without"}


def test_a_move_is_a_write_with_history_and_undo(site, board):
    east = site.ids["east"]
    answer = move(site["owner"], site, "east", 3)
    assert answer.status_code == 200
    found = heads(site["owner"], board, east)["card"]
    assert (found["column"], f'data-id="{east}"' in found["html"]) == ("3", True)
    last = changes.history(site.world.viewer("owner"), site.world.visits, east)[0]
    assert (last.via, last.id) == ("page", answer.json["change"])
    undone = site["owner"].post(f"/changes/{answer.json['change']}/undo")
    assert undone.status_code == 200
    assert heads(site["owner"], board, east)["card"]["column"] == "2"
    assert move(site["owner"], site, "east", None).status_code == 200
    assert heads(site["owner"], board, east)["card"]["column"] == "null"
    assert move(site["owner"], site, "east", 2).status_code == 200


def test_a_move_that_may_not_be_changes_nothing(site, board):
    before = Query(site.world.viewer("admin"), site.world.visits).one(site.ids["east"])
    assert move(site["colleague"], site, "east", 1).status_code == 404
    assert move(site["stranger"], site, "east", 1).status_code == 404
    assert move(site["head"], site, "east", 1).status_code in {403, 422}
    refused = move(site["owner"], site, "bare", 1)  # seen, and not their own
    assert refused.status_code in {403, 422} and refused.json["error"]
    assert move(site["owner"], site, "east", 99).status_code == 422
    after = Query(site.world.viewer("admin"), site.world.visits).one(site.ids["east"])
    assert (before.rev, before.values) == (after.rev, after.values)
    page = site["head"].get(board).text
    assert "data-movable" not in page and "You may look, and not move" in page
    assert "card-move" not in page and "data-movable" in site["owner"].get(board).text


def test_a_move_of_a_card_that_others_moved_tells_where_it_is(site, board):
    rev = Query(site.world.viewer("admin"), site.world.visits).one(site.ids["east"]).rev
    assert move(site["admin"], site, "east", 3).status_code == 200
    clash = move(site["owner"], site, "east", 1, rev)
    assert clash.status_code == 409
    assert clash.json["values"][site.field("state")]["text"] == "取消"
    assert move(site["admin"], site, "east", 2).status_code == 200


def test_a_new_card_is_filled_in_for_its_column(site, board):
    page = site["owner"].get(board).text
    [href] = re.findall(r'href="(/r/\d+/new\?f\d+=3)"', page)
    form = site["owner"].get(href, partial=True).text
    field = re.search(rf'data-field="{site.field("state")}".*?</select>', form, re.S)
    assert field and re.search(r'value="3"[^>]*selected', field[0])
    odd = site["owner"].get(href.replace("=3", "=%00x"))
    assert odd.status_code == 200


def test_long_columns_come_in_pages_that_lose_nothing(site, board, monkeypatch):
    monkeypatch.setattr(limits, "KANBAN_CARDS", 4)
    south = site.world.departments["华南"].id
    ids = {
        site.world.visit(f"长{n}", state="取消", people=n % 3, department=south) for n in range(11)
    }
    for sort in ("", "people", "-people", "day", "-title"):
        given = f"{'-' if sort[:1] == '-' else ''}{fid(site, sort.lstrip('-'))}" if sort else ""
        page = site["colleague"].get(f"{board}?sort={given}").text
        [[more, after]] = re.findall(r'data-more="([^"]+)" data-after="(\d+)"', page)
        seen = [int(one) for one in CARDS.findall(page[: page.index("data-more")])][-4:]
        path = more.replace("&amp;", "&")
        while after:
            told = site["colleague"].get(f"{path}&after={after}").json
            seen += [int(one) for one in CARDS.findall(told["html"])]
            after = told["after"]
        assert sorted(seen) == sorted(ids), sort
    gone = f"{board}/data/cards?column=3&after="
    assert site["colleague"].get(gone + str(site.ids["east"])).status_code == 404
    assert site["colleague"].get(gone + "99999").status_code == 404


def test_options_are_checked_and_hidden_ones_degrade(site, board, made):
    good = {"group": fid(site, "kind"), "limit": 3, "limits": {"1": 2, "x": None}}
    good |= {"color": fid(site, "state"), "cover": None, "hide_empty": True, "fit": "fit"}
    assert site["admin"].post(f"{board}/options", good).status_code == 200
    kept = models.View.get_by_id(number(board)).options
    assert (kept["limits"], kept["limit"], kept["hide_empty"]) == ({"1": 2}, 3, True)
    for bad in (
        {"group": fid(site, "title")},
        {"group": None},
        {"limit": -1},
        {"limit": "x"},
        {"limits": {"1": 10**9}},
        {"measure": {"kind": "sum", "field": fid(site, "title")}},
        {"cover": fid(site, "title")},
    ):
        assert site["admin"].post(f"{board}/options", bad).status_code == 422, bad
    assert site["owner"].post(f"{board}/options", good).status_code == 403
    cover = {"cover": fid(site, "title")}
    assert site["admin"].post(f"{made['gallery']}/options", cover).status_code == 422
    hidden = fid(site, "amount")
    for options in ({"group": hidden}, {"group": 99_999}, {}):
        save(board, **options)
        page = site["owner"].get(board)
        assert page.status_code == 200 and "No columns to show" in page.text
        assert "金额" not in page.text
        assert site["owner"].get(f"{board}/data/heads").status_code == 404
    save(board, group=fid(site, "state"), color=hidden, cover=99_999, fit=[], limits=None)
    assert columns(site["owner"], board)["完成"] >= 0
    save(made["gallery"], color=hidden, cover=hidden, size={}, fit=3)
    assert site["owner"].get(made["gallery"]).status_code == 200


def test_a_gallery_pages_searches_and_escapes(site, made, monkeypatch):
    monkeypatch.setattr(limits, "GALLERY_CARDS", 2)
    address = made["gallery"]
    save(address)
    east = site.world.departments["上海"].id
    bad = site.world.visit("<b>&\"'", notes="<script>", department=east)
    mine = Query(site.world.viewer("owner"), site.world.visits).ids()
    page = site["owner"].get(f"{address}?sort=-{fid(site, 'title')}").text
    seen = [int(one) for one in CARDS.findall(page)]
    after = re.findall(r'data-after="(\d+)"', page)[0]
    while after:
        query = f"sort=-{fid(site, 'title')}&after={after}"
        told = site["owner"].get(f"{address}/data/cards?{query}").json
        seen, after = [*seen, *(int(one) for one in CARDS.findall(told["html"]))], told["after"]
    assert sorted(seen) == sorted(mine) and len(seen) == len(set(seen))
    assert "<b>&" not in page and "<script>" not in page.replace("<script ", "")
    found = site["owner"].get(f"{address}?q={quote('东部')}").text
    assert CARDS.findall(found) == [str(site.ids["east"])]
    assert heads(site["colleague"], address, bad)["card"] is None
    assert "Widen the filter" in site["owner"].get(f"{address}?q=zzzz").text


def test_queries_are_as_many_for_thirty_records(site, board, made):
    for state in ("计划", "完成", "取消"):  # one query a column that has cards
        site.world.visit(f"首{state}", state=state)
    for address in (board, made["gallery"], f"{board}/tile", f"{made['gallery']}/tile"):
        part = site["admin"].get(address, partial=True)
        assert part.status_code == 200 and part.text in site["admin"].get(address).text
        with statements() as few:
            site["admin"].get(address)
        for place in range(10):
            site.world.visit(f"多{address}{place}", state=["计划", "完成", "取消"][place % 3])
        with statements() as many:
            site["admin"].get(address)
        assert len(many) == len(few), address
