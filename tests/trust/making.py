"""What requests of the world-pair test are made from: the ids of the stage, texts, filters."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote


@dataclass
class Stage:
    """The ids that requests are made from; the same in both worlds."""

    visits: int
    companies: int
    secret: int
    base: int
    views: list[int]
    kinds: dict[str, list[int]]  # kind of view → ids
    forms: list[int]
    records: list[int]
    unseen: list[int]
    fields: dict[str, int]
    companies_fields: dict[str, int]
    changes: list[int]
    person: int
    others: list[int]
    workbook: str  # a filled-in template of all visits, base64
    files: list[str]
    links: list[str]  # secrets of links that the owner shares; for the owner alone


Make = Callable[[Stage, Random], dict[str, Any]]
TEXTS = (
    "首访",
    "东",
    "南",
    "重庆",
    "上海",
    "cq",
    "sh",
    "夜航",
    "琥珀",
    "纪要",
    "%",
    "9731",
    "ZQX",
    "李娜",
)
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def get(path: str, **params: Any) -> dict[str, Any]:
    query = "&".join(f"{key}={quote(str(value))}" for key, value in params.items())
    return {"method": "GET", "path": f"{path}?{query}" if query else path}


def leaf(stage: Stage, random: Random) -> dict[str, Any]:
    """A filter leaf over any field, hidden ones too."""
    key = random.choice([*stage.fields, "amount", "nosuch"])
    field = stage.fields.get(key, key)
    operator, value = random.choice(
        [
            ("contains", random.choice(TEXTS)),
            ("is", random.choice([*TEXTS, 1, 2])),
            ("gt", random.choice([0, 100, 5000])),
            ("lt", 900),
            ("empty", None),
            ("filled", None),
            ("any_of", [1, 2]),
            ("has_any", [1]),
            ("has_none", [2]),
            ("within", "this_month"),
            ("before", "2026-11-10"),
            ("checked", None),
        ]
    )
    return {"field": field, "op": operator, "value": value}


def tree(stage: Stage, random: Random, depth: int = 2) -> dict[str, Any]:
    if depth == 0 or random.random() < 0.5:
        return leaf(stage, random)
    if random.random() < 0.3:
        return {"not": tree(stage, random, depth - 1)}
    parts = [tree(stage, random, depth - 1) for _ in range(random.randint(1, 3))]
    return {random.choice(["all", "any"]): parts}


def narrowed(stage: Stage, random: Random) -> dict[str, str]:
    """Random filter, sort and search parameters of a view."""
    params: dict[str, str] = {}
    if random.random() < 0.6:
        params["filter"] = json.dumps(tree(stage, random))
    if random.random() < 0.5:
        names = [random.choice([*stage.fields.values(), "amount", "nosuch"]) for _ in range(2)]
        params["sort"] = ",".join(random.choice(["", "-"]) + str(one) for one in names)
    if random.random() < 0.3:
        params["q"] = random.choice(TEXTS)
    if random.random() < 0.1:
        what = random.choice(["entered", "went_on", "left", "ended"])
        field = random.choice([*stage.fields.values(), 99])
        params["moved"] = f"{field}.{what}.{random.choice([1, 2])}.1-2-3."
    return params | looks(stage, Random(repr(params)))  # the others stay as they were


def looks(stage: Stage, random: Random) -> dict[str, str]:
    """Groups, figures and colour rules over any field, hidden ones too."""
    fields = [*stage.fields.values(), 9999]
    params: dict[str, str] = {}
    if random.random() < 0.4:
        bucket = random.choice(["", ":week", ":month", ":quarter"])
        levels = random.sample(fields, random.randint(1, 3))
        params["group"] = ",".join(f"{random.choice(['', '-'])}{one}{bucket}" for one in levels)
    if random.random() < 0.3:
        kinds = random.choices(["sum", "avg", "max", "filled", "unique", "latest"], k=3)
        params["sum"] = ",".join(f"{random.choice(fields)}:{kind}" for kind in kinds)
    if random.random() < 0.2:
        rules = [{"by": random.choice(fields)}, {"when": leaf(stage, random), "color": "red"}]
        params["colors"] = json.dumps(random.sample(rules, 1))
    return params


def post(path: str, body: Any) -> dict[str, Any]:
    headers = {"Accept": "application/json"}
    return {"method": "POST", "path": path, "json": body, "headers": headers}
