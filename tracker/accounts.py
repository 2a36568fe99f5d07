"""Accounts: people, passwords, sessions of browsers and tokens of programs.

Secrets are shown once and kept only as hashes; a deactivated person loses all of them at once.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tracker import clock, db, folding, limits, models, schema
from tracker.errors import Missing, Refused, TooOften
from tracker.fieldtypes import clean_text
from tracker.models import Attempt, Person, Session, Token
from tracker.text import Text, _

_hasher = PasswordHasher()
_DUMMY = _hasher.hash("nobody has this password")
COMMON = frozenset(
    [
        "12345678",
        "123456789",
        "1234567890",
        "password",
        "qwertyui",
        "11111111",
        "00000000",
        "iloveyou",
        "abc12345",
        "a1234567",
        "password1",
        "88888888",
        "woaini1314",
        "5201314",
        "1qaz2wsx",
    ]
)
WRONG = _("The e-mail address or the password is wrong.")


def digest(secret: str) -> str:
    """How a random secret is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


# ── people ───────────────────────────────────────────────────────────────────


def add_person(
    email: str,
    *,
    name: str,
    password: str | None = None,
    admin: bool = False,
    department: models.Department | None = None,
    lang: str | None = None,
) -> Person:
    """A new person; without a password they cannot sign in yet."""
    problems: dict[str, Text] = {}
    email, name = clean_text(email), clean_text(name)[: limits.NAME_LENGTH]
    if "@" not in email or len(email) > 254 or any(one.isspace() for one in email):
        problems["email"] = _("“{text}” is not an e-mail address.", text=email[:60])
    if not name:
        problems["name"] = _("A name is needed.")
    if password is not None:
        weak = weakness(password, email, name)
        if weak:
            problems["password"] = weak
    if (
        not problems
        and Person.select().where(Person.email_key == folding.person_key(email)).exists()
    ):
        problems["email"] = _("There is already somebody with this e-mail address.")
    if problems:
        raise Refused(next(iter(problems.values())), problems)
    with db.write():
        return Person.create(
            email=email,
            email_key=folding.person_key(email),
            name=name,
            initials=folding.initials(name),
            password_hash=_hasher.hash(password) if password else None,
            is_admin=admin,
            department=department,
            lang=lang,
        )


def weakness(password: str, email: str = "", name: str = "") -> Text | None:
    """Why a password is refused, or None."""
    if len(password) < limits.PASSWORD_MIN:
        return _("A password has at least {n} characters.", n=limits.PASSWORD_MIN)
    if len(password) > limits.PASSWORD_MAX:
        return _("A password has at most {n} characters.", n=limits.PASSWORD_MAX)
    folded = password.casefold()
    own = {email.partition("@")[0].casefold(), name.casefold(), "rounds", "走访"}
    if folded in COMMON or folded in own or len(set(folded)) < 3:
        return _("This password is too easy to guess.")
    return None


def set_password(person: Person, password: str) -> None:
    """A new password ends all sessions of the person."""
    weak = weakness(password, person.email, person.name)
    if weak:
        raise Refused(weak, {"password": weak})
    with db.write():
        Person.update(password_hash=_hasher.hash(password)).where(Person.id == person.id).execute()
        end_sessions(person.id)


def set_active(person_id: int, active: bool) -> None:
    """Deactivating ends sessions and revokes tokens at once."""
    with db.write():
        Person.update(active=active).where(Person.id == person_id).execute()
        if not active:
            end_sessions(person_id)
            now = clock.now()
            Token.update(revoked_at=now).where(
                Token.person == person_id, Token.revoked_at.is_null()
            ).execute()
        schema.changed()


def nobody_yet() -> bool:
    """True while nobody can sign in: the time of the set-up token."""
    return not Person.select().where(Person.password_hash.is_null(False)).exists()


def new_setup_token() -> str:
    """A one-time token for making the first administrator; the one before it is void."""
    token = secrets.token_urlsafe(24)
    with db.write():
        models.Meta.put("setup_token", digest(token))
    return token


def first_admin(token: str, email: str, *, name: str, password: str) -> Person:
    """The first administrator, made once with the token from the console."""
    wrong = _("This token is wrong or was used. Look at the console again.")
    with db.write():
        row = models.Meta.get_or_none(models.Meta.key == "setup_token")
        known = row is not None and secrets.compare_digest(str(row.value), digest(token))
        if not known or not nobody_yet():
            raise Refused(wrong, {"token": wrong})
        person = add_person(email, name=name, password=password, admin=True)
        models.Meta.delete().where(models.Meta.key == "setup_token").execute()
    return person


# ── signing in ───────────────────────────────────────────────────────────────


def sign_in(email: str, password: str, *, address: str = "", agent: str = "") -> str:
    """The secret of a new session; `Refused` and `TooOften` tell nothing about who exists."""
    key = folding.person_key(clean_text(email))[:254]
    buckets = [f"sign-in:{digest(key)[:32]}", f"sign-in-from:{address}"]
    _refuse_too_often(buckets)
    person = Person.get_or_none(Person.email_key == key)
    if not opens(person, password[: limits.PASSWORD_MAX]):
        with db.write():
            for bucket in buckets:
                Attempt.create(bucket=bucket)
        raise Refused(WRONG)
    with db.write():
        Attempt.delete().where(Attempt.bucket == buckets[0]).execute()
        return start_session(person, address=address, agent=agent)


def opens(person: Person | None, password: str) -> bool:
    """Takes the same time whether or not the person exists."""
    known = person.password_hash if person is not None and person.active else None
    try:
        _hasher.verify(known or _DUMMY, password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(known)


def _refuse_too_often(buckets: list[str]) -> None:
    since = clock.now() - timedelta(seconds=limits.SIGN_IN_WINDOW)
    for bucket, most in zip(buckets, (limits.SIGN_IN_TRIES, limits.SIGN_IN_TRIES * 5), strict=True):
        tries = Attempt.select().where(Attempt.bucket == bucket, Attempt.at > since).count()
        if tries >= most:
            raise TooOften(
                _("Too many tries. Wait {n} minutes.", n=limits.SIGN_IN_WINDOW // 60),
                retry_after=limits.SIGN_IN_WINDOW,
            )


def start_session(person: Person, *, address: str = "", agent: str = "") -> str:
    secret = secrets.token_urlsafe(32)
    Session.create(
        digest=digest(secret), person=person, address=address[:60], agent=clean_text(agent)[:200]
    )
    return secret


def session_of(secret: str) -> Session | None:
    """The live session of a cookie, with its person; None when it has ended."""
    session = (
        Session.select(Session, Person)
        .join(Person, on=(Session.person == Person.id))
        .where(Session.digest == digest(secret), Person.active == True)  # noqa: E712 - SQL
        .first()
    )
    if session is None:
        return None
    now = clock.now()
    idle = now - session.seen_at > timedelta(days=limits.SESSION_IDLE_DAYS)
    if idle or now - session.created_at > timedelta(days=limits.SESSION_DAYS):
        return None
    if now - session.seen_at > timedelta(minutes=10):
        with db.write():
            Session.update(seen_at=now).where(Session.id == session.id).execute()
    return session


def end_session(session_id: int) -> None:
    with db.write():
        Session.delete().where(Session.id == session_id).execute()


def end_sessions(person_id: int) -> None:
    Session.delete().where(Session.person == person_id).execute()


# ── tokens ───────────────────────────────────────────────────────────────────


def add_token(person: Person, name: str) -> str:
    """A new token of this person for programs: shown now, never again."""
    secret = f"rnd_{secrets.token_urlsafe(32)}"
    with db.write():
        Token.create(digest=digest(secret), person=person, name=clean_text(name)[:120] or "token")
    return secret


def person_of_token(secret: str) -> Person | None:
    """Whom a token speaks for; None when it is revoked or they are deactivated."""
    token = token_of(secret)
    return token.person if token else None


def token_of(secret: str) -> Token | None:
    """The live token with its person; None when it is revoked or they are deactivated."""
    live = Token.revoked_at.is_null() & (Person.active == True)  # noqa: E712 - SQL
    token = Token.select(Token, Person).join(Person).where(Token.digest == digest(secret), live)
    found = token.first() if secret else None
    now = clock.now()
    if found and (found.used_at is None or now - found.used_at > timedelta(minutes=10)):
        with db.write():
            Token.update(used_at=now).where(Token.id == found.id).execute()
    return found


def revoke_token(person_id: int, token_id: int) -> None:
    with db.write():
        changed = (
            Token.update(revoked_at=clock.now())
            .where(Token.id == token_id, Token.person == person_id)
            .execute()
        )
    if not changed:
        raise Missing
