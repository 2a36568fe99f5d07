"""A coordinator puts a dashboard together, narrows it and shares it; a stranger opens the link."""

from __future__ import annotations

import re

from tests.conftest import opened
from tracker import schema

DESK = {"viewport": {"width": 1440, "height": 900}, "is_mobile": False, "has_touch": False}
ORDER = """() => [...document.querySelectorAll("#tiles > .tile")]
    .map((one) => one.innerText.trim().split("\\n").pop())"""


def order(page) -> list[str]:
    return [one.strip() for one in page.evaluate(ORDER)]


def saved(page):
    return page.expect_response(
        lambda one: one.url.endswith("/tiles") and one.request.method == "POST"
    )


def text_tile(page, words: str) -> None:
    page.click(".dash-tools [hx-get$='/tiles/edit']")
    page.click("#tile-kind-text")
    page.fill("#tile-text", words)
    with page.expect_navigation():
        page.click("#tile-form .btn-primary")


def test_a_dashboard_is_arranged_narrowed_and_shared(visit, filing, browser):
    with opened(filing.url):
        base = schema.current().bases[0].id
        visits = next(one for one in schema.current().tables.values() if one.name == "拜访")
    page = visit(f"/configure/{base}", who="admin", locale="zh-CN", **DESK)
    page.fill("#dashboard-name", "总览")
    with page.expect_navigation():
        page.click("form[action$='/dashboards'] button")
    address = page.url.split("?")[0]
    page.goto(f"{address}?arrange=1")
    for words in ("甲", "乙"):
        text_tile(page, words)
    page.click(".dash-tools [hx-get$='/tiles/edit']")
    page.click("#tile-kind-number")
    page.fill("#tile-title", "拜访")
    page.wait_for_selector("[data-tile-preview] .tile-number")
    page.evaluate("() => { document.getElementById('tile-form').dataset.before = ''; }")
    page.select_option("#tile-table", label="拜访")
    page.wait_for_selector("#tile-form:not([data-before])")  # drawn anew
    conditions(page)
    with page.expect_navigation():
        page.click("#tile-form .btn-primary")
    assert order(page)[:2] == ["甲", "乙"]

    by_keyboard(page)
    by_hand(page)
    arranged = order(page)
    page.reload()
    assert order(page) == arranged
    fresh(page, address, f"/r/{visits.id}/new", visits.field("title").id)
    number = narrowed(page, address)
    shared(page, browser, filing, number)


def conditions(page) -> None:
    """Built in words; the figure beside them follows; what was typed before stays."""
    figure = page.locator("[data-tile-preview] .tile-number")
    page.click("[data-add-condition]")
    page.keyboard.type("没有这样的拜访")
    figure.get_by_text("0", exact=True).wait_for()
    page.click(".cond [aria-label='移除']")
    page.wait_for_function("() => document.querySelector('.tile-number').innerText.trim() !== '0'")
    assert page.input_value("#tile-title") == "拜访"


def by_keyboard(page) -> None:
    """Move, resize, take back."""
    grip = page.locator("[data-grip]").nth(1)
    grip.focus()
    with saved(page):
        page.keyboard.press("ArrowLeft")
    assert order(page)[:2] == ["乙", "甲"]
    with saved(page):
        page.keyboard.press("Shift+ArrowRight")
    assert page.locator("#tiles > .tile").first.get_attribute("data-w") == "7"
    with saved(page):
        page.keyboard.press("Control+z")
    assert page.locator("#tiles > .tile").first.get_attribute("data-w") == "6"


def by_hand(page) -> None:
    """The corner makes it larger, the grip drags it."""
    corner = page.locator("[data-corner]").first.bounding_box()
    page.mouse.move(corner["x"] + 12, corner["y"] + 12)
    page.mouse.down()
    page.mouse.move(corner["x"] + 230, corner["y"] + 130, steps=6)
    with saved(page):
        page.mouse.up()
    first = page.locator("#tiles > .tile").first
    assert int(first.get_attribute("data-w")) > 6 and int(first.get_attribute("data-h")) > 2
    before = order(page)
    from_, to = (page.locator("[data-grip]").nth(place).bounding_box() for place in (1, 0))
    page.mouse.move(from_["x"] + 10, from_["y"] + 10)
    page.mouse.down()
    page.mouse.move(to["x"] - 60, to["y"] + 30, steps=12)
    with saved(page):
        page.mouse.up()
    assert order(page) != before and sorted(order(page)) == sorted(before)


FILE = """async ([path, field]) => {
    document.querySelector(".tile.is-text").id = "kept";
    await window.rounds.fetch(path, { json: { values: { [field]: "新" }, key: "fresh-1" } });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
GREW = """(before) => document.querySelector(".tile-number").innerText.trim() === before"""


def fresh(page, address: str, path: str, title: int) -> None:
    """What was filed meanwhile appears by itself; tiles that did not change stay as they are."""
    page.goto(address)
    before = int(page.inner_text(".tile-number"))
    page.evaluate(FILE, [path, title])
    page.wait_for_function(GREW, arg=str(before + 1))
    assert page.locator("#kept").count() == 1


def narrowed(page, address: str) -> str:
    """The filter stands in the address; the figure without it."""
    page.goto(address)
    number = page.inner_text(".tile-number")
    with page.expect_navigation():
        page.select_option("#dash-period", "last_year")
    assert "period=last_year" in page.url and page.inner_text(".tile-number") == "0"
    page.goto(address)
    return number


def shared(page, browser, filing, number: str) -> None:
    """With a password; whoever has the link sees the numbers and nothing else."""
    address = page.url
    page.click("[data-view-menu]")
    page.click("#m-view [hx-get*='/links']")
    page.fill("#link-password", "open sesame now")
    page.click("#dialog button:has-text('创建链接')")
    made = page.wait_for_selector("#made-link").get_attribute("value")
    stranger = browser.new_context(locale="zh-CN").new_page()
    stranger.goto(filing.address + re.sub(r"^https?://[^/]+", "", made))
    assert "甲" not in stranger.inner_text("body")
    stranger.fill("#password", "open sesame now")
    stranger.click("button[type=submit]")
    stranger.wait_for_selector(".tile-number")
    assert stranger.inner_text(".tile-number") == number and "乙" in stranger.inner_text("body")
    assert stranger.goto(address).url.startswith(f"{filing.address}/sign-in")
    stranger.context.close()
