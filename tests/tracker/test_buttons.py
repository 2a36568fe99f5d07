"""Buttons: addresses made from what the viewer sees of a record, and nothing that runs."""

from __future__ import annotations

import pytest

from tests import world as worlds
from tracker import permissions, tables
from tracker.buttons import opens
from tracker.errors import Refused
from tracker.query import Query

SYSTEM = permissions.system()


def test_only_addresses_that_a_browser_may_open():
    for good in ("https://a.cn/?q=", "http://a.cn", "mailto:", "tel:+86", "/t/3?q="):
        assert opens(good), good
    bad = ("javascript:x", "JaVaScRiPt:x", "data:x", "//evil", "/\\evil", "a.cn", "https:// x", "")
    assert not any(map(opens, bad))


def test_an_address_holds_what_the_viewer_sees(database):
    world = worlds.build()
    ids = worlds.sample(world)
    for key, address in (
        ("look", "https://a.cn/?q={title}&k={kind}&id={id}"),
        ("price", "https://a.cn/?amount={amount}"),
    ):
        options = {"address": address, "label": "查", "names": {"en": "Look"}}
        tables.add_field(SYSTEM, world.visits, "button", key, key=key, options=options)
    look, price = (world.visits.field(key) for key in ("look", "price"))

    def pressed(name, record, fields):
        found = Query(world.viewer(name), world.visits).only(fields).one(ids[record])
        return [found.values[one.id] for one in fields]

    title = "%E4%B8%9C%E9%83%A8%E9%A6%96%E8%AE%BF"
    kind = "%E4%B8%8A%E9%97%A8"
    shown = f"https://a.cn/?q={title}&k={kind}&id={ids['east']}"
    assert pressed("admin", "east", [look, price])[0] == shown
    assert pressed("admin", "east", [price]) == ["https://a.cn/?amount=%C2%A51%2C000.50"]
    assert pressed("owner", "east", [look, price]) == [shown, None]  # amounts are hidden
    assert pressed("admin", "bare", [look]) == [None]  # a part is empty
    for test, count in (("filled", 0), ("empty", 3)):
        condition = {"field": look.id, "op": test}
        assert Query(SYSTEM, world.visits).where(condition).count() == count
    with pytest.raises(Refused):
        Query(SYSTEM, world.visits).order([{"field": look.id}])
    for wrong in ("javascript:alert({title})", "{title}", "https://{title}"):
        with pytest.raises(Refused):
            tables.update_field(SYSTEM, look, options={"address": wrong})
