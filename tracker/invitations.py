"""One-time invitations: with the link somebody chooses their first (or a new) password."""

from __future__ import annotations

import secrets
from datetime import timedelta

from tracker import accounts, clock, db, limits
from tracker.errors import Missing, Refused
from tracker.models import Invitation, Person
from tracker.permissions import Viewer, need_admin
from tracker.text import _


def invite(viewer: Viewer, person: Person) -> str:
    """The secret of a new invitation, shown now and never again; the ones before it are void."""
    need_admin(viewer)
    if not person.active:
        raise Refused(_("Activate {name} first.", name=person.name))
    secret = secrets.token_urlsafe(32)
    with db.write():
        withdraw(person.id)
        Invitation.create(
            digest=accounts.digest(secret),
            person=person,
            by=viewer.person_id,
            until=clock.now() + timedelta(days=limits.INVITATION_DAYS),
        )
    return secret


def withdraw(person_id: int) -> None:
    """No invitation of this person opens any more; call inside a write."""
    Invitation.delete().where(
        Invitation.person == person_id, Invitation.used_at.is_null()
    ).execute()


def of_secret(secret: str) -> Invitation:
    """The open invitation of a secret, or `Missing` for unknown, used and late ones alike."""
    found = Invitation.get_or_none(
        Invitation.digest == accounts.digest(secret),
        Invitation.used_at.is_null(),
        Invitation.until > clock.now(),
    )
    if found is None or not found.person.active:
        raise Missing(
            _("This invitation was used or is too old. Ask an administrator for a new one.")
        )
    return found


def accept(secret: str, password: str, *, address: str = "", agent: str = "") -> str:
    """Set the password and sign in; the secret of the session."""
    with db.write():
        invitation = of_secret(secret)
        accounts.set_password(invitation.person, password)
        used = (
            Invitation.update(used_at=clock.now())
            .where(Invitation.id == invitation.id, Invitation.used_at.is_null())
            .execute()
        )
        if used != 1:  # somebody else was faster with the same link
            raise Missing
        return accounts.start_session(invitation.person, address=address, agent=agent)
