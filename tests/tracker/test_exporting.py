"""What goes out is what the viewer may export, safe to open, and comes back in as it was."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import world as worlds
from tracker import (
    accounts,
    db,
    fieldtypes,
    models,
    organisation,
    permissions,
    records,
    schema,
    tables,
)
from tracker.bulk import Item, insert_many
from tracker.errors import Forbidden, Refused
from tracker.query import Query
from tracker.transfer import exporting, importing
from tracker.transfer.cells import clean

SYSTEM = permissions.system().speaking("en", "Asia/Shanghai")


@pytest.fixture
def world(database):
    return worlds.build()


def sheet(query):
    target = io.BytesIO()
    exporting.export(query, "xlsx", target)
    return openpyxl.load_workbook(target).active


def cells(query):
    return [list(row) for row in sheet(query).iter_rows(values_only=True)]


def lines(query):
    target = io.BytesIO()
    exporting.export(query, "csv", target)
    return list(csv.reader(io.StringIO(target.getvalue().decode("utf-8-sig"))))


def test_real_dates_numbers_and_names(world):
    found = worlds.sample(world)
    keys = ["title", "company", "day", "start", "kind", "tags", "people", "amount", "followed"]
    keys += ["owner", "department", "number", "created_by"]
    query = Query(SYSTEM, world.visits).order([{"field": "day", "desc": True}]).only(keys)
    head, *rows = cells(query)
    assert head[:4] == ["标题", "企业", "日期", "开始"]
    assert [row[0] for row in rows] == ["南部首访", "东部首访", "空白"]
    wanted = ["东部首访", "重庆医疗", datetime(2026, 11, 3), datetime(2026, 11, 3, 9, 30)]  # noqa: DTZ001 - cells have no zone
    wanted += ["上门", "重点", 3, 1000.5, True, "王芳", "上海", "V-0001", None]
    assert rows[1] == wanted
    assert lines(query)[2] == [
        *["东部首访", "重庆医疗", "2026-11-03", "2026-11-03 09:30", "上门", "重点", "3", "1000.50"],
        *["TRUE", "王芳", "上海", "V-0001", ""],
    ]
    assert found["medical"]
    assert sheet(query).cell(2, 8).number_format == '"¥"#,##0.00'


def test_names_in_the_language_of_the_reader(world):
    with db.write():
        models.Field.update(names={"en": "Title"}).where(
            models.Field.id == world.visits.field("title").id
        ).execute()
        schema.changed()
    world.visit("x", followed=True)
    english = Query(SYSTEM.speaking("en", "Asia/Shanghai"), world.visits).only(["title"])
    chinese = Query(SYSTEM.speaking("zh", "Asia/Shanghai"), world.visits).only(["title"])
    assert cells(english)[0] == ["Title"] and cells(chinese)[0] == ["标题"]


def test_only_who_may_export_and_only_through_the_lanes_that_may(world):
    worlds.sample(world)
    with pytest.raises(Forbidden):
        exporting.export(Query(world.viewer("owner"), world.visits), "csv", io.BytesIO())
    head = lines(Query(world.viewer("head"), world.visits).only(["title"]))
    assert head == [["标题"], ["东部首访"], ["空白"]]
    # A second role shows the south without the right to export: it must not go out.
    south = world.departments["华南"].id
    with db.write():
        seeing = models.Role.create(base=world.base.id, key="seeing", name="看")
        models.RoleMember.create(role=seeing, person=world.people["head"])
        rule = {"field": world.visits.field("department").id, "op": "is", "value": south}
        models.TableRight.create(role=seeing, table=world.visits.id, read=rule, fields="read")
        schema.changed()
    query = Query(world.viewer("head"), world.visits).only(["title"])
    assert query.count() == 3 and lines(query) == head


def test_texts_are_never_formulas(world):
    nasty = ["=1+1", "+1", "-1", "@x", "＝1", "'=1", "#N/A"]
    for text in nasty:
        world.visit(text, people=-5, notes=text)
    query = Query(SYSTEM, world.visits).only(["title", "people", "notes"])
    page = sheet(query)
    for row in page.iter_rows(min_row=2):
        assert [cell.data_type for cell in row] == ["s", "n", "s"]
    assert [row[0] for row in cells(query)[1:]] == nasty
    assert {row[1] for row in lines(query)[1:]} == {"-5"}
    assert all(row[0][0] in "'#" for row in lines(query)[1:])


def test_a_format_that_is_none_is_refused(world):
    with pytest.raises(Refused):
        exporting.export(Query(SYSTEM, world.visits), "pdf", io.BytesIO())


def test_many_records_come_in_order_with_progress(world):
    title, people = world.visits.field("title").id, world.visits.field("people").id
    items = [Item(n, {title: f"{n:05}", people: n % 7}) for n in range(2500)]
    insert_many(SYSTEM, world.visits, items, via="t")
    told: list[tuple[int, int]] = []
    query = Query(SYSTEM, world.visits).order([{"field": "people"}]).only(["title", "people"])
    exporting.export(query, "csv", io.BytesIO(), progress=lambda *done: told.append(done))
    assert told == [(1000, 2500), (2000, 2500), (2500, 2500)]
    rows = lines(query)[1:]
    assert rows == sorted(rows, key=lambda row: (int(row[1]), row[0])) and len(rows) == 2500


# ── and back ─────────────────────────────────────────────────────────────────


def texts(most: int = 60):
    nasty = st.sampled_from(
        ["=1", "'=1", "-5", "1,5", "2026-11-21", "TRUE", "a, b", '"', "_x0041_"]
    )
    return st.one_of(nasty, st.text(max_size=most)).map(lambda text: clean(text) or "")


MOMENTS = st.datetimes(datetime(1001, 1, 2), datetime(8999, 1, 1))  # noqa: DTZ001 - stored in UTC, naive
RAW = {
    "title": texts().map(lambda text: text or "x"),
    "notes": st.one_of(st.none(), texts(200)),
    "day": st.one_of(st.none(), st.dates(date(1000, 1, 1), date(9000, 12, 31))),
    "start": st.one_of(
        st.none(), MOMENTS.map(lambda at: at.replace(microsecond=0).isoformat() + "Z")
    ),
    "kind": st.one_of(st.none(), st.integers(1, 3)),
    "tags": st.lists(st.integers(1, 5), max_size=5),
    "state": st.one_of(st.none(), st.integers(1, 3)),
    "people": st.one_of(st.none(), st.integers(-(2**63) + 1, 2**63 - 1)),
    "amount": st.one_of(st.none(), st.decimals(-(10**16), 10**16, places=2)),
    "followed": st.one_of(st.none(), st.booleans()),
    "owner": st.one_of(st.none(), st.integers(1, 6)),
    "department": st.one_of(st.none(), st.integers(1, 5)),
}


@pytest.fixture
def doubled(world):
    """The world with names that are hard to tell apart: doubles, commas, quotes, numbers."""
    tags = world.visits.field("tags")
    options = [*tags.options["choices"], {"name": "重点, 风险"}, {"name": '"引"'}]
    from tracker import tables

    tables.update_field(SYSTEM, tags, options={"choices": options})
    accounts.add_person("wang2@example.com", name="王芳")
    organisation.at_path("总部/华南/上海")
    companies = ["双", "双", "双 #1", "甲, 乙", "甲", "乙", '"', "#3", "带;分号"]
    return world, [world.company(name) for name in companies]


@pytest.mark.parametrize("format", exporting.FORMATS)
def test_our_own_exports_come_back_as_they_were(doubled, format, tmp_path):
    world, companies = doubled
    table = world.visits
    path = tmp_path / f"out.{format}"

    @settings(
        max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(st.data())
    def there_and_back(data):
        links = st.lists(st.sampled_from(companies), max_size=4, unique=True)
        drawn = [
            {**{key: data.draw(raw) for key, raw in RAW.items()}, "company": data.draw(links)}
            for _ in range(8)
        ]
        with db.write():
            for name in (f"t{table.id}", f"l{table.field('company').options['junction']}"):
                db.execute(f"DELETE FROM {name}")
        insert_many(SYSTEM, table, list(parsed(table, drawn)), via="t")
        before = values(table)
        exporting.export(Query(SYSTEM, table).order([{"field": "number"}]), format, path)
        with db.write():
            db.execute(f"DELETE FROM t{table.id}")
            db.execute(f"DELETE FROM l{table.field('company').options['junction']}")
        report = importing.run(SYSTEM, table, path, header_row=1)
        assert (report.rejected, report.created) == ([], 8), report.warnings
        assert values(table) == before

    there_and_back()


def parsed(table, drawn):
    """Items of parsed values; every tenth text or so is kept as a stray instead."""
    for number, row in enumerate(drawn):
        item = Item(number, {})
        for key, raw in row.items():
            field = table.field(key)
            item.values[field.id] = fieldtypes.get(field).parse(raw, field, SYSTEM.context)
        people = table.field("people").id
        if number == 3:
            item.values[people] = None
            item.strays[people] = "etwa zehn"
        yield item


def values(table):
    """Values and strays by title order, without what the product fills in itself."""
    written = [one.id for one in table.fields if fieldtypes.get(one).written]
    found = Query(SYSTEM, table).page(100).records
    return [([record.values.get(one) for one in written], record.strays) for record in found]


def test_times_that_the_clock_showed_twice(world):
    berlin = replace(SYSTEM, context=replace(SYSTEM.context, zone="Europe/Berlin"))
    first = world.visit("erste", start="2026-10-25 00:30:00Z")
    second = world.visit("zweite", start="2026-10-25 01:30:00Z")
    query = Query(berlin, world.visits).only(["title", "start"])
    assert [row[1] for row in lines(query)[1:]] == ["2026-10-25 02:30", "2026-10-25 01:30:00Z"]
    start = world.visits.field("start")
    kind = fieldtypes.get(start)
    back = [kind.parse(row[1], start, berlin.context) for row in lines(query)[1:]]
    found = Query(SYSTEM, world.visits).fetch([first, second])
    assert back == [record.values[start.id] for record in found]


def test_numbers_beyond_what_a_workbook_holds_are_texts(world):
    one = world.visit("x", people=12345678901234567, amount=Decimal("0.10"))
    assert cells(Query(SYSTEM, world.visits).only(["people", "amount"]))[1] == [
        "12345678901234567",
        0.1,
    ]
    records.delete(SYSTEM, world.visits, one, via="t")


MEASURED: dict[
    str, tuple[dict[str, Any], Any, Any, Any]
] = {  # values as stored, and their cells in a workbook and in a csv
    "percent": ({"precision": 1}, 125, 0.125, "12.5%"),
    "progress": ({}, 45, 0.45, "45%"),
    "rating": ({}, 4, 4, "4"),
    "duration": ({}, 5_415, timedelta(hours=1, minutes=30, seconds=15), "1:30:15"),
    "barcode": ({"code": "ean13"}, "6901234567892", "6901234567892", "6901234567892"),
    "location": (
        {},
        "31.2304,121.4737 人民广场",
        "31.2304,121.4737 人民广场",
        "31.2304,121.4737 人民广场",
    ),
}


def test_shares_stars_and_lengths_of_time_come_back_as_they_were(world, tmp_path):
    for key, (options, *_rest) in MEASURED.items():
        tables.add_field(SYSTEM, world.visits, key, f"F {key}", key=f"f_{key}", options=options)
    fields = {key: world.visits.field(f"f_{key}") for key in MEASURED}
    title = world.visits.field("title")
    values = {fields[key].id: one[1] for key, one in MEASURED.items()}
    insert_many(SYSTEM, world.visits, [Item(1, {title.id: "x", **values})], via="t")
    query = Query(SYSTEM, world.visits).only([title, *fields.values()])
    assert cells(query)[1] == ["x", *(one[2] for one in MEASURED.values())]
    assert lines(query)[1] == ["x", *(one[3] for one in MEASURED.values())]
    for format in ("xlsx", "csv"):
        path = tmp_path / f"back.{format}"
        exporting.export(query, format, path)
        report = importing.run(SYSTEM, world.visits, path, header_row=1)
        assert report.created and not report.warnings
        back = query.fetch([max(query.ids())])[0].values
        assert {one: back[one] for one in values} == values, format
