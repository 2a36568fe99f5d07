"""The search box: what each person finds, fragment and page, safe and in few statements."""

from __future__ import annotations

import re

from tests.counting import statements


def found(site, name: str, text: str, **more: str) -> str:
    path = f"/search?q={text}" + "".join(f"&{key}={value}" for key, value in more.items())
    answer = site[name].get(path, partial=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_owner_colleague_and_stranger_find_their_own(site):
    world, ids = site.world, site.ids
    east, south = (f"/r/{world.visits.id}/{ids[one]}" for one in ("east", "south"))
    company = f"/r/{world.companies.id}/{ids['electric']}"
    for name, text, shown, hidden in (
        ("admin", "首访", (east, south), ()),
        ("owner", "首访", (east,), (south,)),
        ("colleague", "shoufang", (south,), (east,)),
        ("owner", "sf", (east,), (south,)),
        ("stranger", "首访", (), (east, south)),
        ("owner", "shdq", (company,), (east,)),
        ("owner", "ipo", (east,), (south, company)),
    ):
        html = found(site, name, text)
        assert all(f'href="{one}"' in html for one in shown), (name, text)
        assert not any(one in html for one in hidden), (name, text)
    assert found(site, "stranger", "首访") == found(site, "stranger", "首访")
    assert site["stranger"].get(f"/search?q=x&base={world.base.id}").status_code == 404
    assert "<mark>IPO</mark>" in found(site, "owner", "ipo", base=str(world.base.id))
    picked = site["owner"].get(f"/r/{world.visits.id}/pick?field={site.field('company')}&q=shdq")
    assert [one["text"] for one in picked.json] == ["上海电气"]


def test_what_is_found_is_escaped_and_the_page_holds_the_fragment(site):
    world = site.world
    world.visit("<b>粗</b>&首访", department=world.departments["上海"].id, notes="<i>x</i>首访")
    html = found(site, "owner", "b>粗")
    assert "&lt;<mark>b&gt;粗</mark>&lt;/b&gt;&amp;首访" in html and "<b>" not in html
    page = site["owner"].get("/search?q=b>粗").get_data(as_text=True)
    assert html.strip() in page
    assert "One more letter" in found(site, "owner", "x")
    assert "Nothing found for “&lt;xyz&gt;”." in found(site, "owner", "<xyz>")
    assert found(site, "owner", "").count("<section") == 0


def test_all_results_lead_into_the_grid_and_statements_do_not_grow(site):
    world = site.world
    with statements() as few:
        found(site, "owner", "首访")
    for number in range(30):
        world.visit(f"首访{number}", department=world.departments["上海"].id, notes="首访")
    with statements() as many:
        html = found(site, "owner", "首访")
    assert len(many) <= len(few)
    assert len(re.findall(r"<li>", html)) == 5
