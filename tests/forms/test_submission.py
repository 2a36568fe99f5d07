"""Filing: one record per key, only what is asked is written, refusals leave nothing behind."""

from __future__ import annotations

import threading

import pytest
import time_machine
from werkzeug.datastructures import MultiDict

from forms import build, definition, submission
from tracker import db, limits, models, permissions, schema, tables
from tracker.errors import Conflict, Forbidden, Refused, TooOften
from tracker.query import Query

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own

SYSTEM = permissions.system()


@pytest.fixture
def file(world, make_form):
    """File a form (by default one that asks for everything) with answers by field key."""
    kept: dict[str, models.Form] = {}

    def run(answers, *, key="", who="owner", form=None):
        form = form or kept.setdefault("form", make_form())
        viewer = world.viewer(who)
        read = definition.load(viewer, form)
        sent = MultiDict((name_in(world, one), text) for one, text in {**HERE, **answers}.items())
        return submission.submit(viewer, build.posted(read, viewer, sent), key=key)

    return run


SYSTEM_NAMES = ("id", "rev", "created_by", "owner_id", "deleted_at", "title_", "_role")
HERE = {"department": "3"}  # Shanghai: where the owner's role lets them file


def name_in(world, key):
    return f"f{world.visits.field(key).id}" if world.visits.find(key) else key


def count(world):
    return Query(SYSTEM, world.visits).count()


def dump(world):
    ours = (models.Change, models.Event, models.IdempotencyKey)
    return [count(world), *(one.select().count() for one in ours)]


def test_a_submission_is_a_record_that_says_where_it_came_from(world, file):
    saved = file({"title": "首访", "kind": "2", "tags": "1"})
    record = Query(SYSTEM, world.visits).one(saved.record_id)
    assert record[world.visits.field("title")] == "首访"
    change = models.Change.get_by_id(saved.change_id)
    assert change.via.startswith("form:") and change.person_id == world.people["owner"].id


def test_the_same_key_is_answered_as_the_first_time(world, file):
    first = file({"title": "一次"}, key="k")
    with time_machine.travel("2036-01-01"):
        assert file({"title": "一次"}, key="k") == first
    assert count(world) == 1


def test_the_same_key_with_other_answers_is_a_conflict_and_changes_nothing(world, file):
    file({"title": "一次"}, key="k")
    before = dump(world)
    with pytest.raises(Conflict):
        file({"title": "两次"}, key="k")
    assert dump(world) == before


def test_the_answer_stands_even_when_the_form_has_closed_since(world, file, make_form):
    form = make_form({"field": "title"}, {"field": "department"}, open_until="2026-11-21")
    with time_machine.travel("2026-11-21T04:00:00Z", tick=False):
        first = file({"title": "一次"}, key="k", form=form)
    with time_machine.travel("2026-11-23T04:00:00Z", tick=False):
        assert file({"title": "一次"}, key="k", form=form) == first
        with pytest.raises(Forbidden):
            file({"title": "两次"}, key="l", form=form)
    assert count(world) == 1


def test_a_refused_submission_leaves_its_key_free(world, file):
    with pytest.raises(Refused) as refused:
        file({"title": "一次", "people": "many"}, key="k")
    assert list(refused.value.problems) == [world.visits.field("people").id]
    assert count(world) == 0
    file({"title": "一次", "people": "3"}, key="k")
    assert count(world) == 1


def test_twenty_at_once_with_one_key_make_one_record(world, file):
    answers, errors = set(), []
    file({"title": "其他"}, key="other")  # the form is there before the threads start

    def send():
        try:
            with db.connection():
                answers.add(file({"title": "一次"}, key="k"))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), errors, count(world)) == (1, [], 2)


def test_only_what_is_asked_is_written(world, file, make_form):
    form = make_form({"field": "title"}, {"field": "department"})
    evil = {
        "title": "首访",
        "amount": "5",  # hidden from this role
        "notes": "不在表单上",
        "number": "7",
        **dict.fromkeys(SYSTEM_NAMES, "1"),
    }
    saved = file(evil, form=form)
    values = Query(SYSTEM, world.visits).one(saved.record_id).values
    filled = {world.visits.by_id[one].key for one, value in values.items() if value is not None}
    assert filled == {"title", "department", "number", "created_by", "created_at"}
    assert values[world.visits.field("number").id] == 1


def test_the_row_rule_decides_about_the_record(world, file):
    before = dump(world)
    with pytest.raises(Forbidden):
        file({"title": "越界", "department": str(world.departments["华南"].id)})
    assert dump(world) == before


def test_too_many_in_a_minute_are_refused_until_it_has_passed(world, file, monkeypatch):
    monkeypatch.setattr(limits, "FORM_SUBMISSIONS", 3)
    with time_machine.travel("2026-11-21T04:00:00Z", tick=False) as clock:
        for number in range(2):
            file({"title": str(number)}, key=str(number))
        with pytest.raises(Refused):
            file({"title": "x", "people": "many"})
        with pytest.raises(TooOften):
            file({"title": "4"})
        assert file({"title": "0"}, key="0")  # what was answered is answered again
        file({"title": "5", "department": str(world.departments["华南"].id)}, who="colleague")
        clock.shift(limits.FORM_WINDOW)
        file({"title": "6"})
    assert models.Attempt.select().count() <= 4  # those past the window are swept


def test_a_unique_field_is_refused_beside_its_question(world, file):
    tables.update_field(SYSTEM, world.visits.field("title"), unique=True)
    file({"title": "唯一"})
    with pytest.raises(Refused) as refused:
        file({"title": "唯一"}, key="k")
    assert list(refused.value.problems) == [world.visits.field("title").id]


def test_a_needed_field_of_the_table_that_is_hidden_is_not_named(world, file):
    tables.update_field(SYSTEM, world.visits.field("amount"), required=True)
    with pytest.raises(Refused) as refused:
        file({"title": "x"})
    assert "金额" not in str(refused.value) + str(list(refused.value.problems.values()))


def test_what_is_not_asked_falls_to_the_defaults_of_the_table(world, file, make_form):
    tables.update_field(SYSTEM, world.visits.field("owner"), default={"var": "me"}, required=True)
    tables.update_field(SYSTEM, world.visits.field("followed"), default=True)
    form = make_form({"field": "title"}, {"field": "department"}, {"field": "followed"})
    saved = file({"title": "x"}, form=form)
    values = Query(SYSTEM, world.visits).one(saved.record_id).values
    assert values[world.visits.field("owner").id] == world.people["owner"].id
    assert values[world.visits.field("followed").id] is False  # asked, and not ticked


def test_rights_that_end_meanwhile_end_the_filing(world, file):
    file({"title": "x"})
    with db.write():
        models.TableRight.update(create_rule=False).where(
            models.TableRight.table == world.visits.id
        ).execute()
        schema.changed()
    before = dump(world)
    with pytest.raises(Forbidden):
        file({"title": "y"})
    assert dump(world) == before
