"""Slices of a whole round their total."""

from __future__ import annotations

from tracker.text import _
from views.charts.grouped import Grouped
from views.charts.kinds import GROUPED, registry


@registry.register
class Ring(Grouped):
    key = "ring"
    name = _("Ring")
    icon = "chart-donut"
    order = 31
    settings = GROUPED
    keeps_rest = True
