"""Webhooks over HTTP: one's own ears on a base, and what they heard."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import g, request

from tracker import clock, limits, publicids, webhooks
from tracker.models import Webhook
from views.api import faults, gate, loading, payloads
from views.api.cells import moment
from views.api.gate import ApiRoom

room = ApiRoom("api_webhooks")
HOOKS = "/api/v0/bases/<app:base>/webhooks"
HOOK = f"{HOOKS}/<webhook>"
URL_LENGTH = 2_000


@room.call("GET", HOOKS, loads="base")
def list_webhooks(base: str) -> Any:
    found = loading.base(g.viewer, base)
    return {"webhooks": [_told(one) for one in webhooks.of(g.viewer, found)]}


def _told(one: Webhook) -> dict[str, Any]:
    alive = one.expires_at > clock.now()
    if alive:
        webhooks.collect(one, g.viewer)
    success = one.last_success_at
    return {
        "id": publicids.encode(publicids.WEBHOOK, one.id),
        "specification": one.specification["asked"],
        "notificationUrl": one.url,
        "cursorForNextPayload": one.next_number,
        "areNotificationsEnabled": one.notify,
        "isHookEnabled": alive,
        "expirationTime": moment(one.expires_at),
        "lastSuccessfulNotificationTime": moment(success) if success else None,
        "lastNotificationResult": one.last_result,
    }


@room.call("POST", HOOKS, loads="base")
def create_webhook(base: str) -> Any:
    found = loading.base(g.viewer, base)
    content = gate.fields_of_body()
    asked = content.get("specification")
    made = webhooks.create(
        g.viewer,
        found,
        url=_url(content.get("notificationUrl")),
        specification=asked if isinstance(asked, dict) else {},
        wanted=payloads.wanted(g.viewer, found, asked),
    )
    return {
        "id": publicids.encode(publicids.WEBHOOK, made.id),
        "macSecretBase64": made.secret,
        "expirationTime": moment(made.expires_at),
    }


def _url(given: Any) -> str | None:
    if given is None:
        return None
    try:
        parts = urlsplit(given) if isinstance(given, str) and len(given) <= URL_LENGTH else None
        fine = parts is not None and parts.scheme in {"http", "https"} and bool(parts.hostname)
        fine = fine and given.isascii() and given.isprintable() and " " not in given
        fine = fine and (parts is None or parts.port != 0)  # asking for a wrong port raises
    except ValueError:
        fine = False
    if not fine:
        raise faults.bad_request("notificationUrl must be an http or https address")
    return str(given)


@room.call("DELETE", HOOK, loads="own webhook")
def delete_webhook(base: str, webhook: str) -> Any:
    webhooks.remove(_load(base, webhook))
    return {}


@room.call("POST", f"{HOOK}/enableNotifications", loads="own webhook")
def enable_notifications(base: str, webhook: str) -> Any:
    found = _load(base, webhook)
    enable = gate.fields_of_body().get("enable")
    if not isinstance(enable, bool):
        raise faults.bad_request()
    webhooks.enable(found, enable)
    return {}


@room.call("POST", f"{HOOK}/refresh", loads="own webhook")
def refresh_webhook(base: str, webhook: str) -> Any:
    return {"expirationTime": moment(webhooks.refresh(_load(base, webhook)))}


@room.call("GET", f"{HOOK}/payloads", loads="own webhook")
def list_payloads(base: str, webhook: str) -> Any:
    found = _load(base, webhook)
    cursor = _number("cursor", 1, 1_000_000_000)
    limit = _number("limit", limits.WEBHOOK_PAYLOADS, limits.WEBHOOK_PAYLOADS)
    told, following, more = webhooks.payloads(found, g.viewer, cursor=cursor, limit=limit)
    return {
        "payloads": payloads.told(g.viewer, told, found.specification["asked"]),
        "cursor": following,
        "mightHaveMore": more,
        "payloadFormat": "v0",
    }


def _number(name: str, usual: int, most: int) -> int:
    text = request.args.get(name)
    if text is None:
        return usual
    if not (text.isdecimal() and len(text) < 11 and 1 <= int(text) <= most):
        raise faults.bad_request()
    return int(text)


def _load(base: str, ref: str) -> Webhook:
    found = loading.base(g.viewer, base)
    number = publicids.decode(publicids.WEBHOOK, ref)
    return webhooks.load(g.viewer, found, number)
