"""Recurrence: rules read, said, and unrolled over short months, leap days and changed clocks."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tracker import recurrence, recurrencewords
from tracker.errors import Refused
from tracker.series import Series

DAY = timedelta(days=1)
YEAR = "2026-01-01", "2027-01-01"
CASES = [  # rule, the record's day, span, the days within it
    ("FREQ=DAILY;INTERVAL=10", "2026-01-05", ("2026-01-20", "2026-02-20"), "01-25 02-04 02-14"),
    ("FREQ=WEEKLY", "2026-11-03", ("2026-11-08", "2026-12-01"), "11-10 11-17 11-24"),
    ("FREQ=WEEKLY;BYDAY=MO,WE", "2026-11-04", ("2026-11-01", "2026-11-12"), "11-04 11-09 11-11"),
    # the record's own day counts, also where the rule does not name it
    ("FREQ=WEEKLY;BYDAY=MO", "2026-11-04", ("2026-11-01", "2026-11-17"), "11-04 11-09 11-16"),
    ("FREQ=WEEKLY;BYDAY=MO;COUNT=3", "2026-11-04", YEAR, "11-04 11-09 11-16"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU", "2026-11-03", ("2026-11-01", "2026-12-01"),
     "11-03 11-08 11-17 11-22"),
    # the 31st: months without one are left out; the last day is there in each
    ("FREQ=MONTHLY", "2026-01-31", YEAR, "01-31 03-31 05-31 07-31 08-31 10-31 12-31"),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", ("2026-02-01", "2026-05-01"),
     "02-28 03-31 04-30"),
    ("FREQ=MONTHLY;INTERVAL=3", "2025-11-30", YEAR, "05-30 08-30 11-30"),
    ("FREQ=MONTHLY;BYDAY=2TU", "2026-01-13", ("2026-02-01", "2026-05-01"), "02-10 03-10 04-14"),
    ("FREQ=MONTHLY;BYDAY=-1FR", "2026-01-30", ("2026-02-01", "2026-04-01"), "02-27 03-27"),
    ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", "2025-02-10", YEAR, ""),
    # the leap day comes in leap years
    ("FREQ=YEARLY", "2024-02-29", YEAR, ""),
    ("FREQ=YEARLY", "2024-02-29", ("2028-01-01", "2029-01-01"), "02-29"),
    ("FREQ=MONTHLY", "2024-01-29", ("2028-02-01", "2028-03-01"), "02-29"),
    # ends: the last day belongs to it, the number counts the first
    ("FREQ=DAILY;UNTIL=20260103", "2026-01-01", YEAR, "01-01 01-02 01-03"),
    ("FREQ=DAILY;UNTIL=20251231T235959Z", "2026-01-01", YEAR, "01-01"),
    ("FREQ=DAILY;COUNT=2", "2026-02-28", YEAR, "02-28 03-01"),
    ("FREQ=DAILY;COUNT=5", "2025-12-30", YEAR, "01-01 01-02 01-03"),
    ("FREQ=DAILY", "2026-01-01", ("2025-01-01", "2026-01-01"), ""),
    # days that are left out, the first too; the number still counts them
    ("FREQ=WEEKLY;BYDAY=MO;EXDATE=20261116,20261102,20261109", "2026-11-02",
     ("2026-11-01", "2026-12-01"), "11-23 11-30"),
    ("FREQ=DAILY;COUNT=3;EXDATE=2026-01-02", "2026-01-01", YEAR, "01-01 01-03"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "first", "span", "wanted"), CASES)
def test_a_rule_is_unrolled(rule, first, span, wanted):
    low, high = map(date.fromisoformat, span)
    found = recurrence.days(recurrence.read(rule), date.fromisoformat(first), low, high)
    assert " ".join(one.isoformat()[5:] for one in found) == wanted


def test_a_window_far_on_is_a_part_of_the_whole():
    """Whole periods are skipped, never a day of them."""
    rules = {rule for rule, *_rest in CASES if "COUNT" not in rule}
    for rule in sorted(rules):
        read = recurrence.read(rule)
        for first in (date(2019, 12, 31), date(2020, 2, 29), date(2021, 5, 17)):
            whole = recurrence.days(read, first, first, date(2027, 1, 1))
            for low in (date(2024, 2, 28), date(2025, 12, 30), date(2026, 5, 4)):
                part = recurrence.days(read, first, low, low + 70 * DAY)
                assert part == [one for one in whole if low <= one < low + 70 * DAY], (rule, low)


def test_every_rule_is_said_in_both_languages_and_read_again():
    for rule, *_rest in CASES:
        read = recurrence.read(rule)
        for lang in ("en", "zh"):
            assert recurrencewords.read(recurrencewords.said(read, whole=True).to(lang)) == read
    said = recurrencewords.said(recurrence.read("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=10"))
    assert said.to("en") == "every 2 weeks on Mon, Wed, 10 in all"
    assert said.to("zh") == "每 2 周的周一、周三，共 10 次"
    without = recurrencewords.said(recurrence.read("FREQ=WEEKLY;EXDATE=20261116,20261109,20261123"))
    assert without.to("en") == "every week, except 3 days"
    assert without.to("zh") == "每周，3 天除外"
    with pytest.raises(Refused):  # which days is not known
        recurrencewords.read(without.to("en"))


PARTED = [  # rule, first, day, what stays, what comes from that day on, that moved by two days
    ("FREQ=WEEKLY;BYDAY=MO,SU", "2026-11-02", "2026-11-16",
     "FREQ=WEEKLY;BYDAY=MO,SU;UNTIL=20261115", "FREQ=WEEKLY;BYDAY=MO,SU",
     "FREQ=WEEKLY;BYDAY=TU,WE"),
    ("FREQ=DAILY;COUNT=5;EXDATE=20260102,20260104", "2026-01-01", "2026-01-03",
     "FREQ=DAILY;UNTIL=20260102;EXDATE=20260102", "FREQ=DAILY;COUNT=3;EXDATE=20260104",
     "FREQ=DAILY;COUNT=3;EXDATE=20260106"),
    ("FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20261231", "2026-01-31", "2026-05-31",
     "FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20260530", "FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20261231",
     None),
]  # fmt: skip


def test_a_series_is_parted_and_moved():
    for rule, first, day, before, after, moved in PARTED:
        parts = recurrence.parted(
            recurrence.read(rule), date.fromisoformat(first), date.fromisoformat(day)
        )
        assert [str(one) for one in parts] == [before, after]
        later = recurrence.shifted(parts[1], 2)
        assert (later and str(later)) == moved


def test_the_next_day_of_a_series_is_found_far_on():
    for rule, first, _span, _days in CASES:
        read, begun = recurrence.read(rule), date.fromisoformat(first)
        for day in (begun, begun + 20 * DAY, date(2026, 2, 27)):
            ahead = recurrence.days(read, begun, day + DAY, day + 1500 * DAY)
            assert recurrence.day_after(read, begun, day) == (ahead[0] if ahead else None), rule


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "FREQ=SECONDLY", "FREQ=DAILY;BYHOUR=3", "FREQ=DAILY;INTERVAL=0"),
        *("FREQ=DAILY;COUNT=100000", "FREQ=WEEKLY;BYDAY=2MO", "FREQ=YEARLY;BYDAY=MO"),
        *("FREQ=DAILY;COUNT=3;UNTIL=20270101", "FREQ=DAILY;UNTIL=20271340", "每周的八", "every"),
        *("FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=3", "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=DAILY;COUNT=²"),
        *("FREQ=DAILY;EXDATE=", "FREQ=DAILY;EXDATE=x", "every day, except monday"),
    ],
)
def test_what_is_no_rule_is_refused(text):
    with pytest.raises(Refused):
        recurrencewords.read(text)


def test_a_series_keeps_its_hour_when_the_clocks_change(monkeypatch):
    monkeypatch.setenv("ROUNDS_TZ", "America/New_York")
    begin = datetime(2026, 3, 1, 14, 30)  # noqa: DTZ001 - 09:30 in New York
    span = date(2026, 3, 2), date(2026, 3, 20)

    def hours(zone: str, rule: str = "FREQ=WEEKLY", at: datetime = begin) -> list[str]:
        found = Series(rule, at, at + timedelta(hours=1), zone).occurrences(*span)
        assert all((end - start) == timedelta(hours=1) for start, end in found)
        return [f"{start:%m-%d %H:%M}" for start, _end in found]

    assert hours("America/New_York") == ["03-08 09:30", "03-15 09:30"]
    assert hours("UTC") == ["03-08 13:30", "03-15 13:30"]  # the 8th is the first of summer
    assert hours("Asia/Shanghai") == ["03-08 21:30", "03-15 21:30"]
    skipped = datetime(2026, 3, 7, 7, 30)  # noqa: DTZ001 - 02:30 in New York, which is not on the 8th
    found = Series("FREQ=DAILY;COUNT=2", skipped, None, "America/New_York").occurrences(*span)
    assert [f"{start:%d %H:%M}" for start, _end in found] == ["07 02:30", "08 03:00"]


def test_what_lasts_over_midnight_touches_both_days():
    late = datetime(2026, 11, 3, 15, 0)  # noqa: DTZ001 - 23:00 in Shanghai
    series = Series("FREQ=WEEKLY", late, late + timedelta(hours=3), "Asia/Shanghai")
    wednesday = date(2026, 11, 11)
    assert len(series.occurrences(wednesday, wednesday)) == 1
    assert not series.occurrences(wednesday + DAY, wednesday + DAY)
    days = Series("FREQ=MONTHLY", date(2026, 1, 30), date(2026, 2, 2), "Asia/Shanghai")
    assert [one[0].isoformat() for one in days.occurrences(date(2026, 4, 1), date(2026, 4, 3))] == [
        "2026-03-30"
    ]
