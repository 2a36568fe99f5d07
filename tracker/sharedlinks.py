"""Links that open one view without an account: read-only, until a date, with a password if wanted.

A link shows what the person who made it may see at the moment it is opened, and dies with their
right to share.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tracker import accounts, clock, db, definitions, limits, permissions, schema, settings
from tracker.errors import Forbidden, Missing, Refused, TooMuch, TooOften
from tracker.fieldtypes import clean_text
from tracker.models import Attempt, Duty, Person, SharedLink, View
from tracker.permissions import Viewer
from tracker.text import Text, _

_hasher = PasswordHasher()
PARAMS = (
    *("filter", "saved", "sort", "hide", "order", "group", "sum", "colors"),
    *("period", "from", "to", "department", "person"),
)
WRONG = _("The password is wrong.")


@dataclass(frozen=True)
class Opened:
    """A live link: ``holder`` is who shared it, with the rights of this moment."""

    link: SharedLink
    view: View
    holder: Viewer


def may_share(viewer: Viewer, view: View) -> bool:
    """Coordinators; and who may export the table of a view that they see."""
    if viewer.person_id is None:
        return False
    if view.table_id is None:  # of its tiles those are left out that may not be given
        return viewer.coordinates_base(view.base_id)
    return all(may_give(viewer, one) for one in _tables(view))


def may_give(viewer: Viewer, table_id: Any) -> bool:
    """Whether records of a table may leave with the viewer: into files, and into shared links."""
    table = schema.current().tables.get(table_id)
    if table is None:
        return False
    coordinated = viewer.coordinates_base(table.base_id)
    return coordinated or permissions.possible_access(viewer, table).may_export


def _tables(view: View) -> set[Any]:
    """The table of a view and those that its figures are made from: visits, items, a duty's."""
    options: dict[str, Any] = view.options or {}
    found = {view.table_id}
    for name in ("visits", "open", "risk"):
        part = options.get(name)
        found |= {part.get("table")} if isinstance(part, dict) and part else set()
    duty = Duty.get_or_none(Duty.id == options["duty"]) if options.get("duty") else None
    return found | ({duty.table_id} if duty is not None else set())


def create(
    viewer: Viewer,
    view: View,
    *,
    name: str,
    password: str,
    until: str,
    params: dict[str, str],
    download: bool = False,
) -> str:
    """The secret of a new link: shown now, never again. Raises `Refused` in words."""
    if not may_share(viewer, view):
        raise Forbidden(_("Only those who may export these records may share them by a link."))
    password = password.strip()
    weak = accounts.weakness(password) if password else None
    if weak is not None:
        raise Refused(weak, {"password": weak})
    if len(of_base(view.base_id)) >= limits.SHARED_LINKS:
        raise TooMuch(_("A base has at most {n} shared links.", n=limits.SHARED_LINKS))
    secret = secrets.token_urlsafe(32)
    with db.write():
        SharedLink.create(
            digest=accounts.digest(secret),
            view=view.id,
            person=viewer.person_id,
            name=clean_text(name)[: limits.NAME_LENGTH],
            password_hash=_hasher.hash(password) if password else None,
            scope={
                "params": {key: params[key] for key in PARAMS if key in params},
                "download": download,
            },
            until=_last_day(until, viewer),
        )
    return secret


def _last_day(raw: str, viewer: Viewer) -> date:
    today = date.fromisoformat(viewer.context.today())
    try:
        day = date.fromisoformat(raw.strip())
    except ValueError:
        text: Text = _("Say until when the link is open.")
        raise Refused(text, {"until": text}) from None
    if not today <= day <= today + timedelta(days=limits.SHARED_DAYS):
        text = _("The last day lies between today and {n} days from now.", n=limits.SHARED_DAYS)
        raise Refused(text, {"until": text})
    return day


# ── opening ──────────────────────────────────────────────────────────────────


def opened(secret: str, *, lang: str, zone: str) -> Opened:
    """The live link of a secret; `Missing`, always the same, for any other."""
    link = SharedLink.get_or_none(SharedLink.digest == accounts.digest(secret))
    if link is None or not alive(link):
        raise Missing
    holder = permissions.viewer_for(link.person, lang=lang, zone=zone)
    view = definitions.view(holder, link.view_id)
    if not may_share(holder, view):
        raise Missing
    return Opened(link, view, holder)


def alive(link: SharedLink) -> bool:
    """Neither revoked nor past, by somebody who is active."""
    day: Any = link.until
    today = clock.today(settings.zone())
    return link.revoked_at is None and link.person.active and (day is None or today <= day)


def may_download(link: SharedLink) -> bool:
    """Whether its maker lets what it shows be taken along as a file."""
    return dict(link.scope or {}).get("download") is True


def note_download(link: SharedLink) -> None:
    """Raises `TooOften` where a link is emptied again and again."""
    bucket = f"download:{link.id}"
    _refuse_too_often({bucket: limits.SHARED_DOWNLOADS})
    with db.write():
        Attempt.create(bucket=bucket)


def unlock(link: SharedLink, password: str, *, address: str) -> None:
    """Raises `Refused` for a wrong password and `TooOften` after too many."""
    here, all_over = f"link:{link.id}:{address}"[:120], f"link:{link.id}"
    _refuse_too_often({here: limits.SHARED_TRIES, all_over: limits.SHARED_TRIES * 10})
    try:
        _hasher.verify(str(link.password_hash), password[: limits.PASSWORD_MAX])
    except (VerificationError, InvalidHashError):
        with db.write():
            for bucket in (here, all_over):
                Attempt.create(bucket=bucket)
        raise Refused(WRONG) from None


def _refuse_too_often(buckets: dict[str, int]) -> None:
    since = clock.now() - timedelta(seconds=limits.SIGN_IN_WINDOW)
    for bucket, most in buckets.items():
        tries = Attempt.select().where(Attempt.bucket == bucket, Attempt.at > since).count()
        if tries >= most:
            raise TooOften(
                _("Too many tries. Wait {n} minutes.", n=limits.SIGN_IN_WINDOW // 60),
                retry_after=limits.SIGN_IN_WINDOW,
            )


def note_opened(link: SharedLink) -> None:
    """When it was last used, to ten minutes."""
    now = clock.now()
    if link.opened_at is None or now - link.opened_at > timedelta(minutes=10):
        with db.write():
            change = SharedLink.update(opened_at=now, opened=SharedLink.opened + 1)
            change.where(SharedLink.id == link.id).execute()


# ── who shares what ──────────────────────────────────────────────────────────


def of_base(base_id: int) -> list[SharedLink]:
    """The links of a base that are not revoked, newest first, with view and person."""
    found = (
        SharedLink.select(SharedLink, View, Person)
        .join(View)
        .switch(SharedLink)
        .join(Person)
        .where(View.base == base_id, SharedLink.revoked_at.is_null())
    )
    return list(found.order_by(SharedLink.id.desc()))


def of_view(viewer: Viewer, view: View) -> list[SharedLink]:
    """The viewer's own links to a view; all of them for coordinators."""
    everything = viewer.coordinates_base(view.base_id)
    return [
        one
        for one in of_base(view.base_id)
        if one.view_id == view.id and (everything or one.person_id == viewer.person_id)
    ]


def revoke(viewer: Viewer, link_id: int) -> SharedLink:
    """End a link at once: its maker, or a coordinator of the base."""
    link = SharedLink.get_or_none(SharedLink.id == link_id)
    if link is None or viewer.person_id is None:
        raise Missing
    if link.person_id != viewer.person_id and not viewer.coordinates_base(link.view.base_id):
        raise Missing
    with db.write():
        SharedLink.update(revoked_at=clock.now()).where(
            SharedLink.id == link_id, SharedLink.revoked_at.is_null()
        ).execute()
    return link
