"""Reading: pages by key, groups, days in the reader's zone, a constant number of statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from statistics import mean

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import world as worlds
from tests.counting import statements
from tracker import clock, permissions
from tracker.errors import Missing, Refused, TooMuch
from tracker.grouping import By, Measure, groups, span_of
from tracker.query import Query

SYSTEM = permissions.system()
MEASURES: dict[str, Callable[[list[int]], float]] = {
    "sum": sum,
    "min": min,
    "max": max,
    "avg": mean,
}
SORTABLE = ("title", "day", "start", "kind", "people", "amount", "owner", "number", "followed")


@pytest.fixture
def world(database):
    return worlds.build()


def fill(world, count: int) -> None:
    random = Random(7)
    medical, electric = world.company("重庆医疗"), world.company("上海电气")
    for number in range(count):
        world.visit(
            random.choice(["甲", "乙", "丙", "a", "B"]) + str(number % 4),
            company=random.choice([None, [medical], [medical, electric]]),
            day=random.choice([None, "2026-11-01", "2026-11-02", "2025-12-31"]),
            start=random.choice([None, "2026-11-01 00:10", "2026-10-31 23:50"]),
            kind=random.choice([None, "上门", "电话"]),
            tags=random.choice([None, ["重点"], ["重点", "风险"]]),
            people=random.choice([None, 1, 2, 3]),
            amount=random.choice([None, "1.50", "2000"]),
            followed=random.choice([None, True, False]),
            owner=random.choice([None, world.people["owner"].id]),
            department=world.departments["上海"].id,
        )


def test_pages_follow_each_other_without_gap_or_repeat_in_any_order(world):
    fill(world, 40)
    query = Query(SYSTEM, world.visits)

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.tuples(st.sampled_from(SORTABLE), st.booleans()),
            max_size=3,
            unique_by=lambda one: one[0],
        ),
        st.integers(1, 17),
    )
    def walk(sorts, size):
        ordered = query.order([{"field": field, "desc": desc} for field, desc in sorts])
        seen, after = [], None
        while True:
            page = ordered.page(size, after)
            seen += [record.id for record in page.records]
            if page.after is None:
                break
            after = page.after
        assert seen == ordered.ids()
        assert len(set(seen)) == 40

    walk()


def test_thirty_records_cost_as_many_statements_as_one(world):
    fill(world, 30)
    Query(world.viewer("owner"), world.visits).page(1)  # rights are read once, then kept
    counts = []
    for size in (1, 30):
        viewer = world.viewer("owner")
        with statements() as sent:
            query = Query(viewer, world.visits).order([{"field": "owner", "desc": True}])
            assert len(query.page(size).records) == size
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 12


def test_a_page_has_a_limit_that_is_named(world):
    for size in (0, -1, 501, 10**9):
        with pytest.raises(TooMuch):
            Query(SYSTEM, world.visits).page(size)


def test_a_key_of_another_order_is_refused(world):
    fill(world, 5)
    page = Query(SYSTEM, world.visits).order([{"field": "day"}]).page(2)
    with pytest.raises(Refused):
        Query(SYSTEM, world.visits).page(2, page.after)


def test_groups_count_what_python_counts(world):
    fill(world, 60)
    query = Query(SYSTEM, world.visits)
    everything = [query.one(one).values for one in query.ids()]
    for key in ("title", "kind", "owner", "followed", "department", "tags", "company"):
        field = world.visits.field(key)
        expected: Counter = Counter()
        for values in everything:
            value = values[field.id]
            expected.update(value if isinstance(value, list) else [value])
        found = {group.keys[0]: group.count for group in groups(query, [By(field)])}
        assert found == dict(expected), key


@pytest.mark.parametrize("kind", ["sum", "avg", "min", "max"])
def test_measures_agree_with_python(world, kind):
    fill(world, 60)
    query = Query(SYSTEM, world.visits)
    amount, by = world.visits.field("amount"), world.visits.field("kind")
    known: dict = {}
    for one in query.ids():
        values = query.one(one).values
        if values[amount.id] is not None:
            known.setdefault(values[by.id], []).append(values[amount.id])
    works: dict[str, Callable[[list[int]], float]] = {
        "sum": sum,
        "min": min,
        "max": max,
        "avg": mean,
    }
    work = works[kind]
    for group in groups(query, [By(by)], Measure(kind, amount)):
        assert group.number == pytest.approx(work(known.get(group.keys[0], [0])))


def test_a_moment_falls_on_the_day_of_the_readers_zone(world):
    world.visit("深夜", start="2026-11-04 23:30")
    world.visit("凌晨", start="2026-11-05 00:30")
    start = world.visits.field("start")
    here = Query(SYSTEM, world.visits)
    assert [group.keys for group in groups(here, [By(start)])] == [("2026-11-04",), ("2026-11-05",)]
    berlin = Query(SYSTEM.speaking("en", "Europe/Berlin"), world.visits)
    assert [group.keys for group in groups(berlin, [By(start)])] == [("2026-11-04",)]
    on = {"field": "start", "op": "on", "value": "2026-11-04"}
    assert here.where(on).count() == 1 and berlin.where(on).count() == 2


@pytest.mark.parametrize(
    ("bucket", "key", "span"),
    [
        ("day", "2026-11-04", ("2026-11-04", "2026-11-05")),
        ("week", "2026-11-02", ("2026-11-02", "2026-11-09")),
        ("month", "2026-11", ("2026-11-01", "2026-12-01")),
        ("quarter", "2026-Q4", ("2026-10-01", "2027-01-01")),
        ("year", "2026", ("2026-01-01", "2027-01-01")),
    ],
)
def test_time_groups_open_their_own_days(world, bucket, key, span):
    world.visit("一", day="2026-11-04")
    found = groups(Query(SYSTEM, world.visits), [By(world.visits.field("day"), bucket)])
    assert [group.keys for group in found] == [(key,)]
    assert span_of(key, bucket) == span


def test_long_texts_cannot_be_grouped(world):
    with pytest.raises(Refused):
        groups(Query(SYSTEM, world.visits), [By(world.visits.field("notes"))])


def test_search_finds_words_chinese_and_pinyin_initials(world):
    ids = worlds.sample(world)
    companies = Query(SYSTEM, world.companies)
    for text in ("医疗", "cqyl", "chongqing", "CQ", "yiliao"):
        assert companies.search(text).ids() == [ids["medical"]], text
    assert companies.search("%").ids() == []
    assert Query(SYSTEM, world.visits).search("ipo").ids() == [ids["east"]]


def test_search_does_not_look_into_hidden_fields(world):
    ids = worlds.sample(world)
    query = Query(world.viewer("owner"), world.visits)
    assert ids["east"] in query.search("首访").ids()
    assert query.search("1000").ids() == []


def test_a_missing_record_and_an_unseen_one_are_the_same(world):
    ids = worlds.sample(world)
    said = []
    for record_id in (ids["south"], 10**9):
        with pytest.raises(Missing) as missing:
            Query(world.viewer("owner"), world.visits).one(record_id)
        said.append(str(missing.value))
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]
)
def test_wall_time_goes_to_utc_and_back(zone):
    from datetime import datetime, timedelta

    moment = datetime(2026, 3, 1)  # noqa: DTZ001 - stored moments are naive
    while moment < datetime(2026, 11, 15):  # noqa: DTZ001
        local = clock.to_local(moment, zone)
        back = clock.to_local(clock.to_utc(local, zone), zone)
        assert back == local
        moment += timedelta(minutes=37)
