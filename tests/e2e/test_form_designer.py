"""Designing a form in a real browser: by hand, by keys, and told what cannot work."""

from __future__ import annotations

from playwright.sync_api import expect


def order(page) -> list[str]:
    return page.evaluate(
        "() => [...document.querySelectorAll('#parts [data-field]')].map((one) => one.dataset.name)"
    )


def test_a_form_is_arranged_by_hand_and_by_keys(visit, filing):
    wide = {"viewport": {"width": 1440, "height": 900}, "has_touch": False}
    page = visit(f"/configure/forms/{filing.forms['designed']}", who="admin", **wide)
    row = lambda key: page.locator(f'#parts [data-field="{filing.fields[key]}"]')  # noqa: E731
    row("tags").locator(".grip").drag_to(row("kind"), target_position={"x": 60, "y": 4})
    assert order(page)[:3] == ["企业", "标签", "方式"]
    up = row("start").locator("[data-go=up]")
    up.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert order(page)[-3:] == ["开始", "纪要", "人数"]
    row("people").locator("[data-go=out]").click()
    row("title").locator("[data-open]").click()
    page.fill(f"#q{filing.fields['title']}-label", "谈了什么")
    row("start").locator("[data-open]").click()
    row("start").get_by_role("button", name="添加条件").click()
    line = row("start").locator(".show-if-line")
    line.get_by_label("问题").select_option(label="标题")
    line.locator("select").nth(1).select_option("contains")
    line.locator("[data-value]").fill("合作")
    preview = page.locator("#preview")
    preview.get_by_text("谈了什么").wait_for()
    preview.locator(filing.block("people")).wait_for(state="detached")
    expect(preview.locator(filing.block("start"))).to_be_hidden()
    page.click("button[form=designer]")
    page.get_by_text("已保存，立即生效").wait_for()
    filled = visit(f"/f/{filing.forms['designed']}")
    assert filled.locator(filing.block("start")).is_hidden()
    filled.fill(filing.name("title"), "谈合作")
    assert filled.locator(filing.block("start")).is_visible()
    assert filled.locator(filing.block("people")).count() == 0


def test_what_cannot_work_is_said_before_it_is_saved(visit, filing):
    wide = {"viewport": {"width": 1440, "height": 900}, "has_touch": False}
    page = visit(f"/configure/forms/{filing.forms['phone']}", who="admin", **wide)
    page.locator(f'[data-field="{filing.fields["state"]}"] [data-go=out]').click()
    told = page.locator(f'[data-field="{filing.fields["notes"]}"] [data-problems]')
    told.get_by_text("要先问“状态”").wait_for()
    page.click("button[form=designer]")
    page.get_by_text("没有保存").wait_for()
    page.locator(f'#pool [data-field="{filing.fields["state"]}"] [data-go=in]').click()
    assert order(page)[-1] == "状态"
