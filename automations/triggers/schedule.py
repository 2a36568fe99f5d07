"""The clock: every day, working day, week or month at a local time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from automations import schedule
from automations.occasions import Occasion, Scene, condition_of
from automations.schedule import Due
from automations.triggers import Definition, Span, Trigger, registry
from tracker import limits, schema
from tracker.context import Context
from tracker.dutyperiods import ZONE
from tracker.errors import Missing, Refused
from tracker.models import Automation
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.text import Text, _, label


@registry.register
class ScheduleTrigger(Trigger):
    """``{"every", "weekday", "day", "time", "zone", "table"}``: a rule of `automations.schedule`.

    With ``table`` the actions are done for each of its records that meets the condition.
    """

    key = "schedule"
    name = _("At a time")
    icon = "clock"
    order = 1

    def check(self, raw: Definition, scene: Scene) -> dict[str, Any]:
        rule = schedule.check(raw, scene.viewer.context.zone)
        checked = {"kind": self.key, **rule}
        if raw.get("table") is None:
            return checked
        try:
            return {**checked, "table": scene.base.table(raw["table"]).id}
        except Missing:
            raise Refused(_("Choose a table of this base.")) from None

    def sentence(self, trigger: Definition, scene: Scene, context: Context, test: str) -> Text:
        when = schedule.sentence(_rule(trigger), context)
        if scene.table is None:
            return when
        table = label(scene.table, context.lang)
        if test:
            said = {"when": when, "table": table, "test": test}
            return _("{when}, for each record of “{table}” where {test}", **said)
        return _("{when}, for each record of “{table}”", when=when, table=table)

    def due(self, trigger: Definition, now: datetime) -> Due | None:
        return schedule.latest(_rule(trigger), now)

    def occasions(
        self, automation: Automation, viewer: Viewer, key: str, now: datetime
    ) -> Iterator[Occasion]:
        table_id = automation.definition["trigger"].get("table")
        if table_id is None:
            yield Occasion(automation, viewer, key, now)
            return
        table = schema.current().table(table_id)
        query = Query(viewer, table).where(condition_of(automation))
        for record in _records(query):
            yield Occasion(
                automation,
                viewer,
                f"{key}:{record.id}",
                now,
                table=table,
                record_id=record.id,
                values=record.values,
            )

    def past(self, automation: Automation, viewer: Viewer, span: Span) -> Iterator[Occasion]:
        rule = _rule(automation.definition["trigger"])
        for due in schedule.slots_between(rule, span.start, span.end):
            yield from self.occasions(automation, viewer, due.local.isoformat(), span.end)


def _rule(trigger: Definition) -> dict[str, Any]:
    return {**trigger, "zone": trigger.get("zone") or ZONE}


def _records(query: Query) -> Iterator[Any]:
    """The records, page by page; more than the limit are refused before anything is done."""
    most = limits.RECORDS_PER_RUN
    ids = query.ids(limit=most + 1)
    if len(ids) > most:
        raise Refused(_("More than {n} records meet the condition. Narrow it.", n=most))
    for start in range(0, len(ids), limits.PAGE_ROWS):
        yield from query.fetch(ids[start : start + limits.PAGE_ROWS])
