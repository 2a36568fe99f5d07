"""Groups as a funnel, the largest on top or in their own order."""

from __future__ import annotations

from tracker.text import _
from views.charts.grouped import Grouped
from views.charts.kinds import GROUPED, registry


@registry.register
class Funnel(Grouped):
    key = "funnel"
    name = _("Funnel")
    icon = "filter"
    order = 41
    settings = GROUPED
