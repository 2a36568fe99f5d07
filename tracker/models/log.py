"""What happened: the change log, the event queue and the keys that make writes repeatable."""

from __future__ import annotations

import peewee as pw

from tracker import clock
from tracker.models.base import JSONField, Model


class Batch(Model):
    """Many changes made in one go (an import, a paste), undone in one go."""

    kind = pw.TextField()
    table_id = pw.IntegerField(index=True)
    person_id = pw.IntegerField(null=True)
    at = pw.DateTimeField(default=clock.now)
    info = JSONField(default=dict)
    undone_at = pw.DateTimeField(null=True)


class Change(Model):
    """One entry of the log: append-only, written with the change it tells of.

    ``values`` maps field id to ``[old, new]`` in stored form.
    """

    id = pw.BigAutoField()
    table_id = pw.IntegerField()
    record_id = pw.IntegerField()
    rev = pw.IntegerField()
    at = pw.DateTimeField(default=clock.now)
    person_id = pw.IntegerField(null=True)
    via = pw.TextField()
    kind = pw.TextField()  # create, update, delete, restore
    values = JSONField(default=dict)
    batch_id = pw.IntegerField(null=True, index=True)

    class Meta:
        indexes = ((("table_id", "record_id", "id"), False), (("table_id", "id"), False))


class Move(Model):
    """A record came into a stage: what an entry of the log says about a stage field, by itself.

    ``at`` is in seconds since 1970, ``column`` the generation of the field's storage (a move made
    before a change of type is none of the new type's). A move that was undone is ``void``.
    """

    id = pw.BigAutoField()
    field_id = pw.IntegerField()
    column = pw.IntegerField()
    record_id = pw.IntegerField()
    at = pw.BigIntegerField()
    old = pw.IntegerField(null=True)
    new = pw.IntegerField(null=True)
    void = pw.BooleanField(default=False)

    class Meta:
        indexes = ((("field_id", "column", "record_id", "id", "void", "new", "at"), False),)


class Event(Model):
    """A committed change waiting for automations; claimed, handled, then deleted."""

    id = pw.BigAutoField()
    kind = pw.TextField()
    table_id = pw.IntegerField()
    record_id = pw.IntegerField()
    change_id = pw.BigIntegerField(null=True)
    depth = pw.IntegerField(default=0)
    at = pw.DateTimeField(default=clock.now)
    claimed_by = pw.TextField(null=True)
    claimed_until = pw.DateTimeField(null=True, index=True)


class IdempotencyKey(Model):
    """The answer already given for a key; the same key again gets the same answer."""

    key = pw.TextField(unique=True)
    person_id = pw.IntegerField(null=True)
    digest = pw.TextField()
    answer = JSONField()
    at = pw.DateTimeField(default=clock.now, index=True)


class Recomputation(Model):
    """All values of a computed field are being worked out again, record by record up to ``after``.

    ``again``: something changed meanwhile, so it begins anew.
    """

    field_id = pw.IntegerField(unique=True)
    table_id = pw.IntegerField()
    after = pw.BigIntegerField(default=0)
    done = pw.IntegerField(default=0)
    again = pw.BooleanField(default=False)
    asked_at = pw.DateTimeField(default=clock.now)
