"""Reminding by hand: whoever still owes is told now, before the cut-off too, once a day at most.

Unlike the chase it asks no ladder: it goes to those who owe, as far as who presses the button
answers for them, and is checked again when it is sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from automations import chases, chasing, outbox
from automations.occasions import Planned
from tracker import clock, db, dutyperiods, owing
from tracker.dutyperiods import Period
from tracker.errors import Missing
from tracker.models import Chase, Duty, Outbox
from tracker.owing import Ower
from tracker.permissions import Viewer

PERIODS = 2  # the present one and the one before
SHOWN_DAYS = 21  # how far back the matrix tells who was told
Owed = dict[int, list[str]]  # ower id → labels of the periods it owes


# ── who may remind whom of what ──────────────────────────────────────────────


def reach(viewer: Viewer, duty: Duty) -> dict[int, Ower]:
    """The owers this viewer answers for: all for coordinators, those below them for heads."""
    owers = owing.owers(duty)
    if viewer.coordinates_base(duty.base_id):
        return owers
    headed = set(viewer.headed)
    return {one: ower for one, ower in owers.items() if headed & set(ower.path)}


def owed(duty: Duty, owers: Mapping[int, Ower], shown: Sequence[Period], now: datetime) -> Owed:
    """What these owers have not filed of the periods shown."""
    cells = owing.status(duty, shown, owing=owers, now=now)
    found = {
        one: [label for label, cell in row.items() if cell.state == "owed"]
        for one, row in cells.items()
    }
    return {one: labels for one, labels in found.items() if labels}


@dataclass(frozen=True)
class Told:
    """How many people hear of it now, and how many heard of it earlier today."""

    fresh: int
    already: int


def remind(
    viewer: Viewer, duty: Duty, *, ower: int | None = None, period: str | None = None
) -> Told:
    """Queue the reminder: one ower and period, or all that are missing. `Missing` out of reach."""
    owers = reach(viewer, duty)
    if not owers or (ower is not None and ower not in owers):
        raise Missing
    now = clock.now()
    asked = owers if ower is None else {ower: owers[ower]}
    shown = (
        [dutyperiods.named(duty.definition, period)]
        if period
        else owing.periods(duty, PERIODS, now=now)
    )
    plan = list(planned(duty, owed(duty, asked, shown, now), now=now))
    with db.write():
        known = _heard(duty, plan, now)
        fresh = [one for one in plan if one.person_id not in known]
        outbox.queue(fresh, now=now)
    return Told(len({one.person_id for one in fresh}), len(known))


def planned(
    duty: Duty, missing: Owed, *, now: datetime, ways: list[str] | None = None
) -> Iterable[Planned]:
    """One message a person and way, with all they are to file; its key is good for one day."""
    chase = _chase_of(duty)
    every = owing.owers(duty)
    told: dict[int, list[list[Any]]] = defaultdict(list)
    for ower, labels in missing.items():
        for person in chasing.audience(chase, 0, every[ower]):
            told[person] += [[ower, label] for label in labels]
    for person, items in sorted(told.items()):
        payload = {"action": "remind", "duty": duty.id, "owed": items}
        for way in ways or chase.definition.get("channels") or ["inbox"]:
            key = f"remind:{duty.id}:{_day(duty, now)}:{person}:{way}"
            yield Planned(key, way, person, payload, duty.base_id)


def _chase_of(duty: Duty) -> Chase:
    """How the duty is chased, with nobody told but whoever owes."""
    first = next(iter(chases.of_duty(duty)), None)
    known: Any = first.definition if first else {}
    ladder = [{"after_days": 0, "to": "ower"}]
    return Chase(duty=duty, definition={**known, "ladder": ladder})


def _day(duty: Duty, now: datetime) -> str:
    return clock.to_local(now, dutyperiods.zone(duty.definition)).date().isoformat()


def _heard(duty: Duty, plan: Sequence[Planned], now: datetime) -> set[int]:
    """Those of the people meant who were told of this duty today: by hand or by the chase."""
    day, people = _day(duty, now), {one.person_id for one in plan}
    keys = {one.key for one in plan}
    keys |= {f"chase:{day}:{one.person_id}:{one.channel}" for one in plan}
    ours = {chase.id for chase in chases.of_duty(duty)}
    found = set()
    for row in _rows(sorted(keys)):
        items = row.payload.get("items", [])
        if row.payload.get("action") == "remind" or any(item[0] in ours for item in items):
            found.add(row.person_id)
    return found & people


def _rows(keys: list[str]) -> Iterable[Outbox]:
    for start in range(0, len(keys), 500):
        yield from Outbox.select().where(Outbox.key.in_(keys[start : start + 500]))


# ── asked again when it is sent ──────────────────────────────────────────────


def still(
    duty: Duty, items: Iterable[Any], person: int, now: datetime
) -> list[tuple[Ower, Period]]:
    """What of a queued reminder is owed at this moment, and by somebody this person files for."""
    owers, chase = owing.owers(duty), _chase_of(duty)
    pairs = [(owers[one], label) for one, label in items if one in owers]
    periods = {label: dutyperiods.named(duty.definition, label) for _ower, label in pairs}
    asked = {ower.id: ower for ower, _label in pairs}
    shown = sorted(periods.values(), key=lambda period: period.first)
    cells = owing.status(duty, shown, owing=asked, now=now)
    mine = {one for one, ower in asked.items() if person in chasing.audience(chase, 0, ower)}
    return [
        (ower, periods[label])
        for ower, label in pairs
        if ower.id in mine and cells[ower.id][label].state == "owed"
    ]


# ── who was told ─────────────────────────────────────────────────────────────


@dataclass
class Record:
    """What was told about one ower lately: on how many days, to whom, when last (UTC)."""

    days: set[str] = field(default_factory=set)
    people: dict[int, None] = field(default_factory=dict)
    last: datetime | None = None


def told(duty: Duty, *, now: datetime | None = None) -> dict[int, Record]:
    """Ower id → what was told about it lately, by the chase or by hand; one statement."""
    ours = {chase.id for chase in chases.of_duty(duty)}
    since = (now or clock.now()) - timedelta(days=SHOWN_DAYS)
    ways = Outbox.key.startswith("chase:") | Outbox.key.startswith(f"remind:{duty.id}:")
    rows = Outbox.select().where(
        Outbox.base == duty.base_id, Outbox.created_at > since, ways, Outbox.state != "withdrawn"
    )
    found: dict[int, Record] = defaultdict(Record)
    for row in rows.order_by(Outbox.id):
        for ower in _owers_in(row.payload, ours, duty.id):
            record = found[ower]
            record.days.add(_day(duty, row.created_at))
            record.people[row.person_id] = None
            record.last = row.created_at
    return dict(found)


def _owers_in(payload: Mapping[str, Any], ours: set[int], duty_id: int) -> set[int]:
    if payload.get("action") == "remind":
        return {one for one, _label in payload["owed"]} if payload["duty"] == duty_id else set()
    return {item[2] for item in payload.get("items", []) if item[0] in ours}
