"""Groups, figures and colours of the grid: what SQL counts, and what stays closed."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import quote

import pytest

from tests.counting import statements
from tracker import db, grouped, models, permissions, records, schema
from tracker.query import Query

EAST, SOUTH = 6, 4
ALONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def grid(site) -> str:
    """The address of a grid of ten more visits on both sides, shown to every role."""
    world = site.world
    for number in range(EAST + SOUTH):
        east = number < EAST
        world.visit(
            f"组{number}",
            company=[site.ids["medical"]] if number % 2 else [],
            owner=world.people["owner" if east else "colleague"].id,
            department=world.departments["上海" if east else "华南"].id,
            day=f"2026-{number % 3 + 9:02}-1{number % 4}",
            start=f"2026-11-{number + 1:02} 20:30",
            kind=number % 3 + 1,
            tags=[[1], [1, 2], []][number % 3],
            people=number,
            amount=100 * number,
            followed=number % 2 == 0,
        )
    with db.write():
        view = models.View.create(base=world.base.id, table=world.visits.id, kind="grid", name="G")
        models.Role.update(views=[view.id]).execute()
        schema.changed()
    return f"/v/{view.id}"


def spec(site, *levels: str) -> str:
    """``("kind", "-day:month")`` as the address writes it."""
    made = []
    for one in levels:
        key, colon, bucket = one.lstrip("-").partition(":")
        made.append(("-" if one[0] == "-" else "") + site.field(key) + colon + bucket)
    return ",".join(made)


def sizes(site, grid: str, who: str, *levels: str, **more: str) -> dict:
    params = "&".join(f"{key}={quote(text)}" for key, text in more.items())
    answer = site[who].get(f"{grid}/data/size?group={spec(site, *levels)}&{params}")
    assert answer.status_code == 200, (levels, answer.text)
    return answer.json


def plain(site, who: str) -> Query:
    return Query(site.world.viewer(who), site.world.visits)


LEVELS = (
    ("kind",),
    ("-state",),
    ("tags",),
    ("company",),
    ("owner", "followed"),
    ("department", "kind", "day:quarter"),
    ("start:week",),
    ("start:day", "people"),
    ("-day:month",),
    ("day:year", "title"),
    ("created_at:month",),
)


def test_groups_and_figures_say_what_the_records_say(site, grid):
    counts_are_those_of_bare_records(site, grid)
    order_is_of_names_and_options(site, grid)
    first_rows_are_of_the_first_group(site, grid)
    groups_follow_a_change(site, grid)
    figures_are_those_of_the_values(site, grid)


@ALONE
def test_groups_answer_anything_and_ask_little(site, grid):
    odd_looks_are_answered(site, grid)
    queries_stay_as_many(site, grid)


def counts_are_those_of_bare_records(site, grid):
    """Every level, for one who sees all and one who sees a part: counts, sums, places."""
    for who in ("admin", "owner"):
        total = plain(site, who).count()
        for levels in LEVELS:
            body = sizes(site, grid, who, *levels)
            groups = body["groups"]
            assert body["shown"] == total
            depth = len(levels) - 1
            for level in range(depth + 1):
                assert sum(one[1] for one in groups if one[0] == level) == total, (who, levels)
            asked = f"group={spec(site, *levels)}&ranges=0-{total - 1}&at={body['at']}"
            assert groups[0][0] == 0
            chunk = site[who].get(f"{grid}/data/chunk?{asked}")
            assert chunk.text.count("data-id=") == total
    query = plain(site, "admin")
    bare = Counter(record[site.world.visits.field("kind")] for record in query.page(500).records)
    found = {one[3]: one[1] for one in sizes(site, grid, "admin", "kind")["groups"]}
    assert found == {"" if key is None else str(key): n for key, n in bare.items()}


def order_is_of_names_and_options(site, grid):
    def labels(*levels: str) -> list[str]:
        return [one[3] for one in sizes(site, grid, "admin", *levels)["groups"]]

    assert labels("kind") == ["1", "2", "3", ""]
    assert labels("-kind") == ["3", "2", "1", ""]
    months = labels("day:month")
    assert months[:-1] == sorted(months[:-1])
    owners = sizes(site, grid, "admin", "owner")["groups"]
    names = [one[2] for one in owners]
    assert names.index("李娜") < names.index("王芳")  # by their sound: li, wang
    late = sizes(site, grid, "admin", "start:day")["groups"]
    assert any(one[3] == "2026-11-01" for one in late)  # 20:30 in Shanghai is still that day


def first_rows_are_of_the_first_group(site, grid):
    for levels in LEVELS:
        query = plain(site, "owner")
        found = [level_of(site, one) for one in levels]
        path, inside = grouped.first(query, found)
        ids, groups = grouped.arranged(query, found)
        inner = next(one for one in groups if one.level == len(levels) - 1)
        assert (inner.keys, inner.count) == (path, inside.count()), levels
        assert inside.ids() == list(ids[: inner.count])


def level_of(site, text: str) -> grouped.Level:
    key, _colon, bucket = text.lstrip("-").partition(":")
    by = grouped.By(site.world.visits.field(key), bucket or "month")
    return grouped.Level(by, text.startswith("-"))


@ALONE
def test_what_is_closed_groups_sums_and_colours_nothing(site, grid):
    """A hidden field is as if it were not there; rows out of reach count nowhere."""
    amount = site.field("amount")
    rule = [{"when": {"field": int(amount), "op": "gt", "value": 100}, "color": "red"}]
    for what in ("", "/data/size", "/data/summary", "/data/marks"):
        asked = f"{grid}{what}?group={amount}&sum={amount}:sum&ids=1"
        assert site["owner"].get(asked).data == site["owner"].get(
            asked.replace(amount, "9999")
        ).data.replace(b"9999", amount.encode())
    colored = f"{grid}/data/marks?ids=1&colors={quote(json.dumps(rule))}"
    assert site["owner"].get(colored).status_code == 422
    assert site["admin"].get(colored).status_code == 200
    view = models.View.get_by_id(int(grid.rpartition("/")[2]))
    saved = [{"field": int(amount), "desc": False}]
    figures = {amount: "sum", site.field("people"): "sum"}
    with db.write():
        view.options = {"group_by": saved, "summaries": figures, "colors": rule}
        view.save()
    assert "groups" not in site["owner"].get(f"{grid}/data/size").json
    assert "groups" in site["admin"].get(f"{grid}/data/size").json
    mine = site["owner"].get(f"{grid}/data/summary").json
    assert list(mine["all"]) == [site.field("people")]
    assert mine["all"][site.field("people")] == f"{sum(range(EAST)) + 3:,}"
    assert site["owner"].get(grid).text.count("is-edged") == 0
    assert site["admin"].get(f"{grid}/data/chunk?ranges=0-9").text.count("is-edged") > 0


FIGURES = (
    ("people", "sum", None),
    ("people", "avg", None),
    ("amount", "sum", None),
    ("amount", "max", None),
    ("day", "earliest", None),
    ("day", "latest", None),
    ("followed", "checked_share", None),
    ("followed", "unchecked", None),
    ("company", "filled", None),
    ("company", "filled_share", None),
    ("kind", "unique", None),
    ("tags", "empty", None),
    ("created_at", "latest", None),
)


def figures_are_those_of_the_values(site, grid):
    def figures(query: str) -> dict:
        return site["admin"].get(f"{grid}/data/summary?{query}").json

    for key, kind, _text in FIGURES:
        field = site.field(key)
        body = figures(f"sum={field}:{kind}&group={site.field('kind')},{site.field('followed')}")
        assert body["kinds"] == {field: kind}
        groups = sizes(site, grid, "admin", "kind", "followed")["groups"]
        assert len(body["groups"]) == len(groups)
        if kind in {"filled", "unchecked", "empty"}:
            pairs = zip(body["groups"], groups, strict=True)
            outer = [int(one[0]) for one, group in pairs if group[0] == 0]
            assert sum(outer) == int(body["all"][field])
    all_of = plain(site, "admin").page(500).records
    people = [one[site.world.visits.field("people")] for one in all_of]
    filled = [one for one in people if one is not None]
    field = site.field("people")
    assert figures(f"sum={field}:sum")["all"][field] == f"{sum(filled):,}"
    assert figures(f"sum={field}:avg")["all"][field] == f"{sum(filled) / len(filled):,.1f}"
    for number in (9 * 10**18, 9 * 10**18):
        site.world.visit("大", people=number)
    assert figures(f"sum={field}:sum")["all"][field] == f"{sum(filled) + 18 * 10**18:,}"
    for odd in (f"{field}:nope", "x:sum", f"{site.field('title')}:sum", ":", "²:sum"):
        assert figures(f"sum={quote(odd)}")["all"] == {}


@ALONE
def test_colours_and_what_a_view_keeps(site, grid):
    amount, kind = int(site.field("amount")), int(site.field("kind"))
    called = {"field": kind, "op": "any_of", "value": [2]}
    rules = [
        {"when": called, "color": "red", "paint": "row"},
        {"by": kind, "paint": "cell", "field": amount},
        {"by": kind, "paint": "edge"},
    ]
    admin = site["admin"]
    kept = {
        "group_by": [{"field": kind, "desc": True}],
        "summaries": {str(amount): "sum"},
        "colors": rules,
        "row_height": "tall",
        "frozen": 2,
    }
    assert admin.post(f"{grid}/options", json=kept).status_code == 200
    page = admin.get(grid).text
    assert 'data-height="tall" data-frozen="2" data-coloured="1"' in page
    query = plain(site, "admin")
    ids = query.ids()
    marks = admin.get(f"{grid}/data/marks?ids={','.join(map(str, ids))}").json
    field = site.world.visits.field("kind")
    for record in query.page(500).records:
        mark = marks[str(record.id)]
        assert (mark["row"] == "red") == (record[field] == 2)
        assert bool(mark["cells"]) == bool(mark["edge"]) == (record[field] is not None)
    assert "is-filled tag-red" in admin.get(f"{grid}/data/chunk?from=0").text
    assert "is-edged" in admin.get(f"{grid}/data/cards").text
    wrong: tuple[dict[str, Any], ...] = (
        {"group_by": [{"field": int(site.field("notes"))}]},
        {"group_by": [{"field": kind, "bucket": "hour"}]},
        {"group_by": [{"field": kind}] * 4},
        {"group_by": "x"},
        {"summaries": {str(kind): "sum"}},
        {"summaries": []},
        {"colors": [{"by": amount}]},
        {"colors": [{"when": called, "color": "puce"}]},
        {"colors": [{"paint": "roof"}]},
        {"colors": 1},
        {"row_height": "giant"},
        {"frozen": 0},
        {"frozen": "2"},
    )
    for bad in wrong:
        assert admin.post(f"{grid}/options", json=bad).status_code == 422, bad


ODD_GROUPS = ("x", "-", ",,", "9" * 40, "²", "1:hour", "1,1,1,1,1", "--1", "company:month")


def odd_looks_are_answered(site, grid):
    for path in ("", "/data/size", "/data/chunk", "/data/cards", "/data/summary", "/builder"):
        for odd in ODD_GROUPS:
            asked = f"{grid}{path}?group={quote(odd)}&rows={quote(odd)}&frozen={quote(odd)}"
            assert site["admin"].get(asked).status_code == 200, asked
        for odd in ("x", "{}", "[1]", '[{"by":"²"}]', "[[]]"):
            assert site["admin"].get(f"{grid}{path}?colors={quote(odd)}").status_code in {200, 422}
    for odd in ("x", "1", "5-1", "1-x", "0-99999", "-1-2", "0-1,,"):
        answer = site["admin"].get(f"{grid}/data/chunk?ranges={quote(odd)}")
        assert answer.status_code in {200, 413, 422}, odd


def queries_stay_as_many(site, grid):
    looks = f"group={spec(site, 'kind', 'company')}&sum={site.field('people')}:sum"
    rule = quote(json.dumps([{"by": int(site.field("kind"))}]))

    def counts() -> dict:
        found = {}
        for path in ("", "/data/size", "/data/chunk", "/data/summary"):
            asked = f"{grid}{path}?{looks}&colors={rule}"
            site["owner"].get(asked)
            with statements() as sent:
                site["owner"].get(asked)
            found[path] = len(sent)
        return found

    few = counts()
    for number in range(30):
        site.world.visit(f"更多{number}", kind=1, company=[site.ids["electric"]], people=1)
    assert counts() == few


def groups_follow_a_change(site, grid):
    before = {one[3]: one[1] for one in sizes(site, grid, "admin", "kind")["groups"]}
    changed = site.ids["east"]
    records.update(permissions.system(), site.world.visits, changed, {"kind": 3}, via="test")
    after = {one[3]: one[1] for one in sizes(site, grid, "admin", "kind")["groups"]}
    assert (after["1"], after["3"]) == (before["1"] - 1, before["3"] + 1)
