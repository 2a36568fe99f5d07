"""When rules are due: every local slot exactly once, in every zone, across every change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automations import schedule
from tracker import clock, workdays
from tracker.context import Context
from tracker.errors import Refused

Rule = dict[str, Any]
ZONES = sorted(zone for zone in available_timezones() if zone not in {"localtime", "Factory"})
AWKWARD = [
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"),
    *("Africa/Casablanca", "Europe/Moscow", "Asia/Kathmandu", "America/Scoresbysund"),
    *("Africa/Cairo", "Asia/Beirut", "America/Havana", "America/Nuuk", "Asia/Shanghai"),
]
at = datetime.fromisoformat  # moments are naive UTC
START, END = at("2024-01-01"), at("2032-12-31")

times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 1, 29, 30, 59]))
zones = st.one_of(st.sampled_from(AWKWARD), st.sampled_from(ZONES))
moments = st.datetimes(START, END).map(lambda moment: moment.replace(microsecond=0))
rules = st.one_of(
    st.fixed_dictionaries(
        {"every": st.sampled_from(["day", "workday"]), "time": times, "zone": zones}
    ),
    st.fixed_dictionaries(
        {"every": st.just("week"), "weekday": st.integers(0, 6), "time": times, "zone": zones}
    ),
    st.fixed_dictionaries(
        {
            "every": st.just("month"),
            "day": st.one_of(st.integers(1, 31), st.just("last")),
            "time": times,
            "zone": zones,
        }
    ),
)


def wanted(rule: Rule, day: date) -> bool:
    """Whether the rule is due on ``day``, written down a second time and more slowly."""
    if rule["every"] == "week":
        return day.isoweekday() == rule["weekday"] + 1
    if rule["every"] == "month":
        last = day
        while (last + timedelta(days=1)).month == day.month:
            last += timedelta(days=1)
        return day.day == (last.day if rule["day"] == "last" else min(rule["day"], last.day))
    return rule["every"] == "day" or workdays.is_workday(day)


def first_moment(local: datetime, zone: str) -> datetime:
    """The first moment at or after which the wall in ``zone`` shows ``local`` or later."""
    moment = local - timedelta(hours=26)
    step = timedelta(hours=1)
    while step >= timedelta(minutes=1):
        while clock.to_local(moment + step, zone) < local:
            moment += step
        step /= 60
    return moment + timedelta(minutes=1)


@settings(max_examples=300)
@given(rule=rules, start=moments, days=st.integers(0, 400))
def test_each_local_slot_comes_exactly_once(rule: Rule, start: datetime, days: int) -> None:
    end = start + timedelta(days=days)
    slots = schedule.slots_between(rule, start, end)
    assert [slot.utc for slot in slots] == sorted({slot.utc for slot in slots})
    assert all(start < slot.utc <= end for slot in slots)
    got = [slot.local.date() for slot in slots]
    first = clock.to_local(start, rule["zone"]).date() + timedelta(days=1)
    last = clock.to_local(end, rule["zone"]).date() - timedelta(days=1)
    span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    inside = [day for day in got if first <= day <= last]
    assert inside == [day for day in span if wanted(rule, day)]
    assert all(f"{slot.local:%H:%M}" == rule["time"] for slot in slots)


@settings(max_examples=300)
@given(rule=rules, start=moments)
def test_a_missing_time_ends_the_gap_and_a_doubled_one_is_the_first(
    rule: Rule, start: datetime
) -> None:
    for slot in schedule.slots_between(rule, start, start + timedelta(days=200))[:40]:
        assert slot.utc == first_moment(slot.local, rule["zone"])


@settings(max_examples=300)
@given(rule=rules, start=moments)
def test_next_latest_and_between_agree(rule: Rule, start: datetime) -> None:
    due = schedule.next_due(rule, start)
    assert [slot.utc for slot in schedule.slots_between(rule, start, due)] == [due]
    assert schedule.latest(rule, due).utc == due
    before = schedule.latest(rule, due - timedelta(seconds=1))
    assert before.utc <= start
    assert schedule.next_due(rule, before.utc) == due


@pytest.mark.parametrize(
    ("zone", "day", "local", "utc"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "02:30", "2026-03-29T01:00"),  # missing
        ("Europe/Berlin", date(2026, 10, 25), "02:30", "2026-10-25T00:30"),  # twice
        ("America/New_York", date(2026, 3, 8), "02:15", "2026-03-08T07:00"),
        ("America/New_York", date(2026, 11, 1), "01:30", "2026-11-01T05:30"),
        ("Australia/Lord_Howe", date(2026, 10, 4), "02:10", "2026-10-03T15:30"),  # half an hour
        ("Australia/Lord_Howe", date(2026, 4, 5), "01:45", "2026-04-04T14:45"),
        ("Asia/Kathmandu", date(2026, 6, 1), "09:00", "2026-06-01T03:15"),
        ("Europe/Moscow", date(2026, 6, 1), "09:00", "2026-06-01T06:00"),
        ("Pacific/Apia", date(2026, 6, 1), "09:00", "2026-05-31T20:00"),
        ("Asia/Shanghai", date(2026, 11, 20), "17:00", "2026-11-20T09:00"),
    ],
)
def test_named_cases(zone: str, day: date, local: str, utc: str) -> None:
    rule = {"every": "day", "time": local, "zone": zone}
    moment = datetime.fromisoformat(utc)
    two = timedelta(days=2)
    slots = schedule.slots_between(rule, moment - two, moment + two)
    assert [slot.utc for slot in slots if slot.local.date() == day] == [moment]


def test_the_31st_is_the_last_day_of_a_short_month() -> None:
    rule = {"every": "month", "day": 31, "time": "09:00", "zone": "Asia/Shanghai"}
    slots = schedule.slots_between(rule, at("2028-01-01"), at("2028-05-01"))
    assert [slot.local.day for slot in slots] == [31, 29, 31, 30]


def test_working_days_jump_holidays_and_keep_make_up_days() -> None:
    rule = {"every": "workday", "time": "09:00", "zone": "Asia/Shanghai"}
    slots = schedule.slots_between(rule, at("2026-09-30T12:00"), at("2026-10-11"))
    assert [slot.local.day for slot in slots] == [8, 9, 10]


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"every": "year", "time": "09:00"},
        {"every": "day", "time": "25:00"},
        {"every": "day", "time": "9"},
        {"every": "day"},
        {"every": "week", "time": "09:00"},
        {"every": "week", "weekday": 7, "time": "09:00"},
        {"every": "week", "weekday": True, "time": "09:00"},
        {"every": "month", "day": 0, "time": "09:00"},
        {"every": "month", "day": "first", "time": "09:00"},
        {"every": "day", "time": "09:00", "zone": "Mars/Olympus"},
        {"every": "day", "time": "09:00", "zone": "../etc/passwd"},
    ],
)
def test_wrong_rules_are_refused_in_words(raw: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        schedule.check(raw, "Asia/Shanghai")


def test_rules_are_stored_clean() -> None:
    raw = {"every": "week", "weekday": "4", "time": "7:05", "day": 3, "kind": "schedule"}
    assert schedule.check(raw, "Asia/Shanghai") == {
        "every": "week",
        "weekday": 4,
        "time": "07:05",
        "zone": "Asia/Shanghai",
    }


@pytest.mark.parametrize(
    ("rule", "zh", "en"),
    [
        ({"every": "week", "weekday": 4}, "每周五 17:00", "Every Fri at 17:00"),
        ({"every": "workday"}, "每个工作日 17:00", "Every working day at 17:00"),
        ({"every": "month", "day": 5}, "每月 5 日 17:00", "Every month on day 5 at 17:00"),
        (
            {"every": "month", "day": "last"},
            "每月最后一天 17:00",
            "On the last day of every month at 17:00",
        ),
        ({"every": "day"}, "每天 17:00", "Every day at 17:00"),
    ],
)
def test_rules_can_be_read_aloud(rule: dict[str, Any], zh: str, en: str) -> None:
    rule = {**rule, "time": "17:00", "zone": "Asia/Shanghai"}
    for lang, words in (("zh", zh), ("en", en)):
        assert schedule.sentence(rule, Context(lang=lang)).to(lang) == words


def test_the_clock_of_the_tests_is_utc() -> None:
    assert abs(clock.now() - datetime.now(UTC).replace(tzinfo=None)) < timedelta(seconds=5)
