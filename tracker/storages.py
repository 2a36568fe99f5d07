"""Where the values of one field lie, generation by generation: a change of type makes a new one.

The first generation is the column ``f12`` (or the junction ``l12``), later ones ``f12_1``,
``f12_2`` … Beside each, ``s12_0``, ``s12_1`` … keep its strays while it is not the one in use.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as kept
from typing import Any

import orjson

from tracker import db, ddl, fieldtypes
from tracker.schema import Field

Values = dict[int, tuple[Any, str | None]]  # record id → (value, text of its stray)


def generation(field: Field) -> int:
    return int(field.options.get("column") or 0)


def next_generation(field: Field) -> int:
    """A number that no storage of the field has had, kept or left over from a failed change."""
    columns = {column.name for column in db.proxy.get_columns(f"t{field.table_id}")}
    tables = set(db.proxy.get_tables())
    number = generation(field) + 1
    while {f"f{field.id}_{number}", f"s{field.id}_{number}"} & columns or (
        f"l{field.id}_{number}" in tables
    ):
        number += 1
    return number


@dataclass
class Storage:
    """One generation of a field's values. ``field`` is the field as it is in that generation."""

    field: Field
    binned: set[int] = kept(default_factory=set)  # of the rows read last, those in the bin

    @property
    def linked(self) -> bool:
        return fieldtypes.get(self.field).family == "link"

    @property
    def table(self) -> str:
        return f"t{self.field.table_id}"

    @property
    def strays(self) -> str:
        return f"s{self.field.id}_{generation(self.field)}"

    def make(self) -> None:
        if self.linked:
            ddl.create_junction(self.field.options["junction"])
        else:
            ddl.add_column(self.field)
        self.make_strays()

    def make_strays(self) -> None:
        if self.strays not in {column.name for column in db.proxy.get_columns(self.table)}:
            db.execute(f"ALTER TABLE {self.table} ADD COLUMN {self.strays} TEXT")

    def drop(self) -> None:
        if self.linked:
            db.execute(f"DROP TABLE l{self.field.options['junction']}")
        else:
            db.execute(f"ALTER TABLE {self.table} DROP COLUMN {self.field.column}")
        db.execute(f"ALTER TABLE {self.table} DROP COLUMN {self.strays}")

    # ── values ───────────────────────────────────────────────────────────────

    def after(self, record_id: int, limit: int) -> Values:
        """Values and strays of the next rows by id, those in the bin included."""
        where = f"WHERE id > ? ORDER BY id LIMIT {int(limit)}"
        return self._read(where, [record_id])

    def of(self, ids: list[int]) -> Values:
        """Values and strays of these rows."""
        return self._read(f"WHERE id IN ({', '.join('?' * len(ids))})", ids) if ids else {}

    def _read(self, where: str, params: list[int]) -> Values:
        column = "NULL" if self.linked else self.field.column
        sql = f"SELECT id, strays, {column}, deleted_at FROM {self.table} {where}"
        rows = db.query(sql, *params)
        self.binned = {row[0] for row in rows if row[3] is not None}
        ids = [row[0] for row in rows]
        links = self._links(ids) if self.linked else {}
        read = fieldtypes.get(self.field).column(self.field).python_value
        found = {}
        for record_id, strays, cell, _deleted in rows:
            value = links.get(record_id) if self.linked else None if cell is None else read(cell)
            stray = orjson.loads(strays).get(str(self.field.id)) if strays else None
            found[record_id] = value, stray
        return found

    def _links(self, ids: list[int]) -> dict[int, list[int]]:
        junction, near, far = ddl.link_sides(self.field)
        select = junction.select(near, far).where(near.in_(ids)).order_by(near, junction.ord, far)
        found: dict[int, list[int]] = {}
        for record_id, other in db.proxy.execute(select).fetchall():
            found.setdefault(record_id, []).append(other)
        return found

    def write(self, values: Values) -> None:
        """Put values here, and their strays beside them; nobody reads this storage yet."""
        if self.linked:
            self._write_links({one: value for one, (value, _stray) in values.items()})
            rows = [(stray, one) for one, (_value, stray) in values.items()]
            db.execute_many(f"UPDATE {self.table} SET {self.strays} = ? WHERE id = ?", rows)
            return
        cell = fieldtypes.get(self.field).column(self.field).db_value
        sql = f"UPDATE {self.table} SET {self.field.column} = ?, {self.strays} = ? WHERE id = ?"
        changed = [
            (None if value is None else cell(value), stray, one)
            for one, (value, stray) in values.items()
        ]
        db.execute_many(sql, changed)

    def _write_links(self, values: dict[int, Any]) -> None:
        junction, near, far = ddl.link_sides(self.field)
        junction.delete().where(near.in_(list(values))).execute()
        rows = [
            (one, other, place)
            for one, value in values.items()
            for place, other in enumerate(value or ())
        ]
        name = f"l{self.field.options['junction']}"
        db.execute_many(f"INSERT INTO {name} ({near.name}, {far.name}, ord) VALUES (?, ?, ?)", rows)


def swap_strays(old: Storage, new: Storage, chunk: int) -> None:
    """The strays of the generation that goes out of use step beside it, the others' come back."""
    key = str(old.field.id)
    last = 0
    old.make_strays()
    while True:
        rows = db.query(
            f"SELECT id, strays, {new.strays} FROM {old.table} "
            f"WHERE id > ? AND ({new.strays} IS NOT NULL OR strays LIKE ?) "
            f"ORDER BY id LIMIT {chunk}",
            last,
            f'%"{key}":%',
        )
        if not rows:
            return
        last = rows[-1][0]
        sql = (
            f"UPDATE {old.table} SET strays = ?, {old.strays} = ?, {new.strays} = NULL WHERE id = ?"
        )
        db.execute_many(sql, list(_swapped(rows, key)))


def _swapped(rows: Iterable[tuple[Any, ...]], key: str) -> Iterable[tuple[Any, ...]]:
    for record_id, strays, back in rows:
        kept = orjson.loads(strays) if strays else {}
        out = kept.pop(key, None)
        if back is not None:
            kept[key] = back
        yield (orjson.dumps(kept).decode() if kept else None), out, record_id
