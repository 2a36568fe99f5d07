"""A line, or one for each part or measure."""

from __future__ import annotations

from tracker import limits
from tracker.text import _
from views.charts.grouped import Grouped
from views.charts.kinds import registry


@registry.register
class Line(Grouped):
    key = "line"
    name = _("Line")
    icon = "chart-line"
    order = 20
    measures = limits.CHART_MEASURES
