"""Who uses an installation's data: any number of processes together, or one that replaces it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tracker.errors import Refused
from tracker.text import Text, _


def sharing(data_dir: Path) -> AbstractContextManager[None]:
    """Hold the data directory together with others, as servers, workers and commands do."""
    busy = _("A backup is being restored here. Wait until that is done.")
    return _lock(data_dir, alone=False, busy=busy)


def alone(data_dir: Path) -> AbstractContextManager[None]:
    """Hold the data directory alone; `Refused` while anybody else uses it."""
    busy = _("Rounds is running on this data. Stop the server and the workers first.")
    return _lock(data_dir, alone=True, busy=busy)


@contextmanager
def _lock(data_dir: Path, *, alone: bool, busy: Text) -> Iterator[None]:
    """The lock goes with the process, however that ends."""
    try:
        import fcntl
    except ImportError:  # Windows locks the open database file itself
        yield
        return
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "in-use.lock").open("a") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(busy) from None
        yield
