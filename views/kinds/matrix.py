"""Duty matrix: who has filed, period by period, with the organisation folding as a tree."""

from __future__ import annotations

from typing import Any

from automations import chases, reminding
from tracker import duties, dutymatrix, dutyperiods, owing, schema
from tracker.dutymatrix import Matrix
from tracker.dutyperiods import DAY
from tracker.errors import Refused
from tracker.models import Duty
from tracker.permissions import Viewer
from tracker.text import _
from views.chasecolumn import column
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
    narrows = frozenset({"department"})  # it is of the duty's own period
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
        until = viewing.params.get("until")
        period = dutyperiods.named(duty.definition, until) if until else None
        found = dutymatrix.matrix(viewing.viewer, duty, PERIODS, until=period)
        return {
            "matrix": found,
            "heads": [head(period) for period in found.periods],
            "rows": [row(one) for one in found.rows],
            "states": {key: (mark, cls, word) for key, (mark, cls, word) in STATES.items() if mark},
            "said": duties.sentence(duty, viewing.viewer.context),
            "chases": [
                chases.sentence(one, viewing.viewer.context)
                for one in chases.of_duty(duty)
                if one.enabled
            ],
            "chase": column(viewing.viewer, found),
            "table": viewing.table,
            "coordinates": viewing.viewer.coordinates_base(duty.base_id),
            **answering(viewing.viewer, found),
            **neighbours(found),
        }

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        duty = duties.load(viewing.viewer, viewing.options.get("duty") or 0)
        return collection(viewing.viewer, duty, viewing.departments)


def answering(viewer: Viewer, found: Matrix) -> dict[str, Any]:
    """The owers whom the viewer may remind, and how many of them owe something now."""
    reach = set(reminding.reach(viewer, found.duty))
    missing = [
        one
        for one in found.rows
        if one.id in reach and any(cell.state == "owed" for cell in one.cells[-reminding.PERIODS :])
    ]
    return {"reach": reach, "missing": len(missing)}


def neighbours(found: Matrix) -> dict[str, Any]:
    """The labels that page to older and newer periods; None where there are no more."""
    rule, shown = found.duty.definition, found.periods
    present = owing.periods(found.duty, 1)
    if not shown or not present:
        return {"older": None, "newer": None, "present": True}
    older = dutyperiods.latest(rule, shown[0].first - DAY, 1)
    newer = shown[-1]
    for _step in range(PERIODS):
        newer = dutyperiods.containing(rule, newer.end)
    last = shown[-1].label == present[-1].label
    return {
        "older": older[0].label if older else None,
        "newer": newer.label if newer.first < present[-1].first else None,
        "present": last or shown[-1].first > present[-1].first,
    }
