"""Charts: groups of one's own rows, each number with exactly the records behind it."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest

from tests.counting import statements
from tests.views.test_calendar import shown
from tracker import limits, models


@pytest.fixture
def chart(site):
    """Makes a chart of the visits shown to every role; its address."""

    def make(**options) -> str:
        usual = {"chart": "bar", "group": field(site, "kind"), "bucket": "month", "split": None}
        usual["measure"] = {"kind": "count", "field": None}
        return shown(site, "chart", {**usual, **options})

    return make


@pytest.fixture
def grid(site) -> str:
    return shown(site, "grid", {})


def field(site, key: str) -> int:
    return site.world.visits.field(key).id


def series(browser, address: str) -> dict:
    return browser.get(
        address.replace("?", "/data/series?", 1) if "?" in address else f"{address}/data/series"
    ).json


def numbers(drawn: dict) -> dict[str, float]:
    return dict(zip(drawn["categories"], drawn["layers"][0]["values"], strict=True))


# ── whose numbers ────────────────────────────────────────────────────────────


def test_everybody_counts_their_own_records(site, chart):
    address = chart()
    assert numbers(series(site["admin"], address)) == {"上门": 1, "电话": 1, "Without": 1}
    assert numbers(series(site["owner"], address)) == {"上门": 1, "Without": 1}
    assert numbers(series(site["colleague"], address)) == {"电话": 1}
    assert site["stranger"].get(f"{address}/data/series").status_code == 404


def test_an_order_of_fields_is_no_order_of_groups(site, chart):
    """As a view has it that was another kind before."""
    address = chart(group=field(site, "kind"), order=[field(site, "kind"), field(site, "day")])
    assert site["admin"].get(address).status_code == 200


def test_sums_are_exact_and_of_own_records(site, chart):
    amount = {"kind": "sum", "field": field(site, "amount")}
    address = chart(measure=amount, group=field(site, "department"))
    drawn = series(site["admin"], address)
    assert numbers(drawn) == {"华南": 20000.0, "上海": 1000.5}
    assert (drawn["layers"][0]["texts"], drawn["total"]) == (
        ["¥20,000.00", "¥1,000.50"],
        "¥21,000.50",
    )


@pytest.mark.parametrize("setting", ["measure=sum:{}", "group={}", "split={}", "measure=max:{}"])
def test_a_hidden_field_is_as_one_that_does_not_exist(site, chart, setting):
    address = chart()

    def page(ref: int) -> str:
        answer = site["owner"].get(f"{address}?{setting.format(ref)}", partial=True)
        return re.sub(rf"\b{ref}\b|(?<=%3A){ref}\b", "REF", answer.text)

    hidden = page(field(site, "amount"))
    assert "¥" not in hidden and "1,000" not in hidden
    assert hidden.count("\n") == page(999_999).count("\n")
    assert re.sub(r"\d+", "0", hidden) == re.sub(r"\d+", "0", page(999_999))


def test_a_chart_over_a_hidden_field_shows_nothing(site, chart):
    address = chart(measure={"kind": "max", "field": field(site, "amount")})
    page = site["owner"].get(address)
    assert page.status_code == 200 and "No chart" in page.text
    assert "¥" not in page.text
    assert series(site["owner"], address) == {}


# ── every number opens its records ───────────────────────────────────────────


@pytest.mark.parametrize(
    "group",
    [
        "kind",
        "state",
        "owner",
        "department",
        "tags",
        "company",
        "people",
        "followed",
        "title",
        "start",
        "day",
    ],
)
@pytest.mark.parametrize("who", ["admin", "owner", "head"])
def test_every_number_opens_its_records(site, chart, grid, group, who):
    drawn = series(site[who], chart(group=field(site, group)))
    layer = drawn["layers"][0]
    assert drawn["categories"]
    for value, href in zip(layer["values"], layer["hrefs"], strict=True):
        if not value:
            continue
        path, query = href.split("?")
        size = site[who].get(f"{path}/data/size?{query}").json
        assert size["shown"] == value, href


def test_the_records_behind_keep_the_filter(site, chart, grid):
    east = {
        "field": field(site, "department"),
        "op": "is",
        "value": site.world.departments["上海"].id,
    }
    drawn = series(site["admin"], chart(group=field(site, "state"), filter=east))
    for value, href in zip(drawn["layers"][0]["values"], drawn["layers"][0]["hrefs"], strict=True):
        path, query = href.split("?")
        assert site["admin"].get(f"{path}/data/size?{query}").json["shown"] == value == 1


def test_without_a_grid_numbers_open_nothing(site, chart):
    assert set(series(site["admin"], chart())["layers"][0]["hrefs"]) == {None}


# ── arranging ────────────────────────────────────────────────────────────────


def test_times_have_no_gaps(site, chart):
    site.world.visit("后来", start="2026-11-07 08:00")
    drawn = series(site["admin"], chart(group=field(site, "start"), bucket="day"))
    assert list(numbers(drawn).values()) == [1, 1, 0, 0, 1, 1]
    assert drawn["categories"][-1] == "Without"
    months = series(site["admin"], chart(group=field(site, "start"), bucket="quarter"))
    assert numbers(months) == {"Q4": 3, "Without": 1}


def many(site, count: int) -> None:
    for number in range(count):
        site.world.visit(f"拜访{number:02}", people=number, state="计划" if number % 2 else "完成")


def test_beyond_the_top_lies_the_rest(site, chart, grid):
    many(site, 30)
    address = chart(group=field(site, "title"), top=5, order="key")
    ring = series(site["admin"], f"{address}?chart=pie")
    assert len(ring["categories"]) == 6
    assert ring["layers"][0]["values"][-1] == 28
    path, query = ring["layers"][0]["hrefs"][-1].split("?")
    assert site["admin"].get(f"{path}/data/size?{query}").json["shown"] == 28
    assert len(series(site["admin"], address)["categories"]) == 5  # bars say it in words
    assert "the others: 28" in site["admin"].get(address).text


def test_layers_add_up(site, chart):
    many(site, 6)
    drawn = series(site["admin"], chart(group=field(site, "state"), split=field(site, "kind")))
    columns = zip(*(layer["values"] for layer in drawn["layers"]), strict=True)
    assert [str(int(sum(one))) for one in columns] == drawn["wholes"]
    assert {layer["name"] for layer in drawn["layers"]} == {"上门", "电话", "Without"}


def test_an_average_is_not_added_up(site, chart):
    many(site, 40)
    average = {"kind": "avg", "field": field(site, "people")}
    drawn = series(site["admin"], chart(group=field(site, "title"), measure=average, top=3))
    assert len(drawn["categories"]) == 3
    assert drawn["total"] == "19"  # of 0 … 39 and of 3 and 5, to the whole number


# ── bad input, work, options ─────────────────────────────────────────────────


@pytest.mark.parametrize(
    "query",
    [
        *("chart=cake", "group=x", "group=", "bucket=hour", "measure=sum", "measure=sum:x"),
        *(
            "measure=:",
            "split=x",
            "order=up",
            "top=0",
            "top=-1",
            "top=x",
            "top=²",
            "top=999999999999",
        ),
        *("filter=x", "filter=1", "group=1e9", "measure=max:1"),
    ],
)
def test_odd_settings_are_answered_in_words(site, chart, query):
    address = chart()
    name, _equals, value = query.partition("=")
    for path in (address, f"{address}/data/series", f"{address}/tile"):
        assert site["admin"].get(f"{path}?{name}={quote(value)}").status_code in {200, 422}


def test_too_many_groups_are_said_in_words(site, chart, monkeypatch):
    many(site, 12)
    address = chart(group=field(site, "title"))
    monkeypatch.setattr(limits, "GROUPS", 5)
    page = site["admin"].get(address)
    assert page.status_code == 200 and "Narrow the filter" in page.text


def test_thirty_records_take_the_queries_of_three(site, chart, grid):
    address = chart(group=field(site, "company"), split=field(site, "department"))
    counts = []
    for _round in range(2):
        site["owner"].get(address)
        with statements() as sent:
            assert site["owner"].get(address).status_code == 200
            assert site["owner"].get(f"{address}/tile").status_code == 200
        counts.append(len(sent))
        east = site.world.departments["上海"].id
        for number in range(30):
            made = site.world.company(f"企业{number}")
            site.world.visit(f"拜访{number}", company=[made], department=east)
    assert counts[0] == counts[1]


def test_settings_are_saved_into_the_view(site, chart):
    address, admin = chart(), site["admin"]
    wanted = {"chart": "line", "group": field(site, "start"), "bucket": "week", "top": 7}
    assert admin.post(f"{address}/options", wanted).status_code == 200
    stored = models.View.get_by_id(int(address.rpartition("/")[2])).options
    assert {key: stored[key] for key in wanted} == wanted
    refused = admin.post(f"{address}/options", {"group": 999_999})
    assert refused.status_code == 422 and refused.json["error"]
    assert site["owner"].post(f"{address}/options", wanted).status_code == 403


def test_names_are_no_markup(site, chart):
    evil = "</script><img src=x onerror=alert(1)>"
    site.world.visit(evil)
    page = site["admin"].get(chart(group=field(site, "title"))).text
    assert evil not in page and "onerror=alert(1)&gt;" in page


def test_the_table_says_the_same(site, chart, grid):
    address = chart()
    page = site["admin"].get(address).text
    assert '<th scope="row">上门</th>' in page
    drawn = series(site["admin"], address)
    assert all(html.escape(href) in page for href in drawn["layers"][0]["hrefs"])
