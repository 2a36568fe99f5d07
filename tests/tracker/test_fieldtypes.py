"""The contract every registered field type keeps, on every surface."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import orjson
import pytest

from tests import world as worlds
from tracker import db, fieldtypes, permissions, records, rows
from tracker.context import Context
from tracker.errors import Refused
from tracker.operators import FAMILIES
from tracker.query import Query
from tracker.schema import Field
from tracker.text import Text, catalog

SYSTEM = permissions.system()
KINDS = list(fieldtypes.registry)
GOOD: dict[str, list[Any]] = {
    "text": ["普通", "a b"],
    "long_text": ["一\n二"],
    "number": ["12", 7, "1,234", Decimal("3")],
    "currency": ["¥1,234.50", "12元", 7, "-3.10"],
    "percent": ["12.5", "12.5%", "12.5 ％", 0.125, Decimal("0.125"), "-3", "1,250"],
    "progress": ["0", "45%", 1, 0.455],
    "rating": ["4", 3, "4★", "★★★☆☆", "5/5", "3 stars", "2星", Decimal("2")],
    "duration": [
        "1:30",
        "1:30:15",
        "90",
        5400,
        "1h 30m",
        "1小时30分",
        "45 分钟",
        "-0:30",
        "1.5h",
        "2天",
    ],
    "barcode": ["6901234567892", {"text": "A-1"}, "https://x.cn/?a=1"],
    "location": [
        "31.2304,121.4737",
        "31.2304, 121.4737 人民广场",
        "geo:31.2304,121.4737",
        "北纬31.2304 东经121.4737",
        "31.2304 N, 0.1276 W",
        "-33.86；151.21, Sydney",
        {"latitude": 31.2304, "longitude": 121.4737, "text": "家"},
    ],
    "recurrence": [
        "FREQ=WEEKLY;BYDAY=MO",
        "rrule:freq=daily;interval=2;count=5",
        "每 2 周的周一、周三，到 2027-01-01",
        "every month on the last Fri, 6 in all",
        "每月最后一天",
        "every 2 years",
    ],
    "checkbox": ["是", "no", True, "1"],
    "date": ["2026-11-21", "2026/1/2", "2026年1月2日", date(2026, 1, 2), "1/2/2026"],
    "datetime": ["2026-11-21 09:30", "2026-11-21T09:30:15Z", datetime(2026, 1, 2, 3, 4)],  # noqa: DTZ001
    "single_choice": ["甲", 1],
    "stage": ["乙", 2],
    "multiple_choice": ["甲,乙", ["甲"], [1, 2], "甲、乙"],
    "email": ["a@b.cn"],
    "phone": ["+86 21 1234-5678", "13800000000", "021-12345678转8"],
    "url": ["https://a.cn/x?y=1", "a.cn/x"],
}
BAD: dict[str, list[Any]] = {
    "number": ["三", "1e400", "NaN", "Infinity", "9" * 30],
    "currency": ["一百", "¥"],
    "percent": ["一半", "%"],
    "progress": ["101", "-1%", 1.5],
    "rating": ["0", "6", "3.5", "4/7", "好"],
    "duration": ["1:75", "soon", "1:2:3:4", "NaN"],
    "barcode": ["x" * 5000],
    "location": ["上海", "91,0", "0,181", {"latitude": 1}, "1"],
    "recurrence": [
        "now and then",
        "FREQ=HOURLY",
        "FREQ=DAILY;COUNT=2;UNTIL=20270101",
        "每月 40 日",
    ],
    "checkbox": ["也许"],
    "date": ["明天", "2026-13-01", "0001-01-01x"],
    "datetime": ["2026-11-21 25:00", "soon"],
    "single_choice": ["丙"],
    "stage": ["丙"],
    "multiple_choice": ["甲,丙"],
    "email": ["a@b", "a b@c.cn", "<a@b.cn>"],
    "phone": ["phone", "12"],
    "url": ["javascript:alert(1)", "java\nscript:x", "ftp://a.cn", 'https://a.cn/"x'],
    "person": ["无此人"],
    "department": ["无此部门"],
    "link": ["x", "-1", "1.5"],
}
NASTY = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=x>",
    "＝1+1",
    "a\x00b",
    "\ud800x",
    "𠀀",
]


def field_of(kind, **options):
    given = {
        "choices": ["甲", "乙"],
        "address": "https://a.cn/{f}",
        "table": 1,
        "precision": 2,
        "junction": 1,
        "aggregate": "count",
        **options,
    }
    checked = kind.check_options(given, {})
    return Field(1, 1, "f", "字段", {}, kind.key, checked, "", False, False, None, 0)


@pytest.fixture
def context():
    return SYSTEM.context


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_a_kind_declares_itself(kind):
    assert kind.key == kind.key.lower() and isinstance(kind.name, Text)
    assert kind.name.message in catalog("zh")
    assert kind.family in FAMILIES and kind.align in {"start", "end"}
    assert kind.operators


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_empty_is_none_and_shows_as_nothing(kind, context):
    field = field_of(kind)
    if kind.written:
        for raw in (None, "", "   "):
            assert kind.parse(raw, field, context) in (None, False)
    assert kind.text(None, field, context) == ""
    assert kind.html(None, field, context) == ""
    assert kind.sheet(None, field, context) is None
    assert not kind.json(None, field, context)


@pytest.mark.parametrize("key", GOOD)
def test_what_people_write_is_understood_and_survives_every_surface(key, context):
    kind = fieldtypes.registry.get(key)
    field = field_of(kind)
    for raw in GOOD[key]:
        value = kind.parse(raw, field, context)
        assert value is not None and orjson.loads(orjson.dumps(value)) == value
        assert isinstance(kind.text(value, field, context), str)
        assert kind.parse(kind.sheet(value, field, context), field, context) == value


@pytest.mark.parametrize("key", BAD)
def test_what_cannot_be_understood_is_refused_in_both_languages(key, context, database):
    kind = fieldtypes.registry.get(key)
    field = field_of(kind)
    for raw in BAD[key]:
        with pytest.raises(Refused) as refused:
            kind.parse(raw, field, context)
        assert refused.value.to("zh") != refused.value.to("en")


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("key", ["text", "long_text", "email", "url", "phone"])
def test_html_lets_no_markup_of_people_through(key, context):
    kind = fieldtypes.registry.get(key)
    for raw in NASTY:
        page = Tags()
        page.feed(kind.html(html.unescape(raw), field_of(kind), context))
        assert {tag for tag, _attrs in page.found} <= {"a"}
        assert all(not key.startswith("on") for _tag, attrs in page.found for key in attrs)


def test_option_names_are_escaped(context):
    kind = fieldtypes.registry.get("single_choice")
    field = field_of(kind, choices=["<b>x</b>"])
    assert "<b>" not in kind.html(1, field, context)


def test_option_ids_never_return(context):
    kind = fieldtypes.registry.get("single_choice")
    first = kind.check_options({"choices": ["甲", "乙"]}, {})
    kept = [one for one in first["choices"] if one["name"] == "甲"]
    second = kind.check_options({"choices": kept}, first)
    third = kind.check_options({"choices": [*second["choices"], "丙"]}, second)
    assert [one["id"] for one in third["choices"]] == [1, 3]


def test_numbers_are_exact_to_the_last_cent(database):
    world = worlds.build()
    one = world.visit("大数", amount="12345678901234567.89")
    amount = world.visits.field("amount")
    value = Query(SYSTEM, world.visits).one(one).values[amount.id]
    assert fieldtypes.get(amount).sheet(value, amount, SYSTEM.context) == Decimal(
        "12345678901234567.89"
    )


def test_texts_that_databases_dislike_are_kept_clean(database):
    world = worlds.build()
    one = world.visit("a\x00b\ud800c 𠀀", notes="第一行\r\n第二行")
    record = Query(SYSTEM, world.visits).one(one)
    assert record.title == "abc 𠀀"
    assert record.values[world.visits.field("notes").id] == "第一行\n第二行"


def test_a_value_that_was_kept_raw_shows_until_it_is_written_anew(database):
    """Imports keep what did not convert beside the empty cell."""
    world = worlds.build()
    one = world.visit("迷路")
    people = world.visits.field("people")
    strays = orjson.dumps({str(people.id): "约三人"}).decode()
    db.execute(f"UPDATE {world.visits.sql_name} SET strays = ? WHERE id = ?", strays, one)
    assert Query(SYSTEM, world.visits).one(one).strays == {people.id: "约三人"}
    records.update(SYSTEM, world.visits, one, {"people": 3}, via="test")
    assert Query(SYSTEM, world.visits).one(one).strays == {}
    assert rows.lock(world.visits, one).values[people.id] == 3


class Beside(dict):
    """A link to one record and a field behind it, for the shapes of computed fields."""

    def __init__(self, source: Field, single: bool) -> None:
        link = {"table": 2, "junction": 8, "single": single}
        super().__init__(
            {8: Field(8, 1, "l", "关联", {}, "link", link, "", False, False, None, 0), 9: source}
        )


@pytest.mark.parametrize("key", GOOD)
def test_a_value_looked_up_shows_like_the_value_itself(key, context):
    """One record behind the link: as it is. Several: texts joined, options together, or a list."""
    kind = fieldtypes.registry.get(key)
    source = replace(field_of(kind), id=9, table_id=2)
    lookup = Field(
        3, 1, "x", "引用", {}, "lookup", {"link": 8, "field": 9}, "", False, False, None, 0
    )
    one = fieldtypes.shaped(lookup, Beside(source, single=True))
    if one.problem is not None:  # what cannot be looked up says so
        assert kind.family in {"files", "link"}
        return
    shaped = fieldtypes.get(one)
    assert (shaped.family, shaped.align, shaped.groups) == (kind.family, kind.align, kind.groups)
    assert shaped.key == "lookup" and not shaped.written and shaped.on_read
    several = fieldtypes.shaped(lookup, Beside(source, single=False))
    assert fieldtypes.get(several).family in {"text", "many", "list"}
    for raw in GOOD[key]:
        value = kind.parse(raw, source, context)
        for surface in ("text", "html", "sheet", "json"):
            mine, theirs = getattr(shaped, surface), getattr(kind, surface)
            assert mine(value, one, context) == theirs(value, source, context)
        if fieldtypes.get(several).family == "list":
            twice = fieldtypes.get(several).text([value, value], several, context)
            assert twice == ", ".join([kind.text(value, source, context)] * 2)


def test_a_computed_number_shows_as_it_is_or_with_its_decimals(context):
    kind = fieldtypes.registry.get("real")
    for value, options, text in (
        (1 / 3, {}, "0.33333333333"),
        (1234567.5, {}, "1,234,567.5"),
        (12.0, {}, "12"),
        (1e30, {}, "1e+30"),
        (-0.004, {"decimals": 2}, "0.00"),
        (-2.5, {"decimals": 1, "style": "currency", "symbol": "$"}, "-$2.5"),
        (0.375, {"style": "percent"}, "37.5%"),
        (0, {}, "0"),
    ):
        assert kind.text(value, replace(field_of(kind), options=options), context) == text


def test_a_number_that_fills_the_memory_is_refused_in_every_kind():
    """``1e200000`` written out takes seconds, ``1e999999999`` the whole machine."""
    refused = []
    for kind in fieldtypes.registry:
        if kind.family != "number" or not (kind.written or kind.key == "autonumber"):
            continue
        field = Field(5, 1, "k", "n", {}, kind.key, {}, "", False, False, None, 0)
        for work in (kind.parse, kind.operand) if kind.written else (kind.operand,):
            for raw in ("1e200000", "-1e200000", "1e400"):
                with pytest.raises(Refused):
                    work(raw, field, Context())
                refused.append(kind.key)
    assert {"number", "currency", "rating", "duration", "autonumber"} <= set(refused)
