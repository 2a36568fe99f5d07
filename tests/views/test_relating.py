"""Files that belong together, in the browser: whose upload, what is confirmed, and back."""

from __future__ import annotations

import io
import time

import pytest

from tests.tracker.test_relating import FILES, written
from tracker import schema

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own


def test_pages_lead_from_files_to_tables_and_back(site, tmp_path):
    admin, base = site["admin"], site.world.base
    start = f"/configure/{base.id}/relate"
    assert admin.get(start).status_code == 200
    assert site["owner"].get(start).status_code == 403
    assert site["stranger"].get(start).status_code == 404
    sent = [(io.BytesIO(path.read_bytes()), name) for path, name in written(tmp_path, FILES)]
    data = {"csrf_token": admin.csrf, "files": sent}
    answer = admin.client.post(start, data=data, content_type="multipart/form-data")
    where = answer.headers["Location"]
    page = ready(admin, where)
    assert "GTXPro" in page and 'value="GTX Pro" selected' in page
    for who in ("owner", "stranger", "colleague"):
        assert site[who].get(where).status_code == 404
        assert site[who].form(where).status_code == 404
        assert site[who].form(f"{where}/undo").status_code == 404
    admin.form(where, l0="1", l1="1", l2="1", t0="单位", **{"w1.0": "GTX Pro"})
    assert "All values found their records" in ready(admin, where)
    assert "单位" in [one.name for one in schema.current().base(base.id).tables]
    admin.form(f"{where}/undo")
    names = [one.name for one in schema.current().base(base.id).tables]
    assert "单位" not in names and "taken back" in admin.get(where).text
    assert admin.form(f"{where}/undo").status_code == 404


def ready(browser, where: str) -> str:
    for _try in range(400):
        text = browser.get(where).text
        if 'id="progress"' not in text:
            return text
        time.sleep(0.05)
    raise AssertionError("it did not end")
