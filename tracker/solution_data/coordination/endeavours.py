"""The activities and projects of the demo."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from tracker import workdays
from tracker.periods import month_start
from tracker.solution_data.coordination import stories
from tracker.solution_data.coordination.clients import Client
from tracker.solution_data.coordination.crew import Crew, Unit
from tracker.solution_data.coordination.rhythm import DAY, Window

ACTIVITIES, PROJECTS = 60, 80
SIZES = {  # CNY 10k
    "ipo": (30000, 120000),
    "placement": (20000, 90000),
    "bond": (20000, 200000),
    "merger": (15000, 150000),
    "abs": (20000, 100000),
    "neeq": (1000, 5000),
    "incentive": (800, 6000),
}
STAGES = ("lead", "approved", "diligence", "filing", "review", "issue", "closed")
MONTHS_BACK = 18


def activities(
    rng: random.Random, house: Crew, companies: list[Client], window: Window
) -> list[dict[str, Any]]:
    """Some in every month of the window."""
    months = sorted({day.replace(day=1) for day in window.days()})
    kinds = list(stories.ACTIVITIES)
    weights = [unit.weight for unit in house.branches]
    rows, taken = [], set[tuple[str, str]]()
    for number in range(ACTIVITIES):
        kind = kinds[number % len(kinds)]
        host = rng.choices(house.branches, weights)[0] if rng.random() < 0.7 else None
        unit = host or rng.choice([*house.offices[:5], *house.regions])
        unit = house.unit("研究所") if kind == "strategy" else unit
        near = [one for one in companies if one.unit is unit] or rng.sample(companies, 12)
        row = _activity(rng, kind, unit, near, months[number % len(months)])
        while (row["name"], row["start"]) in taken:
            row["start"] = row["end"] = workdays.shift(
                date.fromisoformat(row["start"]), 1
            ).isoformat()
        taken.add((row["name"], row["start"]))
        rows.append(_held(rng, row, window))
    return sorted(rows, key=lambda row: str(row["start"]))


def _activity(
    rng: random.Random, kind: str, unit: Unit, near: list[Client], month: date
) -> dict[str, Any]:
    titles, heads, budget = stories.ACTIVITIES[kind]
    start = workdays.shift(month + DAY * rng.randrange(2, 25), 0)
    days = rng.choice([2, 3]) if kind == "strategy" else rng.choice([1, 1, 1, 2])
    season = f"{start.year}年{'春夏秋冬'[(start.month % 12) // 3]}季"
    guests = rng.sample(near, min(len(near), rng.randrange(2, 8)))
    name = rng.choice(titles).format(city=unit.city, short=guests[0].short, season=season)
    place = (
        f"{guests[0].short}园区" if kind == "site" else f"{unit.city}{rng.choice(stories.PLACES)}"
    )
    return {
        "name": name,
        "kind": kind,
        "start": start.isoformat(),
        "end": (start + DAY * (days - 1)).isoformat(),
        "place": place,
        "host": unit.id,
        "leader": rng.choice(unit.people),
        "heads": rng.randrange(*heads),
        "budget": rng.randrange(*budget, 500),
        "companies": guests,
    }


def _held(rng: random.Random, row: dict[str, Any], window: Window) -> dict[str, Any]:
    """The state of an activity by its date, and what is told of it afterwards."""
    ahead = (date.fromisoformat(row["end"]) - window.today).days
    if ahead >= 0:
        if row["kind"] == "education":
            row["repeat"] = "FREQ=WEEKLY;COUNT=4"
        row["state"] = "announced" if ahead <= 21 else "preparing"
    elif rng.random() < 0.07:
        row |= {"state": "cancelled", "heads": None}
    else:
        said = rng.choice(stories.HELD).format(heads=row["heads"], k=rng.randrange(2, 7))
        row |= {"state": "held", "summary": said}
    day = min(date.fromisoformat(row["start"]) - DAY * rng.randrange(15, 40), window.today - DAY)
    return row | {"_at": window.evening(day, rng), "_by": row["leader"]}


def projects(
    rng: random.Random, house: Crew, companies: list[Client], window: Window
) -> list[dict[str, Any]]:
    """One each for some companies; the older a project, the further it has come."""
    chosen = rng.sample([one for one in companies if one.row["grade"] != "c"], PROJECTS)
    rows = [_project(rng, house, one, number, window) for number, one in enumerate(chosen)]
    return sorted(rows, key=lambda row: str(row["start"]))


def _project(
    rng: random.Random, house: Crew, client: Client, number: int, window: Window
) -> dict[str, Any]:
    kind = _kind(rng, client)
    start = month_start(window.today, -(number % MONTHS_BACK)) + DAY * rng.randrange(26)
    start = min(workdays.shift(start, 0), window.today - DAY)
    stage = _stage(rng, (window.today - start).days)
    department = house.unit("澜岳资管" if kind == "abs" else "投资银行部")
    leader = rng.choice([*department.people[1:], client.holder])
    risk = rng.choices(["low", "middle", "high"], [70, 21, 9])[0]
    return {
        "name": stories.PROJECTS[kind].format(short=client.short, year=start.year),
        "kind": kind,
        "stage": stage,
        "company": client,
        "leader": leader,
        "department": department.id,
        "branch": client.unit.id,
        "amount": rng.randrange(*SIZES[kind], 100),
        "risk": "low" if stage in ("lead", "closed") else risk,
        "start": start.isoformat(),
        "due": workdays.shift(start + DAY * rng.randrange(130, 500), 0).isoformat(),
        "done": 0 if stage == "ended" else round(100 * STAGES.index(stage) / (len(STAGES) - 1)),
        "progress": rng.choice(stories.PROGRESS[stage]),
        "_at": window.evening(start, rng),
        "_by": leader,
    }


def _kind(rng: random.Random, client: Client) -> str:
    if client.row["industry"] == "state":
        return rng.choice(["bond", "bond", "abs"])
    if client.row["listing"] == "listed":
        return rng.choice(["placement", "merger", "bond", "incentive"])
    return rng.choice(["ipo", "ipo", "neeq", "incentive", "abs"])


def stage_at(project: dict[str, Any], week: date, today: date) -> str:
    """Where a project stood in an earlier week, as if it had moved evenly."""
    start = date.fromisoformat(project["start"])
    ended = project["stage"] == "ended"
    reached = STAGES.index("filing" if ended else project["stage"])
    place = round(reached * (week - start).days / max(1, (today - start).days))
    return STAGES[max(0, min(place, reached))]


def _stage(rng: random.Random, age: int) -> str:
    if age > 90 and rng.random() < 0.08:
        return "ended"
    reached = min(age / 75 + rng.uniform(-0.8, 0.8), len(STAGES) - 1)
    return STAGES[max(0, round(reached))]
