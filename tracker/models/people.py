"""People and the organisation tree they belong to."""

from __future__ import annotations

import peewee as pw

from tracker import clock
from tracker.models.base import JSONField, Model


class Department(Model):
    """A node of the organisation tree. ``path`` is ``/1/4/9/``: itself and all above it."""

    name = pw.TextField()
    names = JSONField(null=True)
    parent = pw.ForeignKeyField("self", null=True, backref="children")
    path = pw.TextField(default="/", index=True)
    ord = pw.IntegerField(default=0)
    deleted_at = pw.DateTimeField(null=True)


class Person(Model):
    """Somebody who can sign in. ``email_key`` is the folded address and unique."""

    email = pw.TextField()
    email_key = pw.TextField(unique=True)
    name = pw.TextField()
    initials = pw.TextField(default="")
    password_hash = pw.TextField(null=True)
    department = pw.ForeignKeyField(Department, null=True, backref="people")
    lang = pw.TextField(null=True)
    theme = pw.TextField(default="auto")
    is_admin = pw.BooleanField(default=False)
    active = pw.BooleanField(default=True)
    created_at = pw.DateTimeField(default=clock.now)


class Headship(Model):
    """``person`` heads ``department`` (and so everything below it)."""

    person = pw.ForeignKeyField(Person, on_delete="CASCADE", backref="headships")
    department = pw.ForeignKeyField(Department, on_delete="CASCADE", backref="headships")

    class Meta:
        indexes = ((("person", "department"), True),)


class Session(Model):
    """A signed-in browser; only the hash of its cookie is kept."""

    digest = pw.TextField(unique=True)
    person = pw.ForeignKeyField(Person, on_delete="CASCADE", backref="sessions")
    view_as = pw.ForeignKeyField(Person, null=True, on_delete="CASCADE", backref="+")
    created_at = pw.DateTimeField(default=clock.now)
    seen_at = pw.DateTimeField(default=clock.now)
    address = pw.TextField(default="")
    agent = pw.TextField(default="")


class Token(Model):
    """A person's key for programs; only its hash is kept."""

    digest = pw.TextField(unique=True)
    person = pw.ForeignKeyField(Person, on_delete="CASCADE", backref="tokens")
    name = pw.TextField()
    created_at = pw.DateTimeField(default=clock.now)
    used_at = pw.DateTimeField(null=True)
    revoked_at = pw.DateTimeField(null=True)


class Invitation(Model):
    """A way in for one person, once: with it they choose a password. Only its hash is kept."""

    digest = pw.TextField(unique=True)
    person = pw.ForeignKeyField(Person, on_delete="CASCADE", backref="invitations")
    by = pw.ForeignKeyField(Person, null=True, on_delete="SET NULL", backref="+")
    created_at = pw.DateTimeField(default=clock.now)
    until = pw.DateTimeField()
    used_at = pw.DateTimeField(null=True)


class Attempt(Model):
    """One counted try against a rate limit (sign-in by account or address, submissions …)."""

    bucket = pw.TextField()
    at = pw.DateTimeField(default=clock.now)

    class Meta:
        indexes = ((("bucket", "at"), False),)
