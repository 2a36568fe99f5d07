"""Times of day and bounded whole numbers, as rules about days are written with."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from tracker.errors import Refused
from tracker.text import Text, _

_TIME = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")
_NUMBER = re.compile(r"^\d{1,9}$")


def clock_time(raw: Any) -> time:
    """``"17:00"`` as a time; `Refused` for anything else."""
    found = _TIME.match(str(raw))
    if not found:
        raise Refused(_("“{text}” is not a time of day. Write it like 17:00.", text=str(raw)[:20]))
    return time(int(found[1]), int(found[2]))


def whole(raw: Any, least: int, most: int, wrong: Text) -> int:
    """A whole number within bounds, also from text; else `Refused` with ``wrong``."""
    if isinstance(raw, bool) or not _NUMBER.match(str(raw)) or not least <= int(raw) <= most:
        raise Refused(wrong)
    return int(raw)
