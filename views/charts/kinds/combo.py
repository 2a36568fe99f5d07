"""Bars and a line: two measures, each with an axis of its own."""

from __future__ import annotations

from tracker.errors import Refused
from tracker.text import _
from views.charts.grouped import Grouped
from views.charts.kinds import GROUPED, registry
from views.charts.plan import Plan


@registry.register
class Combo(Grouped):
    key = "combo"
    name = _("Bars and line")
    icon = "trending-up"
    order = 22
    settings = GROUPED | {"target", "cumulative", "gaps"}
    measures = 2
    least = 2

    def check(self, plan: Plan) -> None:
        if len(plan.measures) < 2:
            raise Refused(_("Bars and line need two measures."), field="more")
