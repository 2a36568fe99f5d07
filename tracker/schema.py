"""The shape of all bases as one immutable snapshot, cached until somebody changes it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from tracker import db, models
from tracker.errors import Missing
from tracker.text import Text


@dataclass(frozen=True)
class Field:
    """A field as it stands now. ``options`` belong to its type."""

    id: int
    table_id: int
    key: str
    name: str
    names: dict[str, str]
    type: str
    options: dict[str, Any]
    help: str
    required: bool
    unique: bool
    default: Any
    ord: int
    help_names: dict[str, str] = field(default_factory=dict)
    result: str = ""  # of a computed field: the kind its values are like (`fieldtypes.Shape`)
    lent: tuple[str, ...] = ()  # the options that come from there and are not its own
    problem: Text | None = None  # why there are no values

    def help_in(self, lang: str) -> str:
        """What stands beneath the field, in ``lang`` where somebody wrote it."""
        return self.help_names.get(lang) or self.help

    @property
    def own_options(self) -> dict[str, Any]:
        """The options as they are stored with this field."""
        return {key: value for key, value in self.options.items() if key not in self.lent}

    @property
    def column(self) -> str:
        """The column of its values: another one after each change of type (`tracker.storages`)."""
        number = self.options.get("column")
        return f"f{self.id}_{number}" if number else f"f{self.id}"

    @property
    def errors(self) -> str:
        """The column beside it for the errors of a formula."""
        return f"e{self.column[1:]}"


@dataclass(frozen=True)
class Table:
    """A table with its live fields in order; the first is the title of a record."""

    id: int
    base_id: int
    base_key: str
    key: str
    name: str
    names: dict[str, str]
    icon: str
    options: dict[str, Any]
    ord: int
    fields: tuple[Field, ...] = field(repr=False)
    by_id: dict[int, Field] = field(repr=False, compare=False, default_factory=dict)
    by_key: dict[str, Field] = field(repr=False, compare=False, default_factory=dict)

    @property
    def sql_name(self) -> str:
        return f"t{self.id}"

    @property
    def title(self) -> Field | None:
        """The field whose text names a record: the chosen one, else the first."""
        chosen = self.by_id.get(self.options.get("title") or 0)
        return chosen or (self.fields[0] if self.fields else None)

    def field(self, ref: Any) -> Field:
        """The field by id, key or name; `Missing` otherwise."""
        found = self.find(ref)
        if found is None:
            raise Missing
        return found

    def find(self, ref: Any) -> Field | None:
        """The field by id, key or name, or itself as it stands here; None otherwise."""
        if isinstance(ref, Field):
            return self.by_id.get(ref.id)
        if isinstance(ref, int):
            return self.by_id.get(ref)
        text = str(ref)
        if text.isdecimal() and int(text[:18]) in self.by_id:
            return self.by_id[int(text)]
        return self.by_key.get(text) or _by_name(self.fields, text)


@dataclass(frozen=True)
class Base:
    """A base with its live tables in order."""

    id: int
    key: str
    name: str
    names: dict[str, str]
    icon: str
    options: dict[str, Any]
    tables: tuple[Table, ...]

    def table(self, ref: Any) -> Table:
        """The table by id, key or name; `Missing` otherwise."""
        for table in self.tables:
            if ref in (table.id, table.key) or str(ref) == str(table.id):
                return table
        found = _by_name(self.tables, str(ref))
        if found is None:
            raise Missing
        return found


@dataclass(frozen=True)
class Schema:
    """Everything at ``version``."""

    version: int
    bases: tuple[Base, ...]
    tables: dict[int, Table] = field(repr=False)
    fields: dict[int, Field] = field(repr=False)
    derived: dict[Any, Any] = field(repr=False, compare=False, default_factory=dict)
    # ``derived`` keeps what others work out of this snapshot and of the rights at its version

    def base(self, ref: Any) -> Base:
        for base in self.bases:
            if ref in (base.id, base.key) or str(ref) == str(base.id):
                return base
        found = _by_name(self.bases, str(ref))
        if found is None:
            raise Missing
        return found

    def table(self, table_id: int) -> Table:
        try:
            return self.tables[table_id]
        except KeyError:
            raise Missing from None

    def locate(self, path: str) -> Table:
        """The table named by ``BASE/TABLE``, each a key or a name."""
        base, _slash, table = path.partition("/")
        return self.base(base).table(table)


def _by_name(things: Iterable[Any], name: str) -> Any:
    for thing in things:
        if thing.name == name or name in thing.names.values():
            return thing
    return None


# What `tracker.fieldtypes`, which stands above, gives fields whose values come from others.
shapers: list[Callable[[list[Field]], list[Field]]] = []
_cache: WeakKeyDictionary[Any, Schema] = WeakKeyDictionary()  # by database
_held: ContextVar[Schema | None] = ContextVar("held", default=None)


def version() -> int:
    rows = db.query("SELECT value FROM meta WHERE key = ?", "schema_version")
    return int(rows[0][0]) if rows else 0


def current() -> Schema:
    """The snapshot of now: one small query when nothing has changed, none where it is `held`."""
    held = _held.get()
    if held is not None:
        return held
    now = version()
    cached = _cache.get(db.proxy.obj)
    if cached is None or cached.version != now:
        _cache.clear()  # of the database before, where there was another
        cached = _cache[db.proxy.obj] = _load(now)
    return cached


def hold() -> None:
    """Let this thread read by the snapshot of now, for the length of one answer, until `release`.

    For answers that only read: a page made of many queries is then of one piece, too.
    """
    _held.set(current())


def release() -> None:
    _held.set(None)


def changed() -> None:
    """Say that the schema or the rights changed; call inside the transaction that did it.

    Each change has a number of its own, so that one that is rolled back is never taken for another.
    """
    release()
    models.Meta.put("schema_version", secrets.randbits(60))


def _load(version: int) -> Schema:
    bases = list(models.Base.select().where(models.Base.deleted_at.is_null()))
    keys = {base.id: base.key for base in bases}
    live = [
        row
        for row in models.Table.select().where(models.Table.deleted_at.is_null())
        if row.base_id in keys
    ]
    fields = _fields({row.id for row in live})
    tables: dict[int, list[Table]] = {}
    for row in live:
        table = _table(row, keys[row.base_id], fields.get(row.id, []))
        tables.setdefault(row.base_id, []).append(table)
    loaded = tuple(_base(row, tables.get(row.id, [])) for row in sorted(bases, key=_order))
    all_tables = {table.id: table for base in loaded for table in base.tables}
    all_fields = {one.id: one for table in all_tables.values() for one in table.fields}
    return Schema(version, loaded, all_tables, all_fields)


def _fields(tables: set[int]) -> dict[int, list[Field]]:
    """Table id → its live fields."""
    rows = models.Field.select().where(models.Field.deleted_at.is_null())
    found = [_field(row) for row in rows if row.table_id in tables]
    for shape in shapers:
        found = shape(found)
    fields: dict[int, list[Field]] = {}
    for one in found:
        fields.setdefault(one.table_id, []).append(one)
    return fields


def _order(row: Any) -> tuple[int, int]:
    return (row.ord, row.id)


def _base(row: models.Base, tables: list[Table]) -> Base:
    ordered = tuple(sorted(tables, key=_order))
    return Base(row.id, row.key, row.name, row.names or {}, row.icon, row.options or {}, ordered)


def _table(row: models.Table, base_key: str, fields: list[Field]) -> Table:
    ordered = tuple(sorted(fields, key=_order))
    return Table(
        id=row.id,
        base_id=row.base_id,
        base_key=base_key,
        key=row.key,
        name=row.name,
        names=row.names or {},
        icon=row.icon,
        options=row.options or {},
        ord=row.ord,
        fields=ordered,
        by_id={one.id: one for one in ordered},
        by_key={one.key: one for one in ordered},
    )


def _field(row: models.Field) -> Field:
    return Field(
        id=row.id,
        table_id=row.table_id,
        key=row.key,
        name=row.name,
        names=row.names or {},
        type=row.type,
        options=row.options or {},
        help=row.help,
        required=row.required,
        unique=row.unique,
        default=row.default,
        ord=row.ord,
        help_names=row.help_names or {},
    )
