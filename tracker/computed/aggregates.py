"""What a rollup can work out over linked records, and of which kinds of field."""

from __future__ import annotations

from tracker.computed.throughlinks import has_values
from tracker.fieldtypes import FieldType
from tracker.text import Text, _

AGGREGATES: dict[str, Text] = {
    "sum": _("Sum"),
    "avg": _("Average"),
    "min": _("Smallest or earliest"),
    "max": _("Largest or latest"),
    "count": _("How many records"),
    "counta": _("How many are filled"),
    "unique": _("How many different values"),
    "first": _("That of the earliest record"),
    "last": _("That of the latest record"),
}
COUNTING = ("count", "counta", "unique")
DATED = ("first", "last")


def fits(aggregate: str, kind: FieldType) -> bool:
    """Whether an aggregate can be worked out over fields of a kind."""
    if aggregate in {"sum", "avg"}:
        return kind.family == "number" and kind.sums
    if aggregate in {"min", "max"}:
        return kind.family in {"number", "time"}
    if aggregate in DATED:
        return has_values(kind) and kind.family not in {"list", "files"}
    return has_values(kind)
