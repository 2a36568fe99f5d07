"""Addresses of the records behind cells: made of parts, for a page may hold thousands of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import orjson

from tracker import schema
from tracker.conditions import Condition
from views.behind import grid_of
from views.viewing import Viewing


class Doors:
    """As `views.behind.Door`, each condition written once however many cells it opens."""

    def __init__(self, viewing: Viewing) -> None:
        table = schema.current().table(viewing.view.table_id)
        self.grid = grid_of(viewing.viewer, table)
        given = [viewing.saved_filter, viewing.filter]
        self.fixed = [_quoted(one) for one in given if one is not None and one is not True]
        params = {}
        if self.grid is not None and self.grid.options.get("filter"):
            params["saved"] = "0"
        if viewing.params.get("q"):
            params["q"] = viewing.params["q"]
        self.params = urlencode(params)

    def part(self, test: Condition | None) -> str | None:
        """A condition as a part of an address; ``""`` for all records, None where none can say."""
        return None if test is None else "" if test is True else _quoted(test)

    def href(self, parts: list[str | None]) -> str | None:
        """The grid with the records that meet all parts; None where one is unknown."""
        if self.grid is None or any(one is None for one in parts):
            return None
        given = [*self.fixed, *(one for one in parts if one)]
        whole = given[0] if len(given) == 1 else _ALL + _COMMA.join(given) + _END
        query = "&".join(filter(None, [self.params, f"filter={whole}" if given else ""]))
        return f"/v/{self.grid.id}?{query}" if query else f"/v/{self.grid.id}"


def _quoted(test: Any) -> str:
    return quote(orjson.dumps(test), safe="")


_ALL, _COMMA, _END = (quote(text, safe="") for text in ('{"all":[', ",", "]}"))
