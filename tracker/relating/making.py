"""Several files become tables, in an order in which what is pointed to stands first.

Where a table points to itself, or two to each other, the links are put in at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tracker import bulk, db, models, schema, tables
from tracker.errors import Refused
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.relating.survey import Link, Source, Survey
from tracker.schema import Base, Field, Table
from tracker.text import _
from tracker.transfer import importing, naming
from tracker.transfer.cells import as_text
from tracker.transfer.importing import Report

Names = dict[int, str]  # file → name of its table
Tell = Callable[[int, int], None]


@dataclass
class Made:
    """The tables made, by file; ``lost`` are values of links that named no row."""

    reports: dict[int, Report] = field(default_factory=dict)
    tables: dict[int, int] = field(default_factory=dict)
    lost: dict[tuple[int, str], int] = field(default_factory=dict)

    @property
    def batches(self) -> list[int]:
        """What to take back, the last first."""
        found = [report.batch_id for report in self.reports.values()]
        return [one for one in reversed(found) if one is not None]


class _Rehearsed(Exception):
    """Takes everything back at the end of a dry run."""


def make(
    viewer: Viewer,
    base: Base,
    survey: Survey,
    *,
    links: list[Link],
    names: Names | None = None,
    aliases: dict[tuple[int, str], dict[str, str]] | None = None,
    dry_run: bool = False,
    tell: Tell | None = None,
) -> Made:
    """Import all files of ``survey`` with these ``links`` between them: all of them, or none.

    ``aliases``: for a column of a file, which key a value means that is none.
    """
    work = _Work(viewer, base, survey, links, aliases or {})
    work.names = names or {}
    if dry_run:
        with suppress(_Rehearsed), db.write():
            work.run(tell)
            raise _Rehearsed
        schema.changed()
        return work.made
    try:
        # Not in one transaction: reading takes long, and others want to write meanwhile.
        work.run(tell)
    except BaseException:
        undo(viewer, work.made.batches)
        raise
    return work.made


class _Work:
    def __init__(
        self,
        viewer: Viewer,
        base: Base,
        survey: Survey,
        links: list[Link],
        aliases: dict[tuple[int, str], dict[str, str]],
    ) -> None:
        self.viewer, self.base, self.survey = viewer, base, survey
        self.links, self.aliases = links, aliases
        self.names: Names = {}
        self.late: list[Link] = []
        self.made = Made()

    def run(self, tell: Tell | None) -> None:
        for done, number in enumerate(self.order(), 1):
            self.table(number)
            if tell:
                tell(done, len(self.survey.sources))
        for link in self.late:
            with db.write():
                self.put_in(link)

    def order(self) -> list[int]:
        """The files such that what is pointed to comes first; links that cannot be are late."""
        waiting = list(range(len(self.survey.sources)))
        ordered: list[int] = []
        while waiting:
            ready = [one for one in waiting if not self._needed(one, waiting)]
            if not ready:
                ready = waiting[:1]
            for one in ready:
                self.late += [link for link in self._needed(one, waiting) if link.source == one]
                waiting.remove(one)
                ordered.append(one)
        self.late += [link for link in self.links if link.source == link.target]
        return ordered

    def _needed(self, number: int, waiting: list[int]) -> list[Link]:
        """The links of a file to files that are still to come."""
        return [
            link
            for link in self.links
            if link.source == number and link.target in waiting and link.target != number
        ]

    # ── a table ──────────────────────────────────────────────────────────────

    def table(self, number: int) -> None:
        source = self.survey.sources[number]
        base = schema.current().base(self.base.id)
        name = self.names.get(number) or source.table
        if any(one.name == name for one in base.tables):
            raise Refused(_("There is already a table called {name} in this base.", name=name))
        report = importing.create_from(
            self.viewer,
            base,
            source.path,
            name,
            mapping=self._plan(number, source),
            sheet=source.preview.sheet,
            header_row=source.preview.header_row,
            encoding=source.preview.encoding,
            delimiter=source.preview.delimiter,
        )
        self.made.reports[number] = report
        self.made.tables[number] = report.table_id or 0

    def _plan(self, number: int, source: Source) -> dict[str, Any]:
        plan: dict[str, Any] = {}
        for column in source.preview.columns:
            link = self._link(number, column.name)
            if link is not None and link not in self.late:
                plan[column.name] = self._as_link(link)
            elif link is not None or self._is_key(number, column.name):
                plan[column.name] = {"type": "text", "options": {}}
            else:
                plan[column.name] = {"type": column.guess.type, "options": column.guess.options}
        return plan

    def _as_link(self, link: Link) -> dict[str, Any]:
        """A link field whose cells name keys of a table that stands."""
        keys = self._keys(link)
        options = {"table": self.made.tables[link.target], "single": link.single}
        self._count_lost(link, keys)
        return {"type": "link", "options": options, "names": keys}

    def _link(self, number: int, column: str) -> Link | None:
        of = (one for one in self.links if one.source == number and one.column == column)
        return next(of, None)

    def _is_key(self, number: int, column: str) -> bool:
        return any(one.target == number and one.key == column for one in self.links)

    def _table(self, number: int) -> Table:
        return schema.current().table(self.made.tables[number])

    def _keys(self, link: Link) -> naming.Keys:
        table = self._table(link.target)
        key = self._field(link.target, link.key)
        pairs = ((text, id_) for id_, text in _texts(self.viewer, table, key))
        return naming.Keys(pairs, self.aliases.get((link.source, link.column), {}))

    def _field(self, number: int, column: str) -> Field:
        """The field that a column of a file became: they stand in the same order."""
        names = [one.name for one in self.survey.sources[number].preview.columns]
        return self._table(number).fields[names.index(column)]

    def _count_lost(self, link: Link, keys: naming.Keys) -> None:
        source = self.survey.sources[link.source]
        profile = next(one for one in source.columns if one.name == link.column)
        lost = sum(not keys.all(text) for text in profile.values or ())
        if lost:
            self.made.lost[link.source, link.column] = lost

    # ── links to what came later ─────────────────────────────────────────────

    def put_in(self, link: Link) -> None:
        """A link field in place of the text that was imported for it."""
        table, written = self._table(link.source), self._field(link.source, link.column)
        batch = self.made.reports[link.source].batch_id
        keys, name = self._keys(link), written.name
        self._count_lost(link, keys)
        found = list(_texts(self.viewer, table, written))
        tables.update_field(self.viewer, written, name=f"{name[:100]} …")
        options = {"table": self.made.tables[link.target], "single": link.single}
        made = tables.add_field(
            self.viewer, schema.current().table(table.id), "link", name, options=options
        )
        items = [
            bulk.Item(id_, {made.id: keys.all(text) or None}, _stray(made.id, keys, text), id_)
            for id_, text in found
        ]
        table = schema.current().table(table.id)
        via = f"import:{batch}"
        bulk.update_many(self.viewer, table, items, via=via, batch=batch)
        tables.delete_field(self.viewer, schema.current().fields[written.id])
        _ask_instead(table, written.id, made.id)


def _ask_instead(table: Table, old: int, new: int) -> None:
    """The form that the new table came with asks for the link."""
    for form in models.Form.select().where(models.Form.table == table.id):
        for section in form.definition["sections"]:
            for question in section["questions"]:
                if question["field"] == old:
                    question["field"] = new
        form.save()


def _stray(field_id: int, keys: naming.Keys, text: str) -> dict[int, str]:
    return {} if keys.all(text) else {field_id: text}


def _texts(viewer: Viewer, table: Table, one: Field) -> Iterator[tuple[int, str]]:
    """Record id → what stands in a text field, where something does."""
    query = Query(viewer, table)
    column = query.scope.column(one)
    for id_, text in query.test(column.is_null(False)).rows(query.scope.model.id, column):
        yield id_, as_text(text)


def undo(viewer: Viewer, batches: list[int]) -> int:
    """Take the tables back, the last made first; how many went."""
    gone = 0
    with db.write():
        for one in batches:
            if models.Batch.get_by_id(one).undone_at is None:
                gone += bulk.undo(viewer, one).table_removed
    return gone
