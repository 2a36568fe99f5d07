"""Working days, with make-up days."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from tracker import workdays


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 2, 16), False),  # Monday, Spring Festival
        (date(2026, 2, 14), True),  # Saturday, made up for it
        (date(2026, 10, 1), False),
        (date(2026, 10, 10), True),  # Saturday, made up for National Day
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2099, 1, 2), True),  # a Friday of a year nobody has announced
        (date(2099, 1, 3), False),
        (date(1999, 1, 2), False),
    ],
)
def test_holidays_and_make_up_days(day: date, works: bool) -> None:
    assert workdays.is_workday(day) is works


def test_shift_counts_working_days() -> None:
    friday = date(2026, 11, 20)
    assert workdays.shift(friday, 1) == date(2026, 11, 23)
    assert workdays.shift(date(2026, 11, 23), -1) == friday
    assert workdays.shift(date(2026, 11, 21), 0) == date(2026, 11, 23)
    assert workdays.shift(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert workdays.latest(date(2026, 11, 22)) == friday
    assert workdays.latest(friday) == friday


def test_agrees_with_the_published_days(shared: Path) -> None:
    """The days of the official announcements, where the file beside the project has them."""
    with (shared / "data/china/cn_workdays.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert rows
    differing = [
        row["日期"]
        for row in rows
        if workdays.is_workday(date.fromisoformat(row["日期"])) != (row["是否工作日"] == "是")
    ]
    assert differing == []


def test_every_day_reaches_a_working_day() -> None:
    day = date(2003, 12, 25)
    while day < date(2028, 1, 1):
        assert workdays.is_workday(workdays.shift(day, 0))
        assert workdays.is_workday(workdays.latest(day))
        day += timedelta(days=1)
