"""Waiting until what was written may be told in its order."""

from __future__ import annotations

import time

from tracker import db


def settled(seconds: float = 60) -> None:
    """Wait until all transactions that have begun so far are over.

    PostgreSQL counts those of all databases of a server, so other tests keep webhooks waiting.
    """
    if db.is_sqlite():
        return
    last = db.query("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")[0][0]
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        first = db.query("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")[0][0]
        if first >= last:
            return
        time.sleep(0.02)
    raise AssertionError(f"a transaction has been open for {seconds} seconds")
