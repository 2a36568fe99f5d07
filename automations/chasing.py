"""Chasing: each working morning after the cut-off, remind exactly those who still owe.

A ladder says who is told after how many mornings: the ower, then the heads, then the
coordinators. Everybody gets one digest a morning; it ends by itself when nothing is owed.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from automations import outbox, slots
from automations.occasions import Planned
from tracker import clock, db, dutyperiods, holders, organisation, owing, schema, workdays
from tracker.daytimes import clock_time
from tracker.dutyperiods import DAY, Period
from tracker.errors import Refused
from tracker.models import Chase, Duty, Headship, Person
from tracker.owing import Ower

log = logging.getLogger("rounds.chase")


@dataclass(frozen=True)
class Reminder:
    """One ower who still owes one period, told to somebody on one rung of a ladder."""

    chase_id: int
    rung: int
    ower: int
    period: str

    def as_json(self) -> list[Any]:
        return [self.chase_id, self.rung, self.ower, self.period]


# ── the morning ──────────────────────────────────────────────────────────────


def run_due(*, now: datetime) -> int:
    """Queue this morning's digests of every chase whose hour has come; how many are new.

    They are worked out before the write begins (it takes a while), and again if another worker
    took some of the chases meanwhile.
    """
    chases = _active()
    due = {one.id: key for one in chases if (key := _morning(one, now))}
    known = slots.taken(list(due.values()))
    fresh = {one: key for one, key in due.items() if key not in known}
    if not fresh:
        return 0
    by = {one.id: min(now, _hour_today(one, now)) for one in chases}
    plan = list(_digests(chases, set(fresh), by, now))
    with db.write():
        taken = {one for one, key in fresh.items() if slots.take(key, now, now)}
        if taken != set(fresh):
            plan = list(_digests(chases, taken, by, now))
        return outbox.queue(plan, now=now)


def now_for(duty: Duty, now: datetime) -> list[Planned]:
    """The digests of one duty's chases whatever the hour; still one a person and day."""
    chases = _active()
    meant = {one.id for one in chases if one.duty_id == duty.id}
    return list(_digests(chases, meant, {one.id: now for one in chases}, now))


def _active() -> list[Chase]:
    """The chases that run: enabled, of an enabled duty, in a table that is there."""
    tables = schema.current().tables
    live = Chase.enabled & Duty.enabled & Duty.deleted_at.is_null()
    rows = Chase.select(Chase, Duty).join(Duty).where(live).order_by(Chase.id)
    return [chase for chase in rows if chase.duty.table_id in tables]


def _morning(chase: Chase, now: datetime) -> str | None:
    """The key of this morning, once its hour has come on a working day."""
    local = clock.to_local(now, dutyperiods.zone(chase.duty.definition))
    hour = _hour_today(chase, now)
    if not workdays.is_workday(local.date()) or not chase.active_since <= hour <= now:
        return None
    return f"chase:{chase.id}:{local.date().isoformat()}"


def _hour(chase: Chase) -> time:
    return clock_time(chase.definition.get("at", "09:00"))


def _hour_today(chase: Chase, now: datetime) -> datetime:
    """The moment of this day's hour: what falls due after it waits for the next morning."""
    zone = dutyperiods.zone(chase.duty.definition)
    today = clock.to_local(now, zone).date()
    return clock.to_utc(datetime.combine(today, _hour(chase)), zone)


def _digests(
    chases: Iterable[Chase], taken: set[int], by: Mapping[int, datetime], now: datetime
) -> Iterator[Planned]:
    """One digest for each person whom a chase of this hour concerns, with all they are to hear.

    What a later hour of the same day would tell them goes along: never two in one morning.
    ``by`` is the moment until which each chase looks for cut-offs that have passed.
    """
    told: dict[int, list[Reminder]] = defaultdict(list)
    by_id = {chase.id: chase for chase in chases}
    for chase in chases:
        for person, reminder in reminders(chase, by=by[chase.id], now=now):
            told[person].append(reminder)
    for person, items in sorted(told.items()):
        first = next((by_id[item.chase_id] for item in items if item.chase_id in taken), None)
        if first is not None:
            yield from _digest(person, items, first, by_id, now)


def _digest(
    person: int, items: list[Reminder], first: Chase, chases: Mapping[int, Chase], now: datetime
) -> Iterator[Planned]:
    day = clock.to_local(now, dutyperiods.zone(first.duty.definition)).date().isoformat()
    payload = {"action": "chase", "items": [item.as_json() for item in items]}
    ways = dict.fromkeys(
        way
        for item in items
        for way in chases[item.chase_id].definition.get("channels") or ["inbox"]
    )
    for way in ways:
        yield Planned(f"chase:{day}:{person}:{way}", way, person, payload, first.duty.base_id)


# ── who is told what ─────────────────────────────────────────────────────────


def reminders(chase: Chase, *, by: datetime, now: datetime) -> list[tuple[int, Reminder]]:
    """``(person, reminder)`` for everything owed now that was due before ``by``."""
    duty = chase.duty
    days = int(chase.definition.get("give_up_days", 14))
    try:
        every = owing.tree()
        owers = owing.owers(duty, every)
        periods = dutyperiods.overdue(duty.definition, by, days)
        cells = owing.status(duty, periods, owing=owers, departments=every, now=now)
    except Refused as refused:
        log.warning("duty %s cannot be chased: %s", duty.id, refused)
        return []
    found, people = [], _Audience(chase)
    for number, period, ower in _rungs(chase, periods, owers.values(), now):
        if cells[ower.id][period.label].overdue:
            reminder = Reminder(chase.id, number, ower.id, period.label)
            found += [(person, reminder) for person in people.of(number, ower)]
    return found


def _rungs(
    chase: Chase, periods: Iterable[Period], owers: Iterable[Ower], now: datetime
) -> Iterator[tuple[int, Period, Ower]]:
    """Each ower and period with every rung of the ladder that is reached by now."""
    everybody = list(owers)
    for period in periods:
        passed = mornings(chase, period, now)
        for number, rung in enumerate(ladder_of(chase)):
            if passed >= int(rung.get("after_days", 0)):
                for ower in everybody:
                    yield number, period, ower


def ladder_of(chase: Chase) -> list[dict[str, Any]]:
    """The steps of a chase; without any, whoever owes is told at once."""
    return chase.definition.get("ladder") or [{"after_days": 0, "to": "ower"}]


def mornings(chase: Chase, period: Period, now: datetime) -> int:
    """The working mornings since the first one after the cut-off: 0 on that first one."""
    zone = dutyperiods.zone(chase.duty.definition)
    due, today = clock.to_local(period.due, zone), clock.to_local(now, zone).date()
    first = workdays.shift(due.date() + (DAY if due.time() >= _hour(chase) else 0 * DAY), 0)
    return sum(workdays.is_workday(day) for day in _days(first + DAY, today))


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


class _Audience:
    """`audience`, asked once for each rung and ower."""

    def __init__(self, chase: Chase) -> None:
        self.chase = chase
        self.known: dict[tuple[int, int], list[int]] = {}

    def of(self, rung: int, ower: Ower) -> list[int]:
        key = rung, ower.id
        if key not in self.known:
            self.known[key] = audience(self.chase, rung, ower)
        return self.known[key]


def audience(chase: Chase, rung: int, ower: Ower) -> list[int]:
    """The people told about an ower on this rung, as the organisation stands now."""
    to = ladder_of(chase)[rung]["to"]
    if to == "coordinator":
        return holders.coordinators(chase.duty.base_id)
    first = _ower_people(chase, ower)
    if to == "ower":
        return first
    already = first if any(step["to"] == "ower" for step in ladder_of(chase)) else []
    return _heads_over(ower.path, told=set(already))


def _ower_people(chase: Chase, ower: Ower) -> list[int]:
    """The ower; for a department its people with the role, its heads where there are none."""
    if not owing.of_departments(chase.duty):
        return holders.active(Person.id == ower.id)
    role = chase.definition.get("role")
    people = holders.people_in(ower.id, role) if role else []
    return people or organisation.heads_of(ower.id)


def _heads_over(path: tuple[int, ...], *, told: set[int]) -> list[int]:
    """The heads of the nearest department, from below, with one who is not told already."""
    for department in reversed(path):
        heads = Headship.select(Headship.person).where(Headship.department == department)
        fresh = holders.active(Person.id.in_(heads) & Person.id.not_in(sorted(told) or [0]))
        if fresh:
            return fresh
    return []


# ── asked again when it is sent ──────────────────────────────────────────────


@dataclass(frozen=True)
class Still:
    """A reminder that still holds, with what it takes to say it."""

    duty: Duty
    period: Period
    ower: Ower
    own: bool  # told as the one who owes; else as somebody over them


def still(items: Iterable[Any], person_id: int, now: datetime) -> list[Still]:
    """Those of the queued reminders that hold at this moment for this person."""
    by_chase: dict[int, list[Reminder]] = defaultdict(list)
    for item in items:
        reminder = Reminder(*item)
        by_chase[reminder.chase_id].append(reminder)
    active = {chase.id: chase for chase in _active()}
    found = [
        one
        for chase_id, reminders in by_chase.items()
        if chase_id in active
        for one in _still(active[chase_id], reminders, person_id, now)
    ]
    once = {(one.duty.id, one.period.label, one.ower.id): one for one in found if not one.own}
    once |= {(one.duty.id, one.period.label, one.ower.id): one for one in found if one.own}
    return list(once.values())


def _still(
    chase: Chase, reminders: list[Reminder], person_id: int, now: datetime
) -> Iterator[Still]:
    duty, ladder = chase.duty, ladder_of(chase)
    try:
        every = owing.tree()
        owers = owing.owers(duty, every)
        asked = {one.ower: owers[one.ower] for one in reminders if one.ower in owers}
        periods = {one.period: dutyperiods.named(duty.definition, one.period) for one in reminders}
        shown = sorted(periods.values(), key=lambda period: period.first)
        cells = owing.status(duty, shown, owing=asked, departments=every, now=now)
    except Refused:
        return
    people = _Audience(chase)
    for one in reminders:
        if one.ower not in asked or one.rung >= len(ladder):
            continue
        told = people.of(one.rung, asked[one.ower])
        if cells[one.ower][one.period].overdue and person_id in told:
            own = ladder[one.rung]["to"] == "ower"
            yield Still(duty, periods[one.period], asked[one.ower], own)
