"""The grid's answers: first page, chunks, size, cards; the same work for few rows and for many."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from tests.counting import statements
from tracker import ddl, permissions, records
from views import snapshots


def titles(html: str) -> list[str]:
    return re.findall(
        r'class="cell k\d+" role="gridcell">([^<]+)</div></div><div class="row"', html
    )


def shown(html: str) -> set[str]:
    return {name for name in ("东部首访", "南部首访", "空白") if name in html}


def narrowed(grid: str, condition, **more: str) -> str:
    return f"{grid}?filter={quote(json.dumps(condition))}" + "".join(
        f"&{key}={quote(text)}" for key, text in more.items()
    )


def test_everybody_sees_their_own_rows(site, grid):
    assert shown(site["admin"].get(grid).text) == {"东部首访", "南部首访", "空白"}
    assert shown(site["owner"].get(grid).text) == {"东部首访", "空白"}
    assert shown(site["colleague"].get(grid).text) == {"南部首访"}
    assert site["stranger"].get(grid).status_code == 404
    assert site["colleague"].get(f"{grid}/data/size").json["shown"] == 1


def test_hidden_fields_are_no_columns(site, grid):
    page = site["owner"].get(grid).text
    assert "金额" not in page
    assert f'data-column="{site.field("amount")}"' in site["admin"].get(grid).text


def test_what_cannot_be_written_says_why(site, grid):
    def columns(who):
        raw = re.search(r'data-columns="([^"]*)"', site[who].get(grid).text)
        assert raw
        return {one["id"]: one for one in json.loads(raw[1].replace("&#34;", '"'))}

    number, title = int(site.field("number")), int(site.field("title"))
    assert "by itself" in columns("admin")[number]["closed"]
    assert columns("admin")[title]["closed"] == ""
    assert "role" in columns("head")[title]["closed"]


def test_the_fragment_is_a_block_of_the_page(site, grid):
    part = site["admin"].get(grid, partial=True).text
    assert part.strip().startswith("<section")
    assert part in site["admin"].get(grid).text


def test_filter_sort_and_search_of_the_address(site, grid):
    admin, kind = site["admin"], int(site.field("kind"))
    called = {"field": kind, "op": "any_of", "value": [2]}
    assert shown(admin.get(narrowed(grid, called)).text) == {"南部首访"}
    size = admin.get(narrowed(f"{grid}/data/size", called)).json
    assert (size["shown"], size["visible"]) == (1, 3)
    assert shown(admin.get(f"{grid}?q=dbsf").text) == {"东部首访"}
    people = site.field("people")
    order = [titles(admin.get(f"{grid}?sort={sort}").text)[:2] for sort in (people, f"-{people}")]
    assert order[0] != order[1]


ODD_SORTS = (
    "nosuch",
    "999",
    "-",
    "--1",
    "²",
    "9" * 6_000,
    "company",
    "tags",
    "notes",
    ",,",
    "1,2,4,5,6,7",
)
ODD_FILTERS = (
    "x",
    "[]",
    "{}",
    '{"all": 1}',
    '{"field": 1}',
    '{"field": "title", "op": "nope"}',
    '{"field": "²", "op": "is", "value": 1}',
    "1e999",
    "[" * 60,
)


def test_what_is_odd_in_an_address_is_answered_in_words(site, grid):
    admin = site["admin"]
    for path in ("", "/data/size", "/data/chunk", "/builder"):
        for sort in ODD_SORTS:
            answer = admin.get(f"{grid}{path}?sort={quote(sort)}")
            assert answer.status_code in {200, 404, 422}, (path, sort)
        for filter in ODD_FILTERS:
            answer = admin.get(f"{grid}{path}?filter={quote(filter)}")
            assert answer.status_code in {400, 404, 422}, (path, filter)
    for start in ("-1", "x", "1" * 30, "1.5", "²"):
        for what in ("chunk", "cards"):
            answer = admin.get(f"{grid}/data/{what}?from={quote(start)}")
            assert answer.status_code == 422, (what, start)
    assert admin.get(f"{grid}/data/nosuch").status_code == 404
    assert admin.get(f"{grid}/data/chunk?from=999999").status_code == 200


def many(site, count: int) -> None:
    """Visits with links, people and departments in them."""
    world = site.world
    for number in range(count):
        world.visit(
            f"拜访{number:03}",
            company=[site.ids["medical" if number % 2 else "electric"]],
            owner=world.people["owner" if number % 3 else "colleague"].id,
            department=world.departments["上海" if number % 2 else "华南"].id,
            tags=["重点"],
            day="2026-11-20",
        )


def test_thirty_rows_take_the_queries_of_one(site, grid):
    def counts():
        found = {}
        for who in ("admin", "owner"):
            for path in ("", "/data/chunk", "/data/cards"):
                site[who].get(grid + path)
                with statements() as sent:
                    site[who].get(grid + path)
                found[who, path] = len(sent)
        return found

    many(site, 2)
    few = counts()
    many(site, 30)
    assert counts() == few


def test_the_first_page_counts_nothing_in_the_table(site, grid):
    many(site, 60)
    with statements() as sent:
        page = site["admin"].get(grid).text
    assert 'data-more="1"' in page
    table = site.world.visits.sql_name
    assert not [sql for sql in sent if "COUNT" in sql.upper() and f'"{table}"' in sql]


def test_chunks_follow_each_other_and_keep_their_snapshot(site, grid):
    many(site, 60)
    admin = site["admin"]
    size = admin.get(f"{grid}/data/size").json
    first = admin.get(f"{grid}/data/chunk?from=0&at={size['at']}").text
    ids = re.findall(r'data-id="(\d+)"', first)
    rows = len(ids)
    last = admin.get(f"{grid}/data/chunk?from={rows}&at={size['at']}").text
    rest = re.findall(r'data-id="(\d+)"', last)
    assert len(ids) + len(rest) <= size["shown"]
    assert not set(ids) & set(rest)
    gone = int(rest[0])
    records.delete(permissions.system(), site.world.visits, gone, via="test")
    again = admin.get(f"{grid}/data/chunk?from={rows}&at={size['at']}").text
    assert f'data-id="{gone}"' not in again
    assert re.findall(r'data-id="(\d+)"', again) == rest[1:]  # the others stand where they stood
    assert admin.get(f"{grid}/data/size").json["shown"] == size["shown"] - 1


def test_a_snapshot_opens_nothing_that_was_closed_since(site, grid):
    size = site["owner"].get(f"{grid}/data/size").json
    south = site.world.departments["华南"].id
    records.update(
        permissions.system(),
        site.world.visits,
        site.ids["east"],
        {"department": south},
        via="test",
    )
    chunk = site["owner"].get(f"{grid}/data/chunk?from=0&at={size['at']}").text
    assert shown(chunk) == {"空白"}
    assert shown(site["owner"].get(f"{grid}/data/chunk?from=0&at=1").text) == {"空白"}


def test_two_viewers_share_no_snapshot(site, grid):
    at = site["admin"].get(f"{grid}/data/size").json["at"]
    chunk = site["colleague"].get(f"{grid}/data/chunk?from=0&at={at}").text
    assert shown(chunk) == {"南部首访"}


def test_the_shelf_keeps_what_was_used_last(monkeypatch):
    from array import array

    monkeypatch.setattr(snapshots, "MOST_IDS", 10)
    shelf = snapshots.Shelf()
    for at in (1, 2, 3):
        shelf.put(b"view", snapshots.Snapshot(at, array("q", range(4))), (at,))
        shelf.find(b"view", 1)
    assert [shelf.find(b"view", at) is not None for at in (1, 2, 3)] == [True, False, True]


def test_long_texts_and_markup_come_safely(site, grid):
    long = "长" * 5_000
    site.world.visit('<script>alert("x")</script>', notes=long)
    page = site["admin"].get(grid).text
    assert "<script>alert" not in page
    assert long not in page
    assert "data-cut" in page


def test_cells_carry_what_their_editors_start_from(site, grid):
    page = site["admin"].get(grid).text
    cells = dict(
        re.findall(r'class="cell k(\d+)[^"]*" role="gridcell" data-v="([^"]*)"', page)[:12]
    )
    wanted = {
        "company": str(site.ids["medical"]),
        "day": "2026-11-03",
        "start": "2026-11-03 09:30",
        "kind": "1",
        "tags": "1",
        "people": "3",
        "amount": "1000.50",
        "followed": "1",
    }
    found = {key: text for key, text in wanted.items() if site.field(key) in cells}
    assert len(found) >= 6
    for key, text in found.items():
        assert f"k{site.field(key)}" in page
        assert f'data-v="{text}"' in page


def test_a_stray_keeps_its_text_and_says_why(site, grid):
    model = ddl.model(site.world.visits)
    where = model.id == site.ids["bare"]
    model.update(strays={site.field("day"): "下周三"}).where(where).execute()
    page = site["admin"].get(grid).text
    assert 'data-v="下周三" data-stray' in page
    assert "not a date" in page


def test_cards_for_a_phone_open_their_records(site, grid):
    cards = site["owner"].get(f"{grid}/data/cards").text
    visits = site.world.visits.id
    assert f'<a class="card-row" href="/r/{visits}/{site.ids["east"]}">' in cards
    assert "南部首访" not in cards
    assert cards.count("<a ") == cards.count("</a>") == 2  # no links inside links


def test_an_empty_view_says_what_to_do(site, grid):
    nothing = {"field": int(site.field("title")), "op": "is", "value": "nowhere"}
    assert "Nothing matches" in site["admin"].get(narrowed(grid, nothing)).text


def test_hidden_and_ordered_fields_of_the_address(site, grid):
    day, kind = site.field("day"), site.field("kind")
    page = site["admin"].get(f"{grid}?hide={day}&order={kind}").text
    columns = re.findall(r'data-column="(\d+)"', page)
    assert day not in columns
    assert columns[:2] == [site.field("title"), kind]
    assert site["admin"].get(f"{grid}?hide=x,²,{10**30}&order=,,").status_code == 200
