"""What the browser's condition builder (js/filter.js) is made from, for one table."""

from __future__ import annotations

from typing import Any

from tracker import conditions
from tracker.conditions import Condition
from tracker.errors import Refused
from tracker.operators import FAMILIES
from tracker.periods import NAMED
from tracker.permissions import Viewer
from tracker.schema import Table
from views import filters


def about(
    viewer: Viewer, table: Table, condition: Condition | None, *, variables: bool = True
) -> dict[str, Any]:
    """Fields, comparisons and the names behind ``condition``; ``variables``: me, my department."""
    lang = viewer.context.lang
    offered = {"person": filters.PEOPLE, "department": filters.PLACES} if variables else {}
    return {
        "table": table.id,
        "fields": [filters.describe(one, lang) for one in table.fields],
        "ops": {family: filters.operators(family, lang) for family in FAMILIES},
        "spans": [{"key": key, "word": word.to(lang)} for key, (word, _span) in NAMED.items()],
        "relative": [{"key": key, "word": word.to(lang)} for key, word in filters.RELATIVE.items()],
        "variables": {
            widget: [filters.variable(one, lang) for one in names]
            for widget, names in offered.items()
        },
        "filter": condition,
        "names": filters.names(viewer, table, condition),
    }


def readable(condition: Condition | None, table: Table, viewer: Viewer) -> Condition | None:
    """A stored condition for who sets a view: in the place of one over what they do not see stands
    that it lets nothing through. Its fields and values are not theirs to know.
    """
    if isinstance(condition, dict):
        try:
            conditions.check(condition, table, viewer.context)
        except Refused:
            return False
    return condition
