"""Base files: out and in again the same to the last byte; what we would not write stays out."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.conftest import KINDS, opened
from tests.tracker import basefiles_world as small
from tests.tracker.basefiles_world import SYSTEM
from tracker import accounts, db, fieldtypes, limits, models, organisation, schema, solutions
from tracker.errors import Forbidden, Missing, Problem, Refused
from tracker.query import Query
from tracker.transfer.basefile import archive, cells, reading, references, writing
from tracker.transfer.basefile.references import Names
from views import basereading

OTHER = {"sqlite": "postgres", "postgres": "sqlite"}


def out(folder: Path, key: str = "rounds", viewer=SYSTEM, **how) -> Path:
    number = len(list(folder.glob("*.rounds")))
    path = folder / f"{key}-{number}.rounds"
    writing.write_file(viewer, schema.current().base(key), path, data_dir=folder / "data", **how)
    return path


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def told(path: Path):
    return orjson.loads(parts(path)["base.json"])


def derived(key: str) -> list:
    """What is made anew: what records are found by, and what is worked out."""
    sql = "SELECT id, title, initials FROM {} WHERE deleted_at IS NULL ORDER BY id"
    tables = schema.current().base(key).tables
    found: list = [db.query(sql.format(one.sql_name)) for one in tables]
    for table in tables:
        computed = [one for one in table.fields if fieldtypes.is_computed(one)]
        for record in Query(SYSTEM, table).page(100).records if computed else ():
            found.append([str(record[one]) for one in computed])
    return found


@pytest.fixture(scope="module")
def small_file(tmp_path_factory, request, sqlite_template):
    """The small base as a file, made on SQLite."""
    folder = tmp_path_factory.mktemp("small")
    copy = folder / "small.db"
    copy.write_bytes(sqlite_template.read_bytes())
    with opened(f"sqlite:///{copy}"):
        small.build(folder / "data")
        assert set(small.KINDS) >= {
            one.key
            for one in fieldtypes.registry
            if not one.computed
            and one.offered
            and one.key not in {"text", "link", "attachment", "signature"}
        }
        path, again = out(folder), out(folder)
        assert path.read_bytes() == again.read_bytes()
        return path, derived("rounds"), out(folder, records=False)


@pytest.mark.parametrize("kind", KINDS)
def test_in_another_installation_it_is_the_same(kind, small_file, make_database, tmp_path):
    path, found_by, pattern = small_file
    with opened(make_database(kind)):
        small.shift()
        place = organisation.at_path("总部/华东")
        accounts.add_person("head@example.com", name="陈总", department=place)
        report = reading.read(
            SYSTEM, path, data_dir=tmp_path / "data", start=True, look=basereading.look
        )
        assert [one.to("en") for one in report.notes] == [
            "3 people were made. They cannot sign in until they are invited."
        ]
        there = out(tmp_path)
        mine, theirs = parts(path), parts(there)
        assert mine.keys() == theirs.keys()
        for name in mine:
            assert mine[name] == theirs[name], name
        assert path.read_bytes() == there.read_bytes()
        assert derived("rounds") == found_by
        assert not any(
            person.active or person.password_hash or person.is_admin
            for person in models.Person.select()
            if person.email != "head@example.com"
        )
        every = small.table("every")
        assert small.records.create(SYSTEM, every, {"title": "新"}, via="test").record_id == 4
        with pytest.raises(Problem):  # the index of what is unique was made, too
            small.records.create(SYSTEM, every, {"title": "一"}, via="test")
        if kind == "sqlite":
            _beside_itself(path, pattern, tmp_path)


def _beside_itself(path: Path, pattern: Path, folder: Path) -> None:
    """Once more where it is already: another key, at rest; and as a pattern."""
    report = reading.read(SYSTEM, path, data_dir=folder / "data")
    assert report.base.key == "rounds_2"
    assert [one.to("en") for one in report.notes] == [
        "There is another base called “走访”.",
        "The key of the base is rounds_2 here.",
        "2 automations and chases were on and are off here: switch them on when all is well.",
    ]
    own = models.Automation.get(models.Automation.base == report.base.id)
    assert not own.enabled
    ids = [row.id for row in models.File.select()]
    assert len(ids) == len(set(ids)) == 2
    report = reading.read(SYSTEM, pattern, data_dir=folder / "data")
    assert report.counts["records"] == report.counts["files"] == 0
    names = {"records", "links", "files", "comments"}
    assert not any(name.partition("/")[0] in names for name in parts(pattern))
    said = told(pattern)
    assert said["roles"][0]["members"] == [] and said["automations"][0]["run_as"] is None
    again = out(folder, "rounds_3", records=False)
    assert told(again) | {"base": 0} != said  # it rests now
    assert told(again)["tables"] == said["tables"] and told(again)["views"] == said["views"]


def test_the_demo_travels_from_one_database_to_the_other(make_database, tmp_path):
    with opened(make_database("sqlite")):
        solutions.install("coordination", demo=True)
        here, found_by = out(tmp_path, "coordination"), derived("coordination")
    with opened(make_database("postgres")):
        small.shift()
        data = tmp_path / "data"
        reading.read(SYSTEM, here, data_dir=data, start=True, look=basereading.look)
        assert derived("coordination") == found_by
        assert out(tmp_path, "coordination").read_bytes() == here.read_bytes()


# ── who may ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_may_write_out_and_read_in(database, small_file, tmp_path):
    world = small.worlds.build()
    for name, kind in (("owner", Forbidden), ("colleague", Forbidden), ("stranger", Missing)):
        with pytest.raises(kind):
            out(tmp_path, viewer=world.viewer(name))
        with pytest.raises(Forbidden):
            reading.read(world.viewer(name), small_file[0], data_dir=tmp_path)
    assert not list(tmp_path.glob("*.rounds")) and not list(tmp_path.glob(".*"))
    coordinator = models.Role.get(models.Role.base == world.base.id, models.Role.coordinator)
    models.RoleMember.create(role=coordinator, person=world.people["owner"])
    owner = world.viewer("owner")
    said = {"trigger": {"kind": "schedule"}, "actions": []}
    run_as = world.people["admin"]
    models.Automation.create(base=world.base.id, name="x", definition=said, run_as=run_as)
    mine = out(tmp_path, viewer=owner)
    report = reading.read(owner, mine, data_dir=tmp_path, start=True)
    assert world.viewer("owner").coordinates_base(report.base.id)
    run = models.Automation.get(models.Automation.base == report.base.id)
    assert run.run_as_id == owner.person_id  # for nobody else than who reads it in
    models.Person.update(email_key="x", email="x@x.cn").where(
        models.Person.id == world.people["head"].id
    ).execute()
    count = models.Base.select().count()
    with pytest.raises(Refused, match=r"An administrator can"):
        reading.read(owner, mine, data_dir=tmp_path)
    with pytest.raises(Refused):  # what everybody sees alike is an administrator's to say
        reading.read(world.viewer("owner"), small_file[0], data_dir=tmp_path)
    assert models.Base.select().count() == count


# ── what is not ours ─────────────────────────────────────────────────────────


def changed(path: Path, target: Path, **new: bytes | None) -> Path:
    """The file with other parts; its manifest agrees with them."""
    found = {**parts(path), **{name: data for name, data in new.items() if data is not None}}
    said = orjson.loads(found.pop("manifest.json"))
    with target.open("wb") as stream:
        writer = archive.Writer(stream)
        for name, data in found.items():
            if new.get(name, b"") is not None:
                writer.file(name, io.BytesIO(data))
        writer.close(said["counts"])
    return target


def base_with(path: Path, change) -> bytes:
    said = told(path)
    change(said)
    return orjson.dumps(said)


def line_with(path: Path, **values) -> bytes:
    rows = [orjson.loads(line) for line in parts(path)["records/every.jsonl"].splitlines()]
    rows[0]["values"].update(values)
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def put(*keys, value):
    def change(said):
        for key in keys[:-1]:
            said = said[key]
        said[keys[-1]] = value

    return change


DEFINITIONS = [
    put("views", 0, "options", "group", value=1),
    put("views", 5, "options", "tiles", 0, "view", value=1),
    put("views", 4, "options", "duty", value=1),
    put("views", 0, "table", value="@role:staff"),
    put("roles", 2, "views", value=[1]),
    put("roles", 2, "members", value=["@person:nobody@example.com"]),
    put("roles", 2, "tables", "@every", "read", value="x"),
    put("automations", 0, "definition", "actions", 1, "duty", value=1),
    put("automations", 0, "definition", value=[]),
    put("tables", 0, "fields", 0, "type", value="nosuch"),
    put("tables", 0, "key", value="t'; DROP"),
    put("tables", 0, "name", value=None),
    put("tables", 2, "fields", 0, "options", value={"junction": 1}),
    put("base", value=7),
    put("views", 0, "kind", value="nosuch"),
    put("views", 1, "options", "sort", value=7),
    put("views", 2, "options", "widths", value=[7]),
    put("views", 5, "options", "tiles", value={"x": 1}),
    put("forms", 0, "definition", "sections", value=7),
    put("automations", 0, "definition", "actions", value=["x"]),
    put("forms", 0, "definition", "sections", 0, "questions", 0, "field", value=2),
    put("duties", 0, "definition", "owers", value={"people": [1]}),
]
VALUES: list[dict[str, Any]] = [
    {"title": "@三"},
    {"rating": 10**9},
    {"person": "nobody@example.com"},
    {"attachment": [{"name": "a", "sha256": "0" * 64, "at": "2026-01-01 00:00:00"}]},
    {"nosuch": 1},
]


@pytest.mark.parametrize(
    ("type", "good", "bad"),
    [
        ("number", [0, -(10**17)], ["x", 2 * 10**18, 1.5, True, None, [1]]),
        ("date", ["2026-02-28"], ["2026-02-30", "20260228", 20260228]),
        ("datetime", ["2026-02-28 09:30:00"], ["now", "2026-02-28T09:30:00", "2026-02-28"]),
        ("checkbox", [True, False], [1, "x"]),
        ("rating", [1, 5], [0, 10**9, "5"]),
        ("multiple_choice", [[1, 2]], ["1", [], ["x"], 1]),
        ("single_choice", [3], ["3", -(10**19)]),
        ("text", ["x", "@三"], ["", "a\0b", 7, "x" * 100_001]),
        ("location", ["31.230416,121.473701 人民广场"], ["x", "99,999"]),
        ("url", ["https://example.com/"], ["javascript:alert(1)"]),
    ],
)
def test_values_are_what_the_product_would_store(type, good, bad):
    field = schema.Field(1, 1, "f", "f", {}, type, {}, "", False, False, None, 0)
    fit = cells.fits(field)
    assert all(map(fit, good)) and not any(map(fit, bad))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_we_would_not_write_is_refused_and_nothing_stays(database, small_file, tmp_path):
    path, target = small_file[0], tmp_path / "x.rounds"
    files: list[dict[str, bytes | None]]
    files = [{"base.json": base_with(path, one)} for one in DEFINITIONS]
    files += [{"records/every.jsonl": line_with(path, **one)} for one in VALUES]
    records = parts(path)["records/every.jsonl"]
    files += [
        {"records/every.jsonl": None},
        {"records/every.jsonl": records + records},
        {"records/every.jsonl": records[:-1]},
        {"records/every.jsonl": b"[" * 200_000},
        {"links/every.itself.jsonl": b"[1,99,0]\n"},
        {"links/every.itself.jsonl": b"[1,1,-1]\n"},
        {"people.json": b"{}"},
        {"people.json": b'[{"email":"x"}]'},
        {"base.json": b"[]"},
        {"base.json": None},
        {"../evil": b"x"},
        {"files/" + "a" * 64: b"x", "departments.json": b"7"},
    ]
    taken = []
    for number, new in enumerate(files):
        before = (models.Base.select().count(), models.Person.select().count())
        try:
            file = changed(path, target, **new)
            reading.read(SYSTEM, file, data_dir=tmp_path, look=basereading.look)
        except Problem:
            after = (models.Base.select().count(), models.Person.select().count())
            assert after == before, new
            continue
        taken.append(number)
    assert not taken


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_archives_that_lie_are_refused(database, small_file, tmp_path, monkeypatch):
    path, target = small_file[0], tmp_path / "x.rounds"

    def refused(match: str) -> None:
        with pytest.raises(Problem) as caught:
            reading.read(SYSTEM, target, data_dir=tmp_path)
        assert match in caught.value.to("en")

    for data in (b"", b"PK\3\4", b"x" * 5_000):
        target.write_bytes(data)
        refused("no base file")
    whole = path.read_bytes()
    place = whole.index(b"base.json") + 200
    target.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    refused("damaged")
    found = parts(path)
    said = orjson.loads(found["manifest.json"])
    for change, match in (
        ({"format": 2, "version": "9.9"}, "made by Rounds 9.9, which is newer"),
        ({"parts": {}}, "damaged"),
        ({"counts": {**said["counts"], "records": 99}}, "damaged"),
        ({"counts": {**said["counts"], "records": 10**12}}, "at most"),
    ):
        lied = {**said, **change}
        lied["digest"] = archive.digest({k: v for k, v in lied.items() if k != "digest"})
        _zip(target, {**found, "manifest.json": orjson.dumps(lied)})
        refused(match)
    _zip(target, {**found, "manifest.json": orjson.dumps({**said, "version": "1"})})
    refused("damaged")
    bomb = {"bytes": 10, "sha256": "0" * 64}
    lied = {**said, "parts": {**said["parts"], "base.json": bomb}}
    lied["digest"] = archive.digest({k: v for k, v in lied.items() if k != "digest"})
    zeros = bytes(50_000_000)
    _zip(target, {**found, "manifest.json": orjson.dumps(lied), "base.json": zeros})
    refused("damaged")
    target.write_bytes(whole)
    monkeypatch.setattr(limits, "BASEFILE_UNPACKED_BYTES", 1_000)
    refused("unpacks to at most")
    monkeypatch.setattr(limits, "BASEFILE_PARTS", 3)
    refused("at most 3 parts")


def _zip(target: Path, found: dict[str, bytes]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in found.items():
            file.writestr(name, data)


# ── names for ids ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_names_stand_for_ids_and_texts_stay_texts(database):
    here, there = Names(), Names()
    for number, name in enumerate(["@visits.day", "@visits.name"], 1):
        here.put("field", number, name)
        there.put("field", number + 70, name)
    here.put("table", 1, "@visits")
    there.put("table", 9, "@visits")
    here.put("role", 3, "@role:head")
    there.put("role", 8, "@role:head")
    stored = {
        "text": "@visits.day",
        "names": {"en": "@@", "@": "@"},
        "sort": [{"field": 2, "desc": True}, {"field": 55, "desc": False}],
        "hidden": [1, 55],
        "widths": {"1": 30, "55": 40},
        "formula": "{fld:1} & '{fld:1}{fld:@x}' & {fld:55}",
        "table": 1,
        "group": None,
        "by": "month",
        "first_for": [3, 55],
        "fits": {"1": {"date": 1, "person": 0}, "55": {"date": 2}},
        **{"parent": 2, "progress": 1, "weight": None, "depends": 2},
        "filter": {"field": 1, "op": "is", "value": "@me"},
    }
    said = references.told(stored, here)
    assert references.resolved(said, there) == {
        **stored,
        "sort": [{"field": 72, "desc": True}, {"field": 0, "desc": False}],
        "hidden": [71],
        "widths": {"71": 30},
        "formula": "{fld:71} & '{fld:1}{fld:@x}' & {fld:0}",
        "table": 9,
        "first_for": [8],
        "fits": {"9": {"date": 71, "person": 0}},
        **{"parent": 72, "progress": 71, "weight": None, "depends": 72},
        "filter": {"field": 71, "op": "is", "value": "@me"},
    }
    assert references.told(references.own(said, there), there) == said
    old = ("first_for", "fits", "parent", "progress", "depends")  # once written as ids
    assert references.without_ids(stored).keys() == stored.keys() - set(old)
    assert references.without_ids(said) == said
    for strange in ({"table": 9}, {"hidden": [71]}, {"view": "@view:1"}, {"widths": {"71": 3}}):
        with pytest.raises(Refused):
            references.own(strange, there)
