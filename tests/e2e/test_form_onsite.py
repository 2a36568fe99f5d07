"""On the spot, with a phone: stars, the time it took, where one is, photos and a signature."""

from __future__ import annotations

import io

from PIL import Image
from playwright.sync_api import expect

from tests.e2e.filing import check, send


def photo() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((2400, 1800), 90).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


def test_photos_stars_place_and_signature_are_filed(visit, filing):
    place = {"latitude": 31.2304, "longitude": 121.4737}
    page = visit(f"/f/{filing.forms['onsite']}", geolocation=place, permissions=["geolocation"])
    page.fill(filing.name("title"), "现场")
    page.locator(filing.name("rating")).first.focus()
    for _press in range(3):
        page.keyboard.press("ArrowRight")
    page.fill(filing.name("duration"), "1小时30分")
    page.fill(filing.name("progress"), "45")
    page.locator(f"{filing.block('location')} [data-here]").click()
    sent = photo()
    files = [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": sent} for n in range(2)]
    page.set_input_files(f"{filing.block('attachment')} [type=file]", files)
    shown = page.locator(f"{filing.block('attachment')} .file-list > li")
    shown.nth(1).wait_for()
    shown.nth(0).locator("button").click()
    expect(shown).to_have_count(1)
    pad = page.locator(".sign-pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 60, steps=6)
    page.mouse.up()
    check(page, "onsite")
    send(page)  # the drawing goes along, though nobody pressed the button beside it
    page.wait_for_url("**/done?**")
    stored = filing.visits()["现场"]
    assert (stored["rating"], stored["duration"], stored["progress"]) == (4, 5400, 45)
    assert stored["location"] == "31.2304,121.4737"
    [kept] = stored["attachment"]
    assert (kept["name"], kept["width"], kept["height"]) == ("1.jpg", 2000, 1500)
    assert kept["size"] < len(sent) and stored["signature"][0]["type"] == "image/png"


def test_without_a_signal_files_are_refused_in_words(visit, filing):
    page = visit(f"/f/{filing.forms['onsite']}")
    page.context.set_offline(True)
    files = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"}
    page.set_input_files(f"{filing.block('attachment')} [type=file]", files)
    said = page.locator(f"{filing.block('attachment')} .files-said")
    said.filter(has_text="没有信号").wait_for()
