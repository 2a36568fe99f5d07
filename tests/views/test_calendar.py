"""The calendar's answers: events and counts of one's own rows, days and times as they are meant."""

from __future__ import annotations

import json
from collections import Counter
from urllib.parse import quote

import openpyxl
import pytest

from tests.counting import statements
from tracker import db, limits, models, permissions, schema, tables
from tracker.transfer import importing

NOVEMBER = "start=2026-10-26&end=2026-12-07"


@pytest.fixture
def calendar(site):
    """Makes a calendar of the visits shown to every role; its address."""

    def make(**options) -> str:
        field = {one.key: one.id for one in site.world.visits.fields}
        done = {"field": field["state"], "op": "is", "value": 2}
        usual = {"start": field["start"], "end": None, "done": done, "color": field["kind"]}
        return shown(site, "calendar", {**usual, **options})

    return make


def shown(site, kind: str, options: dict) -> str:
    with db.write():
        view = models.View.create(
            base=site.world.base.id,
            table=site.world.visits.id,
            kind=kind,
            name=kind,
            options=options,
        )
        for role in models.Role.select():
            role.views = [*role.views, view.id]
            role.save()
        schema.changed()
    return f"/v/{view.id}"


def events(browser, address: str, span: str = NOVEMBER, **more: str) -> dict:
    asked = "".join(f"&{key}={quote(text)}" for key, text in more.items())
    return browser.get(f"{address}/data/events?{span}{asked}").json


def titles(answer: dict) -> set[str]:
    return {one[2] for one in answer["events"]}


# ── whose records ────────────────────────────────────────────────────────────


def test_everybody_sees_their_own_records(site, calendar):
    address = calendar()
    assert titles(events(site["admin"], address)) == {"东部首访", "南部首访"}
    assert titles(events(site["owner"], address)) == {"东部首访"}
    assert titles(events(site["colleague"], address)) == {"南部首访"}
    assert site["stranger"].get(f"{address}/data/events?{NOVEMBER}").status_code == 404
    totals = {who: events(site[who], address, total="1")["total"] for who in ("admin", "owner")}
    assert totals == {"admin": 3, "owner": 2}


def test_counts_are_those_of_the_viewer(site, calendar):
    address = calendar()
    counts = {
        who: site[who].get(f"{address}/data/days?{NOVEMBER}").json["days"]
        for who in ("admin", "owner", "colleague")
    }
    assert counts["admin"] == {"2026-11-03": {"1": 1}, "2026-11-04": {"2": 1}}
    assert counts["owner"] == {"2026-11-03": {"1": 1}}
    assert counts["colleague"] == {"2026-11-04": {"2": 1}}


def test_what_may_not_be_changed_does_not_move(site, calendar):
    address = calendar()
    movable = {
        who: {one[2]: one[8] for one in events(site[who], address)["events"]}
        for who in ("admin", "owner", "colleague", "head")
    }
    assert movable["admin"] == {"东部首访": True, "南部首访": True}
    assert movable["owner"] == {"东部首访": True}  # their own
    assert movable["head"] == {"东部首访": False}  # reads only


def test_a_date_one_may_not_see_places_nothing(site, calendar):
    address = calendar()
    start = site.world.visits.field("start")
    with db.write():
        role = site.world.roles["staff"]
        models.FieldRight.create(role=role, field=start.id, level="hidden")
        schema.changed()
    assert events(site["owner"], address)["events"] == []
    page = site["owner"].get(address)
    assert page.status_code == 200 and "No dates to show" in page.text
    assert "东部首访" not in page.text


# ── when ─────────────────────────────────────────────────────────────────────


def test_times_stand_on_the_wall_of_the_viewer(site, calendar):
    found = {one[2]: one for one in events(site["admin"], calendar())["events"]}
    assert found["南部首访"][3:6] == ["2026-11-04T23:30:00", None, False]
    assert (found["东部首访"][6:8], found["南部首访"][6:8]) == ([1, True], [2, False])


@pytest.fixture
def days(site, calendar):
    """A calendar of whole days with a first and a last one; makes visits on them."""
    tables.add_field(permissions.system(), site.world.visits, "date", "到", key="until")
    visits = site.world.visits
    address = calendar(start=visits.field("day").id, end=visits.field("until").id)

    def visit(title: str, first: str, last: str | None) -> None:
        site.world.visit(title, day=first, until=last)

    return address, visit


def test_a_last_day_belongs_to_the_span(site, days):
    address, visit = days
    visit("三天", "2026-11-10", "2026-11-12")
    visit("一天", "2026-11-10", None)
    visit("反了", "2026-11-10", "2026-11-01")
    found = {one[2]: one[3:6] for one in events(site["admin"], address)["events"]}
    assert found["三天"] == ["2026-11-10", "2026-11-13", True]
    assert found["一天"] == found["反了"] == ["2026-11-10", None, True]


@pytest.mark.parametrize(
    ("span", "there"),
    [
        ("start=2026-11-12&end=2026-11-13", True),  # its last day
        ("start=2026-11-13&end=2026-11-20", False),
        ("start=2026-11-01&end=2026-11-10", False),
        ("start=2026-11-01&end=2026-11-11", True),  # its first
        ("start=2026-11-11&end=2026-11-12", True),  # in the middle
    ],
)
def test_what_still_lasts_is_shown(site, days, span, there):
    address, visit = days
    visit("三天", "2026-11-10", "2026-11-12")
    assert ("三天" in titles(events(site["admin"], address, span))) is there


def test_chinese_days_off_and_made_up_are_marked(site, calendar):
    marks = events(site["admin"], calendar(), "start=2026-10-01&end=2026-10-12")["marks"]
    assert marks["2026-10-01"][0] == "off" and marks["2026-10-10"][0] == "work"
    assert "2026-10-11" not in marks  # an ordinary Sunday
    assert events(site["admin"], calendar(), "start=2031-10-01&end=2031-10-12")["marks"] == {}


def test_it_opens_where_there_is_something(site, calendar):
    address = calendar()
    page = site["admin"].get(address, partial=True).text
    assert '"date": "2026-11-' in page.replace("&#34;", '"')
    empty = events(site["admin"], address, "start=2023-01-01&end=2023-02-01")
    assert (empty["events"], empty["nearest"]) == ([], "2026-11-03")


# ── narrowed ─────────────────────────────────────────────────────────────────


def test_filter_search_and_colours_narrow_it(site, calendar):
    address, admin = calendar(), site["admin"]
    state = site.world.visits.field("state").id
    planned = json.dumps({"field": state, "op": "is", "value": 1})
    assert titles(events(admin, address, filter=planned)) == {"南部首访"}
    assert titles(events(admin, address, q="dbsf")) == {"东部首访"}
    assert titles(events(admin, address, only="2")) == {"南部首访"}
    assert titles(events(admin, address, only="1,2")) == {"东部首访", "南部首访"}
    assert titles(events(admin, address, only="0")) == set()
    assert titles(events(admin, address, only="x,²,999999999999")) == set()


def test_too_many_become_counts(site, calendar, monkeypatch):
    address = calendar()
    monkeypatch.setattr(limits, "CALENDAR_EVENTS", 1)
    answer = events(site["admin"], address)
    assert answer["events"] == []
    assert answer["days"] == {"2026-11-03": {"1": 1}, "2026-11-04": {"2": 1}}
    assert titles(events(site["owner"], address)) == {"东部首访"}


@pytest.mark.parametrize(
    ("span", "status"),
    [
        ("", 422),
        ("start=x&end=2026-11-01", 422),
        ("start=2026-11-02&end=2026-11-01", 422),
        ("start=0001-01-01&end=0001-01-01", 422),
        ("start=2020-01-01&end=2026-01-01", 413),
        ("start=9999-12-01&end=9999-12-31", 422),
    ],
)
def test_odd_spans_are_answered_in_words(site, calendar, span, status):
    address = calendar()
    for what in ("events", "days"):
        answer = site["admin"].get(f"{address}/data/{what}?{span}", Accept="application/json")
        assert answer.status_code == status
    assert site["admin"].get(f"{address}/data/nosuch?{span}").status_code == 404


def test_thirty_records_take_the_queries_of_three(site, calendar):
    address = calendar()
    asked = f"{address}/data/events?{NOVEMBER}&total=1"
    counts = []
    for _round in range(2):
        for path in (address, asked, f"{address}/data/days?{NOVEMBER}", f"{address}/tile"):
            site["owner"].get(path)
        with statements() as sent:
            for path in (address, asked, f"{address}/data/days?{NOVEMBER}", f"{address}/tile"):
                assert site["owner"].get(path).status_code == 200
        counts.append(len(sent))
        east = site.world.departments["上海"].id
        for number in range(30):
            site.world.visit(f"拜访{number}", start="2026-11-12 10:00", department=east)
    assert counts[0] == counts[1]


# ── options ──────────────────────────────────────────────────────────────────


def test_options_are_checked_in_words(site, calendar):
    address, admin = calendar(), site["admin"]
    field = {one.key: one.id for one in site.world.visits.fields}

    def save(**options):
        return admin.post(f"{address}/options", options)

    assert save(start=field["day"], end=None).status_code == 200
    mixed = save(end=field["start"])
    assert mixed.status_code == 422 and "both" in mixed.json["error"]
    for start in (field["title"], 999_999, "x", None, [1], {"a": 1}):
        assert save(start=start).status_code == 422, start
    assert save(done={"field": "nosuch", "op": "is", "value": 1}).status_code == 422


def test_the_phones_calendar_is_the_first_there_is(site, calendar):
    assert "No calendar yet" in site["owner"].get("/calendar").text
    address = calendar()
    assert site["owner"].get("/calendar").headers["Location"] == address
    assert "No calendar yet" in site["stranger"].get("/calendar").text


# ── real data ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_day_counts_equal_those_of_the_workbook(site, shared):
    path = shared / "data" / "whitehouse" / "wh_events_2023-01.xlsx"
    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    at = rows[0].index("APPT_START_DATE")
    wanted = Counter(row[at].date().isoformat() for row in rows[1:])
    base = site.world.base
    report = importing.create_from(permissions.system(), base, path, "Visits")
    table = schema.current().table(report.table_id or 0)
    start = next(one for one in table.fields if one.name == "APPT_START_DATE")
    with db.write():
        made = [
            models.View.create(base=base.id, table=table.id, kind=kind, name=kind, options=options)
            for kind, options in (
                ("calendar", {"start": start.id, "end": None}),
                ("chart", {"chart": "bar", "group": start.id, "bucket": "day", "top": 50}),
            )
        ]
        schema.changed()
    calendar, chart = (f"/v/{one.id}" for one in made)
    span = "start=2022-12-26&end=2023-02-06"
    folded = events(site["admin"], calendar, span)
    assert {day: sum(parts.values()) for day, parts in folded["days"].items()} == wanted
    drawn = site["admin"].get(f"{chart}/data/series").json
    assert drawn["layers"][0]["values"] == [wanted[day] for day in sorted(wanted)]
    busiest = wanted.most_common(1)[0]
    day = f"start={busiest[0]}&end={busiest[0][:8]}{int(busiest[0][8:]) + 1:02}"
    assert len(events(site["admin"], calendar, day)["events"]) == busiest[1]
