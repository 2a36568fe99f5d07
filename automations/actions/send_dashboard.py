"""Send a dashboard: by mail as a PDF or a picture, drawn for each with their own rights."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from automations import recipients, rendering
from automations.actions import Action, Definition, registry
from automations.messages import Attachment, Message, Withdrawn, one_line
from automations.occasions import Occasion, Planned, Scene
from automations.rendering import Artist
from tracker import definitions, limits, periods
from tracker.context import Context
from tracker.errors import Missing, Refused
from tracker.fieldtypes import clean_text
from tracker.models import Automation, Person, View
from tracker.permissions import Viewer
from tracker.text import Text, _, label

WAYS = {"pdf": _("as a PDF"), "png": _("as a picture")}
PERIODS = (
    *("this_week", "last_week", "this_month", "last_month"),
    *("this_quarter", "last_quarter", "this_year", "last_year"),
)


@registry.register
class SendDashboard(Action):
    """``{"view", "to", "format": "pdf" | "png", "period", "subject", "body"}``."""

    key = "send_dashboard"
    name = _("Send a dashboard")
    icon = "layout-dashboard"
    order = 40
    drawn = True

    def check(self, raw: Definition, scene: Scene) -> dict[str, Any]:
        period, way = raw.get("period") or "", raw.get("format") or "pdf"
        if way not in WAYS or (period and period not in PERIODS):
            raise Refused(_("This request cannot be read."))
        body = clean_text(raw.get("body"))
        if len(body) > limits.TEXT_LENGTH:
            raise Refused(_("At most {limit} characters fit.", limit=limits.TEXT_LENGTH))
        return {
            "kind": self.key,
            "view": _dashboard(raw.get("view"), scene),
            "to": recipients.check(raw.get("to"), scene),
            "format": way,
            "period": period,
            "subject": one_line(clean_text(raw.get("subject"))),
            "body": body,
        }

    def sentence(self, action: Definition, scene: Scene, context: Context) -> Text:
        view = View.get_or_none(View.id == action["view"])
        return _(
            "send the dashboard “{name}” {way} to {who}",
            name=label(view, context.lang) if view else "?",
            way=WAYS[action["format"]],
            who=recipients.say(action["to"], scene, context),
        )

    def offers(self, scene: Scene) -> dict[str, Any]:
        lang = scene.viewer.context.lang
        return {
            "dashboards": definitions.dashboards_of(scene.viewer, scene.base),
            "periods": [(key, periods.NAMED[key][0].to(lang)) for key in PERIODS],
            "ways": [(key, words.to(lang)) for key, words in WAYS.items()],
            "problem": None if rendering.browser() else rendering.NO_BROWSER.to(lang),
        }

    def plan(self, action: Definition, occasion: Occasion, number: int) -> list[Planned]:
        automation = occasion.automation
        people = recipients.resolve(action["to"], occasion)
        if len(people) > limits.RENDERED_PEOPLE:
            most = limits.RENDERED_PEOPLE
            raise Refused(_("A dashboard goes to at most {n} people at once.", n=most))
        payload = {
            "action": self.key,
            "automation": automation.id,
            **{key: action[key] for key in ("view", "format", "period", "subject", "body")},
        }
        key = f"automation:{automation.id}:{occasion.key}:{number}"
        return [
            Planned(f"{key}:{person}:email", "email", person, payload, automation.base_id)
            for person in people
        ]

    def act(self, action: Definition, occasion: Occasion, number: int) -> list[Planned]:
        if rendering.browser() is None:
            raise Refused(rendering.NO_BROWSER)
        return self.plan(action, occasion, number)

    def compose(self, payload: Definition, recipient: Viewer, now: datetime) -> Message:
        automation = Automation.get_or_none(Automation.id == payload["automation"])
        if automation is None or automation.deleted_at or not automation.enabled:
            raise Withdrawn(_("The automation was switched off or deleted."))
        try:
            view = definitions.view(recipient, payload["view"])
        except Missing:
            raise Withdrawn(_("The dashboard is not shown to this person.")) from None
        params = {"period": payload["period"]} if payload["period"] else {}
        query = f"?period={payload['period']}" if params else ""
        name = label(view, recipient.context.lang)
        return Message(
            one_line(payload["subject"]) or one_line(name),
            payload["body"],
            f"/v/{view.id}{query}",
            attach=partial(_attachment, recipient, view, params, payload["format"]),
        )


def _attachment(
    recipient: Viewer, view: View, params: dict[str, str], format: str, artist: Artist
) -> Attachment:
    name = f"{label(view, recipient.context.lang)} {recipient.context.today()}"
    return artist.draw(
        Person.get_by_id(recipient.person_id),
        view.id,
        params,
        format=format,
        name="".join("_" if one in '\\/:*?"<>|' or ord(one) < 32 else one for one in name),
    )


def _dashboard(raw: Any, scene: Scene) -> int:
    try:
        view = definitions.view(scene.viewer, raw if isinstance(raw, int) else 0)
    except Missing:
        raise Refused(_("Choose a dashboard of this base.")) from None
    if view.table_id is not None or view.base_id != scene.base.id:
        raise Refused(_("Choose a dashboard of this base."))
    return int(view.id)
