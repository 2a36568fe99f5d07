"""Filled-in templates against Rounds, row by row and cell by cell; nothing is written here.

A row is new, changed, the same or rejected; for what others changed meanwhile both values are told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracker import bulk, limits, models, permissions, schema
from tracker.errors import Missing, Problem, TooMuch
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.roundtrip import book, meanwhile
from tracker.roundtrip.cells import KEPT, REFUSED, THEIRS, Comparer, Difference
from tracker.roundtrip.lists import Lists
from tracker.roundtrip.marks import Head, Key, Signer
from tracker.roundtrip.reach import Reach
from tracker.roundtrip.sheet import Reader, Row
from tracker.schema import Table
from tracker.text import Text, _
from tracker.transfer.nearness import Unknowns

CHUNK = 500
NEW, CHANGED, SAME, REJECTED = "new", "changed", "same", "rejected"
Picks = dict[int, dict[str, int]]  # field → name as typed → what it means


@dataclass
class Compared:
    """A row and what became of it. ``rev`` is the record's now; ``key`` as it stands in the file,
    empty where a row was copied with the key of another.
    """

    row: Row
    kind: str
    record_id: int = 0
    rev: int = 0
    title: str = ""
    cells: list[Difference] = field(default_factory=list)
    reasons: list[Text] = field(default_factory=list)
    key: str = ""


class Comparison:
    """Compares any number of files with one table: names and rights are asked for once."""

    def __init__(self, viewer: Viewer, table: Table, signer: Signer, picks: Picks) -> None:
        self.viewer, self.table, self.signer = viewer, table, signer
        self.rights = permissions.access(viewer, table)
        self.unknown = Unknowns()
        self.seen: dict[int, tuple[str, int]] = {}  # record → file and row it stood in first
        self._known = Lists(viewer)
        self._reach = Reach(self.rights)
        columns = book.columns_of(self.rights, self.rights.fields, self._known)
        self.columns = {one.field.id: one for one in columns}
        self.comparers = {
            id_: Comparer(one, picks.get(id_, {}), self._known.names(one.field)).use(viewer)
            for id_, one in self.columns.items()
        }
        self._rows = 0

    def file(self, path: Path, name: str) -> OneFile:
        return OneFile(self, path, name)

    def counted(self, rows: int) -> None:
        self._rows += rows
        if self._rows > limits.ROUNDTRIP_ROWS:
            raise TooMuch(_("One upload holds at most {n} rows.", n=limits.ROUNDTRIP_ROWS))

    def ask(self, comparer: Comparer, cell: Any) -> None:
        """Note the names of a cell that nobody has, with what may be meant by them."""
        if comparer.names is not None:
            self.unknown.note(comparer.field.id, comparer.names, comparer.unknown(cell))

    def learn(self, ids: list[int]) -> dict[int, Record]:
        """The records that stand, as this viewer sees them, with the rights on each."""
        query = Query(self.viewer, self.table)
        self._reach.learn(ids)
        return {record.id: record for record in query.fetch(ids)}

    def writable(self, record_id: int, field_id: int) -> bool:
        return self.columns[field_id].changes and self._reach.writable(record_id, field_id)

    def unseen_by_maker(self, head: Head | None, ids: list[int]) -> dict[int, dict[int, list[int]]]:
        """Field → record → links that the viewer sees but the maker of the template did not."""
        if head is None or not head.person or head.person == self.viewer.person_id:
            return {}
        person = models.Person.get_or_none(models.Person.id == head.person)
        maker = permissions.viewer_for(person) if person else permissions.NOBODY
        query = Query(self.viewer, self.table)
        found = {}
        for one in self.rights.fields:
            if one.id in self.columns and one.type == "link":
                mine, theirs = query.linked(one, ids), _linked(maker, self.table, one, ids)
                found[one.id] = {
                    id_: [link for link in links if link not in theirs.get(id_, ())]
                    for id_, links in mine.items()
                }
        return found


def _linked(maker: Viewer, table: Table, one: Any, ids: list[int]) -> dict[int, list[int]]:
    try:
        query = Query(maker, table)
        query.access.field(one.id)
    except Missing:
        return {}
    return query.linked(one, ids)


class OneFile:
    """One workbook of a comparison. Walk through `rows`; then the rest is known, too."""

    def __init__(self, whole: Comparison, path: Path, name: str) -> None:
        self.whole, self.name = whole, name
        self.reader = Reader(path, whole.rights, whole.signer)
        self.refused: Text | None = None
        self.locked = 0  # cells that were changed where nothing may be
        self._keys: set[int] = set()

    @property
    def head(self) -> Head | None:
        return self.reader.sheet.head

    def rows(self) -> Iterator[Compared]:
        """Every row compared; a workbook that cannot be read ends in ``refused``."""
        try:
            for chunk in bulk.chunks(self.reader.rows(), CHUNK):
                self.whole.counted(len(chunk))
                yield from self._chunk(chunk)
        except TooMuch:
            raise
        except Problem as problem:
            self.refused = problem.text

    def removed(self) -> list[int]:
        """The records that the template held and that no row of the file is now."""
        held = self.head.records if self.head and self.head.records is not None else []
        return [one for one in held if one not in self._keys]

    # ── a chunk ──────────────────────────────────────────────────────────────

    def _chunk(self, rows: list[Row]) -> Iterator[Compared]:
        keys: dict[int, Key] = {}
        wrong: dict[int, Text] = {}
        for row in rows:
            if row.key:
                try:
                    keys[row.number] = self.whole.signer.read_key(row.key, self.whole.table.id)
                except Problem as problem:
                    wrong[row.number] = problem.text
        ids = list(dict.fromkeys(key.record_id for key in keys.values()))
        records = self.whole.learn(ids)
        touches = self._touches(keys.values(), records)
        hidden = self.whole.unseen_by_maker(self.head, ids)
        for row in rows:
            if row.number in wrong:
                yield self._rejected(row, wrong[row.number])
            elif row.number not in keys:
                yield self._new(row)
            else:
                key = keys[row.number]
                found = self._standing(row, key, records, touches, hidden)
                if found is not None:
                    yield found

    def _touches(self, keys: Any, records: dict[int, Record]) -> meanwhile.Touches:
        revs: dict[int, int] = {}
        for key in keys:
            record = records.get(key.record_id)
            if record is not None and record.rev > key.rev:
                revs[key.record_id] = min(key.rev, revs.get(key.record_id, key.rev))
        return meanwhile.since(self.whole.viewer, self.whole.table, revs) if revs else {}

    def _rejected(self, row: Row, reason: Text, *, key: str | None = None) -> Compared:
        found = row.key if key is None else key
        return Compared(row, REJECTED, reasons=[reason], key=found)

    # ── a row that stands ────────────────────────────────────────────────────

    def _standing(
        self,
        row: Row,
        key: Key,
        records: dict[int, Record],
        touches: meanwhile.Touches,
        hidden: dict[int, dict[int, list[int]]],
    ) -> Compared | None:
        if row.blank:
            return None  # emptied like a deleted row
        record = records.get(key.record_id)
        if record is None:
            gone = _("This record was deleted in Rounds, or you may not see it any more.")
            return self._rejected(row, gone)
        found = Compared(row, SAME, record.id, record.rev, record.title, key=row.key)
        for one, cell in row.cells.items():
            if one in key.closed:
                self.locked += cell is not None
                continue
            touch = touches.get(record.id, {}).get(one)
            unseen = hidden.get(one, {}).get(record.id, [])
            self._compare(found, record, (one, cell), touch, unseen)
        self._judge(found)
        return self._once(found, key)

    def _compare(
        self,
        found: Compared,
        record: Record,
        cell: tuple[int, Any],
        touch: meanwhile.Touch | None,
        unseen: list[int],
    ) -> None:
        comparer = self.whole.comparers[cell[0]]
        if not comparer.kind.written:
            return
        now, stray = record.values.get(cell[0]), record.strays.get(cell[0])
        difference = comparer.compare(cell[1], now, stray, touch, unseen)
        if difference is None:
            return
        if difference.state != THEIRS and not self.whole.writable(record.id, cell[0]):
            difference.state = KEPT
            self.locked += 1
        elif difference.state == REFUSED:
            self.whole.ask(comparer, cell[1])
        found.cells.append(difference)

    def _judge(self, found: Compared) -> None:
        states = {one.state for one in found.cells}
        if REFUSED in states:
            found.kind = REJECTED
            found.reasons += [_at(self, one) for one in found.cells if one.state == REFUSED]
        elif states - {THEIRS, KEPT}:
            found.kind = CHANGED
        elif KEPT in states and not any(
            self.whole.writable(found.record_id, one) for one in found.row.cells
        ):
            found.kind = REJECTED
            found.reasons.append(_("You may not change this record."))

    def _once(self, found: Compared, key: Key) -> Compared:
        """The first row with a key is the record; a second one is a copy, or another's change."""
        where = (self.name, found.row.number)
        first = self.whole.seen.setdefault(key.record_id, where)
        self._keys.add(key.record_id)
        if first == where or found.kind == SAME:
            return found
        if first[0] != self.name:
            other = _("{file} (row {row}) changes this record, too.", file=first[0], row=first[1])
            return self._rejected(found.row, other)
        copied = _(
            "This row was copied from row {row}, with its key. The key was taken away: uploaded "
            "as it is, the row becomes a new record.",
            row=first[1],
        )
        return self._rejected(found.row, copied, key="")

    # ── a new row ────────────────────────────────────────────────────────────

    def _new(self, row: Row) -> Compared:
        whole = self.whole
        if not whole.rights.may("create"):
            return self._rejected(row, _("You may not add records here."))
        found = Compared(row, NEW)
        for one, cell in row.cells.items():
            comparer = whole.comparers[one]
            if cell is None:
                continue
            if not whole.columns[one].adds:
                self.locked += 1
                continue
            difference = comparer.new(cell)
            if difference.state == REFUSED:
                whole.ask(comparer, cell)
            found.cells.append(difference)
        self._preset(found)
        found.title = self._title(found)
        if any(one.state == REFUSED for one in found.cells):
            found.kind = REJECTED
            found.reasons = [_at(self, one) for one in found.cells if one.state == REFUSED]
        return found

    def _preset(self, found: Compared) -> None:
        """A new row of a branch's template belongs to that branch unless it says otherwise."""
        head = self.head
        if head is None or not head.value or head.by not in self.whole.columns:
            return
        if found.row.cells.get(head.by) is not None or not self.whole.columns[head.by].adds:
            return
        said = self.whole.comparers[head.by].said(head.value)
        preset = Difference(head.by, "changed", head.value, "", "", said)
        found.cells.append(preset)

    def _title(self, found: Compared) -> str:
        title = self.whole.table.title
        if title is None:
            return ""
        return next((one.given for one in found.cells if one.field == title.id), "")


def _at(file: OneFile, difference: Difference) -> Text:
    """What is wrong, with the column it is wrong in."""
    name = file.whole.columns[difference.field].out.name
    return _("{column}: {reason}", column=name, reason=difference.reason or "")


def holder_name(table: Table, head: Head | None) -> str:
    """For whom a template was made, as the organisation calls it now."""
    if head is None or not head.value:
        return ""
    one = schema.current().table(table.id).by_id.get(head.by)
    model = models.Person if one is not None and one.type == "person" else models.Department
    found = model.get_or_none(model.id == head.value)
    return found.name if found else ""
