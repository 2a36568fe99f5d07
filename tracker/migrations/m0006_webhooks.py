"""Webhooks and their payloads."""

from __future__ import annotations

from tracker import db
from tracker.models import Webhook, WebhookPayload


def apply() -> None:
    db.proxy.create_tables([Webhook, WebhookPayload])
