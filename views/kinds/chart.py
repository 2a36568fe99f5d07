"""Chart: records grouped by any field, counted or added up, as bars, a line or a ring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import current_app, g, request

from tracker import fieldtypes, limits
from tracker.errors import Missing, Refused
from tracker.permissions import Viewer
from tracker.schema import Field, Table
from tracker.text import _, label, say
from views.charts.drawing import Drawing, draw
from views.charts.names import measure_name, measure_value, measures
from views.charts.plan import (
    BUCKET_NAMES,
    CHARTS,
    ORDERS,
    TOP,
    Plan,
    group_fields,
    plan_of,
    split_fields,
)
from views.kinds import ViewKind, registry
from views.viewing import Viewing

ICONS = {"bar": "chart-bar", "line": "chart-line", "pie": "chart-donut"}
SETTINGS = ("chart", "group", "bucket", "measure", "split", "order", "top")


@registry.register
class ChartKind(ViewKind):
    """``options``: ``chart``, ``group``, ``bucket``, ``measure``, ``split``, and where they differ
    from what suits the field, ``order`` and ``top``. The address may say them too, ``measure`` as
    ``sum:15``.
    """

    key = "chart"
    name = _("Chart")
    icon = "chart-bar"
    order = 50
    template = "chart.html"
    tools = ("filter", "search")

    def defaults(self, table: Table | None, viewer: Viewer) -> dict[str, Any]:
        if table is None:
            return {}
        offered = group_fields(table)
        liked = [one for one in offered if fieldtypes.get(one).family == "one"]
        group = next(iter([*liked, *offered]), None)
        return {
            "chart": "bar",
            "group": group.id if group else None,
            "bucket": "month",
            "measure": {"kind": "count", "field": None},
            "split": None,
        }

    def check_options(
        self, options: dict[str, Any], table: Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        if table is None:
            raise Missing
        return stored(plan_of(options, table), options)

    def context(self, viewing: Viewing) -> dict[str, Any]:
        made = drawn(viewing)
        return {
            **made,
            "setup": controls(viewing, made["plan"]),
            "shown": viewing.query.count(),
            "scope": viewing.scope.count(),
        }

    def data(self, viewing: Viewing, what: str) -> Any:
        """``series``: what js/chart.js draws, for programs."""
        if what != "series":
            raise Missing
        return current_app.json.response(drawn(viewing)["data"] or {})

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        return drawn(viewing)


def stored(plan: Plan, given: Mapping[str, Any]) -> dict[str, Any]:
    """A checked plan as options."""
    measured = plan.measure.field
    return {
        "chart": plan.chart,
        "group": plan.by.field.id,
        "bucket": plan.by.bucket,
        "measure": {"kind": plan.measure.kind, "field": measured.id if measured else None},
        "split": plan.split.field.id if plan.split else None,
        "order": plan.order if given.get("order") else "",
        "top": plan.top if given.get("top") else None,
    }


def drawn(viewing: Viewing) -> dict[str, Any]:
    """The plan and its drawing; ``problem`` says why there is none."""
    made: dict[str, Any] = {"plan": None, "drawing": None, "data": None, "problem": None}
    try:
        made["plan"] = plan = planned(viewing)
        made["drawing"] = drawing = draw(viewing, plan)
    except Refused as refused:
        return {**made, "problem": say(refused.text, g.lang)}
    return {**made, "data": picture(drawing), "title": title(plan)}


def planned(viewing: Viewing) -> Plan:
    """The plan of the view's options with the address's over them."""
    options = {**viewing.options}
    for one in SETTINGS:
        if one in viewing.params:
            options[one] = viewing.params[one]
    if isinstance(options.get("measure"), str):
        kind, _colon, field = options["measure"].partition(":")
        options["measure"] = {"kind": kind, "field": field}
    return plan_of(options, viewing.table)


# ── what the page draws ──────────────────────────────────────────────────────


def picture(drawing: Drawing) -> dict[str, Any]:
    """The drawing as JSON for js/chart.js: names, colours, numbers and where they lead.

    The rest beyond the top belongs into a ring; beside bars it would dwarf them, so words say it.
    """
    plan = drawing.plan
    own = plan.split is None
    last = None if plan.chart == "pie" or drawing.rest is None else -1
    return {
        "chart": plan.chart,
        "timely": plan.by.timely,
        "stacked": plan.adds_up,
        "total": drawing.total,
        "categories": [one.label for one in drawing.categories[:last]],
        "colors": [one.color for one in drawing.categories[:last]] if own else [],
        "wholes": [one.text for one in drawing.wholes[:last]],
        "layers": [
            {
                "name": layer.label,
                "color": layer.color,
                "values": [one.value for one in marks[:last]],
                "texts": [one.text for one in marks[:last]],
                "hrefs": [one.href for one in marks[:last]],
            }
            for layer, marks in zip(drawing.layers, drawing.marks, strict=True)
        ],
    }


def title(plan: Plan) -> str:
    """The chart in words: “Number of records by Start (month), split by State”."""
    measured = measure_name(plan.measure, g.lang)
    by = label(plan.by.field, g.lang)
    if plan.by.timely:
        words = _("{name} ({bucket})", name=by, bucket=BUCKET_NAMES[plan.by.bucket])
        by = words.to(g.lang)
    if plan.split is None:
        return _("{measure} by {group}", measure=measured, group=by).to(g.lang)
    split = label(plan.split.field, g.lang)
    return _("{measure} by {group} and {split}", measure=measured, group=by, split=split).to(g.lang)


# ── what can be set ──────────────────────────────────────────────────────────


def controls(viewing: Viewing, plan: Plan | None) -> dict[str, Any]:
    """The settings as lists of ``(value, words, chosen)``, and where they are stored."""
    table = viewing.table
    return {
        "charts": [
            {
                "icon": ICONS[key],
                "label": words.to(g.lang),
                "href": changed(chart=key),
                "active": plan is not None and plan.chart == key,
            }
            for key, words in CHARTS.items()
        ],
        "groups": fields(group_fields(table), plan.by.field if plan else None),
        "splits": fields(split_fields(table), plan.split.field if plan and plan.split else None),
        "buckets": [
            (key, words.to(g.lang), plan is not None and plan.by.bucket == key)
            for key, words in BUCKET_NAMES.items()
        ],
        "timely": [one.id for one in group_fields(table) if fieldtypes.get(one).family == "time"],
        "measures": measures(table, measure_value(plan.measure) if plan else "count", g.lang),
        "orders": [
            (key, words.to(g.lang), plan is not None and plan.order == key)
            for key, words in ORDERS.items()
        ],
        "top": plan.top if plan else TOP,
        "most": limits.CHART_GROUPS,
        "kept": [(key, value) for key, value in request.args.items() if key not in SETTINGS],
        "changed": any(one in request.args for one in SETTINGS),
    }


def fields(offered: list[Field], chosen: Field | None) -> list[tuple[int, str, bool]]:
    return [(one.id, label(one, g.lang), one == chosen) for one in offered]


def changed(**settings: str) -> str:
    """This address with other settings."""
    return f"{request.path}?{urlencode({**request.args.to_dict(), **settings})}"
