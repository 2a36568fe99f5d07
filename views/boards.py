"""A kanban's columns: one for each value of a field, with counts, limits and sums.

Counted and added up in SQL from the records that the viewer may see.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from tracker import choices, fieldtypes, limits
from tracker.errors import Refused
from tracker.grouping import By, Group, Measure, groups
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.text import _
from views import cells
from views.behind import test_of
from views.charts.names import Names, color_of
from views.viewing import Viewing


@dataclass(frozen=True)
class Column:
    """``key`` is the stored value as JSON; ``limit`` is a soft one, None where there is none."""

    value: Any
    label: str
    color: str
    count: int
    total: str
    limit: int | None

    @property
    def key(self) -> str:
        return orjson.dumps(self.value).decode()

    @property
    def over(self) -> int:
        """How many cards stand beyond the limit."""
        return max(0, self.count - self.limit) if self.limit else 0


@dataclass(frozen=True)
class Board:
    """The columns in order; ``found`` is how many there are, where not all are shown."""

    field: Field
    columns: list[Column]
    found: int
    records: int
    closed: str  # why cards cannot be moved; "" where they can, in some rows


def column_fields(table: Table) -> list[Field]:
    """The fields whose values make columns: choices, stages, people, departments, yes or no."""
    return [
        one
        for one in table.fields
        if fieldtypes.get(one).family in {"one", "checkbox"} and fieldtypes.get(one).groups
    ]


def field_of(viewing: Viewing) -> Field | None:
    found = viewing.option_field("group")
    return found if found in column_fields(viewing.table) else None


def sum_of(viewing: Viewing) -> Field | None:
    """The field that headers add up, where the viewer sees it."""
    found = viewing.table.by_id.get((viewing.options.get("measure") or {}).get("field") or 0)
    return found if found and fieldtypes.get(found).sums else None


def board_of(viewing: Viewing, field: Field) -> Board:
    """All columns; two queries and the names, however many records."""
    summed = sum_of(viewing)
    measure = Measure("sum", summed) if summed else Measure()
    found = _counted(groups(viewing.query.order([]), [By(field)], measure), field)
    values = _values(field, found, viewing)
    names = Names(viewing.viewer)
    by = By(field)
    names.load(by, set(values))
    if not field.options.get("choices") and fieldtypes.get(field).family == "one":
        values.sort(key=lambda one: (one is None, "" if one is None else names.of(by, one)))
    closed = cells.readonly(viewing.scope.access, field)
    columns = [_column(viewing, field, one, found.get(one), summed, names) for one in values]
    if viewing.options.get("hide_empty"):
        columns = [one for one in columns if one.count]
    return Board(
        field=field,
        columns=columns,
        found=len({*values, *found}),
        records=sum(one.count for one in found.values()),
        closed=closed.to(viewing.viewer.context.lang) if closed else "",
    )


def _counted(found: Iterable[Group], field: Field) -> dict[Any, Group]:
    """Value → its group; an unset box is an empty one."""
    if fieldtypes.get(field).family != "checkbox":
        return {one.keys[0]: one for one in found}
    merged: dict[Any, Group] = {}
    for one in found:
        key = bool(one.keys[0])
        old = merged.get(key, Group((key,), 0, 0))
        merged[key] = Group((key,), old.number + one.number, old.count + one.count)
    return merged


def _values(field: Field, found: dict[Any, Group], viewing: Viewing) -> list[Any]:
    """The values that get a column: all options, or whoever has cards; none at the end."""
    if fieldtypes.get(field).family == "checkbox":
        return [False, True]
    if field.options.get("choices"):
        known = [int(one["id"]) for one in choices.options(field)]
        values: list[Any] = known[: limits.KANBAN_COLUMNS]
    else:
        there = [one for one in found if one is not None]
        there.sort(key=lambda one: (-found[one].count, one))
        values = there[: limits.KANBAN_COLUMNS]
    if None in found or not field.required:
        values.append(None)
    return values


def _column(
    viewing: Viewing,
    field: Field,
    value: Any,
    group: Group | None,
    summed: Field | None,
    names: Names,
) -> Column:
    total = ""
    if summed is not None and group is not None and group.number:
        kind = fieldtypes.get(summed)
        number = round(group.number) if kind.scaled else group.number
        total = kind.text(number, summed, viewing.viewer.context)
    return Column(
        value=value,
        label=names.of(By(field), value),
        color=color_of(field, value) or "gray",
        count=group.count if group else 0,
        total=total,
        limit=None if value is None else limit_of(viewing.options, value),
    )


def limit_of(options: dict[str, Any], value: Any) -> int | None:
    """The limit of one column: its own, else that of all."""
    own = (options.get("limits") or {}).get(orjson.dumps(value).decode())
    found = own or options.get("limit")
    return found if isinstance(found, int) else None


def within(query: Query, field: Field, value: Any) -> Query:
    """The records of one column."""
    return query.where(test_of(By(field), value))


def asked_value(field: Field, raw: str) -> Any:
    """The column that an address names."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refused(_("This column is not there.")) from None
    boxes = fieldtypes.get(field).family == "checkbox"
    good = isinstance(value, bool) if boxes else value is None or type(value) is int
    if not good or (not boxes and abs(value or 0) > 2**53):
        raise Refused(_("This column is not there."))
    return value


def check(options: dict[str, Any], table: Table) -> dict[str, Any]:
    """What a kanban keeps besides the looks of its cards; raises `Refused`."""
    group = next((one for one in column_fields(table) if one.id == options.get("group")), None)
    if group is None:
        text = _("A kanban needs a field of choices, people, departments, or yes and no.")
        raise Refused(text, field="group")
    measure = options.get("measure")
    summed = measure.get("field") if isinstance(measure, dict) else None
    if summed is not None and not _adds_up(table, summed):
        raise Refused(_("This cannot be measured."), field="measure")
    own = options.get("limits")
    own = own if isinstance(own, dict) else {}
    kept = {str(key)[:20]: _limit(number) for key, number in list(own.items())[:1000]}
    return {
        "measure": {"kind": "sum", "field": summed} if summed is not None else None,
        "limit": _limit(options.get("limit")),
        "limits": {key: number for key, number in kept.items() if number},
        "hide_empty": bool(options.get("hide_empty")),
    }


def _adds_up(table: Table, field_id: Any) -> bool:
    return any(one.id == field_id and fieldtypes.get(one).sums for one in table.fields)


def _limit(raw: Any) -> int | None:
    if raw in (None, "", 0):
        return None
    if not str(raw).isdecimal() or not 1 <= int(str(raw)[:9]) <= 100_000:
        raise Refused(_("A limit is a number of cards from 1 to 100,000."), field="limit")
    return int(raw)
