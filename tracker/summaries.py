"""One figure of a whole column: how many are filled, their sum, the latest day; worked out in SQL
over the records of a query, for all of them or group by group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import peewee as pw

from tracker import fieldtypes, grouped, kept, limits, numeric
from tracker.errors import Refused
from tracker.grouped import Level
from tracker.query import Query
from tracker.schema import Field
from tracker.text import Text, _

KINDS: dict[str, Text] = {
    "filled": _("Filled"),
    "empty": _("Empty"),
    "filled_share": _("Filled, percent"),
    "unique": _("Different values"),
    "sum": _("Sum"),
    "avg": _("Average"),
    "min": _("Smallest"),
    "max": _("Largest"),
    "earliest": _("Earliest"),
    "latest": _("Latest"),
    "checked": _("Checked"),
    "unchecked": _("Not checked"),
    "checked_share": _("Checked, percent"),
}
COUNTED = ("filled", "empty", "filled_share")
BIG = 10**9  # sums of large numbers are made of two halves, neither of which overflows


@dataclass(frozen=True)
class Summary:
    """What is worked out of one field."""

    field: Field
    kind: str


def offered(field: Field) -> tuple[str, ...]:
    """The figures a field has, as its values allow."""
    kind = fieldtypes.get(field)
    if field.problem is not None or kind.family == "button":
        return ()
    if kind.family == "checkbox":
        return ("checked", "unchecked", "checked_share")
    if kind.family in {"link", "files"}:
        return COUNTED
    if kind.sums:
        return ("sum", "avg", "min", "max", *COUNTED, "unique")
    return (*COUNTED, "unique", *(("earliest", "latest") if kind.family == "time" else ()))


def checked(field: Field, kind: Any) -> Summary:
    if kind not in offered(field):
        raise Refused(_("“{field}” has no such figure.", field=field.name))
    return Summary(field, str(kind))


def of_all(query: Query, wanted: Sequence[Summary]) -> list[str]:
    """The figures over all records of the query, in words; one statement."""
    if not wanted:
        return []
    [row] = kept.rows(query.select(*_columns(query, wanted)))
    return _texts(query, wanted, row)


def of_groups(
    query: Query, levels: Sequence[Level], wanted: Sequence[Summary]
) -> dict[tuple[Any, ...], list[str]]:
    """The figures by the keys of the groups of every level; one statement a level."""
    keys = [grouped.key(query, one.by) for one in levels]
    columns = _columns(query, wanted)
    found = {}
    for depth in range(1, len(keys) + 1):
        for row in grouped.tallied(query, keys[:depth], limits.GRID_GROUPS, *columns):
            found[tuple(row[:depth])] = _texts(query, wanted, row[depth:])
    return found


# ── in SQL ───────────────────────────────────────────────────────────────────

ALL = pw.fn.COUNT(pw.SQL("*"))


def _columns(query: Query, wanted: Sequence[Summary]) -> list[Any]:
    return [part for one in wanted for part in _parts(query, one)]


def _parts(query: Query, one: Summary) -> tuple[Any, Any]:
    """The two figures from which one is made; the second is often the count of all."""
    kind = fieldtypes.get(one.field)
    if kind.family == "link":
        return _count_of(query.scope.linked(one.field, None)), ALL
    column = query.scope.column(one.field)
    if kind.family == "checkbox":
        return _count_of(pw.Expression(column, "=", pw.Value(True, converter=False))), ALL
    if one.kind in COUNTED:
        return pw.fn.COUNT(column), ALL
    if one.kind == "unique":
        return pw.fn.COUNT(pw.NodeList((pw.SQL("DISTINCT"), column))), ALL
    if one.kind in {"min", "earliest"}:
        return pw.fn.MIN(column), ALL
    if one.kind in {"max", "latest"}:
        return pw.fn.MAX(column), ALL
    return _sum(column, exact=kind.scaled), pw.fn.COUNT(column)


def _count_of(test: Any) -> Any:
    return pw.fn.COUNT(pw.Case(None, [(test, 1)]))


def _sum(column: Any, *, exact: bool) -> Any:
    """A sum; of integers as text of two halves, as SQLite stops at 63 bits."""
    if not exact:
        return pw.fn.SUM(column)
    high = column / BIG
    low = pw.fn.SUM(column - high * BIG)
    return pw.NodeList(
        (
            pw.Cast(pw.fn.SUM(high), "text"),
            pw.SQL("|| ' ' ||"),
            pw.Cast(low, "text"),
        )
    )


# ── in words ─────────────────────────────────────────────────────────────────


def _texts(query: Query, wanted: Sequence[Summary], row: Sequence[Any]) -> list[str]:
    pairs = zip(row[::2], row[1::2], strict=True)
    return [
        _text(query, one, first, second) for one, (first, second) in zip(wanted, pairs, strict=True)
    ]


def _text(query: Query, one: Summary, first: Any, second: Any) -> str:
    if one.kind in {"filled", "checked", "unique"}:
        return f"{first:,}"
    if one.kind in {"empty", "unchecked"}:
        return f"{second - first:,}"
    if one.kind.endswith("_share"):
        return share(first, second)
    if first is None:
        return ""
    kind, context = fieldtypes.get(one.field), query.viewer.context
    if one.kind in {"sum", "avg"}:
        return _number(query, one, first, second)
    value = kind.column(one.field).python_value(first)
    return kind.text(value, one.field, context)


def _number(query: Query, one: Summary, total: Any, count: int) -> str:
    """A sum, or an average with one decimal more than the values have."""
    kind, field, context = fieldtypes.get(one.field), one.field, query.viewer.context
    if not kind.scaled:
        found = float(total) if one.kind == "sum" else float(total) / count
        return kind.text(found, field, context)
    high, low = map(int, str(total).split())
    exact = high * BIG + low
    if kind.widget == "rating":
        return f"{exact:,}" if one.kind == "sum" else f"{exact / count:.1f}"
    if one.kind == "sum":
        return kind.text(exact, field, context)
    places = numeric.precision(field)
    if kind.widget == "duration" or places >= numeric.MAX_PRECISION:
        return kind.text(round(exact / count), field, context)
    finer = replace(field, options={**field.options, "precision": places + 1})
    tenth = (Decimal(exact) * 10 / count).to_integral_value(rounding="ROUND_HALF_UP")
    return kind.text(int(tenth), finer, context)


def share(part: int, whole: int) -> str:
    """How much of the whole, in percent with a decimal where it says more."""
    if not whole:
        return ""
    return f"{100 * part / whole:.1f}".removesuffix(".0") + "%"
