"""Records, links, comments and attached files of a base file, put into the tables made for them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import peewee
import psycopg

from tracker import db, fieldtypes, files, limits, pictures, rows, schema, searchindex
from tracker.attached import FilesColumn, entry
from tracker.fieldtypes import FieldType
from tracker.filenames import clean_name, type_of
from tracker.models import File
from tracker.schema import Field, Table
from tracker.transfer.basefile import talk
from tracker.transfer.basefile.archive import Reader
from tracker.transfer.basefile.cells import MOST, fits, moment, need
from tracker.transfer.basefile.describing import is_kept
from tracker.transfer.basefile.references import Names, damaged

CHUNK = 2_000
SYSTEM = ["id", "rev", "created_at", "created_by", "updated_at", "updated_by"]
MADE = ["title", "initials", "strays"]
Progress = Callable[[int, int], None]
_REFUSED = (
    *(peewee.IntegrityError, peewee.DataError, psycopg.IntegrityError, psycopg.DataError),
    *(peewee.sqlite3.IntegrityError, OverflowError),
)


class Filler:
    """Fills the tables of a base just made, from an open base file."""

    def __init__(self, file: Reader, said: dict[str, Any], names: Names, folder: Path) -> None:
        self.file, self.said, self.names, self.folder = file, said, names, folder
        self.done, self.links, self.comments, self.files = 0, 0, 0, 0
        self._kept: dict[str, dict[str, Any]] = {}  # digest → what is known of its content

    def all(self, progress: Progress | None) -> None:
        total = self.file.counts.get("records")
        for plan in self.said["tables"]:
            self._records(plan["key"], lambda: progress and progress(self.done, total or self.done))
        for table in self.said["tables"]:
            for plan in table["fields"]:
                if plan["type"] == "link":
                    self._links(table["key"], plan["key"])
            rows = self.file.lines(f"comments/{table['key']}.jsonl")
            made = self._table(table["key"])
            self.comments += talk.put(made, rows, self._person)

    def _table(self, key: str) -> Table:
        return schema.current().table(self.names.id(f"@{key}"))

    def _person(self, key: Any) -> int | None:
        return None if key is None else self.names.id(f"@person:{key}")

    # ── records ──────────────────────────────────────────────────────────────

    def _records(self, key: str, tell: Callable[[], object]) -> None:
        table = self._table(key)
        reader = _Rows(table, self)
        first: list[int] = []
        last = 0
        for chunk in _chunks(self.file.lines(f"records/{key}.jsonl")):
            loaded = [reader.row(one) for one in chunk]
            ids = [row[0] for row in loaded]
            need(ids[0] > last and ids == sorted(set(ids)))
            last = ids[-1]
            _load(table.sql_name, reader.columns, loaded)
            first = first or ids
            self.done += len(ids)
            tell()
        if last and not db.is_sqlite():
            db.query("SELECT setval(pg_get_serial_sequence(?, 'id'), ?)", table.sql_name, last)
        if first:
            searchindex.note(table, first)

    # ── links ────────────────────────────────────────────────────────────────

    def _links(self, key: str, field_key: str) -> None:
        field = schema.current().fields[self.names.id(f"@{key}.{field_key}")]
        junction = f"l{field.options['junction']}"
        for chunk in _chunks(self.file.lines(f"links/{key}.{field_key}.jsonl")):
            need(all(_is_link(one) for one in chunk))
            _load(junction, ["src", "dst", "ord"], [tuple(one) for one in chunk])
            self.links += len(chunk)
        here, there = f"t{field.table_id}", f"t{field.options['table']}"
        if field.options.get("reverse"):
            here, there = there, here
        loose = db.query(
            f"SELECT 1 FROM {junction} l LEFT JOIN {here} a ON a.id = l.src "
            f"LEFT JOIN {there} b ON b.id = l.dst WHERE a.id IS NULL OR b.id IS NULL LIMIT 1"
        )
        need(not loose)

    # ── attached files ───────────────────────────────────────────────────────

    def attach(self, table: Table, field: Field, record_id: int, value: Any) -> str:
        """The stored value of files of a record; their rows are made with it."""
        need(isinstance(value, list) and 0 < len(value) <= limits.FILES_PER_FIELD)
        made = [self._file(table, field, record_id, one) for one in value]
        return orjson.dumps([entry(one) for one in made]).decode()

    def _file(self, table: Table, field: Field, record_id: int, said: Any) -> File:
        need(isinstance(said, dict) and isinstance(said.get("name"), str) and moment(said["at"]))
        self.files += 1
        return File.create(
            id=files.new_id(),
            name=clean_name(said["name"]),
            **self._content(said["sha256"], said["name"]),
            person_id=self._person(said.get("by")),
            at=datetime.fromisoformat(said["at"]),
            table_id=table.id,
            field_id=field.id,
            record_id=record_id,
        )

    def _content(self, digest: Any, name: str) -> dict[str, Any]:
        """Facts of a file, found out and not believed; its bytes lie in their place then."""
        need(isinstance(digest, str) and len(digest) == 64)
        if digest not in self._kept:
            self._kept[digest] = self._bytes(digest)
        about = dict(self._kept[digest])
        return {**about, "type": about["type"] or type_of(clean_name(name))}

    def _bytes(self, digest: str) -> dict[str, Any]:
        home = files.path_of(self.folder, digest)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / f".{secrets.token_hex(8)}"
        try:
            self.file.copy(f"files/{digest}", part)
            size, shown = part.stat().st_size, pictures.measure(part)
            need(0 < size <= limits.FILE_BYTES and _digest(part) == digest)
            home.parent.mkdir(mode=0o700, exist_ok=True)
            part.replace(home)
        finally:
            part.unlink(missing_ok=True)
        about = {"digest": digest, "size": size, "type": shown.type if shown else None}
        width, height = (shown.width, shown.height) if shown else (None, None)
        return {**about, "width": width, "height": height}


class _Rows:
    """From lines of a file to rows of the database."""

    def __init__(self, table: Table, filler: Filler) -> None:
        self.table, self.filler = table, filler
        self.fields = [one for one in table.fields if is_kept(one)]
        self.columns = [*SYSTEM, *MADE, *(one.column for one in self.fields)]
        self.readers = {one.key: self._reader(one) for one in self.fields}
        self.ids = {one.key: one.id for one in table.fields}

    def row(self, said: Any) -> tuple[Any, ...]:
        need(isinstance(said, dict) and isinstance(said.get("values"), dict))
        record_id, given = said.get("id"), said["values"]
        need(type(record_id) is int and 0 < record_id < MOST)
        need(type(said.get("rev")) is int and 0 < said["rev"] < 10**9)
        need(given.keys() <= self.readers.keys())
        read = {key: self.readers[key](record_id, value) for key, value in given.items()}
        cells = [read[one.key][0] if one.key in read else None for one in self.fields]
        values = {self.ids[key]: value for key, (_cell, value) in read.items()}
        titled = rows.title_cells(self.table, values)
        made = (titled.get("title"), titled.get("initials"), self._strays(said.get("strays")))
        times = (*self._when(said.get("created")), *self._when(said.get("updated")))
        return (record_id, said["rev"], *times, *made, *cells)

    def _when(self, said: Any) -> tuple[Any, Any]:
        need(isinstance(said, list) and len(said) == 2)
        at, who = said
        need(at is None or moment(at))
        return at, self.filler._person(who)

    def _strays(self, said: Any) -> str | None:
        if said is None:
            return None
        need(isinstance(said, dict) and said.keys() <= self.ids.keys())
        need(all(isinstance(one, str) and len(one) < 2_000_000 for one in said.values()))
        return orjson.dumps({str(self.ids[key]): said[key] for key in said}).decode()

    def _reader(self, field: Field) -> Callable[[int, Any], tuple[Any, Any]]:
        """From ``(record, what the file says)`` to the cell and the value it stands for."""
        kind: FieldType = fieldtypes.get(field)
        column, fit = kind.column(field), fits(field)
        if kind.widget in {"person", "department"}:

            def named(record_id: int, said: Any) -> tuple[Any, Any]:
                one = None if said is None else self.filler.names.id(f"@{kind.widget}:{said}")
                return one, one

            return named
        if isinstance(column, FilesColumn):

            def filed(record_id: int, said: Any) -> tuple[Any, Any]:
                cell = self.filler.attach(self.table, field, record_id, said)
                return cell, orjson.loads(cell)

            return filed

        def plain(record_id: int, said: Any) -> tuple[Any, Any]:
            need(fit(said))
            return column.db_value(said), said

        return plain


def _load(table: str, columns: list[str], loaded: list[tuple[Any, ...]]) -> None:
    """New rows; what the database refuses (two records of one number) is damage."""
    try:
        db.load(table, columns, loaded)
    except _REFUSED as error:
        raise damaged() from error


def _chunks(lines: Iterator[Any]) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for line in lines:
        chunk.append(line)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _is_link(said: Any) -> bool:
    return (
        isinstance(said, list)
        and len(said) == 3
        and all(type(one) is int and 0 <= one < 10**9 for one in said[2:])
        and all(type(one) is int and 0 < one < MOST for one in said[:2])
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
