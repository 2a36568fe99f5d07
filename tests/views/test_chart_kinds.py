"""Kinds of charts: each draws what its people may see, and every number opens its records."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from tests.counting import statements
from tests.views.test_calendar import shown
from tests.views.test_chart import field, numbers, series
from tracker import db, models, records, schema
from views.charts import kinds

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
LOGGED = {"stage_funnel", "time_in_stage"}


@pytest.fixture
def grid(site) -> str:
    return shown(site, "grid", {})


def options(site, key: str, **more) -> dict:
    """Options that suit the kind of chart."""
    amount = {"kind": "sum", "field": field(site, "people")}
    own: dict[str, dict[str, Any]] = {
        "combo": {"more": [amount]},
        "scatter": {"more": [amount]},
        "gauge": {"target": "4"},
        "number": {"compare": {"date": field(site, "day"), "span": "this_month"}},
    }
    usual: dict[str, Any] = {
        "chart": key,
        "group": field(site, "state" if key in LOGGED else "kind"),
        "split": field(site, "department") if key in {"heatmap", "stacked", "full"} else None,
        "measure": {"kind": "count", "field": None},
        "more": [],
    }
    return {**usual, **own.get(key, {}), **more}


def opened(browser, href: str) -> int:
    path, query = href.split("?") if "?" in href else (href, "")
    return browser.get(f"{path}/data/size?{query}").json["shown"]


def moved(site) -> None:
    """A few moves: on, back and past a stage."""
    system, visits, ids = site.world.viewer("admin"), site.world.visits, site.world.ids
    for name, stage in (("bare", "计划"), ("bare", "取消"), ("south", "完成"), ("south", "计划")):
        records.update(system, visits, ids[name], {"state": stage}, via="grid")


@SQLITE
def test_every_kind_draws_for_everybody_and_opens_what_it_counts(site, grid):
    moved(site)
    assert len(list(kinds.registry)) == 17
    view = shown(site, "chart", options(site, "bar"))
    for kind in kinds.registry:
        models.View.update(options=options(site, kind.key)).where(
            models.View.id == int(view.rpartition("/")[2])
        ).execute()
        for who in ("admin", "owner", "head"):
            browser = site[who]
            drawn = series(browser, view)
            assert drawn["chart"] == kind.key and drawn["categories"], (kind.key, who)
            for layer in drawn["layers"][:1]:
                for value, href in zip(layer["values"], layer["hrefs"], strict=True):
                    if href and kind.key != "time_in_stage":
                        assert opened(browser, href) == value, (kind.key, who, href)
            page = browser.get(view)
            assert page.status_code == 200 and "<table" in page.text
            assert browser.get(f"{view}/tile").status_code == 200
            assert browser.get(f"{view}/data/drawing").status_code == 200
            book = browser.get(f"{view}/data/xlsx")
            assert book.status_code == (403 if who == "owner" else 200), (kind.key, who)
            if who == "head":
                rows = list(openpyxl.load_workbook(io.BytesIO(book.data)).active.values)
                assert rows[1][1] == drawn["layers"][0]["values"][0], kind.key
        for what in ("", "/tile", "/data/series", "/data/drawing", "/data/xlsx"):
            assert site["stranger"].get(f"{view}{what}").status_code == 404


@SQLITE
def test_every_number_of_the_stage_funnel_opens_its_records(site, grid):
    moved(site)
    view = shown(site, "chart", options(site, "stage_funnel"))
    for who in ("admin", "owner", "head"):
        drawn = series(site[who], view)
        checked = 0
        for layer in drawn["layers"]:
            for value, href in zip(layer["values"], layer["hrefs"], strict=True):
                if href:
                    checked += 1
                    assert opened(site[who], href) == value, (who, layer["key"])
        assert checked
    told = {one["key"]: one["values"] for one in series(site["admin"], view)["layers"]}
    assert told["entered"] == [2, 2, 1] and told["skipped"][0] == 1
    assert told["came_back"] == [0, 1, 0]
    href = series(site["admin"], view)["layers"][0]["hrefs"][0]
    assert "entered “计划”" in site["admin"].get(href).text
    for wrong in ("x", "1.2.3", "99.entered.1.1.", f"{field(site, 'state')}.entered.9.9."):
        assert site["admin"].get(f"{grid}?moved={wrong}").status_code == 422


@SQLITE
def test_a_hidden_stage_is_not_there(site, grid):
    moved(site)
    state = field(site, "state")
    view = shown(site, "chart", options(site, "stage_funnel"))
    models.FieldRight.create(role=site.world.roles["staff"], field=state, level="hidden")
    with db.write():
        schema.changed()
    assert series(site["owner"], view) == {}
    assert "No chart" in site["owner"].get(view).text
    assert site["owner"].get(f"{grid}?moved={state}.entered.1.1-2.").status_code == 422
    assert series(site["head"], view)["categories"]


@SQLITE
def test_thirty_moves_take_the_queries_of_three(site, grid):
    view = shown(site, "chart", options(site, "stage_funnel"))
    counts = []
    for _round in range(2):
        for key in ("stage_funnel", "time_in_stage", "combo"):
            site["head"].get(f"{view}?chart={key}")
            with statements() as sent:
                assert site["head"].get(f"{view}?chart={key}").status_code == 200
            counts.append(len(sent))
        east = site.world.departments["上海"].id
        for number in range(30):
            site.world.visit(f"拜访{number}", state="计划", department=east)
    assert counts[:3] == counts[3:]


def test_different_values_are_counted_in_weeks_and_quarters(site):
    for number, day in enumerate(["2026-11-02", "2026-11-03", "2026-11-03", "2026-08-30"]):
        site.world.visit(str(number), day=day, people=number % 2)
    unique = {"kind": "unique", "field": field(site, "people")}
    view = shown(site, "chart", options(site, "bar", group=field(site, "day"), measure=unique))
    quarters = series(site["admin"], f"{view}?bucket=quarter&gaps=gap")
    assert numbers(quarters) == {"Q3": 1, "Q4": 4, "Without": 0}  # of 0, 1, 3, 5
    both = site.world.visit("两家", day="2026-11-03", company=[site.world.ids["medical"]])
    company = {"kind": "unique", "field": field(site, "company")}
    for who, expected in (("admin", {"Q3": 0, "Q4": 2, "Without": 0}), ("owner", {"Q4": 1})):
        linked = shown(site, "chart", options(site, "bar", group=field(site, "day")))
        drawn = series(site[who], f"{linked}?bucket=quarter&measure=unique:{company['field']}")
        assert {key: numbers(drawn)[key] for key in expected} == expected and both
    weeks = numbers(series(site["admin"], f"{view}?bucket=week"))
    assert weeks["11-02 – 11-08"] == 4 and weeks["08-24 – 08-30"] == 1
    assert weeks["09-07 – 09-13"] is None


@SQLITE
def test_settings_of_groups(site, grid):
    """Running totals, gaps, orders, targets, several measures; wrong ones answered in words."""
    site.world.visit("后来", day="2026-11-07", people=4)
    admin = site["admin"]
    view = shown(site, "chart", options(site, "line", group=field(site, "day"), bucket="day"))
    running = series(admin, f"{view}?cumulative=1")
    assert list(numbers(running).values())[:5] == [1, 2, 2, 2, 3]
    assert opened(admin, running["layers"][0]["hrefs"][4]) == 3
    gaps = series(admin, f"{view}?gaps=gap")
    assert list(numbers(gaps).values())[:5] == [1, 1, None, None, 1]
    kind = field(site, "kind")
    for number in range(3):
        site.world.visit(f"再{number}", kind="电话")
    for ranking, first in (("label", "上门"), ("value", "电话"), ("value_up", "上门")):
        drawn = series(admin, f"{view}?group={kind}&ranking={ranking}")
        assert (drawn["categories"][0], drawn["categories"][-1]) == (first, "Without")
    several = series(admin, f"{view}?more=sum:{field(site, 'people')},avg:{field(site, 'people')}")
    assert [one["name"] for one in several["layers"]][1:] == ["Sum of 人数", "Average of 人数"]
    money = f"{view}?chart=gauge&measure=sum:{field(site, 'amount')}&target=50000.5"
    assert series(admin, money)["targets"] == "¥50,000.50"
    for wrong in (
        "chart=gauge",
        "target=x",
        "during=x&chart=stage_funnel",
        "compare=x&chart=number",
    ):
        page = admin.get(f"{view}?{wrong}")
        assert page.status_code == 200 and "No chart" in page.text, wrong


@SQLITE
def test_settings_are_kept_for_when_they_are_wanted_again(site):
    admin = site["admin"]
    view = shown(site, "chart", options(site, "bar"))
    wanted = {"chart": "stage_funnel", "group": field(site, "state"), "steps": [1, 2]}
    assert admin.post(f"{view}/options", {**wanted, "during": "this_year"}).status_code == 200
    stored = models.View.get_by_id(int(view.rpartition("/")[2])).options
    assert {key: stored[key] for key in wanted} == wanted and stored["during"] == "this_year"
    assert admin.post(f"{view}/options", {"chart": "number"}).status_code == 200
    kept = models.View.get_by_id(int(view.rpartition("/")[2])).options
    assert kept["group"] == wanted["group"]
    kind, day = field(site, "kind"), field(site, "day")
    for old, now in (
        ({"chart": "pie", "group": kind}, "ring"),
        ({"chart": "bar", "group": kind}, "hbar"),
        ({"chart": "bar", "group": kind, "split": field(site, "state")}, "stacked"),
        ({"chart": "bar", "group": day}, "bar"),
    ):
        assert series(admin, shown(site, "chart", old))["chart"] == now
    copied = site["owner"].form(
        f"{view}/copy?chart=bar&top=7&ranking=label", name="Mine", sharing="personal"
    )
    assert copied.status_code == 303
    mine = models.View.get(models.View.name == "Mine").options
    assert (mine["chart"], mine["top"], mine["ranking"]) == ("bar", 7, "label")
