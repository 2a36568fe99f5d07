"""A backup comes back whole, and one that is not whole is refused before anything is touched."""

from __future__ import annotations

import hashlib
import shutil
import threading
from dataclasses import replace

import orjson
import pytest

from tests import world as worlds
from tests.conftest import opened
from tracker import db, permissions, records, running, settings
from tracker.errors import Refused
from tracker.transfer import backup, databases

SYSTEM = permissions.system()


@pytest.fixture
def here(database, tmp_path):
    """The settings of the test's installation, with a world, files and a secret in it."""
    worlds.sample(worlds.build())
    data = tmp_path / "data"
    (data / "files/ab").mkdir(parents=True)
    (data / "files/ab/cdef").write_bytes(b"photo" * 1000)
    (data / "secret").write_bytes(b"s" * 64)
    given = {"ROUNDS_DATA_DIR": str(data), "ROUNDS_DATABASE_URL": database}
    return settings.load(given)


def elsewhere(here, url, tmp_path):
    """The settings of a second installation with an empty directory."""
    return replace(here, data_dir=tmp_path / "second", database_url=url)


@pytest.fixture
def second(here, make_database, tmp_path):
    url = make_database(databases.kind(here.database_url).removesuffix("ql"))
    return elsewhere(here, url, tmp_path)


def checksums():
    """One digest per table over all of its rows."""
    found = {}
    for name in db.proxy.get_tables():
        rows = sorted(map(repr, db.query(f'SELECT * FROM "{name}"')))
        found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def test_a_backup_comes_back_whole_in_another_place(here, second, tmp_path):
    before = checksums()
    manifest = backup.backup(tmp_path / "saved", here)
    assert manifest.rows > 50 and {one["path"] for one in manifest.files} == {
        "database",
        "secret",
        "files/ab/cdef",
    }
    restored = backup.restore(tmp_path / "saved", second)
    with opened(second.database_url):
        assert checksums() == before
    assert (second.data_dir / "files/ab/cdef").read_bytes() == b"photo" * 1000
    assert (second.data_dir / "secret").read_bytes() == b"s" * 64
    assert restored.replaced is not None
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_stood_before_is_kept_aside(here, second, tmp_path):
    backup.backup(tmp_path / "saved", here)
    with opened(second.database_url):
        worlds.build()
        before = checksums()
    restored = backup.restore(tmp_path / "saved", second)
    assert restored.replaced is not None
    if databases.kind(second.database_url) == "sqlite":
        kept = next(restored.replaced.glob("*.db"))
        with opened(f"sqlite:///{kept}"):
            assert checksums() == before
    else:
        assert (restored.replaced / "database").stat().st_size > 1000


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_leftover_logs_of_the_old_database_do_not_ruin_the_new_one(here, second, tmp_path):
    before = checksums()
    backup.backup(tmp_path / "saved", here)
    path = databases.sqlite_path(second.database_url)
    for tail in ("-wal", "-shm"):
        shutil.copyfile(f"{databases.sqlite_path(here.database_url)}{tail}", f"{path}{tail}")
    backup.restore(tmp_path / "saved", second)
    with opened(second.database_url):
        assert checksums() == before


def test_a_backup_under_writes_holds_what_was_acknowledged(here, second, tmp_path):
    base = worlds.World().base
    companies, stop, made = base.table("companies"), threading.Event(), []

    def write() -> None:
        with db.connection():
            while not stop.is_set():
                made.append(records.create(SYSTEM, companies, {"name": "x"}, via="t").record_id)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(made) < 20:
            pass
        acknowledged = set(made)
        backup.backup(tmp_path / "saved", here)
    finally:
        stop.set()
        writer.join()
    backup.restore(tmp_path / "saved", second)
    with opened(second.database_url):
        found = {row[0] for row in db.query(f"SELECT id FROM t{companies.id}")}
    assert acknowledged <= found


def change_manifest(saved, change):
    """Change the manifest as a forger would, with a new digest."""
    told = orjson.loads((saved / "manifest.json").read_bytes())
    change(told)
    told["digest"] = backup._digest(told)
    (saved / "manifest.json").write_bytes(orjson.dumps(told))


def name_first(name):
    def change(told):
        told["files"][0]["path"] = name

    return change


def cut(path, size):
    with path.open("rb+") as file:
        file.truncate(size)


def linked(path, target):
    path.unlink()
    path.symlink_to(target)


SPOILED = {
    "no manifest": lambda saved: (saved / "manifest.json").unlink(),
    "manifest is no JSON": lambda saved: (saved / "manifest.json").write_text("{"),
    "manifest is a list": lambda saved: (saved / "manifest.json").write_text("[]"),
    "manifest changed": lambda saved: (saved / "manifest.json").write_bytes(
        (saved / "manifest.json").read_bytes().replace(b'"migration": ', b'"migration": 1')
    ),
    "newer": lambda saved: change_manifest(saved, lambda told: told.update(migration=99_999)),
    "other format": lambda saved: change_manifest(saved, lambda told: told.update(format=2)),
    "strange types": lambda saved: change_manifest(saved, lambda told: told.update(files=[1])),
    "more fields": lambda saved: change_manifest(saved, lambda told: told.update(more=1)),
    "no database": lambda saved: change_manifest(saved, lambda told: told["files"].clear()),
    "database cut": lambda saved: cut(saved / "database", 5000),
    "database gone": lambda saved: (saved / "database").unlink(),
    "file changed": lambda saved: (saved / "files/ab/cdef").write_bytes(b"other" * 1000),
    "file longer": lambda saved: (saved / "files/ab/cdef").write_bytes(b"photo" * 1001),
    "file is a link": lambda saved: linked(saved / "files/ab/cdef", "/etc/hostname"),
    "absolute path": lambda saved: change_manifest(saved, name_first("/etc/hostname")),
    "path upwards": lambda saved: change_manifest(saved, name_first("files/../../x")),
    "path of the house": lambda saved: change_manifest(saved, name_first("in-use.lock")),
    "other counts": lambda saved: change_manifest(
        saved, lambda told: told["counts"].update(person=77)
    ),
    "a million files": lambda saved: change_manifest(
        saved, lambda told: told.update(files=told["files"][:1] * 1_000_000)
    ),
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_spoiled_backups_are_refused_and_touch_nothing(here, second, tmp_path):
    backup.backup(tmp_path / "good", here)
    with opened(second.database_url):
        before = checksums()
    for name, spoil in SPOILED.items():
        saved = tmp_path / name.replace(" ", "-")
        shutil.copytree(tmp_path / "good", saved)
        spoil(saved)
        with pytest.raises(Refused) as refused:
            backup.restore(saved, second)
        assert str(refused.value).endswith("."), name
        left = [p.name for p in second.data_dir.iterdir()] if second.data_dir.exists() else []
        assert set(left) <= {"in-use.lock"}, name
    with opened(second.database_url):
        assert checksums() == before


def test_a_forged_database_is_refused_on_postgres_too(here, second, tmp_path):
    backup.backup(tmp_path / "saved", here)
    (tmp_path / "saved/database").write_bytes(b"nothing")
    change_manifest(
        tmp_path / "saved",
        lambda told: next(one for one in told["files"] if one["path"] == "database").update(
            bytes=7, sha256=hashlib.sha256(b"nothing").hexdigest()
        ),
    )
    with pytest.raises(Refused):
        backup.restore(tmp_path / "saved", second)


def test_not_while_somebody_uses_the_data(here, second, tmp_path):
    backup.backup(tmp_path / "saved", here)
    sharing = running.sharing(second.data_dir)
    with running.sharing(second.data_dir), sharing, pytest.raises(Refused) as refused:
        backup.restore(tmp_path / "saved", second)
    assert "Stop the server" in str(refused.value)
    with running.alone(second.data_dir), pytest.raises(Refused):
        running.sharing(second.data_dir).__enter__()
    backup.restore(tmp_path / "saved", second)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_not_while_somebody_else_is_connected(here, second, tmp_path):
    backup.backup(tmp_path / "saved", here)
    with opened(second.database_url), pytest.raises(Refused) as refused:
        backup.restore(tmp_path / "saved", second)
    assert "Stop the server" in str(refused.value)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_backup_needs_a_new_place_and_the_same_kind_of_database(here, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").touch()
    with pytest.raises(Refused):
        backup.backup(tmp_path / "full", here)
    backup.backup(tmp_path / "saved", here)
    other = replace(here, data_dir=tmp_path / "third", database_url="postgresql://u@127.0.0.1/x")
    with pytest.raises(Refused) as refused:
        backup.restore(tmp_path / "saved", other)
    assert "another kind" in str(refused.value)
    assert (tmp_path / "saved").stat().st_mode & 0o077 == 0
