"""A record of a table was created, changed, or has come to meet the condition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from automations.occasions import Occasion, Scene, condition_of
from automations.triggers import Definition, Span, Trigger, registry
from automations.turns import Turn, met, turns
from tracker import schema
from tracker.conditions import Condition
from tracker.context import Context
from tracker.errors import Missing, Refused
from tracker.models import Automation, Change
from tracker.permissions import Viewer
from tracker.text import Text, _, label

WHEN = ("created", "changed", "enters")


@registry.register
class RecordTrigger(Trigger):
    """``{"table", "when": "created"|"changed"|"enters", "fields": [ids]}``.

    ``fields`` narrows *changed* to changes of these fields.
    """

    key = "record"
    name = _("A record is created or changed")
    icon = "table"
    order = 2
    listens = True

    def check(self, raw: Definition, scene: Scene) -> dict[str, Any]:
        if raw.get("when") not in WHEN:
            raise Refused(_("Choose when: created, changed, or meeting the condition."))
        try:
            table = scene.base.table(raw.get("table"))
            fields = [table.field(one).id for one in raw.get("fields") or []]
        except Missing:
            raise Refused(_("Choose a table of this base.")) from None
        checked = {"kind": self.key, "table": table.id, "when": raw["when"]}
        return {**checked, "fields": fields} if fields else checked

    def needs_condition(self, trigger: Definition) -> bool:
        return bool(trigger["when"] == "enters")

    def sentence(self, trigger: Definition, scene: Scene, context: Context, test: str) -> Text:
        table = label(scene.table, context.lang) if scene.table else "?"
        if trigger["when"] == "enters":
            return _("When a record of “{table}” comes to meet: {test}", table=table, test=test)
        if trigger["when"] == "created":
            if test:
                return _("When a record is added to “{table}” and {test}", table=table, test=test)
            return _("When a record is added to “{table}”", table=table)
        names = _fields(trigger, scene, context)
        if test:
            return _(
                "When {fields} of “{table}” changes and {test}",
                fields=names,
                table=table,
                test=test,
            )
        return _("When {fields} of “{table}” changes", fields=names, table=table)

    def fires(self, trigger: Definition, condition: Condition, turn: Turn, viewer: Viewer) -> bool:
        if not _concerns(trigger, turn):
            return False
        table = schema.current().table(trigger["table"])
        if not met(condition, table, turn.after, viewer):
            return False
        entering = trigger["when"] == "enters" and turn.before is not None
        return not (entering and met(condition, table, turn.before or {}, viewer))

    def past(self, automation: Automation, viewer: Viewer, span: Span) -> Iterator[Occasion]:
        trigger, condition = automation.definition["trigger"], condition_of(automation)
        table = schema.current().table(trigger["table"])
        within = (Change.table_id == table.id) & (Change.at > span.start)
        changes = list(Change.select(Change.id, Change.record_id).where(within))
        ids = {change.record_id for change in changes}
        since = min((change.id for change in changes), default=0)
        for turn in turns(viewer, table, ids, since=since):
            if self.fires(trigger, condition, turn, viewer):
                yield Occasion(
                    automation,
                    viewer,
                    f"change:{turn.change_id}",
                    span.end,
                    table=table,
                    record_id=turn.record_id,
                    values=turn.after,
                )


def _concerns(trigger: Definition, turn: Turn) -> bool:
    """Whether the kind of change, and the fields it touched, are what the trigger waits for."""
    if trigger["when"] == "created":
        return turn.kind == "create"
    if trigger["when"] == "changed":
        fields = trigger.get("fields")
        touched = turn.changed & set(fields) if fields else turn.changed
        return turn.kind == "update" and bool(touched)
    return turn.kind == "create" or (turn.kind == "update" and bool(turn.changed))


def _fields(trigger: Definition, scene: Scene, context: Context) -> str | Text:
    """The fields it waits for, by name; else a record as such."""
    known = scene.table.by_id if scene.table else {}
    chosen = [known[one] for one in trigger.get("fields", []) if one in known]
    if not chosen:
        return _("a record")
    return " / ".join(f"「{label(one, context.lang)}」" for one in chosen)
