"""One run of an automation: as whom, within which budget, with what outcome in the ledger.

A run is one transaction of its caller: what it does, what it queues and what the ledger says
stand or fall together.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import peewee as pw

from automations import actions, inbox, outbox
from automations.messages import UNEXPECTED, Message, keep
from automations.occasions import Occasion
from tracker import db, holders, limits, permissions
from tracker.errors import Problem, Refused
from tracker.models import Automation, Person, Run
from tracker.permissions import Viewer
from tracker.settings import Settings
from tracker.text import Text, _, label

HOUR = timedelta(hours=1)
NOBODY = _("The person it runs as is missing or no longer active. Choose another.")
BUDGET = _("It ran more than {n} times within an hour.", n=limits.RUNS_PER_HOUR)
DEPTH = _("It was set off by automations that set each other off ({n} deep).", n=limits.EVENT_DEPTH)
LOST = (
    pw.OperationalError,
    pw.InterfaceError,
)  # the database itself: the caller's transaction ends
log = logging.getLogger("rounds.automations")


def acting(automation: Automation, settings: Settings) -> Viewer | None:
    """The viewer an automation runs as, None when there is nobody (any more)."""
    person = person_of(automation)
    if person is None:
        return None
    return permissions.viewer_for(person, lang=settings.lang, zone=settings.zone)


def person_of(automation: Automation) -> Person | None:
    """The active person an automation runs as."""
    person: Person | None = automation.run_as
    return person if person and person.active else None


def run(
    automation: Automation,
    occasions: Callable[[Viewer], Iterable[Occasion]],
    *,
    trigger: str,
    settings: Settings,
    now: datetime,
    record_id: int | None = None,
) -> Run:
    """Do the actions on every occasion; the entry of the ledger, failed with a reason if so."""
    ledger: Any = Run(
        automation=automation.id, trigger=trigger, record_id=record_id, started_at=now, ended_at=now
    )
    viewer = acting(automation, settings)
    if viewer is None:
        return _fail(ledger, automation, NOBODY, settings, pause=True)
    if _spent(automation, now):
        return _fail(ledger, automation, BUDGET, settings, pause=True)
    try:
        with db.write():
            ledger.summary = _act(automation, occasions(viewer), now)
    except LOST:
        raise
    except Problem as problem:
        return _fail(ledger, automation, problem.text, settings, pause=False)
    except Exception:
        log.exception("automation %s failed", automation.id)
        return _fail(ledger, automation, UNEXPECTED, settings, pause=False)
    ledger.state = "done" if ledger.summary["occasions"] else "nothing"
    ledger.save()
    return ledger


def _act(automation: Automation, occasions: Iterable[Occasion], now: datetime) -> dict[str, Any]:
    """Every action on every occasion; what it came to, for the ledger."""
    count, planned = 0, []
    for occasion in occasions:
        count += 1
        for number, action in enumerate(automation.definition.get("actions", [])):
            planned += actions.registry.get(action["kind"]).act(action, occasion, number)
        if len(planned) > limits.MESSAGES_PER_RUN:
            raise Refused(_("It would send more than {n} messages.", n=limits.MESSAGES_PER_RUN))
    queued = outbox.queue(planned, now=now)
    people = {one.person_id for one in planned}
    return {"occasions": count, "messages": queued, "people": len(people)}


def _spent(automation: Automation, now: datetime) -> bool:
    recent = (Run.automation == automation.id) & (Run.started_at > now - HOUR)
    return bool(Run.select().where(recent).count() >= limits.RUNS_PER_HOUR)


def _fail(
    ledger: Any, automation: Automation, reason: Text, settings: Settings, *, pause: bool
) -> Run:
    ledger.state, ledger.summary = "failed", {"why": keep(reason)}
    ledger.save()
    if pause:
        _pause(automation, reason, settings, ledger)
    return ledger


def refuse_depth(automation: Automation, *, trigger: str, settings: Settings, now: datetime) -> Run:
    """The run that is not: a chain of automations has become too long."""
    ledger = Run(automation=automation.id, trigger=trigger, started_at=now, ended_at=now)
    return _fail(ledger, automation, DEPTH, settings, pause=False)


def _pause(automation: Automation, reason: Text, settings: Settings, ledger: Run) -> None:
    """Switch it off and tell those who shape its base."""
    update = Automation.update(enabled=False, paused_why=keep(reason))
    if not update.where(Automation.id == automation.id, Automation.enabled).execute():
        return
    for person_id in holders.coordinators(automation.base_id):
        person = Person.get_by_id(person_id)
        lang = person.lang or settings.lang
        name = label(automation, lang)
        message = Message(
            _("The automation “{name}” was paused", name=name).to(lang),
            reason.to(lang),
            f"/configure/automations/{automation.id}",
        )
        inbox.tell(person_id, message, key=f"paused:{ledger.id}:{person_id}", now=ledger.started_at)
