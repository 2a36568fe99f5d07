"""What triggers and actions work on: the scene of a definition, the occasion of a run, and what
is planned to be told on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracker import schema
from tracker.conditions import Condition
from tracker.models import Automation
from tracker.permissions import Viewer


def condition_of(automation: Automation) -> Condition:
    """The condition of an automation; without one it always holds."""
    condition = automation.definition.get("condition")
    return True if condition is None else condition


@dataclass(frozen=True)
class Scene:
    """Where a definition is written: by whom, in which base, about which table's records."""

    viewer: Viewer
    base: schema.Base
    table: schema.Table | None = None


@dataclass(frozen=True)
class Occasion:
    """One firing. ``viewer`` is whom the automation runs as, ``values`` what they see.

    ``key`` names the firing once and for all: what is queued twice for it is queued once.
    """

    automation: Automation
    viewer: Viewer
    key: str
    now: datetime
    table: schema.Table | None = None
    record_id: int | None = None
    values: Mapping[int, Any] | None = None
    depth: int = 0


@dataclass(frozen=True)
class Planned:
    """A message that is to be queued; the same ``key`` again queues nothing."""

    key: str
    channel: str
    person_id: int
    payload: dict[str, Any]
    base_id: int
