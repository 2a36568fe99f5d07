"""Kanban, gallery and pivot by hand: cards moved and taken back, numbers opened."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e import serving


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with serving.served(tmp_path_factory.mktemp("boards") / "data") as url:
        yield url


@pytest.fixture(scope="module")
def page(browser, address):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    page = context.new_page()
    page.said = []
    page.on("pageerror", lambda error: page.said.append(str(error)))
    serving.sign_in(page, address, "coordinator")
    yield page
    assert page.said == []
    context.close()


def open_view(page, address: str, table: str, name: str) -> None:
    page.goto(address)
    page.locator(".sidebar").get_by_role("link", name=table, exact=True).click()
    href = page.locator(".tabs .tab", has_text=name).get_attribute("href")
    page.goto(address + href)


def column(page, name: str):
    return page.locator(f'.kanban-column[data-name="{name}"]')


def count(page, name: str) -> int:
    return int(column(page, name).locator("[data-count]").inner_text())


def test_cards_are_dragged_moved_by_keys_and_menu_and_come_back(page, address):
    open_view(page, address, "Projects", "Project board")
    names = page.locator(".kanban-column").evaluate_all("all => all.map((one) => one.dataset.name)")
    first, second = names[:2]
    before = count(page, first), count(page, second)
    card = column(page, first).locator(".card").first
    name = card.locator(".card-open").inner_text()

    box, there = card.bounding_box(), column(page, second).locator(".kanban-cards").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 30, steps=4)
    page.mouse.move(there["x"] + 120, there["y"] + 60, steps=10)
    page.mouse.up()
    toast = page.locator(".toast", has_text=f"“{name}” is now in {second}.")
    toast.wait_for()
    page.wait_for_function("() => !document.querySelector('.card.is-saving')")
    assert column(page, second).locator(".card", has_text=name).count() == 1
    assert (count(page, first), count(page, second)) == (before[0] - 1, before[1] + 1)
    toast.get_by_text("Undo").click()
    page.locator(".toast", has_text="Undone").wait_for()
    column(page, first).locator(".card", has_text=name).wait_for()
    assert (count(page, first), count(page, second)) == before

    column(page, first).locator(".card", has_text=name).locator(".card-open").focus()
    with page.expect_response(re.compile("/heads")):
        page.keyboard.press("Shift+ArrowRight")
    moved = column(page, second).locator(".card", has_text=name)
    expect(moved.locator(".card-open")).to_be_focused()
    moved.hover()
    moved.locator(".card-move").click()
    with page.expect_response(re.compile("/heads")):
        page.locator("#kanban-move").get_by_role("button", name=first).click()
    assert (count(page, first), count(page, second)) == before

    refusal = {
        "error": "No.",
        "problems": {page.locator(".kanban").get_attribute("data-field"): "Not yet."},
    }
    page.route(re.compile(r"/r/\d+/\d+$"), lambda route: route.fulfill(status=422, json=refusal))
    column(page, first).locator(".card", has_text=name).locator(".card-open").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.locator(".toast", has_text="Not yet.").wait_for()
    assert column(page, first).locator(".card", has_text=name).count() == 1
    assert (count(page, first), count(page, second)) == before
    page.unroute(re.compile(r"/r/\d+/\d+$"))

    column(page, first).locator(".kanban-fold").click()
    page.reload()
    assert "is-folded" in column(page, first).get_attribute("class")
    column(page, first).locator(".kanban-fold").click()
    column(page, second).locator(".card-open").first.click()
    page.locator("#panel .record").wait_for()


def test_a_card_that_moves_on_before_the_server_has_answered_stands_once(page, address):
    open_view(page, address, "Projects", "Project board")
    names = page.locator(".kanban-column").evaluate_all("all => all.map((one) => one.dataset.name)")
    before = [count(page, name) for name in names[:3]]
    card = column(page, names[0]).locator(".card").first
    record = card.get_attribute("data-id")
    writes = re.compile(r"/r/\d+/\d+$")
    refused: list[bool] = []

    def slow(route):
        page.wait_for_timeout(600)
        if refused:
            route.fulfill(status=422, json={"error": "Not now.", "problems": {}})
        else:
            route.continue_()

    told = """([id]) => {
        const { table } = document.querySelector("[data-kanban]").dataset;
        const detail = { table, ids: [id], many: false };
        document.dispatchEvent(new CustomEvent("rounds:record-news", { detail }));
    }"""
    rested = "() => !document.querySelector('.card.is-saving')"
    here = page.locator(f'.kanban .card[data-id="{record}"]')
    page.route(writes, slow)
    card.locator(".card-open").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.evaluate(told, [record])
    page.wait_for_function(rested)
    with page.expect_response(re.compile("/heads")):
        page.evaluate(told, [record])
    expect(column(page, names[2]).locator(f'.card[data-id="{record}"]')).to_have_count(1)
    expect(here).to_have_count(1)
    assert [count(page, name) for name in names[:3]] == [before[0] - 1, before[1], before[2] + 1]

    refused.append(True)
    here.locator(".card-open").focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.evaluate(told, [record])
    page.locator(".toast", has_text="Not now.").wait_for()
    page.wait_for_function(rested)
    expect(here).to_have_count(1)
    expect(column(page, names[2]).locator(f'.card[data-id="{record}"]')).to_have_count(1)
    page.unroute(writes)
    assert [count(page, name) for name in names[:3]] == [before[0] - 1, before[1], before[2] + 1]


RENAMED = """async ([path, before, after]) => {
    const { data } = await window.rounds.fetch(`${path}/values`);
    const [field] = Object.entries(data.cells).find(([, cell]) => cell.text === before);
    await window.rounds.fetch(path, { json: { values: { [field]: after } } });
    document.dispatchEvent(new Event("visibilitychange")); // it asks at once, not in seconds
}"""


def test_what_others_change_arrives_and_moves_nothing_in_hand(page, address):
    for table, view, links in (
        ("Projects", "Project board", ".card-open"),
        ("Projects", "Project timeline", ".tl-title"),
        ("Companies", "Company roster", ".roster-table a.name"),
    ):
        with page.expect_response(re.compile("/data/news")):
            open_view(page, address, table, view)
        link = page.locator(links).nth(1)
        path, name = link.get_attribute("href").removesuffix("/profile"), link.inner_text()
        page.mouse.move(1420, 880)
        page.mouse.down()
        with page.expect_response(re.compile("/data/news")):
            page.evaluate(RENAMED, [path, name, f"{name} ✓"])
        page.wait_for_timeout(900)
        assert link.inner_text() == name, view  # a hand is on the page
        page.mouse.up()
        page.locator(links).first.focus()
        page.locator(links, has_text=f"{name} ✓").first.wait_for()
        held = page.evaluate("(links) => document.activeElement.matches(links)", links)
        assert held or links == ".tl-title", view


def test_a_gallery_is_made_and_brings_more_as_it_scrolls(page, address):
    open_view(page, address, "Visits", "All visits")
    page.locator(".view-new").click()
    page.locator("#dialog-body .choice", has_text="Gallery").click()
    page.locator("#dialog-body .btn-primary").click()
    page.locator(".gallery .card").first.wait_for()
    assert page.locator(".gallery .card").count() == 60
    page.locator(".gallery-cards").evaluate("one => one.scrollTo(0, one.scrollHeight)")
    page.wait_for_function("() => document.querySelectorAll('.gallery .card').length > 60")
    ids = page.locator(".gallery .card").evaluate_all("all => all.map((one) => one.dataset.id)")
    assert len(ids) == len(set(ids))
    page.locator("[popovertarget=gallery-settings]").click()
    page.select_option("#set-size", label="Small")
    page.locator("#gallery-settings .btn-primary").click()
    page.locator(".gallery-cards.is-small").wait_for()
    page.locator(".gallery .card-open").first.click()
    page.locator("#panel .record").wait_for()


def test_a_pivot_is_sorted_set_and_its_numbers_open(page, address):
    open_view(page, address, "Visits", "Branches by month")
    name = page.locator(".pivot-table tbody th").first.inner_text()
    page.locator(".pivot-table thead th").last.locator("a").click()
    page.wait_for_url(re.compile("rank=m0"))
    assert page.locator(".pivot-table tbody th").first.inner_text() != name
    page.locator("[popovertarget=pivot-settings]").click()
    page.select_option("#pivot-row2", label="Kind")
    page.select_option("select[name=m2]", label="Different Company")
    page.select_option("#pivot-share", label="Share of the row")
    page.locator("#pivot-settings .btn-primary").click()
    page.locator(".pivot-table .is-below").first.wait_for()
    assert page.locator(".pivot-table td small").first.inner_text().endswith("%")
    number = page.locator(".pivot-table tbody td a").first
    many = int(number.inner_text().replace(",", ""))
    number.click()
    page.wait_for_function(f"() => document.body.textContent.includes('{many} of ')")
