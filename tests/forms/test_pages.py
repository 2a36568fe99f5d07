"""Forms over HTTP: who gets in, what a refusal keeps, what comes after; the designer's doors."""

from __future__ import annotations

import re

import pytest
import time_machine
from flask.testing import FlaskClient

from tests.counting import statements
from tests.forms.conftest import form_of
from tracker import db, definitions, limits, models, permissions, records, schema, tables
from tracker.models import Form, Role
from tracker.query import Query

SYSTEM = permissions.system()
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own


@pytest.fixture
def form(world):
    return form_of(world)


@pytest.fixture
def post(app, sign_in, world, form):
    """Answers by field key, posted as the page would; a client may be given."""

    def run(answers, client: FlaskClient | None = None, form=form, **more):
        client = client or sign_in("owner")
        page = client.get(f"/f/{form.id}")
        sent = {"csrf_token": token(page), "key": key(page), "department": "3", **answers, **more}
        named = {name_in(world, name): text for name, text in sent.items()}
        return client.post(f"/f/{form.id}", data=named)

    return run


def name_in(world, name):
    field, _dot, part = name.partition(".")
    found = world.visits.find(field)
    return f"f{found.id}{'.' + part if part else ''}" if found else name


def token(page):
    return hidden(page, "csrf_token")


def key(page):
    return hidden(page, "key")


def hidden(page, name):
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, name
    return found[1]


def count(world):
    return Query(SYSTEM, world.visits).count()


# ── who gets in ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("colleague", 200), ("admin", 200)])
def test_those_whose_role_shows_the_form_get_it(sign_in, form, who, status):
    assert sign_in(who).get(f"/f/{form.id}").status_code == status


@pytest.mark.parametrize("path", ["/f/{0}", "/f/{0}/done", "/f/{0}/near/3?id=1"])
def test_to_a_stranger_it_is_as_if_it_were_not_there(sign_in, form, path):
    client = sign_in("stranger")
    here, nowhere = client.get(path.format(form.id)), client.get(path.format(99_999))
    assert here.status_code == nowhere.status_code == 404
    assert here.data == nowhere.data
    assert client.get(path.format(10**30)).status_code == 404


def test_a_stranger_files_nothing(sign_in, form, world):
    client = sign_in("stranger")
    csrf = client.get("/file/token").json["csrf"]
    answer = client.post(f"/f/{form.id}", data={"csrf_token": csrf, "f2": "x"})
    assert answer.status_code == 404 and count(world) == 0


def test_nobody_is_asked_to_sign_in(sign_in, form):
    for path in (f"/f/{form.id}", "/file", "/file/token", f"/configure/forms/{form.id}"):
        assert "/sign-in" in sign_in("").get(path).headers["Location"]


def test_a_role_that_shows_the_form_but_may_not_add_does_not_get_it(sign_in, form, world):
    with db.write():
        definitions.show_to_roles("forms", form.id, [world.roles["head"].id], world.base.id)
    assert sign_in("head").get(f"/f/{form.id}").status_code == 404


def test_without_the_token_of_the_page_nothing_is_filed(sign_in, form, world):
    assert sign_in("owner").post(f"/f/{form.id}", data={"f2": "x"}).status_code == 403
    assert count(world) == 0


# ── filing ───────────────────────────────────────────────────────────────────


def test_after_filing_comes_a_page_that_leads_to_the_record(post, sign_in, world):
    client = sign_in("owner")
    answer = post({"title": "首访"}, client)
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"])
    (record,) = Query(SYSTEM, world.visits).page(5).records
    assert "首访" in page.text and f'href="/r/{world.visits.id}/{record.id}"' in page.text


def test_the_page_after_shows_nothing_that_is_out_of_sight(sign_in, world, form):
    south = world.visit("南方机密", department=world.departments["华南"].id)
    client = sign_in("owner")
    page = client.get(f"/f/{form.id}/done?record={south}")
    assert page.status_code == 200 and "南方机密" not in page.text
    same = client.get(f"/f/{form.id}/done?record=99999")
    assert page.text.replace(f"record={south}", "") == same.text.replace("record=99999", "")
    for nonsense in ("x", "-1", "9" * 40, ""):
        assert sign_in("owner").get(f"/f/{form.id}/done?record={nonsense}").status_code == 200


def test_back_leads_only_to_places_of_ours(sign_in, form):
    client = sign_in("owner")
    assert 'href="/r/1/2"' in client.get(f"/f/{form.id}?back=/r/1/2").text
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"):
        assert "evil" not in client.get(f"/f/{form.id}", query_string={"back": evil}).text


def test_the_same_page_sent_twice_makes_one_record(sign_in, form, world):
    client = sign_in("owner")
    page = client.get(f"/f/{form.id}")
    sent = {"csrf_token": token(page), "key": key(page), name_in(world, "title"): "一次"}
    sent[name_in(world, "department")] = "3"
    first, second = (client.post(f"/f/{form.id}", data=sent) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert count(world) == 1
    other = client.post(f"/f/{form.id}", data={**sent, name_in(world, "title"): "两次"})
    assert other.status_code == 409 and "两次" in other.text and count(world) == 1
    assert key(other) != sent["key"]
    again = client.post(
        f"/f/{form.id}", data={**sent, "key": key(other), name_in(world, "title"): "两次"}
    )
    assert again.status_code == 303 and count(world) == 2


def test_programs_get_json(sign_in, form, world):
    client = sign_in("owner")
    csrf = client.get("/file/token").json["csrf"]
    headers = {"Accept": "application/json"}
    sent = {"csrf_token": csrf, "key": "k", name_in(world, "people"): "many"}
    wrong = client.post(f"/f/{form.id}", data=sent, headers=headers)
    assert wrong.status_code == 422
    assert list(wrong.json["problems"]) == [str(world.visits.field("people").id)]
    sent |= {name_in(world, "people"): "3", name_in(world, "department"): "3"}
    right = client.post(f"/f/{form.id}", data=sent, headers=headers)
    assert right.status_code == 200 and right.json["go"].startswith(f"/f/{form.id}/done")


# ── refusals keep everything ─────────────────────────────────────────────────


def test_each_wrong_answer_has_a_sentence_and_everything_typed_stays(post, world):
    company = world.company("重庆医疗")
    typed = {
        "title": 'a "quoted" <title>',
        "company": str(company),
        "start": "2026-11-21T09:30",
        "day": "soon",
        "people": "many",
        "kind": "2",
        "tags": ["1", "3"],
        "notes": "第一行\n第二行",
        "followed": "1",
        "owner": "4",
    }
    answer = post(typed)
    assert answer.status_code == 422 and count(world) == 0
    for name in ("day", "people"):
        assert f'id="{name_in(world, name)}-error"' in answer.text
    assert "“many” is not a number." in answer.text.replace("&#34;", '"')
    assert answer.text.count("-error&#34;") + answer.text.count('-error"') >= 2
    for kept in ("a &#34;quoted&#34; &lt;title&gt;", "2026-11-21T09:30", 'value="soon"', "第二行"):
        assert kept in answer.text, kept
    picked = (
        rf'<option[^>]*(selected[^>]*value="{company}"|value="{company}"[^>]*selected)[^>]*>重庆'
    )
    assert re.search(picked, answer.text)
    ticked = rf'<input[^>]*checked[^>]*name="{name_in(world, "tags")}"'
    assert len(re.findall(ticked, answer.text)) == 2


def test_it_speaks_the_language_of_the_person(post, world, sign_in):
    client = sign_in("owner")
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"
    assert "“many”不是数字" in post({"people": "many"}, client).text


def test_what_the_row_rule_refuses_is_said_with_everything_kept(post, world):
    answer = post({"title": "越界", "department": str(world.departments["华南"].id)})
    assert answer.status_code == 403 and "越界" in answer.text and count(world) == 0


def test_too_many_are_told_to_wait_with_everything_kept(post, world, monkeypatch):
    monkeypatch.setattr(limits, "FORM_SUBMISSIONS", 1)
    assert post({"title": "1"}).status_code == 303
    answer = post({"title": "zweitens"})
    assert answer.status_code == 429 and answer.headers["Retry-After"] == str(limits.FORM_WINDOW)
    assert "zweitens" in answer.text and count(world) == 1


def test_a_closed_form_says_since_when(post, world, sign_in):
    form = form_of(world, {"field": "title"}, {"field": "department"}, open_until="2026-11-20")
    with time_machine.travel("2026-11-22T04:00:00Z"):
        assert "closed on 11-20" in sign_in("owner").get(f"/f/{form.id}").text
        answer = post({"title": "spät"}, form=form)
        assert "closed on 11-20" in sign_in("owner").get("/file").text
    assert answer.status_code == 403 and "spät" in answer.text and count(world) == 0


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"csrf_token": "x"},
        {"kind": ["1", "2", "3"], "title": ["a", "b"]},
        {"title": "x" * 200_000},
        {"company": ["1"] * 1500},
        {"tags": ["9" * 50, "-1", "x"]},
        {"owner": "\x00", "start": "2026-13-41T99:99", "amount": "1e999999999"},
        {"key": "k" * 5000, "back": "x" * 3000},
        {"company.name": "x" * 5000, "owner.name": "%_\\", "department.name": "'; DROP TABLE"},
    ],
)
def test_any_content_is_answered_without_a_fault(app, sign_in, form, world, sent):
    client = sign_in("owner")
    csrf = client.get("/file/token").json["csrf"]
    named = {name_in(world, name): text for name, text in {"csrf_token": csrf, **sent}.items()}
    assert client.post(f"/f/{form.id}", data=named).status_code < 500
    assert client.post(f"/f/{form.id}", json=named).status_code < 500
    assert client.get(f"/f/{form.id}", query_string=named).status_code < 500


# ── what is already there ────────────────────────────────────────────────────


@time_machine.travel("2026-11-21T04:00:00Z")
def test_it_says_who_was_there_already_as_far_as_one_may_see(sign_in, world, form):
    company = world.company("重庆医疗")
    people = {name: person.id for name, person in world.people.items()}
    for day, who, where in (
        ("2026-05-03", "owner", "上海"),
        ("2026-06-01", "colleague", "华南"),
    ):
        place = world.departments[where].id
        world.visit("访", company=[company], day=day, owner=people[who], department=place)
    link = world.visits.field("company").id

    coming = world.departments["上海"].id
    for day in ("2027-01-02", "2027-01-09"):
        world.visit("约", company=[company], day=day, department=coming)

    def near(who):
        return sign_in(who).get(f"/f/{form.id}/near/{link}?id={company}").json["records"]

    assert [one["text"] for one in near("owner")] == ["05-03 Sun · 王芳", "2027-01-02 Sat"]
    assert [one["text"] for one in near("admin")] == ["06-01 Mon · 李娜", "2027-01-02 Sat"]
    assert sign_in("owner").get(f"/f/{form.id}/near/{link}?id=99999").json["records"] == []
    title = world.visits.field("title").id
    for path in (f"near/{title}?id=1", f"near/{link}?id=x", "near/99999?id=1"):
        assert sign_in("owner").get(f"/f/{form.id}/{path}").status_code == 404


def test_the_address_brings_answers_along(sign_in, world, form):
    company = world.company("重庆医疗")
    query = {
        name_in(world, "company"): company,
        name_in(world, "day"): "2026-11-21",
        name_in(world, "amount"): "777",
    }
    page = sign_in("owner").get(f"/f/{form.id}", query_string=query).text
    assert "重庆医疗</option>" in page and 'value="2026-11-21"' in page and "777" not in page


# ── lists and cost ───────────────────────────────────────────────────────────


def test_the_list_has_the_forms_one_may_file(sign_in, world, form):
    hidden = Form.create(table=world.companies.id, name="新企业", definition={})
    schema.changed()
    assert f"/f/{form.id}" in sign_in("owner").get("/file").text
    assert f"/f/{hidden.id}" not in sign_in("owner").get("/file").text
    assert f"/f/{hidden.id}" in sign_in("admin").get("/file").text
    assert "No forms for you yet" in sign_in("stranger").get("/file").text


def test_a_form_costs_the_same_for_many_companies(sign_in, world, form):
    def cost(client):
        client.get(f"/f/{form.id}")
        with statements() as sent:
            assert client.get(f"/f/{form.id}").status_code == 200
        return len(sent)

    world.company("企业")
    one = cost(sign_in("owner"))
    for number in range(30):
        world.company(f"企业 {number}")
    assert cost(sign_in("owner")) == one


# ── the designer ─────────────────────────────────────────────────────────────


DESIGNER = [
    ("GET", "/configure/{base}/forms"),
    ("POST", "/configure/forms/{form}/restore"),
    ("GET", "/configure/forms/{form}"),
    ("POST", "/configure/forms/{form}"),
    ("POST", "/configure/forms/{form}/preview"),
    ("POST", "/configure/forms/{form}/delete"),
    ("POST", "/configure/forms/new/{table}"),
]


@pytest.mark.parametrize(("method", "path"), DESIGNER)
@pytest.mark.parametrize(("who", "status"), [("owner", 403), ("stranger", 404)])
def test_only_coordinators_design(sign_in, world, form, method, path, who, status):
    client = sign_in(who)
    headers = {"X-CSRF-Token": client.get("/file/token").json["csrf"]}
    before = Form.get_by_id(form.id).definition
    if path.endswith("restore"):
        Form.update(deleted_at="2026-01-01").execute()
    address = path.format(form=form.id, table=world.visits.id, base=world.base.id)
    answer = client.open(address, method=method, headers=headers, json={"definition": {}})
    assert answer.status_code == status
    assert Form.get_by_id(form.id).definition == before and Form.select().count() == 1


@pytest.fixture
def design(sign_in):
    client = sign_in("admin")
    headers = {"X-CSRF-Token": client.get("/file/token").json["csrf"]}
    return lambda path, **body: client.post(path, json=body, headers=headers)


def test_what_is_saved_is_in_force_at_once(design, sign_in, world, form):
    questions = [{"field": world.visits.field(one).id} for one in ("notes", "department")]
    questions[0] |= {"label": "要点", "names": {"en": "Key points"}, "required": True}
    definition = {"sections": [{"title": "甲", "questions": questions}], "submit": "Los"}
    head = world.roles["head"].id
    saved = design(
        f"/configure/forms/{form.id}",
        name="新名",
        names={"en": "Renamed"},
        roles=[world.roles["staff"].id, 99_999, "x"],
        definition=definition,
    )
    assert saved.status_code == 200
    page = sign_in("owner").get(f"/f/{form.id}").text
    assert "Key points" in page and "Los" in page and "Renamed" in page
    assert name_in(world, "title") + '"' not in page
    assert form.id not in Role.get_by_id(head).forms
    assert "要点" in sign_in("admin").get(f"/configure/forms/{form.id}").text


def test_what_cannot_work_is_not_saved(design, world, form):
    tables.update_field(SYSTEM, world.visits.field("title"), required=True)
    notes = [{"field": world.visits.field("notes").id, "default": 5}]
    body = {"name": "x", "definition": {"sections": [{"questions": notes}]}}
    before = Form.get_by_id(form.id).definition
    refused = design(f"/configure/forms/{form.id}", **body)
    assert refused.status_code == 422 and "missing" in refused.json["problems"]
    told = design(f"/configure/forms/{form.id}/preview", **body).json
    assert told["problems"] == refused.json["problems"] and "纪要" in told["html"]
    assert Form.get_by_id(form.id).definition == before


@pytest.mark.parametrize("body", [{}, {"definition": 7}, {"definition": {}, "name": ""}])
def test_unreadable_designs_are_refused(design, form, body):
    assert design(f"/configure/forms/{form.id}", **body).status_code == 422


def test_a_form_can_be_made_and_thrown_away(design, sign_in, world, form):
    made = design(f"/configure/forms/new/{world.visits.id}")
    path = made.headers["Location"]
    assert made.status_code == 303 and sign_in("admin").get(path).status_code == 200
    saved = records.create(SYSTEM, world.visits, {"title": "x"}, via=f"form:{form.id}")
    assert design(f"/configure/forms/{form.id}/delete").status_code == 303
    assert sign_in("owner").get(f"/f/{form.id}").status_code == 404
    assert sign_in("admin").get(f"/configure/forms/{form.id}").status_code == 404
    assert Query(SYSTEM, world.visits).one(saved.record_id)
    assert "In the bin" in sign_in("admin").get(f"/configure/{world.base.id}/forms").text
    assert design(f"/configure/forms/{form.id}/restore").status_code == 303
    assert sign_in("admin").get(f"/f/{form.id}").status_code == 200
    assert sign_in("owner").get(f"/f/{form.id}").status_code == 404  # roles are chosen anew
    assert all(form.id not in one.forms for one in models.Role.select())
