"""Files that people attach to records: names and facts here, bytes on disk by content."""

from __future__ import annotations

import peewee as pw

from tracker import clock
from tracker.models.base import Model


class File(Model):
    """One uploaded file. Until a record takes it, it belongs to who uploaded it alone.

    ``digest`` is the SHA-256 of the content and its name on disk; ``width`` and ``height`` are
    given for pictures that can be shown.
    """

    id = pw.TextField(primary_key=True)
    digest = pw.TextField(index=True)
    name = pw.TextField()
    size = pw.BigIntegerField()
    type = pw.TextField()
    width = pw.IntegerField(null=True)
    height = pw.IntegerField(null=True)
    person_id = pw.IntegerField(null=True)
    at = pw.DateTimeField(default=clock.now)
    table_id = pw.IntegerField(null=True)
    field_id = pw.IntegerField(null=True)
    record_id = pw.IntegerField(null=True)

    class Meta:
        indexes = ((("table_id", "record_id"), False),)
