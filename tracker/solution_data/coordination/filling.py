"""The demo base filled: drawn from one seed and today's date, then written in bulk."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tracker import bulk, clock, db, models, moves
from tracker.blueprint import Maker
from tracker.schema import Field, Table
from tracker.solution_data.coordination import (
    asked,
    calls,
    clients,
    crew,
    endeavours,
    journeys,
    objectives,
    reports,
)
from tracker.solution_data.coordination.clients import Client
from tracker.solution_data.coordination.rhythm import Window

SEED = 20240101
VIA = "solution:coordination"
RELATIONS = {"a": ["client", "partner", "proposal"], "b": ["client", "proposal", "contact"]}


def fill(made: Maker) -> None:
    """People, records and the history that goes with them; the same on the same day."""
    rng = random.Random(SEED)
    zone = made.viewer.context.zone
    window = Window(clock.today(zone), zone)
    house = crew.plant(rng)
    crew.hold_roles(house, made.roles())
    _records(rng, made, house, window)
    coordinator = house.known[crew.COORDINATOR[0]]
    base = made.id("base")
    models.Automation.update(run_as=coordinator, enabled=True).where(
        models.Automation.base == base
    ).execute()
    duty = models.Duty.get_by_id(made.id("duty:weekly"))
    duty.definition = {**duty.definition, "since": reports.since(window).isoformat()}
    duty.save()
    reports.exempt(house, duty, window, by=coordinator)
    asked.ask(made, house)


def _records(rng: random.Random, made: Maker, house: crew.Crew, window: Window) -> None:
    companies, channels = clients.companies(rng, house), clients.channels(rng, house)
    visits = calls.Planner(rng, house, window).plan(companies, channels)
    projects = endeavours.projects(rng, house, companies, window)
    activities = endeavours.activities(rng, house, companies, window)
    _conclude(rng, companies, channels, visits, window)
    write = Writer(made)
    write.clients("companies", companies)
    for one in channels:
        one.row["referred"] = rng.sample([c for c in companies if c.unit is one.unit], k=1)
    write.clients("channels", channels)
    write.rows("activities", activities)
    ways = journeys.ways(projects, window)
    begun = [
        one | ({"stage": "lead"} if way else {}) for one, way in zip(projects, ways, strict=True)
    ]
    ids = write.rows("projects", begun)
    write.moves("projects.stage", ids, projects, ways)
    for row, record_id in zip(projects, ids, strict=True):
        row["_id"] = record_id
    write.rows("visits", [one.row | {"_at": one.at, "_by": one.by} for one in visits])
    write.rows("reports", reports.reports(rng, house, visits, projects, window))
    for level in objectives.rows(house, window):
        for row, record_id in zip(level, write.rows("objectives", level), strict=True):
            row["_id"] = record_id


def _conclude(
    rng: random.Random,
    companies: list[Client],
    channels: list[Client],
    visits: list[calls.Visit],
    window: Window,
) -> None:
    """What the visits made of a company: its stage, its lines of business, its next step."""
    seen: dict[int, list[calls.Visit]] = {}
    for visit in visits:
        if visit.row["state"] == "done":
            seen.setdefault(id(visit.client), []).append(visit)
    for one in (*companies, *channels):
        first = window.first if id(one) not in seen else seen[id(one)][0].day
        one.row |= {"_at": window.evening(first, rng), "_by": one.holder}
    for one in companies:
        known = seen.get(id(one), [])
        lines = [line for visit in known for line in visit.row["business"] or ()]
        one.row["business"] = sorted(set(lines), key=lines.index)[:3] or None
        own = [visit for visit in known if visit.row["branch"] == one.unit.id]
        one.row["relation"] = _relation(rng, one, len(own))
        if known:
            one.row["next_step"] = known[-1].row.get("next_step")


def _relation(rng: random.Random, client: Client, known: int) -> str:
    if client.silent_days > 150:
        return "paused"
    if known < 2:
        return "contact" if known else "lead"
    return rng.choice(RELATIONS.get(client.row["grade"], ["contact", "proposal", "client"]))


class Writer:
    """Writes rows told by field keys, option keys and linked things into the base just made."""

    def __init__(self, made: Maker) -> None:
        self.made = made

    def clients(self, table: str, found: list[Client]) -> None:
        for one, record_id in zip(found, self.rows(table, [one.row for one in found]), strict=True):
            one.id = record_id

    def rows(self, key: str, told: list[dict[str, Any]]) -> list[int]:
        """The ids of the records made, in order."""
        table = self.made.table(key)
        items = [self._values(table, row) for row in told]
        outcome = bulk.insert_many(self.made.viewer, table, items, via=VIA)
        if outcome.rejected:
            raise ValueError(f"the demo of {key} does not fit: {outcome.rejected[0]}")
        _backdate(table, outcome.ids, told)
        return outcome.ids

    def moves(
        self, key: str, ids: list[int], told: list[dict[str, Any]], ways: list[list[journeys.Step]]
    ) -> None:
        """Each record along its way, one move after the other, each at its time."""
        table, field = self.made.table(key.partition(".")[0]), key.partition(".")[2]
        stage = table.field(field)
        for turn in range(max(map(len, ways), default=0)):
            moved = [
                (one, row["_by"], *way[turn])
                for one, row, way in zip(ids, told, ways, strict=True)
                if turn < len(way)
            ]
            items = [
                bulk.Item(one, {stage.id: self._value(table, stage, to)}, record_id=one)
                for one, _by, to, _at in moved
            ]
            bulk.update_many(self.made.viewer, table, items, via=VIA)
            _backdate_moves(table, stage, [(at, by, one) for one, by, _to, at in moved], turn + 2)

    def _values(self, table: Table, row: Mapping[str, Any]) -> dict[int, Any]:
        filled = {key: value for key, value in row.items() if value is not None and key[0] != "_"}
        fields = {key: table.field(key) for key in filled}
        return {fields[key].id: self._value(table, fields[key], filled[key]) for key in filled}

    def _value(self, table: Table, field: Field, value: Any) -> Any:
        if field.type == "link":
            return [_id(one) for one in (value if isinstance(value, list) else [value])] or None
        if field.type == "multiple_choice":
            return [self.made.id(f"{table.key}.{field.key}:{one}") for one in value]
        if field.type in ("single_choice", "stage"):
            return self.made.id(f"{table.key}.{field.key}:{value}")
        return value


def _id(thing: Client | dict[str, Any]) -> int:
    return thing.id if isinstance(thing, Client) else int(thing["_id"])


def _backdate(table: Table, ids: list[int], told: list[dict[str, Any]]) -> None:
    """Let the records tell when and by whom they would have been filed.

    The one place that touches rows behind the writer's back: nobody but a demo rewrites history.
    """
    filed = [(row["_at"], row["_by"], record_id) for row, record_id in zip(told, ids, strict=True)]
    db.execute_many(
        f"UPDATE {table.sql_name} SET created_at = ?, created_by = ?, updated_at = ?, "
        "updated_by = ? WHERE id = ?",
        [(at, by, at, by, record_id) for at, by, record_id in filed],
    )
    db.execute_many(
        f"UPDATE change SET at = ?, person_id = ? WHERE table_id = {table.id} AND record_id = ?",
        filed,
    )
    db.execute_many(
        f"UPDATE move SET at = ? WHERE record_id = ? AND field_id IN ({_stages(table)})",
        [(_seconds(at), record_id) for at, _by, record_id in filed],
    )


def _backdate_moves(
    table: Table, stage: Field, moved: list[tuple[str, int, int]], rev: int
) -> None:
    db.execute_many(
        f"UPDATE {table.sql_name} SET updated_at = ?, updated_by = ? WHERE id = ?", moved
    )
    db.execute_many(
        f"UPDATE change SET at = ?, person_id = ? WHERE table_id = {table.id} AND record_id = ? "
        f"AND rev = {rev}",
        moved,
    )
    db.execute_many(
        f"UPDATE move SET at = ? WHERE id = (SELECT MAX(id) FROM move WHERE record_id = ? "
        f"AND field_id = {stage.id})",
        [(_seconds(at), record_id) for at, _by, record_id in moved],
    )


def _seconds(at: str) -> int:
    return moves.seconds(datetime.fromisoformat(at))


def _stages(table: Table) -> str:
    return ", ".join(str(one.id) for one in table.fields if one.type == "stage") or "0"
