"""A message that can never be sent is told to those who can do something about it."""

from __future__ import annotations

from datetime import datetime

from automations import inbox
from automations.messages import Message
from tracker import models
from tracker.models import Outbox, Person
from tracker.settings import Settings
from tracker.text import _


def tell(row: Outbox, settings: Settings, now: datetime) -> int:
    """One line a day in the inbox of each coordinator of the base; how many were told."""
    return sum(_tell(person, row, settings, now) for person in _in_charge(row.base_id))


def _tell(person: Person, row: Outbox, settings: Settings, now: datetime) -> bool:
    lang = person.lang or settings.lang
    subject = _("Messages could not be sent.").to(lang)
    body = _("Look in the outbox for what went wrong, and send them again.").to(lang)
    link = f"/configure/{row.base_id}/outbox?state=dead" if row.base_id else ""
    message = Message(subject=subject, body=body, link=link)
    return inbox.tell(person.id, message, key=f"dead:{row.base_id}:{now:%F}:{person.id}", now=now)


def _in_charge(base_id: int | None) -> list[Person]:
    """The base's coordinators; the administrators where it has none."""
    roles = models.Role.select(models.Role.id).where(
        models.Role.base == base_id, models.Role.coordinator
    )
    held = models.RoleMember.select(models.RoleMember.person).where(
        models.RoleMember.role.in_(roles)
    )
    found = list(Person.select().where(Person.id.in_(held), Person.active))
    return found or list(Person.select().where(Person.is_admin, Person.active))
