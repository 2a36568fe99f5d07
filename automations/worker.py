"""The worker: every few seconds it does what is due now. APScheduler ticks, and nothing more.

What a browser draws has a thread of its own, so that everything else goes on meanwhile.

Any number of workers may run, inside ``serve`` or as processes of their own: slots, claims and
unique keys decide who acts.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from types import FrameType
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from automations import calling, chasing, events, outbox, slots
from tracker import clock, db, files, indexes, limits, models, searchindex
from tracker.computed import backlog
from tracker.settings import Settings

TICK_SECONDS = 3
SWEEP = timedelta(hours=6)
MINUTE = timedelta(minutes=1)
log = logging.getLogger("rounds.worker")


class Worker:
    """One worker. `tick` does one round by hand; `start` and `stop` frame a ticking thread."""

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime] = clock.now) -> None:
        self.settings = settings
        self.now = clock
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self.stopping = threading.Event()
        self.swept_at: datetime | None = None
        self.indexed_at: datetime | None = None
        self.scheduler: BackgroundScheduler | None = None

    def tick(self) -> dict[str, int]:
        """Do everything that is due now; how much of what was done."""
        with db.connection():
            counts = {
                "runs": self._part("slots", lambda: slots.run_due(self.settings, now=self.now())),
                "digests": self._part("chases", lambda: chasing.run_due(now=self.now())),
                "computed": self._part("computed fields", self._computed),
                "events": self._part("events", self._events),
            }
            counts["calls"] = self._part("webhooks", self._calls)
            for state, count in (self._part("outbox", self._outbox) or {}).items():
                counts[state] = count
            self._part("indexes", self._indexes)
            self._part("search index", searchindex.catch_up)
            self._part("sweeping", self._sweep)
        return counts

    def draw(self) -> dict[str, int]:
        """Draw and send what is due of that, at most as much as one browser draws."""
        with db.connection():
            return outbox.deliver_due(
                self.settings,
                worker=f"{self.name}:drawing",
                state="drawing",
                now=self.now,
                stopping=self.stopping.is_set,
                most=limits.RENDERED_IN_A_ROW,
            )

    def start(self) -> None:
        """Tick and draw, each in a thread of its own, until `stop`."""
        threads = {"default": self.tick, "drawing": self.draw}
        executors = {name: ThreadPoolExecutor(1) for name in threads}
        self.scheduler = BackgroundScheduler(timezone=UTC, executors=executors, daemon=True)
        for name, work in threads.items():
            self.scheduler.add_job(
                partial(self._safely, work),
                "interval",
                seconds=TICK_SECONDS,
                executor=name,
                next_run_time=datetime.now(UTC),
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a long round is no news
        self.scheduler.start()
        log.info("worker %s ticks every %s seconds", self.name, TICK_SECONDS)

    def stop(self) -> None:
        """Finish the message or event in hand, give back what is being drawn, then end."""
        self.stopping.set()
        if self.scheduler is not None and self.scheduler.running:
            self.scheduler.shutdown(wait=True)
            log.info("worker %s has stopped", self.name)

    def run(self) -> None:
        """Tick until the process is told to end (SIGTERM or Ctrl-C)."""
        ending = threading.Event()

        def end(_signal: int, _frame: FrameType | None) -> None:
            ending.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        self.start()
        ending.wait()
        self.stop()

    # ── parts ────────────────────────────────────────────────────────────────

    def _part(self, name: str, work: Callable[[], Any]) -> Any:
        """One part of a round: what fails in it does not keep the others from their turn."""
        if self.stopping.is_set():
            return 0
        try:
            return work()
        except Exception:
            log.exception("the worker's %s failed; next try in the next round", name)
            return 0

    def _safely(self, work: Callable[[], Any]) -> None:
        try:
            work()
        except Exception:
            log.exception("the worker's round failed; next try in %s seconds", TICK_SECONDS)

    def _events(self) -> int:
        return events.drain(
            self.settings, worker=self.name, now=self.now, stopping=self.stopping.is_set
        )

    def _calls(self) -> int:
        return calling.call_due(
            self.settings, worker=self.name, now=self.now, stopping=self.stopping.is_set
        )

    def _computed(self) -> int:
        """Values that were too many to follow in the transaction of a change."""
        backlog.follow_time(self.now())
        return backlog.work(stopping=self.stopping.is_set)

    def _outbox(self) -> dict[str, int]:
        return outbox.deliver_due(
            self.settings, worker=self.name, now=self.now, stopping=self.stopping.is_set
        )

    def _indexes(self) -> None:
        """Once a minute, what a new view, duty or right calls for."""
        now = self.now()
        if self.indexed_at is None or now - self.indexed_at >= MINUTE:
            self.indexed_at = now
            indexes.make_missing()

    def _sweep(self) -> None:
        """Now and then: forget keys that nobody can send again, renew the planner's statistics."""
        now = self.now()
        if self.swept_at and now - self.swept_at < SWEEP:
            return
        self.swept_at = now
        slots.sweep(now)
        files.sweep(self.settings.data_dir / "files", now)
        oldest = now - timedelta(days=limits.IDEMPOTENCY_DAYS)
        key = models.IdempotencyKey
        with db.write():
            key.delete().where(key.at < oldest).execute()
        db.analyze()
