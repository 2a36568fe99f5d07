"""Upright bars, side by side where they are split or several are measured."""

from __future__ import annotations

from tracker import limits
from tracker.text import _
from views.charts.grouped import Grouped
from views.charts.kinds import registry


@registry.register
class Bar(Grouped):
    key = "bar"
    name = _("Bars")
    icon = "chart-bar"
    order = 10
    measures = limits.CHART_MEASURES
