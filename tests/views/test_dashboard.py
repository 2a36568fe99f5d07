"""Dashboards: the numbers of whoever looks, narrowed together, arranged by coordinators."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest
import time_machine

from tests.counting import statements
from tests.views.test_calendar import shown
from tracker import db, models, schema
from views.prose import html_of

NOW = "2026-11-20T10:00:00+08:00"


@pytest.fixture(autouse=True)
def _november():
    with time_machine.travel(NOW, tick=False):
        yield


def field(site, key: str) -> int:
    return site.world.visits.field(key).id


def number(site, **more) -> dict:
    tile = {"kind": "number", "title": "Visits", "names": {}, "table": site.world.visits.id}
    usual = {"filter": None, "measure": {"kind": "count", "field": None}, "compare": None}
    return {**tile, **usual, "w": 3, "h": 1, **more}


@pytest.fixture
def board(site):
    """Makes a dashboard of these tiles shown to every role; its address."""

    def make(*tiles: dict, sharing: str = "shared") -> str:
        with db.write():
            view = models.View.create(
                base=site.world.base.id,
                table=None,
                kind="dashboard",
                name="Overview",
                options={"tiles": list(tiles)},
                sharing=sharing,
            )
            for role in models.Role.select():
                role.views = [*role.views, view.id]
                role.save()
            schema.changed()
        return f"/v/{view.id}"

    return make


def stored(address: str) -> list[dict]:
    return models.View.get_by_id(int(address.rpartition("/")[2])).options["tiles"]


def figures(page: str) -> list[str]:
    """The numbers of the number tiles, in order."""
    found = re.findall(r'<p class="tile-number">(.*?)</p>', page, re.S)
    return [html.unescape(re.sub(r"<[^>]+>", "", one)).strip() for one in found]


def notes(page: str) -> list[str]:
    found = re.findall(r'<p class="tile-note">(.*?)</p>', page, re.S)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", "", one)).split()) for one in found]


# ── whose numbers ────────────────────────────────────────────────────────────


def test_everybody_reads_their_own_numbers(site, board):
    address = board(number(site))
    assert {
        who: figures(site[who].get(address).text) for who in ("admin", "owner", "colleague", "head")
    } == {
        "admin": ["3"],
        "owner": ["2"],
        "colleague": ["1"],
        "head": ["2"],
    }
    assert site["stranger"].get(address).status_code == 404
    assert "Visits" in site["owner"].get(address).text


def test_the_scope_is_always_said(site, board):
    address = board(number(site))
    for who, count in (("admin", 3), ("colleague", 1)):
        page = site[who].get(address).text
        assert "Your scope" in page and f"<b>{count}</b>" in page


def test_a_view_that_is_not_shown_is_no_tile(site, board):
    hidden = shown(site, "chart", {"chart": "bar", "group": field(site, "kind")})
    view_id = int(hidden.rpartition("/")[2])
    address = board({"kind": "view", "view": view_id, "w": 6, "h": 3}, number(site))
    with db.write():
        models.Role.update(views=[int(address.rpartition("/")[2])]).execute()
        schema.changed()
    assert 'class="tile is-view' in site["admin"].get(address).text
    page = site["owner"].get(address).text
    assert 'class="tile is-view' not in page and figures(page) == ["2"]


@pytest.mark.parametrize("part", ["filter", "measure", "compare"])
def test_a_number_over_a_hidden_field_is_no_tile(site, board, part):
    amount = field(site, "amount")
    secret = {
        "filter": {"filter": {"field": amount, "op": "gt", "value": 100}},
        "measure": {"measure": {"kind": "max", "field": amount}},
        "compare": {"compare": {"field": field(site, "start"), "span": "this_month"}},
    }[part]
    if part == "compare":
        with db.write():
            role = site.world.roles["staff"]
            models.FieldRight.create(role=role, field=field(site, "start"), level="hidden")
            schema.changed()
    address = board(number(site, **secret))
    assert len(figures(site["admin"].get(address).text)) == 1
    page = site["owner"].get(address).text
    assert figures(page) == [] and "¥" not in page


def test_what_is_gone_is_no_tile(site, board):
    tiles = [
        {"kind": "view", "view": 999, "w": 4, "h": 3},
        number(site, table=999),
        {"kind": "text", "text": "**Hello**"},
    ]
    page = site["admin"].get(board(*tiles)).text
    assert "<strong>Hello</strong>" in page and page.count('class="tile ') == 1
    arranging = site["admin"].get(board(*tiles) + "?arrange=1").text
    assert arranging.count("This tile shows nothing to you.") == 2


# ── compared ─────────────────────────────────────────────────────────────────


def filed(site, *days: str) -> None:
    for day in days:
        site.world.visit(f"拜访 {day}", day=day)


def test_a_running_month_is_compared_up_to_today(site, board):
    """On 20 November: 4 in the month (one still to come) and, up to the 20th, 3 beside 2."""
    models_before = ["2026-10-02", "2026-10-20", "2026-10-21", "2026-10-31", "2026-09-10"]
    filed(site, *models_before, "2026-11-20", "2026-11-28")
    compare = {"field": field(site, "day"), "span": "this_month"}
    page = site["admin"].get(board(number(site, compare=compare))).text
    assert figures(page) == ["4"]
    assert notes(page) == ["▲ 50 % more vs the same days of last month"]


def test_a_past_month_is_compared_as_a_whole(site, board):
    filed(site, "2026-10-02", "2026-10-31", "2026-09-10")
    compare = {"field": field(site, "day"), "span": "last_month"}
    page = site["admin"].get(board(number(site, compare=compare))).text
    assert (figures(page), notes(page)) == (["2"], ["▲ 100 % more vs the month before"])


def test_the_number_opens_its_records(site, board):
    shown(site, "grid", {})
    filed(site, "2026-11-20", "2026-10-02")
    compare = {"field": field(site, "day"), "span": "this_month"}
    page = site["owner"].get(board(number(site, compare=compare))).text
    href = html.unescape(re.findall(r'<p class="tile-number"><a href="([^"]+)"', page)[0])
    path, query = href.split("?")
    assert site["owner"].get(f"{path}/data/size?{query}").json["shown"] == int(figures(page)[0])


# ── narrowed ─────────────────────────────────────────────────────────────────


def test_period_and_department_narrow_all_tiles(site, board):
    filed(site, "2026-10-02", "2026-10-03")
    chart = shown(
        site,
        "chart",
        {
            "chart": "bar",
            "group": field(site, "state"),
            "filter": {"field": field(site, "day"), "op": "within", "value": "this_month"},
        },
    )
    tile = {"kind": "view", "view": int(chart.rpartition("/")[2]), "w": 6, "h": 3}
    compare = {"field": field(site, "day"), "span": "this_month"}
    address = board(number(site, compare=compare, title="Visits this month"), tile)
    page = site["admin"].get(f"{address}?period=last_month").text
    assert figures(page) == ["2"]
    assert "Visits · last month" in page
    assert "2 in all" in page  # the chart's own “this month” gave way
    south = site.world.departments["华南"].id
    page = site["admin"].get(f"{address}?department={south}").text
    assert figures(page) == ["1"] and "1 in all" in page
    assert figures(site["owner"].get(f"{address}?department={south}").text) == ["0"]
    above = site.world.departments["总部"].id
    assert figures(site["admin"].get(f"{address}?department={above}&period=this_year").text) == [
        "2"
    ]


def test_what_cannot_be_narrowed_says_so(site, board):
    companies = site.world.companies.id
    south = site.world.departments["华南"].id
    page = site["admin"].get(f"{board(number(site, table=companies))}?department={south}").text
    assert "all departments" in notes(page)[0]


@pytest.mark.parametrize(
    "query",
    [
        "period=x",
        "period=today",
        "department=x",
        "department=²",
        "department=999999",
        "department=99999999999999999999",
    ],
)
def test_odd_narrowing_is_answered_in_words(site, board, query):
    name, _equals, value = query.partition("=")
    answer = site["admin"].get(f"{board(number(site))}?{name}={quote(value)}")
    assert answer.status_code == 422


def test_tiles_take_the_same_queries_for_thirty_records(site, board):
    shown(site, "grid", {})
    calendar = shown(
        site, "calendar", {"start": field(site, "start"), "color": field(site, "kind")}
    )
    others = [
        *(
            shown(site, "chart", {"chart": "bar", "group": field(site, one)})
            for one in ("company", "owner", "department")
        ),
        shown(site, "kanban", {"group": field(site, "state")}),
        shown(site, "gallery", {}),
        shown(site, "pivot", {"rows": [{"field": field(site, "owner")}]}),
        shown(site, "timeline", {"start": field(site, "day")}),
    ]
    views = [
        {"kind": "view", "view": int(one.rpartition("/")[2]), "w": 6, "h": 3}
        for one in (calendar, *others)
    ]
    compare = {"field": field(site, "day"), "span": "this_month"}
    listed = {**number(site), "kind": "list", "fields": [field(site, "company")]}
    address = board(*views, *[number(site, compare=compare)] * 4, listed)
    counts = []
    for _round in range(2):
        site["owner"].get(address)
        with statements() as sent:
            assert site["owner"].get(address).status_code == 200
        counts.append(len(sent))
        east = site.world.departments["上海"].id
        for place in range(30):
            site.world.visit(
                f"拜访{place}",
                day="2026-11-12",
                start="2026-11-12 09:00",
                department=east,
                company=[site.world.company(f"企业{place}")],
                owner=site.world.people["owner"].id,
            )
    assert counts[0] == counts[1]


def test_a_new_dashboard_says_what_to_do(site):
    base = site.world.base.id
    assert "Create the dashboard" in site["admin"].get(f"/configure/{base}").text
    made = site["admin"].form(f"/b/{base}/dashboards", name="Month")
    page = site["admin"].get(made.headers["Location"]).text
    assert "No tiles yet" in page and "Add tiles" in page
    assert site["owner"].form(f"/b/{base}/dashboards", name="x").status_code == 403


# ── arranged ─────────────────────────────────────────────────────────────────


def test_coordinators_arrange(site, board):
    address = board(number(site), {"kind": "text", "text": "a", "w": 6, "h": 2})
    before = stored(address)
    after = [{**before[1], "w": 12}, before[0]]
    body = {"tiles": after, "was": before}
    assert site["owner"].post(f"{address}/tiles", body).status_code == 403
    assert site["admin"].post(f"{address}/tiles", body).status_code == 200
    assert [one["kind"] for one in stored(address)] == ["text", "number"]
    late = site["admin"].post(f"{address}/tiles", body)
    assert late.status_code == 409 and "Reload" in late.json["error"]


@pytest.mark.parametrize(
    "tiles",
    [
        None,
        "x",
        [1],
        [{}],
        [{"kind": "film"}],
        [{"kind": "text", "text": "x", "w": 13}],
        [{"kind": "text", "text": "x", "h": True}],
        [{"kind": "text", "text": "x" * 20_000}],
        [{"kind": "view", "view": 999}],
        [{"kind": "view", "view": "x"}],
        [{"kind": "number", "table": 999}],
        [{"kind": "number", "table": "x"}],
        [{"kind": "number"}],
        [{"kind": "text", "text": "x"}] * 41,
    ],
)
def test_odd_tiles_are_refused_in_words(site, board, tiles):
    address = board()
    answer = site["admin"].post(f"{address}/tiles", {"tiles": tiles, "was": []})
    assert answer.status_code == 422 and answer.json["error"]
    assert stored(address) == []


def test_a_dashboard_cannot_stand_on_itself(site, board):
    address = board()
    tiles = [{"kind": "view", "view": int(address.rpartition("/")[2])}]
    assert site["admin"].post(f"{address}/tiles", {"tiles": tiles, "was": []}).status_code == 422


def test_tiles_are_added_and_changed_in_a_dialog(site, board):
    address, admin = board(), site["admin"]
    table = site.world.visits.id
    assert (
        "tile-form"
        in admin.get(f"{address}/tiles/edit?kind=number&table={table}", partial=True).text
    )
    given = {
        "kind": "number",
        "title": "All",
        "table": table,
        "measure": f"sum:{field(site, 'people')}",
    }
    admin.form(
        f"{address}/tiles/edit", **given, date=field(site, "day"), span="this_year", records=""
    )
    admin.form(f"{address}/tiles/edit", kind="text", text="# Hello")
    assert figures(admin.get(address).text) == ["8"]
    assert [one["kind"] for one in stored(address)] == ["number", "text"]
    admin.form(f"{address}/tiles/edit", at="1", kind="text", text="Bye")
    assert stored(address)[1] == {"kind": "text", "text": "Bye", "w": 6, "h": 2}
    wrong = admin.form(f"{address}/tiles/edit", kind="view", view="x")
    assert wrong.status_code == 422 and "Choose a view" in wrong.text
    assert admin.get(f"{address}/tiles/edit?at=7").status_code == 404
    assert site["owner"].get(f"{address}/tiles/edit").status_code == 403
    assert site["stranger"].get(f"{address}/tiles/edit").status_code == 404


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("<script>x</script>", "<script"),
        ("[x](javascript:alert(1))", "<a"),
        ("<img src=x onerror=y>", "<img"),
        ("[x](data:text/html,x)", "<a"),
        ('<a href="x" onclick="y">z</a>', "<a href"),
    ],
)
def test_texts_are_words_and_nothing_else(text, never):
    assert never not in html_of(text)


def test_texts_keep_their_shape():
    made = html_of("**bold** [Rounds](https://example.com)\n\n- one\n- two")
    assert "<strong>bold</strong>" in made and "<li>one</li>" in made
    assert 'href="https://example.com"' in made and "noopener" in made
