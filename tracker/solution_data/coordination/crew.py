"""The organisation and its people, as they are planted into the database."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from tracker import folding, models, organisation
from tracker.errors import Refused
from tracker.keys import spelled
from tracker.models import Department, Headship, Person
from tracker.solution_data.coordination import names, places
from tracker.text import _

STAFF = ("王芳", "wangfang", "上海世纪大道营业部")
HEAD = ("李建国", "lijianguo", "华东区域")
COORDINATOR = ("陈静", "chenjing", "协同管理部")
ADMIN = ("赵磊", "zhaolei", "信息技术部")
KNOWN = (STAFF, HEAD, COORDINATOR, ADMIN)


@dataclass
class Unit:
    """A department with its people, the head first; ``weight`` is how much business it does."""

    department: Department
    city: str
    weight: int = 0
    size: int = 3
    people: list[int] = field(default_factory=list)

    @property
    def id(self) -> int:
        return int(self.department.id)

    @property
    def name(self) -> str:
        return str(self.department.name)


@dataclass
class Crew:
    """The whole house: units by kind, and the names of everybody."""

    root: Unit
    offices: list[Unit] = field(default_factory=list)  # departments of the head office
    subsidiaries: list[Unit] = field(default_factory=list)
    regions: list[Unit] = field(default_factory=list)
    branches: list[Unit] = field(default_factory=list)
    named: dict[int, str] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)  # the people of the sign-ins

    def units(self) -> Iterator[Unit]:
        yield from (self.root, *self.offices, *self.subsidiaries, *self.regions, *self.branches)

    def unit(self, name: str) -> Unit:
        return next(unit for unit in self.units() if unit.name == name)

    def heads(self) -> list[int]:
        return [unit.people[0] for unit in self.units()]


def plant(rng: random.Random) -> Crew:
    """Departments, people and heads; nobody can sign in yet."""
    crew = _departments()
    plan = _plan(rng, crew)
    emails = _emails(plan)
    Person.insert_many(
        [
            {
                "email": email,
                "email_key": folding.person_key(email),
                "name": name,
                "initials": folding.initials(name),
                "department": unit.department,
                "is_admin": name == ADMIN[0],
            }
            for (unit, name), email in zip(plan, emails, strict=True)
        ]
    ).execute()
    ids = dict(Person.select(Person.email, Person.id).tuples())
    for (unit, name), email in zip(plan, emails, strict=True):
        unit.people.append(ids[email])
        crew.named[ids[email]] = name
    crew.known = {name: ids[f"{account}@example.com"] for name, account, _unit in KNOWN}
    heads = [{"person": unit.people[0], "department": unit.department} for unit in crew.units()]
    Headship.insert_many(heads).execute()
    return crew


def _departments() -> Crew:
    root = organisation.add(places.ROOT[0], names={"en": places.ROOT[1]})
    crew = Crew(Unit(root, "上海", size=3))

    def child(name: str, english: str, number: int, size: int) -> Unit:
        made = organisation.add(name, parent=root, names={"en": english}, ord=number)
        return Unit(made, "上海", size=size)

    for number, (name, english) in enumerate(places.DEPARTMENTS):
        crew.offices.append(child(name, english, number, size=4))
    for number, (name, english) in enumerate(places.SUBSIDIARIES, 20):
        crew.subsidiaries.append(child(name, english, number, size=4))
    for number, ((name, english), branches) in enumerate(places.REGIONS.items(), 40):
        region = child(name, f"{english} Region", number, size=2)
        crew.regions.append(region)
        for place, (branch, branch_english, city, weight) in enumerate(branches):
            made = organisation.add(
                branch, parent=region.department, names={"en": branch_english}, ord=place
            )
            crew.branches.append(Unit(made, city, weight, size=_size(weight)))
    return crew


def _size(weight: int) -> int:
    return 2 if weight <= 3 else 3 if weight <= 7 else 4


def _plan(rng: random.Random, crew: Crew) -> list[tuple[Unit, str]]:
    """Who sits where; the known people take their places, heads come first."""
    fresh = names.people(rng, {name for name, _account, _unit in KNOWN})
    plan = []
    for unit in crew.units():
        known = [one[0] for one in KNOWN if one[2] == unit.name]
        seats = [next(fresh) for _seat in range(unit.size - len(known))]
        first = known if HEAD[0] in known else seats[:1]
        rest = [name for name in (*known, *seats) if name not in first]
        plan += [(unit, name) for name in (*first, *rest)]
    return plan


def _emails(plan: list[tuple[Unit, str]]) -> list[str]:
    """``wangfang@example.com``, numbered where it is taken."""
    taken = {email for (email,) in Person.select(Person.email_key).tuples()}
    reserved = {name: f"{account}@example.com" for name, account, _unit in KNOWN}
    for email in reserved.values():
        if email in taken:
            raise Refused(_("The demo needs the address {email}, which is taken.", email=email))
    taken |= set(reserved.values())
    emails = []
    for _unit, name in plan:
        email = reserved.get(name) or _free("".join(spelled(name)), taken)
        taken.add(email)
        emails.append(email)
    return emails


def _free(account: str, taken: Collection[str]) -> str:
    email, number = f"{account}@example.com", 2
    while email in taken:
        email, number = f"{account}{number}@example.com", number + 1
    return email


def hold_roles(crew: Crew, roles: dict[str, int]) -> None:
    """Everybody files and owns records, branches report, heads head, one office coordinates."""
    members: list[dict[str, int | None]] = [
        {"role": roles[key], "department": crew.root.id, "person": None}
        for key in ("staff", "owner")
    ]
    office = crew.unit(COORDINATOR[2])
    members.append({"role": roles["coordinator"], "department": office.id, "person": None})
    members += [
        {"role": roles["reporter"], "department": unit.id, "person": None} for unit in crew.branches
    ]
    members += [
        {"role": roles["head"], "department": None, "person": person} for person in crew.heads()
    ]
    models.RoleMember.insert_many(members).execute()
