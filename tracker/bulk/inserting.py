"""New rows in bulk."""

from __future__ import annotations

from typing import Any

from tracker import changes, circles, clock, db, fieldtypes, records, rows, searchindex
from tracker.bulk.writing import Item, Writer, dumped
from tracker.computed import keeping
from tracker.permissions import Access
from tracker.schema import Field, Table
from tracker.text import _

Pairs = list[tuple[int, Item]]  # (record id, item)


class Inserter(Writer):
    """Inserts chunk by chunk; fields that an item does not name get their defaults."""

    action, least = "create", 2

    def __init__(self, rights: Access, via: str, batch: int | None) -> None:
        super().__init__(rights, via, batch)
        fields = self.table.fields
        self.required = [one for one in fields if one.required and fieldtypes.get(one).written]
        self.defaults = {
            one.id: records.default_value(one, self.viewer)
            for one in fields
            if one.default is not None
        }
        self.numbered = [one for one in self.stored if one.type == "autonumber"]
        self.filled = [one for one in self.stored if one.type != "autonumber"]
        columns = ["id", "rev", "created_at", "created_by", "updated_at", "updated_by"]
        columns += ["title", "initials", "strays"]
        columns += [one.column for one in (*self.filled, *self.numbered)]
        self.columns = columns

    def write(self, items: list[Item]) -> None:
        given = self.permit(items)
        named = {item.number: item.filled for item in items}
        if self.defaults:
            for item in items:
                item.values = {**self.defaults, **item.values}
        items = self.sound(items, self.required)
        if not items:
            return
        ids = _next_ids(self.table, len(items))
        self._insert(ids, items)
        keeping.made(self.table, ids)
        pairs = list(zip(ids, items, strict=True))
        if not self.free(given):
            pairs = self._allowed(pairs, named)
        if any(one.id in given for one in self.links):
            pairs = self._apart(pairs, given)
        searchindex.note(self.table, [record_id for record_id, _item in pairs])
        self._note(pairs)
        self.outcome.ids += [record_id for record_id, _item in pairs]

    def _insert(self, ids: list[int], items: list[Item]) -> None:
        now, who = clock.now().isoformat(sep=" "), self.viewer.person_id
        firsts = [_next_numbers(one, len(items)) for one in self.numbered]
        cells = [(one.id, self.cell[one.id]) for one in self.filled]
        found = []
        for place, (record_id, item) in enumerate(zip(ids, items, strict=True)):
            values = item.values
            titles = rows.title_cells(self.table, values)
            row = [record_id, 1, now, who, now, who]
            row += [titles.get("title"), titles.get("initials"), dumped(item.strays)]
            for one, cell in cells:
                value = values.get(one)
                row.append(None if value is None else cell(value))
            row += [first + place for first in firsts]
            found.append(tuple(row))
        db.load(self.table.sql_name, self.columns, found)
        for link in self.links:
            self.put_links(link, zip(ids, items, strict=True))

    def _allowed(self, pairs: Pairs, named: dict[int, list[int]]) -> Pairs:
        """The pairs that a rule lets be created; the rows of the others go again."""
        opened = self.lanes([record_id for record_id, _item in pairs], "create")
        kept, refused = [], []
        for record_id, item in pairs:
            lanes = opened.get(record_id, [])
            reason = self.closed(lanes, named[item.number])
            if not lanes:
                reason = _("You may not add a record like this.")
            if reason is None:
                kept.append((record_id, item))
            else:
                refused.append(record_id)
                self.reject(item, reason)
        self._remove(refused, pairs)
        return kept

    def _apart(self, pairs: Pairs, given: set[int]) -> Pairs:
        """The pairs without those that would stand above themselves; their rows go again."""
        fields = circles.guarded((one for one in self.links if one.id in given), new=True)
        if not fields or not pairs:
            return pairs
        closed = circles.closed(self.rights, [one for one, _item in pairs], fields)
        for record_id, item in pairs:
            if record_id in closed:
                self.reject(item, closed[record_id])
        self._remove(list(closed), pairs)
        return [one for one in pairs if one[0] not in closed]

    def _remove(self, refused: list[int], pairs: Pairs) -> None:
        """Rows that were not to be made go again, with their links."""
        if not refused:
            return
        for one in self.links:
            self.drop_links(one, refused)
        self.scope.model.delete().where(self.scope.model.id.in_(refused)).execute()
        gone = {one: self._links_of(item) for one, item in pairs if one in set(refused)}
        keeping.wrote(self.table, gone)

    def _links_of(self, item: Item) -> dict[int, list[Any]]:
        return {one.id: [item.values.get(one.id), None] for one in self.links}

    def _note(self, pairs: Pairs) -> None:
        entries = [
            (
                record_id,
                1,
                {one: [None, new] for one, new in item.values.items() if new is not None},
            )
            for record_id, item in pairs
        ]
        changes.note_many(
            self.viewer, self.table, entries, kind="create", via=self.via, batch=self.batch
        )


def _news(values: dict[int, Any]) -> dict[int, list[Any]]:
    return {one: [None, new] for one, new in values.items() if new is not None}


def _next_ids(table: Table, count: int) -> list[int]:
    """Ids for new rows, given once."""
    if db.is_sqlite():
        found = db.query("SELECT seq FROM sqlite_sequence WHERE name = ?", table.sql_name)
        first = int(found[0][0]) + 1 if found else 1
        return list(range(first, first + count))
    sequence = f"{table.sql_name}_id_seq"
    found = db.query("SELECT nextval(?) FROM generate_series(1, ?)", sequence, count)
    return [int(row[0]) for row in found]


def _next_numbers(one: Field, count: int) -> int:
    """The first of ``count`` values of an autonumber, all of them given once."""
    db.execute("UPDATE counter SET next = next + ? WHERE field_id = ?", count, one.id)
    return int(db.query("SELECT next FROM counter WHERE field_id = ?", one.id)[0][0]) - count
