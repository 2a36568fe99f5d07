"""The visits of the demo: who sees whom, when, about what, and what came of it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from typing import Any

from tracker import workdays
from tracker.solution_data.coordination import crew, phrases
from tracker.solution_data.coordination.clients import Client
from tracker.solution_data.coordination.crew import Crew, Unit
from tracker.solution_data.coordination.rhythm import DAY, Diary, Window

VISITS = 3_000
TODAY = ((time(10), 60), (time(14, 30), 90), (time(16, 30), 45))
KINDS = {"onsite": 48, "hosting": 12, "meeting": 16, "phone": 18, "event": 6}
MINUTES = {
    "onsite": (60, 90, 90, 120),
    "hosting": (60, 90),
    "meeting": (45, 60),
    "phone": (15, 30),
    "event": (60,),
}
# Line of business → the subsidiary or office that comes along
EXPERTS = {
    "futures": "澜岳期货",
    "asset": "澜岳资管",
    "equity": "澜岳股权投资",
    "cross": "澜岳国际",
    "ipo": "投资银行部",
    "bond": "投资银行部",
    "merger": "投资银行部",
    "wealth": "财富管理部",
    "prime": "机构业务部",
    "research": "研究所",
    "incentive": "战略客户部",
}
AMOUNTS = (300, 500, 800, 1000, 1500, 2000, 3000, 5000, 8000, 12000, 30000)


@dataclass
class Visit:
    """A visit in the making."""

    row: dict[str, Any]
    client: Client
    day: date
    by: int
    at: str = ""


class Planner:
    """Draws visits one by one, each in the light of those before."""

    def __init__(self, rng: random.Random, house: Crew, window: Window) -> None:
        self.rng, self.house, self.window = rng, house, window
        self.diary = Diary()
        self.met: set[int] = set()  # clients seen before, by identity
        self.unit_of = {person: unit for unit in house.units() for person in unit.people}

    def plan(self, companies: list[Client], channels: list[Client]) -> list[Visit]:
        """All visits in order of time, today's of the one who signs in among them."""
        days = self.window.workdays()
        pulls = [self.window.pull(day) for day in days]
        drawn = sorted(self.rng.choices(days, pulls, k=VISITS - len(TODAY)))
        pool = companies + channels
        channel = 0.13 * sum(one.attention for one in companies) / len(channels)
        weights = [channel if one.link == "channel" else one.attention for one in pool]
        totals = list(accumulate(weights))
        visits = [self._draw(day, pool, totals) for day in drawn]
        visits += self._today(companies)
        return sorted(visits, key=lambda visit: visit.row["start"])

    def _draw(self, day: date, pool: list[Client], totals: list[float]) -> Visit:
        while True:
            client = self.rng.choices(pool, cum_weights=totals)[0]
            kind = self._one(KINDS)
            line = self._one(client.lines)
            visitor = self._visitor(client, line)
            minutes = self.rng.choice(MINUTES[kind])
            silent = client.silent_days and day > self.window.today - DAY * client.silent_days
            slot = None if silent else self.diary.slot(self.rng, visitor, day, minutes)
            if slot:
                return self._visit(client, kind, line, visitor, slot)

    def _today(self, companies: list[Client]) -> list[Visit]:
        """Three visits today, also on a Sunday: whoever signs in to look finds a day at work."""
        staff = self.house.known[crew.STAFF[0]]
        own = [one for one in companies if one.holder == staff and one.attention]
        visits = []
        for client, (begin, minutes) in zip(self.rng.sample(own, len(TODAY)), TODAY, strict=True):
            slot = None
            while slot is None:  # what was drawn before may sit there: go on half an hour later
                slot = self.diary.take(staff, self.window.today, begin, minutes)
                begin = (datetime.combine(self.window.today, begin) + timedelta(minutes=30)).time()
            line = self._one(client.lines)
            visits.append(self._visit(client, "onsite", line, staff, slot))
        return visits

    def _visitor(self, client: Client, line: str) -> int:
        """Mostly the holder; a colleague, or somebody of the head office who knows the matter."""
        luck = self.rng.random()
        if luck < 0.82:
            return client.holder
        if luck < 0.94 or not line:
            return self.rng.choice(client.unit.people)
        return self.rng.choice(self.house.unit(EXPERTS[line]).people[1:])

    def _visit(
        self, client: Client, kind: str, line: str, visitor: int, slot: tuple[datetime, datetime]
    ) -> Visit:
        start, end = slot
        unit = self.unit_of[visitor]
        topic = self._topic(client, line)
        row: dict[str, Any] = {
            "subject": f"{client.short}：{topic}",
            client.link: client,
            "start": self.window.stored(start),
            "end": self.window.stored(end),
            "kind": kind,
            "business": [line] if line else None,
            "visitor": visitor,
            "branch": unit.id,
            "companions": self._companions(unit, visitor, line),
            "met": client.contact,
            "place": self._place(client, unit, kind),
            "state": self._state(start.date()),
        }
        visit = Visit(row, client, start.date(), visitor)
        if row["state"] == "done":
            self._outcome(visit, line)
        self._written(visit)
        self.met.add(id(client))
        return visit

    def _topic(self, client: Client, line: str) -> str:
        topics = phrases.LINES[line].topics if line else phrases.CHANNEL.topics
        luck = self.rng.random()
        if id(client) not in self.met and luck < 0.6:
            return self.rng.choice(phrases.FIRST)
        return self.rng.choice(phrases.CARE if luck > 0.88 else topics)

    def _companions(self, unit: Unit, visitor: int, line: str) -> str | None:
        if self.rng.random() > 0.35:
            return None
        near = [one for one in unit.people if one != visitor][:2]
        expert = self.house.unit(EXPERTS[line]).people[1:] if line else []
        pool = [one for one in near + expert if one != visitor]
        chosen = self.rng.sample(pool, k=min(len(pool), self.rng.choice([1, 1, 2])))
        return "、".join(self.house.named[one] for one in chosen) or None

    def _place(self, client: Client, unit: Unit, kind: str) -> str | None:
        place = client.row.get("address") or f"{client.row['city']}，{client.short}"
        return {"onsite": place, "hosting": f"{unit.name}会议室", "meeting": "线上"}.get(kind)

    def _state(self, day: date) -> str:
        """What is past is done, save for the cancelled and the few not written up yet."""
        today, luck = self.window.today, self.rng.random()
        if day >= today:
            return "planned"
        if luck < 0.045:
            return "cancelled"
        late = luck > 0.93 and today - day < timedelta(days=6)
        return "planned" if late else "done"

    def _outcome(self, visit: Visit, line: str) -> None:
        rng, row = self.rng, visit.row
        bank = phrases.LINES[line] if line else phrases.CHANNEL
        rating = self._one({"high": 27, "middle": 55, "low": 18})
        row["rating"] = rating
        row["summary"] = phrases.minutes(rng, bank, row["kind"], row["met"], rating)
        likely = {"high": 0.6, "middle": 0.15, "low": 0.0}[rating]
        if line and rng.random() < likely:
            row["amount"] = rng.choices(AMOUNTS, range(len(AMOUNTS), 0, -1))[0]
        if rng.random() < (0.5 if rating == "low" else 0.85):
            row["next_step"] = rng.choice(bank.steps)
            row["next_date"] = workdays.shift(visit.day + DAY * rng.randrange(4, 28), 0).isoformat()

    def _written(self, visit: Visit) -> None:
        """Plans are noted days before, visits on the evening of the day or the next one."""
        ahead = self.rng.randrange(2, 15)
        past = visit.day < self.window.today and self.rng.random() < 0.6
        day = visit.day + DAY * self.rng.choice([0, 0, 0, 1]) if past else visit.day - DAY * ahead
        visit.at = self.window.evening(day, self.rng)

    def _one(self, weights: dict[str, int]) -> str:
        return self.rng.choices(list(weights), list(weights.values()))[0]
