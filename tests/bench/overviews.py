"""The kinds of view that look at everything: made over the place, opened with nothing kept."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from tracker import db, models, schema

if TYPE_CHECKING:
    from tests.bench.operations import Operation, Operations

GOAL = "≤ 500 ms"
PEOPLE = (("clerk1", "a clerk"), ("head", "a head of 15 branches"), ("admin", "everything"))


def make(visits: schema.Table, companies: schema.Table) -> dict[str, int]:
    """Name → id of the view."""
    field = {one.key: one.id for one in visits.fields}
    newest = [{"field": field["day"], "desc": True}]
    count, amount = {"kind": "count"}, {"kind": "sum", "field": field["amount"]}
    pointing = {"table": visits.id, "link": field["company"], "date": field["day"]}
    day, branch, state = field["day"], field["department"], field["state"]
    months = {"field": day, "bucket": "month"}
    wanted: list[tuple[str, str, dict[str, Any]]] = [
        (
            "grid in two levels of groups",
            "grid",
            {"sort": newest, "group_by": _groups(branch, state)},
        ),
        ("kanban by stage, sums in its heads", "kanban", {"group": state, "measure": amount}),
        ("gallery", "gallery", {"sort": newest}),
        ("timeline by branch", "timeline", {"start": day, "group": branch, "zoom": "month"}),
        ("roster of 20,000 companies", "roster", {"visits": pointing, "target_days": 30}),
        (
            "pivot, branch × month",
            "pivot",
            {"rows": [{"field": branch}], "column": months, "measures": [count]},
        ),
        (
            "line, sum by month",
            "chart",
            {"chart": "line", "group": day, "bucket": "month", "measure": amount},
        ),
        (
            "columns by quarter, split by stage",
            "chart",
            {"chart": "stacked", "group": day, "bucket": "quarter", "split": state},
        ),
        ("ring by kind", "chart", {"chart": "ring", "group": field["kind"], "measure": count}),
        ("stage funnel", "chart", {"chart": "stage_funnel", "group": state}),
        ("time in stage", "chart", {"chart": "time_in_stage", "group": state}),
    ]
    made = {}
    with db.write():
        for name, kind, options in wanted:
            table = companies if kind == "roster" else visits
            made[name] = models.View.create(
                base=table.base_id, table=table.id, kind=kind, name=name, options=options
            ).id
        schema.changed()
    return made


def _groups(*fields: int) -> list[dict[str, int]]:
    return [{"field": one} for one in fields]


def operations(all_of: Operations) -> Iterator[Operation]:
    """Every view opened by each person over HTTP; a pivot once more, with its answer kept."""
    from tests.bench.operations import Operation, get

    for name, view in all_of.place.overviews.items():
        for key, who in PEOPLE:
            client = all_of.client(key)
            page = partial(get, client, f"/v/{view}")
            yield Operation(f"{name}, {who}", GOAL, partial(_afresh, page))
            if key == "admin" and name.startswith("pivot"):
                yield Operation(f"{name}, {who}, again with nothing written", GOAL, page)


def _afresh(page: Any) -> Any:
    schema.current().derived.pop("answers", None)
    return page()
