"""Attached files: kept by content, taken by one record, seen through it alone, and let go of."""

from __future__ import annotations

import io
import os
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from tests import world as worlds
from tracker import (
    clock,
    db,
    fieldtypes,
    files,
    limits,
    models,
    permissions,
    pictures,
    records,
    retype,
    schema,
    tables,
)
from tracker.bulk import Item, insert_many, update_many
from tracker.errors import Missing, Problem, Refused, TooMuch
from tracker.models import File
from tracker.query import Query

SYSTEM = permissions.system()
GPS, TURN = 0x8825, 0x0112


@pytest.fixture
def world(database):
    """Visits with photos, a signature, and pictures that staff do not see."""
    made = worlds.build()
    for type_, name, key in (
        ("attachment", "照片", "photos"),
        ("signature", "签名", "signed"),
        ("attachment", "内部", "secret"),
    ):
        tables.add_field(SYSTEM, made.visits, type_, name, key=key)
    with db.write():
        field = made.visits.field("secret").id
        models.FieldRight.create(role=made.roles["staff"], field=field, level="hidden")
        schema.changed()
    return made


def photo(*, turned=False, form="JPEG"):
    """A picture of 40 × 20 with a place in its notes."""
    notes = Image.Exif()
    notes[GPS] = {1: "N", 2: (31.0, 13.0, 49.0), 3: "E", 4: (121.0, 28.0, 25.0)}
    if turned:
        notes[TURN] = 6
    out = io.BytesIO()
    Image.new("RGB", (40, 20), (200, 30, 30)).save(out, form, exif=notes)
    return io.BytesIO(out.getvalue())


def east(world, **values):
    """A visit that Wang Fang owns."""
    owner, department = world.people["owner"].id, world.departments["上海"].id
    return world.visit("东", owner=owner, department=department, **values)


def value(world, record_id, key, viewer=SYSTEM):
    return Query(viewer, world.visits).one(record_id).values[world.visits.field(key).id]


def test_a_file_goes_into_one_record_and_is_seen_through_it(world, tmp_path):
    owner, photos = world.viewer("owner"), world.visits.field("photos")
    one = east(world)
    kept = files.keep(tmp_path, photo(turned=True), r"C:\x\现场.jpg", viewer=owner, field=photos)
    assert (kept.name, kept.type, kept.width, kept.height) == ("现场.jpg", "image/jpeg", 20, 40)
    assert files.path_of(tmp_path, kept.digest).read_bytes() == photo(turned=True).getvalue()
    assert files.seen(owner, kept.id).id == kept.id
    for other in ("colleague", "head", "admin", "stranger"):  # nobody else until it is saved
        with pytest.raises(Missing):
            files.seen(world.viewer(other), kept.id)
    records.update(owner, world.visits, one, {"photos": [kept.id]}, via="t")
    assert value(world, one, "photos") == [
        {
            "id": kept.id,
            "name": "现场.jpg",
            "size": kept.size,
            "type": "image/jpeg",
            "width": 20,
            "height": 40,
        }
    ]
    for may in ("owner", "head", "admin"):
        assert files.seen(world.viewer(may), kept.id).digest == kept.digest
    for other in ("colleague", "stranger"):
        with pytest.raises(Missing):
            files.seen(world.viewer(other), kept.id)
    records.delete(owner, world.visits, one, via="t")
    with pytest.raises(Missing):
        files.seen(owner, kept.id)


def test_nobody_attaches_what_is_not_theirs(world, tmp_path):
    """A file of others is refused in the words of an unknown one, and nothing is written."""
    owner, colleague = world.viewer("owner"), world.viewer("colleague")
    photos, secret = world.visits.field("photos"), world.visits.field("secret")
    one = east(world)
    theirs = files.keep(tmp_path, photo(), "a.jpg", viewer=colleague, field=photos)
    hidden = files.keep(tmp_path, photo(), "b.jpg", viewer=world.viewer("admin"), field=secret)
    records.update(world.viewer("admin"), world.visits, one, {"secret": [hidden.id]}, via="t")
    said = set()
    for wrong in (theirs.id, hidden.id, "att00000000000000"):
        with pytest.raises(Refused) as refused:
            records.update(owner, world.visits, one, {"photos": [wrong]}, via="t")
        said.add((str(refused.value.text), tuple(refused.value.problems)))
        with pytest.raises(Missing):
            files.seen(owner, wrong)
    assert len(said) == 1 and value(world, one, "photos") is None
    assert File.get_by_id(theirs.id).record_id is None
    for bulk in (
        lambda: insert_many(owner, world.visits, [item(world, owner, theirs.id)], via="t"),
        lambda: update_many(owner, world.visits, [item(world, owner, theirs.id, one)], via="t"),
    ):
        assert [str(reason) for _n, reason in bulk().rejected]


def item(world, owner, file_id, record_id=0):
    names = {"title": "x", "owner": owner.person_id, "department": world.departments["上海"].id}
    values = {world.visits.field(key).id: one for key, one in names.items()}
    values[world.visits.field("photos").id] = [{"id": file_id, "name": "", "size": 1, "type": ""}]
    return Item(1, values, record_id=record_id)


def test_removing_and_undoing_bring_the_same_file_back(world, tmp_path):
    owner, photos = world.viewer("owner"), world.visits.field("photos")
    one = east(world)
    ids = [files.keep(tmp_path, photo(), n, viewer=owner, field=photos).id for n in ("1.jpg", "2")]
    records.update(owner, world.visits, one, {"photos": ids}, via="t")
    before = value(world, one, "photos")
    gone = records.update(owner, world.visits, one, {"photos": [ids[1]]}, via="t")
    with pytest.raises(Missing):
        files.seen(owner, ids[0])
    assert files.sweep(tmp_path, clock.now() + timedelta(days=3)) == 0  # the history holds it
    records.undo(owner, gone.change_id or 0)
    assert value(world, one, "photos") == before
    assert files.path_of(tmp_path, files.seen(owner, ids[0]).digest).is_file()


def test_what_no_record_took_goes_and_bytes_with_their_last_name(world, tmp_path):
    owner, photos = world.viewer("owner"), world.visits.field("photos")
    one = east(world)
    first = files.keep(tmp_path, photo(), "1.jpg", viewer=owner, field=photos)
    second = files.keep(tmp_path, photo(), "again.jpg", viewer=owner, field=photos)
    other = files.keep(tmp_path, io.BytesIO(b"x"), "x.bin", viewer=owner, field=photos)
    assert first.digest == second.digest and len(list(tmp_path.glob("*/*"))) == 2
    records.update(owner, world.visits, one, {"photos": [first.id]}, via="t")
    later = clock.now() + timedelta(days=3)
    assert files.sweep(tmp_path) == 0
    assert files.sweep(tmp_path, later) == 1
    assert not files.path_of(tmp_path, other.digest).exists()
    assert files.path_of(tmp_path, first.digest).exists()
    assert File.get_or_none(File.id == second.id) is None


def test_limits_are_counted_not_believed(world, tmp_path, monkeypatch):
    owner, photos = world.viewer("owner"), world.visits.field("photos")

    def keep(stream, name="a.txt", field=photos):
        return files.keep(tmp_path, stream, name, viewer=owner, field=field)

    monkeypatch.setattr(limits, "FILE_BYTES", 100)
    for wrong, problem in ((b"x" * 101, TooMuch), (b"", Refused)):
        with pytest.raises(problem):
            keep(io.BytesIO(wrong))
    with pytest.raises(Refused):  # no drawing
        keep(io.BytesIO(b"hello"), field=world.visits.field("signed"))
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]
    monkeypatch.setattr(limits, "FILES_WAITING", 2)
    keep(io.BytesIO(b"1")), keep(io.BytesIO(b"2"))
    with pytest.raises(TooMuch):
        keep(io.BytesIO(b"3"))
    with pytest.raises(Refused):
        tables.update_field(SYSTEM, photos, options={"most": 99})
    tables.update_field(SYSTEM, photos, options={"most": 1})
    ids = [one.id for one in File.select()]
    with pytest.raises(Refused):
        records.update(owner, world.visits, east(world), {"photos": ids}, via="t")


def test_another_type_and_back(world, tmp_path):
    owner, photos = world.viewer("owner"), world.visits.field("photos")
    one = east(world)
    kept = files.keep(tmp_path, photo(), "现场.jpg", viewer=owner, field=photos)
    records.update(owner, world.visits, one, {"photos": [kept.id]}, via="t")
    before = value(world, one, "photos")
    report = retype.apply(SYSTEM, photos, "text")
    assert value(world, one, "photos") == "现场.jpg"
    retype.undo(SYSTEM, report.batch_id)
    assert value(world, one, "photos") == before and files.seen(owner, kept.id)


NAMES = {
    "../../etc/passwd": "passwd",
    'a"b<c>.html': "a b c .html",
    "\u202egpj.exe": "gpj.exe",
    " . ": "file",
    "x" * 300 + ".pdf": "x" * 176 + ".pdf",
    "报告.pdf": "报告.pdf",
}


def test_names_and_types_are_our_own():
    from tracker.filenames import clean_name, type_of

    assert {name: clean_name(name) for name in NAMES} == NAMES
    for wrong in ("a.html", "a.svg", "a.xhtml", "a.js", "a"):
        assert type_of(wrong) == "application/octet-stream"


def test_small_pictures_stand_upright_and_tell_nothing(tmp_path):
    original = tmp_path / "ab"
    original.write_bytes(photo(turned=True).getvalue())
    made = pictures.copy_of(original, tmp_path / "cache", "small")
    assert made is not None
    with Image.open(made) as small:
        assert small.size == (20, 40) and not dict(small.getexif())
    assert b"GPS" not in made.read_bytes() and b"EXIF" not in made.read_bytes()
    assert pictures.copy_of(original, tmp_path / "cache", "small") == made


def test_what_is_no_picture_is_a_file(tmp_path, monkeypatch):
    path = tmp_path / "x"
    for content in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff", b"GIF89a"):
        path.write_bytes(content)
        assert pictures.measure(path) is None
        assert pictures.copy_of(path, tmp_path / "cache", "small") is None
    path.write_bytes(photo(form="PNG").getvalue())
    assert pictures.measure(path) == pictures.Picture("image/png", 40, 20)
    monkeypatch.setattr(limits, "PICTURE_PIXELS", 100)
    assert pictures.measure(path) is None


def test_every_surface_of_a_value(world, tmp_path):
    photos = world.visits.field("photos")
    kind, context = fieldtypes.get(photos), SYSTEM.context
    given = [
        {
            "id": "att1",
            "name": '<b>".jpg',
            "size": 5,
            "type": "image/jpeg",
            "width": 2,
            "height": 1,
        },
        {"id": "att2", "name": "b.pdf", "size": 7, "type": "application/pdf"},
    ]
    column = kind.column(photos)
    assert column.python_value(column.db_value(given)) == given
    assert kind.text(given, photos, context) == kind.sheet(given, photos, context)
    shown = kind.html(given, photos, context)
    assert "<b>" not in shown and "/files/att1/small" in shown and "/files/att2" in shown
    told = kind.json(given, photos, context)
    assert [one["filename"] for one in told] == ['<b>".jpg', "b.pdf"] and told[0]["thumbnails"]
    wrongs: list[Any] = ["photo.jpg", "[1]", "[", '{"a":1}', [{}], ["att404"], 7]
    for wrong in wrongs:
        with pytest.raises(Problem):
            kind.parse(wrong, photos, context)
    assert os.sep not in told[0]["id"]
