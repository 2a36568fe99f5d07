"""Due slots of scheduled automations: whoever inserts the key acts, everybody else does not.

A slot that was missed while nothing ran is caught up once: only the latest counts.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from automations import execution, triggers
from automations.schedule import Due
from tracker import db
from tracker.models import Automation, Slot
from tracker.settings import Settings

KEPT = timedelta(days=100)  # longer than any rule's slots lie apart
log = logging.getLogger("rounds.automations")


def take(key: str, due_at: datetime, now: datetime) -> bool:
    """Whether this slot is ours, inside the transaction that acts on it."""
    row = {Slot.key: key, Slot.due_at: due_at, Slot.taken_at: now}
    return bool(Slot.insert(row).on_conflict_ignore().as_rowcount().execute())


def taken(keys: list[str]) -> set[str]:
    """Those of ``keys`` that somebody has taken."""
    found: set[str] = set()
    for start in range(0, len(keys), 500):
        rows = Slot.select(Slot.key).where(Slot.key.in_(keys[start : start + 500]))
        found |= {row.key for row in rows}
    return found


def run_due(settings: Settings, *, now: datetime) -> int:
    """Run every scheduled automation whose latest slot nobody has taken; how many ran."""
    waiting = [(one, due) for one in _enabled() if (due := _due(one, now))]
    known = taken([_key(one, due) for one, due in waiting])
    return sum(_run(one, due, settings, now) for one, due in waiting if _key(one, due) not in known)


def _enabled() -> list[Automation]:
    live = Automation.enabled & Automation.deleted_at.is_null()
    return list(Automation.select().where(live).order_by(Automation.id))


def _due(automation: Automation, now: datetime) -> Due | None:
    """The latest slot, unless it lies before the automation was switched on."""
    trigger = automation.definition.get("trigger") or {}
    try:
        due = triggers.registry.get(trigger["kind"]).due(trigger, now)
    except Exception:  # a definition nobody can read must not hold up the others
        log.exception("automation %s has no readable trigger", automation.id)
        return None
    return due if due and due.utc > automation.active_since else None


def _key(automation: Automation, due: Due) -> str:
    return f"automation:{automation.id}:{due.local.isoformat(timespec='minutes')}"


def _run(automation: Automation, due: Due, settings: Settings, now: datetime) -> int:
    trigger = automation.definition["trigger"]
    kind = triggers.registry.get(trigger["kind"])
    local = due.local.isoformat(timespec="minutes")
    with db.write():
        if not take(_key(automation, due), due.utc, now):
            return 0
        execution.run(
            automation,
            lambda viewer: kind.occasions(automation, viewer, local, now),
            trigger=f"schedule:{local}",
            settings=settings,
            now=now,
        )
    return 1


def sweep(now: datetime) -> None:
    """Forget slots that no rule can ask for again."""
    with db.write():
        Slot.delete().where(Slot.taken_at < now - KEPT).execute()
