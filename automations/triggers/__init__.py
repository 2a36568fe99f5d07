"""Triggers: what sets an automation off, one file each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from automations.occasions import Occasion, Scene
from automations.schedule import Due
from automations.turns import Turn
from tracker.conditions import Condition
from tracker.context import Context
from tracker.models import Automation
from tracker.permissions import Viewer
from tracker.registry import Registry
from tracker.text import Text

registry: Registry[Trigger] = Registry("automations.triggers")
Definition = Mapping[str, Any]


@dataclass(frozen=True)
class Span:
    """A stretch of time: after ``start``, up to and with ``end`` (naive UTC)."""

    start: datetime
    end: datetime


class Trigger:
    """The contract of a trigger. One that ``listens`` is asked about every change of its table."""

    key: str
    name: Text
    icon = "bolt"
    order = 100
    listens = False

    def check(self, raw: Definition, scene: Scene) -> dict[str, Any]:
        """The definition as it may be stored; raises `Refused`."""
        raise NotImplementedError

    def table_id(self, trigger: Definition) -> int | None:
        """The table whose records the condition and the actions are about."""
        return trigger.get("table")

    def needs_condition(self, trigger: Definition) -> bool:
        """Whether it makes no sense without a condition."""
        return False

    def sentence(self, trigger: Definition, scene: Scene, context: Context, test: str) -> Text:
        """The trigger in words: “When …”, “Every Friday …”; ``test`` is the condition, if any."""
        raise NotImplementedError

    def due(self, trigger: Definition, now: datetime) -> Due | None:
        """The last slot that is due by now, for triggers that follow the clock."""
        return None

    def fires(self, trigger: Definition, condition: Condition, turn: Turn, viewer: Viewer) -> bool:
        """Whether a change sets it off, for triggers that listen."""
        return False

    def occasions(
        self, automation: Automation, viewer: Viewer, key: str, now: datetime
    ) -> Iterator[Occasion]:
        """What the slot ``key`` comes to: one, or one for each record that is meant."""
        yield Occasion(automation, viewer, key, now)

    def past(self, automation: Automation, viewer: Viewer, span: Span) -> Iterator[Occasion]:
        """What would have set it off in ``span``, for a dry run."""
        return iter(())
