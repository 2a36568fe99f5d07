"""What a kind of chart is: one file that says what can be set and how its numbers are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tracker.registry import Registry
from tracker.text import Text

if TYPE_CHECKING:
    from tracker.query import Query
    from views.charts.drawing import Drawing
    from views.charts.plan import Plan
    from views.viewing import Viewing

registry: Registry[Chart] = Registry("views.charts.kinds")
GROUPED = frozenset({"group", "measure", "order", "top"})


class Chart:
    """The contract. js/chart.js draws by ``key``; what it is told is `Drawing` and `told`."""

    key: str
    name: Text
    icon = "chart-bar"
    order = 100
    settings = GROUPED | {"split", "target", "cumulative", "gaps"}  # what the panel offers
    measures = 1  # at most
    least = 1  # measures
    needs_split = False
    layers = 8  # series before the rest is put together
    keeps_rest = False  # what lies beyond the top is drawn too, not only told
    from_log = False  # of the moves of a stage field

    def check(self, plan: Plan) -> None:
        """Raises `Refused` for a plan that this chart cannot draw."""

    def draw(self, viewing: Viewing, plan: Plan, query: Query) -> Drawing:
        """The numbers of the records in ``query``."""
        raise NotImplementedError

    def told(self, drawing: Drawing, lang: str) -> dict[str, Any]:
        """What js/chart.js needs beside the drawing."""
        return {}


def get(key: str) -> Chart:
    return registry.get(key)
