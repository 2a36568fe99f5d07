"""Values as programs read them: JSON by the type of the field, or the text people see.

Empty cells are left out: no value, no tick, no link.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracker import fieldtypes, models, publicids
from tracker.formula.values import ERROR
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.schema import Field, Table
from views.api import lookups, tickets
from views.api.columns import column, like
from views.api.lookups import Behind

EPOCH = "1970-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class Failed:
    """An error in the place of a computed value."""

    code: str


@dataclass
class Reader:
    """How records are told to one request."""

    viewer: Viewer
    table: Table
    by_id: bool = False  # fields named by id
    as_text: bool = False  # cells as people read them
    people: dict[int, dict[str, str]] = field(default_factory=dict)

    def records(self, found: Sequence[Record]) -> list[dict[str, Any]]:
        """Records as the API gives them."""
        made = self._made([one.id for one in found])
        behind = {} if self.as_text else lookups.behind(self.viewer, self.table, found)
        self._load_people([*(one.values for one in found), *behind.values()])
        return [
            {
                "id": publicids.record(self.table.id, one.id),
                "createdTime": made.get(one.id, EPOCH),
                "fields": self.cells(
                    {**one.values, **behind.get(one.id, {}), **self._errors(one)}.items()
                ),
            }
            for one in found
        ]

    def cells(self, values: Iterable[tuple[int, Any]]) -> dict[str, Any]:
        told = {}
        for field_id, value in values:
            one = self.table.by_id[field_id]
            shown = self._text(one, value) if self.as_text else self._json(one, value)
            if shown is not None and shown is not False and shown != "" and shown != []:
                told[publicids.field(one.id) if self.by_id else one.name] = shown
        return told

    def _errors(self, record: Record) -> dict[int, Failed]:
        """What stands in the place of computed values."""
        found = ((self.table.by_id[one], said) for one, said in record.strays.items())
        return {
            one.id: Failed(said if one.problem is None else ERROR)
            for one, said in found
            if fieldtypes.is_computed(one)
        }

    def _text(self, one: Field, value: Any) -> Any:
        if isinstance(value, Failed):
            return value.code
        return fieldtypes.get(one).text(value, one, self.viewer.context)

    def _json(self, one: Field, value: Any) -> Any:
        if isinstance(value, Failed):
            return {"error": value.code}
        if isinstance(value, Behind):
            return flat(self._value(value.source, each) for each in value.values)
        told = self._value(one, value)
        if one.type == "lookup" and value is not None:
            return flat([told])
        return int(told) if one.type == "formula" and isinstance(told, bool) else told

    def _value(self, one: Field, value: Any) -> Any:
        if value is None:
            return None
        kind = fieldtypes.get(one)
        if kind.family == "link":
            return self._linked(one.options["table"], value)
        if kind.widget == "person":
            return self.person(value)
        if kind.widget == "department":
            return kind.text(value, one, self.viewer.context)
        told = kind.json(value, one, self.viewer.context)
        if kind.family == "files":
            return tickets.told(told, self.viewer.person_id)
        if isinstance(told, dict) and column(like(one)).name == "singleLineText":
            return kind.text(value, one, self.viewer.context)
        return _number(told) if isinstance(told, float) else told

    def _linked(self, table_id: int, value: list[int]) -> list[str]:
        """Ids of linked records, of which only those that the viewer may see are known."""
        known = self.viewer.context.directory.records
        seen = [number for number in value if (table_id, number) in known]
        return [publicids.record(table_id, number) for number in seen]

    # ── what stands beside the values ────────────────────────────────────────

    def _made(self, ids: list[int]) -> dict[int, str]:
        """When each record was made."""
        if not ids:
            return {}
        query = Query(self.viewer, self.table)
        model = query.scope.model
        rows = query.test(query.scope.among(ids)).rows(model.id, model.created_at)
        return {number: moment(model.created_at.python_value(at)) for number, at in rows if at}

    def person(self, number: int) -> dict[str, str]:
        if number not in self.people:
            self.people |= collaborators([number])
        return self.people.get(number) or {"id": publicids.person(number), "email": "", "name": ""}

    def _load_people(self, found: Iterable[Mapping[int, Any]]) -> None:
        """The people of a page in one query."""
        named = {one.id for one in self.table.fields if fieldtypes.get(one).widget == "person"}
        ids: set[Any] = set()
        for values in found:
            for number, value in values.items():
                if isinstance(value, Behind) and fieldtypes.get(value.source).widget == "person":
                    ids.update(value.values)
                elif number in named:
                    ids.add(value)
        self.people |= collaborators(number for number in ids if isinstance(number, int))


def flat(values: Iterable[Any]) -> list[Any]:
    """Values side by side, those that are lists with their parts."""
    parts = (one if isinstance(one, list) else [one] for one in values)
    return [one for some in parts for one in some]


def _number(told: float) -> Any:
    """A number; what JSON has no figure for by its name."""
    if math.isnan(told):
        return {"specialValue": "NaN"}
    if math.isinf(told):
        return {"specialValue": "Infinity" if told > 0 else "-Infinity"}
    return int(told) if told.is_integer() else told


def collaborators(ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """People by number, as the API names them."""
    wanted = set(ids)
    if not wanted:
        return {}
    person = models.Person
    rows = person.select(person.id, person.email, person.name).where(person.id.in_(wanted))
    return {
        number: {"id": publicids.person(number), "email": email, "name": name}
        for number, email, name in rows.tuples()
    }


def moment(stored: Any) -> str:
    """A moment of ours (naive UTC) as ISO 8601."""
    return str(stored)[:19].replace(" ", "T") + ".000Z"
