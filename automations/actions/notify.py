"""Notify: tell people, in words made of the record as each of them may see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from automations import channels, recipients, templates
from automations.actions import Action, Definition, registry
from automations.messages import Message, Withdrawn, fill, one_line, places
from automations.occasions import Occasion, Planned, Scene
from tracker import fieldtypes, schema
from tracker.context import Context
from tracker.errors import Missing
from tracker.models import Automation
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.text import Text, _, label


@registry.register
class Notify(Action):
    """``{"to", "channels": ["inbox", "email"], "subject", "body"}``."""

    key = "notify"
    name = _("Notify people")
    icon = "bell"
    order = 1

    def check(self, raw: Definition, scene: Scene) -> dict[str, Any]:
        words = templates.check(raw.get("subject"), raw.get("body"), scene.table)
        return {
            "kind": self.key,
            "to": recipients.check(raw.get("to"), scene),
            "channels": channels.check(raw.get("channels")),
            **words,
        }

    def sentence(self, action: Definition, scene: Scene, context: Context) -> Text:
        return _(
            "notify {who} {channels}: “{subject}”",
            who=recipients.say(action["to"], scene, context),
            channels=channels.say(action["channels"], context),
            subject=templates.say(action["subject"], scene.table, context),
        )

    def plan(self, action: Definition, occasion: Occasion, number: int) -> list[Planned]:
        automation = occasion.automation
        payload = {
            "action": self.key,
            "automation": automation.id,
            "table": occasion.table.id if occasion.table else None,
            "record": occasion.record_id,
            "subject": action["subject"],
            "body": action.get("body", ""),
        }
        return [
            Planned(
                f"automation:{automation.id}:{occasion.key}:{number}:{person}:{channel}",
                channel,
                person,
                payload,
                automation.base_id,
            )
            for person in recipients.resolve(action["to"], occasion)
            for channel in action.get("channels") or ["inbox"]
        ]

    def compose(self, payload: Definition, recipient: Viewer, now: datetime) -> Message:
        automation = Automation.get_or_none(Automation.id == payload["automation"])
        if automation is None or automation.deleted_at or not automation.enabled:
            raise Withdrawn(_("The automation was switched off or deleted."))
        subject, body = payload["subject"], payload["body"]
        if payload["table"] is None:
            open_base = recipient.may_enter(automation.base_id)
            link = f"/b/{automation.base_id}" if open_base else ""
            return Message(one_line(subject), body, link)
        values = _seen(payload, recipient)
        return Message(
            one_line(fill(subject, values)) or label(automation, recipient.context.lang),
            fill(body, values),
            f"/r/{payload['table']}/{payload['record']}",
        )


def _seen(payload: Definition, recipient: Viewer) -> dict[str, str]:
    """Field key → text, as the recipient may read the record now; raises `Withdrawn`."""
    try:
        table = schema.current().table(payload["table"])
        query = Query(recipient, table)
        named = set(places(payload["subject"] + payload["body"]))
        shown = [field for field in query.access.fields if field.key in named]
        record = query.only(shown).one(payload["record"])
    except Missing:
        raise Withdrawn(_("This person may not see the record, or it was deleted.")) from None
    context = recipient.context
    return {field.key: fieldtypes.get(field).text(record[field], field, context) for field in shown}
