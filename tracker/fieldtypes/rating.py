"""A number of stars, from one to ``options["max"]``."""

from __future__ import annotations

import re
from typing import Any

from tracker import limits
from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import clean_text, registry
from tracker.numeric import Numeric, scale, to_decimal
from tracker.schema import Field
from tracker.text import _

STAR = "★"
_STARS = re.compile(r"([★⭐]\ufe0f?)+[☆ ]*")
_OUT_OF = re.compile(r"\s*(?:/\s*(\d+)|[★⭐星颗]|stars?)$", re.I)


def highest(field: Field) -> int:
    return int(field.options.get("max") or 5)


@registry.register
class RatingType(Numeric):
    key = "rating"
    name = _("Rating")
    icon = "star"
    order = 6
    widget = "rating"
    align = "start"

    def parse(self, raw: Any, field: Field, context: Context) -> int | None:
        if raw is None or (isinstance(raw, str) and not clean_text(raw)):
            return None
        number = self.operand(raw, field, context)
        most = highest(field)
        if not 1 <= number <= most:
            raise Refused(_("A rating has 1 to {most} stars.", most=most))
        return number

    def operand(self, raw: Any, field: Field, context: Context) -> int:
        """``4``, ``4/5``, ``4★`` or ``★★★★☆``; a condition may ask beyond what can be given."""
        text = clean_text(raw)
        if _STARS.fullmatch(text):
            return len(re.findall("[★⭐]", text))
        out_of = _OUT_OF.search(text) if isinstance(raw, str) else None
        if out_of and int(out_of[1] or highest(field)) == highest(field):
            raw = text[: out_of.start()]
        number = to_decimal(raw)
        if number != number.to_integral_value():
            raise Refused(_("A rating has 1 to {most} stars.", most=highest(field)))
        return scale(number, 0)

    def text(self, value: Any, field: Field, context: Context) -> str:
        return "" if value is None else f"{value}{STAR}"

    def html(self, value: Any, field: Field, context: Context) -> str:
        if value is None:
            return ""
        most = highest(field)
        told = _("{n} of {most} stars", n=value, most=most).to(context.lang)
        stars = f"{STAR * value}<i>{STAR * max(0, most - value)}</i>"
        return f'<span class="stars" role="img" aria-label="{told}" title="{told}">{stars}</span>'

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        most = clean_text(options.get("max") or 5)
        if not most.isdecimal() or not 1 <= int(most[:9]) <= limits.RATING_STARS:
            raise Refused(_("A rating may have 1 to {n} stars.", n=limits.RATING_STARS))
        return {"max": int(most[:9])}
