"""Configuring in the browser: who may, what it does, and that a refusal changes nothing."""

from __future__ import annotations

import json

import pytest

from tests.dumping import everything
from tracker import clock, fieldtypes, models, permissions, roles, schema, tables
from tracker.query import Query
from views.room import ROUTES

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own

ROOMS = ("configure", "configure_fields", "configure_roles", "configure_types")
DOORS = [name for name in ROUTES if name.split(".")[0] in ROOMS and "new" not in name]


@pytest.fixture
def base(site):
    return f"/configure/{site.world.base.id}"


@pytest.fixture
def visits(site, base):
    return f"{base}/tables/{site.world.visits.id}"


@pytest.fixture
def staff(site, base):
    return f"{base}/roles/{site.world.roles['staff'].id}"


def path(site, name: str) -> str:
    """The address of a route with real ids in it."""
    world = site.world
    member = models.RoleMember.get(models.RoleMember.role == world.roles["staff"])
    ids = {
        "base_id": world.base.id,
        "table_id": world.visits.id,
        "field_id": world.visits.field("notes").id,
        "role_id": world.roles["staff"].id,
        "member_id": member.id,
        "automation_id": 1,
    }
    rule = ROUTES[name].rule
    for key, value in ids.items():
        rule = rule.replace(f"<int:{key}>", str(value))
    return rule


def call(site, who: str, name: str):
    browser, address = site[who], path(site, name)
    return browser.form(address) if "POST" in ROUTES[name].methods else browser.get(address)


def test_strangers_find_nothing_and_members_may_not(site):
    calls = [(name, who) for name in DOORS for who in ("owner", "head", "stranger")]
    for _name, who in calls:
        assert site[who]  # their sessions stand before the comparison
    before = everything()
    for name, who in calls:
        status = call(site, who, name).status_code
        assert status == (404 if who == "stranger" else 403), (name, who)
    assert everything() == before


def test_pages_answer_and_an_empty_form_is_no_fault(site):
    for name in DOORS:
        assert call(site, "admin", name).status_code < 500, name


def test_a_new_base_and_its_first_table(site):
    admin = site["admin"]
    made = admin.form("/configure/new", name="  客户  ", name_en="Clients").headers["Location"]
    found = schema.current().base("客户")
    assert made == f"/configure/{found.id}"
    assert found.names == {"en": "Clients"}
    answer = admin.form(f"{made}/tables", name="联系人", name_en="Contacts")
    table = schema.current().base(found.id).table("联系人")
    assert answer.headers["Location"] == f"{made}/tables/{table.id}"
    assert [one.type for one in table.fields] == ["text"]
    assert [view.kind for view in models.View.select().where(models.View.table == table.id)] == [
        "grid"
    ]
    form = models.Form.get(models.Form.table == table.id)
    assert form.definition["sections"][0]["questions"][0]["field"] == table.fields[0].id
    assert admin.get(f"/t/{table.id}").status_code == 303
    assert site["owner"].get(f"/t/{table.id}").status_code == 404


def test_only_makers_make_bases(site):
    assert site["owner"].get("/configure/new").status_code == 403
    assert site["owner"].form("/configure/new", name="X").status_code == 403


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_refused_name_keeps_what_was_typed(site, base, name):
    before = everything() if site["admin"] else {}
    answer = site["admin"].form(f"{base}/tables", name=name, name_en="Kept")
    assert answer.status_code == 422
    assert "table-name-error" in answer.text
    assert 'value="Kept"' in answer.text
    assert everything() == before


def test_the_order_of_tables_and_fields(site, base, visits):
    world, admin = site.world, site["admin"]
    reverse = [one.id for one in reversed(world.base.tables)]
    assert admin.post(f"{base}/order", json={"ids": reverse}).status_code == 200
    assert [one.id for one in world.base.tables] == reverse
    first, second = world.visits.fields[:2]
    admin.form(f"{visits}/order", move=f"down:{first.id}")
    assert [one.id for one in world.visits.fields[:2]] == [second.id, first.id]
    assert admin.form(f"{visits}/order", move="up:999999").status_code == 422
    assert admin.post(f"{visits}/order", json={"ids": "x"}).status_code == 422


def test_a_table_goes_to_the_bin_and_back(site, base, visits):
    world, admin = site.world, site["admin"]
    table = world.visits
    answer = admin.form(f"{visits}/delete")
    assert f"{base}/bin/{table.id}" in admin.get(answer.headers["Location"]).text
    assert site["owner"].get(f"/t/{table.id}").status_code == 404
    admin.form(f"{base}/bin/{table.id}")
    assert Query(world.viewer("admin"), world.visits).count() == 3
    assert admin.form(f"{base}/bin/{table.id}").status_code == 404


def test_options_keep_their_ids_when_they_are_renamed_and_ordered(site, visits):
    world, admin = site.world, site["admin"]
    field = world.visits.field("kind")
    old = {one["name"]: one["id"] for one in field.options["choices"]}
    sent = [
        {"id": "", "name": "传真", "color": "red"},
        {"id": old["电话"], "name": "来电", "name_en": "Call", "color": "blue"},
        {"id": old["上门"], "name": "上门", "color": "green"},
    ]
    admin.form(
        f"{visits}/fields/{field.id}",
        name="方式",
        choices=json.dumps(sent),
        default=str(old["电话"]),
    )
    field = world.visits.field("kind")
    found = {one["name"]: one["id"] for one in field.options["choices"]}
    assert found["来电"] == old["电话"]
    assert found["传真"] not in old.values()
    assert field.default == old["电话"]


def test_settings_are_kept_whole_or_not_at_all(site, visits):
    world, admin = site.world, site["admin"]
    field = world.visits.field("people")
    before = everything()
    answer = admin.form(
        f"{visits}/fields/{field.id}", name="新名", help="说明", opt_precision="0", default="many"
    )
    assert answer.status_code == 422
    assert "field-default-error" in answer.text and "说明" in answer.text
    assert everything() == before


def test_defaults_of_the_moment_and_the_person(site, visits):
    world, admin = site.world, site["admin"]
    for key, raw, kept in (
        ("owner", "var:me", {"var": "me"}),
        ("day", "today", "today"),
        ("start", "now", "now"),
        ("department", "var:my_department", {"var": "my_department"}),
    ):
        field = world.visits.field(key)
        assert (
            admin.form(f"{visits}/fields/{field.id}", name=field.name, default=raw).status_code
            == 303
        )
        assert world.visits.field(key).default == kept
    field = world.visits.field("day")
    assert (
        admin.form(f"{visits}/fields/{field.id}", name=field.name, default="var:me").status_code
        == 422
    )


def test_decimals_change_without_changing_what_the_values_say(site, visits):
    world, admin = site.world, site["admin"]
    amount = world.visits.field("amount")

    def said() -> list[str]:
        found = Query(world.viewer("admin"), world.visits).page(9).records
        field, context = world.visits.field("amount"), world.viewer("admin").context
        return sorted(fieldtypes.get(field).text(one[field], field, context) for one in found)

    assert "1,000.50" in " ".join(said())
    answer = admin.form(f"{visits}/fields/{amount.id}", name="金额", opt_precision="4")
    assert answer.status_code == 303
    assert "1,000.5000" in " ".join(said())
    answer = admin.form(f"{visits}/fields/{amount.id}", name="金额", opt_precision="0")
    assert answer.status_code == 422 and "opt-precision-error" in answer.text
    assert "1,000.5000" in " ".join(said())


def test_the_type_changes_after_a_report_and_back(site, visits):
    world, admin = site.world, site["admin"]
    field = world.visits.field("notes")
    page = admin.get(f"{visits}/fields/{field.id}/type?to=number").text
    assert "谈了 IPO" in page
    before = everything()
    assert admin.get(f"{visits}/fields/{field.id}/type?to=nonsense").status_code == 200
    assert everything() == before
    assert admin.form(f"{visits}/fields/{field.id}/type", to="number").status_code == 303
    assert world.visits.field("notes").type == "number"
    assert "type/undo" in admin.get(f"{visits}?field={field.id}").text
    admin.form(f"{visits}/fields/{field.id}/type/undo")
    assert world.visits.field("notes").type == "long_text"
    found = Query(world.viewer("admin"), world.visits).one(site.ids["east"])
    assert found[world.visits.field("notes")] == "谈了 IPO"


def test_the_title_field_cannot_be_deleted_before_another_is_chosen(site, visits):
    world, admin = site.world, site["admin"]
    title, notes = world.visits.field("title"), world.visits.field("notes")
    assert admin.form(f"{visits}/fields/{title.id}/delete").status_code == 422
    assert admin.form(visits, name="拜访", title=str(notes.id), sharing="rules").status_code == 303
    answer = admin.form(f"{visits}/fields/{title.id}/delete")
    assert answer.status_code == 303
    assert "gone=" in answer.headers["Location"]
    admin.form(f"/configure/{world.base.id}/bin/fields/{title.id}")
    assert world.visits.field("title").id == title.id


def test_names_only_shares_names_and_the_ticked_fields(site, visits):
    world, admin = site.world, site["admin"]
    state = world.visits.field("state")
    admin.form(
        visits,
        name="拜访",
        title=str(world.visits.field("title").id),
        sharing="names",
        names_fields=str(state.id),
    )
    found = Query(world.viewer("owner"), world.visits).one(site.ids["south"])
    assert found.title == "南部首访"
    assert found.values.get(state.id) == 1
    assert found.values.get(world.visits.field("people").id) is None


# ── roles ────────────────────────────────────────────────────────────────────


def test_a_role_opens_exactly_what_was_chosen(site, base):
    world, admin = site.world, site["admin"]
    where = admin.form(f"{base}/roles", name="观察员", name_en="Observers").headers["Location"]
    person = world.people["stranger"].id
    assert site["stranger"].get(f"/r/{world.visits.id}/{site.ids['south']}").status_code == 404
    admin.form(f"{where}/members", person=str(person))
    rule = {"all": [{"field": world.visits.field("state").id, "op": "any_of", "value": [1]}]}
    answer = admin.form(
        f"{where}/tables/{world.visits.id}",
        read_kind="some",
        read=json.dumps(rule),
        fields="hidden",
        **{f"level_{world.visits.field('title').id}": "write"},
    )
    assert answer.status_code == 303, answer.text
    found = Query(world.viewer("stranger"), world.visits).page(9).records
    assert [one.id for one in found] == [site.ids["south"]]
    assert list(permissions.access(world.viewer("stranger"), world.visits).fields) == [
        world.visits.field("title")
    ]
    assert "「状态」" in admin.get(where).text
    member = models.RoleMember.get(models.RoleMember.person == person)
    admin.form(f"{where}/members/{member.id}/remove")
    assert site["stranger"].get(f"/r/{world.visits.id}/{site.ids['south']}").status_code == 404


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"all": []}',
        '{"any": [{"all": []}]}',
        '{"records": [1]}',
        '{"not": {"all": []}}',
        '{"field": 999999, "op": "is", "value": 1}',
        '{"all": [{"field": "kind", "op": "any_of"}]}',
    ],
)
def test_a_rule_that_says_nothing_is_refused(site, staff, rule):
    before = everything() if site["admin"] else {}
    answer = site["admin"].form(
        f"{staff}/tables/{site.world.visits.id}", read_kind="some", read=rule, fields="read"
    )
    assert answer.status_code == 422
    assert "read-error" in answer.text
    assert everything() == before


def test_rights_saved_as_they_are_shown_stay_the_same(site, staff):
    """The page's own answer, sent back untouched, changes no rule."""
    world = site.world
    role, table = world.roles["staff"], world.visits
    row = roles.right(role, table)
    rules, levels = roles.rules(row), roles.levels(role, table)
    values = {"fields": row.fields}
    for action, rule in rules.items():
        kind = {True: "all", False: "none"}.get(rule, "some") if isinstance(rule, bool) else "some"
        values |= {f"{action}_kind": kind, action: json.dumps(rule)}
    values |= {f"level_{one}": level for one, level in levels.items()}
    assert site["admin"].form(f"{staff}/tables/{table.id}", **values).status_code == 303
    assert roles.rules(roles.right(role, table)) == rules
    assert roles.levels(role, table) == levels
    assert Query(world.viewer("owner"), table).count() == 2


def test_why_names_roles_rules_and_the_verdict(site):
    world, admin = site.world, site["admin"]
    asked = f"/why?person={world.people['owner'].id}&table={world.visits.id}&record="
    seen, unseen = (admin.get(asked + str(site.ids[one])).text for one in ("east", "south"))
    assert "王芳 sees this record." in seen and "my department and below" in seen
    assert "王芳 does not see this record." in unseen
    assert site["owner"].get(asked).status_code == 404
    assert site["stranger"].get("/why").status_code == 404


def test_looking_as_somebody_shows_theirs_and_changes_nothing(site):
    world, admin = site.world, site["admin"]
    assert site["owner"].form(f"/view-as/{world.people['head'].id}").status_code == 404
    admin.form(f"/view-as/{world.people['owner'].id}")
    address = f"/r/{world.visits.id}"
    assert admin.get(f"{address}/{site.ids['south']}").status_code == 404
    assert "/view-as/stop" in admin.get(f"{address}/{site.ids['east']}").text
    assert admin.get("/people").status_code == 404
    before = everything()
    sent = {"values": {site.field("notes"): "改"}, "rev": 1}
    assert admin.post(f"{address}/{site.ids['east']}", json=sent).status_code == 403
    assert admin.form("/me", name="X", lang="en", theme="dark").status_code == 403
    assert everything() == before
    admin.form("/view-as/stop")
    assert admin.get(f"{address}/{site.ids['south']}").status_code == 200


# ── access on request ────────────────────────────────────────────────────────


def test_asking_deciding_and_ending(site):
    world = site.world
    tables.update_table(permissions.system(), world.visits, options={"sharing": "ask"})
    owner, colleague, record = site["owner"], site["colleague"], site.ids["south"]
    address = f"/r/{world.visits.id}/{record}"
    assert "/access/ask" in owner.get(address).text

    def seen() -> object:
        found = Query(world.viewer("owner"), world.visits).one(record)
        return found.values.get(world.visits.field("kind").id)

    assert "南部首访" in owner.get(address).text and seen() is None
    sent = {"table": str(world.visits.id), "record": str(record)}
    assert owner.form("/access/ask", **sent, reason=" ").status_code == 422
    assert owner.form("/access/ask", **sent, reason="同一客户").status_code == 303
    assert owner.form("/access/ask", **sent, reason="再问").status_code == 422
    assert site["stranger"].form("/access/ask", **sent, reason="x").status_code == 404
    grant = models.AccessGrant.get()
    assert models.Notification.get().person_id == world.people["colleague"].id
    for who, status in (("stranger", 404), ("head", 404), ("owner", 403)):
        answer = site[who].form(f"/access/{grant.id}", answer="yes", until="2099-01-01")
        assert answer.status_code == status, who
    assert (
        colleague.form(f"/access/{grant.id}", answer="yes", until="1999-01-01").status_code == 422
    )
    today = clock.today("Asia/Shanghai").isoformat()
    assert colleague.form(f"/access/{grant.id}", answer="yes", until=today).status_code == 303
    assert seen() is not None
    assert "/access/ask" not in owner.get(address).text
    assert colleague.form(f"/access/{grant.id}/end").status_code == 303
    assert seen() is None
