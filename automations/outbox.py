"""The outbox: messages queued with what caused them, composed and checked when they are sent.

A row is claimed under a lease, so that several workers share the work; what fails is tried again
with growing pauses, then lies there as dead until somebody sends it again. What has to be drawn
first waits in a lane of its own: its state is ``drawing`` instead of ``waiting``.
"""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from automations import actions, channels, claims, deadletters
from automations.channels import Delivery
from automations.chromium import Stopped
from automations.messages import UNEXPECTED, Failed, Message, Withdrawn, keep, kept
from automations.occasions import Planned
from automations.rendering import Artist
from tracker import clock, db, limits, permissions, schema
from tracker.errors import Forbidden, Missing, Problem
from tracker.models import Outbox, Person
from tracker.permissions import Viewer
from tracker.settings import Settings
from tracker.text import Text, _

BATCH = 10  # claimed at once
PAGE = 100  # messages shown at once
FIRST_PAUSE = 60  # seconds; four times as long after each further try
LONGEST_PAUSE = 24 * 3600
log = logging.getLogger("rounds.outbox")
_random = secrets.SystemRandom()


# ── queueing ─────────────────────────────────────────────────────────────────


def queue(planned: Iterable[Planned], *, now: datetime) -> int:
    """Rows in the caller's transaction; the number that are new.

    In the order of their keys, so that two workers who queue the same wait for each other
    instead of locking each other out.
    """
    return sum(_queue(one, now) for one in sorted(planned, key=lambda one: one.key))


def _queue(one: Planned, now: datetime) -> int:
    row = {
        Outbox.key: one.key,
        Outbox.channel: one.channel,
        Outbox.person: one.person_id,
        Outbox.payload: one.payload,
        Outbox.state: lane(one.payload),
        Outbox.base: one.base_id,
        Outbox.next_at: now,
        Outbox.created_at: now,
    }
    return int(Outbox.insert(row).on_conflict_ignore().as_rowcount().execute())


# ── delivering ───────────────────────────────────────────────────────────────


def lane(payload: Mapping[str, Any]) -> str:
    """The state in which a message waits for its turn."""
    kind = payload.get("action", "")
    return "drawing" if kind in actions.registry and actions.registry.get(kind).drawn else "waiting"


def deliver_due(
    settings: Settings,
    *,
    worker: str,
    state: str = "waiting",
    now: Callable[[], datetime] = clock.now,
    stopping: Callable[[], bool] = lambda: False,
    most: int = 200,
) -> Counter[str]:
    """Send what is due in the lane, at most ``most`` of it; how many ended in which state.

    Two lanes of one process have each a ``worker`` of their own. Drawings are claimed one by one,
    so that several workers share them.
    """
    counts: Counter[str] = Counter()
    batch = BATCH if state == "waiting" else 1
    with Artist(settings, stopping=stopping) as artist:
        while counts.total() < most and not stopping():
            ready = (Outbox.state == state) & (Outbox.next_at <= now())
            order = [Outbox.next_at, Outbox.id]
            ids = claims.claim(Outbox, ready, order, worker=worker, now=now(), limit=batch)
            if not ids:
                break
            for row_id in ids:
                if not stopping():
                    came_to = _deliver(row_id, artist, worker, state=state, now=now())
                    counts[came_to] += 1
                    if came_to == "dead":
                        deadletters.tell(Outbox.get_by_id(row_id), settings, now())
    if stopping():
        claims.release(Outbox, worker)
    return counts


def _deliver(row_id: int, artist: Artist, worker: str, *, state: str, now: datetime) -> str:
    """One message; the state it came to, ``"lost"`` where another worker took it over."""
    row = _hold(row_id, worker, state, now)
    if row is None:
        return "lost"
    if lane(row.payload) != state:
        return _put(row, worker, state=lane(row.payload), attempts=row.attempts - 1)
    if row.attempts > limits.OUTBOX_TRIES:  # each try ended with the worker itself
        return _put(row, worker, state="dead", error=keep(UNEXPECTED))
    try:
        return _send(row, artist, worker, now)
    except Stopped:
        return _put(row, worker, state=state, attempts=row.attempts - 1)
    except Withdrawn as withdrawn:
        return _put(row, worker, state="withdrawn", error=keep(withdrawn.reason))
    except (Failed, Problem) as failed:
        reason = failed.text if isinstance(failed, Problem) else failed.reason
    except Exception:
        log.exception("message %s failed", row.key)
        reason = UNEXPECTED
    return _later(row, worker, reason, now)


def _hold(row_id: int, worker: str, state: str, now: datetime) -> Outbox | None:
    """The row with its lease renewed and the try counted, if it is still this worker's."""
    mine = claims.held(Outbox, row_id, worker) & (Outbox.state == state)
    with db.write():
        lease = {"claimed_until": now + claims.LEASE, "attempts": Outbox.attempts + 1}
        if not Outbox.update(**lease).where(mine).execute():
            return None
        return Outbox.get_by_id(row_id)


def _send(row: Outbox, artist: Artist, worker: str, now: datetime) -> str:
    """Compose, deliver and mark; all in one transaction where the channel is inside."""
    channel = channels.registry.get(row.channel)
    if not channel.inside:
        channel.deliver(_delivery(row, artist, now))
        return _put(row, worker, state="sent", error=None, sent_at=now)
    with db.write():
        channel.deliver(_delivery(row, artist, now))
        return _put(row, worker, state="sent", error=None, sent_at=now)


def _delivery(row: Outbox, artist: Artist, now: datetime) -> Delivery:
    return Delivery(row.key, row.person, compose(row, artist.settings, now), artist, now)


def compose(row: Outbox, settings: Settings, now: datetime) -> Message:
    """The message as its recipient may read it at this moment; raises `Withdrawn`."""
    person = row.person
    if person is None or not person.active:
        raise Withdrawn(_("This person is no longer active."))
    recipient = recipient_of(person, settings)
    action = actions.registry.get(row.payload["action"])
    return action.compose(row.payload, recipient, now)


def recipient_of(person: Person, settings: Settings) -> Viewer:
    """The person as a reader of messages, in their own language."""
    return permissions.viewer_for(person, lang=person.lang or settings.lang, zone=settings.zone)


def _put(row: Outbox, worker: str, *, state: str, **values: Any) -> str:
    """End the claim with a new state, unless the row is no longer this worker's."""
    free = {"claimed_by": None, "claimed_until": None}
    with db.write():
        change = Outbox.update(state=state, **free, **values)
        return state if change.where(claims.held(Outbox, row.id, worker)).execute() else "lost"


def _later(row: Outbox, worker: str, reason: Text, now: datetime) -> str:
    if row.attempts >= limits.OUTBOX_TRIES:
        return _put(row, worker, state="dead", error=keep(reason))
    next_at = now + timedelta(seconds=pause(row.attempts))
    return _put(row, worker, state=row.state, error=keep(reason), next_at=next_at)


def pause(attempts: int) -> int:
    """Seconds until the next try after ``attempts`` tries; a fifth either way, by chance."""
    usual = min(FIRST_PAUSE * 4 ** (attempts - 1), LONGEST_PAUSE)
    return round(usual * _random.uniform(0.8, 1.2))


# ── for the people in charge ─────────────────────────────────────────────────


def entries(
    viewer: Viewer,
    base: schema.Base,
    *,
    state: str | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Outbox]:
    """The messages of a base, newest first, for its coordinators; `why` says what went wrong.

    ``before`` is the id of the last one already shown.
    """
    permissions.need_coordinator(viewer, base.id)
    rows = Outbox.select().where(Outbox.base == base.id)
    if state:
        rows = rows.where(Outbox.state == state)
    if before:
        rows = rows.where(Outbox.id < before)
    return list(rows.order_by(Outbox.id.desc()).limit(min(limit, limits.PAGE_ROWS)))


def why(row: Outbox) -> Text | None:
    """Why a message was not sent, or not yet."""
    return kept(row.error)


def resend(viewer: Viewer, row_id: int) -> None:
    """Try a dead or withdrawn message again, from the first try; it is checked anew."""
    row = Outbox.get_or_none(Outbox.id == row_id)
    if row is None or row.base_id is None:
        raise Missing
    permissions.need_coordinator(viewer, row.base_id)
    again = {"attempts": 0, "next_at": clock.now(), "error": None}
    with db.write():
        ended = (Outbox.id == row_id) & Outbox.state.in_(["dead", "withdrawn"])
        if not Outbox.update(state=lane(row.payload), **again).where(ended).execute():
            raise Forbidden(_("Only messages that were not sent can be sent again."))
