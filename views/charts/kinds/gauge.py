"""One number against its target."""

from __future__ import annotations

from tracker.errors import Refused
from tracker.query import Query
from tracker.text import _
from views.charts.drawing import Drawing
from views.charts.kinds import Chart, registry
from views.charts.plan import Plan
from views.charts.single import single
from views.viewing import Viewing


@registry.register
class Gauge(Chart):
    key = "gauge"
    name = _("Gauge")
    icon = "progress"
    order = 50
    settings = frozenset({"measure", "target"})

    def check(self, plan: Plan) -> None:
        if plan.target is None or plan.target <= 0:
            raise Refused(_("A gauge needs a target above zero."), field="target")

    def draw(self, viewing: Viewing, plan: Plan, query: Query) -> Drawing:
        return single(viewing, plan, query)
