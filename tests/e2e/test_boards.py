"""Kanban, gallery and pivot by hand: cards moved and taken back, numbers opened."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e import serving

WRITES = re.compile(r"/r/\d+/\d+$")
NEWS = """([ids]) => {
    const { table } = document.querySelector("[data-kanban]").dataset;
    const detail = { table, ids, many: false };
    document.dispatchEvent(new CustomEvent("rounds:record-news", { detail }));
}"""
RESTED = "() => !document.querySelector('.card.is-saving')"


@pytest.fixture(scope="module")
def page(browser, address):
    with serving.signed_in(browser, address, "coordinator") as page:
        yield page


def open_view(page, address: str, table: str, name: str) -> str:
    page.goto(address)
    page.locator(".sidebar").get_by_role("link", name=table, exact=True).click()
    href = page.locator(".tabs .tab", has_text=name).get_attribute("href")
    page.goto(address + href)
    return href


def columns(page) -> list[str]:
    return page.locator(".kanban-column").evaluate_all("all => all.map((one) => one.dataset.name)")


def column(page, name: str):
    return page.locator(f'.kanban-column[data-name="{name}"]')


def count(page, name: str) -> int:
    return int(column(page, name).locator("[data-count]").inner_text())


def counts_are(page, counts: dict[str, int]) -> None:
    page.wait_for_function(RESTED)
    for name, many in counts.items():
        expect(column(page, name).locator("[data-count]")).to_have_text(f"{many:,}")


def stands_once(page, record: str, name: str) -> None:
    """The card stands in this column, and nowhere else."""
    page.wait_for_function(RESTED)
    expect(column(page, name).locator(f'.card[data-id="{record}"]')).to_have_count(1)
    expect(page.locator(f'.kanban .card[data-id="{record}"]')).to_have_count(1)


def grab(page, card) -> None:
    box = card.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 30, steps=4)


def drop(page, name: str) -> None:
    there = column(page, name).locator(".kanban-cards").bounding_box()
    page.mouse.move(there["x"] + 120, there["y"] + 60, steps=10)
    page.mouse.up()


def test_cards_are_dragged_moved_by_keys_and_menu_and_come_back(page, address):
    open_view(page, address, "Projects", "Project board")
    first, second = columns(page)[:2]
    before = {name: count(page, name) for name in (first, second)}
    moved = {first: before[first] - 1, second: before[second] + 1}
    card = column(page, first).locator(".card").first
    name, record = card.locator(".card-open").inner_text(), card.get_attribute("data-id")
    here = page.locator(f'.kanban .card[data-id="{record}"]')

    grab(page, card)
    drop(page, second)
    toast = page.locator(".toast", has_text=f"“{name}” is now in {second}.")
    toast.wait_for()
    stands_once(page, record, second)
    counts_are(page, moved)
    toast.get_by_text("Undo").click()
    page.locator(".toast", has_text="Undone").wait_for()
    stands_once(page, record, first)
    counts_are(page, before)

    here.locator(".card-open").focus()
    page.keyboard.press("Shift+ArrowRight")
    stands_once(page, record, second)
    counts_are(page, moved)
    expect(here.locator(".card-open")).to_be_focused()
    here.hover()
    here.locator(".card-move").click()
    page.locator("#kanban-move").get_by_role("button", name=first).click()
    stands_once(page, record, first)
    counts_are(page, before)

    field = page.locator(".kanban").get_attribute("data-field")
    held = serving.Held(page, WRITES)
    here.locator(".card-open").focus()
    page.keyboard.press("Shift+ArrowRight")
    held.go(status=422, json={"error": "No.", "problems": {field: "Not yet."}})
    page.locator(".toast", has_text="Not yet.").wait_for()
    held.end()
    stands_once(page, record, first)
    counts_are(page, before)
    page.said.clear()  # the browser notes the 422

    column(page, first).locator(".kanban-fold").click()
    page.reload()
    expect(column(page, first)).to_have_class(re.compile("is-folded"))
    column(page, first).locator(".kanban-fold").click()
    column(page, second).locator(".card-open").first.click()
    page.locator("#panel .record").wait_for()


def test_a_card_that_moves_on_before_the_server_has_answered_stands_once(page, address):
    open_view(page, address, "Projects", "Project board")
    names = columns(page)[:3]
    before = [count(page, name) for name in names]
    after = dict(zip(names, (before[0] - 1, before[1], before[2] + 1), strict=True))
    card = column(page, names[0]).locator(".card").first
    record = card.get_attribute("data-id")
    here = page.locator(f'.kanban .card[data-id="{record}"]')
    held = serving.Held(page, WRITES)
    card.locator(".card-open").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.evaluate(NEWS, [record])
    held.go()
    held.go()
    stands_once(page, record, names[2])
    page.evaluate(NEWS, [record])
    stands_once(page, record, names[2])
    counts_are(page, after)

    for status in (422, 0):  # refused; no signal: of two moves back to where it was before both
        here.locator(".card-open").focus()
        for _press in range(1 if status else 2):
            page.keyboard.press("Shift+ArrowLeft")
        page.evaluate(NEWS, [record])
        for _press in range(1 if status else 2):
            held.go(status=status, json={"error": "Not now.", "problems": {}})
        stands_once(page, record, names[2])
        counts_are(page, after)
    held.end()

    heads = serving.Held(page, re.compile("/heads"), "GET")
    page.evaluate(NEWS, [record])
    grab(page, here)
    heads.end()  # the answer comes while the card is in hand
    drop(page, names[1])
    stands_once(page, record, names[1])
    counts_are(page, {**after, names[1]: before[1] + 1, names[2]: before[2]})
    page.said.clear()  # the browser notes what was refused


RENAMED = """async ([path, before, after]) => {
    const { data } = await window.rounds.fetch(`${path}/values`);
    const [field] = Object.entries(data.cells).find(([, cell]) => cell.text === before);
    await window.rounds.fetch(path, { json: { values: { [field]: after } } });
    document.dispatchEvent(new Event("visibilitychange")); // it asks at once, not in seconds
}"""


ASKED = "(path) => performance.getEntriesByType('resource').some((one) => one.name.includes(path))"


def test_what_others_change_arrives_and_moves_nothing_in_hand(page, address):
    for table, view, links in (
        ("Projects", "Project board", ".card-open"),
        ("Projects", "Project timeline", ".tl-title"),
        ("Companies", "Company roster", ".roster-table a.name"),
    ):
        href = open_view(page, address, table, view)
        page.wait_for_function(ASKED, arg=f"{href}/data/news")
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
