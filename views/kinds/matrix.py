"""Duty matrix: who has filed, period by period, with the organisation folding as a tree."""

from __future__ import annotations

from typing import Any

from tracker import duties, dutymatrix, schema
from tracker.errors import Refused
from tracker.models import Chase, Duty
from tracker.permissions import Viewer
from tracker.text import _
from views.collection import STATES, collection, head, row
from views.kinds import ViewKind, registry
from views.viewing import Viewing

PERIODS = 8


@registry.register
class MatrixKind(ViewKind):
    key = "matrix"
    name = _("Duty matrix")
    icon = "checklist"
    order = 60
    template = "matrix.html"
    tools = ()

    def defaults(self, table: schema.Table | None, viewer: Viewer) -> dict[str, Any]:
        rows = Duty.select().where(
            Duty.table == (table.id if table else 0), Duty.deleted_at.is_null()
        )
        first = rows.first()
        return {"duty": first.id} if first else {}

    def check_options(
        self, options: dict[str, Any], table: schema.Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        duty = options.get("duty")
        if not isinstance(duty, int):
            raise Refused(_("Choose the duty this matrix shows."))
        return {"duty": duties.load(viewer, duty).id}

    def context(self, viewing: Viewing) -> dict[str, Any]:
        if not viewing.options.get("duty"):
            return {"matrix": None}
        duty = duties.load(viewing.viewer, viewing.options["duty"])
        found = dutymatrix.matrix(viewing.viewer, duty, PERIODS)
        return {
            "matrix": found,
            "heads": [head(period) for period in found.periods],
            "rows": [row(found, one) for one in found.rows],
            "states": {key: (mark, cls, word) for key, (mark, cls, word) in STATES.items() if mark},
            "said": duties.sentence(duty, viewing.viewer.context),
            "chased": Chase.select().where(Chase.duty == duty, Chase.enabled == True).exists(),  # noqa: E712 - SQL
            "table": viewing.table,
        }

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        return collection(
            viewing.viewer, duties.load(viewing.viewer, viewing.options.get("duty") or 0)
        )
