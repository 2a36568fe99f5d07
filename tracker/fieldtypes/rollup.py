"""One figure over the linked records: a sum, the last date, how many different ones …"""

from __future__ import annotations

from typing import Any

from tracker.computed.aggregates import AGGREGATES, COUNTING, DATED, fits
from tracker.computed.throughlinks import LOST, UNFIT, WHOLE, ThroughLink, as_it_is, broken
from tracker.errors import Refused
from tracker.fieldtypes import Fields, Shape, get, registry
from tracker.numeric import MAX_PRECISION
from tracker.schema import Field
from tracker.text import _

MORE_DECIMALS = 2  # an average is told more exactly than what it is of


@registry.register
class RollupType(ThroughLink):
    """``options`` also: ``aggregate``, and ``by`` (a date field) for the earliest and latest."""

    key = "rollup"
    name = _("Rollup")
    icon = "sum"
    order = 51

    def needs_source(self, field: Field) -> bool:
        return field.options.get("aggregate") != "count"

    def shape(self, field: Field, fields: Fields) -> Shape:
        if field.options.get("aggregate") in DATED:
            by = fields.get(field.options.get("by") or 0)
            if by is None or by.problem is not None:
                return broken(LOST)
            if get(by).family != "time":
                return broken(UNFIT)
        return super().shape(field, fields)

    def like(self, field: Field, link: Field, source: Any) -> Shape:
        aggregate = field.options.get("aggregate")
        if aggregate == "count":
            return WHOLE
        if not fits(str(aggregate), get(source)):
            return broken(UNFIT)
        if aggregate in COUNTING:
            return WHOLE
        one = as_it_is(source)
        if aggregate == "avg" and one.result == "rating":
            return Shape("number", {"precision": MORE_DECIMALS})
        if aggregate == "avg" and one.result not in {"real", "duration"}:
            places = int(one.options.get("precision", 0)) + MORE_DECIMALS
            return Shape(one.result, {**one.options, "precision": min(places, MAX_PRECISION)})
        return one

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        given = {**old, **options}
        if given.get("aggregate") not in AGGREGATES:
            text = _("Choose what is worked out.")
            raise Refused(text, {"aggregate": text})
        checked = super().check_options(options, old)
        return {**checked, "aggregate": given["aggregate"], "by": given.get("by")}
