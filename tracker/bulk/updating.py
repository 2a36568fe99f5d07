"""Changed rows in bulk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from tracker import changes, circles, clock, db, ddl, fieldtypes, rows, searchindex
from tracker.bulk.writing import Item, Writer, chunks, dumped
from tracker.computed import keeping
from tracker.query import Query
from tracker.rows import Row
from tracker.schema import Field, Table
from tracker.text import Text, _


@dataclass(slots=True)
class Edit:
    """An item with the row it changes, and what of it differs from that row."""

    item: Item
    old: Row
    changed: dict[int, Any]
    strays: dict[str, str]


class Updater(Writer):
    """Changes chunk by chunk; what a chunk would move out of the viewer's reach stays as it was."""

    action, least = "update", 3
    exact = False  # values are what stood before: links come back whoever may see them

    def write(self, items: list[Item]) -> None:
        items = self._merged(items)
        self.permit(items)
        edits = self._sound_edits(items)
        while edits:
            with db.proxy.atomic() as savepoint:
                refused = self._apply(edits)
                if not refused:
                    break
                savepoint.rollback()
            for edit in edits:
                if edit.old.id in refused:
                    self.reject(edit.item, refused[edit.old.id])
            edits = [edit for edit in edits if edit.old.id not in refused]
        self.outcome.updated += len(edits)

    def _merged(self, items: list[Item]) -> list[Item]:
        """One item a record: what comes later is written over what came before."""
        by_id: dict[int, Item] = {}
        for item in items:
            before = by_id.get(item.record_id)
            if before is not None:
                item.values = {**before.values, **item.values}
                item.strays = {**before.strays, **item.strays}
                item.strays = {k: v for k, v in item.strays.items() if item.values[k] is None}
                self.outcome.same += 1
            by_id[item.record_id] = item
        return list(by_id.values())

    def _sound_edits(self, items: list[Item]) -> list[Edit]:
        ids = [item.record_id for item in items]
        query = Query(self.viewer, self.table)
        seen = set(query.test(query.scope.among(ids)).ids())
        self._old = fetch(self.table, ids)
        for item in items:
            if item.record_id not in seen:
                self.reject(item, _("There is nothing here that you can see."))
        items = [item for item in items if item.record_id in seen and item.record_id in self._old]
        items = self._readable(items)
        required = [
            one for one in self.table.fields if one.required and fieldtypes.get(one).written
        ]
        items = self.sound(items, required)
        if not self.exact:
            self._keep_unseen_links(items)
        edits = [self._edit(item) for item in items]
        told = [edit for edit in edits if edit.changed or edit.strays != edit.old.strays]
        self.outcome.same += len(edits) - len(told)
        return told

    def _readable(self, items: list[Item]) -> list[Item]:
        """Without those for a field hidden in their row, be it what stands there already: else
        it could be guessed.
        """
        given = {one for item in items for one in (*item.values, *item.strays)}
        whole = [lane for lane in self.rights.lanes if lane.read is True]
        if self.exact or any(all(lane.level(one) for one in given) for lane in whole):
            return items
        opened = self.lanes([item.record_id for item in items], "read")
        kept = []
        for item in items:
            lanes = opened.get(item.record_id, [])
            for one in (*item.values, *item.strays):
                if not any(lane.level(one) for lane in lanes):
                    name = self.table.by_id[one].name
                    self.reject(item, _("You may not write “{field}”.", field=name))
                    break
            else:
                kept.append(item)
        return kept

    def given(self, item: Item, one: Field) -> Any:
        """A required field that is not touched is not asked for again."""
        return item.values.get(one.id, True)

    def standing(self, item: Item, one: Field) -> set[int]:
        return set(self._old[item.record_id].values.get(one.id) or ())

    def unlinkable(self, item: Item) -> Text | None:
        return None if self.exact else super().unlinkable(item)

    def unheld(self, item: Item) -> Text | None:
        return None if self.exact else super().unheld(item)

    def _keep_unseen_links(self, items: list[Item]) -> None:
        """Links that the viewer cannot see stay, whatever list of visible ones is given."""
        query = Query(self.viewer, self.table)
        for one in self.links:
            given = [item for item in items if one.id in item.values]
            seen = query.linked(one, [item.record_id for item in given])
            for item in given:
                linked = self._old[item.record_id].values.get(one.id) or []
                value = item.values[one.id] or []
                unseen = set(linked) - set(seen.get(item.record_id, [])) - set(value)
                kept = [other for other in linked if other in unseen]
                item.values[one.id] = [*value, *kept] or None

    def _edit(self, item: Item) -> Edit:
        old = self._old[item.record_id]
        changed = {one: new for one, new in item.values.items() if rows.differs(old, one, new)}
        strays = {key: text for key, text in old.strays.items() if int(key) not in item.values}
        strays |= {str(one): text for one, text in item.strays.items()}
        return Edit(item, old, changed, strays)

    def _apply(self, edits: list[Edit]) -> dict[int, Text]:
        """Write them all; the records (with the reason) that must not be changed like this."""
        touched = {one for edit in edits for one in edit.changed}
        ids = [edit.old.id for edit in edits]
        free = self.free(touched)
        before = {} if free else self.lanes(ids, "update")
        self._update(edits, touched)
        for one in self.links:
            changed = [(edit.old.id, edit.item) for edit in edits if one.id in edit.changed]
            if changed:
                self.drop_links(one, [record_id for record_id, _item in changed])
                self.put_links(one, changed)
        keeping.wrote(self.table, {edit.old.id: _pairs(edit) for edit in edits})
        refused = {} if free else self._refused(edits, before)
        refused = {**self._circling(edits, touched), **refused}
        if not refused:
            searchindex.note(self.table, ids, fields=touched)
            self._note(edits)
        return refused

    def _circling(self, edits: list[Edit], touched: set[int]) -> dict[int, Text]:
        """The records that would stand above themselves; all of a circle that the chunk closes."""
        found: dict[int, Text] = {}
        for one in circles.guarded(one for one in self.links if one.id in touched):
            ids = [edit.old.id for edit in edits if edit.changed.get(one.id)]
            found |= circles.closed(self.rights, ids, [one]) if ids else {}
        return found

    def _refused(self, edits: list[Edit], before: dict[int, Any]) -> dict[int, Text]:
        after = self.lanes([edit.old.id for edit in edits], "update")
        refused = {}
        for edit in edits:
            old, new = before.get(edit.old.id, []), after.get(edit.old.id, [])
            both = [lane for lane in old if lane in new]
            reason = self.closed(both, [*edit.changed, *edit.item.strays])
            if not both:
                reason = (
                    _("This would move the record out of your reach.")
                    if old
                    else _("You may not change this record.")
                )
            if reason is not None:
                refused[edit.old.id] = reason
        return refused

    def _update(self, edits: list[Edit], touched: set[int]) -> None:
        """One statement for all: columns that an edit leaves alone are written as they were."""
        columns = [one for one in self.stored if one.id in touched]
        titled = self.table.title is not None and self.table.title.id in touched
        names = ["rev", "updated_at", "updated_by", "strays"]
        names += ["title", "initials"] if titled else []
        names += [one.column for one in columns]
        now, who = clock.now().isoformat(sep=" "), self.viewer.person_id
        found = []
        for edit in edits:
            values = {**edit.old.values, **edit.changed}
            row = [edit.old.rev + 1, now, who, dumped(edit.strays)]
            if titled:
                titles = rows.title_cells(self.table, values)
                row += [titles.get("title"), titles.get("initials")]
            row += [self.to_cell(one, values.get(one.id)) for one in columns]
            found.append((*row, edit.old.id))
        settings = ", ".join(f"{name} = ?" for name in names)
        db.execute_many(f"UPDATE {self.table.sql_name} SET {settings} WHERE id = ?", found)

    def _note(self, edits: list[Edit]) -> None:
        entries = [
            (
                edit.old.id,
                edit.old.rev + 1,
                _pairs(edit),
            )
            for edit in edits
        ]
        changes.note_many(
            self.viewer, self.table, entries, kind="update", via=self.via, batch=self.batch
        )


def _pairs(edit: Edit) -> dict[int, list[Any]]:
    return {one: [edit.old.values.get(one), new] for one, new in edit.changed.items()}


def fetch(table: Table, ids: list[int]) -> dict[int, Row]:
    """Live rows with all values in stored form, held until the transaction ends."""
    model: Any = ddl.model(table)
    stored = rows.stored_fields(table)
    readers = [(one.id, fieldtypes.get(one).column(one).python_value) for one in stored]
    select = model.select(
        model.id, model.rev, model.strays, *(getattr(model, one.column) for one in stored)
    ).where(model.id.in_(ids), model.deleted_at.is_null())
    if not db.is_sqlite():
        select = select.for_update()
    found = {}
    for record_id, rev, strays, *cells in db.proxy.execute(select).fetchall():
        values = {
            one: None if cell is None else read(cell)
            for (one, read), cell in zip(readers, cells, strict=True)
        }
        found[record_id] = Row(record_id, rev, values, orjson.loads(strays) if strays else {})
    for one in rows.link_fields(table):
        for record_id, linked in _linked(one, ids).items():
            if record_id in found:
                found[record_id].values[one.id] = linked
    return found


def _linked(one: Field, ids: list[int]) -> dict[int, list[int]]:
    junction, near, far = ddl.link_sides(one)
    found: dict[int, list[int]] = {}
    for part in chunks(ids):
        select = junction.select(near, far).where(near.in_(part))
        rows_ = db.proxy.execute(select.order_by(near, junction.ord, far)).fetchall()
        for record_id, other in rows_:
            found.setdefault(record_id, []).append(other)
    return found
