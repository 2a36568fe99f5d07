"""One point a group: two measures against each other."""

from __future__ import annotations

from tracker.errors import Refused
from tracker.text import _
from views.charts.grouped import Grouped
from views.charts.kinds import GROUPED, registry
from views.charts.plan import Plan


@registry.register
class Scatter(Grouped):
    key = "scatter"
    name = _("Scatter")
    icon = "grid-dots"
    order = 40
    settings = GROUPED
    measures = 2
    least = 2

    def check(self, plan: Plan) -> None:
        if len(plan.measures) < 2:
            raise Refused(_("A scatter needs two measures."), field="more")
