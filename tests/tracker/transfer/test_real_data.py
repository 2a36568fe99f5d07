"""The real data sets of ../shared/data: no row lost, sensible types."""

from __future__ import annotations

import gzip
import itertools
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from tests.tracker.transfer.reads import column, names, read, types
from tracker.transfer import reading


@pytest.fixture
def data(shared: Path) -> Path:
    return shared / "data"


@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [
        ("whitehouse/wh_field_names.xlsx", 27, 4),
        ("inspections/dinesafe_2012.csv", 17_188, 16),
        ("campaign/gop-candidate-visits-2024__candidate_visits.csv", 1_741, 7),
        ("campaign/presidential-campaign-trail__trump.csv", 106, 6),
        ("campaign/presidential-campaign-trail__clinton.csv", 71, 6),
        ("ministers/person.csv", 1_337, 10),
        ("ministers/appointment.csv", 3_667, 5),
        ("ministers/post.csv", 926, 7),
        ("ministers/organisation.csv", 69, 5),
        ("ministers/event.csv", 23, 4),
        ("ministers/appointment_characteristics.csv", 3_711, 8),
        ("ministers/post_relationship.csv", 1_559, 4),
        ("ministers/organisation_link.csv", 60, 6),
        ("crm/accounts.csv", 85, 7),
        ("crm/products.csv", 7, 3),
        ("crm/sales_pipeline.csv", 8_800, 8),
        ("crm/sales_teams.csv", 35, 3),
        ("china/cn_provinces.csv", 31, 2),
        ("china/cn_cities.csv", 342, 3),
        ("china/cn_areas.csv", 2_978, 4),
        ("china/cn_streets.csv", 41_352, 5),
        ("china/cn_workdays.csv", 8_401, 6),
    ],
)
def test_every_row(data: Path, name: str, rows: int, columns: int) -> None:
    shown, found = read(data / name)
    assert (len(found), len(shown.columns)) == (rows, columns)
    assert shown.skipped_rows == []
    assert not any(row.problem for row in found)


def test_visits_at_the_white_house(data: Path) -> None:
    shown, rows = read(data / "whitehouse/wh_events_2023-01.xlsx")
    assert len(rows) == 8_612
    assert types(shown)[:5] == ["single_choice", "datetime", "text", "text", "number"]
    moments = column(shown, rows, "APPT_START_DATE")
    assert all(type(moment) is datetime for moment in moments)
    assert any(moment.hour == moment.minute == 0 for moment in moments)
    days = column(shown, rows, "Day")
    assert Counter(moment.day for moment in moments) == Counter(days)


def test_inspections(data: Path) -> None:
    shown, rows = read(data / "inspections/minneapolis_inspections_raw.xlsx")
    assert len(rows) == 26_461
    assert [(sheet.name, sheet.rows) for sheet in shown.sheets] == [
        ("Sheet1", 26_462),
        ("Sheet2", 0),
        ("Sheet3", 0),
    ]
    guessed = dict(zip(names(shown), types(shown), strict=True))
    assert guessed["InspectionID"] == "text"
    assert guessed["CCO"] == "single_choice"
    assert guessed["dateOfInspection"] == "date"
    assert guessed["StandardOrderText"] == "long_text"
    assert len(set(column(shown, rows, "CCO"))) == 24


def test_american_dates(data: Path) -> None:
    shown, rows = read(data / "campaign/gop-candidate-visits-2024__candidate_visits.csv")
    guess = shown.columns[1].guess
    assert (guess.type, guess.style) == ("date", {"order": "mdy"})
    days = [guess.read(cell) for cell in column(shown, rows, "Date")]
    assert str(days[0]) == "2023-01-19"


def test_chinese_words_for_yes_and_no(data: Path) -> None:
    shown, _rows = read(data / "china/cn_workdays.csv")
    assert types(shown) == [
        "date",
        "single_choice",
        "checkbox",
        "single_choice",
        "single_choice",
        "checkbox",
    ]


def test_codes_stay_text(data: Path) -> None:
    shown, rows = read(data / "china/cn_areas.csv")
    assert set(types(shown)) == {"text"}
    assert rows[0].cells == ["110101", "东城区", "1101", "11"]


def test_many_rows_pass_through(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "villages.csv"
    with gzip.open(data / "large/cn_villages.csv.gz", "rb") as packed, path.open("wb") as file:
        file.writelines(itertools.islice(packed, 100_001))
    rows = reading.rows(path, sheet=None, header_row=1)
    assert next(rows).cells[:2] == ["110101001001", "多福巷社区居委会"]
    assert sum(1 for _row in rows) == 99_999
