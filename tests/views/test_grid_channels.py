"""What a grid asks for while one works in it: finds, edges, ids, marks, changes; bulk and comments.

Each with its owner, a colleague of another department and a stranger.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.counting import statements
from tests.views.test_grid import many
from tracker import clock, comments, limits, models, permissions, records
from tracker.query import Query

SYSTEM = permissions.system()
ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own


def ask(site, who, path, **params):
    query = "&".join(f"{key}={quote(str(value))}" for key, value in params.items())
    return site[who].get(f"{path}{'&' if '?' in path else '?'}{query}")


def found(site, who, grid, text, **more):
    answer = ask(site, who, f"{grid}/data/find", text=text, **more)
    assert answer.status_code == 200, answer.text
    return answer.json


FINDS = [  # text → how many visits show it to (admin, owner, colleague)
    ("首访", (2, 1, 1)),
    ("东部", (1, 1, 0)),
    ("重庆医疗", (1, 1, 0)),  # a link's title
    ("上海", (3, 2, 1)),  # a department of one, the name of a linked company of the other
    ("电话", (1, 0, 1)),  # an option
    ("风险", (1, 0, 1)),  # one of several options
    ("2026-11-03", (1, 1, 0)),
    ("ipo", (1, 1, 0)),
    ("1000.50", (1, 0, 0)),  # a hidden field
    ("5", (1, 0, 1)),
    ("V-0002", (1, 0, 1)),  # a number in its pattern
    ("没有的", (0, 0, 0)),
    ("%", (0, 0, 0)),
    ("", (0, 0, 0)),
]


def test_finding_counts_what_cells_show_within_ones_reach(site, grid):
    for text, counts in FINDS:
        for who, count in zip(("admin", "owner", "colleague"), counts, strict=True):
            assert found(site, who, grid, text)["count"] == count, (who, text)
    assert ask(site, "stranger", f"{grid}/data/find", text="首").status_code == 404
    many(site, 60)  # of all that are found, from any row, forth and back and round
    first = found(site, "admin", grid, "拜访", row=0, step="here")
    assert (first["count"], first["at"], first["row"]) == (60, 1, 3)
    assert first["fields"] == [int(site.field("title"))]
    steps = [("next", 3, 4), ("next", 62, 3), ("back", 3, 62), ("back", 40, 39), ("here", 40, 40)]
    for step, row, to in steps:
        assert found(site, "admin", grid, "拜访", row=row, step=step)["row"] == to, (step, row)
    called = quote('{"field": "kind", "op": "is", "value": 2}')
    assert ask(site, "admin", f"{grid}/data/find?filter={called}", text="访").json["count"] == 1
    people = site.field("people")
    turned = f"{grid}/data/find?sort=-{people}"
    assert ask(site, "admin", turned, text="东部").json["row"] == 1  # by the view's order
    for odd in ("row=x", "at=-1", "row=" + "9" * 20):
        assert site["admin"].get(f"{grid}/data/find?text=a&{odd}").status_code == 422


def test_an_arrow_with_ctrl_goes_to_the_end_of_a_stretch(site, grid):
    many(site, 8)  # rows 0 … 10; only rows 0 and 1 have a number of people, 3 … 10 a tag
    cases = [
        ("people", 0, 0, 1),  # within a stretch: its end
        ("people", 1, 0, 10),  # nothing further: the last row
        ("people", 10, 1, 1),  # from the empty: the next filled
        ("people", 1, 1, 0),
        ("tags", 1, 0, 3),
        ("tags", 3, 0, 10),
        ("title", 0, 0, 10),
        ("company", 10, 1, 3),
    ]
    for key, row, back, to in cases:
        answer = ask(site, "admin", f"{grid}/data/edge", field=site.field(key), row=row, back=back)
        assert answer.json["row"] == to, (key, row, back)
    hidden = ask(site, "owner", f"{grid}/data/edge", field=site.field("amount"), row=0, back=0)
    assert hidden.status_code == 404


@ONE
def test_ids_and_marks_are_of_what_one_may_see(site, grid):
    east, south, bare = (site.ids[name] for name in ("east", "south", "bare"))
    for who in ("owner", "colleague"):
        one = east if who == "owner" else south
        comments.add(permissions.viewer_for(site.world.people[who]), site.world.visits, one, "好")
    all_ids = f"{east},{south},{bare}"
    expected = {
        "admin": ([east, south, bare], {str(east): 1, str(south): 1}),
        "owner": ([east, bare], {str(east): 1}),
        "colleague": ([south], {str(south): 1}),
    }
    for who, (ids, marks) in expected.items():
        answer = site[who].get(f"{grid}/data/ids?from=0&to=9")
        assert answer.json["ids"] == ids, who
        assert site[who].get(f"{grid}/data/talk?ids={all_ids}").json["counts"] == marks, who
    assert site["stranger"].get(f"{grid}/data/talk?ids={east}").status_code == 404
    assert site["admin"].get(f"{grid}/data/ids?from=0&to={limits.BULK_RECORDS}").status_code == 413


def changes(site, who, grid, since, **more):
    return ask(site, who, f"{grid}/data/changes", since=since, **more).json


def test_changes_of_others_arrive_within_ones_reach(site, grid):
    world, now = site.world, clock.now().isoformat()
    people, amount = site.field("people"), site.field("amount")
    east, south = site.ids["east"], site.ids["south"]
    at = {who: site[who].get(f"{grid}/data/size").json["at"] for who in ("owner", "colleague")}
    models.Change.update(at=clock.now().replace(year=2020)).execute()
    assert set(changes(site, "owner", grid, now, at=at["owner"])) == {"now"}  # one quiet look
    probes = ({"at": 1}, {"at": at["owner"], "rows": f"{south}:1,999999:1"})
    before = [changes(site, "owner", grid, now, **one) | {"now": ""} for one in probes]
    records.update(SYSTEM, world.visits, south, {"people": 9}, via="test")
    after = [changes(site, "owner", grid, now, **one) | {"now": ""} for one in probes]
    assert after == before  # names made up do not tell that something happened
    elsewhere = changes(site, "owner", grid, now, at=at["owner"], rows=f"{east}:1")
    assert set(elsewhere) == {"now"}  # what happens out of reach is not told
    records.update(SYSTEM, world.visits, east, {"people": 8, "amount": "77"}, via="test")
    new = world.visit("新的", department=world.departments["上海"].id)
    shown = f"{east}:1,{south}:1,{site.ids['bare']}:1"
    mine = changes(site, "owner", grid, now, at=at["owner"], rows=shown)
    assert [one["id"] for one in mine["rows"]] == [east]
    assert mine["rows"][0]["cells"][people]["text"] == "8"
    assert amount not in mine["rows"][0]["cells"]
    assert (mine["gone"], mine["new"]) == ([south], [new])
    theirs = changes(site, "colleague", grid, now, at=at["colleague"], rows=f"{south}:1")
    assert ([one["id"] for one in theirs["rows"]], theirs["new"]) == ([south], [])
    known = changes(site, "owner", grid, now, at=at["owner"], rows=f"{east}:2")
    assert known["rows"] == []
    records.delete(SYSTEM, world.visits, east, via="test")
    assert changes(site, "owner", grid, now, at=at["owner"], rows=f"{east}:2")["gone"] == [east]
    assert changes(site, "owner", grid, now, at=1)["stale"] is True
    assert changes(site, "owner", grid, "2020-01-01T00:00:00", at=at["owner"])["stale"] is True
    assert ask(site, "owner", f"{grid}/data/changes", since="soon").status_code == 422
    assert ask(site, "stranger", f"{grid}/data/changes", since=now).status_code == 404


@ONE
def test_many_changes_take_the_queries_of_one(site, grid):
    many(site, 2)
    counts = []
    for _round in range(2):
        now = clock.now().isoformat()
        ids = Query(SYSTEM, site.world.visits).ids()
        at = site["owner"].get(f"{grid}/data/size").json["at"]
        rows = ",".join(f"{one}:99" for one in ids)
        found(site, "owner", grid, "拜访", at=at)
        with statements() as sent:
            changes(site, "owner", grid, now, at=at, rows=rows)
            found(site, "owner", grid, "访", at=at)
            site["owner"].get(f"{grid}/data/talk?ids={','.join(map(str, ids))}")
        counts.append(len(sent))
        many(site, 30)
    assert counts[0] == counts[1]


def value(site, name, key):
    return Query(SYSTEM, site.world.visits).one(site.ids[name])[site.world.visits.field(key)]


@ONE
def test_many_records_get_one_value_and_come_back(site):
    at = f"/r/{site.world.visits.id}/bulk"
    ids = [site.ids[name] for name in ("east", "south", "bare")]
    people, amount = site.field("people"), site.field("amount")
    editor = site["owner"].get(at).text
    assert f'value="{people}"' in editor and f'value="{amount}"' not in editor
    assert site["stranger"].get(at).status_code == 404
    assert site["head"].get(at).status_code == 403
    answer = site["admin"].post(at, {"ids": ids, "values": {people: "41"}, "key": "k1"})
    assert (answer.json["problems"], len(answer.json["records"])) == ([], 3)
    assert [
        value(site, name, "people") for name in site.ids if name in ("east", "south", "bare")
    ] == [41] * 3
    again = site["admin"].post(at, {"ids": ids, "values": {people: "41"}, "key": "k1"})
    assert again.json["batch"] == answer.json["batch"]
    back = site["admin"].post(f"/batches/{answer.json['batch']}/undo").json
    assert (back["records"], value(site, "bare", "people"), value(site, "east", "people")) == (
        3,
        None,
        3,
    )
    redone = site["admin"].post(f"/batches/{back['batch']}/undo").json
    assert (redone["records"], value(site, "bare", "people")) == (3, 41)
    company = {"ids": ids, "values": {site.field("company"): [site.ids["electric"]]}}
    assert len(site["admin"].post(at, company).json["records"]) == 2  # one is there already
    assert value(site, "bare", "company") == [site.ids["electric"]]
    # the owner changes their own rows alone, and learns nothing of others'
    mine = site["owner"].post(at, {"ids": ids, "values": {people: "7"}}).json
    assert [one["id"] for one in mine["records"]] == [site.ids["east"]]
    hidden = site["owner"].post(at, {"ids": ids, "values": {amount: "7"}})
    assert hidden.status_code == 404 and value(site, "east", "amount") == 100050
    assert site["stranger"].post(at, {"ids": ids, "values": {people: 1}}).status_code == 404
    odds: list[dict[str, Any]] = [
        {},
        {"ids": [], "values": {}},
        {"ids": ["x"], "values": {}},
        {"ids": [1], "values": 1},
    ]
    for odd in odds:
        assert site["admin"].post(at, odd).status_code == 422
    too_many = {"ids": list(range(1, limits.BULK_RECORDS + 2)), "values": {people: 1}}
    assert site["admin"].post(at, too_many).status_code == 413


@ONE
def test_many_records_are_deleted_and_come_back(site):
    at = f"/r/{site.world.visits.id}/bulk/delete"
    ids = [site.ids[name] for name in ("east", "south", "bare")]
    every = Query(SYSTEM, site.world.visits)
    for who, status in (("stranger", 404), ("head", 403), ("colleague", 200)):
        assert (
            site[who]
            .post(at, {"ids": ids if who != "colleague" else ids[:1] + ids[1:2]})
            .status_code
            == status
        )
    assert every.ids() == [ids[0], ids[2]]  # the colleague's own went
    answer = site["admin"].post(at, {"ids": ids}).json
    assert (answer["records"], every.ids()) == (2, [])
    assert site["admin"].post(f"/batches/{answer['batch']}/undo").json["records"] == 2
    assert every.ids() == [ids[0], ids[2]]
    assert (
        site["colleague"].post(at, {"ids": [ids[0]]}).status_code == 404
    )  # as if it were not there


@ONE
def test_comments_stand_on_the_record_page(site):
    east = f"/r/{site.world.visits.id}/{site.ids['east']}"
    for who, status in (("owner", 200), ("head", 200), ("colleague", 404), ("stranger", 404)):
        answer = site[who].post(f"{east}/comments", {"text": f"<b>看过了</b> {who}"})
        assert answer.status_code == status, who
    page = site["owner"].get(east).text
    assert "&lt;b&gt;看过了&lt;/b&gt; head" in page and "<b>看过了" not in page
    assert site["owner"].get(f"{east}/comments").text.strip() in page
    assert site["colleague"].get(f"{east}/comments").status_code == 404
    mine, theirs = [one.id for one in models.Comment.select().order_by(models.Comment.id)]
    assert "改过" in site["owner"].post(f"{east}/comments/{mine}", {"text": "改过"}).text
    for path, body, status in (
        (f"/{theirs}", {"text": "x"}, 403),
        (f"/{theirs}/delete", None, 403),
        (f"/{mine}", {"text": " "}, 422),
        (f"/{mine}", {}, 422),
        ("/99/delete", None, 404),
        (f"/{2**60}/delete", None, 404),
    ):
        assert site["owner"].post(f"{east}/comments{path}", body).status_code == status, path
    south = east.replace(str(site.ids["east"]), str(site.ids["south"]))
    assert site["colleague"].post(f"{south}/comments/{mine}/delete").status_code == 404
    assert "b&gt; head" not in site["admin"].post(f"{east}/comments/{theirs}/delete").text
    assert "改过" not in site["owner"].post(f"{east}/comments/{mine}/delete").text
