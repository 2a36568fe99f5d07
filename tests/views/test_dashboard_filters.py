"""What narrows a whole dashboard equals SQL, never opens more, and is fresh by itself."""

from __future__ import annotations

import html
import json
import re

import pytest
import time_machine

from tests.views.test_calendar import shown
from tests.views.test_dashboard import (  # noqa: F401 - a fixture
    board,
    field,
    figures,
    notes,
    number,
    stored,
)
from tracker import db, dutymatrix, models, permissions, schema
from tracker.dutymatrix import Matrix, Row, Tally
from tracker.owing import Cell
from views import collection

NOW = "2026-11-20T10:00:00+08:00"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _november():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def filled(site):
    """Visits over a year, of two people in three departments."""
    places = ["上海", "华东", "华南"]
    for number_ in range(36):
        site.world.visit(
            f"访{number_}",
            day=f"2026-{number_ % 12 + 1:02}-{number_ % 28 + 1:02}",
            start=f"2026-{(number_ + 5) % 12 + 1:02}-10 09:00",
            state=["计划", "完成"][number_ % 2],
            people=number_,
            owner=site.world.people["owner" if number_ % 3 else "colleague"].id,
            department=site.world.departments[places[number_ % 3]].id,
        )
    return site


def counted(site, *tests: str) -> int:
    """What SQL itself counts, by the columns of fields: ``{day}``."""
    columns = {one.key: one.column for one in site.world.visits.fields}
    where = " AND ".join(["deleted_at IS NULL", *(test.format(**columns) for test in tests)])
    return int(db.query(f"SELECT COUNT(*) FROM t{site.world.visits.id} WHERE {where}")[0][0])


def test_every_filter_equals_sql(filled, board):  # noqa: F811 - the fixture
    site, address = filled, board(number(filled))
    east = [site.world.departments[one].id for one in ("华东", "上海")]
    inside = f"{{department}} IN ({east[0]}, {east[1]})"
    owner = site.world.people["owner"].id
    month = "{day} BETWEEN '2026-11-01' AND '2026-11-30'"
    own = "{day} BETWEEN '2026-03-05' AND '2026-06-20'"
    running = "{day} BETWEEN '2026-10-22' AND '2026-11-20'"
    for query, tests in {
        "": [],
        "period=this_month": [month],
        "period=last_year": ["{day} LIKE '2025%'"],
        "period=this_quarter": ["{day} BETWEEN '2026-10-01' AND '2026-12-31'"],
        "period=last_30": [running],
        "period=own&from=2026-03-05&to=2026-06-20": [own],
        "period=own&from=2026-03-05": ["{day} = '2026-03-05'"],
        f"department={east[0]}": [inside],
        f"person={owner}": [f"{{owner}} = {owner}"],
        f"period=this_month&department={east[0]}&person={owner}": [
            month,
            inside,
            f"{{owner}} = {owner}",
        ],
    }.items():
        page = site["admin"].get(f"{address}?{query}").text
        assert figures(page) == [str(counted(site, *tests))], query
        scope = re.findall(r"<b>([\d,]+)</b>(?: of ([\d,]+))?", page)
        whole = str(counted(site)) if query else ""
        assert scope == [(str(counted(site, *tests)), whole)], query
    # a person's own rule stays inside whatever is asked
    own_rows = counted(site, f"{{department}} = {east[1]}")
    assert figures(site["owner"].get(f"{address}?department={east[0]}").text) == [str(own_rows)]


def test_a_table_says_which_of_its_fields_are_meant(filled, board):  # noqa: F811 - the fixture
    site, address = filled, board(number(filled))
    table, start = site.world.visits.id, field(filled, "start")
    assert "By itself: 日期" in site["admin"].get(f"{address}/fits").text
    site["admin"].form(f"{address}/fits", **{f"{table}.date": start, f"{table}.person": 0})
    page = site["admin"].get(f"{address}?period=this_month&person=1").text
    begun = counted(site, "{start} >= '2026-10-31 16:00:00' AND {start} < '2026-11-30 16:00:00'")
    assert figures(page) == [str(begun)] and "all people" in notes(page)[0]
    # what does not fit, or is not there, is refused or left out; hidden fields degrade
    title = field(site, "title")
    wrong = site["admin"].post(f"{address}/options", {"fits": {str(table): {"date": title}}})
    assert wrong.status_code == 422
    odds: list = [None, [], {"x": 1}, {"999": {"date": 1}}, {str(table): {"date": "x"}}]
    for odd in odds:
        assert site["admin"].post(f"{address}/options", {"fits": odd}).status_code == 200
    site["admin"].form(f"{address}/fits", **{f"{table}.date": start})
    with db.write():
        role = site.world.roles["staff"]
        models.FieldRight.create(role=role, field=start, level="hidden")
        schema.changed()
    page = site["owner"].get(f"{address}?period=this_month").text
    assert "not by period" in notes(page)[0] and "开始" not in page
    assert site["owner"].get(f"{address}/fits").status_code == 403


def test_a_collection_of_one_unit_is_that_unit(database, monkeypatch):
    """And of a head office the units below it; never nothing."""
    some = [Tally(owers=3, done=2)]
    rows = [Row(1, "华东", 0, None, False, [], some), Row(2, "上海", 1, 1, True, [Cell("done")])]
    found = Matrix(models.Duty(), [], rows)
    monkeypatch.setattr(dutymatrix, "matrix", lambda *_given, **_more: found)
    for more, names in (([], ["华东"]), ([Row(3, "江苏", 1, 1, False, [], some)], ["江苏"])):
        rows += more
        shown_ = collection.collection(permissions.NOBODY, models.Duty())
        assert [one.name for one, _tally in shown_["groups"]] == names


def test_a_calendar_is_narrowed_with_the_tables_beside_it(filled, board):  # noqa: F811
    start, day = field(filled, "start"), field(filled, "day")
    companies = {"key": "firms", "table": filled.world.companies.id, "start": None}
    days = {"key": "days", "table": filled.world.visits.id, "start": day}
    view = shown(filled, "calendar", {"start": start, "layers": [days, companies]})
    address = board({"kind": "view", "view": int(view.rpartition("/")[2]), "w": 8, "h": 6})
    east = filled.world.departments["华东"].id
    inside = f"{{department}} IN ({east}, {filled.world.departments['上海'].id})"
    for query, tests in {"period=this_month": [], f"department={east}": [inside]}.items():
        page = filled["admin"].get(f"{address}?{query}").text
        month = (counted(filled, f"{{{one}}} LIKE '2026-11%'", *tests) for one in ("start", "day"))
        assert f"{sum(month)} records" in page, query


def test_a_period_replaces_moving_periods_and_never_a_fixed_limit(filled, board):  # noqa: F811
    day = field(filled, "day")
    fixed = {"field": day, "op": "within", "value": ["2026-11-01", "2026-11-10"]}
    moving = {"field": day, "op": "within", "value": "this_month"}
    address = board(number(filled, filter=fixed), number(filled, filter=moving))
    page = filled["admin"].get(f"{address}?period=last_month").text
    october = counted(filled, "{day} LIKE '2026-10%'")
    assert figures(page) == ["0", str(october)] and october


def test_lists_stand_on_dashboards(filled, board):  # noqa: F811 - the fixture
    address, people = board(), field(filled, "people")
    sent = {
        "kind": "list",
        "title": "Most",
        "table": filled.world.visits.id,
        "fields": people,
        "sort_by": f"{people}:desc",
        "rows": 3,
    }
    filled["admin"].form(f"{address}/tiles/edit", **sent)
    page = filled["admin"].get(address).text
    assert re.findall(r'class="name truncate"[^>]*>(访\d+)<', page) == ["访35", "访34", "访33"]
    assert "访35" not in filled["owner"].get(address).text
    for wrong in ({"rows": "99"}, {"sort_by": "999:asc"}, {"fields": "999"}, {"table": "999"}):
        answer = filled["admin"].form(f"{address}/tiles/edit", **{**sent, **wrong})
        assert answer.status_code == 422, wrong


def test_a_tile_says_which_records_and_shows_them_as_it_is_made(site, board):  # noqa: F811 - the fixture
    """The filter of views; what was typed stays; nothing is stored before it is saved."""
    address, admin = board(), site["admin"]
    state, table = field(site, "state"), site.world.visits.id
    done = {"all": [{"field": state, "op": "any_of", "value": [2]}]}
    with db.write():
        site.world.visit("完成的", state="完成", people=5)
    typed = {"kind": "number", "title": "Done", "table": table, "measure": "count"}
    typed |= {"filter": json.dumps(done)}
    there = admin.form(f"{address}/tiles/preview", **typed)
    assert figures(there.text) == ["2"] and "Done" in there.text
    odd = [{"filter": "{"}, {"filter": '{"field": 999}'}, {"table": "999"}, {"measure": "sum:999"}]
    for wrong in odd:
        said = admin.form(f"{address}/tiles/preview", **{**typed, **wrong})
        assert said.status_code == 200 and "tile-number" not in said.text, wrong
        kept = admin.form(f"{address}/tiles/edit", **{**typed, **wrong})
        assert kept.status_code == 422 and 'value="Done"' in kept.text, wrong
    assert stored(address) == []
    admin.form(f"{address}/tiles/edit", **typed)
    assert stored(address)[0]["filter"] == done and figures(admin.get(address).text) == ["2"]

    like = int(shown(site, "grid", {"filter": done}).rpartition("/")[2])
    taken = admin.form(f"{address}/tiles/draft", **{**typed, "filter": "", "like": like})
    assert "any_of" in taken.text and 'value="Done"' in taken.text
    other = admin.form(f"{address}/tiles/draft", **{**typed, "table": site.world.companies.id})
    assert "any_of" not in other.text.split("data-about")[0] and 'value="Done"' in other.text
    view = {"kind": "view", "view": like}
    assert "tile-body" in admin.form(f"{address}/tiles/preview", **view, title="").text
    admin.form(f"{address}/tiles/edit", **view, title="Mine")
    assert stored(address)[1] | {"w": 6, "h": 4} == {**stored(address)[1], "title": "Mine"}
    admin.form(f"{address}/tiles/edit", **view, title="", at="1")
    assert "title" not in stored(address)[1]
    for way in ("preview", "draft"):
        assert site["owner"].form(f"{address}/tiles/{way}", **typed).status_code == 403


def test_a_title_is_changed_in_the_language_of_who_changes_it(site, board):  # noqa: F811 - the fixture
    address = board(number(site, names={"zh": "拜访", "en": "Visits"}))
    table = site.world.visits.id
    typed = {"kind": "number", "table": table, "at": "0"}
    site["admin"].form(f"{address}/tiles/edit", **typed, title="All visits")
    names = stored(address)[0]["names"]
    assert sorted(names.values()) == ["All visits", "拜访"] and stored(address)[0]["w"] == 3


def test_a_view_that_has_no_tile_says_so(site, board, monkeypatch):  # noqa: F811 - the fixture
    from views.kinds.chart import ChartKind

    chart = shown(site, "chart", {"chart": "bar", "group": field(site, "kind")})
    address = board({"kind": "view", "view": int(chart.rpartition("/")[2]), "w": 6, "h": 3})
    monkeypatch.setattr(ChartKind, "tile_template", "tiles/nosuch.html")
    assert "has no tile yet" in site["admin"].get(address).text


def test_it_is_fresh_by_itself_and_quiet(site, board):  # noqa: F811 - the fixture
    address, owner = board(number(site)), site["owner"]
    first = owner.get(f"{address}/data/tiles").json
    stamp = re.search(r'data-stamp="(\w+)"', owner.get(address).text)
    assert stamp and stamp[1] == first["stamp"]  # the page knows what it shows
    assert figures(html.unescape(first["html"])) == ["2"]
    again = f"{address}/data/tiles?known={first['stamp']}"
    assert owner.get(again).status_code == 204
    south = site.world.departments["华南"].id
    site.world.visit("南", department=south)  # not theirs to see: nothing is told
    assert owner.get(again).status_code == 204
    site.world.visit("东", department=site.world.departments["上海"].id)
    fresh = owner.get(again)
    assert fresh.status_code == 200 and figures(fresh.json["html"]) == ["3"]
    assert fresh.json["stamp"] != first["stamp"]
    assert owner.get(f"{address}/data/nosuch").status_code == 404
    assert owner.get(f"{address}/data/tiles?period=x").status_code == 422


def test_the_wall_and_the_paper_are_the_page_alone(site, board):  # noqa: F811 - the fixture
    address = board(number(site))
    wall = site["owner"].get(f"{address}?wall=1&period=this_month").text
    assert "data-live" in wall and "this month" in wall and 'class="sidebar' not in wall
    paper = site["owner"].get(f"{address}?paper=1").text
    assert "data-live" not in paper and 'data-theme="light"' in paper and "王芳" in paper
    assert "2026-11-20 10:00" in paper and "is-printed" not in paper
    assert "is-printed" in site["owner"].get(f"{address}?paper=1&print=1").text


def test_a_role_opens_a_view_first(site):
    views = [int(shown(site, "grid", {}).rpartition("/")[2]) for _one in range(2)]
    table, staff = site.world.visits.id, site.world.roles["staff"]
    names = {"name": "grid", "sharing": "shared", "roles": [staff.id], "first": [staff.id]}
    assert site["owner"].get(f"/t/{table}").headers["Location"] == f"/v/{views[0]}"
    site["admin"].form(f"/v/{views[1]}/settings", **names)
    assert site["owner"].get(f"/t/{table}").headers["Location"] == f"/v/{views[1]}"
    site["admin"].form(f"/v/{views[0]}/settings", **names)
    assert site["owner"].get(f"/t/{table}").headers["Location"] == f"/v/{views[0]}"
    kept = [models.View.get_by_id(one).options.get("first_for") for one in views]
    assert kept == [[staff.id], []]


# ── a copy of one's own ──────────────────────────────────────────────────────


def held(page: str) -> list[dict]:
    """The tiles as the page of who arranges them knows them."""
    [found] = re.findall(r"data-stored='(.*?)'", page, re.S)
    return json.loads(found)


def test_what_its_arranger_does_not_see_is_moved_unseen(site, board):  # noqa: F811 - a fixture
    """A copy goes on holding tiles over what is hidden; neither page nor answer tell of it."""
    secret = {"field": field(site, "amount"), "op": "gt", "value": "4711"}
    hidden = number(site, title="Above 4711", filter=secret)
    tiles = [hidden, number(site), {"kind": "view", "view": 999, "title": "4711", "w": 6, "h": 3}]
    address = board(*tiles)
    owner = site.world.people["owner"].id
    models.View.update(sharing="personal", owner=owner).execute()
    mine = site["owner"]

    def told(answer, status: int = 200) -> str:
        assert answer.status_code == status and "4711" not in answer.text, answer.text
        return html.unescape(answer.text)

    page = told(mine.get(f"{address}?arrange=1"))
    known = held(page)
    assert known[0] == {"kind": "number", "w": 3, "h": 1, "kept": 0} and "filter" in known[1]
    for path in ("tiles/edit?at=0", "tiles/edit?at=2", "fits"):
        told(mine.get(f"{address}/{path}", partial=True))
    told(mine.form(f"{address}/tiles/preview", at=0, kind="number", table=site.world.visits.id))
    told(mine.form(f"{address}/fits"), 303)
    turned = [known[2], known[1], {**known[0], "w": 12}, known[0]]
    told(mine.post(f"{address}/tiles", {"tiles": turned, "was": known}))
    assert stored(address) == [tiles[2], tiles[1], {**hidden, "w": 12}, hidden]
    told(mine.form(f"{address}/tiles/edit", kind="text", text="x"), 303)
    told(mine.form(f"{address}/tiles/edit", at=2, kind="text", text="instead"), 303)
    assert stored(address)[2:4] == [{"kind": "text", "text": "instead", "w": 12, "h": 1}, hidden]
    odd = [{"kept": 99}, {"kept": -1}, {"kept": True}, {"kept": "0"}, {**hidden, "filter": secret}]
    now = held(told(mine.get(f"{address}?arrange=1")))
    for one in odd:
        assert mine.post(f"{address}/tiles", {"tiles": [one], "was": now}).status_code == 422, one
    assert mine.post(f"{address}/tiles", {"tiles": [], "was": now}).json["tiles"] == []
