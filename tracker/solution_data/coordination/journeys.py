"""The way of each project of the demo through its stages: some skip one, some go back for a while.

Written as people would have: made in the first stage, then moved, and dated back afterwards.
"""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from tracker import workdays
from tracker.solution_data.coordination.endeavours import STAGES
from tracker.solution_data.coordination.rhythm import DAY, Window

Step = tuple[str, str]  # stage, stored moment
END = "ended"


def ways(projects: list[dict[str, Any]], window: Window) -> list[list[Step]]:
    """For each project the moves after it was made, the last into the stage where it stands."""
    return [_way(one, number, window) for number, one in enumerate(projects)]


def _way(project: dict[str, Any], number: int, window: Window) -> list[Step]:
    rng = random.Random(f"way {number}")
    start, stage = date.fromisoformat(project["start"]), project["stage"]
    reached = rng.randrange(1, 4) if stage == END else STAGES.index(stage)
    age = (window.today - start).days
    passed = [*STAGES[1 : reached + 1], *([END] if stage == END else [])]
    if len(passed) > 2 and rng.random() < 0.2:
        passed.pop(0)  # approved and begun at once
    length = 1 if age < 2 * len(passed) + 2 else age
    told = _back(passed, rng) if age > 60 else passed
    days = sorted(rng.uniform(0.06, 0.94) for _one in told)
    steps, last = [], start
    for one, share in zip(told, days, strict=True):
        day = workdays.shift(start + DAY * round(share * length), 0)
        last = min(max(last, day), window.today - DAY)
        steps.append((one, window.evening(last, rng)))
    return _in_order(steps)


def _back(passed: list[str], rng: random.Random) -> list[str]:
    """With a return to the stage before and a second attempt, for some."""
    if len(passed) < 3 or rng.random() > 0.22:
        return passed
    place = rng.randrange(1, len(passed) - 1)
    return [*passed[: place + 1], passed[place - 1], *passed[place:]]


def _in_order(steps: list[Step]) -> list[Step]:
    moments = sorted(at for _stage, at in steps)
    return [(stage, at) for (stage, _at), at in zip(steps, moments, strict=True)]
