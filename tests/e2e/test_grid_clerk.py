"""A clerk's morning in the grid: many cells and rows at once, finding, others at work, comments."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.conftest import opened
from tests.e2e import serving
from tests.e2e.grids import Place, active, cell, saved
from tracker import permissions, records, schema
from tracker.query import Query

SYSTEM = permissions.system()
WRITES = re.compile(r"/r/\d+/\d+$")
REFUSED = {"status": 422, "json": {"error": "No.", "problems": {}}}


def rows_are(page, count: int) -> None:
    page.wait_for_function(f"() => rounds.grid.rows === {count}")


def test_five_hundred_rows_of_ten_are_one_step_back_and_forth(open_grid, place):
    page = open_grid()
    before = place.count()
    tail = "\t上海电气\t2026-12-01\t2026-12-01 09:30\t电话\t重点\t完成\t7\t1200.5\tTRUE"
    lines = [f"大贴{number:03}{tail}" for number in range(500)]
    page.evaluate("(text) => navigator.clipboard.writeText(text)", "\n".join(lines))
    page.evaluate("() => rounds.grid.moveTo(rounds.grid.rows, 0)")
    page.keyboard.press("Control+v")
    rows_are(page, before + 500)
    kept = place.values("大贴499")
    assert (kept["people"], kept["kind"], kept["followed"]) == (7, 2, True)
    for keys, count in (("z", before), ("y", before + 500), ("z", before)):
        page.keyboard.press(f"Control+{keys}")
        rows_are(page, count)
        assert place.count() == count


def test_ctrl_and_arrows_stop_at_the_ends_of_stretches(open_grid, place):
    page = open_grid()
    keys = list(place.fields)
    cell(page, place, "行11", "company").click()  # every other row has a company
    row, column = active(page)
    for pressed, by in (("ArrowDown", (2, 0)), ("ArrowUp", (0, 0)), ("ArrowLeft", (0, -1))):
        page.keyboard.press(f"Control+{pressed}")
        to = [row + by[0], column + by[1]]
        page.wait_for_function(
            "(to) => `${rounds.grid.active.row},${rounds.grid.active.column}` === to",
            arg=f"{to[0]},{to[1]}",
        )
    page.keyboard.press("Control+ArrowRight")
    assert keys[active(page)[1]] == "company"
    page.keyboard.press("Control+Shift+ArrowRight")  # the days are empty, the kind is not
    assert keys[active(page)[1]] == "kind"
    page.keyboard.press("Control+Home")
    page.keyboard.press("Control+ArrowDown")
    page.wait_for_function("() => rounds.grid.active.row === rounds.grid.rows - 1")


def test_filling_down_by_keys_and_by_the_handle(open_grid, place):
    page = open_grid()
    cell(page, place, "行20", "people").click()
    for _step in range(2):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Control+d")
    saved(page)
    page.wait_for_selector(".toast")
    assert [place.values(f"行{number}")["people"] for number in (20, 21, 22, 23)] == [
        20,
        20,
        20,
        23,
    ]
    cell(page, place, "行22", "people").click()
    page.keyboard.press("Shift+ArrowDown")
    handle, target = page.locator(".grid-fill"), cell(page, place, "行27", "people")
    handle.hover()
    page.mouse.down()
    target.hover()
    assert page.locator(".is-filling").count() == 4
    page.mouse.up()
    page.wait_for_function("() => rounds.grid.done?.length === 2")
    filled = [place.values(f"行{number}")["people"] for number in range(22, 29)]
    assert filled == [20, 23, 20, 23, 20, 23, 28]
    page.keyboard.press("Control+z")
    page.wait_for_function("() => rounds.grid.undone?.length === 1")
    assert place.values("行27")["people"] == 27


def test_finding_goes_through_the_whole_view(open_grid, place):
    page = open_grid()
    page.keyboard.press("Control+f")
    page.keyboard.type("行5")
    found = page.locator(".grid-find output")
    page.wait_for_function(
        "() => document.querySelector('.grid-find output').textContent === '1 / 10'"
    )
    first = active(page)[0]
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => document.querySelector('.grid-find output').textContent === '2 / 10'"
    )
    assert active(page)[0] == first + 1
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")  # round the corner
    page.wait_for_function(
        "() => document.querySelector('.grid-find output').textContent === '10 / 10'"
    )
    assert page.locator(".cell.is-found").count() >= 5
    page.keyboard.press("Escape")
    assert page.locator(".cell.is-found").count() == 0
    assert found.is_hidden()
    page.keyboard.press("F2")
    assert page.locator(".grid-input").input_value() == "行59"
    page.keyboard.press("Escape")


def test_rows_are_picked_changed_and_deleted_together(open_grid, place):
    page = open_grid()
    before = place.count()
    gutter = page.locator(".frozen > .row .gutter")
    row = cell(page, place, "行17", "title").locator("xpath=..")
    number = int(row.get_attribute("aria-rowindex")) - 2
    gutter.nth(number).click(position={"x": 8, "y": 8})
    gutter.nth(number + 2).click(modifiers=["Shift"], position={"x": 8, "y": 8})
    bar = page.locator(".grid-bulk")
    page.wait_for_function("() => rounds.grid.picked.size === 3")
    bar.locator("button").nth(0).click()
    page.select_option("[data-bulk-field]", value=str(place.fields["people"]))
    editor = page.locator(f"#dialog [data-field='{place.fields['people']}'] [data-editor]")
    editor.fill("99")
    page.locator("[data-bulk-go]").click()
    page.wait_for_function("() => rounds.grid.done?.length === 1")
    assert [place.values(f"行{one}")["people"] for one in (17, 18, 19)] == [99, 99, 99]
    expect(cell(page, place, "行18", "people")).to_have_text("99")
    bar.locator("button").nth(1).click()
    rows_are(page, before - 3)
    page.keyboard.press("Control+z")
    rows_are(page, before)
    page.keyboard.press("Control+z")
    page.wait_for_function("() => rounds.grid.undone?.length === 2")
    assert [place.values(f"行{one}")["people"] for one in (17, 18, 19)] == [17, 18, 19]
    cell(page, place, "行14", "title").click()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(page.locator(".frozen .row.is-picked")).to_have_count(2)
    page.keyboard.press("Escape")
    assert page.locator(".is-picked").count() == 0


def test_what_others_do_arrives_while_one_types(open_grid, place):
    mine, theirs = open_grid(), open_grid("owner")
    mine.wait_for_function("() => rounds.grid.live.since")
    cell(mine, place, "行29", "people").click()
    mine.keyboard.type("4")
    for title, number in (("行29", "511"), ("行28", "512")):
        with opened(place.url):
            table = schema.current().table(place.visits)
            record = (
                Query(SYSTEM, table).where({"field": "title", "op": "is", "value": title}).ids()[0]
            )
            records.update(SYSTEM, table, record, {"people": number}, via="test")
    with opened(place.url):
        table = schema.current().table(place.visits)
        records.create(SYSTEM, table, {"title": "别人新建"}, via="test")
    mine.wait_for_function(
        "(id) => [...document.querySelectorAll('.k' + id)].some((one) => one.innerText === '512')",
        arg=place.fields["people"],
        timeout=12_000,
    )
    assert cell(mine, place, "行28", "people").inner_text() == "512"
    assert mine.locator(".grid-input").input_value() == "4"
    mine.wait_for_selector(".grid-news:not([hidden])")
    mine.keyboard.type("2")
    mine.keyboard.press("Enter")  # the conflict stands on the cell, nothing was overwritten unseen
    mine.wait_for_selector(".grid-note:not([hidden])")
    assert "511" in mine.locator(".grid-note").inner_text()
    mine.locator(".grid-note button").last.click()
    saved(mine)
    before = mine.evaluate("() => rounds.grid.rows")
    mine.locator(".grid-news button").click()
    rows_are(mine, before + 1)
    assert theirs.evaluate("() => rounds.grid.rows") < before  # not theirs to see


def test_a_record_beside_the_grid_goes_on_and_is_talked_about(open_grid, place):
    page = open_grid()
    cell(page, place, "行26", "title").click()
    page.keyboard.press("Shift+F2")
    page.wait_for_selector("#panel [data-comment-form] textarea:focus")
    page.keyboard.type("请补充联系人")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#panel .comment-text >> text=请补充联系人")
    mark = cell(page, place, "行26", "title").locator("xpath=..").locator(".talk")
    mark.wait_for()
    page.keyboard.press("Alt+ArrowDown")
    page.wait_for_selector("#panel h2 >> text=行27")
    assert page.locator("#panel .comment").count() == 0
    page.locator("#panel [data-record-step='-1']").click()
    page.wait_for_selector("#panel h2 >> text=行26")
    page.locator("#panel .comment").hover()
    page.locator("#panel [data-comment-change]").click()
    page.keyboard.type("!")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#panel .comment-text >> text=请补充联系人!")
    page.locator("#panel .comment").hover()
    page.locator("#panel [data-comment-delete]").click()
    mark.wait_for(state="detached")
    others_write_the_field_one_is_in(page, place)


def others_write_the_field_one_is_in(page, place: Place) -> None:
    """While another field is on its way: both values are shown, nothing is overwritten unseen."""
    people, title = (
        page.locator(f"#panel input[name='{place.fields[one]}']") for one in ("people", "title")
    )
    held = serving.Held(page, WRITES)
    title.fill("行26!")
    people.click()
    held.wait()
    with opened(place.url):
        table = schema.current().table(place.visits)
        one = Query(SYSTEM, table).where({"field": "title", "op": "is", "value": "行26"}).ids()[0]
        records.update(SYSTEM, table, one, {"people": 555}, via="test")
    held.end()
    page.locator(".row", has_text="行26!").first.wait_for()
    people.fill("556")
    people.press("Enter")
    page.locator("#panel .conflict").wait_for()
    assert place.values("行26!")["people"] == 555


def test_what_is_typed_finds_its_place_while_answers_are_on_their_way(open_grid, place):
    page = open_grid()
    two_new_lines(page)
    rows_shift_beneath_the_editor(page, place)
    held = serving.Held(page, WRITES)
    for text in ("111", "222"):  # both refused: what is stored comes back, not the first of them
        cell(page, place, "行22", "people").click()
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    held.go(**REFUSED)
    held.go(**REFUSED)
    held.end()
    saved(page)
    expect(cell(page, place, "行22", "people")).to_have_text(str(place.values("行22")["people"]))

    cell(page, place, "行24", "company").click()
    page.keyboard.type("c")
    page.locator(".grid-list .list-line", has_text="重庆").first.wait_for()
    found = serving.Held(page, re.compile("/pick"), "GET")
    page.keyboard.press("Backspace")
    page.keyboard.type("shdq")
    page.keyboard.press("Enter")  # means what is still to come
    found.wait()
    found.end()
    page.keyboard.press("Tab")
    expect(cell(page, place, "行24", "company")).to_have_text("上海电气")

    cell(page, place, "行25", "people").click()
    page.evaluate("() => navigator.clipboard.writeText('901')")
    blocks = serving.Held(page, re.compile("/paste"))
    page.keyboard.press("Control+v")
    blocks.wait()
    page.keyboard.press("Delete")
    blocks.go()
    blocks.go()
    blocks.end()
    saved(page)
    assert place.values("行25")["people"] is None
    two_settings_at_once(page, place)


def two_settings_at_once(page, place: Place) -> None:
    both = [str(place.fields["title"]), str(place.fields["people"])]
    set_both = "([sort, hide]) => [{ sort }, { hide }].forEach(rounds.viewTools.apply)"
    page.evaluate(set_both, both)
    page.wait_for_url(lambda url: f"sort={both[0]}" in url and f"hide={both[1]}" in url)


def two_new_lines(page) -> None:
    """The second is typed while the first is on its way: it is another record."""
    page.evaluate("() => rounds.grid.moveTo(rounds.grid.rows, 0)")
    held = serving.Held(page, re.compile(r"/r/\d+/new$"))
    page.keyboard.type("新甲")
    page.keyboard.press("Enter")
    held.wait()
    page.keyboard.type("新乙")
    held.go()
    page.locator(".row", has_text="新甲").first.wait_for()
    held.end()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => rounds.grid.extras.map((one) => one.title).join() === '新甲,新乙'"
    )


def rows_shift_beneath_the_editor(page, place: Place) -> None:
    number = place.values("行24")["people"]
    cell(page, place, "行23", "people").click()
    page.keyboard.type("77")
    with opened(place.url):
        table = schema.current().table(place.visits)
        above = {"field": "title", "op": "is", "value": "行01"}
        records.delete(SYSTEM, table, Query(SYSTEM, table).where(above).ids()[0], via="test")
    page.evaluate("() => rounds.grid.reload()")
    page.keyboard.press("Enter")
    saved(page)
    assert [place.values(one)["people"] for one in ("行23", "行24")] == [77, number]
