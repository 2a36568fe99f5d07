"""While a formula is typed, fields and functions are offered and taken up by the keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "static"
FORM = """<form><textarea id="f" data-formula="/"></textarea>
<select data-formula-take><option value="">-</option><option value="{Amount}">Amount</option>
<option value="{Net amount}">Net amount</option><option value="{客户}">客户</option></select>
<select data-formula-take><option value="AND()" data-said="AND(test…) · All true.">AND</option>
<option value="ABS()" data-said="ABS(number) · Without sign.">ABS</option>
<option value="IF()" data-said="IF(test, then)">IF</option></select></form>"""


@pytest.fixture
def page(browser):
    context = browser.new_context()
    page = context.new_page()
    page.set_content(FORM)
    for name in ("tokens", "formula-editor"):
        page.add_style_tag(path=str(STATIC / "css" / f"{name}.css"))
    page.add_script_tag(path=str(STATIC / "js" / "formula-editor.js"))
    yield page
    context.close()


def offers(page) -> list[str]:
    return page.locator(".formula-offers strong").all_text_contents()


def test_what_fits_is_offered_and_taken_up(page):
    area = page.locator("#f")
    area.press_sequentially("i")
    assert offers(page) == ["IF"]
    assert "IF(test, then)" in page.locator(".formula-offers li").inner_text()
    area.press("Enter")
    assert area.input_value() == "IF()"
    area.press_sequentially("{am")
    assert offers(page) == ["Amount", "Net amount"]  # what begins with it comes first
    area.press("ArrowDown")
    assert page.locator("[aria-selected=true] strong").inner_text() == "Net amount"
    area.press("Tab")
    area.press_sequentially(" > a")
    assert offers(page) == ["Amount", "AND", "ABS", "Net amount"]
    area.press("Escape")
    assert offers(page) == []
    area.press("Backspace")
    area.press_sequentially("客")
    page.locator(".formula-offers li").click()
    assert area.input_value() == "IF({Net amount} > {客户})"
    area.press_sequentially(', "a')
    assert offers(page) == []  # within a text nothing is meant
    area.press_sequentially('", ab')
    assert offers(page) == ["ABS"]
    page.mouse.click(500, 400)
    assert offers(page) == []
