"""Funnels and time in stage: equal to what Python works out over the log, as each may see it."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import mean, median

import pytest

from tests import world as worlds
from tracker import bulk, clock, db, models, moves, permissions, records, schema, stages
from tracker.errors import Refused
from tracker.query import Query

SYSTEM = permissions.system().speaking("en", worlds.ZONE)
NOW = datetime.fromisoformat("2026-11-21 04:00")
PERIOD = (date(2026, 3, 1), date(2026, 7, 1))


@pytest.fixture
def world(database, monkeypatch):
    """Records that were made, imported, moved, moved back, undone, binned and brought back."""
    made = worlds.build()
    at = [datetime.fromisoformat("2026-01-05 01:00")]

    def tick() -> datetime:
        at[0] += timedelta(minutes=rng.randrange(30, 900))
        return at[0]

    rng = random.Random(5)
    monkeypatch.setattr(clock, "now", tick)
    history(made, rng)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return made


def history(world, rng: random.Random) -> None:
    table = world.visits
    state, place = table.field("state").id, table.field("department").id
    owner, people = table.field("owner").id, (world.people["owner"], world.people["colleague"])
    homes = [world.departments["上海"].id, world.departments["华南"].id]
    items = [
        bulk.Item(number, {table.title.id: f"导入{number}", state: 1 + number % 3, place: homes[0]})
        for number in range(6)
    ]
    ids = list(bulk.insert_many(SYSTEM, table, items, via="import:1").ids)
    for number in range(24):
        side = number % 2
        first = rng.choice([None, "计划", "计划", "完成"])
        values = {"state": first, "department": homes[side], "owner": people[side].id}
        ids.append(world.visit(f"拜访{number}", **values))
    saved = []
    for _round in range(90):
        stage = rng.choice(["计划", "完成", "取消", None])
        one = rng.choice(ids)
        done = records.update(SYSTEM, table, one, {"state": stage}, via="grid")
        if done.change_id and rng.random() < 0.3:
            saved.append(records.undo(SYSTEM, done.change_id))
            if saved[-1].change_id and rng.random() < 0.4:
                records.undo(SYSTEM, saved[-1].change_id)
    for one in ids[:3]:
        records.delete(SYSTEM, table, one, via="grid")
    records.restore(SYSTEM, table, ids[2], via="grid")
    bare = ids[-1]  # as a base file brings it: a stage, and nothing in the log
    models.Change.delete().where(models.Change.record_id == bare).execute()
    models.Move.delete().where(models.Move.record_id == bare).execute()
    db.execute(f"UPDATE {table.sql_name} SET {table.by_id[state].column} = 2 WHERE id = ?", bare)
    assert owner


def paths(world, ids: set[int]) -> dict[int, list[tuple[int | None, int]]]:
    """Record → its (stage, second) in order, from the change log alone."""
    key = str(world.visits.field("state").id)
    told: dict[int, list[list]] = defaultdict(list)  # [old, new, second, void]
    for entry in models.Change.select().order_by(models.Change.id):
        if entry.table_id != world.visits.id or key not in entry.values:
            continue
        old, new = entry.values[key]
        steps = told[entry.record_id]
        standing = next((one for one in reversed(steps) if not one[3]), None)
        if entry.via == "undo" and steps and steps[-1][3] and steps[-1][:2] == [old, new]:
            steps[-1][3] = False
        elif entry.via == "undo" and standing and standing[:2] == [new, old]:
            standing[3] = True
        else:
            steps.append([old, new, moves.seconds(entry.at), False])
    found = {one: [(new, at) for _o, new, at, void in told[one] if not void] for one in ids}
    for record in Query(SYSTEM, world.visits).fetch(sorted(ids)):
        stage = record.values[world.visits.field("state").id]
        if not told[record.id] and stage is not None:
            made = record.values[world.visits.field("created_at").id]
            found[record.id] = [(stage, moves.seconds(datetime.fromisoformat(made)))]
    return found


def inside(second: int, days) -> bool:
    if days is None:
        return True
    first, after = (moves.seconds(clock.day_range(one, worlds.ZONE)[0]) for one in days)
    return first <= second < after


def expected(found, steps, days):
    """The funnel of `stages.funnel` as ``{(stage, what): ids}``."""
    told = defaultdict(set)
    for record, path in found.items():
        for place, stage in enumerate(steps):
            begun = [n for n, (s, at) in enumerate(path) if s == stage and inside(at, days)]
            if not begun:
                continue
            after = [steps.index(s) for s, _at in path[begun[0] + 1 :] if s in steps]
            told[stage, "entered"].add(record)
            on = any(one > place for one in after)
            if on:
                told[stage, "went_on"].add(record)
            if len(steps) - 1 in [place, *after]:
                told[stage, "reached"].add(record)
            if on and place + 1 not in after:
                told[stage, "skipped"].add(record)
            if any(one < place for one in after):
                told[stage, "came_back"].add(record)
            if not on and path[-1][0] not in steps:
                told[stage, "left"].add(record)
    return told


def expected_stays(found, stage, days):
    ended, lasting = [], []
    for path in found.values():
        for (one, at), (_next, until) in pairwise(path):
            if one == stage and inside(until, days):
                ended.append(until - at)
        if path and path[-1][0] == stage:
            lasting.append(moves.seconds(NOW) - path[-1][1])
    return ended, lasting


def to_the_hour(second: int) -> int:
    size = 3_600 if second < 100 * 86_400 else 86_400
    return second // size * size


def test_numbers_are_those_of_the_log(world):
    for who in ("admin", "owner", "colleague", "head"):
        compare(world, who)
    whole = stages.funnel(Query(SYSTEM, world.visits), world.visits.field("state"), [1, 2, 3])
    assert all(one.entered for one in whole)  # a history worth counting: skips, returns, exits
    assert whole[0].skipped and whole[1].came_back and any(one.left for one in whole)
    assert models.Move.select().where(models.Move.void == True).count()  # noqa: E712 - SQL


def compare(world, who: str) -> None:
    query = Query(world.viewer(who), world.visits)
    field = world.visits.field("state")
    found = paths(world, set(query.ids()))
    assert found
    for steps in ([1, 2, 3], [1, 2], [3, 1]):
        for days in (None, PERIOD):
            told = expected(found, steps, days)
            for one in stages.funnel(query, field, steps, days):
                for what in stages.WHATS:
                    assert getattr(one, what) == len(told[one.stage, what]), (steps, what)
                    behind = stages.passed(query, field, steps, one.stage, what, days)
                    assert set(behind.ids()) == told[one.stage, what]
    for days in (None, PERIOD):
        for stay in stages.stays(query, field, [1, 2, 3], days):
            ended, lasting = expected_stays(found, stay.stage, days)
            assert (stay.ended, stay.lasting) == (len(ended), len(lasting))
            for lengths, middle, average in (
                (ended, stay.median, stay.mean),
                (lasting, stay.lasting_median, stay.lasting_mean),
            ):
                if lengths:
                    assert average == pytest.approx(mean(lengths) / 86_400)
                    assert middle == pytest.approx(median(map(to_the_hour, lengths)) / 86_400)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_hidden_stages_tell_nothing(world):
    field = world.visits.field("state")
    models.FieldRight.create(role=world.roles["staff"], field=field.id, level="hidden")
    with db.write():
        schema.changed()
    for told in (stages.funnel, stages.stays):
        with pytest.raises(Refused):
            told(Query(world.viewer("owner"), world.visits), field, [1, 2])
    assert stages.funnel(Query(world.viewer("head"), world.visits), field, [1, 2])[0].entered


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_older_database_knows_the_moves_of_its_log(world):
    from tracker.migrations import m0008_moves

    def known() -> list[tuple]:
        move = models.Move
        rows = move.select().order_by(move.record_id, move.id)
        return [(one.record_id, one.at, one.old, one.new, one.void) for one in rows]

    before = known()
    models.Move.delete().execute()
    m0008_moves.apply()
    assert known() == before
