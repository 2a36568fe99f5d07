"""A base becomes a file: its definitions, then its records, links, comments and attached files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson

from tracker import db, fieldtypes, files, models, permissions, schema
from tracker.attached import FilesColumn
from tracker.errors import Refused
from tracker.fieldtypes import FieldType
from tracker.permissions import Viewer
from tracker.schema import Base, Field, Table
from tracker.text import Text, _
from tracker.transfer.basefile import talk
from tracker.transfer.basefile.archive import Writer
from tracker.transfer.basefile.describing import Description, is_kept
from tracker.transfer.basefile.people import Directory
from tracker.transfer.basefile.references import Names

CHUNK = 2_000
Progress = Callable[[int, int], None]  # records done, records in all


@dataclass
class Written:
    """What went out: counts by kind of thing, and in words what stayed."""

    counts: dict[str, int]
    left_out: list[Text] = field(default_factory=list)


def write(
    viewer: Viewer,
    base: Base,
    target: IO[bytes],
    *,
    data_dir: Path,
    records: bool = True,
    progress: Progress | None = None,
) -> Written:
    """Write a base out, as of one moment. Its coordinators alone may: they see all of it.

    Without ``records`` the file is a pattern: no records, members, exemptions or personal views.
    """
    permissions.need_coordinator(viewer, base.id)
    with _at_one_moment():
        base = schema.current().base(base.id)
        return _Writing(base, Writer(target), data_dir / "files", records).all(progress)


def write_file(viewer: Viewer, base: Base, path: Path, **how: Any) -> Written:
    """As `write`, into a new file that stands only once it is whole."""
    if path.exists():
        raise Refused(_("{path} is there already.", path=str(path)))
    part = tempfile.NamedTemporaryFile(  # noqa: SIM115 - it takes its name when it is whole
        dir=path.parent, prefix=f".{path.name}-", delete=False
    )
    try:
        with part:
            written = write(viewer, base, part.file, **how)
            part.flush()
            os.fsync(part.fileno())
        Path(part.name).rename(path)
    except BaseException:
        Path(part.name).unlink(missing_ok=True)
        raise
    return written


@contextmanager
def _at_one_moment() -> Iterator[None]:
    """One snapshot for everything that is read; others go on writing."""
    if db.is_sqlite():
        with db.proxy.atomic("DEFERRED"):
            yield
        return
    with db.proxy.atomic():
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


class _Writing:
    def __init__(self, base: Base, writer: Writer, folder: Path, records: bool) -> None:
        self.base, self.writer, self.folder, self.records = base, writer, folder, records
        self.directory = Directory()
        self.about = Description(base, Names(self.directory.named), whole=records)
        self.digests: set[str] = set()
        self.counts: dict[str, int] = {}

    def all(self, progress: Progress | None) -> Written:
        said = self.about.all()
        self.writer.whole("base.json", said)
        for name in ("tables", "forms", "views", "duties", "roles", "automations"):
            self.counts[name] = len(said[name])
        self.counts["fields"] = sum(len(one["fields"]) for one in said["tables"])
        if self.records:
            self._data(progress)
        self._people()
        self.writer.close(self.counts)
        return Written(self.counts, self.about.left_out)

    def _data(self, progress: Progress | None) -> None:
        total = sum(_count(table) for table in self.base.tables)
        done, links, comments = 0, 0, 0
        for table in self.base.tables:
            told = _counted(self._rows(table), progress, done, total)
            done += self.writer.lines(f"records/{table.key}.jsonl", told)
        for table in self.base.tables:
            for one in self.about.fields[table.id]:
                if _owns_links(one, self.about.fields):
                    name = f"links/{table.key}.{one.key}.jsonl"
                    links += self.writer.lines(name, _links(one))
            told_comments = talk.told(table, self.directory)
            comments += self.writer.lines(f"comments/{table.key}.jsonl", told_comments)
        for digest in sorted(self.digests):
            self._file(digest)
        self.counts |= {"records": done, "links": links, "comments": comments}
        self.counts["files"] = len(self.digests)

    def _people(self) -> None:
        people = self.directory.told_people()
        departments = self.directory.told_departments()
        self.writer.whole("people.json", people)
        self.writer.whole("departments.json", departments)
        self.counts |= {"people": len(people), "departments": len(departments)}

    def _file(self, digest: str) -> None:
        path = files.path_of(self.folder, digest)
        if not path.is_file():
            name = models.File.get(models.File.digest == digest).name
            raise Refused(_("The attached file {name} is missing on the disk.", name=name))
        with path.open("rb") as stream:
            self.writer.file(f"files/{digest}", stream)

    # ── records ──────────────────────────────────────────────────────────────

    def _rows(self, table: Table) -> Iterator[dict[str, Any]]:
        """All live records by id; what is empty is left out."""
        fields = [one for one in self.about.fields[table.id] if is_kept(one)]
        cells = [(one.key, self._teller(one)) for one in fields]
        keys = {str(one.id): one.key for one in self.about.fields[table.id]}
        columns = "".join(f", {one.column}" for one in fields)
        sql = (
            "SELECT id, rev, created_at, created_by, updated_at, updated_by, strays"
            f"{columns} FROM {table.sql_name} WHERE deleted_at IS NULL AND id > ? "
            f"ORDER BY id LIMIT {CHUNK}"
        )
        last = 0
        while rows := db.query(sql, last):
            for row in rows:
                yield self._row(row, cells, keys)
            last = rows[-1][0]

    def _row(
        self, row: tuple[Any, ...], cells: list[tuple[str, Any]], keys: dict[str, str]
    ) -> dict[str, Any]:
        record_id, rev, created, creator, updated, updater, strays, *values = row
        told = {
            key: tell(value)
            for (key, tell), value in zip(cells, values, strict=True)
            if value is not None
        }
        kept = orjson.loads(strays) if strays else {}
        kept = {keys[one]: text for one, text in kept.items() if one in keys}
        found = {"id": record_id, "rev": rev, "values": told}
        found["created"] = [_moment(created), self._person(creator)]
        found["updated"] = [_moment(updated), self._person(updater)]
        return {**found, "strays": kept} if kept else found

    def _person(self, one: int | None) -> str | None:
        return self.directory.key("person", one) if one else None

    def _teller(self, one: Field) -> Callable[[Any], Any]:
        """From a cell of the database to what the file says."""
        kind: FieldType = fieldtypes.get(one)
        if kind.widget in {"person", "department"}:
            return lambda cell: self.directory.key(kind.widget, cell)
        column = kind.column(one)
        if isinstance(column, FilesColumn):
            return lambda cell: self._files(column.python_value(cell))
        return column.python_value

    def _files(self, value: Any) -> list[dict[str, Any]]:
        ids = [one["id"] for one in value or ()]
        known = {one.id: one for one in models.File.select().where(models.File.id.in_(ids))}
        found = []
        for file in (known[one] for one in ids if one in known):
            self.digests.add(file.digest)
            said = {"name": file.name, "sha256": file.digest, "at": _moment(file.at)}
            found.append({**said, "by": self._person(file.person_id)})
        return found


def _moment(value: Any) -> str | None:
    return None if value is None else str(value)


def _count(table: Table) -> int:
    sql = f"SELECT COUNT(*) FROM {table.sql_name} WHERE deleted_at IS NULL"
    return int(db.query(sql)[0][0])


def _counted(
    rows: Iterator[Any], progress: Progress | None, before: int, total: int
) -> Iterator[Any]:
    for number, row in enumerate(rows, 1):
        yield row
        if progress and number % CHUNK == 0:
            progress(before + number, total)


# ── links ────────────────────────────────────────────────────────────────────


def _owns_links(one: Field, fields: dict[int, list[Field]]) -> bool:
    """Whether the links of a junction are written with this field: with the first of its sides."""
    if one.type != "link":
        return False
    sides = [
        other
        for own in fields.values()
        for other in own
        if other.type == "link" and other.options["junction"] == one.options["junction"]
    ]
    return sides[0].id == one.id


def _links(one: Field) -> Iterator[list[int]]:
    """``[from, to, place]`` of all links between live records, as the junction has them."""
    here, there = f"t{one.table_id}", f"t{one.options['table']}"
    if one.options.get("reverse"):
        here, there = there, here
    sql = (
        f"SELECT l.src, l.dst, l.ord FROM l{one.options['junction']} l "
        f"JOIN {here} a ON a.id = l.src AND a.deleted_at IS NULL "
        f"JOIN {there} b ON b.id = l.dst AND b.deleted_at IS NULL "
        f"WHERE (l.src, l.dst) > (?, ?) ORDER BY l.src, l.dst LIMIT {CHUNK}"
    )
    last = (0, 0)
    while rows := db.query(sql, *last):
        yield from map(list, rows)
        last = rows[-1][:2]
