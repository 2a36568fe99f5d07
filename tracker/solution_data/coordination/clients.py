"""The companies and channels of the demo."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from tracker.solution_data.coordination import crew, names
from tracker.solution_data.coordination.crew import Crew, Unit

COMPANIES, CHANNELS = 400, 40
GRADES = {"a": 15, "b": 35, "c": 50}
ATTENTION = {"a": 5.0, "b": 2.4, "c": 1.0}
LISTINGS = {"none": 66, "coaching": 10, "neeq": 12, "listed": 12}
LISTINGS_A = {"none": 35, "coaching": 15, "neeq": 10, "listed": 40}
# What is talked about with whom: line of business → how often, by industry where it differs
LINES = {"ipo": 7, "bond": 4, "merger": 4, "incentive": 4, "wealth": 7, "research": 4}
LINES |= {"asset": 3, "equity": 4, "cross": 2}
STATE_LINES = {"bond": 12, "asset": 3, "equity": 5, "merger": 2, "wealth": 2}
RAW = {"auto", "material", "machine", "agri", "consumer"}  # industries that hedge


@dataclass(eq=False)
class Client:
    """A company or channel in the making: its row, who visits it, how often, until when."""

    row: dict[str, Any]
    unit: Unit
    holder: int
    short: str
    contact: str
    attention: float
    lines: dict[str, int]  # what is talked about, how often; "" is the cooperation itself
    silent_days: int = 0  # nobody has been there for so long
    link: str = "company"
    id: int = 0


def companies(rng: random.Random, house: Crew) -> list[Client]:
    """Every branch has one; the rest follow the weight of the branches."""
    weights = [unit.weight for unit in house.branches]
    units = house.branches + rng.choices(house.branches, weights, k=COMPANIES - len(house.branches))
    brands = names.brands(rng)
    longest = iter(names.LONGEST)
    return [
        _company(rng, house, unit, next(brands), next(longest, None) if number % 97 == 60 else None)
        for number, unit in enumerate(units)
    ]


def _company(
    rng: random.Random, house: Crew, unit: Unit, brand: str, given: tuple[str, str, str] | None
) -> Client:
    industry = given[2] if given else rng.choice(list(names.WORDS))
    name, short = given[:2] if given else names.company(rng, brand, industry, unit.city)
    grade = _one(rng, GRADES)
    holder, contact = _holder(rng, house, unit), names.client(rng)
    state = industry == "state"
    row = {
        "name": name,
        "short": short,
        "grade": grade,
        "industry": industry,
        "city": unit.city,
        "holder": holder,
        "branch": unit.id,
        "contact": contact,
        "phone": names.phone(rng, unit.city),
        "listing": "none" if state else _one(rng, LISTINGS_A if grade == "a" else LISTINGS),
        "capital": rng.choice([20, 50, 100]) * 1000 if state else rng.randrange(5, 200) * 100,
        "address": f"{unit.city}市{rng.choice(names.STREETS)} {rng.randrange(1, 900)} 号",
    }
    if rng.random() < 0.6:
        row["website"] = f"https://www.{names.site(short)}.example"
    attention = ATTENTION[grade] * (1.9 if holder == house.known[crew.STAFF[0]] else 1.0)
    never, silent = rng.random() < 0.05, rng.random() < 0.1
    return Client(
        row,
        unit,
        holder,
        short,
        contact,
        0.0 if never else attention,
        STATE_LINES if state else _lines(industry),
        rng.randrange(35, 200) if silent else 0,
    )


def _lines(industry: str) -> dict[str, int]:
    return LINES | ({"futures": 8} if industry in RAW else {})


def _holder(rng: random.Random, house: Crew, unit: Unit) -> int:
    """Mostly the staff, sometimes the head; at her branch mostly the one who signs in."""
    staff = house.known[crew.STAFF[0]]
    if staff in unit.people and rng.random() < 0.55:
        return staff
    return rng.choice(unit.people if rng.random() < 0.4 else unit.people[1:])


def channels(rng: random.Random, house: Crew) -> list[Client]:
    kinds = list(names.CHANNEL_KINDS)
    weights = [unit.weight for unit in house.branches]
    units = rng.choices(house.branches, weights, k=CHANNELS)
    brands, taken = names.brands(rng), set[str]()
    found = []
    for number, unit in enumerate(units):
        kind = kinds[number % len(kinds)]
        name = names.channel(rng, kind, next(brands), unit.city, taken)
        holder, contact = _holder(rng, house, unit), names.client(rng)
        row = {
            "name": name,
            "kind": kind,
            "city": unit.city,
            "holder": holder,
            "branch": unit.id,
            "state": _one(rng, {"contact": 20, "signed": 25, "active": 40, "asleep": 15}),
            "contact": contact.split("（")[0],
            "phone": names.phone(rng, unit.city),
        }
        quiet = rng.randrange(60, 150) if row["state"] == "asleep" else 0
        short = name.split("（")[0]
        lines = {"prime": 2, "": 1} if kind == "fund" else {"": 1}
        client = Client(row, unit, holder, short, contact, 1.0, lines, quiet, "channel")
        found.append(client)
    return found


def _one(rng: random.Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]
