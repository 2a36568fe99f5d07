"""What programs are told of changes: webhooks and the numbered payloads of each."""

from __future__ import annotations

import peewee as pw

from tracker import clock
from tracker.models.base import JSONField, Model
from tracker.models.people import Person
from tracker.models.schema import Base


class Webhook(Model):
    """One program's ear on a base, with the eyes of the person whose token made it.

    ``read_to`` is the last entry of the change log that was looked at, ``next_number`` the cursor
    of the next payload, ``told_to`` the cursor of which the address was last told.
    """

    base = pw.ForeignKeyField(Base, on_delete="CASCADE", backref="+")
    person = pw.ForeignKeyField(Person, on_delete="CASCADE", backref="+")
    url = pw.TextField(null=True)
    secret = pw.TextField()
    specification = JSONField()
    notify = pw.BooleanField(default=True)
    expires_at = pw.DateTimeField(index=True)
    created_at = pw.DateTimeField(default=clock.now)
    read_to = pw.BigIntegerField()
    next_number = pw.IntegerField(default=1)
    told_to = pw.IntegerField(default=1)
    attempts = pw.IntegerField(default=0)
    next_at = pw.DateTimeField(default=clock.now)
    last_result = JSONField(null=True)
    last_success_at = pw.DateTimeField(null=True)
    claimed_by = pw.TextField(null=True)
    claimed_until = pw.DateTimeField(null=True)


class WebhookPayload(Model):
    """One change that a webhook is told of. What of it may be read is decided when it is read."""

    id = pw.BigAutoField()
    webhook = pw.ForeignKeyField(Webhook, on_delete="CASCADE", backref="payloads")
    number = pw.IntegerField()
    change_id = pw.BigIntegerField()
    at = pw.DateTimeField(default=clock.now, index=True)

    class Meta:
        indexes = ((("webhook", "number"), True),)
