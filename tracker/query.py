"""The one reader. A `Query` is a table as one viewer may see it, narrowed step by step.

The row rule is always inside: in pages, counts, groups, calendars, single records and titles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import orjson
import peewee as pw

from tracker import buttons, db, ddl, fieldtypes, kept, keyset, limits, permissions, schema
from tracker.conditions import TRUE, Condition
from tracker.errors import Missing, Refused, TooMuch
from tracker.permissions import Viewer
from tracker.schema import Field
from tracker.scope import Scope
from tracker.text import _


@dataclass(slots=True)
class Record:
    """A record as its viewer sees it: ``values`` by field id; absent fields are hidden."""

    id: int
    rev: int
    title: str
    values: dict[int, Any]
    strays: dict[int, str] = field(default_factory=dict)

    def __getitem__(self, field: Field) -> Any:
        return self.values.get(field.id)


@dataclass(frozen=True)
class Sort:
    """One sort key; empty values come first when rising, last when falling."""

    field: Field
    descending: bool = False


@dataclass(frozen=True)
class Page:
    """Records and the key of the next page (None at the end)."""

    records: list[Record]
    after: list[Any] | None


class Query:
    """``Query(viewer, table)``, then `where`, `search`, `order`, `only`; each gives a new one."""

    def __init__(self, viewer: Viewer, table: schema.Table) -> None:
        self.viewer = viewer
        self.table = table
        self.access = permissions.access(viewer, table)
        self.scope = Scope(self.access)
        self.tests: list[Any] = []
        self.sorts: list[Sort] = []
        self.fields: tuple[Field, ...] = self.access.fields

    def _with(self, **changes: Any) -> Query:
        other = copy(self)
        other.__dict__.update(changes)
        return other

    def through(self, access: permissions.Access) -> Query:
        """As far as these rights open it: fewer than the viewer's own, for exports."""
        return self._with(access=access, scope=Scope(access))

    def where(self, condition: Condition | None) -> Query:
        """Narrowed by a condition over the fields this viewer may see."""
        if condition is None or condition is True:
            return self
        return self._with(tests=[*self.tests, self.scope.filter(condition)])

    def test(self, expression: Any) -> Query:
        """Narrowed by an SQL test built from `scope` columns; for view kinds."""
        return self._with(tests=[*self.tests, expression])

    def search(self, text: str) -> Query:
        text = fieldtypes.clean_text(text)[: limits.SEARCH_LENGTH]
        return self.test(self.scope.search(text)) if text else self

    def order(self, sorts: Iterable[Any]) -> Query:
        """Sorted by ``[{"field": ref, "desc": bool}, …]``; ties by id."""
        chosen = [
            one
            if isinstance(one, Sort)
            else Sort(self.access.field(one["field"]), bool(one.get("desc")))
            for one in sorts
        ]
        if len(chosen) > limits.SORTS:
            raise Refused(_("At most {n} sort keys fit.", n=limits.SORTS))
        for one in chosen:
            if not _has_column(one.field):
                raise Refused(_("Records cannot be sorted by “{field}”.", field=one.field.name))
        return self._with(sorts=chosen)

    def only(self, fields: Iterable[Any]) -> Query:
        """With only these fields fetched."""
        return self._with(fields=tuple(self.access.field(one) for one in fields))

    # ── reading ──────────────────────────────────────────────────────────────

    def one(self, record_id: int) -> Record:
        """The record, or `Missing` when it is not there for this viewer."""
        found = self.fetch([record_id])
        if not found:
            raise Missing
        return found[0]

    def fetch(self, ids: Sequence[int]) -> list[Record]:
        """The records with these ids that the viewer may see, in the order given."""
        if not ids:
            return []
        rows = self._records(self._select().where(self.scope.model.id.in_(ids)))
        by_id = {record.id: record for record in rows}
        return [by_id[one] for one in ids if one in by_id]

    def page(self, limit: int = 100, after: list[Any] | None = None) -> Page:
        """The next ``limit`` records after the key ``after``, found by keyset."""
        if not 1 <= limit <= limits.PAGE_ROWS:
            raise TooMuch(_("A page has 1 to {limit} records.", limit=limits.PAGE_ROWS))
        keys = [self.scope.column(sort.field) for sort in self.sorts]
        rows: list[tuple[Any, ...]] = []
        for part in self._stretches(keys, after):
            missing = limit + 1 - len(rows)
            if missing:
                rows += db.proxy.execute(self._first(missing, keys, part)).fetchall()
        records = self._shape([row[len(keys) :] for row in rows[:limit]])
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(records, [*map(_plain, last[: len(keys)]), last[len(keys)]] if last else None)

    def ids(self, limit: int = limits.GRID_RECORDS, *, keys: Sequence[Any] = ()) -> list[int]:
        """All ids in order (by ``keys`` first, in SQL): what a scrolling grid jumps by."""
        select = self.scope.model.select(self.scope.model.id).where(self._narrowed())
        order = [*(pw.Asc(one, nulls="first") for one in keys), *self._ordering()]
        rows = db.proxy.execute(select.order_by(*order).limit(limit)).fetchall()
        return [row[0] for row in rows]

    def count(self) -> int:
        select = self.scope.model.select(pw.fn.COUNT(pw.SQL("*"))).where(self._narrowed())
        return int(kept.rows(select)[0][0])

    def rows(self, *columns: Any) -> list[tuple[Any, ...]]:
        """Raw rows of SQL expressions made from `scope` columns; for view kinds."""
        select = self.scope.model.select(*columns).where(self._narrowed())
        return list(db.proxy.execute(select).fetchall())

    def select(self, *columns: Any) -> Any:
        """The narrowed peewee query of ``columns``, for kinds that group or join further."""
        return self.scope.model.select(*columns).where(self._narrowed())

    # ── SQL ──────────────────────────────────────────────────────────────────

    def _narrowed(self) -> Any:
        test = self.scope.live
        for one in self.tests:
            test = test & one
        return test

    def _select(self, *keys: Any) -> Any:
        model = self.scope.model
        title = self.table.title
        shown = self.scope.column(title) if title and self._readable(title) else pw.Value(None)
        fixed = [model.id, model.rev, shown, model.strays]
        stored = [self.scope.column(one) for one in self._read() if _in_row(one)]
        errors = [self.scope.errors(one) for one in self._failing]
        return model.select(*keys, *fixed, *stored, *errors).where(self._narrowed())

    @property
    def _failing(self) -> list[Field]:
        """The fields whose values may be errors."""
        return [one for one in self._read() if fieldtypes.fails(one)]

    def _readable(self, title: Field) -> bool:
        return _has_column(title) and self.access.level(title.id) >= 1

    def _first(self, limit: int, keys: list[Any], part: Any) -> Any:
        """The first records that meet ``part`` too. Under a row rule SQLite finds their ids first:
        it would sort whole records, where an index has all that order and rule need.
        """
        select = self._select(*keys).order_by(*self._ordering())
        if not db.is_sqlite() or self.scope.rows is True:
            return select.where(part).limit(limit)
        model = self.scope.model
        ids = model.select(model.id).where(self._narrowed() & part).order_by(*self._ordering())
        return select.where(model.id.in_(ids.limit(limit)))

    def _ordering(self) -> list[Any]:
        order = []
        for sort in self.sorts:
            column = self.scope.column(sort.field)
            order.append(
                column.desc(nulls="last") if sort.descending else column.asc(nulls="first")
            )
        last = self.sorts[-1].descending if self.sorts else False
        return [*order, self.scope.model.id.desc() if last else self.scope.model.id.asc()]

    def _stretches(self, keys: list[Any], after: list[Any] | None) -> Iterable[Any]:
        """The tests of the rows after the key ``after``, one after the other; all without one."""
        if not after:
            return [TRUE]
        if len(after) != len(keys) + 1:
            raise Refused(_("This page no longer fits the sort order. Start again from the top."))
        falling = [sort.descending for sort in self.sorts]
        falling.append(falling[-1] if falling else False)
        return keyset.stretches([*keys, self.scope.model.id], falling, after)

    # ── shaping ──────────────────────────────────────────────────────────────

    def _records(self, select: Any) -> list[Record]:
        return self._shape(db.proxy.execute(select).fetchall())

    def _shape(self, rows: Sequence[tuple[Any, ...]]) -> list[Record]:
        stored = [one for one in self._read() if _in_row(one)]
        readers = [fieldtypes.get(one).column(one).python_value for one in stored]
        failing = self._failing
        records = []
        for record_id, rev, title, strays, *cells in rows:
            pairs = zip(stored, readers, cells, strict=False)
            values = {one.id: None if cell is None else read(cell) for one, read, cell in pairs}
            records.append(Record(record_id, rev, title or "", values, self._strays(strays)))
            for one, error in zip(failing, cells[len(stored) :], strict=True):
                if error is not None:
                    records[-1].strays[one.id] = error
        self._hide_strays(records)
        self._load_computed(records)
        self._titles(records)
        self._load_links(records)
        self._load_names(records)
        for one in self._buttons():
            for record in records:
                record.values[one.id] = buttons.address(
                    one, self.table, record.id, record.values, self.viewer.context
                )
        return records

    def _buttons(self) -> list[Field]:
        return [one for one in self.fields if fieldtypes.get(one).widget == "button"]

    def _read(self) -> list[Field]:
        """The fields wanted, and those that buttons among them are made from, as far as visible."""
        needed = {part.id for one in self._buttons() for part in buttons.needed(one, self.table)}
        needed -= {one.id for one in self.fields}
        return [*self.fields, *(one for one in self.access.fields if one.id in needed)]

    def _load_computed(self, records: list[Record]) -> None:
        """What is worked out for this viewer: one query, however many records and fields."""
        for one in self.fields:
            if one.problem is not None:
                said = one.problem.to(self.viewer.context.lang)
                for record in records:
                    record.strays[one.id] = said
        fields = [one for one in self._read() if fieldtypes.get(one).on_read]
        if not fields or not records:
            return
        model = self.scope.model
        select = model.select(model.id, *map(self.scope.column, fields))
        ids = [record.id for record in records]
        found = db.proxy.execute(select.where(model.id.in_(ids))).fetchall()
        cells = {row[0]: row[1:] for row in found}
        readers = [(one.id, fieldtypes.get(one).column(one).python_value) for one in fields]
        for record in records:
            pairs = zip(readers, cells.get(record.id, ()), strict=False)
            values = {one: None if cell is None else read(cell) for (one, read), cell in pairs}
            record.values.update(values)

    def _titles(self, records: list[Record]) -> None:
        """Titles as text where the title field is not text."""
        title = self.table.title
        if title is None or fieldtypes.get(title).family == "text":
            return
        for record in records:
            value = record.values.get(title.id)
            record.title = fieldtypes.get(title).text(value, title, self.viewer.context)

    def _strays(self, raw: str | None) -> dict[int, str]:
        if not raw:
            return {}
        wanted = {one.id for one in self.fields}
        return {int(key): text for key, text in orjson.loads(raw).items() if int(key) in wanted}

    def _hide_strays(self, records: list[Record]) -> None:
        """Texts in the place of values go by the same guards: one query, however many records."""
        ids = [record.id for record in records if record.strays]
        guards = {one.id: self.scope.guard(one) for one in self.fields} if ids else {}
        guards = {one: guard for one, guard in guards.items() if guard is not True}
        if not guards:
            return
        model = self.scope.model
        tests = [pw.Case(None, [(guard, 1)], 0) for guard in guards.values()]
        found = db.proxy.execute(model.select(model.id, *tests).where(model.id.in_(ids))).fetchall()
        opened = {row[0]: dict(zip(guards, row[1:], strict=True)) for row in found}
        for record in records:
            seen = opened.get(record.id, {})
            record.strays = {one: text for one, text in record.strays.items() if seen.get(one, 1)}

    def _load_links(self, records: list[Record]) -> None:
        """Linked ids and titles: one query per link field, however many records."""
        for one in self.fields:
            if fieldtypes.get(one).family == "link":
                found = self.linked(one, [record.id for record in records])
                for record in records:
                    record.values[one.id] = found.get(record.id)

    def linked(self, link: Field, ids: list[int]) -> dict[int, list[int]]:
        """Record id → ids linked through ``link`` that this viewer may see; titles are kept."""
        target = self.scope.target(link)
        if target is None or not ids:
            return {}
        junction, near, far = ddl.link_sides(link)
        model, title = target.model, target.table.title
        shown = target.column(title) if title and _has_column(title) else pw.Value(None)
        select = (
            junction.select(near, model.id, shown)
            .join(model, on=(far == model.id))
            .where(near.in_(ids), target.live)
            .order_by(near, junction.ord, far)
        )
        guard = self.scope.guard(link)
        if guard is not True:
            select = select.where(
                near.in_(self.scope.model.select(self.scope.model.id).where(guard))
            )
        found: dict[int, list[int]] = {}
        for source, record_id, text in db.proxy.execute(select).fetchall():
            found.setdefault(source, []).append(record_id)
            self.viewer.context.directory.records[target.table.id, record_id] = (
                self._title_text(title, text) or f"#{record_id}"
            )
        return found

    def _title_text(self, title: Field | None, value: Any) -> str:
        if title is None or value is None:
            return ""
        kind = fieldtypes.get(title)
        return kind.text(kind.column(title).python_value(value), title, self.viewer.context)

    def _load_names(self, records: list[Record]) -> None:
        """Names of people and departments: one query each, however many records."""
        directory = self.viewer.context.directory
        for widget, load in (
            ("person", directory.load_people),
            ("department", directory.load_departments),
        ):
            ids = {
                record.values.get(one.id)
                for one in self.fields
                if fieldtypes.get(one).widget == widget
                for record in records
            }
            load(one for one in ids if isinstance(one, int))


def choosable(viewer: Viewer, link: Field) -> Query:
    """The records a viewer may choose in a link field: those they see, within its limit."""
    query = Query(viewer, schema.current().table(link.options["table"]))
    limit = link.options.get("limit")
    return query.test(query.scope.within(limit)) if limit else query


def load_titles(viewer: Viewer, table_id: int, ids: Iterable[int]) -> None:
    """Put the titles of these records that the viewer may see into their directory."""
    table = schema.current().tables.get(table_id)
    if table is None or not permissions.possible_access(viewer, table).lanes:
        return
    known = viewer.context.directory.records
    missing = [one for one in ids if (table_id, one) not in known]
    for record in Query(viewer, table).only([]).fetch(missing):
        known[table_id, record.id] = record.title or f"#{record.id}"


def _has_column(one: Field) -> bool:
    return _in_row(one) or fieldtypes.get(one).on_read


def _in_row(one: Field) -> bool:
    """Whether the value lies in the record's own row."""
    kind = fieldtypes.get(one)
    return kind.stored or hasattr(kind, "source")


def _plain(value: Any) -> Any:
    """A sort key as JSON can carry it."""
    return value if isinstance(value, int | float | str | None) else str(value)
