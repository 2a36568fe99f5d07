"""What people say about records."""

from __future__ import annotations

import peewee as pw

from tracker import clock
from tracker.models.base import Model
from tracker.models.people import Person


class Comment(Model):
    """A remark on one record, by one person; who may read the record may read it."""

    id = pw.BigAutoField()
    table_id = pw.IntegerField()
    record_id = pw.IntegerField()
    author = pw.ForeignKeyField(Person, null=True, on_delete="SET NULL", backref="+")
    text = pw.TextField()
    created_at = pw.DateTimeField(default=clock.now)
    updated_at = pw.DateTimeField(null=True)
    deleted_at = pw.DateTimeField(null=True)

    class Meta:
        indexes = ((("table_id", "record_id", "id"), False),)
