"""Figures under the columns of a grid, and the same in the headings of its groups."""

from __future__ import annotations

from typing import Any

from tracker import limits, summaries
from tracker.errors import Refused
from tracker.schema import Table
from tracker.summaries import Summary
from tracker.text import _
from views import groups, snapshots
from views.viewing import Viewing


def chosen(viewing: Viewing) -> list[Summary]:
    """The figures of the address (``sum=12:avg``), else of the view, that the reader may see."""
    raw = viewing.params.get("sum")
    asked = viewing.options.get("summaries") or {}
    if raw is not None:
        asked = dict(part.split(":", 1) for part in raw.split(",") if ":" in part)
    found = []
    for key, kind in asked.items():
        digits = str(key).isascii() and str(key).isdigit() and len(str(key)) < 16
        field = viewing.table.by_id.get(int(key)) if digits else None
        if field and kind in summaries.offered(field):
            found.append(Summary(field, kind))
    return found[: limits.FIELDS_PER_TABLE]


def check(value: Any, table: Table) -> dict[str, str]:
    """Figures as a view keeps them: field id → kind; raises `Refused`."""
    if not isinstance(value, dict):
        raise Refused(_("This request cannot be read."))
    found = {}
    for key, kind in value.items():
        field = table.find(key)
        if field is None:
            raise Refused(_("There is no field called {name}.", name=str(key)[:60]))
        found[str(field.id)] = summaries.checked(field, kind).kind
    return found


def summary(viewing: Viewing) -> dict[str, Any]:
    """``kinds`` and ``all`` by field id; ``groups`` in the order of the headings, and ``fields``
    the order of the figures in each.
    """
    wanted = chosen(viewing)
    ids = [str(one.field.id) for one in wanted]
    texts = summaries.of_all(viewing.query, wanted)
    return {
        "kinds": {one: summary.kind for one, summary in zip(ids, wanted, strict=True)},
        "all": dict(zip(ids, texts, strict=True)),
        "fields": ids,
        "groups": _of_groups(viewing, wanted),
    }


def _of_groups(viewing: Viewing, wanted: list[Summary]) -> list[list[str]]:
    levels = groups.levels(viewing)
    if not levels or not wanted:
        return []
    found = summaries.of_groups(viewing.query, levels, wanted)
    return [found.get(one.keys, []) for one in snapshots.of(viewing).groups]
