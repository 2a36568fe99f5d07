"""Bars and branches by hand: a project rescheduled and put back, an objective moved and added."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e import serving

WRITES = re.compile(r"/r/\d+/\d+$")
BOX = """(chosen) => {
    const box = document.querySelector(chosen)?.getBoundingClientRect();
    return box ? {x: box.x, y: box.y, width: box.width} : null;
}"""


NEWS = """() => {
    const { table } = document.querySelector("[data-news]").dataset;
    const detail = { table, ids: [1], many: false };
    document.dispatchEvent(new CustomEvent("rounds:record-news", { detail }));
}"""
INSIDE = """() => [...document.querySelectorAll('.tl-bar.has-edges')].find((one) => {
    const box = one.getBoundingClientRect();
    return box.left > 520 && box.right < 1300;
}).dataset.key"""


def go(page, address: str, table: str, tab: str) -> None:
    page.goto(f"{address}/b/1")
    page.locator(".sidebar").get_by_role("link", name=table, exact=True).click()
    page.locator(".tabs").get_by_role("link", name=tab).click()


def drawn(page) -> None:
    """Until all that was asked for is drawn: rows move when it comes."""
    page.wait_for_function("() => !document.querySelector('.tl-scroll').ariaBusy")


def undo(page, said: str) -> None:
    """Takes back, and its toasts away: what is said next is of another step."""
    page.locator(".toast", has_text=said).last.get_by_text("Undo").click()
    page.locator(".toast", has_text="Undone").wait_for()
    page.evaluate("() => document.getElementById('toasts').replaceChildren()")


def test_a_project_is_rescheduled_by_hand(page, address):
    go(page, address, "Projects", "Project timeline")
    page.wait_for_selector(".tl-bar.is-movable")
    page.locator("button[data-zoom=year]").click()
    drawn(page)
    key = page.evaluate(INSIDE)
    chosen = f'.tl-bar[data-key="{key}"]'
    bar = page.locator(chosen)

    def box():
        return page.evaluate(BOX, chosen)

    def drag(x: float, by: float, drop: bool = True) -> None:
        drawn(page)
        at = box()
        page.mouse.move(at["x"] + x, at["y"] + 10)
        page.mouse.down()
        page.mouse.move(at["x"] + x + by, at["y"] + 12, steps=5)
        assert "days" in page.locator(".tl-tip").inner_text()  # before it is dropped
        if drop:
            page.mouse.up()
        else:
            page.keyboard.press("Escape")
            page.mouse.up()

    drawn(page)
    first = box()
    drag(first["width"] / 2, 40, drop=False)
    assert abs(box()["x"] - first["x"]) < 2  # let go, it is where it was
    with page.expect_response(WRITES) as saved:
        drag(first["width"] / 2, 40)
    assert saved.value.ok
    assert abs(box()["x"] - first["x"] - 40) < 3
    undo(page, "Moved to")
    page.wait_for_function(
        f"""() => Math.abs(document.querySelector('{chosen}').getBoundingClientRect().x
            - {first["x"]}) < 3"""
    )
    with page.expect_response(WRITES):
        drag(first["width"] - 3, 30)
    assert abs(box()["width"] - first["width"] - 30) < 3
    undo(page, "Moved to")
    moved_by_keys(page, bar, box)
    zoomed_and_folded(page, bar, key)


def moved_by_keys(page, bar, box) -> None:
    """Refused, it is back with the reason; then it is saved."""
    page.route(
        WRITES,
        lambda route: (
            route.fulfill(status=422, json={"error": "This quarter is closed.", "problems": {}})
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    drawn(page)
    before = box()
    bar.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(".toast", has_text="This quarter is closed.").wait_for()
    assert abs(box()["x"] - before["x"]) < 2
    page.unroute(WRITES)
    page.said.clear()  # the browser notes the 422
    bar.focus()
    held = serving.Held(page, WRITES)
    for _step in range(2):  # the second before the first is answered
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
    moved = box()["x"]
    with page.expect_response("**/data/bars*"):
        page.evaluate(NEWS)  # what is read meanwhile waits
    assert moved > before["x"] and abs(box()["x"] - moved) < 2
    held.go()
    held.go()
    held.end()
    page.locator(".toast", has_text="Moved to").nth(1).wait_for()
    drawn(page)
    assert abs(box()["x"] - moved) < 2


def zoomed_and_folded(page, bar, key: str) -> None:
    """The wheel zooms, one date alone is a point, a lane folds."""
    page.locator(".tl-scroll").hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_function("() => location.search.includes('zoom=quarter')")
    bar.press("e")
    page.locator("#tl-dates[open] #tl-to").fill("")
    page.locator("#tl-dates .btn-primary").click()
    page.locator(f'.tl-bar.is-point[data-key="{key}"]').wait_for()
    lane = page.locator("[data-lane]").first
    lane.press("Enter")
    expect(lane).to_have_attribute("aria-expanded", "false")
    with page.expect_response(re.compile("/data/bars")):
        page.evaluate(NEWS)
    expect(lane).to_be_focused()  # also when others have changed something


def test_an_objective_is_moved_and_given_a_part(page, address):
    go(page, address, "Objectives", "Objectives")
    row = page.locator(".hi-row")
    row.nth(4).wait_for()

    def line(name: str):
        return page.locator(".hi-row", has=page.locator(f'.hi-title[title="{name}"]'))

    def drag(name: str, to: str) -> None:
        titled = (f'.hi-row:has([title="{one}"])' for one in (name, to))
        start, end = (page.evaluate(BOX, one) for one in titled)
        page.mouse.move(start["x"] + 120, start["y"] + 12)
        page.mouse.down()
        page.mouse.move(start["x"] + 130, start["y"] + 22, steps=3)
        page.mouse.move(end["x"] + 140, end["y"] + 14, steps=6)
        page.locator(".is-target").wait_for()
        page.mouse.up()

    figure = line("推动项目落地").locator(".hi-figure").inner_text()
    drag("客户满意度回访 200 家", "推动项目落地")
    page.locator(".toast", has_text="Moved below 推动项目落地").wait_for()
    page.wait_for_function(
        f"""() => document.querySelectorAll('.hi-row[aria-level="1"] .hi-figure')[1]
            .innerText !== '{figure}'"""
    )
    undo(page, "Moved below")
    page.wait_for_function(
        f"""() => document.querySelectorAll('.hi-row[aria-level="1"] .hi-figure')[1]
            .innerText === '{figure}'"""
    )
    drag("推动项目落地", "申报与发行")
    page.locator(".toast", has_text="it would stand below itself").wait_for()
    top = line("推动项目落地")
    top.focus()
    page.keyboard.press("ArrowLeft")
    line("申报与发行").wait_for(state="detached")
    page.keyboard.press("ArrowRight")
    line("申报与发行").wait_for()
    page.keyboard.press("a")
    held = serving.Held(page, re.compile(r"/r/\d+/new$"))
    page.keyboard.type("并购 2 单")
    page.keyboard.press("Enter")
    held.wait()
    page.keyboard.type("并购 3 单")  # while the first is on its way
    held.end()
    line("并购 2 单").wait_for()
    page.keyboard.press("Enter")
    line("并购 3 单").wait_for()
    page.keyboard.press("Escape")
    line("并购 2 单").focus()
    page.keyboard.press("m")
    page.locator("#hi-find").fill("把协同做成日常")
    page.locator("[data-under]", has_text="把协同做成日常").click()
    page.locator(".toast", has_text="Moved below 把协同做成日常").wait_for()
    page.locator("#hi-dialog").wait_for(state="hidden")
    page.fill("#view-q", "首发申报")
    page.locator(".hi-row.is-grey").first.wait_for()
    line("首发申报 6 家").wait_for()  # opened down to what was found
    expect(page.locator(".hi-row:not(.is-grey)")).to_have_count(1)
