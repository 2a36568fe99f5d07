"""Every page a role can reach: no fault, no complaint of the browser, no axe finding, no overflow.

On a desk and on a phone, light and dark, in both languages.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import ROOT, opened
from tests.e2e import serving
from tracker import clock, models, permissions, schema
from tracker.query import Query

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
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pages") / "data"


@pytest.fixture(scope="module")
def address(folder):
    with serving.served(folder) as url:
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


LOCKED = {"grid": "open sesame now", "dashboard": "open sesame twice"}  # kind → password
STEPS = {  # kind → what a visitor does on its page, one after the other; what then is there
    "grid": [("[rel=next]", "table"), ("th a", "[aria-sort]")],
    "calendar": [("[rel=next]", ".shared-month"), ("[rel=prev]", ".shared-entry")],
    "timeline": [(".shared-zoom a:last-child", "[aria-current]"), ("[rel=prev]", ".shared-line")],
    "kanban": [],
    "gallery": [("[rel=next]", ".card")],
    "pivot": [("th.num a", "[aria-sort]")],
    "roster": [(".chip.is-late", ".standing")],
    "matrix": [(".fold-row", "[aria-expanded=false]"), ("[rel=prev]", "[rel=next]")],
    "hierarchy": [("[data-unfold]", "[data-level='2']")],
    "chart": [("summary", "td")],
    "dashboard": [],
}


def views_and_words(folder: Path) -> tuple[dict[str, int], int, set[str]]:
    """Kind → its first view, the grid's table, and words that only fields hidden there hold."""
    with opened(f"sqlite:///{folder}/rounds.db"):
        views = list(models.View.select().order_by(models.View.id.desc()))
        grid = next(one for one in reversed(views) if one.kind == "grid")
        table = schema.current().table(grid.table_id)
        texts = [table.by_id[one] for one in grid.options["hidden"]]
        texts = [one for one in texts if one.type == "long_text"]
        records = Query(permissions.system(), table).only(texts).page(500).records
        words = {str(record[one])[:60] for record in records for one in texts if record[one]}
    assert len(words) > 20
    return {one.kind: one.id for one in views}, grid.table_id, words


def shared_by_a_coordinator(browser, address: str, views: dict[str, int], table: int) -> dict:
    """Kind → the path of a link to a view of it; some with a password."""
    context = browser.new_context()
    page = context.new_page()
    serving.sign_in(page, address, "coordinator")
    csrf = page.get_attribute("meta[name=csrf-token]", "content")

    def post(path: str, **values: str):
        sent = {**values, "csrf_token": csrf}
        return context.request.post(f"{address}{path}", form=sent)

    made = post(f"/t/{table}/views", kind="gallery", name="Cards")
    views = {**views, "gallery": int(made.url.rpartition("/")[2])}
    until = (clock.today("Asia/Shanghai") + timedelta(days=9)).isoformat()
    pages = {
        kind: post(f"/v/{one}/links", until=until, password=LOCKED.get(kind, "")).text()
        for kind, one in views.items()
    }
    context.close()
    return {kind: re.findall(r"/s/[\w-]{40,}", text)[0] for kind, text in pages.items()}


def test_a_stranger_walks_through_every_kind_of_shared_link(browser, address, folder):
    """The password, the view, a step further; no hidden word in any answer, nothing for axe."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run make test once.")
    views, table, words = views_and_words(folder)
    made = shared_by_a_coordinator(browser, address, views, table)
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    said: list[str] = []
    bodies: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))

    def keep(route) -> None:
        answer = route.fetch(max_redirects=0)
        if answer.headers["content-type"].startswith("text/"):  # the rest is pictures
            bodies.append(answer.text())
        route.fulfill(response=answer)

    page.route("**/s/**", keep)
    assert set(made) == set(STEPS)
    for kind, path in made.items():
        page.goto(address + path)
        if kind in LOCKED:
            assert page.locator("table, svg, canvas, .card").count() <= 1, kind  # the logo
            page.fill("#password", LOCKED[kind])
            page.click("button[type=submit]")
        page.wait_for_selector("body.shared")
        bodies.append(page.content())  # where a redirect leads is not routed
        for press, there in STEPS[kind]:
            page.locator(press).first.click()
            page.wait_for_selector(there)
        if kind in {"chart", "dashboard"}:
            settle(page)
        page.evaluate(AXE.read_text("utf-8"))
        assert (page.evaluate(RUN), said, page.evaluate(WIDE)) == ([], [], 0), kind
    assert len(bodies) > 3 * len(made)
    assert not [one for one in words if any(one in body for body in bodies)]
    page.goto(f"{address}/s/{'x' * 43}")
    assert page.locator("a:visible:not([lang])").count() == 0  # no way that a stranger cannot go
    page.context.close()


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
