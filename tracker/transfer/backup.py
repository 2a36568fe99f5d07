"""The whole installation as a directory, and back: database, files, secret, and a manifest of them.

The manifest holds a checksum of every file and the number of rows of every table; what does not
agree with it is refused before anything is touched.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

import tracker
from tracker import clock, limits, migrations, running
from tracker.errors import Refused
from tracker.settings import Settings
from tracker.text import Text, _
from tracker.transfer import databases

FORMAT = 1
MANIFEST = "manifest.json"
_MANIFEST_BYTES = 256 * 1024 * 1024
_OURS = re.compile(r"database|secret|files/[0-9A-Za-z][0-9A-Za-z._/-]{0,200}")
_CHUNK = 1024 * 1024


@dataclass
class Manifest:
    """What a backup holds: ``files`` as ``{"path", "bytes", "sha256"}``, rows by table."""

    version: str
    migration: int
    database: str
    made_at: str
    counts: dict[str, int]
    files: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    @property
    def bytes(self) -> int:
        return sum(one["bytes"] for one in self.files)


# ── backing up ───────────────────────────────────────────────────────────────


def backup(target: Path, settings: Settings) -> Manifest:
    """Write a backup into the new directory ``target``; the database is open, and may be in use."""
    target = Path(target).resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Refused(_("{path} is not empty. Choose a new directory.", path=str(target)))
    if target.is_relative_to(settings.data_dir / "files"):
        raise Refused(_("A backup cannot lie among the files it saves."))
    with running.sharing(settings.data_dir), _staged(target) as stage:
        counts = databases.dump(settings.database_url, stage / "database")
        _copy_files(settings.data_dir, stage)
        manifest = Manifest(
            version=tracker.__version__,
            migration=migrations.current(),
            database=databases.kind(settings.database_url),
            made_at=clock.now().isoformat(sep=" "),
            counts=counts,
            files=[_entry(stage, path) for path in sorted(_files(stage))],
        )
        _write_manifest(stage / MANIFEST, manifest)
    return manifest


@contextmanager
def _staged(target: Path) -> Iterator[Path]:
    """A directory beside ``target`` that takes its name when all is well, and goes when not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield stage
        if target.exists():
            target.rmdir()
        stage.rename(target)
        _sync(target.parent)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise


def _copy_files(data_dir: Path, stage: Path) -> None:
    """Uploaded files never change under their names, so copying them while in use is safe."""
    if (data_dir / "secret").is_file():
        shutil.copyfile(data_dir / "secret", stage / "secret")
        (stage / "secret").chmod(0o600)
    if (data_dir / "files").is_dir():
        unfinished = shutil.ignore_patterns(".*")
        shutil.copytree(data_dir / "files", stage / "files", ignore=unfinished)


def _files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file() and path.name != MANIFEST)


def _entry(root: Path, path: Path) -> dict[str, Any]:
    with path.open("rb+") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
        size = file.tell()
    return {"path": path.relative_to(root).as_posix(), "bytes": size, "sha256": digest}


def _write_manifest(path: Path, manifest: Manifest) -> None:
    told = {"format": FORMAT, **asdict(manifest)}
    told["digest"] = _digest(told)
    with path.open("wb") as file:
        file.write(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())


def _digest(told: dict[str, Any]) -> str:
    rest = {key: value for key, value in told.items() if key != "digest"}
    return hashlib.sha256(orjson.dumps(rest, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# ── restoring ────────────────────────────────────────────────────────────────


@dataclass
class Restored:
    """``replaced`` is where what stood before was put; None when there was nothing."""

    manifest: Manifest
    replaced: Path | None


def restore(source: Path, settings: Settings) -> Restored:
    """Put a backup in the place of the installation's data, which is kept aside.

    `Refused` while a server or worker runs on the data, and for a backup that is incomplete, was
    changed, belongs to the other kind of database or to a newer version of Rounds.
    """
    source = Path(source).resolve()
    manifest = read_manifest(source)
    if manifest.database != databases.kind(settings.database_url):
        raise Refused(
            _(
                "This backup is of a {kind} database; ROUNDS_DATABASE_URL names another kind.",
                kind=manifest.database,
            )
        )
    with running.alone(settings.data_dir), _stage_in(settings.data_dir) as stage:
        for entry in manifest.files:
            _take(source, stage, entry)
        databases.check(manifest.database, stage / "database", manifest.counts)
        replaced = _aside(settings.data_dir)
        try:
            databases.load(settings.database_url, stage / "database", manifest.counts, replaced)
            _replace_files(settings.data_dir, stage, replaced)
        finally:
            if not any(replaced.iterdir()):
                replaced.rmdir()
    return Restored(manifest, replaced if replaced.exists() else None)


def read_manifest(source: Path) -> Manifest:
    """The manifest of a backup, whole and understood; `Refused` otherwise."""
    path = source / MANIFEST
    if not path.is_file() or path.is_symlink() or path.stat().st_size > _MANIFEST_BYTES:
        raise Refused(_("{path} is no backup: it has no manifest.", path=str(source)))
    try:
        told = orjson.loads(path.read_bytes())
        whole = isinstance(told, dict) and told.pop("digest") == _digest(told)
        format = told.pop("format") if whole else 0
        manifest = Manifest(**told) if whole and _typed(told) else None
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        manifest, format = None, 0
    if manifest is None:
        raise Refused(_("The manifest of this backup is damaged or was changed."))
    newest = max(number for number, _name in migrations.steps())
    if format != FORMAT or manifest.migration > newest:
        version = manifest.version
        raise Refused(
            _("This backup was made by Rounds {version}, which is newer.", version=version)
        )
    if len(manifest.files) > limits.BACKUP_FILES:
        raise Refused(_("A backup has at most {limit} files.", limit=f"{limits.BACKUP_FILES:,}"))
    for entry in manifest.files:
        _check_path(source, entry)
    if all(entry["path"] != "database" for entry in manifest.files):
        raise Refused(_("{name} is missing from the backup.", name="database"))
    return manifest


def _typed(told: dict[str, Any]) -> bool:
    """Whether the values are of the kinds that we write."""
    named = all(isinstance(told[name], str) for name in ("version", "database", "made_at"))
    counted = all(isinstance(count, int) for count in told["counts"].values())
    listed = all(
        isinstance(one["path"], str)
        and isinstance(one["bytes"], int)
        and isinstance(one["sha256"], str)
        for one in told["files"]
    )
    return named and counted and listed and isinstance(told["migration"], int)


def _check_path(source: Path, entry: dict[str, Any]) -> None:
    """Only names that a backup gives; nothing that leads out of its directory."""
    name = entry["path"]
    parts = name.split("/")
    if not _OURS.fullmatch(name) or {"", ".", ".."} & set(parts):
        raise Refused(_("A backup does not hold a file called {name}.", name=name[:80]))
    path = source
    for part in parts:
        path = path / part
        if path.is_symlink():
            raise Refused(_("{name} in the backup is a link, not a file.", name=name))
    if not path.is_file():
        raise Refused(_("{name} is missing from the backup.", name=name))


def _take(source: Path, stage: Path, entry: dict[str, Any]) -> None:
    """Copy one file; what is checked is what was copied."""
    name, target = entry["path"], stage / entry["path"]
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), int(entry["bytes"])
    with (source / name).open("rb") as read, target.open("wb") as write:
        target.chmod(0o600)
        while left >= 0 and (chunk := read.read(_CHUNK)):
            digest.update(chunk)
            write.write(chunk)
            left -= len(chunk)
        write.flush()
        os.fsync(write.fileno())
    if left or digest.hexdigest() != entry["sha256"]:
        raise Refused(_changed(name))


def _changed(name: str) -> Text:
    return _(
        "{name} in the backup is not as it was when the backup was made. Nothing was restored.",
        name=name,
    )


@contextmanager
def _stage_in(data_dir: Path) -> Iterator[Path]:
    stage = Path(tempfile.mkdtemp(prefix=".restoring-", dir=data_dir))
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _aside(data_dir: Path) -> Path:
    """A new directory for what is replaced."""
    name, number = f"replaced-{clock.now():%Y%m%d-%H%M%S}", 1
    while (data_dir / f"{name}-{number}").exists():
        number += 1
    path = data_dir / f"{name}-{number}"
    path.mkdir(mode=0o700)
    return path


def _replace_files(data_dir: Path, stage: Path, replaced: Path) -> None:
    for name in ("files", "secret"):
        if (data_dir / name).exists():
            (data_dir / name).rename(replaced / name)
        if (stage / name).exists():
            (stage / name).rename(data_dir / name)
    _sync(data_dir)
