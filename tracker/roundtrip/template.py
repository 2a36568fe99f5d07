"""Templates: the records that a viewer may see and export, ready to be filled in with Excel.

One for oneself, one for a branch, a department or a person, or one each for all of them.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from tracker import clock, fieldtypes, limits, organisation, permissions
from tracker.errors import Refused, TooMuch
from tracker.models import Department, Person
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.roundtrip import book, words
from tracker.roundtrip.lists import Lists
from tracker.roundtrip.marks import Head, Key, Signer
from tracker.roundtrip.reach import Reach
from tracker.schema import Field, Table
from tracker.text import _, label
from tracker.transfer import exporting
from tracker.transfer.writing import Written


@dataclass(frozen=True)
class Holder:
    """For whom a template is: a department (with all below it) or a person."""

    id: int
    name: str
    ids: tuple[int, ...]  # the values in the field that mean them


@dataclass(frozen=True)
class Wish:
    """What the maker of a template says: ``by`` tells whose a record is."""

    by: Field | None = None
    due: str = ""
    note: str = ""
    among: list[int] = field(default_factory=list)


class Maker:
    """Makes templates of one query: names and rights are asked for once, however many there are."""

    def __init__(self, query: Query, signer: Signer, wish: Wish) -> None:
        self.query = exporting.exportable(query)
        self.viewer, self.table, self.wish = query.viewer, query.table, wish
        self.signer, self.known = signer, Lists(query.viewer)
        self.rights = query.access
        self.columns = book.columns_of(self.rights, self.query.fields, self.known)
        if all(one.locked for one in self.columns):
            raise Refused(_("You may not change anything in this table: export it instead."))
        self._lists: dict[tuple[int, ...], Lists] = {}
        self._shown, self._writes = Reach(self.query.access), Reach(self.rights)

    def write(self, target: Path | IO[bytes], holder: Holder | None = None) -> Written:
        """One workbook; with a ``holder``, of their records alone."""
        query = self.query
        if holder is not None and self.wish.by is not None:
            ids = list(holder.ids)
            query = query.where({"field": self.wish.by.id, "op": "any_of", "value": ids})
        ids = query.ids()
        if len(ids) > limits.ROUNDTRIP_ROWS:
            raise TooMuch(_("A template holds at most {n} records.", n=limits.ROUNDTRIP_ROWS))
        title = label(self.table, self.viewer.context.lang)
        head, offered = self._head(ids, holder), self._offered(holder)
        made = book.Book(self.columns, self.known, head=head, title=title, offered=offered)
        for start in range(0, len(ids), exporting.CHUNK):
            part = ids[start : start + exporting.CHUNK]
            self._shown.learn(part)
            self._writes.learn(part)
            for record in query.fetch(part):
                self._put(made, record)
        return made.save(target, words.notes(self, holder, len(ids)))

    def _offered(self, holder: Holder | None) -> Lists:
        """Whose lists a workbook brings: from a coordinator to a branch, what one of its people may
        see and choose; of records nothing where nobody there has a part in the table.

        Makers who do not see everything give what they see: the lists of others would tell of it.
        """
        whole = self.viewer.coordinates_base(self.table.base_id)
        if holder is None or self.wish.by is None or not whole:
            return self.known
        if holder.ids not in self._lists:
            self._lists[holder.ids] = Lists(_reader(self.wish.by, holder, self.viewer, self.table))
        return self._lists[holder.ids]

    def _head(self, ids: list[int], holder: Holder | None) -> str:
        whose = self.wish.by if holder else None
        head = Head(
            table=self.table.id,
            person=self.viewer.person_id or 0,
            at=clock.now().isoformat(sep=" ", timespec="seconds"),
            by=whose.id if whose else 0,
            value=holder.id if holder else 0,
            among=self.wish.among,
            records=ids,
        )
        return self.signer.head(head)

    def _put(self, made: book.Book, record: Any) -> None:
        closed = self._shown.closed(record.id, self.query.fields)
        key = self.signer.key(self.table.id, Key(record.id, record.rev, closed))
        values = [exporting.cell_of(record, one.field.id, one.write) for one in self.columns]

        def open(column: book.Column) -> bool:
            one = column.field.id
            return column.changes and one not in closed and self._writes.writable(record.id, one)

        made.row(key, values, open)


# ── for whom ─────────────────────────────────────────────────────────────────


def _reader(by: Field, holder: Holder, maker: Viewer, table: Table) -> Viewer:
    """The first of the holder's people with a part in the table; nobody where there is none."""
    people = Person.select().where(Person.active == True).order_by(Person.id)  # noqa: E712 - SQL
    mine = Person.department if fieldtypes.get(by).widget == "department" else Person.id
    context = maker.context
    for person in people.where(mine.in_(holder.ids)):
        found = permissions.viewer_for(person, lang=context.lang, zone=context.zone)
        if permissions.possible_access(found, table).lanes:
            return found
    return permissions.NOBODY.speaking(context.lang, context.zone)


def holder_fields(query: Query) -> list[Field]:
    """The fields that tell whose a record is, as this viewer sees them."""
    kinds = ((one, fieldtypes.get(one)) for one in query.access.fields)
    return [one for one, kind in kinds if kind.widget in {"department", "person"} and kind.stored]


def levels() -> list[tuple[int, int]]:
    """The levels of the organisation with how many departments each has."""
    found: dict[int, int] = {}
    for _id, _name, level in _departments():
        found[level] = found.get(level, 0) + 1
    return sorted(found.items())


def _departments() -> list[tuple[int, str, int]]:
    rows = Department.select(Department.id, Department.name, Department.path)
    live = rows.where(Department.deleted_at.is_null()).order_by(Department.path, Department.ord)
    return [(id_, name, path.count("/") - 1) for id_, name, path in live.tuples()]


def holders(query: Query, field: Field, *, level: int | None = None) -> list[Holder]:
    """All departments of a level, or the active people that records name in ``field``."""
    if fieldtypes.get(field).widget == "department":
        found = [
            Holder(id_, name, tuple(organisation.below([id_])))
            for id_, name, at in _departments()
            if level is None or at == level
        ]
    else:
        column = query.scope.column(field)
        ids = [row[0] for row in query.select(column).distinct().tuples() if row[0]]
        people = Person.select(Person.id, Person.name).where(
            Person.id.in_(ids),
            Person.active == True,  # noqa: E712 - SQL
        )
        found = [Holder(id_, name, (id_,)) for id_, name in people.order_by(Person.name).tuples()]
    if len(found) > limits.TEMPLATES_AT_ONCE:
        raise TooMuch(_("At most {n} templates are made at once.", n=limits.TEMPLATES_AT_ONCE))
    return found


def holder(field: Field, value: int) -> Holder:
    """One department or person; `Refused` when it is not there."""
    if fieldtypes.get(field).widget == "department":
        row = Department.get_or_none(Department.id == value, Department.deleted_at.is_null())
        ids = tuple(organisation.below([value])) if row else ()
    else:
        row = Person.get_or_none(Person.id == value, Person.active == True)  # noqa: E712 - SQL
        ids = (value,)
    if row is None:
        raise Refused(_("Choose for whom the template is."))
    return Holder(row.id, row.name, ids)


def archive(
    maker: Maker,
    found: list[Holder],
    target: Any,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """One workbook for each of ``found`` in a zip; how many."""
    maker.wish = replace(maker.wish, among=[one.id for one in found])
    names = _file_names(found)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
        for number, (one, name) in enumerate(zip(found, names, strict=True), 1):
            sheet = io.BytesIO()
            maker.write(sheet, one)
            packed.writestr(f"{name}.xlsx", sheet.getvalue())
            if progress:
                progress(number, len(found))
    return len(found)


def _file_names(found: list[Holder]) -> Iterator[str]:
    """Names that every system takes, each once."""
    taken: set[str] = set()
    for one in found:
        name = clean_name(one.name) or str(one.id)
        if name.casefold() in taken:
            name = f"{name} {one.id}"
        taken.add(name.casefold())
        yield name


def clean_name(name: str) -> str:
    """A file name that no system refuses."""
    kept = "".join("_" if one in '\\/:*?"<>|' or ord(one) < 32 else one for one in name)
    return kept.strip(" .")[:80]
