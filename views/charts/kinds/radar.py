"""Groups as spokes, one outline for each part or measure."""

from __future__ import annotations

from tracker import limits
from tracker.text import _
from views.charts.grouped import Grouped
from views.charts.kinds import GROUPED, registry


@registry.register
class Radar(Grouped):
    key = "radar"
    name = _("Radar")
    icon = "target"
    order = 43
    settings = GROUPED | {"split"}
    measures = limits.CHART_MEASURES
