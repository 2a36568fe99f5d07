"""Files over HTTP: taken in where one may write, given out as downloads, shown only drawn anew."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tracker import db, models, permissions, schema, tables
from tracker.query import Query

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own

SYSTEM = permissions.system()


@pytest.fixture
def photos(site):
    """The field of the visits that holds photos; hidden from staff is another."""
    for key in ("photos", "inner"):
        tables.add_field(SYSTEM, site.world.visits, "attachment", key, key=key)
    with db.write():
        hidden = site.world.visits.field("inner").id
        models.FieldRight.create(role=site.world.roles["staff"], field=hidden, level="hidden")
        schema.changed()
    return site.world.visits.field("photos")


def send(site, name, content, key="photos", who="owner"):
    browser, visits = site[who], site.world.visits
    headers = {"X-CSRF-Token": browser.csrf, "Accept": "application/json"}
    path = f"/r/{visits.id}/files?field={visits.field(key).id}"
    data = {"file": (io.BytesIO(content), name)}
    return browser.client.post(path, data=data, headers=headers)


def picture():
    out = io.BytesIO()
    Image.new("RGB", (640, 480), (0, 90, 60)).save(out, "JPEG")
    return out.getvalue()


def attach(site, photos, *sent):
    visits, record_id = site.world.visits, site.ids["east"]
    values = {str(photos.id): [one.json for one in sent]}
    return site["owner"].post(f"/r/{visits.id}/{record_id}", {"values": values})


def test_what_is_sent_comes_back_as_a_download_and_nothing_else(site, photos):
    wicked = b"<script>alert(1)</script>"
    kinds = {"a.html": wicked, "b.svg": b"<svg onload='x'/>", "c.png": wicked, "报告.pdf": b"%PDF"}
    sent = [send(site, name, content) for name, content in kinds.items()]
    assert [one.status_code for one in sent] == [200] * 4
    assert attach(site, photos, *sent).status_code == 200
    for one, (name, content) in zip(sent, kinds.items(), strict=True):
        answer = site["head"].get(f"/files/{one.json['id']}")
        assert answer.status_code == 200 and answer.data == content
        headers = answer.headers
        assert headers["Content-Disposition"].startswith("attachment;")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        pdf = name.endswith("pdf")
        assert headers["Content-Type"] == ("application/pdf" if pdf else "application/octet-stream")
        assert site["head"].get(f"/files/{one.json['id']}/small").status_code == 404


def test_pictures_are_shown_drawn_anew(site, photos):
    sent = send(site, "现场.jpg", picture())
    cells = attach(site, photos, sent).json["cells"][str(photos.id)]
    assert f"/files/{sent.json['id']}/small" in cells["html"] and cells["text"] == "现场.jpg"
    for size, longest in (("small", 320), ("large", 640)):
        answer = site["owner"].get(f"/files/{sent.json['id']}/{size}")
        assert answer.headers["Content-Type"] == "image/webp"
        assert max(Image.open(io.BytesIO(answer.data)).size) == longest
    assert site["owner"].get(f"/files/{sent.json['id']}/huge").status_code == 404


def test_strangers_and_hidden_fields_are_answered_as_unknown_ids(site, photos):
    sent = send(site, "a.jpg", picture())
    attach(site, photos, sent)
    inner = send(site, "b.jpg", picture(), key="inner", who="admin")
    values = {site.field("inner"): [inner.json["id"]]}
    path = f"/r/{site.world.visits.id}/{site.ids['east']}"
    assert site["admin"].post(path, {"values": values}).status_code == 200
    unknown = site["owner"].get("/files/att00000000000000").data
    for who, file_id in (
        ("colleague", sent.json["id"]),
        ("stranger", sent.json["id"]),
        ("owner", inner.json["id"]),
    ):
        for tail in ("", "/small"):
            answer = site[who].get(f"/files/{file_id}{tail}")
            assert answer.status_code == 404
            if who == "owner":
                assert answer.data == unknown
    assert site["owner"].get("/files/x%2F..%2Fsecret").status_code == 404


def test_uploads_need_the_right_to_write_and_a_field_of_files(site, photos):
    count = models.File.select().count
    for key, who, status in (
        ("inner", "owner", 404),
        ("photos", "head", 403),
        ("photos", "stranger", 404),
        ("title", "owner", 403),
    ):
        assert send(site, "a.jpg", picture(), key=key, who=who).status_code == status, (key, who)
    assert send(site, "empty", b"").status_code == 422
    no_token = site["owner"].client.post(f"/r/{site.world.visits.id}/files?field={photos.id}")
    assert no_token.status_code == 403
    assert count() == 0


def test_a_record_page_and_a_form_take_files(site, photos):
    visits = site.world.visits
    page = site["owner"].get(f"/r/{visits.id}/{site.ids['east']}").text
    assert f'data-upload="/r/{visits.id}/files?field={photos.id}"' in page
    questions = [{"field": visits.field(key).id} for key in ("title", "photos", "department")]
    definition = {"sections": [{"title": "", "questions": questions}]}
    form = models.Form.create(table=visits.id, name="照片", definition=definition)
    sent = send(site, "a.jpg", picture(), who="admin")
    answers = {
        f"f{visits.field('title').id}": "经表单",
        f"f{photos.id}": f'[{{"id":"{sent.json["id"]}"}}]',
        "key": "k1",
    }
    filed = site["admin"].form(f"/f/{form.id}", **answers)
    assert filed.status_code == 303
    found = Query(SYSTEM, visits).search("经表单").page(10).records
    assert [one["name"] for one in found[0].values[photos.id]] == ["a.jpg"]
    again = {**answers, "key": "k2"}
    assert site["admin"].form(f"/f/{form.id}", **again).status_code == 422  # it is in a record
