"""How many statements a block of code sends to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from tracker import db, schema


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements executed in the block, in order; with no answer kept from before, as whether
    one is depends on how long it took.
    """
    schema.current().derived.pop("answers", None)
    sent: list[str] = []
    real = db.proxy.obj._execute_cursor

    def counted(sql, *args, **kwargs):
        sent.append(sql)
        return real(sql, *args, **kwargs)

    with mock.patch.object(db.proxy.obj, "_execute_cursor", counted):
        yield sent
