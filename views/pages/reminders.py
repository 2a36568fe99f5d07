"""From the matrix: one cell's state, excusing it, taking that back, reminding now."""

from __future__ import annotations

from typing import Any

from flask import g, request

from automations import reminding
from tracker import clock, duties, dutyperiods, owing
from tracker.errors import Missing, Refused
from tracker.models import Duty
from tracker.text import Text, _, label
from views import http
from views.collection import mark
from views.room import Room

room = Room("reminders")
ONE = "/duties/<int:duty_id>"


def asked(duty: Duty) -> tuple[owing.Ower, dutyperiods.Period]:
    """The ower and period of the request, for those who answer for them."""
    ower = reminding.reach(g.viewer, duty).get(number("ower") or 0)
    if ower is None:
        raise Missing
    return ower, dutyperiods.named(duty.definition, request.values.get("period", ""))


def number(name: str) -> int | None:
    text = request.values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def back() -> str:
    """The page that the button was on."""
    return http.local_path(request.form.get("back"))


@room.page(f"{ONE}/cell", loads="duty, owers below")
def cell(duty_id: int) -> Any:
    """The dialog of one cell that is not filed."""
    return dialog(duties.load(g.viewer, duty_id), "")


def dialog(duty: Duty, error: str) -> Any:
    ower, period = asked(duty)
    found = owing.status(duty, [period], owing={ower.id: ower})[ower.id][period.label]
    due = clock.to_local(period.due, g.viewer.context.zone)
    return http.page(
        "duty_cell.html",
        duty=duty,
        ower=ower,
        period=period,
        said=dutyperiods.say_label(period, duty.definition["every"]),
        due_day=due.date().isoformat(),
        due_time=f"{due:%H:%M}",
        cell=found,
        mark=mark(found),
        reason=request.values.get("reason", ""),
        error=error,
        back=http.local_path(request.values.get("back")),
        may_exempt=g.viewer.coordinates_base(duty.base_id),
    )


@room.page(f"{ONE}/exempt", post=True, loads="duty, coordinator")
def exempt(duty_id: int) -> Any:
    """Excuse one ower from one period; a reason is needed."""
    duty = duties.load(g.viewer, duty_id)
    ower, period = asked(duty)
    try:
        reason = request.form.get("reason", "")
        duties.exempt(g.viewer, duty, ower.id, period.label, reason=reason)
    except Refused as refused:
        response = dialog(duty, refused.to(g.lang))
        response.status_code = refused.status
        return response
    name = label(ower, g.lang)
    return http.go(
        back(), toast=_("{name} is excused from {period}.", name=name, period=period.label)
    )


@room.page(f"{ONE}/owe", post=True, loads="duty, coordinator")
def owe(duty_id: int) -> Any:
    """Take an excuse back."""
    duty = duties.load(g.viewer, duty_id)
    ower, period = asked(duty)
    duties.owe_again(g.viewer, duty, ower.id, period.label)
    name = label(ower, g.lang)
    return http.go(back(), toast=_("{name} owes {period} again.", name=name, period=period.label))


@room.page(f"{ONE}/remind", post=True, loads="duty, owers below")
def remind(duty_id: int) -> Any:
    """Tell whoever has not filed: one cell, or all the viewer answers for."""
    duty = duties.load(g.viewer, duty_id)
    period = request.form.get("period") or None
    found = reminding.remind(g.viewer, duty, ower=number("ower"), period=period)
    return http.go(back(), toast=outcome(found))


def outcome(found: reminding.Told) -> Text:
    if found.fresh and found.already:
        said = {"n": found.fresh, "m": found.already}
        return _("{n} people are reminded; {m} had heard of it today.", **said)
    if found.fresh:
        return _("{n} people are reminded.", n=found.fresh)
    if found.already:
        return _("All {n} of them have heard of it today.", n=found.already)
    return _("There is nobody to remind.")
