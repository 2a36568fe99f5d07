"""Colours behind a link: the rules of a view over the fields that the link shows, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from tracker import conditions, fieldtypes
from tracker.context import Context
from tracker.errors import Refused
from tracker.schema import Field, Table
from views import colours
from views.viewing import Viewing

Rule = dict[str, Any]


def readable(viewing: Viewing) -> Viewing:
    """The look that was shared, without colours of its address that go by a field that is gone."""
    try:
        if "colors" in viewing.params:
            colours.chosen(viewing)
    except Refused:
        kept = {key: one for key, one in viewing.params.items() if key != "colors"}
        return Viewing(viewing.viewer, viewing.view, kept)
    return viewing


def rules(
    given: Iterable[Rule], told: Iterable[Field], table: Table, context: Context
) -> list[Rule]:
    """Those over ``told`` alone, the fields that a visitor reads record by record: any other would
    tell what is hidden. Who looks is nobody, so what asks for that never fits.
    """
    fields = tuple(told)
    by_id = {one.id: one for one in fields}
    shown = replace(table, fields=fields, by_id=by_id, by_key={one.key: one for one in fields})
    alike = [one for one in given if not any(map(_asks_who, leaves(one.get("when"))))]
    return colours.kept({"colors": alike}, shown, context)


def key(given: Iterable[Rule], table: Table, context: Context) -> list[dict[str, Any]]:
    """Rules in words; those that name linked records go without, for these may be unseen."""
    linking = {one.id for one in table.fields if fieldtypes.get(one).family == "link"}
    said = [
        one
        for one in given
        if not any(leaf["field"] in linking for leaf in leaves(one.get("when")))
    ]
    return [
        {"label": conditions.sentence(one["when"], table, context), "color": one["color"]}
        for one in said
        if "when" in one
    ]


def key_of(viewing: Viewing, *, options: bool = True) -> dict[str, Any]:
    """What the colours of a window's view mean."""
    context, given = viewing.viewer.context, colours.chosen(viewing)
    by = colours.of(viewing).by if options else None
    return {
        "rules": key(given, viewing.table, context),
        "options": colours.legend(by, context.lang),
    }


def leaves(condition: Any) -> Iterator[dict[str, Any]]:
    """The comparisons in a condition."""
    if not isinstance(condition, dict):
        return
    if "field" in condition:
        yield condition
    for one in ("all", "any"):
        for part in condition.get(one) or ():
            yield from leaves(part)
    yield from leaves(condition.get("not"))


def _asks_who(leaf: dict[str, Any]) -> bool:
    value = leaf.get("value")
    parts = value if isinstance(value, list) else [value]
    return any(isinstance(one, dict) and "var" in one for one in parts)
