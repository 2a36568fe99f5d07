"""One's own account: name, password, sessions and tokens."""

from __future__ import annotations

from datetime import timedelta

from tracker import accounts, clock, db, folding, limits, schema
from tracker.errors import Missing, Refused, TooOften
from tracker.fieldtypes import clean_text
from tracker.models import Attempt, Person, Session, Token
from tracker.text import _


def rename(person: Person, name: str) -> None:
    name = " ".join(clean_text(name).split())[: limits.NAME_LENGTH]
    if not name:
        text = _("A name is needed.")
        raise Refused(text, {"name": text})
    with db.write():
        changes = {"name": name, "initials": folding.initials(name)}
        Person.update(**changes).where(Person.id == person.id).execute()
        schema.changed()  # answers that are kept may name people


def change_password(person: Person, current: str, new: str) -> None:
    """The current password is asked for; all sessions end, the caller starts a new one."""
    bucket = f"password:{person.id}"
    since = clock.now() - timedelta(seconds=limits.SIGN_IN_WINDOW)
    tries = Attempt.select().where(Attempt.bucket == bucket, Attempt.at > since).count()
    if tries >= limits.SIGN_IN_TRIES:
        text = _("Too many tries. Wait {n} minutes.", n=limits.SIGN_IN_WINDOW // 60)
        raise TooOften(text, retry_after=limits.SIGN_IN_WINDOW)
    if not accounts.opens(person, current[: limits.PASSWORD_MAX]):
        with db.write():
            Attempt.create(bucket=bucket)
        text = _("This is not your current password.")
        raise Refused(text, {"current": text})
    accounts.set_password(person, new)


def sessions(person: Person) -> list[Session]:
    """The live sessions, the latest used first."""
    now = clock.now()
    rows = Session.select().where(
        Session.person == person.id,
        Session.seen_at > now - timedelta(days=limits.SESSION_IDLE_DAYS),
        Session.created_at > now - timedelta(days=limits.SESSION_DAYS),
    )
    return list(rows.order_by(Session.seen_at.desc(), Session.id.desc()))


def end_session(person: Person, session_id: int) -> None:
    with db.write():
        own = (Session.id == session_id, Session.person == person.id)
        if not Session.delete().where(*own).execute():
            raise Missing


def end_others(person: Person, keep: int) -> None:
    """All sessions but one."""
    with db.write():
        Session.delete().where(Session.person == person.id, Session.id != keep).execute()


def tokens(person: Person) -> list[Token]:
    """The tokens that are not revoked, the latest first."""
    rows = Token.select().where(Token.person == person.id, Token.revoked_at.is_null())
    return list(rows.order_by(Token.id.desc()))


def add_token(person: Person, name: str) -> str:
    """The secret of a new token, shown now and never again."""
    if not clean_text(name):
        text = _("Say what the token is for.")
        raise Refused(text, {"name": text})
    if len(tokens(person)) >= limits.TOKENS_PER_PERSON:
        raise Refused(_("At most {n} tokens. Revoke one first.", n=limits.TOKENS_PER_PERSON))
    return accounts.add_token(person, name)
