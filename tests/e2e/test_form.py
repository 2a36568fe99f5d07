"""Filing in a real browser: a thumb, a weak signal, no script at all; and nothing for axe."""

from __future__ import annotations

import pytest

from tests.conftest import opened
from tests.e2e.filing import AXE, check, fill, on_phone, pick, send
from tracker import accounts, db, models

# ── filing ───────────────────────────────────────────────────────────────────


def test_a_visit_is_filed_with_a_thumb(visit, filing):
    page = visit(f"/f/{filing.forms['phone']}")
    fill(page, filing, "一个拇指")
    page.get_by_text("已有").wait_for()  # this company was visited before
    page.check(filing.name("tags") + " >> nth=0")
    page.check(filing.name("tags") + " >> nth=2")
    send(page)
    page.wait_for_url("**/done?**")
    assert page.get_by_role("link", name="一个拇指").is_visible()
    stored = filing.visits()["一个拇指"]
    assert (stored["kind"], stored["tags"], stored["people"]) == (2, [1, 3], None)
    assert stored["start"] and stored["company"] and on_phone(page) == ""


def test_the_first_wrong_answer_gets_the_focus_and_nothing_is_lost(visit, filing):
    page = visit(f"/f/{filing.forms['phone']}")
    page.fill(filing.name("title"), "还没填完")
    page.fill(filing.name("people"), "很多")
    page.check(filing.name("tags") + " >> nth=1")
    send(page)
    page.locator(".error").first.wait_for()
    company = filing.block("company")
    focused = f"() => document.activeElement.closest('[data-question]')?.matches('{company}')"
    page.wait_for_function(focused)
    assert page.locator(f"{filing.block('people')} .error").inner_text() == "“很多”不是数字。"
    assert page.input_value(filing.name("people")) == "很多"
    assert page.input_value(filing.name("title")) == "还没填完"
    assert page.is_checked(filing.name("tags") + " >> nth=1")
    pick(page, filing, "cqyl")
    assert page.locator(f"{company} .error").count() == 0  # being put right
    page.check(filing.name("kind") + " >> nth=0")
    page.fill(filing.name("people"), "3")
    send(page)
    page.wait_for_url("**/done?**")
    assert filing.visits()["还没填完"]["people"] == 3


def test_pressing_twice_files_once(visit, filing):
    page = visit(f"/f/{filing.forms['phone']}")
    fill(page, filing, "按了两次")
    page.evaluate(
        "() => { const button = document.querySelector('#form button[type=submit]');"
        " button.click(); button.click(); }"
    )
    page.wait_for_url("**/done?**")
    assert list(filing.visits()).count("按了两次") == 1


def test_an_answer_that_is_not_needed_can_be_taken_back(visit, filing):
    page = visit(f"/f/{filing.forms['phone']}")
    state = page.locator(filing.name("state")).first
    assert state.is_checked()
    state.click()
    assert not state.is_checked()
    kind = page.locator(filing.name("kind")).first
    kind.click()
    kind.click()
    assert kind.is_checked()  # this one is needed


# ── a weak signal ────────────────────────────────────────────────────────────


def test_a_draft_comes_back_with_what_was_picked(visit, filing):
    page = visit(f"/f/{filing.forms['phone']}")
    fill(page, filing, "写了一半")
    page.reload()  # at once: what was typed last is kept as the page goes
    page.get_by_text("已恢复").wait_for()
    assert page.input_value(filing.name("title")) == "写了一半"
    assert page.locator(f"{filing.block('company')} .item").inner_text().startswith("重庆医疗")
    assert page.is_checked(filing.name("kind") + " >> nth=1")
    page.get_by_role("button", name="清空重填").click()
    page.wait_for_function(f"() => !document.querySelector('{filing.name('title')}').value")
    assert on_phone(page) == ""


def test_without_a_signal_it_waits_and_is_sent_by_itself(visit, filing):
    page = visit(f"/f/{filing.forms['phone']}")
    fill(page, filing, "地下车库")
    page.context.set_offline(True)
    send(page)
    page.get_by_role("heading", name="已保存到手机").wait_for()
    assert on_phone(page) == "queue" and "地下车库" not in filing.visits()
    page.get_by_role("button", name="再填一份").click()
    assert page.input_value(filing.name("title")) == ""
    fill(page, filing, "还在车库")  # the list of companies stands in the page
    send(page)
    page.get_by_text("2 份等待提交").wait_for()
    page.context.set_offline(False)
    page.wait_for_url("**/done?**")
    page.wait_for_function("() => !localStorage.getItem('rounds.queue:2')")
    assert {"地下车库", "还在车库"} <= filing.visits().keys()


def test_an_answer_lost_on_the_way_makes_no_second_record(visit, filing):
    page = visit(f"/f/{filing.forms['phone']}")
    fill(page, filing, "回音没到")
    lost: list[int] = []

    def lose(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch(max_redirects=0).status)  # the server has it
            route.abort()
        else:
            route.continue_()

    page.route("**/f/*", lose)
    send(page)
    page.get_by_role("heading", name="已保存到手机").wait_for()
    assert lost == [303] and "回音没到" in filing.visits()
    page.evaluate("() => rounds.device.sendAll()")
    page.wait_for_url("**/done?**")
    assert list(filing.visits()).count("回音没到") == 1 and on_phone(page) == ""


def test_what_waited_and_is_refused_stays_to_be_corrected(visit, filing):
    page = visit(f"/f/{filing.forms['phone']}")
    fill(page, filing, "先存后改")
    page.fill(filing.name("people"), "不少")
    page.context.set_offline(True)
    send(page)
    page.get_by_role("heading", name="已保存到手机").wait_for()
    page.context.set_offline(False)
    page.goto(f"{filing.address}/file")
    page.get_by_text("没有通过").wait_for()
    page.get_by_role("link", name="打开修改").click()
    page.wait_for_url("**/f/*?waiting=*")
    assert page.input_value(filing.name("people")) == "不少"
    page.fill(filing.name("people"), "7")
    send(page)
    page.wait_for_url("**/done?**")
    assert filing.visits()["先存后改"]["people"] == 7 and on_phone(page) == ""


def test_a_page_left_open_over_night_still_files(visit, filing):
    page = visit(f"/f/{filing.forms['phone']}")
    fill(page, filing, "过了一夜")
    page.evaluate("() => { document.getElementById('form').elements.csrf_token.value = 'old'; }")
    send(page)
    page.wait_for_url("**/done?**")
    assert "过了一夜" in filing.visits()


def test_when_the_sign_in_has_ended_it_waits_for_the_next(visit, filing):
    page = visit(f"/f/{filing.forms['phone']}", who="colleague")
    fill(page, filing, "登录过期")
    with opened(filing.url):
        person = models.Person.get(models.Person.name == "李娜")
        with db.write():
            models.Session.delete().where(models.Session.person == person).execute()
            filing.cookies["colleague"] = accounts.start_session(person)
    send(page)
    page.get_by_text("登录已过期").wait_for()
    assert on_phone(page) == "queue" and "登录过期" not in filing.visits()
    page.context.add_cookies(
        [{"name": "rounds", "value": filing.cookies["colleague"], "url": filing.address}]
    )
    page.goto(f"{filing.address}/file")
    page.wait_for_function(f"() => !localStorage.getItem('rounds.queue:{person.id}')")
    assert "登录过期" in filing.visits()


def test_what_waits_is_sent_for_nobody_else(visit, filing):
    page = visit(f"/f/{filing.forms['phone']}")
    fill(page, filing, "王芳填的")
    page.context.set_offline(True)
    send(page)
    page.get_by_role("heading", name="已保存到手机").wait_for()
    page.context.add_cookies(
        [{"name": "rounds", "value": filing.cookies["head"], "url": filing.address}]
    )
    page.context.set_offline(False)
    page.evaluate("() => rounds.device.sendAll()")
    page.goto(f"{filing.address}/file")
    assert page.locator("#waiting").is_hidden() and "王芳填的" not in filing.visits()


def test_signing_out_with_something_waiting_asks_first(visit, filing):
    page = visit(f"/f/{filing.forms['phone']}", who="admin")
    fill(page, filing, "还没发出")
    page.context.set_offline(True)
    send(page)
    page.get_by_role("heading", name="已保存到手机").wait_for()
    page.route("**/file/token", lambda route: route.abort())  # it goes on waiting
    page.context.set_offline(False)
    page.goto(f"{filing.address}/file")
    page.click(".person-button")
    page.click("form[action='/sign-out'] button")
    page.get_by_text("手机上还有 1 份没有提交").wait_for()
    page.get_by_role("button", name="取消").click()
    assert on_phone(page) == "queue" and page.url.endswith("/file")


# ── without a script ─────────────────────────────────────────────────────────


def test_it_works_without_a_script(visit, filing):
    page = visit(f"/f/{filing.forms['phone']}", java_script_enabled=False)
    assert page.locator("noscript .help").inner_text() == "仅当「状态」为 完成时填写。"
    page.select_option(filing.name("company"), label="重庆医疗")
    page.fill(filing.name("title"), "没有脚本")
    page.fill(filing.name("people"), "很多")
    send(page)
    assert page.locator(".error").count() == 2
    assert page.input_value(filing.name("title")) == "没有脚本"
    page.check(filing.name("kind") + " >> nth=0")
    page.fill(filing.name("people"), "2")
    send(page)
    assert page.get_by_role("link", name="没有脚本").is_visible()
    assert filing.visits()["没有脚本"]["people"] == 2


# ── for everybody ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("width", "scheme", "locale"), [(390, "light", "zh-CN"), (1440, "dark", "en-US")]
)
def test_nothing_is_found_by_axe_and_nothing_overflows(visit, filing, width, scheme, locale):
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run make test once.")
    look = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme, "locale": locale}
    page = visit(f"/f/{filing.forms['phone']}", who="admin", **look)
    found = check(page, "form")
    send(page)
    page.locator(".error").first.wait_for()
    found += check(page, "refused")
    for path in (
        f"/f/{filing.forms['every']}",
        f"/f/{filing.forms['phone']}/done?record=1",
        "/file",
        f"/configure/forms/{filing.forms['phone']}",
    ):
        page.goto(filing.address + path)
        page.wait_for_load_state("networkidle")
        if "configure" in path:
            page.locator("[data-open]").nth(5).click()
        found += check(page, path)
    assert found == []
