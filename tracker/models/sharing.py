"""Doors into single views: links without an account, and one-time passes of our own browser."""

from __future__ import annotations

import peewee as pw

from tracker import clock
from tracker.models.base import JSONField, Model
from tracker.models.people import Person
from tracker.models.schema import View


class SharedLink(Model):
    """A read-only way to one view for whoever has the link; only its hash is kept.

    ``scope`` is what was shared: ``{"params": address parameters, "download": whether what it shows
    may be taken along}``. Rows and fields are those that ``person`` may see whenever it is opened.
    """

    digest = pw.TextField(unique=True)
    view = pw.ForeignKeyField(View, on_delete="CASCADE", backref="+")
    person = pw.ForeignKeyField(Person, on_delete="CASCADE", backref="+")
    name = pw.TextField(default="")
    password_hash = pw.TextField(null=True)
    scope = JSONField(default=dict)
    until = pw.DateField(null=True)
    created_at = pw.DateTimeField(default=clock.now)
    revoked_at = pw.DateTimeField(null=True)
    opened = pw.IntegerField(default=0)
    opened_at = pw.DateTimeField(null=True)


class RenderPass(Model):
    """Lets our own browser see one view as one person, once, for a minute; only hashes are kept."""

    digest = pw.TextField(unique=True)
    person = pw.ForeignKeyField(Person, on_delete="CASCADE", backref="+")
    view = pw.ForeignKeyField(View, on_delete="CASCADE", backref="+")
    address = pw.TextField(default="")
    until = pw.DateTimeField()
    used_at = pw.DateTimeField(null=True)
