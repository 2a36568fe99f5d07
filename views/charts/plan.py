"""A chart resolved: what is grouped, measured, split, ordered and cut, as its viewer may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracker import fieldtypes, limits
from tracker.errors import Refused
from tracker.grouping import BUCKETS, MEASURES, By, Measure
from tracker.schema import Field, Table
from tracker.text import Text, _

CHARTS = {"bar": _("Bars"), "line": _("Line"), "pie": _("Ring")}
ORDERS = {"value": _("Largest first"), "key": _("In their own order")}
BUCKET_NAMES = {
    "day": _("day"),
    "week": _("week"),
    "month": _("month"),
    "quarter": _("quarter"),
    "year": _("year"),
}
MEASURE_NAMES: dict[str, Text] = {
    "count": _("Number of records"),
    "sum": _("Sum of {field}"),
    "avg": _("Average of {field}"),
    "min": _("Smallest {field}"),
    "max": _("Largest {field}"),
}
TOP = 12  # groups shown before the rest is put together


UNFIT = {
    "group": _("A chart needs a field to group by."),
    "measure": _("This cannot be measured."),
    "split": _("A chart cannot be split by this."),
}


@dataclass(frozen=True)
class Plan:
    """``order`` is ``value`` (largest first) or ``key``; ``top`` is where the rest begins."""

    chart: str
    by: By
    measure: Measure
    split: By | None
    order: str
    top: int

    @property
    def adds_up(self) -> bool:
        """Whether what lies beyond the top can be put together as one."""
        return self.measure.kind in {"count", "sum"}


def group_fields(table: Table) -> list[Field]:
    return [one for one in table.fields if fieldtypes.get(one).groups]


def measure_fields(table: Table) -> list[Field]:
    return [one for one in table.fields if fieldtypes.get(one).sums]


def split_fields(table: Table) -> list[Field]:
    return [one for one in group_fields(table) if fieldtypes.get(one).family != "time"]


def plan_of(options: Mapping[str, Any], table: Table) -> Plan:
    """Options as a plan; raises `Refused` for what does not stand or is not seen."""
    chart = options.get("chart") or "bar"
    if chart not in CHARTS:
        raise Refused(_("There is no chart of this kind."), field="chart")
    group = _field(options.get("group"), group_fields(table), "group")
    bucket = options.get("bucket") or "month"
    if bucket not in BUCKETS:
        raise Refused(_("Dates are put together by day, week, month, quarter or year."))
    split = _field(options["split"], split_fields(table), "split") if options.get("split") else None
    if split == group or chart == "pie":
        split = None
    order = options.get("order") or ""
    if isinstance(order, list):  # of the view's fields, as other kinds keep it
        order = ""
    if order not in {"", *ORDERS}:
        raise Refused(_("This order cannot be read."))
    return Plan(
        chart=chart,
        by=By(group, bucket),
        measure=_measure(options.get("measure"), table),
        split=By(split) if split else None,
        order=order or _natural_order(group),
        top=_top(options.get("top")),
    )


def _field(ref: Any, offered: list[Field], option: str) -> Field:
    found = next((one for one in offered if str(one.id) == str(ref)), None)
    if found is None:
        raise Refused(UNFIT[option], field=option)
    return found


def _measure(raw: Any, table: Table) -> Measure:
    raw = raw if isinstance(raw, dict) else {}
    kind = raw.get("kind") or "count"
    if kind not in MEASURES:
        raise Refused(_("A chart counts, adds up, averages, or shows the smallest or largest."))
    if kind == "count":
        return Measure()
    return Measure(kind, _field(raw.get("field"), measure_fields(table), "measure"))


def _top(raw: Any) -> int:
    if raw in (None, ""):
        return TOP
    if not str(raw).isdecimal() or not 1 <= int(str(raw)[:6]) <= limits.CHART_GROUPS:
        raise Refused(_("A chart shows 1 to {n} groups.", n=limits.CHART_GROUPS), field="top")
    return int(raw)


def _natural_order(group: Field) -> str:
    """Times and stages have an order of their own; the rest goes by size."""
    kind = fieldtypes.get(group)
    return "key" if kind.family in {"time", "number"} or group.type == "stage" else "value"
