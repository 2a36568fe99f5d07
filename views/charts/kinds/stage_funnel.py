"""How many of the records that entered a stage ever came further: from the moves in the log."""

from __future__ import annotations

from tracker.query import Query
from tracker.text import _
from views.charts.drawing import Drawing
from views.charts.kinds import Chart, registry
from views.charts.logged import funnel
from views.charts.plan import Plan
from views.viewing import Viewing


@registry.register
class StageFunnel(Chart):
    key = "stage_funnel"
    name = _("Stage funnel")
    icon = "git-commit"
    order = 60
    settings = frozenset({"group", "steps", "during"})
    from_log = True

    def draw(self, viewing: Viewing, plan: Plan, query: Query) -> Drawing:
        return funnel(viewing, plan, query)
