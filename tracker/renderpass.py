"""One-time passes with which our own browser looks at one view as one person, for a minute.

A pass in an address is exchanged once for one in a cookie; neither opens anything but that view.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from tracker import accounts, clock, db
from tracker.errors import Missing
from tracker.models import Person, RenderPass

LIFE = timedelta(seconds=90)


def issue(person_id: int, view_id: int, address: str) -> str:
    """The secret of a new pass; ``address`` is the query of the page it leads to."""
    secret, now = secrets.token_urlsafe(32), clock.now()
    with db.write():
        RenderPass.delete().where(RenderPass.until < now).execute()
        RenderPass.create(
            digest=accounts.digest(secret),
            person=person_id,
            view=view_id,
            address=address,
            until=now + LIFE,
        )
    return secret


def redeem(secret: str) -> tuple[str, RenderPass]:
    """The secret for the cookie, and the pass; `Missing` when it was used before or is too old."""
    fresh, now = secrets.token_urlsafe(32), clock.now()
    unused = (RenderPass.digest == accounts.digest(secret)) & RenderPass.used_at.is_null()
    change = RenderPass.update(digest=accounts.digest(fresh), used_at=now)
    with db.write():
        if not change.where(unused, RenderPass.until > now).execute():
            raise Missing
        return fresh, RenderPass.get(RenderPass.digest == accounts.digest(fresh))


def person_of(secret: str, view_id: int) -> Person | None:
    """Whom the browser with this cookie looks at the view for."""
    found = (
        RenderPass.select(RenderPass, Person)
        .join(Person)
        .where(
            RenderPass.digest == accounts.digest(secret),
            RenderPass.used_at.is_null(False),
            RenderPass.until > clock.now(),
            RenderPass.view == view_id,
            Person.active == True,  # noqa: E712 - SQL
        )
        .first()
    )
    return found.person if found else None


def used(person_id: int, view_id: int) -> bool:
    """Whether the browser has come in, or saw something else than the view."""
    mine = (RenderPass.person == person_id) & (RenderPass.view == view_id)
    return bool(RenderPass.select().where(mine, RenderPass.used_at.is_null(False)).exists())


def void(person_id: int, view_id: int) -> None:
    """End the passes of a rendering that is over."""
    mine = (RenderPass.person == person_id) & (RenderPass.view == view_id)
    with db.write():
        RenderPass.delete().where(mine).execute()
