"""Answers of long statements: kept while nothing they read is written, and for nobody else."""

from __future__ import annotations

import threading
from datetime import datetime
from unittest import mock

import pytest

from tests import world as worlds
from tracker import (
    clock,
    db,
    grouping,
    kept,
    limits,
    permissions,
    records,
    retype,
    rollcall,
    schema,
    tables,
)
from tracker.computed import backlog
from tracker.models import Change
from tracker.query import Query

SYSTEM = permissions.system()


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The statements that were really asked; every answer is worth keeping."""
    monkeypatch.setattr(kept, "WORTH", -1.0)
    found: list[str] = []
    real = kept._read

    def read(sql, params):
        found.append(sql)
        return real(sql, params)

    monkeypatch.setattr(kept, "_read", read)
    return found


def test_an_answer_is_kept_until_something_it_reads_is_written(database, asked):
    with db.connection():
        world = worlds.build()
        owner, colleague = world.viewer("owner"), world.viewer("colleague")
        place = world.departments["上海"].id
        by = [grouping.By(world.visits.field("company"))]

        def count(viewer):
            return sum(one.count for one in grouping.groups(Query(viewer, world.visits), by))

        world.visit("一", department=place)
        assert [count(owner), count(colleague)] == [1, 0]
        asked.clear()
        assert [count(owner), count(colleague)] == [1, 0]
        assert not asked
        with pytest.raises(ZeroDivisionError), db.write():
            world.visit("二", department=place)
            assert count(owner) == 2
            raise ZeroDivisionError  # what was seen inside never was
        assert count(owner) == 1
        world.visit("二", department=place)
        assert [count(owner), count(colleague)] == [2, 0]
        asked.clear()
        world.company("新")
        count(owner)
        assert asked  # what the links point to is read as well


def test_no_answer_outlives_the_day_or_a_change_from_the_other_side_of_a_link(database, asked):
    """What nobody writes, and what is written in another table than the one that is read."""
    with db.connection():
        world = worlds.build()
        visit = world.visit("一", day="2026-11-20")
        late = tables.add_field(
            SYSTEM, world.visits, "formula", "晚", options={"formula": "IF({日期} < TODAY(), 1, 0)"}
        )
        by = [grouping.By(world.visits.field(late.id))]

        def figure():
            return [one.keys for one in grouping.groups(Query(SYSTEM, world.visits), by)]

        def at(moment: datetime):
            with mock.patch.object(clock, "now", lambda: moment):
                backlog.follow_time(clock.now())
                backlog.work()
                return figure()

        assert at(datetime(2026, 11, 20, 4)) == [(0,)]  # noqa: DTZ001 - moments are naive UTC
        assert at(datetime(2026, 11, 21, 4)) == [(1,)]  # noqa: DTZ001

        for number in range(4):  # of an id that no alias in a statement has
            far = tables.create_table(SYSTEM, world.base, f"远{number}")
        [title] = far.fields
        told = records.create(SYSTEM, far, {title.id: "甲"}, via="test").record_id
        tables.add_field(SYSTEM, world.visits, "text", "关于", key="about")
        records.update(SYSTEM, world.visits, visit, {"about": "甲"}, via="test")
        retype.apply(SYSTEM, world.visits.field("about"), "link", {"table": far.id})
        about = world.visits.field("about")
        assert "_" in str(about.options["junction"])  # a storage of its own
        back = tables.add_pair(SYSTEM, about, "被关于")
        filled = {"field": world.visits.field("title").id, "op": "filled"}
        asked_of = (SYSTEM, world.visits.id, about.id, filled, [told])
        assert rollcall.open_items(*asked_of) == {told: 1}
        records.update(SYSTEM, schema.current().table(far.id), told, {back.id: []}, via="test")
        assert rollcall.open_items(*asked_of) == {}


def test_no_more_answers_and_rows_are_kept_than_the_limits_say(database, asked, monkeypatch):
    monkeypatch.setattr(limits, "KEPT_ANSWERS", 3)
    with db.connection():
        world = worlds.build()
        query = Query(world.viewer("owner"), world.visits)
        for number in range(1, 9):
            query.test(query.scope.model.id < number).count()
        shelf = schema.current().derived["answers"]
        assert len(shelf) == 3
        monkeypatch.setattr(limits, "KEPT_ROWS", 0)
        query.count()
        assert not shelf


def test_a_change_that_commits_late_is_noticed_on_postgresql(database):
    """Its number is lower than the latest, which therefore tells nothing."""
    if db.is_sqlite():
        pytest.skip("SQLite has one writer at a time")
    with db.connection():
        world = worlds.build()
        entry = {"table_id": world.visits.id, "record_id": 1, "rev": 1, "via": "t", "kind": "x"}
        begun, finish = threading.Event(), threading.Event()

        def late() -> None:
            with db.connection(), db.write():
                Change.create(**entry)
                begun.set()
                finish.wait(10)

        other = threading.Thread(target=late)
        other.start()
        assert begun.wait(10)
        Change.create(**entry)
        between = kept.state(world.visits)
        finish.set()
        other.join()
        assert kept.state(world.visits) != between
