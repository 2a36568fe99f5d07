"""A value that a formula computes from other fields of the record."""

from __future__ import annotations

from typing import Any

from tracker.computed import formulas
from tracker.computed.throughlinks import LOST, broken
from tracker.errors import Refused
from tracker.fieldtypes import Computed, Fields, Shape, clean_text, registry
from tracker.numeric import MAX_PRECISION
from tracker.schema import Field
from tracker.text import _

STYLES = ("", "percent", "currency")


@registry.register
class FormulaType(Computed):
    """``options``: ``formula`` (fields by id), and for numbers ``decimals``, ``style``, ``symbol``
    as `real` shows them.
    """

    key = "formula"
    name = _("Formula")
    icon = "math-function"
    order = 49
    fails = True

    def shape(self, field: Field, fields: Fields) -> Shape:
        try:
            plan = formulas.planned(field, fields)
        except Refused:
            return broken(LOST)
        problem = formulas.problem(plan)
        return broken(problem) if problem else Shape(formulas.LIKE[plan.type], {})

    def inputs(self, field: Field) -> list[int]:
        return formulas.named(field)

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        given = {**old, **options}
        decimals = given.get("decimals")
        if decimals in (None, ""):
            decimals = None
        elif not str(decimals).isdecimal() or int(str(decimals)[:9]) > MAX_PRECISION:
            text = _("Decimals must be a number from 0 to {limit}.", limit=MAX_PRECISION)
            raise Refused(text, {"opt_decimals": text})
        style = given.get("style") or ""
        if style not in STYLES:
            raise Refused(_("This request cannot be read."))
        return {
            "formula": str(given.get("formula") or ""),
            "decimals": None if decimals is None else int(decimals),
            "style": style,
            "symbol": clean_text(given.get("symbol"))[:4] or "¥",
        }
