"""How views of the workspace are written down, and the conditions several of them share."""

from __future__ import annotations

from typing import Any

from tracker.blueprint import Both

COUNT: dict[str, Any] = {"kind": "count", "field": None}
PLANNED = {"field": "@visits.state", "op": "is", "value": "@visits.state:planned"}
DONE = {"field": "@visits.state", "op": "is", "value": "@visits.state:done"}
VALID = {"field": "@visits.state", "op": "is_not", "value": "@visits.state:cancelled"}
HELD = {"field": "@activities.state", "op": "is", "value": "@activities.state:held"}
NOT_CANCELLED = {
    "field": "@activities.state",
    "op": "is_not",
    "value": "@activities.state:cancelled",
}
AT_RISK = {
    "field": "@projects.risk",
    "op": "any_of",
    "value": ["@projects.risk:middle", "@projects.risk:high"],
}
OPEN_PROJECT = {
    "field": "@projects.stage",
    "op": "none_of",
    "value": ["@projects.stage:closed", "@projects.stage:ended"],
}


def within(field: str, span: Any) -> dict[str, Any]:
    return {"field": f"@{field}", "op": "within", "value": span}


def both(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"all": list(conditions)}


def view(
    key: str, table: str | None, kind: str, name: tuple[str, str], **options: Any
) -> dict[str, Any]:
    """A view whose options are the common ones; ``sort``, ``hidden`` and ``order`` by key."""
    sort = [
        {"field": f"@{table}.{one.lstrip('-')}", "desc": one.startswith("-")}
        for one in options.pop("sort", [])
    ]
    hidden = [f"@{table}.{one}" for one in options.pop("hidden", [])]
    order = [f"@{table}.{one}" for one in options.pop("order", [])]
    common: dict[str, Any] = {"filter": None, "sort": sort, "hidden": hidden, "order": order}
    common |= {"widths": {}, "group": None, "color": None}
    return {
        "key": key,
        "table": table,
        "kind": kind,
        "name": Both(*name),
        "options": {**common, **options},
    }


def chart(kind: str, group: str, split: str | None = None, **measure: str) -> dict[str, Any]:
    """The options of a chart; ``sum="visits.amount"`` measures that field instead of counting."""
    how = {"kind": "sum", "field": f"@{measure['sum']}"} if measure else COUNT
    split = f"@{split}" if split else None
    group = f"@{group}"
    return {
        "chart": kind,
        "group": group,
        "bucket": "month",
        "measure": how,
        "more": [],
        "split": split,
    }


def pivot(row: str, column: str) -> dict[str, Any]:
    """The options of a pivot that counts, with the large numbers coloured."""
    by = [{"field": f"@{one}", "bucket": "month"} for one in (row, column)]
    looks = {"share": "", "heat": True, "top": 20, "rank": "-m0"}
    return {"rows": by[:1], "column": by[1], "measures": [COUNT], **looks}


def roster(link: str, days: int, **more: Any) -> dict[str, Any]:
    visits = {"table": "@visits", "link": f"@{link}", "date": "@visits.start"}
    return {"visits": {**visits, "planned": PLANNED, "done": DONE}, "target_days": days, **more}


def of_projects(condition: Any) -> dict[str, Any]:
    return {"table": "@projects", "link": "@projects.company", "condition": condition}


def by_grade(*days: int) -> dict[str, int]:
    return {f"@companies.grade:{key}": one for key, one in zip("abc", days, strict=True)}


def tile(ref: str, w: int, h: int) -> dict[str, Any]:
    return {"kind": "view", "view": f"@view:{ref}", "w": w, "h": h}


def number(
    title: tuple[str, str],
    table: str,
    condition: Any,
    compare: str | None,
    *,
    sums: str | None = None,
) -> dict[str, Any]:
    """A number tile, beside last month where ``compare`` names a date."""
    return {
        "kind": "number",
        "title": Both(*title),
        "table": f"@{table}",
        "filter": condition,
        "measure": {"kind": "sum", "field": f"@{sums}"} if sums else COUNT,
        "compare": {"field": f"@{compare}", "span": "this_month"} if compare else None,
        "w": 3,
        "h": 1,
    }
