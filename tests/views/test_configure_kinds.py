"""Fields of every kind in the browser, computed ones among them; links to certain records."""

from __future__ import annotations

import json

import pytest

from tracker import fieldtypes

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own


@pytest.fixture
def visits(site):
    return f"/configure/{site.world.base.id}/tables/{site.world.visits.id}"


def test_computed_fields_are_made_tried_and_refused_in_words(site, visits):
    world, admin = site.world, site["admin"]
    link, name = world.visits.field("company").id, world.companies.field("name").id
    condition = json.dumps({"field": name, "op": "contains", "value": "重庆"})
    answer = admin.form(
        f"{visits}/fields",
        type="count",
        name="渝企",
        opt_link=link,
        **{f"condition_{link}": condition},
    )
    assert answer.status_code == 303
    made = world.visits.field("渝企")
    assert made.options["condition"] == json.loads(condition)
    page = admin.get(f"{visits}?field={made.id}").text
    assert f"condition_{link}" in page and "contains" in page and "opt_scope" in page
    formula = admin.form(f"{visits}/fields", type="formula", name="倍", opt_formula="{人数}*2")
    assert formula.status_code == 303
    twice = world.visits.field("倍")
    assert "{人数}*2" in admin.get(f"{visits}?field={twice.id}").text.replace("&#34;", '"')
    assert "倍" in admin.get(f"{visits}?field={world.visits.field('people').id}").text
    wrong = admin.form(f"{visits}/fields/{twice.id}", name="倍", opt_formula="{没有}+1")
    assert wrong.status_code == 422 and "{没有}+1" in wrong.text
    around = admin.form(f"{visits}/fields/{twice.id}", name="倍", opt_formula="{倍}+1")
    assert around.status_code == 422 and "“倍” → “倍”" in around.text
    for source, told in (
        ("{人数} + 1", {"ok": True, "text": "4", "record": "东部首访"}),
        ("1 / 0", {"ok": True, "code": "#DIV/0!"}),
        ("{没有}", {"ok": False, "at": 0}),
    ):
        data = admin.post(f"{visits}/formula", json={"formula": source}).json
        assert told.items() <= data.items(), data
    assert admin.post(f"{visits}/formula", json={}).status_code == 422
    limit = {"opt_limit": condition, "name": "企业"}
    assert admin.form(f"{visits}/fields/{link}", **limit).status_code == 303
    picked = admin.get(f"/r/{world.visits.id}/pick?field={link}&q=").json
    assert [one["text"] for one in picked] == ["重庆医疗"]
    assert world.visits.field("company").options["junction"]


def test_a_field_of_each_type_can_be_added(site, visits):
    admin = site["admin"]
    extra = {
        "link": {"opt_table": site.world.companies.id, "two_way": "on", "pair_name": "反向"},
        "autonumber": {"opt_pattern": "N-{000}"},
        "button": {"opt_address": "https://a.cn/?q={title}", "opt_label": "查"},
    }
    choice = {"choices": json.dumps([{"name": "甲", "name_en": "A", "color": "teal"}])}
    link = {"opt_link": site.world.visits.field("company").id}
    behind = {f"opt_field_{link['opt_link']}": site.world.companies.field("name").id}
    extra |= {
        "count": link,
        "lookup": {**link, **behind},
        "rollup": {**link, **behind, "opt_aggregate": "counta", "opt_scope": "everyone"},
        "formula": {"opt_formula": "{人数} * 2", "opt_decimals": "1"},
    }
    for kind in (one for one in fieldtypes.registry if one.offered):
        given = {**extra.get(kind.key, {}), **(choice if "choice" in kind.key else {})}
        given |= choice if kind.key == "stage" else {}
        assert admin.get(f"{visits}?new={kind.key}").status_code == 200
        answer = admin.form(f"{visits}/fields", type=kind.key, name=f"新 {kind.key}", **given)
        assert answer.status_code == 303, (kind.key, answer.text)
        made = site.world.visits.field(f"新 {kind.key}")
        assert made.type == kind.key
        assert admin.get(f"{visits}?field={made.id}").status_code == 200
    assert site.world.companies.field("反向").options["table"] == site.world.visits.id
