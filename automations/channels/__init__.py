"""Channels: the ways in which a message reaches a person, one file each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from automations.messages import Message
from automations.rendering import Artist
from tracker.context import Context
from tracker.errors import Refused
from tracker.models import Person
from tracker.registry import Registry
from tracker.settings import Settings
from tracker.text import Text, _

registry: Registry[Channel] = Registry("automations.channels")


@dataclass(frozen=True)
class Delivery:
    """One message to one person; the same ``key`` again is the same message. ``artist`` draws
    what goes with it.
    """

    key: str
    person: Person
    message: Message
    artist: Artist
    now: datetime

    @property
    def settings(self) -> Settings:
        return self.artist.settings


class Channel:
    """The contract of a channel."""

    key: str
    name: Text
    icon = "send"
    order = 100
    inside = False  # delivers into our own database: exactly once, in one transaction

    def deliver(self, delivery: Delivery) -> None:
        """Hand over the message. Raises `Withdrawn` (never) or `Failed` (later)."""
        raise NotImplementedError


def check(raw: Any) -> list[str]:
    """The channels chosen, the inbox where none are; raises `Refused`."""
    chosen = ["inbox"] if raw is None else raw
    if not isinstance(chosen, list) or not chosen:
        raise Refused(_("Choose how people are told."))
    for one in chosen:
        if not isinstance(one, str) or one not in registry:
            raise Refused(_("Choose how people are told."))
    return list(dict.fromkeys(chosen))


def say(chosen: list[str], context: Context) -> str:
    names = [registry.get(one).name.to(context.lang) for one in chosen]
    return _(", ").to(context.lang).join(names)
