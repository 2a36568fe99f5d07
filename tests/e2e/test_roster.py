"""A roster opened by neglect, a profile read, a visit filed from it and found on its time line."""

from __future__ import annotations

import re

import pytest

from tests.e2e.test_pages import AXE, RUN, WIDE


@pytest.mark.parametrize("page", [("staff", 1280)], indirect=True)
def test_whoever_is_neglected_is_visited_and_filed(page, address):
    page.goto(f"{address}/")
    page.locator(".home-roster .roster-table .name").first.wait_for()  # fetched by itself
    page.locator(".home-roster").get_by_text("Show all").click()
    page.wait_for_url("**/v/*only=overdue*")
    states = page.locator(".roster-table .standing").all_inner_texts()
    assert states and all("overdue" in one or "never" in one for one in states)
    days = [int(re.sub(r"\D", "", one)) for one in states if "overdue" in one]
    assert days == sorted(days, reverse=True)
    chip = page.locator('.chip[aria-current="true"] .count').inner_text()
    assert int(chip) == len(states)

    row = page.locator(".roster-table tbody tr", has_text="overdue").first
    name = row.locator(".name").inner_text()
    row.locator(".name").click()
    page.wait_for_url("**/profile")
    profile = page.url
    assert "overdue" in page.locator(".profile-state").inner_text()
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 1
    page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    assert page.evaluate(RUN) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(WIDE) <= 0
    action = page.locator(".page-action")
    page.evaluate("document.scrollingElement.scrollTo(0, 900)")
    box = action.bounding_box()
    assert 0 < box["y"] < 844 - 60  # in reach above the bar, wherever the page stands
    action.click()

    page.wait_for_url("**/f/**")
    assert name in page.content()  # prefilled
    page.get_by_label("Subject").fill("Talked about the next step")
    page.get_by_label("Minutes").fill("They asked for a proposal")
    page.locator("label", has_text="Medium").evaluate("one => one.click()")  # beneath the bar
    page.click("#form button[type=submit]")
    page.wait_for_url("**/done**")
    page.get_by_text("Back", exact=True).click()
    page.wait_for_url(profile)
    assert "Talked about the next step" in page.locator(".profile-line").inner_text()
    search = page.get_by_label("Search in the history")
    search.fill("nothing is called so")
    page.get_by_role("heading", name="Nothing found").wait_for()
    search.fill("Talked about")
    page.locator(".timeline .name", has_text="Talked about").wait_for()
