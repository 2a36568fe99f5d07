"""Answers of long statements: kept while nothing they read is written, and for nobody else."""

from __future__ import annotations

import threading

import pytest

from tests import world as worlds
from tracker import db, grouping, kept, limits, schema
from tracker.models import Change
from tracker.query import Query


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
