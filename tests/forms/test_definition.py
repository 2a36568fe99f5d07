"""Reading a form: what a viewer may not see or write is not asked, in their own language."""

from __future__ import annotations

import pytest
import time_machine

from forms import definition
from tracker import db, models, permissions, schema, tables

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own


def keys(read):
    return [one.field.key for one in read.questions]


def test_a_new_table_is_asked_for_all_that_people_write(world):
    asked = definition.default_for(world.visits)["sections"][0]["questions"]
    fields = [world.visits.by_id[one["field"]] for one in asked]
    written = [one for one in world.visits.fields if one.type not in COMPUTED]
    assert fields == written


COMPUTED = {"autonumber", "created_by", "created_at"}


def test_what_the_viewer_may_not_write_is_not_asked(loaded):
    assert "amount" not in keys(loaded(who="owner"))
    assert "amount" in keys(loaded(who="admin"))


def test_a_field_that_may_only_be_read_is_not_asked(world, loaded):
    with db.write():
        notes = world.visits.field("notes").id
        models.FieldRight.create(role=world.roles["staff"], field=notes, level="read")
        schema.changed()
    assert "notes" not in keys(loaded())


def test_a_field_written_once_is_asked(world, loaded):
    with db.write():
        notes = world.visits.field("notes").id
        models.FieldRight.create(role=world.roles["staff"], field=notes, level="once")
        schema.changed()
    assert "notes" in keys(loaded())


def test_links_to_a_table_that_is_closed_are_not_asked(world, loaded):
    with db.write():
        right = models.TableRight
        right.delete().where(
            right.role == world.roles["staff"], right.table == world.companies.id
        ).execute()
        schema.changed()
    assert "company" not in keys(loaded())


def test_fields_are_asked_once_and_those_that_are_gone_not_at_all(world, make_form):
    form = make_form({"field": "title"}, {"field": "title"}, {"field": "notes"})
    form.definition["sections"][0]["questions"].append({"field": 99_999})
    assert keys(definition.load(world.viewer("owner"), form)) == ["title", "notes"]


def test_words_follow_the_reader(world, make_form):
    form = make_form(
        {"field": "title", "label": "主题", "names": {"en": "Subject"}, "help": "一句话"},
        thanks="谢谢",
        thanks_names={"en": "Thanks"},
    )
    english = definition.load(world.viewer("owner", "en"), form)
    chinese = definition.load(world.viewer("owner", "zh"), form)
    assert [one.label for one in english.questions] == ["Subject"]
    assert [(one.label, one.help) for one in chinese.questions] == [("主题", "一句话")]
    assert (english.thanks, chinese.thanks) == ("Thanks", "谢谢")


def test_a_form_is_open_on_its_first_and_last_day(loaded, world):
    read = loaded({"field": "title"}, open_from="2026-11-10", open_until="2026-11-20")
    context = world.viewer("owner").context

    def closed(moment):
        with time_machine.travel(moment, tick=False):
            return read.closed(context)

    assert closed("2026-11-09T15:59:00Z") is not None  # the 9th in Shanghai
    assert closed("2026-11-09T16:00:00Z") is None
    assert closed("2026-11-20T15:59:00Z") is None
    assert "2026" not in str(closed("2026-11-20T16:01:00Z")) and closed("2026-11-20T16:01:00Z")


def test_defaults_are_those_of_the_question_then_of_the_table(world, loaded):
    me = world.people["owner"].id
    read = loaded(
        {"field": "owner", "default": {"var": "me"}},
        {"field": "kind", "default": 2},
        {"field": "department", "default": {"var": "my_department"}},
        {"field": "people", "default": "no number"},
    )
    assert [one.default for one in read.questions] == [me, 2, world.departments["上海"].id, None]


def test_the_help_of_a_field_stands_in_the_language_of_the_reader(world):
    names = {"en": " One sentence ", "xx": "?", "zh": ""}
    tables.update_field(
        permissions.system(), world.visits.field("title"), help="一句话", help_names=names
    )
    field = world.visits.field("title")
    assert field.help_names == {"en": "One sentence"}
    assert (field.help_in("en"), field.help_in("zh")) == ("One sentence", "一句话")
