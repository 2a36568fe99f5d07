"""The event queue: committed changes, claimed, offered to the automations that listen, deleted.

An event is deleted in the transaction of its effects: a worker that dies in between loses
nothing and doubles nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from automations import claims, execution, triggers
from automations.occasions import Occasion, condition_of
from automations.turns import Turn, turns
from tracker import clock, db, limits, schema
from tracker.errors import Missing, Problem
from tracker.models import Automation, Event
from tracker.permissions import Viewer
from tracker.settings import Settings

BATCH = 50
log = logging.getLogger("rounds.automations")


def drain(
    settings: Settings,
    *,
    worker: str,
    now: Callable[[], datetime] = clock.now,
    stopping: Callable[[], bool] = lambda: False,
    most: int = 1000,
) -> int:
    """Handle waiting events, at most ``most``; how many."""
    done = 0
    while done < most and not stopping():
        listening = _listening()
        _forget_unheard(set(listening))
        ids = claims.claim(
            Event, Event.id.is_null(False), [Event.id], worker=worker, now=now(), limit=BATCH
        )
        if not ids:
            break
        for event_id in ids:
            if not stopping():
                done += _handle(event_id, listening, settings, worker, now())
    if stopping():
        claims.release(Event, worker)
    return done


def _listening() -> dict[int, list[Automation]]:
    """Table id → the enabled automations that want to know of its changes."""
    live = Automation.enabled & Automation.deleted_at.is_null()
    found: dict[int, list[Automation]] = {}
    for automation in Automation.select().where(live).order_by(Automation.id):
        trigger = automation.definition.get("trigger") or {}
        key = trigger.get("kind", "")
        if key in triggers.registry and triggers.registry.get(key).listens:
            found.setdefault(trigger["table"], []).append(automation)
    return found


def _forget_unheard(tables: set[int]) -> None:
    """Events of tables that no automation listens to go at once."""
    unheard = Event.claimed_until.is_null() & Event.table_id.not_in(sorted(tables) or [0])
    if Event.select().where(unheard).exists():
        with db.write():
            Event.delete().where(unheard).execute()


def _handle(
    event_id: int,
    listening: dict[int, list[Automation]],
    settings: Settings,
    worker: str,
    now: datetime,
) -> int:
    """Everything one event sets off, and its end, in one transaction."""
    with db.write():
        event = Event.get_or_none(claims.held(Event, event_id, worker))
        if (
            event is None
            or not Event.delete().where(claims.held(Event, event_id, worker)).execute()
        ):
            return 0
        for automation in listening.get(event.table_id, []):
            if event.at >= automation.active_since:
                _offer(event, automation, settings, now)
    return 1


def _offer(event: Event, automation: Automation, settings: Settings, now: datetime) -> None:
    """Run the automation if the event sets it off, as the person it runs as sees the record."""
    trigger = automation.definition["trigger"]
    name = f"{trigger['kind']}:{trigger['when']}"
    viewer, broken = execution.acting(automation, settings), None
    try:
        turn = _turn(event, viewer, automation) if viewer else None
        if viewer and turn is None:
            return
    except Problem as problem:  # a field or the table is gone, or closed to that person
        turn, broken = None, problem
    if not _is_on(automation):
        return
    if event.depth >= limits.EVENT_DEPTH:
        execution.refuse_depth(automation, trigger=name, settings=settings, now=now)
        return

    def occasions(viewer: Viewer) -> list[Occasion]:
        if broken or turn is None:
            raise broken or Missing
        return [_occasion(event, viewer, automation, turn, now)]

    execution.run(
        automation,
        occasions,
        trigger=name,
        settings=settings,
        now=now,
        record_id=event.record_id,
    )


def _is_on(automation: Automation) -> bool:
    """Whether it is enabled still: an event before this one may have paused it."""
    live = (Automation.id == automation.id) & Automation.enabled
    return bool(Automation.select().where(live).exists())


def _turn(event: Event, viewer: Viewer, automation: Automation) -> Turn | None:
    """The turn of the event's change, if it fires."""
    table = schema.current().table(event.table_id)
    since = event.change_id or 0
    found = [
        turn
        for turn in turns(viewer, table, [event.record_id], since=since)
        if turn.change_id == event.change_id
    ]
    trigger = automation.definition["trigger"]
    kind = triggers.registry.get(trigger["kind"])
    fires = found and kind.fires(trigger, condition_of(automation), found[0], viewer)
    return found[0] if fires else None


def _occasion(
    event: Event, viewer: Viewer, automation: Automation, turn: Turn, now: datetime
) -> Occasion:
    return Occasion(
        automation,
        viewer,
        f"change:{event.change_id}",
        now,
        table=schema.current().table(event.table_id),
        record_id=event.record_id,
        values=turn.after,
        depth=event.depth + 1,
    )
