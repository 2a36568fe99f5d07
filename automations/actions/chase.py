"""Chase: remind everybody who still owes a duty now; also composes the morning's digests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from automations import chasing
from automations.actions import Action, Definition, registry
from automations.chasing import Still
from automations.messages import Message, Withdrawn
from automations.occasions import Occasion, Planned, Scene
from tracker import dutyperiods
from tracker.context import Context
from tracker.errors import Refused
from tracker.models import Duty, View
from tracker.permissions import Viewer
from tracker.text import Text, _, label


@registry.register
class ChaseAction(Action):
    """``{"duty": id}``: what the duty's chases would tell this morning, told now."""

    key = "chase"
    name = _("Chase a duty")
    icon = "bell-ringing"
    order = 2

    def check(self, raw: Definition, scene: Scene) -> dict[str, Any]:
        duty = _duty(raw.get("duty"))
        if duty is None or duty.base_id != scene.base.id:
            raise Refused(_("Choose a duty of this base."))
        return {"kind": self.key, "duty": duty.id}

    def sentence(self, action: Definition, scene: Scene, context: Context) -> Text:
        duty = _duty(action["duty"])
        return _("chase “{duty}”", duty=label(duty, context.lang) if duty else "?")

    def plan(self, action: Definition, occasion: Occasion, number: int) -> list[Planned]:
        duty = _duty(action["duty"])
        return chasing.now_for(duty, occasion.now) if duty else []

    def compose(self, payload: Definition, recipient: Viewer, now: datetime) -> Message:
        found = chasing.still(payload["items"], recipient.person_id or 0, now)
        if not found:
            raise Withdrawn(_("Nothing is owed any more, or this person is not in charge of it."))
        context = recipient.context
        return Message(
            _subject(found, context).to(context.lang),
            "\n".join(_lines(found, context)),
            _link(found),
        )


def _duty(duty_id: Any) -> Duty | None:
    if not isinstance(duty_id, int):
        return None
    return Duty.get_or_none(Duty.id == duty_id, Duty.deleted_at.is_null())


def _subject(found: list[Still], context: Context) -> Text:
    own = [one for one in found if one.own]
    one = (own or found)[0]
    duty, period = label(one.duty, context.lang), _period(one)
    if len(found) == 1 and own:
        return _("Still to file: “{duty}”, {period}", duty=duty, period=period)
    if own:
        return _("{n} filings are still owed", n=len(found))
    if len(found) == 1:
        name = label(one.ower, context.lang)
        return _("{name} still owes “{duty}”, {period}", name=name, duty=duty, period=period)
    if len({item.duty.id for item in found}) == 1:
        n = len({item.ower.id for item in found})
        return _("“{duty}”: {n} below you still owe it", n=n, duty=duty)
    return _("{n} filings below you are still owed", n=len(found))


def _lines(found: Iterable[Still], context: Context) -> Iterable[str]:
    """What the reader owes, line by line; then what those below them owe, by duty and period."""
    below: dict[tuple[int, str], list[Still]] = defaultdict(list)
    for one in found:
        if not one.own:
            below[one.duty.id, one.period.label].append(one)
            continue
        yield _(
            "{name}: “{duty}”, {period}, was due {due}.",
            name=label(one.ower, context.lang),
            **_said(one, context),
        ).to(context.lang)
    for several in below.values():
        comma = _(", ").to(context.lang)
        names = comma.join(label(one.ower, context.lang) for one in several)
        yield _(
            "“{duty}”, {period}, was due {due}. Still owed by {n}: {names}.",
            n=len(several),
            names=names,
            **_said(several[0], context),
        ).to(context.lang)


def _said(one: Still, context: Context) -> dict[str, Any]:
    return {
        "duty": label(one.duty, context.lang),
        "period": _period(one),
        "due": dutyperiods.say_due(one.duty.definition, one.period, context),
    }


def _period(one: Still) -> Any:
    return dutyperiods.say_label(one.period, one.duty.definition["every"])


def _link(found: list[Still]) -> str:
    """The form for those who owe; the matrix for those over them."""
    own = next((one for one in found if one.own), None)
    if own is not None and own.duty.form_id:
        return f"/f/{own.duty.form_id}"
    duty = (own or found[0]).duty
    for view in View.select().where(View.base == duty.base_id, View.kind == "matrix"):
        if view.deleted_at is None and view.options.get("duty") == duty.id:
            return f"/v/{view.id}"
    return f"/t/{duty.table_id}"
