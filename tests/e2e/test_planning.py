"""Plans by hand: the calendar read, moved and filtered; a dashboard arranged by keys."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.e2e import serving

NEWS = """() => {
    const { layers } = JSON.parse(document.querySelector("#calendar").dataset.setup);
    const { table } = Object.values(layers)[0];
    const detail = { table, ids: [1], many: false };
    document.dispatchEvent(new CustomEvent("rounds:record-news", { detail }));
}"""


def open_calendar(page, address: str) -> None:
    page.goto(f"{address}/calendar")
    page.wait_for_selector(".ev, .cal-dot")


def drag(page, source, target) -> str:
    """What stands beside the pointer before it is let go."""
    start, end = source.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + 30, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(start["x"] + 60, start["y"] + 20, steps=4)
    page.mouse.move(end["x"] + 60, end["y"] + end["height"] - 20, steps=8)
    expect(page.locator(".cal-hint")).to_be_visible()
    told = page.locator(".cal-hint").inner_text()
    page.mouse.up()
    return told


def test_what_is_dragged_is_rescheduled_and_comes_back(page, address):
    open_calendar(page, address)
    days = page.locator(".cal-cell:not(.is-other)")
    event = page.locator(".ev.is-planned").first
    name = event.locator(".ev-title").inner_text()
    target = days.filter(has_not=page.locator(".ev")).first
    day = target.get_attribute("data-date")
    told = drag(page, event, target)
    assert re.search(rf"\b{int(day[8:])} \w+", told)
    toast = page.locator(".toast", has_text=f"Moved to {told}")
    toast.wait_for()
    expect(page.locator(f'[data-date="{day}"] .ev-title', has_text=name)).to_have_count(1)
    toast.get_by_text("Undo").click()
    page.locator(".toast", has_text="Undone").wait_for()
    page.wait_for_function(
        f"""() => !document.querySelector('[data-date="{day}"] .ev')""", timeout=5000
    )


def test_a_refused_move_jumps_back_with_the_reason(page, address):
    open_calendar(page, address)
    held = serving.Held(page, re.compile(r"/r/\d+/\d+$"))
    event = page.locator(".ev.is-planned").first
    name = event.locator(".ev-title").inner_text()
    target = page.locator(".cal-cell:not(.is-other)").filter(has_not=page.locator(".ev")).first
    day = target.get_attribute("data-date")
    same = page.locator(f'.ev[href="{event.get_attribute("href")}"]')
    drag(page, event, target)
    held.wait()
    with page.expect_response("**/data/events*"):
        page.evaluate(NEWS)
    held.go(status=422, json={"error": "This day is closed.", "problems": {}})
    page.locator(".toast", has_text="This day is closed.").wait_for()
    expect(same).to_have_count(1)  # not beside what others changed meanwhile
    expect(page.locator(f'[data-date="{day}"] .ev-title', has_text=name)).to_have_count(0)
    page.said.clear()  # the browser notes the 422


SHOWN_AND_COUNTED = """async () => {
    const cells = [...document.querySelectorAll(".cal-cell")];
    const number = (one) => Number(one?.textContent.replace(/[^0-9]/g, "") || 0);
    const seen = (one) => one.checkVisibility({ visibilityProperty: true });
    const drawn = {};
    let more = 0;
    for (const cell of cells) {
        const left = [...cell.querySelectorAll(".ev-rest, .cal-more-number")].filter(seen);
        const rest = left.reduce((sum, one) => sum + number(one), 0);
        const shown = [...cell.querySelectorAll(".ev:not(.ev-rest)")].filter(seen).length;
        more += rest;
        if (shown + rest) drawn[cell.dataset.date] = shown + rest;
    }
    const url = new URL(location.href);
    url.pathname += "/data/days";
    url.searchParams.set("start", cells[0].dataset.date);
    const last = new Date(cells.at(-1).dataset.date);
    last.setUTCDate(last.getUTCDate() + 1);
    url.searchParams.set("end", last.toISOString().slice(0, 10));
    const { days } = await (await fetch(url)).json();
    const counted = Object.fromEntries(Object.entries(days).map(([day, parts]) =>
        [day, Object.values(parts).reduce((sum, one) => sum + one, 0)]));
    const sorted = (one) => Object.entries(one).sort();
    return { drawn: sorted(drawn), counted: sorted(counted), more };
}"""


def test_the_legend_filters_and_the_address_keeps_it(page, address):
    open_calendar(page, address)
    chip = page.locator("[data-option]:visible").first
    kind = next(one for one in chip.get_attribute("class").split() if one.startswith("tag-"))
    chip.click()
    page.wait_for_function(
        f"() => [...document.querySelectorAll('.ev')].every((one) => one.matches('.{kind}'))"
    )
    assert "only=" in page.url
    for _look in range(20):  # until what does not fit is measured
        told = page.evaluate(SHOWN_AND_COUNTED)
        if told["more"] and told["drawn"] == told["counted"]:
            break
        page.wait_for_timeout(200)
    assert told["more"] and told["drawn"] == told["counted"]
    page.reload()
    page.wait_for_selector(".ev")
    assert page.locator(".ev").count() == page.locator(f".ev.{kind}").count()


def test_an_event_opens_its_record_and_a_day_the_form(page, address):
    open_calendar(page, address)
    before = page.url
    event = page.locator(".ev").first
    name = event.locator(".ev-title").inner_text()
    event.click()
    page.locator("#panel h2", has_text=name).wait_for()
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('#panel').firstElementChild")
    assert page.url.split("?")[0] == before.split("?")[0]
    cell = page.locator(".cal-cell:not(.is-other)").filter(has_not=page.locator(".ev")).first
    day = cell.get_attribute("data-date")
    box = cell.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 10)
    page.locator("#cal-file a", has_text="Visits").click()
    page.wait_for_url(re.compile(r"/f/\d+"))
    assert page.locator('input[type="datetime-local"]').first.input_value().startswith(day)


def test_an_hour_is_stretched_and_a_span_is_filed(page, address):
    open_calendar(page, address)
    page.locator("button[data-mode=day]").click()
    for _day in range(8):  # to a day with a plan
        if page.locator(".ev.is-planned .ev-time").count():
            break
        with page.expect_response(re.compile("/data/events")):
            page.locator(".cal-next").click()
        page.wait_for_timeout(200)
    page.wait_for_load_state("networkidle")  # the day is drawn again with all it has
    event = page.locator(".ev.is-planned:has(.ev-time)").last
    event.hover()  # it stands, and in sight
    box = event.bounding_box()
    edge = (box["x"] + 20, box["y"] + box["height"] - 2)
    page.mouse.move(*edge)
    page.mouse.down()
    page.mouse.move(edge[0], edge[1] + 30, steps=4)
    page.mouse.move(edge[0], edge[1] + 60, steps=4)
    told = page.locator(".cal-hint").inner_text()
    page.mouse.up()
    toast = page.locator(".toast", has_text=f"Moved to {told}")
    toast.get_by_text("Undo").click()
    page.locator(".toast", has_text="Undone").wait_for()

    page.locator("button[data-mode=month]").click()
    page.locator(".ev:visible").nth(5).wait_for()  # rows have their heights
    week = page.locator(".cal-cell.is-weekend:not(.is-other)")
    saturday, sunday = week.nth(1).bounding_box(), week.nth(2).bounding_box()
    days = [week.nth(one).get_attribute("data-date") for one in (1, 2)]
    page.mouse.move(saturday["x"] + 20, saturday["y"] + saturday["height"] - 12)
    page.mouse.down()
    page.mouse.move(sunday["x"] + 40, sunday["y"] + sunday["height"] - 12, steps=6)
    page.mouse.up()
    page.locator("#cal-file a", has_text="Activities").click()
    page.wait_for_url(re.compile(r"/f/\d+"))
    dates = page.locator("input[type=date]")
    assert [dates.nth(one).input_value() for one in (0, 1)] == days
    # how it repeats is chosen in words, not typed
    page.goto(f"{address}/calendar")
    table = page.locator(".sidebar a", has_text="Activities").get_attribute("href")
    page.goto(f"{address}/r/{table.rpartition('/')[2]}/new")
    page.locator("[data-part=freq]").select_option(label="Weekly")
    page.locator(".repeat-days .choice", has_text="Mon").click()
    rule = page.locator("[data-island=repeat] input[type=hidden]")
    assert rule.input_value() == "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"


REPEAT = """async ([href, field]) => {
    const json = { values: { [field]: "FREQ=WEEKLY" } };
    const { ok } = await window.rounds.fetch(href, { method: "POST", json });
    return ok;
}"""


def test_one_of_a_series_is_moved_and_left_out_alone(page, address):
    open_calendar(page, address)
    layer = page.evaluate("() => JSON.parse(document.querySelector('#calendar').dataset.setup)")
    layer = layer["layers"]["events"]
    page.locator("[data-option='events.0']").click()
    found = page.locator(f".ev[href^='/r/{layer['table']}/']")
    page.wait_for_function("() => !document.querySelector('.ev:not(.tag-olive)')")
    href = found.first.get_attribute("href")
    assert page.evaluate(REPEAT, [href, layer["repeat"]])
    with page.expect_response(re.compile("/data/events")):
        page.locator(".cal-next").click()
    series = page.locator(f".ev[href='{href}']:has(.ev-again)")
    series.nth(2).wait_for()
    many = series.count()
    left = f"""() => document.querySelectorAll(".ev[href='{href}'] .ev-again").length"""
    empty = page.locator(".cal-cell:not(.is-other)").filter(has_not=page.locator(".ev")).last
    drag(page, series.nth(1), empty)
    page.locator("#cal-series button[value=one]").click()
    toast = page.locator(".toast", has_text="Moved to")
    toast.wait_for()
    page.wait_for_function(f"{left} < {many}")
    toast.get_by_text("Undo").click()
    page.wait_for_function(f"{left} === {many}")
    # by keys: from the day to the record's menu, and leave it out
    series.nth(1).focus()
    page.keyboard.press("Enter")
    page.locator("#cal-file .menu-item", has_text="Leave out this one").press("Enter")
    page.locator(".toast", has_text="Left out").wait_for()
    page.wait_for_function(f"{left} < {many}")
    day = page.locator(".cal-cell:not(.is-other) [role=link]").nth(9)
    day.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("() => document.activeElement.textContent").split()[0] == "18"
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#calendar').dataset.mode === 'day'")


@pytest.mark.parametrize("page", [("staff", 390)], indirect=True)
def test_on_a_phone_a_month_is_dots_with_the_chosen_day_beneath(page, address):
    open_calendar(page, address)
    day = page.locator(".cal-dot-day:not([aria-pressed=true]):has(.cal-dot)").first
    number = int(re.findall(r"(\d+) records?$", day.get_attribute("aria-label"))[0])
    date = day.get_attribute("data-day")
    day.click()
    chosen = page.locator(f'.cal-dot-day[data-day="{date}"][aria-pressed=true]')
    chosen.wait_for()
    assert page.locator(".cal-list .cal-line").count() >= number
    assert f"date={date}" in page.url


def test_a_filter_of_the_toolbar_leaves_a_living_calendar(page, address):
    open_calendar(page, address)
    page.fill("#view-q", "nothing is called like this")
    page.wait_for_function("() => document.querySelectorAll('#calendar .ev').length === 0")
    page.fill("#view-q", "")
    page.wait_for_selector("#calendar .ev")
    page.locator(".cal-next").click()
    page.wait_for_function("() => location.search.includes('date=')")


def test_a_calendar_is_set_to_other_fields(page, address):
    open_calendar(page, address)
    before = page.locator(".cal-legend .chip:visible").count()
    page.locator("[popovertarget=m-color]").click()
    page.locator("#m-color .look-rule select").first.select_option(label="State")
    page.wait_for_function(
        "() => document.querySelector('.cal-legend')?.getAttribute('aria-label').includes('State')"
    )
    page.wait_for_selector(".ev")
    expect(page.locator(".cal-legend .chip:visible")).not_to_have_count(before)
    page.locator("[popovertarget=calendar-settings]").click()
    page.locator(".cal-settings .btn-primary").wait_for()


def test_charts_redraw_in_another_theme(page, address):
    page.goto(f"{address}/b/1")
    page.locator(".tile canvas").first.wait_for()
    page.wait_for_timeout(400)  # drawn, no longer fading in
    picture = "() => document.querySelector('.tile canvas').toDataURL()"
    light = page.evaluate(picture)
    page.evaluate("() => window.rounds.setTheme('dark')")
    page.wait_for_function(f"(light) => ({picture})() !== light", arg=light)


FIRST_BAR = """() => {
    const chart = window.echarts.getInstanceByDom(document.querySelector(".chart-canvas"));
    const half = chart.getOption().series[0].data[0].value / 2;
    return chart.convertToPixel({ seriesIndex: 0 }, [half, 0]);
}"""


def drawing(page) -> None:
    """Wait until what was set is drawn."""
    page.wait_for_function(
        "() => !document.querySelector('#chart-stage').hasAttribute('aria-busy')"
        " && window.echarts?.getInstanceByDom(document.querySelector('.chart-canvas'))"
    )


def test_a_chart_is_built_switched_opened_and_taken_home(page, address):
    page.goto(f"{address}/b/1")
    page.locator("a", has_text=re.compile("^Projects$")).first.click()
    page.locator(".view-new").click()
    page.locator("#dialog-body [name=kind][value=chart]").check(force=True)
    page.fill("#dialog-body [name=name]", "How much by kind")
    page.locator("#dialog-body button.btn-primary").click()
    page.locator("[data-chart-panel]").first.click()
    page.select_option("#chart-group", label="Kind")
    for kind in ("ring", "stacked", "heatmap", "number", "stage_funnel", "hbar"):
        with page.expect_response(re.compile("data/drawing.*chart=" + kind)) as told:
            page.locator(f"[name=chart][value={kind}]").check(force=True)
        assert told.value.ok
    drawing(page)
    assert "chart=hbar" in page.url
    with page.expect_navigation():
        page.locator("[data-chart-save]").click()
    drawing(page)
    href = page.locator("[data-chart-xlsx]").get_attribute("href")
    with page.expect_download() as loaded:
        page.locator("[data-chart-xlsx]").click()
    book = io.BytesIO(loaded.value.path().read_bytes())
    rows = list(openpyxl.load_workbook(book).active.values)
    assert rows[0][0] == "Kind" and "/data/chart.xlsx" in href
    with page.expect_download() as picture:
        page.locator("[data-chart-png]").click()
    assert picture.value.path().read_bytes().startswith(b"\x89PNG")
    spot = page.evaluate(FIRST_BAR)
    page.wait_for_timeout(300)  # the bars grow
    with page.expect_navigation():
        page.locator(".chart-canvas").click(position={"x": spot[0], "y": spot[1]})
    count = page.locator(".scope-line", has_text=f"{rows[1][1]} of")
    count.wait_for()
