"""Bars whose parts stand on each other; they lie where the groups are no times."""

from __future__ import annotations

from tracker.text import _
from views.charts.grouped import Grouped
from views.charts.kinds import registry


@registry.register
class Stacked(Grouped):
    key = "stacked"
    name = _("Stacked bars")
    icon = "chart-bar"
    order = 12
