"""Webhooks' addresses are told that something is new: that, and not what.

A webhook's own row is its outbox: told_to falls behind the cursor until the address has answered.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson

from automations import claims, outbound, outbox
from automations.messages import Failed
from tracker import clock, db, limits, publicids, webhooks
from tracker.errors import Missing
from tracker.models import Webhook
from tracker.permissions import Viewer
from tracker.settings import Settings

BATCH = 20
log = logging.getLogger("rounds.webhooks")


def call_due(
    settings: Settings,
    *,
    worker: str,
    now: Callable[[], datetime] = clock.now,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Tell the addresses of webhooks that have news; how many were told."""
    ready = Webhook.notify & Webhook.url.is_null(False) & (Webhook.expires_at > now())
    ready &= (Webhook.next_at <= now()) & (Webhook.attempts < limits.WEBHOOK_TRIES)
    news = [one.id for one in Webhook.select().where(ready) if webhooks.has_news(one)]
    if not news:  # an idle round writes nothing
        return 0
    ready &= Webhook.id.in_(news)
    order = [Webhook.next_at, Webhook.id]
    told = 0
    for hook_id in claims.claim(Webhook, ready, order, worker=worker, now=now(), limit=BATCH):
        if not stopping():
            told += _call(hook_id, settings, worker, now())
    claims.release(Webhook, worker)
    return told


def _call(hook_id: int, settings: Settings, worker: str, now: datetime) -> bool:
    hook = Webhook.get_or_none(claims.held(Webhook, hook_id, worker))
    if hook is None:
        return False
    viewer = outbox.recipient_of(hook.person, settings)
    if not _has_news(hook, viewer):
        return False
    try:
        outbound.post(hook.url, *_message(hook, now), allowed=settings.outbound)
    except Failed as failed:
        _put(hook, worker, _failure(hook, str(failed.reason), now))
        return False
    _put(hook, worker, _success(hook, now))
    return True


def _has_news(hook: Webhook, viewer: Viewer) -> bool:
    """Somebody who is gone, or is no coordinator any more, has no address called."""
    if viewer.person_id is None or not viewer.coordinates_base(hook.base_id):
        return False
    try:
        return webhooks.collect(hook, viewer) > hook.told_to
    except Missing:  # the base lies in the bin
        return False


def _message(hook: Webhook, now: datetime) -> tuple[bytes, dict[str, str]]:
    """The body and its signature, as Airtable's clients check it."""
    body = orjson.dumps(
        {
            "base": {"id": publicids.base(hook.base_id)},
            "webhook": {"id": publicids.encode(publicids.WEBHOOK, hook.id)},
            "timestamp": now.isoformat() + ".000Z",
        }
    )
    said = hmac.new(base64.b64decode(hook.secret), body, hashlib.sha256).hexdigest()
    return body, {
        "Content-Type": "application/json",
        "X-Airtable-Content-MAC": f"hmac-sha256={said}",
    }


def _success(hook: Webhook, now: datetime) -> dict[str, Any]:
    said = {
        "success": True,
        "completionTimestamp": now.isoformat() + ".000Z",
        "durationMs": 0,
        "retryNumber": hook.attempts,
    }
    fresh = {"told_to": hook.next_number, "attempts": 0, "next_at": now}
    return {**fresh, "last_success_at": now, "last_result": said}


def _failure(hook: Webhook, why: str, now: datetime) -> dict[str, Any]:
    tries = hook.attempts + 1
    said = {
        "success": False,
        "error": {"message": why},
        "completionTimestamp": now.isoformat() + ".000Z",
        "durationMs": 0,
        "retryNumber": hook.attempts,
        "willBeRetried": tries < limits.WEBHOOK_TRIES,
    }
    later = now + timedelta(seconds=outbox.pause(tries))
    return {"attempts": tries, "next_at": later, "last_result": said}


def _put(hook: Webhook, worker: str, values: dict[str, Any]) -> None:
    with db.write():
        Webhook.update(**values).where(claims.held(Webhook, hook.id, worker)).execute()
