"""Time and CPU of a call: ours, and that of the database where it is another process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil

from tracker import db

REPEATS = 15
LONGEST = 20.0  # seconds an operation may be repeated for


@dataclass(frozen=True)
class Figures:
    """Medians of the runs, in milliseconds."""

    wall: float
    cpu: float
    runs: int


class Meter:
    """Measures calls on the connection that is open."""

    def __init__(self) -> None:
        self.server = None
        if not db.is_sqlite():
            self.server = psutil.Process(int(db.query("SELECT pg_backend_pid()")[0][0]))

    def cpu(self) -> float:
        """Seconds of CPU: this process, and the database's that serves its connection."""
        theirs = sum(self.server.cpu_times()[:2]) if self.server else 0.0
        return time.process_time() + theirs

    def measure(self, work: Callable[[], Any], *, repeats: int = REPEATS) -> Figures:
        """``work`` once to warm up, then ``repeats`` times or for `LONGEST`.

        The database counts its CPU in hundredths of a second, so CPU is the mean of all runs.
        """
        work()
        walls, began, used = [], time.perf_counter(), self.cpu()
        for _number in range(repeats):
            start = time.perf_counter()
            work()
            walls.append(time.perf_counter() - start)
            if time.perf_counter() - began > LONGEST:
                break
        cpu = (self.cpu() - used) / len(walls)
        return Figures(statistics.median(walls) * 1000, cpu * 1000, len(walls))
