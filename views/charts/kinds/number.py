"""One number, beside that of the period before where a date says which."""

from __future__ import annotations

from typing import Any

from tracker.query import Query
from tracker.text import _
from views.charts.drawing import Drawing
from views.charts.kinds import Chart, registry
from views.charts.plan import Plan
from views.charts.single import change_of, single
from views.viewing import Viewing


@registry.register
class Number(Chart):
    key = "number"
    name = _("Number")
    icon = "number-123"
    order = 51
    settings = frozenset({"measure", "compare"})

    def draw(self, viewing: Viewing, plan: Plan, query: Query) -> Drawing:
        return single(viewing, plan, query)

    def told(self, drawing: Drawing, lang: str) -> dict[str, Any]:
        return {"change": change_of(drawing)}
