"""The bin of bases in the browser: there and back, whole."""

from __future__ import annotations

import pytest

from automations.worker import Worker
from tests.dumping import everything

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own


def test_a_base_goes_to_the_bin_and_back_whole(site):
    base = f"/configure/{site.world.base.id}"
    admin, visits = site["admin"], site.world.visits.id
    before = everything()
    answer = admin.form(f"{base}/delete")
    assert (answer.status_code, answer.location) == (303, "/configure/bin")
    for address in (base, f"/t/{visits}", f"/r/{visits}/{site.ids['east']}"):
        assert admin.get(address).status_code == 404
    assert (
        "Rounds" in admin.get("/configure/bin").text or "走访" in admin.get("/configure/bin").text
    )
    assert Worker(site.app.config["SETTINGS"]).tick()["events"] >= 0
    restore = f"/configure/bin/{base.rpartition('/')[2]}/restore"
    for who in ("owner", "stranger"):
        assert site[who].form(restore).status_code == 404
        assert site[who].get("/configure/bin").status_code in {403, 404}
    assert admin.form(restore).status_code == 303
    assert admin.get(f"/r/{visits}/{site.ids['east']}").status_code == 200
    assert everything().keys() == before.keys()
    assert admin.form(restore).status_code == 404
