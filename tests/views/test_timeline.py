"""The timeline's answers: bars of one's own rows, on their days, in lanes; what is set for it."""

from __future__ import annotations

import pytest

from tests.counting import statements
from tests.views.test_calendar import shown
from tracker import db, limits, models, permissions, schema, tables

SYSTEM = permissions.system()
NOVEMBER = "start=2026-10-01&end=2026-12-01"
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def line(site):
    """A timeline of the visits from a day to another; its address."""
    visits = site.world.visits
    tables.add_field(SYSTEM, visits, "date", "到", key="until")
    tables.add_field(SYSTEM, site.world.visits, "progress", "进度", key="done")
    link = {"table": visits.id}
    tables.add_field(SYSTEM, site.world.visits, "link", "前置", key="before", options=link)
    field = {one.key: one.id for one in site.world.visits.fields}
    usual = {"start": field["day"], "end": field["until"], "color": field["kind"]}
    usual |= {"progress": field["done"], "depends": field["before"], "group": field["department"]}

    def make(**options) -> str:
        return shown(site, "timeline", {**usual, **options})

    return make


def bars(browser, address: str, span: str = NOVEMBER) -> dict:
    return browser.get(f"{address}/data/bars?{span}&total=1").json


def by_title(answer: dict) -> dict[str, list]:
    return {one[2]: one for one in answer["bars"]}


def test_bars_of_ones_own_rows_on_their_days(site, line):
    address, world = line(), site.world
    east = world.departments["上海"].id
    for title, day, until in [
        ("跨月", "2026-09-20", "2026-10-05"),
        ("只有结束", None, "2026-11-30"),
        ("反了", "2026-10-03", "2026-09-01"),
        ("太早", "2026-09-01", "2026-09-30"),
        ("太晚", "2026-12-01", "2026-12-02"),
        ("太晚结束", None, "2026-12-01"),
    ]:
        world.visit(title, day=day, until=until, department=east, done="40%")
    found = by_title(bars(site["owner"], address))
    assert set(found) == {"东部首访", "跨月", "只有结束", "反了"}
    assert found["跨月"][3:5] == ["2026-09-20", "2026-10-05"]
    assert found["只有结束"][3:5] == [None, "2026-11-30"]
    assert found["跨月"][6:9] == [[east], False, 40.0]  # a head's visit: not theirs to move
    assert found["东部首访"][5:8] == ["blue", [east], True]
    answers = {who: bars(site[who], address) for who in ("admin", "owner", "colleague", "head")}
    assert set(by_title(answers["colleague"])) == {"南部首访"}
    assert [one[1] for one in answers["admin"]["lanes"]] == ["上海", "华南"]
    assert [one[1] for one in answers["colleague"]["lanes"]] == ["华南"]
    assert [answers[who]["undated"] for who in ("admin", "owner", "colleague")] == [1, 1, 0]
    assert [answers[who]["total"] for who in ("admin", "owner", "colleague")] == [9, 8, 1]
    assert [one[7] for one in answers["head"]["bars"]] == [False] * 4  # reads only
    undated = site["owner"].get(f"{address}/data/undated").json
    assert ([one[2] for one in undated["bars"]], undated["more"]) == (["空白"], False)
    assert site["stranger"].get(f"{address}/data/bars?{NOVEMBER}").status_code == 404
    assert (
        bars(site["owner"], address, "start=2027-02-01&end=2027-03-01")["nearest"] == "2026-12-01"
    )


@SQLITE
def test_hidden_fields_place_part_and_colour_nothing(site, line):
    field = {one.key: one.id for one in site.world.visits.fields}
    rule = {"when": {"field": field["amount"], "op": "gt", "value": 10}, "color": "red"}
    state = {"when": {"field": field["state"], "op": "is", "value": 2}, "color": "pink"}
    address = line(rules=[rule, state])
    colors = {who: by_title(bars(site[who], address))["东部首访"][5] for who in ("admin", "owner")}
    assert colors == {"admin": "red", "owner": "pink"}  # staff do not see amounts
    with db.write():
        for key in ("department", "kind"):
            models.FieldRight.create(
                role=site.world.roles["staff"], field=field[key], level="hidden"
            )
        schema.changed()
    answer = bars(site["owner"], address)
    assert (answer["lanes"], answer["bars"][0][6]) == ([], [0])
    with db.write():
        right = models.FieldRight
        right.create(role=site.world.roles["staff"], field=field["day"], level="hidden")
        schema.changed()
    page = site["owner"].get(address)
    assert page.status_code == 200 and "No dates to show" in page.text
    assert bars(site["owner"], address)["bars"] == []


@SQLITE
def test_odd_spans_limits_and_statements(site, line, monkeypatch):
    address = line()
    for span in ("", "start=x&end=y", "start=2026-12-01&end=2026-11-01"):
        assert site["owner"].get(f"{address}/data/bars?{span}").status_code == 422
    far = f"{address}/data/bars?start=1900-01-01&end=2100-01-01"
    assert site["owner"].get(far).status_code == 413
    assert site["owner"].get(f"{address}/data/nosuch").status_code == 404
    owner = site.world.people["owner"].id
    east = site.world.departments["上海"].id
    counts = []
    for more in (1, 30):
        for number in range(more):
            day = f"2026-11-{number % 28 + 1:02}"
            site.world.visit(f"访{number}", day=day, department=east, owner=owner)
        with statements() as sent:
            bars(site["owner"], address)
        counts.append(len(sent))
    assert counts[0] == counts[1]
    monkeypatch.setattr(limits, "TIMELINE_BARS", 5)
    cut = bars(site["owner"], address)
    assert len(cut["bars"]) == 5 and "the first 5 are shown" in cut["cut"]


@SQLITE
def test_what_is_set_is_checked(site, line):
    address = line()
    field = {one.key: one.id for one in site.world.visits.fields}
    good = {"start": field["day"], "end": field["until"], "zoom": "week", "group": field["owner"]}
    rule = {"when": {"field": field["day"], "op": "before", "value": "today"}, "color": "red"}
    save = f"{address}/options"
    assert site["admin"].post(save, {**good, "rules": [rule]}).status_code == 200
    stored = models.View.get(models.View.kind == "timeline").options
    assert (stored["group"], stored["zoom"]) == (field["owner"], "week")
    assert stored["colors"] == [{**rule, "paint": "edge"}]
    for wrong in (
        {"start": None},
        {"start": field["title"]},
        {"end": field["start"]},  # days and moments
        {"group": field["title"]},
        {"depends": field["company"]},
        {"progress": field["people"]},
        {"zoom": "decade"},
        {"rules": [{"when": {"field": 9999, "op": "empty"}, "color": "red"}]},
        {"rules": [{"when": rule["when"], "color": "mauve"}]},
        {"colors": [rule] * 21},
        {"colors": "x"},
    ):
        assert site["admin"].post(save, {**good, **wrong}).status_code == 422, wrong
    assert site["owner"].post(save, good).status_code == 403
    tile = site["owner"].get(f"{address}/tile")
    assert tile.status_code == 200 and "南部首访" not in tile.text
