"""Every kind of field can be asked: shown, typed, parsed, shown again, and never as markup."""

from __future__ import annotations

import html
from html.parser import HTMLParser

import pytest
from werkzeug.datastructures import MultiDict

from forms import build, definition
from forms.definition import Question
from tests import world as worlds
from tracker import attached, fieldtypes, files, limits, models, permissions, schema, tables

SYSTEM = permissions.system()
WRITTEN = [one for one in fieldtypes.registry if one.written]
VALUES = {  # a stored value by widget
    "text": "普通 a",
    "long_text": "一\n二",
    "email": "a@b.cn",
    "phone": "021-12345678转8",
    "url": "https://a.cn/x",
    "number": -1234567,
    "date": "2026-11-21",
    "datetime": "2026-11-21 01:30:00",
    "checkbox": True,
    "choice": 2,
    "stage": 1,
    "choices": [1, 3],
    "percent": 1250,
    "progress": 4500,
    "rating": 4,
    "duration": 5400,
    "barcode": "6901234567892",
    "location": "31.2304,121.4737 人民广场",
    "recurrence": "FREQ=WEEKLY;BYDAY=MO",
}
FILE = {"digest": "0" * 64, "name": '<b>".png', "size": 3, "type": "image/png"}
NASTY = ["<script>alert(1)</script>", "\"' onfocus=x autofocus", "{{7*7}}", "{0.__class__}", "&lt;"]


class Controls(HTMLParser):
    """What a browser would send of the controls in a piece of HTML."""

    def __init__(self, markup):
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self.tags: list[tuple[str, dict]] = []
        self.area = self.text = self.select = ""
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if (
            tag == "input"
            and "name" in attrs
            and ("checked" in attrs or attrs.get("type") not in ("radio", "checkbox"))
        ):
            self.sent.append((attrs["name"], attrs.get("value") or ""))
        if tag == "select":
            self.select = attrs["name"]
        if tag == "option" and "selected" in attrs:
            self.sent.append((self.select, attrs["value"]))
        if tag == "textarea":
            self.area, self.text = attrs["name"], ""

    def handle_data(self, data):
        if self.area:
            self.text += data

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.sent.append((self.area, self.text.removeprefix("\n")))
            self.area = ""


@pytest.fixture
def world(database):
    """The small world with a table of one field of every kind that people write."""
    world = worlds.build()
    table = tables.create_table(SYSTEM, world.base, "全部", key="all")
    for kind in WRITTEN:
        options = {"choices": ["甲", "乙", "丙"], "table": world.companies.id, "precision": 2}
        fresh = schema.current().table(table.id)
        tables.add_field(SYSTEM, fresh, kind.key, kind.key, key=f"a_{kind.key}", options=options)
    return world


@pytest.fixture
def every(world):
    """The form over that table, as the administrator fills it in."""
    table = world.base.table("all")
    form = models.Form(id=1, table=table.id, name="全部", definition=definition.default_for(table))
    return definition.load(world.viewer("admin"), form)


def value_of(field, world):
    FILE["id"] = f"att{field.id:014}"
    widget = fieldtypes.get(field).widget
    made = {"person": 2, "department": 1, "link": None}
    if widget in files.WIDGETS:
        return [attached.entry(models.File.create(field_id=field.id, person_id=2, **FILE))]
    if widget == "link":
        return [world.company("重庆医疗")]
    return VALUES[widget] if widget in VALUES else made[widget]


def test_every_written_kind_has_an_input():
    assert {one.widget for one in WRITTEN} <= build.INPUTS.keys()
    made = {"person", "department", "link", *files.WIDGETS}
    assert {one.widget for one in WRITTEN} <= VALUES.keys() | made


def test_what_is_kept_is_shown_sent_and_parsed_to_the_same(world, every):
    viewer = world.viewer("admin")
    for question in every.questions:
        kept = value_of(question.field, world)
        alone = definition.Definition(1, "x", every.table, (definition.Section("", (question,)),))
        shown = build.form_class(alone, viewer)(data={build.name_of(question): kept})
        sent = Controls(str(shown.at(question)())).sent
        back = build.posted(alone, viewer, MultiDict(sent))
        assert back.validate(), (question.field.key, back.problems)
        assert back.at(question).value == kept, question.field.key
        assert Controls(str(back.at(question)())).sent == sent


def test_what_is_wrong_is_kept_beside_its_sentence(world, every):
    viewer = world.viewer("admin")
    wrong = {
        "number": "三", "currency": "一百", "date": "明天", "datetime": "soon", "email": "a@b",
        "phone": "phone", "url": "javascript:alert(1)", "single_choice": "99", "stage": "99",
        "person": "99999", "department": "99999", "link": "99999",
    }  # fmt: skip
    posted = MultiDict(
        (build.name_of(one), wrong[one.field.type])
        for one in every.questions
        if one.field.type in wrong
    )
    answers = build.posted(every, viewer, posted)
    assert not answers.validate()
    for question in every.questions:
        if question.field.type in wrong:
            answer = answers.at(question)
            assert answer.errors, question.field.key
            if question.field.type in {"number", "currency", "date", "datetime", "email"}:
                assert (build.name_of(question), wrong[question.field.type]) in Controls(
                    str(answer())
                ).sent


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_typed_becomes_markup(world, every, nasty):
    viewer = world.viewer("admin")
    posted = MultiDict((build.name_of(one), nasty) for one in every.questions)
    answers = build.posted(every, viewer, posted)
    answers.validate()
    for question in every.questions:
        markup = str(answers.at(question)())
        for tag, attrs in Controls(markup).tags:
            assert tag in {"input", "select", "option", "textarea", "div", "span", "label"} | {
                "noscript",
                "button",
            }
            assert not any(name.startswith("on") or name == "autofocus" for name in attrs)
        assert "49" not in markup


def test_options_are_meant_by_their_ids_even_where_numbers_name_them(world):
    table = world.base.table("all")
    field = tables.add_field(
        SYSTEM, table, "single_choice", "评分", key="score", options={"choices": ["3", "2", "1"]}
    )
    viewer = world.viewer("admin")
    question = Question(field, "评分")
    alone = definition.Definition(
        1, "x", schema.current().table(table.id), (definition.Section("", (question,)),)
    )
    answers = build.posted(alone, viewer, MultiDict({f"f{field.id}": "1"}))
    assert answers.validate()
    assert answers.given() == {field.id: 1} and answers.at(question).value == 1


def test_few_options_are_buttons_and_many_a_list(world):
    viewer = world.viewer("admin")
    table = world.base.table("all")
    for count in (5, 6):
        options = {"choices": [f"选项{one}" for one in range(count)]}
        field = tables.add_field(
            SYSTEM, schema.current().table(table.id), "single_choice", f"选{count}", options=options
        )
        question = Question(field, "x")
        alone = definition.Definition(
            1, "x", schema.current().table(table.id), (definition.Section("", (question,)),)
        )
        markup = str(build.fresh(alone, viewer, {}).at(question)())
        assert ("<select" in markup) is (count == 6)


def one_question(world, key, **more):
    field = world.visits.field(key)
    question = Question(field, field.name, **more)
    return question, definition.Definition(
        1, "x", world.visits, (definition.Section("", (question,)),)
    )


def named(world, who, key, text):
    question, alone = one_question(world, key)
    answers = build.posted(
        alone, world.viewer(who), MultiDict({f"f{question.field.id}.name": text})
    )
    answers.validate()
    return answers.at(question)


def test_a_name_typed_without_a_script_is_found_or_answered_with_what_is_near(world):
    first = world.company("重庆医疗")
    world.company("重庆电气")
    world.company("重庆电气")
    assert named(world, "owner", "company", "重庆医疗").value == [first]
    near = named(world, "owner", "company", "重庆").errors[0]
    assert "重庆医疗" in str(near) and "重庆电气" in str(near)
    assert named(world, "owner", "company", "重庆电气").errors
    nothing = named(world, "owner", "company", "北京").errors[0]
    assert "北京" in str(nothing) and "Near" not in str(nothing)
    assert named(world, "owner", "owner", "李娜").value == world.people["colleague"].id
    assert "王芳" in str(named(world, "owner", "owner", "王").errors[0])
    assert named(world, "owner", "department", "总部/华东").value == world.departments["华东"].id


def test_records_out_of_sight_can_neither_be_picked_nor_guessed(world):
    only = {"field": world.companies.field("name").id, "op": "contains", "value": "重庆"}
    seen, unseen = world.company("重庆医疗"), world.company("上海电气")
    models.TableRight.update(read=only).where(
        models.TableRight.table == world.companies.id
    ).execute()
    schema.changed()
    question, alone = one_question(world, "company")
    viewer = world.viewer("owner")
    assert "上海" not in str(build.fresh(alone, viewer, {}).at(question)())
    name = f"f{question.field.id}"
    for given in ({name: str(unseen)}, {f"{name}.name": "上海电气"}, {name: "99999"}):
        answers = build.posted(alone, viewer, MultiDict(given))
        assert not answers.validate()
    assert build.posted(alone, viewer, MultiDict({name: str(seen)})).validate()
    begun = build.fresh(alone, viewer, {name: str(unseen)})
    assert "上海" not in str(begun.at(question)())


def test_a_long_list_is_asked_for_by_name(world, monkeypatch):
    monkeypatch.setattr(limits, "FORM_OPTIONS", 2)
    chosen = [world.company(f"企业{number}") for number in range(4)][3]
    question, alone = one_question(world, "company")
    answers = build.fresh(alone, world.viewer("owner"), {f"f{question.field.id}": str(chosen)})
    markup = str(answers.at(question)())
    assert "data-src=" in markup and "<noscript>" in markup
    assert "企业3" in markup and "企业1" not in markup


def test_prefill_takes_what_fits_and_leaves_the_rest(world):
    day, alone = one_question(world, "day", default="2026-11-01")
    viewer = world.viewer("owner")

    def begun(raw):
        return build.fresh(alone, viewer, {f"f{day.field.id}": raw}).at(day).typed

    assert begun("2026-11-21") == ["2026-11-21"]
    assert begun("soon") == ["2026-11-01"]
    assert begun("") == []


def test_money_shows_its_sign(world):
    question, alone = one_question(world, "amount")
    markup = str(build.fresh(alone, world.viewer("admin"), {}).at(question)())
    assert html.escape("¥") in markup and 'inputmode="decimal"' in markup
