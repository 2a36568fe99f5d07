"""One condition, three readings: SQL on both databases, Python and words agree."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import world as worlds
from tracker import conditions, fieldtypes, limits, permissions
from tracker.conditions import check, holds, sentence
from tracker.errors import Refused
from tracker.query import Query

SYSTEM = permissions.system()

OPERANDS = {
    "text": st.sampled_from(["东部", "首访", "IPO", "ipo", "%", "_", "\\", "空白", "a'b"]),
    "number": st.sampled_from(["0", "3", "5", "1000.5", "-1"]),
    "time": st.one_of(
        st.sampled_from(
            ["today", "this_month", "last_year", "2026-11-03", "2026-11-04", "2026-11-05"]
        ),
        st.integers(-400, 400).map(lambda days: {"days": days}),
        st.integers(1, 400).map(lambda days: {"last_days": days}),
        st.just(["2026-11-01", "2026-11-04"]),
    ),
    "kind": st.sampled_from(["上门", "电话", "线上"]),
    "tags": st.sampled_from(["重点", "风险", "回访"]),
    "state": st.sampled_from(["计划", "完成", "取消"]),
}
KEYS = (
    *("title", "day", "start", "kind", "tags", "state", "people", "amount"),
    *("followed", "owner", "department", "notes", "number", "company"),
)


@st.composite
def leaves(draw, table):
    field = table.field(draw(st.sampled_from(KEYS)))
    kind = fieldtypes.get(field)
    operator = draw(st.sampled_from(sorted(kind.operators)))
    leaf = {"field": field.id, "op": operator}
    wanted = kind.operators[operator].operand
    if wanted == "none":
        return leaf
    operand = OPERANDS.get(field.key, OPERANDS.get(kind.family, st.sampled_from([1, 2, 3, 4])))
    value = draw(st.lists(operand, min_size=1, max_size=3) if wanted == "values" else operand)
    return {**leaf, "value": value}


def trees(table):
    return st.recursive(
        leaves(table),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
            st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=6,
    )


@pytest.fixture
def world(database):
    world = worlds.build()
    worlds.sample(world)
    return world


def test_sql_and_python_agree(world):
    table = world.visits
    everything = {record.id: record.values for record in Query(SYSTEM, table).page(50).records}

    @settings(max_examples=300, suppress_health_check=list(HealthCheck))
    @given(trees(table))
    def agree(condition):
        by_sql = set(Query(SYSTEM, table).where(condition).ids())
        by_python = {
            key for key, values in everything.items() if holds(condition, table, values, SYSTEM)
        }
        assert by_sql == by_python

    agree()


def test_every_condition_can_be_said_in_both_languages(world):
    @settings(max_examples=100, suppress_health_check=list(HealthCheck))
    @given(trees(world.visits))
    def said(condition):
        for lang in ("zh", "en"):
            text = sentence(condition, world.visits, world.viewer("admin", lang).context)
            assert text and "{" not in text

    said()


def test_a_sentence_reads_like_one(world):
    condition = {
        "all": [
            {"field": "department", "op": "any_of", "value": [{"var": "my_departments_below"}]},
            {"field": "day", "op": "within", "value": "this_month"},
        ]
    }
    context = world.viewer("owner", "zh").context
    assert (
        sentence(condition, world.visits, context)
        == "「部门」属于 我的部门及下级 且 「日期」在 本月之内"
    )


def test_checking_puts_ids_for_names(world):
    context = SYSTEM.context
    checked = check({"field": "标题", "op": "contains", "value": "x"}, world.visits, context)
    assert checked["field"] == world.visits.field("title").id


@pytest.mark.parametrize(
    "broken",
    [
        "all",
        [],
        {},
        {"all": {}},
        {"field": "title"},
        {"field": "title", "op": "gt", "value": 1},
        {"field": "nosuch", "op": "is", "value": 1},
        {"field": "people", "op": "is", "value": "many"},
        {"field": "day", "op": "on", "value": {"days": "x"}},
        {"field": "day", "op": "on", "value": {}},
        {"field": "day", "op": "on", "value": [1, 2, 3]},
        {"field": "owner", "op": "is", "value": {"var": "nobody"}},
        {"field": {"x": 1}, "op": "is", "value": 1},
        {"field": "kind", "op": {"x": 1}, "value": 1},
        {"records": [1]},
    ],
)
def test_what_cannot_be_read_is_refused_in_words(world, broken):
    with pytest.raises(Refused) as refused:
        check(broken, world.visits, SYSTEM.context)
    assert refused.value.to("zh")


def test_depth_size_and_values_have_limits(world):
    leaf = {"field": "title", "op": "filled"}
    deep: dict = leaf
    for _ in range(limits.CONDITION_DEPTH):
        deep = {"not": deep}
    wide = {"all": [leaf] * (limits.CONDITION_LEAVES + 1)}
    many = {"field": "kind", "op": "any_of", "value": ["上门"] * (limits.CONDITION_VALUES + 1)}
    for condition in (deep, wide, many):
        with pytest.raises(Refused):
            check(condition, world.visits, SYSTEM.context)


def test_variables_stand_for_the_viewer(world):
    mine = {"field": "owner", "op": "is", "value": {"var": "me"}}
    assert Query(world.viewer("owner"), world.visits).where(mine).count() == 1
    assert Query(world.viewer("head"), world.visits).where(mine).count() == 0
    assert set(conditions.VARIABLES) == {
        "me",
        "my_department",
        "my_departments_below",
        "headed_departments",
    }
