"""The grid in a real browser: typing, input methods, keys, paste, undo, filter, conflict."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.conftest import ROOT, opened
from tests.e2e.grids import Place, active, cell, saved
from tracker import permissions, schema
from tracker.query import Query

AXE = ROOT / ".setup" / "axe.min.js"
FOUND = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .map((one) => one.id + ": " + one.nodes.slice(0, 4).map((node) => node.target).join(" | "))"""


def test_what_is_typed_is_kept(open_grid, place):
    page = open_grid()
    cell(page, place, "行01", "people").click()
    page.keyboard.type("1234")
    page.keyboard.press("Enter")
    saved(page)
    assert cell(page, place, "行01", "people").inner_text() == "1,234"
    assert place.values("行01")["people"] == 1234
    page.reload()
    page.wait_for_function("() => window.rounds?.grid?.at > 0")
    assert cell(page, place, "行01", "people").inner_text() == "1,234"


def test_an_input_method_loses_no_letter(open_grid, place):
    """The letters of a composition arrive in the input that already has the focus."""
    page = open_grid()
    cell(page, place, "行02", "title").click()
    devtools = page.context.new_cdp_session(page)
    for part in ("c", "ch", "cho", "chongqing"):
        devtools.send(
            "Input.imeSetComposition",
            {"text": part, "selectionStart": len(part), "selectionEnd": len(part)},
        )
    assert page.locator(".grid-input").input_value() == "chongqing"
    devtools.send("Input.insertText", {"text": "重庆二访"})
    page.keyboard.press("Enter")
    saved(page)
    assert place.values("重庆二访")["people"] == 2


def test_a_refused_value_comes_back_with_its_reason(open_grid, place):
    page = open_grid()
    cell(page, place, "行03", "people").click()
    page.keyboard.type("很多")
    page.keyboard.press("Enter")
    saved(page)
    assert "很多" in page.locator(".grid-note").inner_text()
    assert cell(page, place, "行03", "people").inner_text() == "3"
    cell(page, place, "行03", "people").click()
    page.keyboard.press("F2")
    assert page.locator(".grid-input").input_value() == "很多"  # nothing typed is lost
    page.keyboard.press("Escape")
    assert place.values("行03")["people"] == 3


def test_the_keys_of_a_spreadsheet(open_grid, place):
    page = open_grid()
    cell(page, place, "行04", "title").click()
    row, column = active(page)
    assert column == 0
    for key, by in (
        ("ArrowRight", (0, 1)),
        ("ArrowDown", (1, 1)),
        ("Tab", (1, 2)),
        ("Shift+Tab", (1, 1)),
        ("ArrowLeft", (1, 0)),
        ("ArrowUp", (0, 0)),
    ):
        page.keyboard.press(key)
        assert active(page) == [row + by[0], by[1]], key
    page.keyboard.press("End")
    assert active(page)[1] == len(place.fields) - 1
    page.keyboard.press("Home")
    page.keyboard.press("Control+End")
    assert active(page) == [place.count() - 1, len(place.fields) - 1]
    page.keyboard.press("Control+Home")
    assert active(page) == [0, 0]
    page.keyboard.press("PageDown")
    assert active(page)[0] > 10
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    assert page.locator(".cell.in-range").count() == 4


def test_thirty_rows_are_pasted_and_taken_back(open_grid, place):
    page = open_grid()
    before = place.count()
    lines = [f"贴{number:02}\t上海电气\t2026-12-{number % 28 + 1:02}" for number in range(30)]
    page.evaluate("(text) => navigator.clipboard.writeText(text)", "\n".join(lines))
    page.locator("[data-add-row]").scroll_into_view_if_needed()
    page.evaluate("() => rounds.grid.moveTo(rounds.grid.rows, 0)")
    page.keyboard.press("Control+v")
    page.wait_for_selector(".toast")
    assert place.count() == before + 30
    values = place.values("贴29")
    assert values["day"] == "2026-12-02"
    assert len(values["company"]) == 1
    page.keyboard.press("Control+z")
    page.wait_for_function(f"() => rounds.grid.rows === {before}")
    assert place.count() == before


def test_what_is_copied_can_be_pasted_again(open_grid, place):
    page = open_grid()
    cell(page, place, "东部首访", "company").click()
    for _step in range(4):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Control+c")
    text = page.evaluate("() => navigator.clipboard.readText()")
    assert text == "重庆医疗\t2026-11-03\t2026-11-03 09:30\t上门\t重点"
    cell(page, place, "行06", "company").click()
    page.keyboard.press("Control+v")
    saved(page)
    page.wait_for_selector(".toast")
    source, target = place.values("东部首访"), place.values("行06")
    for key in ("company", "day", "start", "kind", "tags"):
        assert source[key] == target[key], key


def test_choices_and_links_are_picked_by_typing(open_grid, place):
    page = open_grid()
    cell(page, place, "行08", "kind").click()
    page.keyboard.type("线")
    page.keyboard.press("Enter")
    saved(page)
    cell(page, place, "行08", "company").click()
    page.keyboard.type("shdq")
    page.wait_for_selector(".grid-list .list-line >> text=上海电气")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    saved(page)
    cell(page, place, "行08", "followed").click()
    page.keyboard.press("Space")
    saved(page)
    values = place.values("行08")
    assert values["kind"] == 3
    assert len(values["company"]) == 1
    assert values["followed"] is True


def test_undo_and_redo(open_grid, place):
    page = open_grid()
    cell(page, place, "行10", "people").click()
    page.keyboard.type("77")
    page.keyboard.press("Enter")
    saved(page)
    page.keyboard.press("Control+z")
    page.wait_for_function("() => rounds.grid.undone?.length === 1")
    assert place.values("行10")["people"] == 10
    page.keyboard.press("Control+Shift+z")
    page.wait_for_function("() => rounds.grid.done?.length === 1")
    assert place.values("行10")["people"] == 77


def test_a_record_begins_in_the_last_row(open_grid, place):
    page = open_grid()
    before = place.count()
    page.keyboard.press("Tab")
    page.evaluate("() => rounds.grid.moveTo(rounds.grid.rows, 0)")
    page.keyboard.type("新的一访")
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => rounds.grid.rows === {before + 1}")
    assert place.values("新的一访")["title"] == "新的一访"


def test_two_people_in_one_cell_see_both_values(open_grid, place):
    mine, theirs = open_grid(), open_grid()
    for page, text in ((theirs, "21"), (mine, "22")):
        cell(page, place, "行12", "people").click()
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        saved(page)
    note = mine.locator(".grid-note")
    assert "21" in note.inner_text()
    assert "22" in note.inner_text()
    assert place.values("行12")["people"] == 21
    note.locator("button").last.click()
    saved(mine)
    assert place.values("行12")["people"] == 22


def test_a_filter_is_built_and_stands_in_the_address(open_grid, place):
    page = open_grid()
    page.click("[popovertarget=m-filter]")
    page.wait_for_selector("#m-filter .cond")
    page.select_option("#m-filter .cond .select >> nth=0", label="方式")
    page.click("#m-filter .ts-control")
    page.keyboard.type("上门")
    page.keyboard.press("Enter")
    page.wait_for_url("**filter=**")
    page.wait_for_function("() => rounds.grid.known < 5 && rounds.grid.visible > 50")
    condition = page.evaluate("() => new URL(location.href).searchParams.get('filter')")
    leaf = {"field": place.fields["kind"], "op": "any_of", "value": [1]}
    assert json.loads(condition) == {"all": [leaf]}
    assert page.locator("[data-changed]").is_visible()
    shown = page.locator("[data-scope]").inner_text()
    page.reload()
    page.wait_for_function("() => window.rounds?.grid?.at > 0")
    expect(page.locator("[data-scope]")).to_have_text(shown)


def test_a_filter_made_elsewhere_keeps_all_its_parts_when_one_is_added(open_grid, place):
    kind, people = place.fields["kind"], place.fields["people"]
    odd = {"not": {"field": people, "op": "gt", "value": 30}}
    given = {"all": [{"field": kind, "op": "is_not", "value": 1}, odd]}
    page = open_grid(path=f"?filter={quote(json.dumps(given))}")
    page.click("[popovertarget=m-filter]")
    page.wait_for_selector("#m-filter .cond")
    page.click("#m-filter [data-add-condition]")
    page.select_option("#m-filter .cond >> nth=2 >> .select >> nth=0", value=str(people))
    page.select_option("#m-filter .cond >> nth=2 >> .select >> nth=1", value="gt")
    page.locator("#m-filter .cond").nth(2).locator("input").fill("10")
    page.wait_for_url("**%22gt%22%2C%22value%22%3A%2210%22**")
    condition = page.evaluate("() => new URL(location.href).searchParams.get('filter')")
    listed = {"field": kind, "op": "none_of", "value": [1]}
    added = {"field": people, "op": "gt", "value": "10"}
    assert json.loads(condition) == {"all": [listed, odd, added]}


def test_a_record_opens_beside_the_grid_and_closes_to_it(open_grid, place):
    page = open_grid()
    here = page.url
    cell(page, place, "行14", "title").click()
    page.keyboard.press("Space")
    page.wait_for_selector("#panel .record-field")
    assert f"/r/{place.visits}/" in page.url
    page.fill(f"#panel input[name='{place.fields['people']}']", "140")
    page.keyboard.press("Enter")
    page.locator("#panel .history-line", has_text="140").first.wait_for()
    expect(cell(page, place, "行14", "people")).to_have_text("140")
    page.click("#panel [data-undo-change]")
    page.wait_for_function(
        "(id) => document.querySelector(`#panel input[name='${id}']`).value === '14'",
        arg=place.fields["people"],
    )
    page.locator("#panel .panel-head").click()
    page.keyboard.press("Escape")
    page.wait_for_url(here)
    assert page.locator("#panel > *").count() == 0


def test_what_one_may_not_write_says_so(open_grid, place):
    page = open_grid("head")
    cell(page, place, "东部首访", "people").click()
    page.keyboard.type("9")
    assert "角色" in page.locator(".grid-note").inner_text()
    assert place.values("东部首访")["people"] == 3


def test_a_phone_gets_cards(open_grid, place):
    page = open_grid(viewport={"width": 390, "height": 844}, has_touch=True)
    page.wait_for_selector(".card-row")
    assert page.locator(".grid-scroll").is_hidden()
    page.locator(".card-row", has_text="东部首访").tap()
    page.wait_for_url(f"**/r/{place.visits}/*")
    assert page.locator("#panel > *").count() == 0
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_grid_is_open_to_all(open_grid, place, scheme):
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run make test once.")
    page = open_grid(color_scheme=scheme)
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(FOUND) == []
    cell(page, place, "行16", "kind").click()
    page.keyboard.press("Enter")
    page.wait_for_selector(".list-line")
    assert page.evaluate(FOUND) == []
    page.keyboard.press("Escape")
    page.click("[popovertarget=m-filter]")
    page.wait_for_selector("#m-filter .cond")
    assert page.evaluate(FOUND) == []
    page.keyboard.press("Escape")
    cell(page, place, "行16", "title").click()
    page.keyboard.press("Space")
    page.wait_for_selector("#panel .timeline")
    page.wait_for_timeout(300)
    assert page.evaluate(FOUND) == []


def test_groups_fold_and_figures_stand_below(open_grid, place):
    kind, people = place.fields["kind"], place.fields["people"]
    page = open_grid(path=f"?group={kind}&sum={people}:sum&frozen=2")
    page.wait_for_function("() => rounds.grid.counted && rounds.grid.figures")
    assert page.locator(".grid-foot .is-set b").inner_text() == f"{sums(place):,}"
    changes_its_group(page, place)
    headings = page.locator(".frozen > .heading")
    counts = page.evaluate("() => rounds.grid.groups.map((one) => one.count)")
    assert sum(counts) == place.count() and headings.count() >= 2
    before = page.evaluate("() => rounds.grid.known")
    headings.first.locator(".fold").click()
    assert headings.first.get_attribute("aria-expanded") == "false"
    assert page.evaluate("() => rounds.grid.known") == before - counts[0]
    page.evaluate("() => rounds.grid.goTo(700)")
    page.locator(".grid-stuck .heading-name").wait_for()
    page.wait_for_function("() => rounds.grid.wanted.size === 0")
    assert page.locator(".frozen > .row[data-id]").count() > 10
    page.reload()
    page.wait_for_function("() => rounds.grid?.counted")
    assert page.evaluate("() => rounds.grid.known") == before - counts[0]  # folds are remembered
    page.locator(".frozen > .heading .fold").first.click()
    page.evaluate("() => rounds.grid.moveTo(0, 0)")
    page.keyboard.press("Enter")
    assert page.evaluate("() => rounds.grid.known") == before - counts[0]
    page.keyboard.press("Enter")
    if AXE.exists():
        page.evaluate(AXE.read_text("utf-8"))
        assert page.evaluate(FOUND) == []
    page.locator(".grid-foot [data-figure]").nth(2).click()
    page.locator("#figure-menu .menu-item").nth(1).click()
    page.wait_for_function("() => Object.keys(rounds.grid?.figures?.kinds || {}).length === 2")


def changes_its_group(page, place: Place) -> None:
    """It stays beneath the hand and goes when the cursor leaves its row, which keeps its record."""
    counts = "() => rounds.grid.groups.map((one) => one.count).join()"
    under = "() => rounds.grid.row(rounds.grid.active.row)?.id"
    before = page.evaluate(counts)
    cell(page, place, "行03", "kind").click()
    page.keyboard.type("线")
    page.keyboard.press("Tab")
    page.wait_for_selector(".row.is-moving")
    saved(page)
    page.wait_for_timeout(700)
    assert page.evaluate(counts) == before  # still in its row
    page.keyboard.press("ArrowDown")
    kept = page.evaluate(under)
    page.wait_for_function(f"(before) => ({counts})() !== before", arg=before)
    page.wait_for_function("() => !rounds.grid.settling.running")
    assert page.evaluate(under) == kept
    assert page.evaluate("() => document.activeElement === rounds.grid.input")
    expect(page.locator(".row.is-moving")).to_have_count(0)


def sums(place: Place) -> int:
    with opened(place.url):
        table = schema.current().table(place.visits)
        records = Query(permissions.system(), table).page(500).records
        return sum(one.values.get(place.fields["people"]) or 0 for one in records)
