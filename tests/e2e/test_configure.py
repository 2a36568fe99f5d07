"""A coordinator shapes a table in a real browser: without code, without a restart."""

from __future__ import annotations

from playwright.sync_api import expect


def test_a_table_with_options_an_order_and_an_undo(page, address):
    page.goto(f"{address}/configure/1")
    page.click(".page-action")
    page.fill("#table-name", "供应商")
    page.fill("#table-name-en", "Suppliers")
    page.click("#new-table .btn-primary")
    page.wait_for_url("**/tables/*")
    page.click(".page-action")
    page.click("#new-field a[href*='new=single_choice']")
    page.fill("#field-name", "Grade")
    page.locator("[name=choice_name]").first.fill("A")
    page.keyboard.press("Enter")
    page.keyboard.type("B")
    page.click("#field-form .btn-primary")
    page.wait_for_url("**field=*")
    assert [one.input_value() for one in page.locator("[name=choice_name]").all()] == ["A", "B"]
    with page.expect_response("**/order"):
        page.click(".field-open [data-move=up]")
    names = page.locator(".sort-list strong")
    expect(names.first).to_have_text("Grade")
    page.click("#field-form .btn-danger")
    page.wait_for_selector(".toast button:has-text('Undo')")
    expect(page.locator(".sort-list > li")).to_have_count(1)
    page.click(".toast button:has-text('Undo')")
    page.wait_for_selector(".sort-list > li:nth-child(2)")


def test_a_rule_is_put_together_and_said(page, address):
    page.goto(f"{address}/configure/1/roles")
    page.click(".page-action")
    page.fill("#role-name", "Guests")
    page.click("#new-role .btn-primary")
    page.wait_for_url("**/roles/*")
    page.click(".rights-table a.name >> nth=0")
    page.click("label.choice:has(input[name=read_kind][value=some])")
    box = page.locator("[data-rule=read]")
    box.locator(".cond select").first.select_option(label="Visitor")
    box.locator(".chip").first.click()
    box.locator("[data-said]:not([hidden])").wait_for()
    assert "me" in box.locator("[data-said]").text_content()
    page.click(".settings-foot .btn-primary")
    page.wait_for_selector(".rights-table")
    assert "me" in page.locator(".rights-table td.wrap").first.text_content()
