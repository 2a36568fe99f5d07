"""``filterByFormula``: a list narrowed by a formula over the fields its reader sees.

The database narrows it where the formula has a form in SQL. Else rows are looked through in the
order of the list until the page is full; who asks for much gets short pages with an ``offset``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import peewee as pw

from tracker import clock, fieldtypes, limits, publicids
from tracker.computed.computing import UPSTREAM
from tracker.errors import Refused
from tracker.formula import FormulaError, Plan, plan
from tracker.permissions import Access
from tracker.query import Page, Query, Record
from tracker.schema import Field
from views.api import faults, loading

CHUNK = limits.PAGE_ROWS
_TRUE = {
    "number": "<> 0",
    "text": "<> ''",
    "truth": "IS TRUE",
    "day": "IS NOT NULL",
    "moment": "IS NOT NULL",
}


@dataclass(frozen=True)
class Names:
    """What formulas may name: the fields this viewer sees, by name or by either kind of id."""

    rights: Access

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.rights.fields

    def find(self, ref: Any) -> Field | None:
        if isinstance(ref, int):
            return next((one for one in self.fields if one.id == ref), None)
        return loading.field_or_none(self.rights, ref)


@dataclass(frozen=True)
class Filter:
    """A formula made ready for one list; ``zone`` is where its days begin."""

    planned: Plan
    query: Query
    zone: str

    def page(self, limit: int, after: list[Any] | None) -> Page:
        """The next records that pass, found by keyset; fewer when many were looked through."""
        test = self.sql()
        if test is not None:
            return self.query.test(test).page(limit, after)
        return self._walked(limit, after)

    def sql(self) -> Any:
        """The test in SQL, None where there is none; blank and error are not true."""
        if "id" in self.planned.system:  # ids of programs are made here, not in the database
            return None
        made = self.planned.sql(self._column, now=clock.now(), zone=self.zone)
        if made is None:
            return None
        true = _TRUE[made.type]
        return pw.NodeList((pw.SQL("("), made.value, pw.SQL(f") {true}")))

    def _column(self, of: Any) -> Any:
        scope = self.query.scope
        return getattr(scope.model, of) if isinstance(of, str) else scope.column(of)

    def _walked(self, limit: int, after: list[Any] | None) -> Page:
        needed = [*self.planned.inputs, *(sort.field for sort in self.query.sorts)]
        query = self.query.only({one.id: one for one in needed})
        taken: list[Record] = []
        seen = 0
        while True:
            chunk = query.page(CHUNK, after)
            for record, holds in self._tried(chunk.records):
                if holds and len(taken) == limit:
                    return self._whole(taken, self._key(taken[-1]))
                if holds:
                    taken.append(record)
            after, seen = chunk.after, seen + len(chunk.records)
            if after is None or seen >= limits.API_SCANNED:
                return self._whole(taken, after)

    def _whole(self, taken: list[Record], after: list[Any] | None) -> Page:
        return Page(self.query.fetch([one.id for one in taken]), after)

    def _key(self, record: Record) -> list[Any]:
        """The place of a record in the order, as `Query.page` keeps it."""
        keys = []
        for sort in self.query.sorts:
            value = record.values.get(sort.field.id)
            column = fieldtypes.get(sort.field).column(sort.field)
            keys.append(None if value is None else column.db_value(value))
        return [*keys, record.id]

    def _tried(self, records: list[Record]) -> Iterator[tuple[Record, bool]]:
        system = self._system([one.id for one in records])
        now, context = clock.now(), self.query.viewer.context
        for record in records:

            def values(of: Any, record: Record = record) -> Any:
                return system[record.id].get(of) if isinstance(of, str) else _of(record, of)

            yield (
                record,
                self.planned.holds(
                    values,
                    now=now,
                    zone=self.zone,
                    lang=context.lang,
                    directory=context.directory,
                ),
            )

    def _system(self, ids: list[int]) -> dict[int, dict[str, Any]]:
        """What formulas read of a record besides its fields."""
        told: dict[int, dict[str, Any]] = {
            one: {"id": publicids.record(self.query.table.id, one)} for one in ids
        }
        model = self.query.scope.model
        for name in {"created_at", "updated_at"} & set(self.planned.system):
            column = getattr(model, name)
            rows = self.query.test(self.query.scope.among(ids)).rows(model.id, column)
            for number, at in rows:
                told[number][name] = column.python_value(at)
        return told


def _of(record: Record, field: Field) -> Any:
    """A value, or the error that stands in its place."""
    code = record.strays.get(field.id) if fieldtypes.fails(field) else None
    return FormulaError(code, UPSTREAM) if code else record[field]


def read(query: Query, text: str, zone: str) -> Filter:
    """The formula, or a `Fault` that says what is wrong with it."""
    try:
        return Filter(plan(text, Names(query.access)), query, zone)
    except Refused as refused:
        said = f"The formula for filtering records is invalid: {refused.to('en')}"
        raise faults.Fault("INVALID_FILTER_BY_FORMULA", said) from None
