"""Stacked bars of the same length: the share of each part."""

from __future__ import annotations

from tracker.errors import Refused
from tracker.text import _
from views.charts.grouped import Grouped
from views.charts.kinds import GROUPED, registry
from views.charts.plan import Plan


@registry.register
class Full(Grouped):
    key = "full"
    name = _("100% bars")
    icon = "percentage"
    order = 13
    settings = GROUPED | {"split"}
    needs_split = True

    def check(self, plan: Plan) -> None:
        if not plan.adds_up:
            raise Refused(_("Shares need a count or a sum."), field="measure")
