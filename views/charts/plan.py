"""A chart resolved: what is grouped, measured, split, ordered and cut, as its viewer may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tracker import fieldtypes, limits
from tracker.context import Context
from tracker.errors import Refused
from tracker.grouping import BUCKETS, MEASURES, UNIQUE, By, Measure, countable
from tracker.numeric import to_decimal
from tracker.periods import NAMED, span
from tracker.schema import Field, Table
from tracker.text import Text, _
from views.charts import kinds

ORDERS = {
    "value": _("Largest first"),
    "value_up": _("Smallest first"),
    "key": _("In their own order"),
    "label": _("By name"),
}
GAPS = {"zero": _("as zero"), "gap": _("as a gap")}
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
    UNIQUE: _("Different values of {field}"),
}
TOP = 12  # groups shown before the rest is put together
SPANS = (
    *("this_week", "last_week", "this_month", "last_month"),
    *("this_quarter", "last_quarter", "this_year", "last_year"),
)
UNFIT = {
    "group": _("A chart needs a field to group by."),
    "measure": _("This cannot be measured."),
    "split": _("A chart cannot be split by this."),
    "compare": _("A comparison needs a date and a period."),
}


@dataclass(frozen=True)
class Plan:
    """``order`` is one of `ORDERS`; ``top`` is where the rest begins.

    ``compare`` is a date and a named period (number), ``steps`` are the stages of a funnel or of
    time in stage, ``during`` the named period of their moves.
    """

    chart: str
    by: By | None
    measures: tuple[Measure, ...] = (Measure(),)
    split: By | None = None
    order: str = "value"
    top: int = TOP
    cumulative: bool = False
    gaps: str = "zero"
    target: float | None = None
    compare: tuple[Field, str] | None = None
    steps: tuple[int, ...] = field(default=())
    during: str = ""

    @property
    def kind(self) -> kinds.Chart:
        return kinds.get(self.chart)

    @property
    def measure(self) -> Measure:
        return self.measures[0]

    @property
    def adds_up(self) -> bool:
        """Whether what lies beyond the top can be put together as one."""
        return adds_up(self.measure)

    @property
    def grouping(self) -> By:
        """What is grouped by, for kinds that cannot do without."""
        if self.by is None:
            raise Refused(UNFIT["group"], field="group")
        return self.by

    @property
    def timely(self) -> bool:
        return self.by is not None and self.by.timely

    def days(self, context: Context) -> tuple[date, date] | None:
        return span(self.during, context) if self.during else None


def adds_up(measure: Measure) -> bool:
    return measure.kind in {"count", "sum"}


def group_fields(table: Table) -> list[Field]:
    return [one for one in table.fields if fieldtypes.get(one).groups]


def measure_fields(table: Table) -> list[Field]:
    return [one for one in table.fields if fieldtypes.get(one).sums]


def unique_fields(table: Table) -> list[Field]:
    return [one for one in table.fields if countable(one)]


def split_fields(table: Table) -> list[Field]:
    return [one for one in group_fields(table) if fieldtypes.get(one).family != "time"]


def stage_fields(table: Table) -> list[Field]:
    return [one for one in table.fields if one.type == "stage"]


def date_fields(table: Table) -> list[Field]:
    return [one for one in table.fields if fieldtypes.get(one).family == "time"]


def plan_of(options: Mapping[str, Any], table: Table) -> Plan:
    """Options as a plan; raises `Refused` for what does not stand or is not seen."""
    chart = options.get("chart") or "bar"
    if not isinstance(chart, str) or chart not in kinds.registry:
        raise Refused(_("There is no chart of this kind."), field="chart")
    kind = kinds.get(chart)
    by = _by(options, kind, table)
    plan = Plan(
        chart=chart,
        by=by,
        measures=_measures(options, kind, table),
        split=_split(options.get("split"), kind, table, by),
        order=_order(options.get("ranking", options.get("order")), by),
        top=_top(options.get("top")),
        cumulative=_ticked(options.get("cumulative")) and "cumulative" in kind.settings,
        gaps="gap" if options.get("gaps") == "gap" else "zero",
        target=_target(options.get("target")) if "target" in kind.settings else None,
        compare=_compare(options.get("compare"), table) if "compare" in kind.settings else None,
        steps=_steps(options.get("steps"), by) if "steps" in kind.settings else (),
        during=_during(options.get("during")) if "during" in kind.settings else "",
    )
    kind.check(plan)
    return plan


def _by(options: Mapping[str, Any], kind: kinds.Chart, table: Table) -> By | None:
    bucket = options.get("bucket") or "month"
    if bucket not in BUCKETS:
        raise Refused(_("Dates are put together by day, week, month, quarter or year."))
    if "group" not in kind.settings:
        return None
    offered = stage_fields(table) if kind.from_log else group_fields(table)
    if kind.from_log and not any(str(one.id) == str(options.get("group")) for one in offered):
        if not offered or str(options.get("group")) not in map(str, table.by_id):
            raise Refused(_("This chart needs a stage field."), field="group")
        return By(offered[0], bucket)
    return By(_field(options.get("group"), offered, "group"), bucket)


def _field(ref: Any, offered: Sequence[Field], option: str) -> Field:
    found = next((one for one in offered if str(one.id) == str(ref)), None)
    if found is None:
        raise Refused(UNFIT[option], field=option)
    return found


def _split(raw: Any, kind: kinds.Chart, table: Table, by: By | None) -> By | None:
    """The second field; one that suits where the kind needs one and none is chosen."""
    if "split" not in kind.settings or by is None:
        return None
    offered = split_fields(table)
    if raw:
        found = _field(raw, offered, "split")
        return By(found) if found != by.field else None
    liked = [one for one in offered if fieldtypes.get(one).family == "one"] or offered
    free = [one for one in liked if one != by.field]
    return By(free[0]) if kind.needs_split and free else None


def _measures(options: Mapping[str, Any], kind: kinds.Chart, table: Table) -> tuple[Measure, ...]:
    """The measures chosen; where the kind needs more, what suits."""
    first = _measure(options.get("measure"), table)
    more = options.get("more") or []
    if not isinstance(more, list):
        raise Refused(UNFIT["measure"], field="measure")
    found = [first, *(_measure(one, table) for one in more[: limits.CHART_MEASURES])]
    if len(_distinct(found)) < kind.least:
        found += [Measure("sum", one) for one in measure_fields(table)[:1]]
        found.append(Measure())
    return tuple(_distinct(found)[: kind.measures])


def _distinct(measures: list[Measure]) -> list[Measure]:
    return [one for place, one in enumerate(measures) if one not in measures[:place]]


def _measure(raw: Any, table: Table) -> Measure:
    raw = raw if isinstance(raw, dict) else {}
    kind = raw.get("kind") or "count"
    if kind not in (*MEASURES, UNIQUE):
        raise Refused(_("A chart counts, adds up, averages, or shows the smallest or largest."))
    if kind == "count":
        return Measure()
    offered = unique_fields(table) if kind == UNIQUE else measure_fields(table)
    return Measure(kind, _field(raw.get("field"), offered, "measure"))


def _order(raw: Any, by: By | None) -> str:
    order = "" if isinstance(raw, list) else raw or ""  # a list is of fields, of other kinds
    if order not in {"", *ORDERS}:
        raise Refused(_("This order cannot be read."))
    return str(order) or (_natural_order(by.field) if by else "value")


def _top(raw: Any) -> int:
    if raw in (None, ""):
        return TOP
    if not str(raw).isdecimal() or not 1 <= int(str(raw)[:6]) <= limits.CHART_GROUPS:
        raise Refused(_("A chart shows 1 to {n} groups.", n=limits.CHART_GROUPS), field="top")
    return int(raw)


def _ticked(raw: Any) -> bool:
    return raw is True or str(raw) in {"1", "on", "true"}


def _target(raw: Any) -> float | None:
    """A target in the unit that people read: ``120000``, ``0.5``."""
    if raw in (None, ""):
        return None
    return float(to_decimal(raw))


def _compare(raw: Any, table: Table) -> tuple[Field, str] | None:
    raw = raw if isinstance(raw, dict) else {}
    if not raw.get("date"):
        return None
    name = raw.get("span") or "this_month"
    if name not in SPANS:
        raise Refused(UNFIT["compare"], field="compare")
    return _field(raw["date"], date_fields(table), "compare"), str(name)


def _steps(raw: Any, by: By | None) -> tuple[int, ...]:
    """The stages chosen, in the field's order; all where none is."""
    known = [int(one["id"]) for one in (by.field.options.get("choices", []) if by else [])]
    wanted = {int(one) for one in raw or [] if str(one).isdecimal() and len(str(one)) < 10}
    chosen = [one for one in known if one in wanted] or known
    return tuple(chosen[: limits.FUNNEL_STAGES])


def _during(raw: Any) -> str:
    if raw and (not isinstance(raw, str) or raw not in NAMED):
        raise Refused(_("There is no such period."))
    return raw or ""


def _natural_order(group: Field) -> str:
    """Times and stages have an order of their own; the rest goes by size."""
    kind = fieldtypes.get(group)
    return "key" if kind.family in {"time", "number"} or group.type == "stage" else "value"
