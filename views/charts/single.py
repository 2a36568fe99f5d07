"""One number of all the view's records, alone or beside that of the period before."""

from __future__ import annotations

from tracker.conditions import Condition
from tracker.grouping import measured
from tracker.periods import DAY, NAMED, Span
from tracker.query import Query
from tracker.schema import Field
from tracker.text import label
from views.behind import Door
from views.charts.drawing import PALETTE, Bin, Drawing, Mark, Unit, unit_of
from views.charts.names import measure_name
from views.charts.plan import Plan
from views.dashboards.figures import beside, comparing, percent
from views.viewing import Viewing


def single(viewing: Viewing, plan: Plan, query: Query) -> Drawing:
    """The measure of all records, or of a period and the one before: of a period that still runs
    the part up to today is compared with as many days of the one before.
    """
    context = query.viewer.context
    unit, door = unit_of(plan.measure, context), Door(viewing)
    name = measure_name(plan.measure, context.lang)
    layer = Bin((None,), name, PALETTE[0])
    if plan.compare is None:
        marks = [_mark(query, plan, unit, door, None)]
        bins = [Bin((None,), name)]
    else:
        field, period = plan.compare
        spans = comparing(period, context)
        parts: list[Span] = [spans.whole, spans.before, spans.part]
        marks = [_mark(query, plan, unit, door, (field, one)) for one in parts]
        words = NAMED[period][0].to(context.lang)
        before = beside(spans).to(context.lang)
        bins = [Bin((0,), words), Bin((1,), before), Bin((2,), words)]
    return Drawing(
        plan=plan,
        categories=bins[:2],
        layers=[layer],
        marks=[marks[:2]],
        wholes=marks,
        total=marks[0].text,
        groups=len(bins),
        names=name,
        note=_note(plan, context.lang),
        href=marks[0].href,
        targets="" if plan.target is None else unit.typed(plan.target),
    )


def _mark(
    query: Query, plan: Plan, unit: Unit, door: Door, within: tuple[Field, Span] | None
) -> Mark:
    tests: list[Condition | None] = []
    if within is not None:
        field, (first, after) = within
        days = [first.isoformat(), (after - DAY).isoformat()]
        if after <= first:
            return Mark(0, unit.text(0))
        tests = [{"field": field.id, "op": "within", "value": days}]
        query = query.where(tests[-1])
    [whole] = measured(query, [], [plan.measure])
    number = whole.numbers[0] or 0
    return Mark(unit.shown(number), unit.text(number), door.href(tests))


def _note(plan: Plan, lang: str) -> str:
    if plan.compare is None:
        return ""
    field, period = plan.compare
    return f"{label(field, lang)} · {NAMED[period][0].to(lang)}"


def change_of(drawing: Drawing) -> int | None:
    """How much more or less than in the period before, in whole percent."""
    if len(drawing.wholes) < 3:
        return None
    return percent(drawing.wholes[2].value, drawing.wholes[1].value)
