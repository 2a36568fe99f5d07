"""How long records stay in each stage: from the moves in the log."""

from __future__ import annotations

from tracker.query import Query
from tracker.text import _
from views.charts.drawing import Drawing
from views.charts.kinds import Chart, registry
from views.charts.logged import stays
from views.charts.plan import Plan
from views.viewing import Viewing


@registry.register
class TimeInStage(Chart):
    key = "time_in_stage"
    name = _("Time in stage")
    icon = "clock"
    order = 61
    settings = frozenset({"group", "steps", "during"})
    from_log = True

    def draw(self, viewing: Viewing, plan: Plan, query: Query) -> Drawing:
        return stays(viewing, plan, query)
