"""The records behind a number: the address of a grid that shows exactly them."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import orjson

from tracker import definitions, fieldtypes, schema
from tracker.conditions import Condition
from tracker.context import Context
from tracker.grouping import By, span_of
from tracker.models import View
from tracker.periods import DAY
from tracker.permissions import Viewer
from tracker.schema import Table
from views.viewing import Viewing


def grid_of(viewer: Viewer, table: Table) -> View | None:
    """The grid that opens records of a table, one that hides none before one that does."""
    grids = [one for one in definitions.views_of(viewer, table) if one.kind == "grid"]
    whole = [one for one in grids if not one.options.get("filter")]
    return next(iter([*whole, *grids]), None)


def address(grid: View, conditions: list[Condition], text: str = "", moved: str = "") -> str:
    """The grid narrowed to the records that meet all conditions, its own filter left out."""
    given = [one for one in conditions if one is not None and one is not True]
    params = {"saved": "0"} if grid.options.get("filter") else {}
    if given:
        whole = given[0] if len(given) == 1 else {"all": given}
        params["filter"] = orjson.dumps(whole).decode()
    if text:
        params["q"] = text
    if moved:
        params["moved"] = moved
    return f"/v/{grid.id}?{urlencode(params)}" if params else f"/v/{grid.id}"


def test_of(by: By, key: Any) -> Condition:
    """The condition that a record belongs to the group ``key``."""
    field, kind = by.field, fieldtypes.get(by.field)
    if kind.family == "checkbox":
        return {"field": field.id, "op": "checked" if key else "unchecked"}
    if key is None:
        return {"field": field.id, "op": "empty"}
    if by.timely:
        first, after = span_of(key, by.bucket)
        last = date.fromisoformat(after) - DAY
        return {"field": field.id, "op": "within", "value": [first, last.isoformat()]}
    if kind.family in {"many", "link"}:
        return {"field": field.id, "op": "has_any", "value": [key]}
    value = kind.json(key, field, Context()) if kind.family == "number" else key
    return {"field": field.id, "op": "is", "value": value}


class Door:
    """Addresses of the records behind parts of one view."""

    def __init__(self, viewing: Viewing) -> None:
        self.viewing = viewing
        self.context = viewing.viewer.context

    @cached_property
    def grid(self) -> View | None:
        viewing = self.viewing
        return grid_of(viewing.viewer, schema.current().table(viewing.view.table_id))

    def href(self, tests: list[Condition | None], *, moved: str = "") -> str | None:
        """The view's records that meet all tests; None where one is unknown or no grid shows.

        ``moved`` says which moves they made (`views.moved`).
        """
        if self.grid is None or any(one is None for one in tests):
            return None
        narrowed = [self.viewing.saved_filter, self.viewing.filter]
        params = self.viewing.params
        moved = moved or params.get("moved", "")
        return address(self.grid, [*narrowed, *tests], params.get("q", ""), moved)
