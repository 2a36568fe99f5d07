"""Remind: whoever has not filed a duty yet is told, before the cut-off too; once a day at most."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from automations import channels, reminding
from automations.actions import Action, Definition, registry
from automations.messages import Message, Withdrawn
from automations.occasions import Occasion, Planned, Scene
from tracker import dutyperiods, owing
from tracker.context import Context
from tracker.dutyperiods import Period
from tracker.errors import Refused
from tracker.models import Duty
from tracker.owing import Ower
from tracker.permissions import Viewer
from tracker.text import Text, _, label


@registry.register
class Remind(Action):
    """``{"duty": id, "channels": [...]}``: those who owe the present period, told now."""

    key = "remind"
    name = _("Remind who has not filed")
    icon = "clipboard-list"
    order = 3

    def check(self, raw: Definition, scene: Scene) -> dict[str, Any]:
        duty = _duty(raw.get("duty"))
        if duty is None or duty.base_id != scene.base.id:
            raise Refused(_("Choose a duty of this base."))
        ways = channels.check(raw.get("channels"))
        return {"kind": self.key, "duty": duty.id, "channels": ways}

    def sentence(self, action: Definition, scene: Scene, context: Context) -> Text:
        duty = _duty(action["duty"])
        return _(
            "remind whoever has not filed “{duty}” yet {channels}",
            duty=label(duty, context.lang) if duty else "?",
            channels=channels.say(action["channels"], context),
        )

    def plan(self, action: Definition, occasion: Occasion, number: int) -> list[Planned]:
        duty = _duty(action["duty"])
        if duty is None or not duty.enabled:
            return []
        owers, shown = owing.owers(duty), owing.periods(duty, 1, now=occasion.now)
        missing = reminding.owed(duty, owers, shown, occasion.now)
        ways = action["channels"]
        return list(reminding.planned(duty, missing, now=occasion.now, ways=ways))

    def compose(self, payload: Definition, recipient: Viewer, now: datetime) -> Message:
        duty = _duty(payload["duty"])
        person, items = recipient.person_id or 0, payload["owed"]
        try:
            left = reminding.still(duty, items, person, now) if duty and duty.enabled else []
        except Refused:  # its table or a field of it was deleted
            left = []
        if duty is None or not left:
            raise Withdrawn(_("Nothing is owed any more, or this person is not in charge of it."))
        lines = [_line(duty, ower, period, recipient.context) for ower, period in left]
        link = f"/f/{duty.form_id}" if duty.form_id else f"/t/{duty.table_id}"
        return Message(_subject(duty, left, recipient.context), "\n".join(lines), link)


def _duty(duty_id: Any) -> Duty | None:
    if not isinstance(duty_id, int):
        return None
    return Duty.get_or_none(Duty.id == duty_id, Duty.deleted_at.is_null())


def _subject(duty: Duty, left: list[tuple[Ower, Period]], context: Context) -> str:
    name = label(duty, context.lang)
    if len(left) > 1:
        return _("To file: “{duty}”, {n} times", duty=name, n=len(left)).to(context.lang)
    period = dutyperiods.say_label(left[0][1], duty.definition["every"])
    return _("To file: “{duty}”, {period}", duty=name, period=period).to(context.lang)


def _line(duty: Duty, ower: Ower, period: Period, context: Context) -> str:
    return _(
        "{name}: {period}, due {due}.",
        name=label(ower, context.lang),
        period=dutyperiods.say_label(period, duty.definition["every"]),
        due=dutyperiods.say_due(duty.definition, period, context),
    ).to(context.lang)
