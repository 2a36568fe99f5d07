"""Slices of a whole."""

from __future__ import annotations

from tracker.text import _
from views.charts.grouped import Grouped
from views.charts.kinds import GROUPED, registry


@registry.register
class Pie(Grouped):
    key = "pie"
    name = _("Pie")
    icon = "chart-pie"
    order = 30
    settings = GROUPED
    keeps_rest = True
