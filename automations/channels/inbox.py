"""The bell: a line in the person's inbox."""

from __future__ import annotations

from automations import inbox
from automations.channels import Channel, Delivery, registry
from tracker.text import _


@registry.register
class Inbox(Channel):
    key = "inbox"
    name = _("in Rounds")
    icon = "bell"
    order = 1
    inside = True

    def deliver(self, delivery: Delivery) -> None:
        inbox.tell(delivery.person.id, delivery.message, key=delivery.key, now=delivery.now)
