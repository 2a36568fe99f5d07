"""Several tables on one calendar, each by its own rules; records that repeat."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from tests.counting import statements
from tests.views.test_calendar import NOVEMBER, calendar, events, titles  # noqa: F401 - a fixture
from tracker import agenda, db, limits, models, permissions, records, schema, tables

SYSTEM = permissions.system()


@pytest.fixture
def layered(site, calendar):  # noqa: F811 - the fixture
    """Visits, once more by their other date, companies by a date, and a table closed to staff."""
    world = site.world
    tables.add_field(SYSTEM, world.companies, "date", "签约日", key="signed")
    tables.add_field(SYSTEM, world.visits, "recurrence", "重复", key="repeat")
    secret = tables.create_table(SYSTEM, world.base, "机密会议", key="secret", title=None)
    tables.add_field(SYSTEM, secret, "text", "名称", key="name")
    tables.add_field(SYSTEM, secret_table(site), "date", "日子", key="day")
    with db.write():
        models.TableRight.create(
            role=world.roles["head"], table=schema.current().table(secret.id).id, read=False
        )
        schema.changed()
    records.create(SYSTEM, secret_table(site), {"name": "密谈", "day": "2026-11-05"}, via="test")
    for name, day in (("甲公司", "2026-11-03"), ("乙公司", "2026-11-20")):
        given = {"name": name, "signed": day}
        records.create(SYSTEM, world.companies, given, via="test")
    field = {one.key: one.id for one in world.visits.fields}
    signed, day = world.companies.field("signed").id, secret_table(site).field("day").id
    layers = [
        {"key": "days", "table": world.visits.id, "start": field["day"], "hue": "red"},
        {"key": "firm", "table": world.companies.id, "start": signed, "hue": "olive"},
        {"key": "sec", "table": secret.id, "start": day, "hue": "pink"},
    ]
    return calendar(layers=layers, repeat=field["repeat"])


def secret_table(site):
    return site.world.base.table("secret")


def by_layer(answer: dict) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in answer["events"]:
        found.setdefault(one[9], set()).add(one[2])
    return found


def test_each_table_is_read_by_its_own_rules(site, layered):
    east, south, firms = {"东部首访"}, {"南部首访"}, {"甲公司", "乙公司"}
    seen = {who: by_layer(events(site[who], layered)) for who in ("admin", "owner", "colleague")}
    assert seen["admin"] == {
        "": east | south,
        "days": east | south,
        "firm": firms,
        "sec": {"密谈"},
    }
    assert seen["owner"] == {"": east, "days": east, "firm": firms}
    assert seen["colleague"] == {"": south, "days": south, "firm": firms}
    assert site["stranger"].get(f"{layered}/data/events?{NOVEMBER}").status_code == 404
    movable = {one[2]: one[8] for one in events(site["owner"], layered)["events"]}
    assert movable == {"东部首访": True, "甲公司": False, "乙公司": False}  # companies: read only

    page = site["owner"].get(layered).text
    assert "机密会议" not in page and "sec." not in page and "firm.0" in page
    assert "机密会议" in site["admin"].get(layered).text
    totals = {who: events(site[who], layered, total="1")["total"] for who in ("admin", "owner")}
    assert totals == {"admin": 8, "owner": 6}

    # a date that is hidden: the layer is gone, not empty
    with db.write():
        role = site.world.roles["staff"]
        hidden = site.world.companies.field("signed")
        models.FieldRight.create(role=role, field=hidden.id, level="hidden")
        schema.changed()
    assert by_layer(events(site["owner"], layered)) == {"": east, "days": east}
    assert "firm.0" not in site["owner"].get(layered).text
    kept = {one[0].key for one in agenda.calendars(site.world.viewer("owner"))}
    assert kept == {"visits"}


def test_counts_a_day_are_those_of_sql_and_of_the_events(site, layered):
    for number in range(12):
        site.world.visit(
            f"访{number}",
            day=f"2026-11-{number % 5 + 10}",
            start=f"2026-11-{number % 5 + 10} 10:00",
            kind="电话",
            department=site.world.departments["上海"].id,
            repeat="FREQ=WEEKLY;COUNT=3" if number % 4 == 0 else None,
        )
    for who in ("admin", "owner", "colleague"):
        answer = events(site[who], layered)
        days = site[who].get(f"{layered}/data/days?{NOVEMBER}").json["days"]
        drawn = Counter(one[3][:10] for one in answer["events"])
        assert {day: sum(parts.values()) for day, parts in days.items()} == drawn
        for whole in (1, 2, 30):
            folds_exactly(answer, events(site[who], layered, fold=str(whole)), whole)
    day = site.world.visits.field("day")
    rows = db.query(
        f"SELECT {day.column}, COUNT(*) FROM {site.world.visits.sql_name}"
        f" WHERE {day.column} IS NOT NULL AND deleted_at IS NULL GROUP BY 1"
    )
    found = site["admin"].get(f"{layered}/data/days?{NOVEMBER}&only=days.0").json["days"]
    assert {one: parts["days.0"] for one, parts in found.items()} == {
        str(one): count for one, count in rows
    }


def covered(every: list[list]) -> Counter:
    """Day → how many records stand on it."""
    found: Counter = Counter()
    for one in every:
        first, end = date.fromisoformat(one[3][:10]), one[4] or one[3][:10] + "T00:00:01"
        last = datetime.fromisoformat(end) - timedelta(seconds=1)
        for place in range((last.date() - first).days + 1):
            found[(first + timedelta(days=place)).isoformat()] += 1
    return found


def folds_exactly(whole: dict, folded: dict, most: int) -> None:
    """What a folded answer shows and counts is what the whole one has."""
    shown = covered(folded["events"])
    days = {day for day in covered(whole["events"]) if day >= "2026-10-26"}
    counts = {day: shown[day] + folded["rest"].get(day, 0) for day in days}
    assert counts == {day: covered(whole["events"])[day] for day in days}
    chips = Counter(f"{one[9]}.{one[6]}".lstrip(".") for one in folded["events"])
    every = Counter(f"{one[9]}.{one[6]}".lstrip(".") for one in whole["events"])
    assert chips + Counter(folded["chips"]) == every
    known = [json.dumps(one) for one in whole["events"]]
    assert all(json.dumps(one) in known for one in folded["events"])
    begun = Counter((one[9], one[3][:10]) for one in folded["events"])
    assert max(begun.values()) <= most


def test_the_legend_filters_over_all_tables(site, layered):
    admin = site["admin"]
    assert by_layer(events(admin, layered, only="firm.0")) == {"firm": {"甲公司", "乙公司"}}
    assert by_layer(events(admin, layered, only="2,firm.0,days.7,x.1")) == {
        "": {"南部首访"},
        "firm": {"甲公司", "乙公司"},
    }
    assert events(admin, layered, only="nosuch.0")["events"] == []
    assert titles(events(admin, layered, q="甲公司")) == {"甲公司"}
    assert by_layer(events(site["owner"], layered, only="sec.0")) == {}


def test_a_series_comes_again_and_belongs_to_its_record(site, layered, monkeypatch):
    visit = site.world.visit(
        "例会", start="2026-10-05 09:00", day=None, repeat="每周的周一", kind="线上",
        department=site.world.departments["上海"].id, owner=site.world.people["owner"].id,
    )  # fmt: skip

    def seen(who: str, span: str = NOVEMBER) -> list[list]:
        every = events(site[who], layered, span)["events"]
        return [one for one in every if one[9] == "" and one[0] == visit]

    found = seen("owner")
    assert [one[3] for one in found] == [
        *("2026-10-26T09:00:00", "2026-11-02T09:00:00", "2026-11-09T09:00:00"),
        *("2026-11-16T09:00:00", "2026-11-23T09:00:00", "2026-11-30T09:00:00"),
    ]
    assert {tuple(one[10]) for one in found} == {("2026-10-05T09:00:00", "FREQ=WEEKLY;BYDAY=MO")}
    assert not seen("colleague")
    counts = site["owner"].get(f"{layered}/data/days?{NOVEMBER}&only=3").json["days"]
    assert len(counts) == 6 and set(counts) == {one[3][:10] for one in found}
    assert not seen("owner", "start=2026-09-01&end=2026-10-05")

    # the page itself carries the month, narrowed as the viewer is
    for who, there in (("owner", True), ("colleague", False)):
        page = site[who].get(f"{layered}?date=2026-11-05").text
        [first] = [json.loads(one) for one in re.findall("data-first='([^']*)'", page)]
        assert (first["start"], first["end"]) == ("2026-10-26", "2026-12-07")
        asked = events(site[who], layered, fold="6")
        assert {name: first[name] for name in asked} == asked
        assert ("例会" in titles(first)) is there
    assert "data-first='" not in site["owner"].get(f"{layered}?mode=week").text

    # moved as a whole, by the record's own route: its start and its weekday
    start, repeat = (site.world.visits.field(key).id for key in ("start", "repeat"))
    values = {start: "2026-10-06 10:00", repeat: "FREQ=WEEKLY;BYDAY=TU"}
    sent = {"values": values, "rev": found[0][1]}
    address = f"/r/{site.world.visits.id}/{visit}"
    assert site["owner"].post(address, sent).status_code == 200
    assert [one[3][8:16] for one in seen("owner")[:2]] == ["27T10:00", "03T10:00"]

    # it stands in the day of whom it concerns, at its hour
    sent = {"values": {repeat: "FREQ=DAILY"}, "rev": seen("owner")[0][1]}
    assert site["owner"].post(address, sent).status_code == 200
    viewer = site.world.viewer("owner")
    [planned] = [one for one in agenda.today(viewer) if one.record.id == visit]
    assert planned.record.values[start] == f"{viewer.context.today()} 02:00:00"
    assert visit not in {one.record.id for one in agenda.today(site.world.viewer("colleague"))}

    # a rule the viewer may not see repeats nothing; many are cut at a limit that is named
    assert "series" not in events(site["owner"], layered)
    monkeypatch.setattr(limits, "CALENDAR_SERIES", 0)
    assert not seen("owner") and events(site["owner"], layered)["series"] == 0
    monkeypatch.undo()
    # a month before which nothing but the series is: the way there is known
    far = events(site["owner"], layered, "start=2026-08-01&end=2026-09-01", only="3")
    assert far["nearest"] == "2026-10-06"
    with db.write():
        field = site.world.visits.field("repeat")
        models.FieldRight.create(role=site.world.roles["staff"], field=field.id, level="hidden")
        schema.changed()
    assert not seen("owner")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_one_of_a_series_moves_or_goes_alone(site, layered):
    world, owner = site.world, site["owner"]
    field = {one.key: one.id for one in schema.current().table(world.visits.id).fields}
    names = {"start": field["start"], "end": None, "repeat": field["repeat"]}
    visit = world.visit(
        "例会", start="2026-11-02 09:00", repeat="FREQ=WEEKLY;BYDAY=MO", kind="线上",
        department=world.departments["上海"].id, owner=world.people["owner"].id,
    )  # fmt: skip
    address = f"/r/{world.visits.id}/{visit}/occurrence"

    def seen() -> list[str]:
        every = events(owner, layered, only="3")["events"]
        return [one[3][5:16] for one in every if one[2] == "例会"]

    def change(scope: str, at: str, to: str | None, **more) -> int:
        sent = {"scope": scope, "at": at, "to": to and [to, None], "fields": names, **more}
        answer = owner.post(address, sent)
        return answer.json["batch"] if answer.status_code == 200 else answer.status_code

    whole = ["11-02T09:00", "11-09T09:00", "11-16T09:00", "11-23T09:00", "11-30T09:00"]
    assert seen() == whole
    cases = [  # scope, which, where to, what is there then
        ("one", "2026-11-16 09:00", "2026-11-18 14:00", [*whole[:2], "11-18T14:00", *whole[3:]]),
        ("one", "2026-11-02 09:00", "2026-11-03 09:00", ["11-03T09:00", *whole[1:]]),
        ("one", "2026-11-09 09:00", None, [whole[0], *whole[2:]]),
        ("later", "2026-11-16 09:00", "2026-11-17 10:00",
         [*whole[:2], "11-17T10:00", "11-24T10:00", "12-01T10:00"]),
        ("later", "2026-11-23 09:00", None, whole[:3]),
        ("all", "2026-11-16 09:00", "2026-11-17 10:00",
         ["11-03T10:00", "11-10T10:00", "11-17T10:00", "11-24T10:00", "12-01T10:00"]),
    ]  # fmt: skip
    for scope, at, to, wanted in cases:
        batch = change(scope, at, to)
        assert seen() == wanted, (scope, at, to)
        assert owner.post(f"/batches/{batch}/undo").status_code == 200
        assert seen() == whole, (scope, at, to)
    copy = next(iter(events(owner, layered, only="3")["events"]))
    assert copy[10][1] == "FREQ=WEEKLY;BYDAY=MO"

    refused: list[tuple[str, str, str | None, dict, int]] = [
        ("one", "2026-11-17 09:00", None, {}, 409),  # it does not come on that day
        ("one", "2026-11-16 09:00", None, {"rev": 1}, 409),
        ("some", "2026-11-16 09:00", None, {}, 422),
        ("one", "x", None, {}, 422),
        ("all", "2026-11-16 09:00", "9999-12-31 23:00", {}, 422),
        ("one", "2026-11-16 09:00", None, {"fields": {**names, "repeat": field["day"]}}, 422),
        ("one", "2026-11-16 09:00", None, {"fields": {**names, "end": field["day"]}}, 422),
        ("one", "2026-11-16 09:00", None, {"fields": "x"}, 422),
        ("one", "2026-11-16 09:00", None, {"fields": {**names, "start": 99_999}}, 404),
    ]
    for scope, at, to, more, status in refused:
        assert change(scope, at, to, **more) == status, (scope, at, more)
    assert seen() == whole
    sent = {"scope": "one", "at": "2026-11-16 09:00", "to": None, "fields": names}
    assert site["colleague"].post(address, sent).status_code == 404
    assert site["head"].post(address, sent).status_code == 403  # reads only


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_records_and_series_cost_no_more_queries(site, layered):
    paths = [
        layered,
        *(f"{layered}/data/{what}?{NOVEMBER}&total=1" for what in ("events", "days")),
        f"{layered}/tile",
    ]
    counts = []
    for _round in range(2):
        for path in paths:
            site["admin"].get(path)
        with statements() as sent:
            for path in paths:
                assert site["admin"].get(path).status_code == 200
        counts.append(len(sent))
        for number in range(30):
            site.world.visit(f"访{number}", start="2026-11-12 10:00", repeat="每周")
    assert counts[0] == counts[1]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_layers_are_checked_and_set_by_those_who_may(site, layered):
    admin, world = site["admin"], site.world
    start, signed = world.visits.field("start").id, world.companies.field("signed").id

    def save(*layers: dict) -> int:
        return admin.post(f"{layered}/options", {"layers": list(layers)}).status_code

    good = {"table": world.companies.id, "start": signed}
    assert save(good, {**good, "key": "firm"}) == 200
    kept = models.View.get_by_id(int(layered[3:])).options["layers"]
    assert kept[1]["key"] == "firm" and kept[0]["key"] not in {"", "firm"}
    other = tables.create_base(SYSTEM, "别处", key="other")
    away = tables.create_table(SYSTEM, schema.current().base(other.id), "表", key="t")
    for wrong in (
        {"table": 999},
        {"table": away.id, "start": signed},
        {**good, "start": start},
        {**good, "start": None},
        {**good, "end": start},
        {**good, "title": start},
        {**good, "color": signed},
        {**good, "repeat": signed},
        {**good, "filter": {"field": start, "op": "filled"}},
        {**good, "done": {"field": "x", "op": "is", "value": 1}},
    ):
        assert save(wrong) == 422, wrong
    assert save(*[good] * (limits.CALENDAR_LAYERS + 1)) == 422
    assert admin.post(f"{layered}/options", {"layers": "x"}).status_code == 422

    only = {"field": world.companies.field("name").id, "op": "is", "value": "甲公司"}
    assert save({**good, "key": "a", "filter": only}) == 200
    assert by_layer(events(admin, layered))["a"] == {"甲公司"}

    panel = admin.get(f"{layered}/data/settings").text
    assert "企业" in panel and 'data-layer="a"' in panel
    added = admin.get(f"{layered}/data/layer?table={world.companies.id}").text
    assert f'data-table="{world.companies.id}"' in added
    assert admin.get(f"{layered}/data/layer?table=999").status_code == 404
    for what in ("settings", f"layer?table={world.companies.id}"):
        assert site["owner"].get(f"{layered}/data/{what}").status_code == 404

    a_copy_does_not_tell_what_it_holds(site, layered, start)

    # what a file may have put there breaks nothing
    with db.write():
        view = models.View.get_by_id(int(layered[3:]))
        odd = [3, {}, {"table": [1]}, {"key": "k", "table": world.companies.id, "start": {"a": 1}}]
        view.options = {**view.options, "layers": odd, "repeat": "x", "end": [2], "title": {}}
        view.save()
    assert by_layer(events(admin, layered)) == {"": {"东部首访", "南部首访"}}
    assert admin.get(layered).status_code == 200


def a_copy_does_not_tell_what_it_holds(site, layered, start):
    """One's own goes on with conditions over hidden fields; its panel says that there are some."""
    secret = {"field": site.world.visits.field("amount").id, "op": "gt", "value": "4711"}
    closed = {"key": "s", "table": site.world.visits.id, "start": start, "filter": secret}
    with db.write():
        view = models.View.get_by_id(int(layered[3:]))
        kept = {**view.options, "layers": [{**closed, "done": secret}], "done": secret}
        mine = {**view.__data__, "id": None, "options": kept, "sharing": "personal"}
        own = f"/v/{models.View.create(**mine | {'owner': site.world.people['owner'].id}).id}"
    panel = site["owner"].get(f"{own}/data/settings").text
    assert "4711" not in panel and 'data-layer="s"' in panel and ">As it is now<" in panel
    told = {"layers": [{**closed, "filter": False, "done": False}], "done": False}
    assert site["owner"].post(f"{own}/options", told).status_code == 200
