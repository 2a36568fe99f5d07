"""Chases as coordinators shape them: the hour, the ladder, the channels, when it gives up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations import channels
from automations.chasing import ladder_of
from tracker import clock, db
from tracker.context import Context
from tracker.daytimes import clock_time, whole
from tracker.errors import Missing, Refused
from tracker.models import Chase, Duty, Role
from tracker.permissions import Viewer, need_coordinator
from tracker.text import Text, _

RUNGS = ("ower", "head", "coordinator")


def of_duty(duty: Duty) -> list[Chase]:
    return list(Chase.select().where(Chase.duty == duty.id).order_by(Chase.id))


def save(
    viewer: Viewer,
    duty: Duty,
    definition: Mapping[str, Any],
    *,
    enabled: bool = True,
    chase: Chase | None = None,
) -> Chase:
    """A new chase of a duty, or ``chase`` changed; `Refused` says what is wrong."""
    need_coordinator(viewer, duty.base_id)
    if chase is not None and chase.duty_id != duty.id:
        raise Missing
    checked = check(definition, duty)
    row: Any = chase or Chase(duty=duty.id)
    if (row.enabled, row.definition.get("at")) != (enabled, checked["at"]):
        row.active_since = clock.now()  # this morning is over for it
    row.definition, row.enabled = checked, enabled
    with db.write():
        row.save()
    return row


def delete(viewer: Viewer, chase: Chase) -> None:
    need_coordinator(viewer, chase.duty.base_id)
    with db.write():
        chase.delete_instance()


def check(raw: Mapping[str, Any], duty: Duty) -> dict[str, Any]:
    ladder = raw.get("ladder") or [{"after_days": 0, "to": "ower"}]
    if not isinstance(ladder, list) or len(ladder) > 6:
        raise Refused(_("A ladder has 1 to 6 steps."))
    days = _("Write the number of days, 0 to 90.")
    checked = {
        "at": f"{clock_time(raw.get('at', '09:00')):%H:%M}",
        "ladder": [_check_rung(one) for one in ladder],
        "channels": channels.check(raw.get("channels")),
        "give_up_days": whole(raw.get("give_up_days", 14), 1, 90, days),
    }
    role = raw.get("role")
    if role is None:
        return checked
    row = Role.get_or_none(Role.id == role)
    if row is None or row.base_id != duty.base_id:
        raise Refused(_("Choose a role of this base."))
    return {**checked, "role": row.id}


def _check_rung(raw: Any) -> dict[str, Any]:
    if not isinstance(raw, Mapping) or raw.get("to") not in RUNGS:
        raise Refused(_("Each step of the ladder says who is told: the ower, heads, coordinators."))
    days = _("Write the number of days, 0 to 90.")
    return {"after_days": whole(raw.get("after_days", 0), 0, 90, days), "to": raw["to"]}


def sentence(chase: Chase, context: Context) -> Text:
    """The chase in words."""
    lang = context.lang
    steps = _("; ").to(lang).join(_say_rung(rung).to(lang) for rung in ladder_of(chase))
    return _(
        "Every working day at {time} after the cut-off, {channels}: {steps}. "
        "It stops when the record is there, or after {days} days.",
        time=chase.definition.get("at", "09:00"),
        channels=channels.say(chase.definition.get("channels") or ["inbox"], context),
        steps=steps,
        days=chase.definition.get("give_up_days", 14),
    )


def _say_rung(rung: Mapping[str, Any]) -> Text:
    who = {
        "ower": _("whoever owes"),
        "head": _("their heads"),
        "coordinator": _("the coordinators"),
    }
    if rung.get("after_days"):
        return _("after {n} working days {who}", n=rung["after_days"], who=who[rung["to"]])
    return _("at once {who}", who=who[rung["to"]])
