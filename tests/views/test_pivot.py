"""Pivots: numbers as bare SQL says them, for each viewer; totals that no sum would give."""

from __future__ import annotations

import io
import json
import re
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import openpyxl
import pytest

from tests.counting import statements
from tests.views.test_calendar import shown
from tracker import models

OTHER_DAY = "2026-02-10"


@pytest.fixture(scope="module")
def site(standing):
    return standing


@pytest.fixture(scope="module")
def pivot(site):
    """Visits of two months and both sides, one of them in no group; a pivot over them."""
    more = {"department": site.world.departments["上海"].id, "owner": site.world.people["owner"].id}
    both = [site.ids["medical"], site.ids["electric"]]
    for place in range(3):
        company = both if place else [site.ids["medical"]]
        site.world.visit(
            f"更多{place}", day=OTHER_DAY, kind="上门", people=place * 10, company=company, **more
        )
    shown(site, "grid", {})
    return shown(site, "pivot", options(site))


@pytest.fixture
def crossed(site, pivot):
    """The pivot as it was made, whatever a test before has stored."""
    models.View.update(options=options(site)).where(models.View.kind == "pivot").execute()
    return pivot


def options(site, **changed) -> dict:
    usual = {
        "rows": [by(site, "kind")],
        "column": by(site, "day", "quarter"),
        "measures": [measure(), measure("avg", site, "people"), measure("unique", site, "company")],
    }
    return {**usual, **changed}


def by(site, key: str, bucket: str = "month") -> dict:
    return {"field": site.world.visits.field(key).id, "bucket": bucket}


def measure(kind: str = "count", site=None, key: str = "") -> dict:
    return {"kind": kind, "field": site.world.visits.field(key).id if key else None}


def numbers(browser, address: str, **params: str) -> dict:
    query = "&".join(f"{key}={quote(str(value))}" for key, value in params.items())
    answer = browser.get(f"{address}/data/numbers?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json


def values(told: dict) -> dict[str, list]:
    rows = {one["label"]: [number["value"] for number in one["numbers"]] for one in told["rows"]}
    return {**rows, "": [one["value"] for one in told["total"]]}


def test_everybody_crosses_their_own_records(site, crossed):
    told = numbers(site["admin"], crossed)
    assert told["columns"] == ["Q1", "Q2", "Q3", "Q4", "Without", "Together"]
    assert values(told)["上门"] == [3, 10.0, 2, *[None] * 6, 1, 3.0, 1, *[None] * 3, 4, 8.25, 2]
    assert values(told)[""][-3:] == [6, 7.6, 2]
    for who in ("owner", "head"):
        assert values(numbers(site[who], crossed))[""][-3:] == [5, 8.25, 2]
    assert values(numbers(site["colleague"], crossed))[""][-3:] == [1, 5.0, 1]
    for path in (crossed, f"{crossed}/data/numbers", f"{crossed}/data/export"):
        assert site["stranger"].get(path).status_code == 404


def test_records_in_several_groups_count_once_in_totals_and_in_the_rest(site, crossed):
    asked = {"row": by(site, "kind")["field"], "column": by(site, "company")["field"]}
    people = by(site, "people")["field"]
    told = numbers(site["admin"], crossed, **asked, m1="count", m2=f"sum:{people}")
    assert told["columns"] == ["重庆医疗", "上海电气", "Without", "Together"]
    assert values(told)["上门"] == [4, 33, 2, 30, None, None, 4, 33]
    told = numbers(site["admin"], crossed, **asked, m1="count", m2=f"sum:{people}", top="1")
    assert told["columns"] == ["重庆医疗", "2 others", "Together"]
    assert values(told)["上门"] == [4, 33, 2, 30, 4, 33]


def test_every_number_opens_exactly_its_records(site, crossed):
    people = by(site, "people")["field"]
    cases = [{}, {"row2": by(site, "state")["field"], "top": "1"}]
    cases += [{"row": by(site, "tags")["field"], "column": by(site, "company")["field"]}]
    cases += [{**cases[2], "top": "1"}, {"row": by(site, "followed")["field"], "column": ""}]
    cases += [{"row": by(site, "day")["field"], "row_by": "week", "column": people, "top": "2"}]
    for who in ("admin", "owner"):
        for params in cases:
            told = numbers(site[who], crossed, m1="count", **params)
            lines = [one["numbers"] for one in [*told["rows"], {"numbers": told["total"]}]]
            for number in [one for line in lines for one in line if one["value"]]:
                view, _mark, query = number["href"].partition("?")
                size = site[who].get(f"{view}/data/size?{query}").json
                assert size["shown"] == number["value"], (who, params, urlsplit(number["href"]))


def test_the_filter_of_the_page_stays_in_what_numbers_open(site, crossed):
    only = json.dumps({"field": by(site, "kind")["field"], "op": "filled"})
    told = numbers(site["admin"], crossed, filter=only, q="首访")
    asked = parse_qs(urlsplit(told["total"][-1]["href"]).query)
    assert (asked["q"], json.loads(asked["filter"][0])) == (["首访"], json.loads(only))


def test_hidden_fields_degrade_and_tell_nothing(site, crossed):
    """As a field that does not exist, in every place; a pivot without rows says what to do."""
    hidden = by(site, "amount")["field"]
    for place in ("row2={}", "column={}", "m1=sum:{}", "m1=unique:{}", "rank=-m1:{}"):
        pages = [
            re.sub(
                rf"(=|%3A|:){ref}(?!\d)", r"\1REF", _drawn(site, f"{crossed}?{place.format(ref)}")
            )
            for ref in (hidden, 999_999)
        ]
        assert pages[0] == pages[1], place
        assert "金额" not in pages[0]
    page = site["owner"].get(f"{crossed}?row={hidden}&row2=")
    assert page.status_code == 200 and "needs a field for its rows" in page.text
    view = models.View.get_by_id(int(crossed.rpartition("/")[2]))
    view.options = options(site, measures=[measure("sum", site, "amount")])
    view.save()
    assert "left out" in site["owner"].get(crossed).text
    assert "left out" not in site["admin"].get(crossed).text


def _drawn(site, address: str) -> str:
    return site["owner"].get(address, partial=True).text


def test_rows_are_sorted_by_any_column_and_paged(site, crossed, monkeypatch):
    def labels(rank: str) -> list[str]:
        return [one["label"] for one in numbers(site["admin"], crossed, rank=rank)["rows"]]

    assert labels("name") == ["上门", "电话", "Without"]
    assert labels("-name") == ["Without", "电话", "上门"]
    assert labels("-m0") == ["上门", "电话", "Without"]
    assert labels("m1") == ["电话", "上门", "Without"]  # the one without a number is last
    assert labels("-m1:2026-Q4") == ["电话", "上门", "Without"]
    assert labels("x'\"") == labels("name")
    monkeypatch.setattr("tracker.limits.PIVOT_ROWS", 2)
    page = site["admin"].get(crossed).text
    assert "Rows 1 to 2 of 3" in page and "from=2" in page
    assert "Rows 3 to 3 of 3" in site["admin"].get(f"{crossed}?from=2").text


def test_the_workbook_holds_what_may_leave_and_nothing_else(site, crossed):
    assert site["owner"].get(f"{crossed}/data/export").status_code == 403
    answer = site["head"].get(f"{crossed}/data/export?rank=-m0&row2={by(site, 'state')['field']}")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    assert rows[0][:3] == ["方式", "状态", "Q1 · Number of records"]
    assert rows[1][:4] == ["上门", None, 3, 10]
    assert rows[-1][0] == "All records"
    assert rows[-1][-3:] == [5, 8.25, 2]


def test_options_are_checked(site, crossed):
    good = options(site, top=3, share="row", heat=True, rank="-m0")
    saved = site["admin"].post(f"{crossed}/options", good)
    assert saved.status_code == 200
    kept = models.View.get_by_id(int(crossed.rpartition("/")[2])).options
    assert (kept["top"], kept["rank"], kept["measures"][0]) == (3, "-m0", measure())
    page = site["admin"].get(crossed).text
    assert "heat-5" in page and "100.0%" in page
    row = by(site, "kind")
    refused: tuple[dict[str, Any], ...] = (
        {"rows": []},
        {"rows": [{"field": 999_999}]},
        {"rows": [row, row]},
        {"column": row},
        {"column": {"field": by(site, "notes")["field"] + 10_000}},
        {"measures": [{"kind": "sum", "field": by(site, "kind")["field"]}]},
        {"measures": [{"kind": "evil"}]},
        {"top": 41},
        {"top": -1},
        {"rows": "x", "measures": 3},
    )
    for bad in refused:
        assert site["admin"].post(f"{crossed}/options", bad).status_code == 422, bad


def test_a_pivot_of_too_many_groups_says_so(site, crossed, monkeypatch):
    monkeypatch.setattr("tracker.limits.PIVOT_CELLS", 2)
    page = site["admin"].get(crossed)
    assert page.status_code == 200 and "more than 2 groups" in page.text


def test_queries_are_as_many_for_thirty_records(site, crossed):
    site["head"].get(crossed)
    with statements() as few:
        site["head"].get(crossed)
    for place in range(30):
        site.world.visit(f"又{place}", day=f"2026-0{place % 9 + 1}-11", kind="线上", people=1)
    with statements() as many:
        site["head"].get(crossed)
    assert len(many) == len(few)
