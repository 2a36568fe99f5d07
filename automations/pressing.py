"""Buttons of records that set automations off: at once, in the request of whoever pressed."""

from __future__ import annotations

from automations import execution
from automations.occasions import Occasion, condition_of
from automations.turns import met
from tracker import buttons, clock
from tracker.errors import Missing, Refused
from tracker.models import Automation, Run
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.settings import Settings
from tracker.text import Text, _

SECONDS = 10  # pressed again within so long, nobody is told twice


def press(viewer: Viewer, table: Table, record_id: int, field: int, settings: Settings) -> Text:
    """Run what the button starts on the record; what to say. `Missing` where it is not seen.

    Whether the automation found something to do is not told: its condition may look at what the
    one who pressed may not.
    """
    query = Query(viewer, table)
    button = query.access.field(field)
    guard = query.scope.guard(button)
    (query if guard is True else query.test(guard)).only([]).one(record_id)
    if not buttons.runs(button):
        raise Missing
    started = _started_by(button)
    if not started:
        raise Refused(_("No automation starts with this button yet. Coordinators can add one."))
    runs = [_run(one, viewer, table, record_id, settings) for one in started]
    if any(one.state == "failed" for one in runs):
        raise Refused(_("This could not be done. The coordinators of the base see why."))
    return _("“{button}”: done.", button=buttons.words(button, viewer.context))


def _started_by(button: Field) -> list[Automation]:
    live = Automation.enabled & Automation.deleted_at.is_null()
    found = Automation.select().where(live).order_by(Automation.id)
    kinds = ((one, one.definition.get("trigger") or {}) for one in found)
    return [one for one, trigger in kinds if trigger.get("button") == button.id]


def _run(
    automation: Automation, presser: Viewer, table: Table, record_id: int, settings: Settings
) -> Run:
    now = clock.now()
    slot = int(now.timestamp()) // SECONDS
    key = f"press:{automation.id}:{record_id}:{presser.person_id}:{slot}"

    def occasions(viewer: Viewer) -> list[Occasion]:
        values = Query(viewer, table).one(record_id).values
        if not met(condition_of(automation), table, values, viewer):
            return []
        return [Occasion(automation, viewer, key, now, table, record_id, values)]

    return execution.run(
        automation,
        occasions,
        trigger="button",
        settings=settings,
        now=now,
        record_id=record_id,
    )
