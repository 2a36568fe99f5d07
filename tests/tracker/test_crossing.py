"""Crossed groups: every cell and total as bare SQL says it, on both databases, for each viewer."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests import world as worlds
from tracker import crossing, db
from tracker.crossing import ALL, OTHERS, Cross, cells
from tracker.errors import Refused
from tracker.grouping import By, Measure
from tracker.query import Query

DAYS = ("2025-12-28", "2025-12-29", "2026-01-04", "2026-01-05", "2024-02-29", "2026-12-31")


@pytest.fixture
def world(database: str) -> worlds.World:
    """Visits at the edges of weeks and quarters, some of both companies, of both sides."""
    made = worlds.build()
    ids = worlds.sample(made)
    both = [ids["medical"], ids["electric"]]
    for place, day in enumerate(DAYS):
        made.visit(
            f"日{place % 4}",
            day=day,
            start=f"{day} 23:30",
            kind=["上门", "电话"][place % 2],
            people=place * 10 if place else None,
            company=both[: place % 3],
            followed=place == 2,
            department=made.departments["上海" if place < 4 else "华南"].id,
        )
    return made


def crossed(world: worlds.World, who: str, rows: list[Any], column: Any, *measures: Measure, **how):
    by = [_by(world, one) for one in rows]
    cross = Cross(tuple(by), _by(world, column) if column else None, measures, **how)
    return cells(Query(world.viewer(who), world.visits), cross)


def _by(world: worlds.World, named: Any) -> By:
    key, bucket = named if isinstance(named, tuple) else (named, "month")
    return By(world.visits.field(key), bucket)


def measure(world: worlds.World, kind: str, key: str) -> Measure:
    return Measure(kind, world.visits.field(key))


def bare(world: worlds.World, scope: str, *values: Any) -> dict[Any, tuple[Any, ...]]:
    """``(kind, month)``, with `ALL` for totals → records, average, least, most, titles."""
    visits = world.visits
    kind, people, title = (visits.field(one).column for one in ("kind", "people", "title"))
    day = f"SUBSTR(CAST({visits.field('day').column} AS TEXT), 1, 7)"
    numbers = f"COUNT(*), AVG({people}), MIN({people}), MAX({people}), COUNT(DISTINCT {title})"
    found: dict[Any, tuple[Any, ...]] = {}
    for rows, columns in ((kind, day), (kind, None), (None, day), (None, None)):
        keys = [one for one in (rows, columns) if one]
        grouped = f" GROUP BY {', '.join(keys)}" if keys else ""
        asked = f"SELECT {', '.join([*keys, numbers])} FROM t{visits.id} WHERE deleted_at IS NULL"
        for row in db.query(f"{asked} AND {scope}{grouped}", *values):
            given = iter(row)
            place = tuple(next(given) if one else ALL for one in (rows, columns))
            count, average, *rest = given
            found[place] = (count, None if average is None else float(average), *rest)
    return found


def test_cells_and_totals_are_those_of_bare_sql(world):
    department = world.visits.field("department").column
    east, south = (world.departments[name].id for name in ("上海", "华南"))
    scopes = {"admin": ("1 = 1",), "head": (f"{department} = ?", east)}
    scopes |= {"owner": (f"{department} = ?", east), "colleague": (f"{department} = ?", south)}
    wanted = [measure(world, kind, "people") for kind in ("avg", "min", "max")]
    wanted = [Measure(), *wanted, measure(world, "unique", "title")]
    for who, scope in scopes.items():
        found = crossed(world, who, ["kind"], ("day", "month"), *wanted)
        told = {key: tuple(one.numbers[place] for place in range(5)) for key, one in found.items()}
        assert told == bare(world, *scope), who


def test_weeks_and_quarters_are_those_of_the_calendar(world):
    """Also for numbers that cannot be put together from days; moments on the viewer's wall."""
    unique = measure(world, "unique", "day")
    every = [*DAYS, "2026-11-03", "2026-11-04"]
    for key in ("day", "start"):
        for bucket in ("week", "quarter", "month", "year"):
            found = crossed(world, "admin", [(key, bucket)], None, Measure(), unique)
            counts = {one: cell.count for (one,), cell in found.items() if one not in {ALL, None}}
            expected: dict[str, int] = {}
            for day in every:
                expected[_bucket(day, bucket)] = expected.get(_bucket(day, bucket), 0) + 1
            assert counts == expected, (key, bucket)
            filled = [cell for (one,), cell in found.items() if one not in {ALL, None}]
            assert all(cell.numbers[1] == cell.count for cell in filled)


def _bucket(day: str, bucket: str) -> str:
    one = date.fromisoformat(day)
    if bucket == "week":
        return date.fromisocalendar(*one.isocalendar()[:2], 1).isoformat()
    quarter = f"{day[:4]}-Q{(one.month - 1) // 3 + 1}"
    return {"quarter": quarter, "month": day[:7], "year": day[:4]}[bucket]


def test_records_in_several_groups_count_once_in_every_total(world):
    people = measure(world, "sum", "people")
    companies = measure(world, "unique", "company")
    medical, electric = world.ids["medical"], world.ids["electric"]
    found = crossed(world, "admin", ["kind"], "company", Measure(), people, companies)
    assert (found[ALL, medical].count, found[ALL, electric].count) == (5, 3)
    assert found[ALL, ALL].numbers == {0: 9, 1: 158, 2: 2}
    kept = crossed(world, "admin", ["kind"], "company", Measure(), people, companies, kept=(None,))
    assert kept[ALL, OTHERS].numbers == {0: 6, 1: 128, 2: 2}
    assert kept[ALL, None].numbers == {0: 3, 1: 30, 2: 0}
    assert {key for key in kept if key[0] == ALL} == {(ALL, OTHERS), (ALL, None), (ALL, ALL)}
    boxes = crossed(world, "admin", ["followed", "kind"], None, Measure())
    assert (boxes[True, ALL].count, boxes[False, ALL].count) == (2, 7)


def test_hidden_values_and_rows_count_nowhere(world):
    amount = measure(world, "sum", "amount")
    found = crossed(world, "owner", ["kind"], None, Measure(), amount)
    assert found[ALL,].numbers[1] is None
    assert found[ALL,].count == 6


def test_what_cannot_be_crossed_is_refused(world, monkeypatch):
    for rows, of in (([("day", "hour")], "people"), (["kind"], "title")):
        with pytest.raises(Refused):
            crossed(world, "admin", rows, None, measure(world, "sum", of))
    monkeypatch.setattr("tracker.limits.PIVOT_CELLS", 2)
    with pytest.raises(Refused, match="groups"):
        crossed(world, "admin", ["title"], None, Measure())
    assert crossing.several(world.visits.field("tags"))
