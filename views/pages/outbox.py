"""The outbox of a base: what waits, what was sent, what was not and why; to send again."""

from __future__ import annotations

from typing import Any

from flask import g, request
from peewee import fn

from automations import channels, outbox
from tracker.errors import Missing
from tracker.models import Automation, Duty, Outbox
from tracker.schema import Base
from tracker.text import Text, _, label
from views import http
from views.pages.configure import crumbs, load, parts
from views.room import Room

room = Room("outbox")
ALL = "/configure/<int:base_id>/outbox"
STATES: dict[str, tuple[str, Text]] = {
    "waiting": ("info", _("waiting")),
    "drawing": ("info", _("waiting to be drawn")),
    "sent": ("ok", _("sent")),
    "withdrawn": ("", _("withdrawn")),
    "dead": ("late", _("not delivered")),
}


@room.page(ALL, loads="coordinator")
def index(base_id: int) -> Any:
    """The last messages, by state."""
    base = load(base_id)
    state = request.args.get("state", "")
    rows = outbox.entries(
        g.viewer,
        base,
        state=state if state in STATES else None,
        before=request.args.get("before", type=int),
    )
    about = Subjects(base)
    return http.page(
        "outbox.html",
        base=base,
        rows=[
            {
                "row": one,
                "about": about.of(one),
                "way": channels.registry.get(one.channel).name
                if one.channel in channels.registry
                else one.channel,
                "state": STATES[one.state],
                "why": outbox.why(one),
            }
            for one in rows
        ],
        states=states(base, state),
        older=http.address(before=rows[-1].id) if len(rows) == outbox.PAGE else None,
        parts=parts(base, "outbox"),
        crumbs=crumbs(base, (_("Outbox").to(g.lang), "")),
    )


def states(base: Base, active: str) -> list[dict[str, Any]]:
    """The states as filters, each with its count."""
    rows = Outbox.select(Outbox.state, fn.COUNT(Outbox.id)).where(Outbox.base == base.id)
    counts: dict[str, int] = dict(rows.group_by(Outbox.state).tuples())
    path = f"/configure/{base.id}/outbox"
    found = [
        {
            "label": _("All"),
            "href": path,
            "count": sum(counts.values()),
            "active": active not in STATES,
        }
    ]
    return found + [
        {
            "label": word,
            "href": f"{path}?state={key}",
            "count": counts.get(key, 0),
            "active": key == active,
        }
        for key, (_cls, word) in STATES.items()
    ]


class Subjects:
    """What messages are about, in words: their automation or duty by name."""

    def __init__(self, base: Base) -> None:
        self.automations = {
            one.id: one for one in Automation.select().where(Automation.base == base.id)
        }
        self.duties = {one.id: one for one in Duty.select().where(Duty.base == base.id)}

    def of(self, row: Outbox) -> dict[str, Any]:
        payload = row.payload
        source = self.automations.get(payload.get("automation")) or self.duties.get(
            payload.get("duty")
        )
        named = label(source, g.lang) if source else ""
        if payload.get("action") == "chase":
            named = _("Chase, {n} items", n=len(payload.get("items", []))).to(g.lang)
        return {"name": named, "subject": payload.get("subject", "")}


@room.page(f"{ALL}/<int:row_id>/resend", post=True, loads="coordinator")
def resend(base_id: int, row_id: int) -> Any:
    """Once more from the first try; it is checked anew."""
    base = load(base_id)
    row = Outbox.get_or_none(Outbox.id == row_id, Outbox.base == base.id)
    if row is None:
        raise Missing
    outbox.resend(g.viewer, row.id)
    back = http.local_path(request.form.get("back"))
    home = f"/configure/{base.id}/outbox"
    return http.go(back if back.startswith(home) else home, toast=_("It is sent again."))
