"""What a coordinator may save, and what is said about the rest before it is saved."""

from __future__ import annotations

import pytest

from forms import checking, definition
from tracker import limits, models, permissions, schema, tables
from tracker.errors import Refused

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own

SYSTEM = permissions.system()


@pytest.fixture
def check(world):
    """Problems and stored form of a definition whose questions name fields by key."""

    def run(*questions, **more):
        asked = [{**one, "field": world.visits.field(one["field"]).id} for one in questions]
        raw = {"sections": [{"questions": asked}], **more}
        return checking.examine(raw, world.visits, SYSTEM)

    return run


def names(world, problems):
    """Problems by ``key.part`` instead of ``id.part``."""
    found = {}
    for name, text in problems.items():
        field, _dot, part = name.partition(".")
        key = world.visits.by_id[int(field)].key if part else field
        found[f"{key}.{part}".rstrip(".")] = str(text)
    return found


def leaf(world, key, op="filled", **more):
    return {"field": world.visits.field(key).id, "op": op, **more}


def test_the_default_form_of_every_table_can_be_saved(world):
    for table in world.base.tables:
        stored = checking.check(definition.default_for(table), table, SYSTEM)
        assert checking.check(stored, table, SYSTEM) == stored


def test_only_known_parts_are_stored(check):
    stored, problems = check({"field": "title", "evil": 1, "names": {"en": "T", "xx": "?"}}, evil=1)
    assert not problems and "evil" not in stored
    (question,) = stored["sections"][0]["questions"]
    assert question["names"] == {"en": "T"} and "evil" not in question


def test_conditions_look_at_what_is_asked_above(world, check):
    below = {"field": "title", "show_if": leaf(world, "kind", "is", value="电话")}
    _stored, problems = check(below, {"field": "kind"})
    assert list(names(world, problems)) == ["title.show_if"]
    _stored, problems = check({"field": "kind"}, below)
    assert not problems


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ({"field": "people", "default": "many"}, "people.default"),
        ({"field": "kind", "default": 99}, "kind.default"),
        ({"field": "kind", "default": {"var": "me"}}, "kind.default"),
        ({"field": "owner", "default": {"var": "password"}}, "owner.default"),
        ({"field": "number"}, "number.field"),
        ({"field": "title", "show_if": {"field": 9999, "op": "is"}}, "title.show_if"),
        ({"field": "title", "show_if": "x"}, "title.show_if"),
    ],
)
def test_what_cannot_work_is_named(world, check, question, part):
    _stored, problems = check(question)
    assert list(names(world, problems)) == [part]


def test_good_defaults_are_kept(check):
    questions: list[dict] = [
        {"field": "owner", "default": {"var": "me"}},
        {"field": "day", "default": "today"},
        {"field": "start", "default": "now"},
        {"field": "tags", "default": [1, 3]},
        {"field": "people", "default": "3"},
        {"field": "followed", "default": True},
    ]
    stored, problems = check(*questions)
    assert not problems
    kept = [one["default"] for one in stored["sections"][0]["questions"]]
    assert kept == [one["default"] for one in questions]


def test_days_are_days_in_order(check):
    assert "open_until" in check({"field": "title"}, open_until="soon")[1]
    backwards = check({"field": "title"}, open_from="2026-11-02", open_until="2026-11-01")
    assert "open_until" in backwards[1]


def test_a_needed_field_must_be_asked_or_have_a_default(world, check):
    tables.update_field(SYSTEM, world.visits.field("title"), required=True)
    assert "missing" in check({"field": "notes"})[1]
    assert "标题" in str(check({"field": "notes"})[1]["missing"])
    assert not check({"field": "title"})[1]
    sometimes = check({"field": "kind"}, {"field": "title", "show_if": leaf(world, "kind")})
    assert list(names(world, sometimes[1])) == ["title.show_if"]
    tables.update_field(SYSTEM, world.visits.field("title"), default="拜访")
    assert not check({"field": "notes"})[1]


def test_limits_are_named(world):
    many = {"sections": [{"title": str(one)} for one in range(limits.FORM_SECTIONS + 1)]}
    with pytest.raises(Refused) as refused:
        checking.check(many, world.visits, SYSTEM)
    assert "sections" in refused.value.problems


@pytest.mark.parametrize(
    "raw",
    [
        {"sections": 7},
        {"sections": [7, None, {"questions": "x"}, {"questions": [1, {}, {"field": {}}]}]},
        {"sections": [{"title": ["x"], "names": 3, "questions": []}], "thanks": {"a": 1}},
        {"sections": [{"questions": [{"field": True}, {"field": [1]}, {"field": "1"}]}]},
    ],
)
def test_any_shape_is_read_or_refused(world, raw):
    stored, _problems = checking.examine(raw, world.visits, SYSTEM)
    form = models.Form(id=1, table=world.visits.id, name="x", definition=stored)
    assert definition.load(SYSTEM, form).sections == ()


@pytest.mark.parametrize("raw", [None, [], "x", 7])
def test_what_is_no_definition_is_refused(world, raw):
    with pytest.raises(Refused):
        checking.examine(raw, world.visits, SYSTEM)


def test_the_demo_forms_can_all_be_saved_as_they_are(database):
    from tracker import solutions

    solutions.install("coordination", demo=False)
    for form in models.Form.select():
        table = schema.current().table(form.table_id)
        stored, problems = checking.examine(form.definition, table, SYSTEM)
        assert not problems, (form.name, problems)
        asked = [one["field"] for part in stored["sections"] for one in part["questions"]]
        given = [one["field"] for part in form.definition["sections"] for one in part["questions"]]
        assert asked == given
