"""Every page a role can reach: no fault, no complaint of the browser, no axe finding, no overflow.

On a desk and on a phone, light and dark, in both languages.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.e2e import serving

AXE = ROOT / ".setup" / "axe.min.js"
MOST_PAGES = 40
RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .map((one) => one.id + ": " + one.nodes.slice(0, 3).map((node) => node.target).join(" | "))"""
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDEST = """() => [...document.querySelectorAll("main *")].filter((one) =>
    one.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map((one) => one.className)"""
LINKS = """() => [...document.querySelectorAll("a[href]")].map((one) => one.getAttribute("href"))
    .filter((href) => /^[/](?!static|sign-out)/.test(href) && !/export|[.]xlsx|[.]csv/.test(href))
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with serving.served(tmp_path_factory.mktemp("pages") / "data") as url:
        yield url


def shape(href: str) -> str:
    """Pages of one kind count once per place: ``/r/2/17`` and ``/r/2/18`` are alike."""
    path = href.split("?")[0].split("#")[0]
    parts = path.strip("/").split("/")
    return "/".join(part for place, part in enumerate(parts) if not (part.isdigit() and place > 1))


def settle(page) -> None:
    """Until what the page fetches later stands too; charts fade in."""
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize(
    ("who", "width", "scheme", "locale"),
    [
        ("staff", 390, "light", "zh-CN"),
        ("head", 1440, "dark", "en-US"),
        ("coordinator", 1440, "light", "zh-CN"),
        ("admin", 390, "dark", "en-US"),
    ],
)
def test_every_page_is_sound_and_open_to_all(browser, address, who, width, scheme, locale):
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run make test once.")
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale=locale
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    serving.sign_in(page, address, who)
    findings: list[str] = []
    seen: set[str] = set()
    waiting = ["/"]
    while waiting and len(seen) < MOST_PAGES:
        href = waiting.pop(0)
        if shape(href) in seen:
            continue
        seen.add(shape(href))
        said.clear()
        response = page.goto(address + href)
        settle(page)
        waiting += page.evaluate(LINKS)
        if response is None or response.status >= 400:
            findings.append(f"{href}: {response.status if response else 'no answer'}")
            continue
        page.evaluate(AXE.read_text("utf-8"))
        findings += [f"{href}: {one}" for one in page.evaluate(RUN)]
        findings += [f"{href}: {one}" for one in said]
        if page.evaluate(WIDE) > 1:
            findings.append(f"{href}: wider than the screen ({page.evaluate(WIDEST)})")
    context.close()
    assert not findings, "\n".join(findings)


def test_the_first_administrator_sets_up_an_empty_installation(browser, tmp_path):
    folder = tmp_path / "empty"
    with serving.served(folder, demo=False) as address:
        link = serving.setup_link(Path(f"{folder}.log"))
        page = browser.new_page()
        page.goto(address + link)
        page.fill("#name", "管理员")
        page.fill("#email", "admin@example.com")
        page.fill("#password", "short")
        page.click("button[type=submit].btn-primary")
        assert page.input_value("#email") == "admin@example.com"
        page.fill("#password", "seven rounds a day")
        page.click("button[type=submit].btn-primary")
        page.wait_for_url(f"{address}/")
        page.goto(address + link)
        assert "/setup" not in page.url
        page.close()


def test_an_alert_is_answered_where_it_stands(browser, address):
    """On Today by a thumb, then on the record: what was typed goes along, nothing reloads."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    serving.sign_in(page, address, "staff")
    page.goto(address)
    cards = page.locator(".alert")
    first = cards.nth(0)
    for control in first.locator("button:not(.sr-only), input[name=text]").all():
        assert control.bounding_box()["height"] >= 48
    first.locator("input[name=text]").press("Enter")  # nothing typed: no choice is taken for it
    first.get_by_role("alert").wait_for()
    first.locator("input[name=text]").fill("周四上午")
    first.get_by_role("button", name="需要支持").click()
    answered = first.get_by_role("status")
    answered.wait_for()
    assert "需要支持：周四上午" in answered.inner_text()
    assert cards.nth(1).locator("form").count() == 1
    record = address + cards.nth(1).locator(".alert-q a").get_attribute("href")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(record)
    page.locator(".alert").get_by_role("button", name="已安排").click()
    page.locator(".comment-text", has_text="答复：已安排").wait_for()
    assert page.locator(".alert").get_by_role("status").is_visible()
    words = page.locator("[data-comment-form] textarea")
    words.press_sequentially("@ljg")  # 李建国, by the initials of his name
    page.locator(".mention-list [role=option]", has_text="李建国").wait_for()
    words.press("Enter")
    words.press_sequentially("一起去吗")
    words.press("Control+Enter")
    page.locator(".comment-text .mention", has_text="@李建国").wait_for()
    context.close()
