"""Show-if on the server: hidden questions are neither needed nor written."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from forms import build, showif
from tracker import db, models, schema


@pytest.fixture
def post(world, loaded):
    """Validated answers; questions and answers name fields by key."""

    def run(questions, answers, who="owner"):
        read = loaded(*questions, who=who)
        sent = MultiDict((f"f{world.visits.field(key).id}", text) for key, text in answers.items())
        posted = build.posted(read, world.viewer(who), sent)
        posted.validate()
        return posted

    return run


def leaf(world, key, op="filled", **more):
    return {"field": world.visits.field(key).id, "op": op, **more}


def keys(world, ids):
    return {world.visits.by_id[one].key for one in ids}


def test_what_is_hidden_is_neither_needed_nor_kept(world, post):
    by_phone = leaf(world, "kind", "is", value="电话")
    questions = [
        {"field": "kind"},
        {"field": "notes", "required": True, "show_if": by_phone},
        {"field": "people", "show_if": by_phone},
    ]
    hidden = post(questions, {"kind": "1", "notes": "打字", "people": "three"})
    assert not hidden.problems
    assert keys(world, hidden.given()) == {"kind"}
    shown = post(questions, {"kind": "2", "people": "three"})
    assert keys(world, shown.problems) == {"notes", "people"}
    assert keys(world, shown.given()) == {"kind", "notes", "people"}


def test_what_depends_on_a_hidden_answer_sees_it_empty(world, post):
    questions = [
        {"field": "kind"},
        {"field": "people", "show_if": leaf(world, "kind", "is", value="电话")},
        {"field": "notes", "show_if": leaf(world, "people", "gt", value="2")},
    ]
    assert keys(world, post(questions, {"kind": "2", "people": "3"}).given()) == {
        "kind", "people", "notes",
    }  # fmt: skip
    assert keys(world, post(questions, {"kind": "1", "people": "3"}).given()) == {"kind"}


def test_what_is_asked_below_counts_as_empty(world, post):
    questions = [
        {"field": "notes", "show_if": leaf(world, "title")},
        {"field": "title"},
    ]
    assert keys(world, post(questions, {"title": "有", "notes": "有"}).given()) == {"title"}


def test_a_question_not_asked_of_this_person_counts_as_empty(world, post):
    questions = [
        {"field": "amount"},
        {"field": "notes", "show_if": leaf(world, "amount", "empty")},
    ]
    assert keys(world, post(questions, {"amount": "5"}, who="owner").given()) == {"notes"}
    assert keys(world, post(questions, {"amount": "5"}, who="admin").given()) == {"amount"}


def test_a_variable_that_stands_for_nobody_hides(world, post):
    mine = leaf(world, "department", "any_of", value=[{"var": "headed_departments"}])
    questions = [{"field": "department"}, {"field": "notes", "show_if": {"not": mine}}]
    east = str(world.departments["上海"].id)
    assert keys(world, post(questions, {"department": east}).given()) == {"department"}


def test_a_condition_on_a_field_that_is_gone_asks(world, post):
    gone = leaf(world, "kind", "is", value="电话")
    with db.write():
        kind = world.visits.field("kind").id
        models.Field.update(deleted_at="2026-01-01").where(models.Field.id == kind).execute()
        schema.changed()
    questions = [{"field": "notes", "show_if": gone}]
    assert keys(world, post(questions, {"notes": "有"}).given()) == {"notes"}


def test_the_browser_gets_conditions_with_everything_resolved(world, loaded):
    me = world.people["owner"].id
    read = loaded(
        {"field": "owner"},
        {"field": "start"},
        {"field": "people"},
        {
            "field": "notes",
            "show_if": {
                "all": [
                    leaf(world, "owner", "is", value={"var": "me"}),
                    leaf(world, "start", "on", value="2026-11-21"),
                    leaf(world, "people", "ge", value="1,000"),
                    leaf(world, "amount", "empty"),
                ]
            },
        },
    )
    viewer = world.viewer("owner")
    answers = build.fresh(read, viewer, {})
    question = list(read.questions)[-1]
    owner, start, people, amount = answers.show_if(question)["all"]
    assert (owner["op"], owner["v"]) == ("is", me)
    assert start["v"] == ["2026-11-21 00:00:00", "2026-11-22 00:00:00"]
    assert people["v"] == "1000"
    assert amount is True  # not asked of this person, so empty
    assert showif.fields_of(question.show_if) == {
        world.visits.field(key).id for key in ("owner", "start", "people", "amount")
    }
