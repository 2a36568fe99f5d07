"""What writing many rows of one table shares, new or changed: sound values, rights, links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import orjson
import peewee as pw

from tracker import db, ddl, fieldtypes, rowrights, rows
from tracker.errors import Forbidden
from tracker.permissions import Access, Lane
from tracker.query import choosable
from tracker.schema import Field
from tracker.scope import Scope
from tracker.text import Text, _

CHUNK = 2_000


@dataclass(slots=True)
class Item:
    """One row to write: parsed ``values``, and texts that did not convert as ``strays``.

    ``number`` is what the report calls the row; ``record_id`` is given for changes only.
    """

    number: int
    values: dict[int, Any]
    strays: dict[int, str] = field(default_factory=dict)
    record_id: int = 0

    @property
    def filled(self) -> list[int]:
        """The fields that are given something."""
        return [one for one, value in self.values.items() if value is not None] + [*self.strays]


@dataclass
class Outcome:
    """What became of the rows; ``ids`` of the records made, in order."""

    ids: list[int] = field(default_factory=list)
    updated: int = 0
    same: int = 0
    rejected: list[tuple[int, Text]] = field(default_factory=list)


def chunks(items: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def dumped(strays: Mapping[Any, str]) -> str | None:
    """Strays as their column keeps them."""
    return orjson.dumps(strays, option=orjson.OPT_NON_STR_KEYS).decode() if strays else None


class Writer:
    """Writes chunks of items; a row that cannot be is rejected, the others go in."""

    action, least = "", 0

    def __init__(self, rights: Access, via: str, batch: int | None) -> None:
        self.rights, self.viewer, self.table = rights, rights.viewer, rights.table
        self.via, self.batch = via, batch
        self.outcome = Outcome()
        self.scope = Scope(rights)
        self.stored = rows.stored_fields(self.table)
        self.links = rows.link_fields(self.table)
        self.holding = [one for one in self.stored if fieldtypes.get(one).family == "files"]
        self.unique = [one for one in self.stored if one.unique]
        self.cell: dict[int, Callable[[Any], Any]] = {
            one.id: fieldtypes.get(one).column(one).db_value for one in self.stored
        }
        self._permitted: set[int] = set()
        self._linkable: dict[int, set[int]] = {}

    def write(self, items: list[Item]) -> None:
        raise NotImplementedError

    def reject(self, item: Item, reason: Text) -> None:
        self.outcome.rejected.append((item.number, reason))

    def permit(self, items: list[Item]) -> set[int]:
        """The fields given; `Forbidden` when one of them is never open to this viewer."""
        given = {one for item in items for one in (*item.values, *item.strays)}
        for one in given - self._permitted:
            found = self.rights.field(one)
            writable = self.rights.writable(one, create=self.action == "create")
            if not fieldtypes.get(found).written or not writable:
                raise Forbidden(_("You may not write “{field}”.", field=found.name))
            self._permitted.add(one)
        return given

    # ── soundness ────────────────────────────────────────────────────────────

    def sound(self, items: list[Item], required: Iterable[Field]) -> list[Item]:
        """The items that lack nothing, link to what is there and double nothing unique."""
        self._learn_links(items)
        required = list(required)
        kept = []
        for item in items:
            reason = self._lacking(item, required) or self.unlinkable(item) or self.unheld(item)
            if reason is None:
                kept.append(item)
            else:
                self.reject(item, reason)
        for one in self.unique:
            kept = self._undoubled(one, kept)
        return kept

    def _lacking(self, item: Item, required: list[Field]) -> Text | None:
        for one in required:
            value = self.given(item, one)
            if (value is None or value is False) and one.id not in item.strays:
                seen = self.rights.level(one.id) >= 1
                return _("“{field}” is needed.", field=one.name) if seen else rowrights.UNSEEN
        return None

    def given(self, item: Item, one: Field) -> Any:
        """The value a required field will have."""
        return item.values.get(one.id)

    def _learn_links(self, items: list[Item]) -> None:
        """Which records the viewer may link to, of those that come up; one query per field."""
        for one in self.links:
            known = self._linkable.setdefault(one.id, set())
            wanted = {id_ for item in items for id_ in item.values.get(one.id) or ()} - known
            if wanted:
                query = choosable(self.viewer, one)
                for part in chunks(sorted(wanted)):
                    known.update(query.test(query.scope.among(part)).ids())

    def unlinkable(self, item: Item) -> Text | None:
        for one in self.links:
            wanted = set(item.values.get(one.id) or ()) - self._linkable[one.id]
            if wanted and not (one.options.get("limit") and wanted <= self.standing(item, one)):
                return _("There is no such record.")
        return None

    def unheld(self, item: Item) -> Text | None:
        """Files go into one record at a time: a block of cells cannot hand them around."""
        for one in self.holding:
            if item.values.get(one.id):
                return _("Files are added in the record itself.")
        return None

    def standing(self, item: Item, one: Field) -> set[int]:
        """What the record links to already, which may stay."""
        return set()

    def _undoubled(self, one: Field, items: list[Item]) -> list[Item]:
        """Without the items whose value in a unique field another live record has."""
        cells = [self.to_cell(one, item.values.get(one.id)) for item in items]
        holders = self._holders(one, {cell for cell in cells if cell is not None})
        kept = []
        for item, cell in zip(items, cells, strict=True):
            if cell is None or holders.get(cell) in (None, item.record_id or None):
                kept.append(item)
                holders[cell] = item.record_id or -1
            else:
                text = _("Another record already has this in “{field}”.", field=one.name)
                self.reject(item, text)
        return kept

    def _holders(self, one: Field, cells: set[Any]) -> dict[Any, int]:
        if not cells:
            return {}
        marks = ", ".join("?" * len(cells))
        found = db.query(
            f"SELECT {one.column}, id FROM {self.table.sql_name} "
            f"WHERE deleted_at IS NULL AND {one.column} IN ({marks})",
            *cells,
        )
        plain = fieldtypes.get(one).column(one).python_value
        return {self.to_cell(one, plain(cell)): int(record_id) for cell, record_id in found}

    def to_cell(self, one: Field, value: Any) -> Any:
        return None if value is None else self.cell[one.id](value)

    # ── rules ────────────────────────────────────────────────────────────────

    def free(self, given: Iterable[int], action: str | None = None) -> bool:
        """Whether one lane opens every row and all these fields: then no row need be asked."""
        action = action or self.action
        return any(
            lane.rule(action) is True and all(lane.level(one) >= self.least for one in given)
            for lane in self.rights.lanes
        )

    def lanes(self, ids: list[int], action: str) -> dict[int, list[Lane]]:
        """Record id → the lanes whose rule for ``action`` holds on it now."""
        tests = [
            pw.SQL("1")
            if lane.rule(action) is True
            else pw.Case(None, [(self.scope.union([lane], action), 1)], 0)
            for lane in self.rights.lanes
        ]
        select = self.scope.model.select(self.scope.model.id, *tests)
        found = db.proxy.execute(select.where(self.scope.model.id.in_(ids))).fetchall()
        return {
            row[0]: [lane for lane, opens in zip(self.rights.lanes, row[1:], strict=True) if opens]
            for row in found
        }

    def closed(self, lanes: list[Lane], given: Iterable[int]) -> Text | None:
        """Why these lanes do not open these fields; None when they do."""
        for one in given:
            if not any(lane.level(one) >= self.least for lane in lanes):
                return _("You may not write “{field}”.", field=self.table.by_id[one].name)
        return None

    # ── links ────────────────────────────────────────────────────────────────

    def put_links(self, one: Field, items: Iterable[tuple[int, Item]]) -> None:
        """The new links of ``(record id, item)``, in their order."""
        _junction, near, far = ddl.link_sides(one)
        found = [
            (record_id, other, place)
            for record_id, item in items
            for place, other in enumerate(item.values.get(one.id) or ())
        ]
        names = f"({near.name}, {far.name}, ord)"
        db.execute_many(f"INSERT INTO l{one.options['junction']} {names} VALUES (?, ?, ?)", found)

    def drop_links(self, one: Field, ids: list[int]) -> None:
        junction, near, _far = ddl.link_sides(one)
        junction.delete().where(near.in_(ids)).execute()
