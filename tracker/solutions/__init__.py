"""Solutions: ready bases, one file each, found by scanning this folder; installing them.

A solution is a blueprint (`tracker.blueprint`) and, if it has one, a demo that fills it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tracker import accounts, db, folding, indexes, permissions, schema
from tracker.blueprint import Maker
from tracker.models import Person
from tracker.registry import Registry
from tracker.text import Text

registry: Registry[Solution] = Registry("tracker.solutions")
DEMO_PASSWORD = "rounds-demo"  # noqa: S105 - known to everybody; see `open_sign_ins`


class SignIn(NamedTuple):
    """One account of a demo: as what, and with what, one signs in."""

    role: Text
    email: str
    password: str = DEMO_PASSWORD


class Solution:
    """The contract of a solution."""

    key: str
    name: Text
    about: Text
    icon = "table"
    order = 100
    sign_ins: tuple[SignIn, ...] = ()  # the people of the demo who may get a password

    def blueprint(self) -> dict[str, Any]:
        """The base as plain data, keys instead of ids."""
        raise TypeError(f"{type(self).__name__} says no blueprint")

    def demo(self, made: Maker) -> None:
        """Fill the base just made with people and records; runs in the same transaction."""


def install(name: str, *, demo: bool, lang: str = "zh") -> schema.Base:
    """Make the base of a solution, all of it or nothing, named in ``lang``.

    The people of a demo cannot sign in until `open_sign_ins` says so.
    """
    solution = registry.get(name)
    viewer = permissions.system()
    maker = Maker(viewer, solution.blueprint(), lang)
    with db.write():
        base = maker.make()
        if demo:
            solution.demo(maker)
    indexes.make_missing()
    return base


def demo_sign_ins() -> list[SignIn]:
    """The accounts of installed demos that open with the demo password now."""
    return [one for one in _all_sign_ins() if _opens(_person(one))]


def open_sign_ins() -> list[SignIn]:
    """Give the demo password to demo people who have none; for demo mode on loopback only.

    The password is public, one of the accounts is an administrator: whoever serves others calls
    `close_sign_ins` instead.
    """
    for one in _all_sign_ins():
        person = _person(one)
        if person is not None and person.password_hash is None:
            accounts.set_password(person, one.password)
    return demo_sign_ins()


def close_sign_ins() -> int:
    """Take the demo password from everybody who still has it; how many those were."""
    people = [person for one in _all_sign_ins() if (person := _person(one)) and _opens(person)]
    for person in people:
        with db.write():
            Person.update(password_hash=None).where(Person.id == person.id).execute()
            accounts.end_sessions(person.id)
    return len(people)


def _all_sign_ins() -> list[SignIn]:
    return [one for solution in registry for one in solution.sign_ins]


def _person(sign_in: SignIn) -> Person | None:
    return Person.get_or_none(Person.email_key == folding.person_key(sign_in.email))


def _opens(person: Person | None) -> bool:
    return person is not None and accounts.opens(person, DEMO_PASSWORD)
