"""What one viewer may see of one table, as SQL: the row rule and guarded columns.

This is the only place where rights become SQL; every reading goes through a `Scope`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import peewee as pw

from tracker import conditions, ddl, fieldtypes, permissions, schema, searching
from tracker.computed import expression
from tracker.conditions import FALSE, Condition, Unresolved
from tracker.errors import Missing, Refused
from tracker.permissions import Access, Lane, Viewer
from tracker.schema import Field
from tracker.text import _

READ = 1


class Raw:
    """Columns as they are: for row rules, which may look at fields their holder does not see."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def column(self, field: Field) -> Any:
        kind = fieldtypes.get(field)
        if kind.computed and not kind.stored:  # rules may not depend on what their holder sees
            raise Refused(_("“{field}” differs from reader to reader.", field=field.name))
        source = getattr(kind, "source", None)
        return getattr(self.model, source or field.column)

    def linked(self, field: Field, ids: list[int] | None) -> Any:
        junction, near, far = ddl.link_sides(field)
        links = junction.select(near)
        return self.model.id.in_(links if ids is None else links.where(far.in_(ids)))

    def among(self, ids: list[int]) -> Any:
        return self.model.id.in_(ids)


class Scope:
    """One table through one viewer's lanes; a `fieldtypes.Source` for their filters."""

    def __init__(self, access: Access, *, beside: bool = False, model: Any = None) -> None:
        """``beside``: under an alias, to stand in one statement with other readings of it."""
        self.access = access
        self.table = access.table
        if model is None:
            model = ddl.model(access.table)
            model = model.alias() if beside else model
        self.model: Any = model
        self.raw = Raw(self.model)
        # Behind a window: rows and values are the holder's, as far as the window shows them.
        self.holder = Scope(access.whole, model=model) if access.whole else None

    def rule(self, condition: Condition) -> Any:
        """A row rule as SQL; one that is empty, unreadable or of an empty variable denies."""
        if condition == {"all": []}:
            return FALSE
        try:
            return conditions.sql(condition, self.table, self.raw, self.access.viewer)
        except (Unresolved, Refused):
            return FALSE

    def union(self, lanes: list[Lane], action: str = "read") -> Any:
        """True, or the SQL test that at least one of ``lanes`` opens the row."""
        rules = [lane.rule(action) for lane in lanes]
        if any(rule is True for rule in rules):
            return True
        test: Any = FALSE
        for rule in rules:
            test = test | self.rule(rule) if test is not FALSE else self.rule(rule)
        return test

    @cached_property
    def rows(self) -> Any:
        """The test of the rows this viewer may read; True for all."""
        if self.holder is not None:
            return self._shown_rows(self.holder)
        return self.union(list(self.access.lanes))

    def _shown_rows(self, holder: Scope) -> Any:
        """The holder's rows that the window shows; a test that cannot be read shows none."""
        shown: Any = holder.rows
        for test in self.access.pane.tests if self.access.pane else ():
            try:
                sql = holder.filter(test)
            except (Refused, Missing):
                return FALSE
            shown = sql if shown is True else shown & sql
        return shown

    @cached_property
    def live(self) -> Any:
        """The rows this viewer may read, without those in the bin."""
        alive = self.model.deleted_at.is_null()
        return alive if self.rows is True else alive & self.rows

    def guard(self, field: Field) -> Any:
        """True, or the test of the rows in which ``field`` may be read."""
        if self.holder is not None:
            return self.holder.guard(field) if self.access.level(field.id) >= READ else FALSE
        opening = [lane for lane in self.access.lanes if lane.level(field.id) >= READ]
        if len(opening) == len(self.access.lanes):
            return True
        return self.union(opening)

    def column(self, field: Field) -> Any:
        """The field's column, empty in the rows where it is hidden."""
        if self.holder is not None:
            shown = self.access.level(field.id) >= READ
            return self.holder.column(field) if shown else pw.NodeList((pw.SQL("NULL"),))
        guard = self.guard(field)
        kind = fieldtypes.get(field)
        if kind.computed and not kind.stored:
            column = self._through(field) if kind.on_read else pw.SQL("NULL")
        else:
            column = self.raw.column(field)
        return column if guard is True else pw.Case(None, [(guard, column)])

    def errors(self, field: Field) -> Any:
        """The errors in the place of values, where those may be read."""
        guard = self.guard(field)
        column = getattr(self.model, field.errors)
        return column if guard is True else pw.Case(None, [(guard, column)])

    def one_by_one(self, field: Field) -> Any:
        """The values that a lookup joins, as a JSON list; made from the same records as it."""
        if self.holder is not None:
            return self.holder.one_by_one(field)
        made = expression.one_by_one
        if fieldtypes.get(field).on_read:
            column = self._through(field, made)
        else:
            link = self.table.by_id[field.options["link"]]
            everyone = scope_of(permissions.system(), link.options["table"], beside=True)
            column = pw.NodeList((made(self.model, field, link, everyone),))
        guard = self.guard(field)
        return column if guard is True else pw.Case(None, [(guard, column)])

    def _through(self, field: Field, made: Any = expression.through_link) -> Any:
        """A lookup, rollup or count for this viewer; a link they cannot see leads nowhere."""
        link = self.table.by_id[field.options["link"]]
        seen = self.access.level(link.id) >= READ
        target = self.target(link, beside=True) if seen else None
        value = made(self.model, field, link, target)
        guard = self.guard(link)
        if guard is True or target is None:
            return pw.NodeList((value,))
        nothing = made(self.model, field, link, None)
        return pw.Case(None, [(guard, value)], nothing)

    def linked(self, field: Field, ids: list[int] | None) -> Any:
        """Links as this viewer sees them: hidden in guarded rows, and only to visible records."""
        junction, near, far = ddl.link_sides(field)
        links = junction.select(near)
        if ids is not None:
            links = links.where(far.in_(ids))
        target = self.target(field)
        if target is None:
            return FALSE
        if ids is not None or target.rows is not True:
            links = links.where(far.in_(target.model.select(target.model.id).where(target.live)))
        test = self.model.id.in_(links)
        guard = self.guard(field)
        return test if guard is True else guard & test

    def among(self, ids: list[int]) -> Any:
        return self.model.id.in_(ids)

    def target(self, field: Field, *, beside: bool = False) -> Scope | None:
        """The scope of the table a link field points to; None when it is closed to this viewer."""
        return scope_of(self.access.viewer, field.options["table"], beside=beside)

    def filter(self, condition: Condition) -> Any:
        """A filter of the viewer's own as SQL, over visible fields only; raises `Refused`."""
        try:
            return conditions.sql(condition, self.access.visible_table, self, self.access.viewer)
        except Unresolved:
            return FALSE

    def within(self, condition: Condition | None) -> Any:
        """A condition that somebody else set, over what this viewer sees: hidden values are empty,
        and one that cannot be read lets nothing through.
        """
        try:
            return conditions.sql(
                condition if condition is not None else True,
                self.table,
                self,
                self.access.viewer,
            )
        except (Unresolved, Refused):
            return FALSE

    def search(self, text: str) -> Any:
        """The rows with each word of ``text`` in a visible text, or in the sound of the title."""
        return searching.test(self, text)


def scope_of(viewer: Viewer, table_id: int, *, beside: bool = False) -> Scope | None:
    """The scope of a table for ``viewer``; None when nothing of it is open to them."""
    table = schema.current().tables.get(table_id)
    if table is None:
        return None
    access = permissions.possible_access(viewer, table)
    return Scope(access, beside=beside) if access.lanes else None
