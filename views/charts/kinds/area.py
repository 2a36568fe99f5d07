"""A filled line; parts stand on each other."""

from __future__ import annotations

from tracker.text import _
from views.charts.grouped import Grouped
from views.charts.kinds import registry


@registry.register
class Area(Grouped):
    key = "area"
    name = _("Area")
    icon = "chart-area"
    order = 21
