"""Actions: what an automation does, one file each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from automations.messages import Message
from automations.occasions import Occasion, Planned, Scene
from tracker.context import Context
from tracker.permissions import Viewer
from tracker.registry import Registry
from tracker.text import Text

registry: Registry[Action] = Registry("automations.actions")
Definition = Mapping[str, Any]


class Action:
    """The contract of an action."""

    key: str
    name: Text
    icon = "bolt"
    order = 100
    drawn = False  # its messages are drawn by a browser, in a lane that holds up no other

    def check(self, raw: Definition, scene: Scene) -> dict[str, Any]:
        """The definition as it may be stored; raises `Refused`."""
        raise NotImplementedError

    def sentence(self, action: Definition, scene: Scene, context: Context) -> Text:
        """The action in words: “notify …”."""
        raise NotImplementedError

    def offers(self, scene: Scene) -> dict[str, Any]:
        """What the form of the action needs to know beyond the table."""
        return {}

    def plan(self, action: Definition, occasion: Occasion, number: int) -> list[Planned]:
        """The messages it would send, without doing anything; ``number`` is its place."""
        return []

    def act(self, action: Definition, occasion: Occasion, number: int) -> list[Planned]:
        """Do it, inside the caller's transaction; the messages to queue."""
        return self.plan(action, occasion, number)

    def compose(self, payload: Definition, recipient: Viewer, now: datetime) -> Message:
        """A queued message as the recipient may read it now; raises `Withdrawn`."""
        raise NotImplementedError
