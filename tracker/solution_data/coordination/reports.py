"""The weekly reports of the demo: most branches file in time, some late, some not at all."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any

from tracker import dutyperiods, models, workdays
from tracker.periods import week_start
from tracker.solution_data.coordination import crew, endeavours, stories
from tracker.solution_data.coordination.calls import Visit
from tracker.solution_data.coordination.crew import Crew, Unit
from tracker.solution_data.coordination.rhythm import DAY, Window

WEEKS = 26
Told = dict[tuple[int, date], list[Visit]]


def since(window: Window) -> date:
    """The Monday of the first week that owes a report."""
    return week_start(window.today) - DAY * 7 * WEEKS


def reports(
    rng: random.Random,
    house: Crew,
    visits: list[Visit],
    projects: list[dict[str, Any]],
    window: Window,
) -> list[dict[str, Any]]:
    """Week by week and branch by branch; of this week what has come in so far."""
    told: Told = defaultdict(list)
    for visit in visits:
        told[visit.row["branch"], week_start(visit.day)].append(visit)
    own: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for project in projects:
        own[project["branch"]].append(project)
    diligence = {unit.id: rng.triangular(0.6, 1.0, 0.95) for unit in house.branches}
    rows = []
    for week in filter(_works, _weeks(window)):
        for unit in house.branches:
            filed = _filed(rng, week) if rng.random() < diligence[unit.id] else None
            if filed and filed.date() < window.today and not _waits(house, unit, week, window):
                rows.append(_report(rng, unit, week, filed, told, own[unit.id], window))
    return sorted(rows, key=lambda row: (row["week"], row["_at"]))


def exempt(house: Crew, duty: models.Duty, window: Window, *, by: int) -> None:
    """Weeks without a working day owe nothing."""
    rows = [
        {
            "duty": duty,
            "ower": str(unit.id),
            "period": dutyperiods.containing(duty.definition, week).label,
            "reason": "长假无工作日",
            "by": by,
        }
        for week in _weeks(window)
        if not _works(week)
        for unit in house.branches
    ]
    if rows:
        models.Exemption.insert_many(rows).execute()


def _weeks(window: Window) -> list[date]:
    return [since(window) + DAY * 7 * number for number in range(WEEKS + 1)]


def _works(week: date) -> bool:
    return any(workdays.is_workday(week + DAY * number) for number in range(5))


def _waits(house: Crew, unit: Unit, week: date, window: Window) -> bool:
    """The branch of the one who signs in still owes this week: there is something to do."""
    return house.known[crew.STAFF[0]] in unit.people and week == week_start(window.today)


def _filed(rng: random.Random, week: date) -> datetime:
    """When it was filed: Thursday or Friday, a few after the deadline."""
    friday = workdays.latest(week + DAY * 4)
    luck = rng.random()
    if luck < 0.06:
        return datetime.combine(friday, time(17, 10)) + timedelta(minutes=rng.randrange(240))
    if luck < 0.09:
        return datetime.combine(week + DAY * 7, time(9)) + timedelta(minutes=rng.randrange(150))
    day = friday if luck < 0.75 else max(friday - DAY, week)
    return datetime.combine(day, time(10)) + timedelta(minutes=rng.randrange(410))


def _report(
    rng: random.Random,
    unit: Unit,
    week: date,
    filed: datetime,
    told: Told,
    projects: list[dict[str, Any]],
    window: Window,
) -> dict[str, Any]:
    visits = [one for one in told[unit.id, week] if one.row["state"] == "done"]
    begun = [one for one in projects if week.isoformat() >= one["start"]]
    stages = {one["name"]: endeavours.stage_at(one, week, window.today) for one in begun}
    coming = [one for one in told[unit.id, week + DAY * 7] if one.row["state"] != "cancelled"]
    open_ones = [one for one in begun if stages[one["name"]] != "closed"][:3]
    author = rng.choice(unit.people)
    risky = rng.random() < (0.2 if open_ones else 0.04)
    return {
        "headline": _headline(rng, visits, stages, open_ones),
        "branch": unit.id,
        "week": min(filed.date(), week + DAY * 4).isoformat(),
        "author": author,
        "projects": open_ones,
        "visits": len(visits),
        "progress": _progress(rng, visits, stages, open_ones),
        "plan": _plan(coming),
        "risks": rng.choice(stories.RISKY if risky else stories.CALM),
        "escalate": True if risky else None,
        "_at": window.stored(filed),
        "_by": author,
    }


def _headline(
    rng: random.Random, visits: list[Visit], stages: dict[str, str], projects: list[dict[str, Any]]
) -> str:
    said = [f"走访 {len(visits)} 家次"] if visits else []
    said += [f"{one['name']}{stories.DOING[stages[one['name']]]}" for one in projects[:1]]
    said += [f"另有 {len(projects) - 1} 个项目在推"] if len(projects) > 1 else []
    return "，".join(said) or rng.choice(stories.QUIET_WEEK)


def _progress(
    rng: random.Random, visits: list[Visit], stages: dict[str, str], projects: list[dict[str, Any]]
) -> str:
    lines = [f"{one.row['subject']}" for one in visits[:4]]
    lines += [
        f"{one['name']}：{rng.choice(stories.PROGRESS[stages[one['name']]])}" for one in projects
    ]
    lines = lines or ["电话回访存量客户，整理企业档案"]
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def _plan(coming: list[Visit]) -> str:
    lines = [f"拜访{one.client.short}" for one in coming[:3]] or ["走访辖区内重点企业"]
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
