"""The objectives of the year: what the house wants, beneath it what each part does for it."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from tracker.blueprint import Both, field
from tracker.solution_data.coordination.crew import Crew
from tracker.solution_data.coordination.entities import CREATED
from tracker.solution_data.coordination.rhythm import DAY, Window
from tracker.solution_data.coordination.shapes import view

SEED = 7
OBJECTIVES: dict[str, Any] = {
    "key": "objectives",
    "name": Both("年度目标", "Objectives"),
    "icon": "target",
    "fields": [
        field("name", "text", ("目标", "Objective"), required=True),
        field(
            "part_of",
            "link",
            ("上级目标", "Part of"),
            options={"table": "@objectives", "single": True},
        ),
        field("done", "progress", ("完成度", "Progress")),
        field("weight", "number", ("权重", "Weight")),
        field("owner", "person", ("负责人", "Owner"), default={"var": "me"}),
        field("branch", "department", ("责任部门", "Department"), default={"var": "my_department"}),
        field("start", "date", ("开始", "From")),
        field("due", "date", ("截止", "Due")),
        field("note", "long_text", ("进展说明", "Where it stands")),
        *CREATED,
    ],
}
VIEWS = [
    view(
        "tree",
        "objectives",
        "hierarchy",
        ("目标分解", "Objectives"),
        parent="@objectives.part_of",
        progress="@objectives.done",
        weight="@objectives.weight",
        hidden=["weight", "start", "note", "created_by", "created_at"],
    )
]
TIMELINE = view(
    "timeline",
    "projects",
    "timeline",
    ("项目时间线", "Project timeline"),
    filter={
        "field": "@projects.stage",
        "op": "none_of",
        "value": ["@projects.stage:closed", "@projects.stage:ended"],
    },
    start="@projects.start",
    end="@projects.due",
    group="@projects.stage",
    color="@projects.kind",
    progress="@projects.done",
    depends=None,
    zoom="month",
    rules=[],
)

# (objective, progress, weight, unit): what lies below it comes after, one level deeper
PLAN: list[tuple[int, str, int | None, int | None, str | None]] = [
    (1, "深耕重点客户", None, 40, None),
    (2, "A 类企业每月至少拜访一次", None, 2, None),
    (3, "投资银行部覆盖名单内的 A 类企业", 88, None, "投资银行部"),
    (3, "各分支机构按月回访", 71, None, None),
    (3, "补齐沉默超过 60 天的企业", 54, None, None),
    (2, "战略客户签约 12 家", 67, 2, "投资银行部"),
    (2, "客户满意度回访 200 家", 45, 1, None),
    (1, "推动项目落地", None, 35, None),
    (2, "全年立项 40 个", 80, 1, "投资银行部"),
    (2, "申报与发行", None, 2, None),
    (3, "首发申报 6 家", 50, None, "投资银行部"),
    (3, "债券发行 15 只", 73, None, "投资银行部"),
    (3, "资产证券化 5 单", 40, None, "澜岳资管"),
    (2, "风险项目逐月复盘", 92, 1, None),
    (1, "把协同做成日常", None, 25, None),
    (2, "周报按时率达到 95 %", 86, 1, None),
    (2, "渠道转介企业 60 家", 62, 1, None),
    (2, "每季度一次策略会", 75, 1, "研究所"),
]


def rows(house: Crew, window: Window) -> list[list[dict[str, Any]]]:
    """The objectives level by level, so that each stands when what is part of it is written."""
    rng = random.Random(SEED)
    year = window.today.year
    levels: list[list[dict[str, Any]]] = [[], [], []]
    above: list[dict[str, Any]] = []
    for level, name, done, weight, place in PLAN:
        unit = house.unit(place) if place else rng.choice([*house.offices[:5], *house.regions])
        row: dict[str, Any] = {
            "name": name,
            "done": done,
            "weight": weight,
            "owner": unit.people[0],
            "branch": unit.id,
            "start": date(year, 1, 1).isoformat(),
            "due": date(year, 9 if level == 3 and done and done > 70 else 12, 30).isoformat(),
            "_at": window.evening(window.first + DAY * 9, rng),
            "_by": unit.people[0],
        }
        del above[level - 1 :]
        if above:
            row["part_of"] = above[-1]
        above.append(row)
        levels[level - 1].append(row)
    return levels
