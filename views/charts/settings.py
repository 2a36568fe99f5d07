"""What can be set about a chart: read from the view and the address, offered, and stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, request

from tracker import choices, fieldtypes, limits
from tracker.grouping import Measure
from tracker.periods import NAMED
from tracker.schema import Field, Table
from tracker.text import label
from views.charts import kinds
from views.charts.names import measure_value, ways
from views.charts.plan import (
    BUCKET_NAMES,
    GAPS,
    ORDERS,
    SPANS,
    TOP,
    Plan,
    date_fields,
    group_fields,
    split_fields,
    stage_fields,
)
from views.viewing import Viewing

SETTINGS = (
    *("chart", "group", "bucket", "measure", "more", "split", "ranking", "top", "cumulative"),
    *("gaps", "target", "compare", "span", "steps", "during"),
)
LISTS = {"more", "steps"}
Choices = list[tuple[Any, str, bool]]  # value, words, whether it is chosen


def options_of(viewing: Viewing) -> dict[str, Any]:
    """The view's options with the address's over them."""
    options = older(viewing.options, viewing.table)
    for one in SETTINGS:
        if one in viewing.params:
            given = _given(viewing.params, one)
            options[one] = given if one in LISTS else given[-1] if given else ""
    options.setdefault("ranking", viewing.params.get("order", options.get("order")))
    for one in ("measure", "more"):
        options[one] = _measures(options.get(one), several=one == "more")
    if isinstance(options.get("compare"), str):
        options["compare"] = {"date": options["compare"], "span": options.get("span")}
    elif isinstance(options.get("compare"), dict) and options.get("span"):
        options["compare"] = {**options["compare"], "span": options["span"]}
    if options.get("group") is None:
        found = liked(viewing.table)
        options["group"] = found.id if found else None
    return options


def older(options: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """Options from before there were so many kinds: bars lay down and stacked by themselves."""
    found = dict(options)
    if "more" in found:
        return found
    field = _chosen(found.get("group"), table)
    if found.get("chart") == "bar" and found.get("split"):
        found["chart"] = "stacked"
    elif found.get("chart") == "bar" and field and fieldtypes.get(field).family != "time":
        found["chart"] = "hbar"
    elif found.get("chart") == "pie":
        found["chart"] = "ring"
    return found


def _given(params: Mapping[str, Any], name: str) -> list[str]:
    """All values of a parameter; several may stand in one, between commas."""
    values = params.getlist(name) if hasattr(params, "getlist") else [params[name]]
    if name in LISTS:
        return [part for one in values for part in str(one).split(",") if part]
    return [str(one) for one in values]


def _measures(raw: Any, *, several: bool) -> Any:
    """``sum:15`` as the address has it."""
    if several:
        return [_measures(one, several=False) for one in raw] if isinstance(raw, list) else []
    if not isinstance(raw, str):
        return raw
    kind, _colon, field = raw.partition(":")
    return {"kind": kind, "field": field}


def liked(table: Table) -> Field | None:
    """A field that a chart groups by when nobody has said."""
    offered = group_fields(table)
    good = [one for one in offered if one.type in {"stage", "single_choice"}]
    return next(iter([*good, *offered]), None)


def stored(plan: Plan, given: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """A checked plan as options; what its kind does not use stays for when it is another."""

    def kept(name: str, offered: list[Field]) -> int | None:
        raw = given.get(name)
        return next((one.id for one in offered if str(one.id) == str(raw)), None)

    first, *more = [_stored_measure(one) for one in plan.measures]
    chosen = {str(one) for one in given.get("steps") or []}
    return {
        "chart": plan.chart,
        "group": plan.by.field.id if plan.by else kept("group", group_fields(table)),
        "bucket": plan.by.bucket if plan.by else "month",
        "measure": first,
        "more": more,
        "split": plan.split.field.id if plan.split else kept("split", split_fields(table)),
        "ranking": plan.order if given.get("ranking") else "",
        "top": plan.top if given.get("top") else None,
        "cumulative": plan.cumulative,
        "gaps": plan.gaps,
        "target": plan.target,
        "compare": {"date": plan.compare[0].id, "span": plan.compare[1]} if plan.compare else None,
        "steps": list(plan.steps) if chosen else [],
        "during": plan.during,
    }


def _stored_measure(measure: Measure) -> dict[str, Any]:
    return {"kind": measure.kind, "field": measure.field.id if measure.field else None}


# ── what the panel offers ────────────────────────────────────────────────────


def controls(viewing: Viewing, plan: Plan | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as lists of ``(value, words, chosen)``. ``plan`` is None where none stands."""
    table = viewing.table
    chart = str(options.get("chart") or "bar")
    field = plan.by.field if plan and plan.by else _chosen(options.get("group"), table)
    return {
        "chart": chart,
        "kinds": [_kind(one, chart) for one in kinds.registry],
        "groups": _fields(group_fields(table), field),
        "stages": _fields(stage_fields(table), field),
        "splits": _fields(split_fields(table), plan.split.field if plan and plan.split else None),
        "buckets": _named(BUCKET_NAMES, plan.by.bucket if plan and plan.by else "month"),
        "timely": [one.id for one in date_fields(table)],
        "measures": ways(table, measure_value(plan.measure) if plan else "count", g.lang),
        "more": _more(plan, table),
        "orders": _named(ORDERS, plan.order if plan else ""),
        "top": plan.top if plan else TOP,
        "most": limits.CHART_GROUPS,
        "cumulative": bool(plan and plan.cumulative),
        "gaps": _named(GAPS, plan.gaps if plan else "zero"),
        "target": _number(plan.target) if plan and plan.target is not None else "",
        "dates": _fields(date_fields(table), plan.compare[0] if plan and plan.compare else None),
        "spans": _spans(plan.compare[1] if plan and plan.compare else "this_month"),
        "steps": _steps(plan, table),
        "during": _spans(plan.during if plan else ""),
        "kept": _kept(),
        "changed": any(one in request.args for one in SETTINGS),
    }


def _kind(one: kinds.Chart, chart: str) -> dict[str, Any]:
    return {
        "key": one.key,
        "icon": one.icon,
        "label": one.name.to(g.lang),
        "settings": " ".join(sorted(one.settings)),
        "measures": one.measures,
        "log": one.from_log,
        "chosen": one.key == chart,
    }


def _chosen(ref: Any, table: Table) -> Field | None:
    return next((one for one in table.fields if str(one.id) == str(ref)), None)


def _fields(offered: list[Field], chosen: Field | None) -> Choices:
    return [(one.id, label(one, g.lang), one == chosen) for one in offered]


def _named(words: Mapping[str, Any], chosen: str) -> Choices:
    return [(key, one.to(g.lang), key == chosen) for key, one in words.items()]


def _spans(chosen: str) -> Choices:
    return [(key, NAMED[key][0].to(g.lang), key == chosen) for key in SPANS]


def _more(plan: Plan | None, table: Table) -> list[Choices]:
    """The second measure and further ones, one list each."""
    chosen = [measure_value(one) for one in plan.measures[1:]] if plan else []
    chosen += [""] * (limits.CHART_MEASURES - 1 - len(chosen))
    return [ways(table, one, g.lang) for one in chosen]


def _steps(plan: Plan | None, table: Table) -> list[dict[str, Any]]:
    """The stages of each stage field, as boxes to tick."""
    own = plan.by.field.id if plan and plan.by else 0
    return [
        {
            "field": one.id,
            "value": option["id"],
            "label": label(option, g.lang),
            "color": option.get("color", "gray"),
            "chosen": plan is None or one.id != own or option["id"] in plan.steps,
        }
        for one in stage_fields(table)
        for option in choices.options(one)
    ]


def _number(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e6 else f"{value:f}".rstrip("0").rstrip(".")


def _kept() -> list[tuple[str, str]]:
    return [(key, value) for key, value in request.args.items() if key not in SETTINGS]
