"""A block of cells pasted into a grid: read cell by cell, written as one batch, undone as one.

A cell that cannot be taken stays as it was and is named with its reason; the others go in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tracker import bulk, changes, fieldtypes, limits, models, permissions, records, rowrights
from tracker.bulk import Item
from tracker.errors import Refused, TooMuch
from tracker.members import split
from tracker.permissions import Access, Viewer
from tracker.query import Query, choosable
from tracker.records import Saved
from tracker.schema import Field, Table
from tracker.text import Text, _

UNREADABLE = _("This request cannot be read.")
LARGEST_ID = 2**53
Titles = dict[int, dict[str, list[int]]]  # link field → title → ids of records called so


@dataclass
class Line:
    """One row as it was sent; ``record_id`` 0 asks for a new record."""

    record_id: int
    rev: int
    values: dict[str, Any]


@dataclass
class Trouble:
    """A cell, or for ``field_id`` None a whole row, that was left as it was."""

    record_id: int
    field_id: int | None
    reason: Text


@dataclass
class Block:
    """What is being pasted, and what became of it."""

    viewer: Viewer
    table: Table
    lines: list[Line]
    via: str = "paste"
    troubles: list[Trouble] = field(default_factory=list)
    written: int = 0

    def trouble(self, line: Line, field_id: int | None, reason: Text) -> None:
        self.troubles.append(Trouble(line.record_id, field_id, reason))


def read(raw: Any) -> list[Line]:
    """The rows of the request; refused as a whole when they are not what a grid sends."""
    if not isinstance(raw, list) or not raw:
        raise Refused(UNREADABLE)
    if len(raw) > limits.BULK_RECORDS:
        raise TooMuch(_("At most {limit} rows fit in one paste.", limit=limits.BULK_RECORDS))
    return [_line(one) for one in raw]


def _line(raw: Any) -> Line:
    if not isinstance(raw, dict) or not isinstance(raw.get("values"), dict):
        raise Refused(UNREADABLE)
    numbers = [raw.get(name) or 0 for name in ("id", "rev")]
    if not all(type(one) is int and 0 <= one <= LARGEST_ID for one in numbers):
        raise Refused(UNREADABLE)
    return Line(numbers[0], numbers[1], raw["values"])


def paste(
    viewer: Viewer, table: Table, lines: list[Line], *, key: str | None, via: str = "paste"
) -> tuple[int, Block]:
    """Write the block; ``(batch id, what became of it)``. The same ``key`` writes nothing again."""
    block = Block(viewer, table, lines, via)

    def work() -> Saved:
        batch = models.Batch.create(kind=via, table_id=table.id, person_id=viewer.person_id)
        _write(block, batch.id)
        return Saved(batch.id, 0, None)

    asked = {via: table.id, "rows": [[one.record_id, one.values] for one in lines]}
    return records.once(viewer, key, asked, work).record_id, block


def _write(block: Block, batch: int) -> None:
    rights = permissions.access(block.viewer, block.table)
    titles = _link_titles(rights, block.lines)
    changed: list[Item] = []
    added: list[Item] = []
    taken = _taken_fields(block)
    for number, line in enumerate(block.lines, 1):
        values = _parse(block, rights, line, titles)
        for one in taken.get(line.record_id, {}).keys() & values.keys():
            if taken[line.record_id][one] != values.pop(one):
                block.trouble(line, one, _("Somebody else changed this meanwhile."))
        if values:
            target = changed if line.record_id else added
            target.append(Item(number, values, record_id=line.record_id))
    if changed:
        _note(
            block, bulk.update_many(block.viewer, block.table, changed, via=block.via, batch=batch)
        )
    if added:
        _note(block, bulk.insert_many(block.viewer, block.table, added, via=block.via, batch=batch))
    bulk.raise_events(batch)


def _note(block: Block, outcome: bulk.Outcome) -> None:
    block.written += outcome.updated + outcome.same + len(outcome.ids)
    for number, reason in outcome.rejected:
        block.trouble(block.lines[number - 1], None, reason)


def _parse(block: Block, rights: Access, line: Line, titles: Titles) -> dict[int, Any]:
    """The cells of a row that are values of their fields and may be written."""
    values = {}
    for ref, raw in line.values.items():
        one = rights.field(ref)
        kind = fieldtypes.get(one)
        if not kind.written or not rights.writable(one.id, create=not line.record_id):
            block.trouble(line, one.id, _("You may not write “{field}”.", field=one.name))
            continue
        try:
            given = _named(raw, titles[one.id]) if one.id in titles else raw
            values[one.id] = kind.parse(given, one, block.viewer.context)
        except Refused as refused:
            block.trouble(line, one.id, refused.text)
    return values


def _taken_fields(block: Block) -> dict[int, dict[int, Any]]:
    """Record id → field → value that stands now, of what others changed since the grid was read
    and the viewer may read in that row.
    """
    rights = permissions.access(block.viewer, block.table)
    ids = [line.record_id for line in block.lines if line.record_id]
    standing = {one.id: one.rev for one in Query(block.viewer, block.table).only([]).fetch(ids)}
    taken = {}
    for line in block.lines:
        if line.rev and standing.get(line.record_id, line.rev) != line.rev:
            touched = changes.touched_since(block.table, line.record_id, line.rev)
            seen = rowrights.readable(rights, line.record_id)
            now = {one: last for one, (_then, last) in touched.items() if one in seen}
            taken[line.record_id] = now
    return taken


# ── links by name ────────────────────────────────────────────────────────────


def _link_titles(rights: Access, lines: list[Line]) -> Titles:
    """For each link field that is given names: the records called so that the viewer may see."""
    found: Titles = {}
    for one in rights.fields:
        if fieldtypes.get(one).family != "link":
            continue
        names = {name for line in lines for name in _names(line.values.get(str(one.id)))} - {""}
        if names:
            found[one.id] = _titled(rights.viewer, one, names)
    return found


def _names(raw: Any) -> list[str]:
    """What may be names of records in a pasted cell: all of it, and its parts."""
    return [raw.strip(), *split(raw)] if isinstance(raw, str) else []


def _titled(viewer: Viewer, link: Field, names: set[str]) -> dict[str, list[int]]:
    query = choosable(viewer, link)
    title = query.table.title
    if title is None or query.access.level(title.id) < 1 or fieldtypes.get(title).family != "text":
        return {}
    column = query.scope.column(title)
    found: dict[str, list[int]] = {}
    for record_id, name in query.test(column.in_(sorted(names))).rows(query.scope.model.id, column):
        found.setdefault(name, []).append(record_id)
    return found


def _named(raw: Any, titles: dict[str, list[int]]) -> Any:
    """Names of records as their ids; what is no text is left alone."""
    if not isinstance(raw, str) or not raw.strip():
        return raw
    if raw.strip() in titles:
        return [_only(raw.strip(), titles)]
    return [_only(name, titles) for name in split(raw)]


def _only(name: str, titles: dict[str, list[int]]) -> int:
    ids = titles.get(name, [])
    if not ids:
        raise Refused(_("There is no record called “{text}”.", text=name[:60]))
    if len(ids) > 1:
        raise Refused(_("Several records are called “{text}”.", text=name[:60]))
    return ids[0]


def touched(batch: int) -> list[int]:
    """The records a batch wrote, in order."""
    change = models.Change
    rows = change.select(change.record_id).where(change.batch_id == batch).order_by(change.id)
    return list(dict.fromkeys(row.record_id for row in rows))
