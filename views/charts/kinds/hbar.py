"""Bars that lie: for many groups and long names."""

from __future__ import annotations

from tracker import limits
from tracker.text import _
from views.charts.grouped import Grouped
from views.charts.kinds import GROUPED, registry


@registry.register
class HorizontalBar(Grouped):
    key = "hbar"
    name = _("Horizontal bars")
    icon = "align-left"
    order = 11
    settings = GROUPED | {"split", "target"}
    measures = limits.CHART_MEASURES
