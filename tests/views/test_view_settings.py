"""Saved views: options checked and stored, copies, names, sharing, the bin; who may do which."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tracker import db, models, schema
from tracker.models import View
from views import kinds

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own


@pytest.fixture
def view(site) -> View:
    """A shared grid of the visits that staff see."""
    with db.write():
        made = View.create(
            base=site.world.base.id, table=site.world.visits.id, kind="grid", name="All"
        )
        models.Role.update(views=[made.id]).where(
            models.Role.id == site.world.roles["staff"].id
        ).execute()
        schema.changed()
    return made


def options(view: View) -> dict:
    return View.get_by_id(view.id).options


def test_options_are_checked_and_merged(site, view):
    title, day = int(site.field("title")), int(site.field("day"))
    url = f"/v/{view.id}/options"
    sort = [{"field": day, "desc": True}]
    assert site["admin"].post(url, {"sort": sort, "widths": {str(title): 300}}).status_code == 200
    filter = {"field": "title", "op": "contains", "value": "x"}
    assert site["admin"].post(url, {"filter": filter, "hidden": [day]}).status_code == 200
    assert options(view) == {
        "sort": sort,
        "widths": {str(title): 300},
        "filter": {"field": title, "op": "contains", "value": "x"},  # ids, not names
        "hidden": [day],
    }


WRONG_OPTIONS: tuple[Any, ...] = (
    {"filter": {"field": "nosuch", "op": "is", "value": 1}},
    {"filter": []},
    {"sort": [{"field": 99999}]},
    {"sort": [1]},
    {"sort": "title"},
    {"hidden": [True]},
    {"hidden": "all"},
    {"order": [99999]},
    {"widths": []},
    {"widths": {"1": "wide"}},
    {"widths": {"1": True}},
    {"group": "x"},
    [],
    None,
)


def test_wrong_options_are_refused_and_nothing_is_kept(site, view):
    link = {"sort": [{"field": int(site.field("company"))}]}
    for given in (*WRONG_OPTIONS, link):
        answer = site["admin"].post(f"/v/{view.id}/options", given)
        assert answer.status_code == 422, given
        assert answer.json["error"]
    assert options(view) == {}


def test_only_those_who_may_change_a_view_store_into_it(site, view):
    url = f"/v/{view.id}/options"
    assert site["owner"].post(url, {"hidden": []}).status_code == 403
    assert site["colleague"].post(url, {"hidden": []}).status_code == 403
    assert site["head"].post(url, {"hidden": []}).status_code == 404  # not shown to heads
    assert site["stranger"].post(url, {"hidden": []}).status_code == 404
    View.update(sharing="locked").where(View.id == view.id).execute()
    assert site["admin"].post(url, {"hidden": []}).status_code == 403


def test_anybody_saves_a_view_for_themselves_as_it_stands(site, view):
    day = int(site.field("day"))
    condition = quote(json.dumps({"field": day, "op": "filled"}))
    query = f"filter={condition}&sort=-{day}&hide={site.field('notes')}"
    answer = site["owner"].form(f"/v/{view.id}/copy?{query}", name="Mine")
    made = View.get(View.name == "Mine")
    assert answer.headers["Location"] == f"/v/{made.id}"
    assert (made.sharing, made.owner_id) == ("personal", site.world.people["owner"].id)
    assert made.options["filter"] == {"field": day, "op": "filled"}
    assert made.options["sort"] == [{"field": day, "desc": True}]
    assert made.options["hidden"] == [int(site.field("notes"))]
    assert site["owner"].get(f"/v/{made.id}").status_code == 200
    assert site["colleague"].get(f"/v/{made.id}").status_code == 404
    assert site["admin"].get(f"/v/{made.id}").status_code == 404
    assert site["owner"].post(f"/v/{made.id}/options", {"hidden": []}).status_code == 200


def test_a_copy_needs_a_name_and_keeps_what_was_typed(site, view):
    answer = site["owner"].form(f"/v/{view.id}/copy?q=x", name="  ")
    assert answer.status_code == 422
    assert "A name is needed" in answer.text
    long = site["owner"].form(f"/v/{view.id}/copy", name="n" * 500)
    assert long.status_code == 422
    assert "n" * 500 in long.text


def test_new_views_of_each_kind_can_be_made_and_opened(site, view):
    for kind in kinds.registry:
        if not kind.of_table:
            continue
        answer = site["admin"].form(f"/t/{site.world.visits.id}/views", kind=kind.key, name="")
        assert answer.status_code == 303, kind.key
        assert site["admin"].get(answer.headers["Location"]).status_code == 200, kind.key
    assert View.select().where(View.kind == "grid", View.sharing == "shared").count() == 2


def test_staff_make_views_for_themselves_only(site, view):
    site["owner"].form(
        f"/t/{site.world.visits.id}/views", kind="grid", name="own", sharing="shared"
    )
    assert View.get(View.name == "own").sharing == "personal"
    assert site["stranger"].get(f"/t/{site.world.visits.id}/views/new").status_code == 404
    refused = site["owner"].form(f"/b/{site.world.base.id}/dashboards", name="x")
    assert refused.status_code == 403
    odd = site["owner"].form(f"/t/{site.world.visits.id}/views", kind="nosuch")
    assert odd.status_code == 422


def test_settings_rename_share_and_show_to_roles(site, view):
    head = site.world.roles["head"].id
    url = f"/v/{view.id}/settings"
    assert site["admin"].get(url).status_code == 200
    answer = site["admin"].form(
        url, name="全部", name_en="Everything", sharing="locked", roles=[str(head), "x", "²"]
    )
    assert answer.status_code == 303
    fresh = View.get_by_id(view.id)
    assert (fresh.name, fresh.names, fresh.sharing) == ("全部", {"en": "Everything"}, "locked")
    assert site["head"].get(f"/v/{view.id}").status_code == 200
    assert site["owner"].get(f"/v/{view.id}").status_code == 404
    wrong = site["admin"].form(url, name="", sharing="locked")
    assert wrong.status_code == 422
    assert "A name is needed" in wrong.text
    assert site["admin"].form(url, name="x", sharing="public").status_code == 422


def test_settings_are_for_owners_and_coordinators(site, view):
    for path in ("settings", "delete"):
        url = f"/v/{view.id}/{path}"
        assert site["owner"].form(url, name="x").status_code == 403
        assert site["head"].form(url, name="x").status_code == 404
    site["owner"].form(f"/v/{view.id}/copy", name="Mine")
    mine = View.get(View.name == "Mine")
    given = {"name": "Still mine", "sharing": "shared"}
    assert site["owner"].form(f"/v/{mine.id}/settings", **given).status_code == 403
    assert View.get_by_id(mine.id).sharing == "personal"
    assert site["owner"].form(f"/v/{mine.id}/settings", name="Still mine").status_code == 303


def test_a_deleted_view_comes_back(site, view):
    assert site["admin"].post(f"/v/{view.id}/delete").status_code == 200
    assert site["admin"].get(f"/v/{view.id}").status_code == 404
    assert site["owner"].post(f"/v/{view.id}/restore").status_code == 404
    assert site["admin"].post(f"/v/{view.id}/restore").json == {"href": f"/v/{view.id}"}
    assert site["admin"].get(f"/v/{view.id}").status_code == 200
    assert site["admin"].post(f"/v/{view.id}/restore").status_code == 404


def test_the_builder_tells_fields_comparisons_and_names(site, view):
    medical = site.ids["medical"]
    condition = {"field": int(site.field("company")), "op": "has_any", "value": [medical, 9999]}
    url = f"/v/{view.id}/builder?filter={quote(json.dumps(condition))}"
    told = site["owner"].get(url).json
    assert told["filter"] == condition
    assert told["names"][site.field("company")] == {str(medical): "重庆医疗"}
    families = {one["family"] for one in told["fields"]}
    assert all(told["ops"][family] for family in families)
    assert site.field("amount") not in [str(one["id"]) for one in told["fields"]]
    assert site["stranger"].get(url).status_code == 404


def test_the_saved_filter_can_be_left_aside(site, view):
    nothing = {"field": int(site.field("title")), "op": "is", "value": "nowhere"}
    site["admin"].post(f"/v/{view.id}/options", {"filter": nothing})
    assert site["admin"].get(f"/v/{view.id}/data/size").json["shown"] == 0
    assert site["admin"].get(f"/v/{view.id}/data/size?saved=0").json["shown"] == 3
    assert site["owner"].get(f"/v/{view.id}/data/size?saved=0").json["shown"] == 2


def test_the_menu_offers_what_one_may(site, view):
    assert "/settings" in site["admin"].get(f"/v/{view.id}/menu").text
    own = site["owner"].get(f"/v/{view.id}/menu").text
    assert "/settings" not in own
    assert "/configure" not in own
    assert "/copy" in own


def test_a_view_is_exported_as_it_stands_by_those_who_may(site, view):
    with db.write():
        models.Role.update(views=[view.id]).execute()
        schema.changed()
    kind, notes = site.field("kind"), site.field("notes")
    first = quote(json.dumps({"field": int(kind), "op": "any_of", "value": [1]}))
    url = f"/v/{view.id}/export.csv?filter={first}&hide={notes}"
    answer = site["head"].get(url)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    text = answer.data.decode("utf-8-sig")
    assert "东部首访" in text
    assert "空白" not in text
    assert "纪要" not in text
    assert "南部首访" not in site["head"].get(f"/v/{view.id}/export.csv").data.decode("utf-8-sig")
    assert site["head"].get(f"/v/{view.id}/export.xlsx").data[:2] == b"PK"
    assert site["owner"].get(url).status_code == 403  # staff may not export
    assert site["stranger"].get(url).status_code == 404
    assert site["admin"].get(f"/v/{view.id}/export.exe").status_code == 404
    assert "export.xlsx" in site["head"].get(f"/v/{view.id}/menu").text
    assert "export.xlsx" not in site["owner"].get(f"/v/{view.id}/menu").text
