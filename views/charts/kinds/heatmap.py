"""Two fields against each other, the number as depth of colour."""

from __future__ import annotations

from tracker.errors import Refused
from tracker.text import _
from views.charts.grouped import Grouped
from views.charts.kinds import GROUPED, registry
from views.charts.plan import Plan


@registry.register
class HeatMap(Grouped):
    key = "heatmap"
    name = _("Heat map")
    icon = "layout-grid"
    order = 42
    settings = GROUPED | {"split"}
    needs_split = True
    layers = 20

    def check(self, plan: Plan) -> None:
        if plan.split is None:
            raise Refused(_("A heat map needs a second field to split by."), field="split")
