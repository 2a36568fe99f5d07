"""People, the organisation and one's own account: who may, secrets shown once, no lock-out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.dumping import everything
from tracker import accounts, clock, invitations, models, organisation
from views.room import ADMIN, ROUTES

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own

DOORS = [name for name, door in ROUTES.items() if door.access == ADMIN]
PASSWORD = "seven rounds a day"


@pytest.fixture
def admin(site):
    """The administrator, who has a password and so can sign in."""
    accounts.set_password(site.world.people["admin"], PASSWORD)
    return site["admin"]


def path(site, name: str) -> str:
    ids = {"person_id": site.world.people["owner"].id}
    ids["department_id"] = site.world.departments["上海"].id
    rule = ROUTES[name].rule
    for key, value in ids.items():
        rule = rule.replace(f"<int:{key}>", str(value))
    return rule


def test_only_administrators_find_these_pages(site):
    people = ("owner", "head", "stranger")
    assert all(site[who] for who in people)
    before = everything()
    for name in DOORS:
        for who in people:
            send = site[who].form if "POST" in ROUTES[name].methods else site[who].get
            assert send(path(site, name)).status_code == 404, (name, who)
    assert everything() == before


@pytest.mark.parametrize("asked", ["李娜", "lina", "ln", "colleague@"])
def test_people_are_found_by_name_pinyin_and_address(site, asked):
    page = site["admin"].get(f"/people?q={asked}").text
    assert "李娜" in page and "王芳" not in page


def test_a_new_person_is_invited_and_chooses_a_password(site, admin):
    answer = admin.form(
        "/people/new",
        name="新人",
        email="new@example.com",
        department=str(site.world.departments["上海"].id),
        roles=str(site.world.roles["staff"].id),
    )
    person = models.Person.get(models.Person.email == "new@example.com")
    (link,) = re.findall(r'value="(http[^"]+/invite/[^"]+)"', answer.text)
    base_url = site.app.config["SETTINGS"].base_url
    assert link.startswith(f"{base_url}/invite/")
    assert link not in admin.get(f"/people/{person.id}").text
    secret = link.rpartition("/")[2]
    assert secret not in str(everything())
    guest = site.app.test_client()
    address = f"/invite/{secret}"
    assert guest.get(address, headers={"Host": "evil.example"}).status_code == 200
    assert guest.post(address, data={"password": "short"}).status_code == 422
    assert guest.post(address, data={"password": "as short as can be"}).status_code == 303
    assert guest.get("/").status_code == 200
    assert guest.get(f"/t/{site.world.visits.id}").status_code in {200, 303}
    assert site.app.test_client().get(address).status_code == 404


def test_invitations_end(site, admin):
    person = site.world.people["owner"]
    viewer = site.world.viewer("admin")
    first, second = invitations.invite(viewer, person), invitations.invite(viewer, person)
    guest = site.app.test_client()
    assert guest.get(f"/invite/{first}").status_code == 404
    assert guest.get(f"/invite/{second}").status_code == 200
    models.Invitation.update(until=clock.now() - timedelta(seconds=1)).execute()
    assert guest.get(f"/invite/{second}").status_code == 404
    third = invitations.invite(viewer, person)
    admin.form(f"/people/{person.id}/active", active="0")
    assert guest.get(f"/invite/{third}").status_code == 404


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"name": "", "email": "x@example.com"}, "name"),
        ({"name": "X", "email": "nothing"}, "email"),
        ({"name": "X", "email": "OWNER@example.com"}, "email"),
        ({"name": "X", "email": "x@example.com", "department": "99999"}, "department"),
    ],
)
def test_refusals_stand_beside_what_was_typed(site, admin, values, wrong):
    before = everything()
    answer = admin.form("/people/new", **values)
    assert answer.status_code == 422
    assert f"person-{wrong}-error" in answer.text
    assert everything() == before
    person = site.world.people["colleague"]
    assert admin.form(f"/people/{person.id}", **values).status_code == 422
    assert everything() == before


def test_deactivating_ends_sessions_and_tokens_at_once(site, admin):
    owner, person = site["owner"], site.world.people["owner"]
    token = accounts.add_token(person, "test")
    assert owner.get("/").status_code == 200
    admin.form(f"/people/{person.id}/active", active="0")
    assert owner.get("/").headers["Location"].startswith("/sign-in")
    assert accounts.person_of_token(token) is None
    admin.form(f"/people/{person.id}/active", active="1")
    assert owner.get("/").headers["Location"].startswith("/sign-in")
    assert accounts.person_of_token(token) is None


def test_the_last_administrator_stays(site, admin):
    person = site.world.people["admin"]
    before = everything()
    answer = admin.form(f"/people/{person.id}", name=person.name, email=person.email)
    assert answer.status_code == 422 and "last administrator" in answer.text
    assert admin.form(f"/people/{person.id}/active", active="0").status_code == 422
    assert everything() == before
    other = site.world.people["head"]
    values = {"name": other.name, "email": other.email, "admin": "on"}
    admin.form(f"/people/{other.id}", **values)
    answer = admin.form(f"/people/{person.id}", name=person.name, email=person.email)
    assert answer.status_code == 422  # the other one has no password yet
    accounts.set_password(other, PASSWORD)
    answer = admin.form(f"/people/{person.id}", name=person.name, email=person.email)
    assert answer.status_code == 303


def test_another_address_signs_out(site, admin):
    person = site.world.people["owner"]
    assert site["owner"].get("/").status_code == 200
    admin.form(f"/people/{person.id}", name="王芳", email="fang@example.com")
    assert site["owner"].get("/").headers["Location"].startswith("/sign-in")


# ── the organisation ─────────────────────────────────────────────────────────


def test_the_tree_grows_moves_and_shrinks(site, admin):
    world = site.world
    south, east = world.departments["华南"], world.departments["华东"]
    admin.form("/organisation/new", name="广州", name_en="Guangzhou", parent=str(south.id))
    made = models.Department.get(models.Department.name == "广州")
    assert made.path == f"{south.path}{made.id}/"
    head = str(world.people["head"].id)
    admin.form(f"/organisation/{made.id}", name="广州分部", parent=str(east.id), heads=head)
    moved = models.Department.get_by_id(made.id)
    assert (moved.name, moved.parent_id, moved.path) == (
        "广州分部",
        east.id,
        f"{east.path}{made.id}/",
    )
    assert organisation.heads_of(made.id) == [world.people["head"].id]
    admin.form(f"/organisation/{made.id}/delete")
    assert admin.get(f"/organisation/{made.id}").status_code == 404


@pytest.mark.parametrize("act", ["under itself", "with people", "with departments", "no name"])
def test_what_the_tree_refuses(site, admin, act):
    world = site.world
    east, shanghai = world.departments["华东"], world.departments["上海"]
    before = everything()
    answer = {
        "under itself": lambda: admin.form(
            f"/organisation/{east.id}", name="新名", parent=str(shanghai.id)
        ),
        "with people": lambda: admin.form(f"/organisation/{shanghai.id}/delete"),
        "with departments": lambda: admin.form(f"/organisation/{east.id}/delete"),
        "no name": lambda: admin.form("/organisation/new", name=" "),
    }[act]()
    assert answer.status_code == 422
    assert everything() == before


# ── one's own account ────────────────────────────────────────────────────────


def test_the_password_changes_and_others_are_out(site, admin):
    person = site.world.people["admin"]
    other = accounts.start_session(person)
    wrong = {"current": "no", "password": "many good words", "again": "many good words"}
    answer = admin.form("/me/password", **wrong)
    assert answer.status_code == 422 and "me-current-error" in answer.text
    values = {**wrong, "current": PASSWORD}
    assert admin.form("/me/password", **{**values, "again": "x"}).status_code == 422
    assert admin.form("/me/password", **values).status_code == 303
    assert accounts.session_of(other) is None
    assert admin.get("/me").status_code == 200  # with the session it was given


def test_guessing_the_current_password_is_limited(site, admin):
    values = {"password": "many good words", "again": "many good words"}
    answers = [admin.form("/me/password", current=str(n), **values) for n in range(12)]
    assert answers[-1].status_code == 429


def test_tokens_are_shown_once_and_revoked(site, admin):
    answer = admin.form("/me/tokens", name="脚本")
    (secret,) = re.findall(r'value="(rnd_[^"]+)"', answer.text)
    assert accounts.person_of_token(secret) == site.world.people["admin"]
    assert secret not in admin.get("/me").text and secret not in str(everything())
    token = models.Token.get()
    assert site["owner"].form(f"/me/tokens/{token.id}/revoke").status_code == 404
    admin.form(f"/me/tokens/{token.id}/revoke")
    assert accounts.person_of_token(secret) is None
    assert admin.form("/me/tokens", name=" ").status_code == 422


def test_sessions_of_others_are_not_there(site):
    site["owner"].get("/me")
    mine = models.Session.get(models.Session.person == site.world.people["owner"])
    assert site["colleague"].form(f"/me/sessions/{mine.id}/end").status_code == 404
    assert site["owner"].form(f"/me/sessions/{mine.id}/end").status_code == 303
    assert site["owner"].get("/me").status_code == 303


def test_language_and_look(site):
    owner = site["owner"]
    owner.form("/me", name="王小芳", lang="zh", theme="dark")
    person = models.Person.get_by_id(site.world.people["owner"].id)
    assert (person.name, person.lang, person.theme) == ("王小芳", "zh", "dark")
    assert "wangxiaofang" in person.initials
    assert owner.form("/me", name="", lang="zh", theme="dark").status_code == 422
    assert owner.form("/me", name="X", lang="xx", theme="dark").status_code == 422
