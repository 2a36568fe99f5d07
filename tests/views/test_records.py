"""Records over HTTP: write, refuse, conflict, undo, delete, bin, history, pickers, paste."""

from __future__ import annotations

from typing import Any

import pytest

from tests.counting import statements
from tracker import ddl, limits, models, organisation, permissions, records, schema
from tracker.query import Query
from tracker.transfer import naming

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own


def at(site, name: str = "east") -> str:
    return f"/r/{site.world.visits.id}/{site.ids[name]}"


def value(site, name: str, key: str):
    found = Query(permissions.system(), site.world.visits).one(site.ids[name])
    return found[site.world.visits.field(key)]


def test_a_write_answers_with_fresh_cells(site):
    people, kind = site.field("people"), site.field("kind")
    answer = site["owner"].post(at(site), {"values": {people: "1,234", kind: 2}, "rev": 1})
    assert answer.status_code == 200
    body = answer.json
    assert (body["rev"], body["title"]) == (2, "东部首访")
    assert body["cells"][people] == {
        "html": "1,234",
        "text": "1,234",
        "edit": "1234",
        "value": 1234,
    }
    assert body["cells"][kind]["html"] == '<span class="tag tag-green">电话</span>'
    assert site.field("amount") not in body["cells"]  # hidden from staff
    assert models.Change.get_by_id(body["change"]).via == "page"


def test_long_texts_read_as_markdown_where_they_hold_some(site):
    notes = site.field("notes")

    def prose(text):
        return site["owner"].post(at(site), {"values": {notes: text}}).json["cells"][notes]

    assert prose("a < b\n2026-11-21")["prose"] == ""
    told = prose("## Next\n\n- **IPO** <script>x</script> [x](javascript:y) [a](https://a.cn)")
    assert "<h2>Next</h2>" in told["prose"] and "<strong>IPO</strong>" in told["prose"]
    assert "<script" not in told["prose"] and 'href="javascript' not in told["prose"]
    assert told["html"].startswith("## Next")  # plain in cells
    page = site["owner"].get(at(site)).text
    assert told["prose"] in page


def test_what_cannot_be_read_is_named_field_by_field(site):
    people, day = site.field("people"), site.field("day")
    answer = site["owner"].post(at(site), {"values": {people: "abc", day: "soon"}})
    assert answer.status_code == 422
    assert set(answer.json["problems"]) == {people, day}
    assert "abc" in answer.json["problems"][people]
    assert value(site, "east", "people") == 3


BAD_BODIES: tuple[Any, ...] = (
    None,
    [],
    {},
    {"values": []},
    {"values": {"9": {"x": 1}}, "rev": "1"},
    {"values": {"people": 1}, "rev": True},
    {"values": {"people": 10**400}},
    {"values": {"owner": 10**30}},
    {"values": {"owner": "²"}},
    {"values": {"²": 1}},
    {"values": {"company": [{}]}},
    {"values": {"start": {"a": []}}},
    {"values": {"tags": [[1]]}},
)


def test_bad_requests_are_refused_in_words(site):
    for body in BAD_BODIES:
        answer = site["admin"].post(at(site), body)
        assert answer.status_code in {400, 404, 422}, body
        assert answer.json["error"]


def test_a_hidden_field_is_as_unknown_as_none(site):
    hidden = site["owner"].post(at(site), {"values": {site.field("amount"): "1"}})
    unknown = site["owner"].post(at(site), {"values": {"9999": "1"}})
    assert (hidden.status_code, hidden.json) == (unknown.status_code, unknown.json)
    assert hidden.status_code == 404


def test_a_stranger_and_a_colleague_meet_the_same_wall(site):
    visits = site.world.visits.id
    for path in ("", "/values", "/history"):
        places = (at(site), f"/r/{visits}/99999", f"/r/{visits}/{10**25}")
        walls = [site["colleague"].get(place + path) for place in places]
        assert {wall.status_code for wall in walls} == {404}
        assert len({wall.data for wall in walls}) == 1
        assert site["stranger"].get(at(site) + path).status_code == 404


def test_two_edits_of_one_field_show_both_values(site):
    people = site.field("people")
    assert site["admin"].post(at(site), {"values": {people: 8}, "rev": 1}).status_code == 200
    answer = site["owner"].post(at(site), {"values": {people: 9}, "rev": 1})
    assert answer.status_code == 409
    assert answer.json["rev"] == 2
    assert answer.json["values"][people]["text"] == "8"
    assert value(site, "east", "people") == 8
    again = site["owner"].post(at(site), {"values": {people: 9}, "rev": answer.json["rev"]})
    assert again.status_code == 200


def test_edits_of_different_fields_merge(site):
    site["admin"].post(at(site), {"values": {site.field("people"): 8}, "rev": 1})
    answer = site["owner"].post(at(site), {"values": {site.field("notes"): "x"}, "rev": 1})
    assert answer.status_code == 200
    assert answer.json["cells"][site.field("people")]["text"] == "8"


def test_the_same_key_makes_one_record(site):
    body = {
        "values": {site.field("title"): "一次", site.field("department"): "华南"},
        "key": "once",
    }
    url = f"/r/{site.world.visits.id}/new"
    answers = [site["colleague"].post(url, body) for _ in range(2)]
    assert answers[0].json["id"] == answers[1].json["id"]
    other = site["colleague"].post(url, {**body, "values": {site.field("title"): "两次"}})
    assert other.status_code == 409


def test_undo_gives_the_old_value_back_and_only_to_its_maker(site):
    people = site.field("people")
    change = site["admin"].post(at(site), {"values": {people: 8}}).json["change"]
    assert site["owner"].post(f"/changes/{change}/undo").status_code == 403
    assert site["colleague"].post(f"/changes/{change}/undo").status_code == 404
    assert site["admin"].post(f"/changes/{10**18}/undo").status_code == 404
    answer = site["admin"].post(f"/changes/{change}/undo")
    assert answer.json["cells"][people]["text"] == "3"


def test_undo_leaves_what_others_changed_since(site):
    people = site.field("people")
    change = site["owner"].post(at(site), {"values": {people: 8}}).json["change"]
    site["admin"].post(at(site), {"values": {people: 9}})
    assert site["owner"].post(f"/changes/{change}/undo").status_code == 409
    assert value(site, "east", "people") == 9


def test_delete_goes_to_the_bin_and_comes_back(site):
    gone = site["owner"].post(f"{at(site)}/delete")
    assert gone.status_code == 200
    assert site["owner"].get(at(site)).status_code == 404
    bin_page = f"/t/{site.world.visits.id}/bin"
    assert "东部首访" in site["owner"].get(bin_page).text
    assert "东部首访" not in site["colleague"].get(bin_page).text
    assert site["colleague"].post(f"{at(site)}/restore").status_code == 404
    assert site["owner"].form(f"{at(site)}/restore").status_code == 303
    assert site["owner"].get(at(site)).status_code == 200
    assert site["owner"].post(f"{at(site, 'south')}/delete").status_code == 404


def test_history_tells_who_what_and_offers_undo_to_its_maker(site):
    site["owner"].post(at(site), {"values": {site.field("people"): 8}})
    own = site["owner"].get(f"{at(site)}/history").text
    assert "王芳" in own
    assert "<del>3</del>" in own
    assert "<ins>8</ins>" in own
    assert "data-undo-change" in own
    assert "data-undo-change" not in site["admin"].get(f"{at(site)}/history").text
    amount = site.field("amount")
    site["admin"].post(at(site), {"values": {amount: "77.70"}})
    assert "77.70" in site["admin"].get(f"{at(site)}/history").text
    assert "77.70" not in site["owner"].get(f"{at(site)}/history").text


def test_history_takes_as_many_queries_for_one_entry_as_for_thirty(site):
    company, owner = site.field("company"), site.field("owner")
    people = [site.world.people[name].id for name in ("owner", "colleague", "head")]
    site["admin"].post(at(site), {"values": {owner: people[1], company: []}})
    site["admin"].get(f"{at(site)}/history")
    with statements() as few:
        site["admin"].get(f"{at(site)}/history")
    for turn in range(15):
        site["admin"].post(at(site), {"values": {owner: people[turn % 3]}})
        site["admin"].post(at(site), {"values": {company: [site.ids["electric"]][: turn % 2]}})
    with statements() as many:
        site["admin"].get(f"{at(site)}/history")
    assert len(many) == len(few)


def test_the_panel_is_the_pages_block_byte_for_byte(site):
    panel = site["owner"].get(at(site), partial=True).text
    assert panel.strip().startswith("<article")
    assert panel in site["owner"].get(at(site)).text


def test_staff_see_no_hidden_field_on_the_page(site):
    page = site["owner"].get(at(site)).text
    assert "金额" not in page
    assert "1000.50" not in page
    assert "金额" in site["admin"].get(at(site)).text


def test_a_stray_is_shown_with_its_reason(site):
    with_stray = site.world.visit("带原文")
    model = ddl.model(site.world.visits)
    model.update(strays={site.field("day"): "下周三"}).where(model.id == with_stray).execute()
    page = site["admin"].get(f"/r/{site.world.visits.id}/{with_stray}").text
    assert "下周三" in page
    cells = site["admin"].get(f"/r/{site.world.visits.id}/{with_stray}/values").json["cells"]
    assert cells[site.field("day")]["stray"] == "下周三"
    assert "not a date" in cells[site.field("day")]["html"]


# ── pickers ──────────────────────────────────────────────────────────────────


def test_pickers_find_by_name_and_by_pinyin(site):
    url = f"/r/{site.world.visits.id}/pick?field={site.field('company')}&q="
    assert [one["text"] for one in site["owner"].get(url + "cq").json] == ["重庆医疗"]
    assert [one["text"] for one in site["owner"].get(url + "电气").json] == ["上海电气"]
    assert {one["text"] for one in site["owner"].get(url).json} == {"上海电气", "重庆医疗"}
    assert [one["text"] for one in site["owner"].get("/people/pick?q=wf").json] == ["王芳"]
    found = site["owner"].get("/departments/pick?q=hn").json
    assert [(one["text"], one["note"]) for one in found] == [("华南", "总部")]


def test_departments_have_the_name_of_the_reader_s_language_and_answer_to_each(site):
    south = models.Department.get(models.Department.name == "华南")
    organisation.rename(south.id, "华南", names={"en": "South China"})
    branch = site.field("department")
    for typed in ("South China", "华南", "总部/South China"):
        assert site["admin"].post(at(site), {"values": {branch: typed}}).status_code == 200
        cell = site["admin"].get(at(site) + "/values").json["cells"][branch]
        assert (cell["value"], cell["text"]) == (south.id, "South China")
    found = site["admin"].get("/departments/pick?q=south").json
    assert [(one["text"], one["note"]) for one in found] == [("South China", "总部")]
    assert naming.Departments().find("South China") == south.id


def test_pickers_offer_only_what_one_may_see(site):
    rule = {"field": site.world.companies.field("name").id, "op": "contains", "value": "重庆"}
    models.TableRight.update(read=rule).where(
        models.TableRight.table == site.world.companies.id
    ).execute()
    schema.changed()
    url = f"/r/{site.world.visits.id}/pick?field={site.field('company')}&q="
    assert [one["text"] for one in site["owner"].get(url).json] == ["重庆医疗"]
    link = {site.field("company"): [site.ids["electric"]]}
    assert site["owner"].post(at(site), {"values": link}).status_code == 422
    title = site.field("title")
    assert site["owner"].get(url.replace(site.field("company"), title)).status_code == 404
    assert site["stranger"].get(url).status_code == 404


# ── paste ────────────────────────────────────────────────────────────────────


def paste(site, who: str, rows: Any, key: str = "p"):
    return site[who].post(f"/r/{site.world.visits.id}/paste", {"rows": rows, "key": key})


def test_paste_writes_a_batch_and_takes_it_back(site):
    title, company = site.field("title"), site.field("company")
    rows = [{"id": site.ids["east"], "rev": 1, "values": {title: "改", company: "上海电气"}}]
    rows += [{"id": None, "values": {title: f"新{n}"}} for n in range(3)]
    answer = paste(site, "admin", rows)
    assert answer.status_code == 200
    assert len(answer.json["records"]) == 4
    assert answer.json["problems"] == []
    assert value(site, "east", "company") == [site.ids["electric"]]
    count = Query(permissions.system(), site.world.visits).count()
    assert paste(site, "admin", rows).json["batch"] == answer.json["batch"]
    assert Query(permissions.system(), site.world.visits).count() == count
    undone = site["admin"].post(f"/batches/{answer.json['batch']}/undo")
    assert (undone.json["records"], undone.json["left"]) == (4, 0)
    assert value(site, "east", "title") == "东部首访"
    assert site["admin"].post(f"/batches/{answer.json['batch']}/undo").status_code == 404
    assert site["owner"].post(f"/batches/{10**20}/undo").status_code == 404


def test_paste_leaves_what_cannot_be_and_names_it(site):
    people, day, company = site.field("people"), site.field("day"), site.field("company")
    values = {people: "many", day: "2026-12-01", company: "没有这家"}
    answer = paste(site, "admin", [{"id": site.ids["east"], "rev": 1, "values": values}])
    assert {one["field"] for one in answer.json["problems"]} == {int(people), int(company)}
    assert value(site, "east", "day") == "2026-12-01"
    assert value(site, "east", "people") == 3


def test_paste_keeps_what_others_changed_meanwhile(site):
    people, notes = site.field("people"), site.field("notes")
    site["admin"].post(at(site), {"values": {people: 8}, "rev": 1})
    values = {people: 9, notes: "neu"}
    answer = paste(site, "owner", [{"id": site.ids["east"], "rev": 1, "values": values}])
    assert [one["field"] for one in answer.json["problems"]] == [int(people)]
    assert (value(site, "east", "people"), value(site, "east", "notes")) == (8, "neu")


def test_paste_reaches_only_what_one_may_write(site):
    title, amount = site.field("title"), site.field("amount")
    rows = [{"id": site.ids[name], "rev": 1, "values": {title: "x"}} for name in ("east", "south")]
    answer = paste(site, "owner", rows)
    assert len(answer.json["records"]) == 1
    assert answer.json["problems"][0]["id"] == site.ids["south"]
    assert value(site, "south", "title") == "南部首访"
    hidden = paste(site, "owner", [{"id": site.ids["east"], "values": {amount: 1}}], key="h")
    assert hidden.status_code == 404
    quiet = paste(site, "head", [{"id": site.ids["east"], "values": {title: "y"}}], key="r")
    assert quiet.json["records"] == []
    assert quiet.json["problems"]


def test_paste_refuses_what_no_grid_sends(site):
    odd: tuple[Any, ...] = (
        None,
        [],
        {},
        [1],
        [{"values": 1}],
        [{"id": "x", "values": {}}],
        [{"id": -1, "values": {}}],
    )
    for rows in odd:
        assert paste(site, "admin", rows).status_code == 422, rows


def test_paste_has_a_limit(site, monkeypatch):
    monkeypatch.setattr(limits, "BULK_RECORDS", 2)
    rows = [{"id": None, "values": {site.field("title"): "x"}}] * 3
    assert paste(site, "admin", rows).status_code == 413


def test_records_made_elsewhere_are_told_apart_in_words(site):
    records.update(
        permissions.system(), site.world.visits, site.ids["east"], {"notes": "f"}, via="form:1"
    )
    assert "through a form" in site["admin"].get(f"{at(site)}/history").text


DEEP = "[" * 400 + "]" * 400
ODD = {  # by field; none of them may be kept so that the record cannot be read afterwards
    "tags": ["true", "[true]", "[1.5]", '["\\ud800"]', "[null, true]", DEEP],
    "kind": ["true", "[true]", "{}", DEEP],
    "company": ["true", '"²"', "[[1]]", '"\\ud800"', "1e300"],
    "owner": ["true", "false", '"²"', "[]", "-1", "1e300", '"\\u0000"'],
    "department": ["true", "{}", '"²"', '"a\\u0000b"', '"' + "x/" * 3000 + '"'],
    "title": ['"\\ud800"', DEEP, "[" * 50_000],
    "people": ["true", "1e999", "1" * 5000, '"²"'],
}


def test_odd_values_break_neither_the_answer_nor_the_record(site):
    record, table = site.ids["east"], site.world.visits.id
    headers = {"X-CSRF-Token": site["admin"].csrf, "Accept": "application/json"}
    client = site["admin"].client
    for key, values in ODD.items():
        for number, value in enumerate(values):
            cell = f'{{"{site.field(key)}": {value}}}'
            for path, body in (
                (f"/r/{table}/{record}", f'{{"values": {cell}}}'),
                (f"/r/{table}/new", f'{{"values": {cell}, "key": "{key}{number}"}}'),
                (f"/r/{table}/paste", f'{{"rows": [{{"id": {record}, "values": {cell}}}]}}'),
            ):
                given = {"data": body, "content_type": "application/json", "headers": headers}
                response = client.post(path, **given)
                assert response.status_code < 500, (path, key, value[:40])
            shown = client.get(f"/r/{table}/{record}", headers=headers)
            assert shown.status_code == 200, (key, value[:40])
    assert site["admin"].get("/inbox?before=%C2%B2").status_code == 200
    assert site["admin"].get(f"/inbox?before={'9' * 30}").status_code == 200
