"""A worker in a process of its own, for tests: ``python -m tests.automations.process URL …``.

It ticks until there is nothing left to do and prints what it did. ``DIE_AT=part:n`` kills it,
as kill -9 would, before the n-th call of a part.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import time_machine

from automations import events, execution, outbound, outbox, slots
from automations.worker import Worker
from tracker import db, settings

PARTS: dict[str, tuple[Any, str]] = {
    "event": (events, "_offer"),
    "queue": (outbox, "_queue"),
    "act": (execution, "_act"),
    "take": (slots, "take"),
    "send": (outbound, "send_mail"),
    "mark": (outbox, "_put"),
    "hold": (outbox, "_hold"),
}


def arm(part: str, count: int) -> None:
    """Let this process die at the ``count``-th call of a part."""
    module, name = PARTS[part]
    real: Callable[..., Any] = getattr(module, name)
    left = [count]

    def fatal(*args: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **more)

    setattr(module, name, fatal)


def main(url: str, now: str) -> None:
    if os.environ.get("DIE_AT"):
        part, _colon, call = os.environ["DIE_AT"].partition(":")
        arm(part, int(call))
    database = db.open_database(url)
    with time_machine.travel(datetime.fromisoformat(now), tick=False):
        worker = Worker(settings.load())
        total: dict[str, int] = {}
        idle = 0
        while idle < 3:
            counts = worker.tick()
            idle = idle + 1 if not any(counts.values()) else 0
            for state, count in counts.items():
                total[state] = total.get(state, 0) + count
        print(json.dumps(total))
    if hasattr(database, "close_all"):
        database.close_all()


if __name__ == "__main__":
    main(*sys.argv[1:])
