"""Colour rules of a view of any kind: an ordered list, the first that fits a record colours it.

A rule is ``{"when": condition, "color": key}`` or ``{"by": field of options}`` (the colour of the
record's own option), with ``"paint"``: ``edge``, ``row`` or ``cell`` (then ``"field"`` too).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
import peewee as pw

from tracker import choices, conditions, db, fieldtypes, limits
from tracker.computed.throughlinks import parts
from tracker.context import Context
from tracker.errors import Refused
from tracker.query import Query, load_titles
from tracker.schema import Field, Table
from tracker.text import _, label
from views.viewing import Viewing

PAINTS = {"edge": _("The edge of the row"), "row": _("The whole row"), "cell": _("One cell")}
WORDS = {
    "blue": _("Blue"),
    "green": _("Green"),
    "amber": _("Amber"),
    "purple": _("Purple"),
    "teal": _("Teal"),
    "red": _("Red"),
    "indigo": _("Indigo"),
    "orange": _("Orange"),
    "cyan": _("Cyan"),
    "pink": _("Pink"),
    "olive": _("Olive"),
    "gray": _("Gray"),
}
UNREADABLE = _("This colour rule cannot be read.")


@dataclass
class Mark:
    """How one record is coloured: ``edge`` and ``row`` are colours, ``cells`` by field id."""

    edge: str = ""
    row: str = ""
    cells: dict[int, str] = field(default_factory=dict)

    def put(self, rule: dict[str, Any], color: str) -> None:
        """Colour what the rule paints, unless an earlier rule has."""
        if rule["paint"] == "cell":
            self.cells.setdefault(rule["field"], color)
        elif not self.edge:
            self.edge = color
            self.row = color if rule["paint"] == "row" else ""

    def plain(self) -> dict[str, Any]:
        return {"edge": self.edge, "row": self.row, "cells": self.cells}


@dataclass(frozen=True)
class Colours:
    """The rules that hold for one reader; over fields closed to them there are none."""

    query: Query
    rules: tuple[dict[str, Any], ...]

    @cached_property
    def by(self) -> Field | None:
        """The field whose options colour: the first, where several rules name one."""
        named = [rule["by"] for rule in self.rules if "by" in rule]
        return self.query.table.by_id[named[0]] if named else None

    @property
    def conditional(self) -> bool:
        """Whether more colours a record than its option in the field `by`."""
        return len(self.rules) > (1 if self.by else 0)

    def marks(self, ids: Sequence[int]) -> dict[int, Mark]:
        """The colours of these records; one query, none without rules."""
        if not self.rules or not ids:
            return {}
        model = self.query.scope.model
        select = self.query.select(model.id, *self.tests(self.query)).where(model.id.in_(ids))
        return {row[0]: self.mark(row[1:]) for row in db.proxy.execute(select).fetchall()}

    def tests(self, query: Query) -> list[Any]:
        """What `mark` reads, as columns for a query of this table that is made anyway."""
        return [self._test(rule, query) for rule in self.rules]

    def _test(self, rule: dict[str, Any], query: Query) -> Any:
        if "by" in rule:
            return query.scope.column(self.query.table.by_id[rule["by"]])
        return pw.Case(None, [(query.scope.filter(rule["when"]), 1)], 0)

    def mark(self, found: Sequence[Any]) -> Mark:
        """The colours of a record by what its `tests` found."""
        mark = Mark()
        for rule, value in zip(self.rules, found, strict=True):
            color = self._color(rule, value)
            if color:
                mark.put(rule, color)
        return mark

    def _color(self, rule: dict[str, Any], value: Any) -> str:
        if "by" not in rule:
            return str(rule["color"]) if value else ""
        option = choices.by_id(self.query.table.by_id[rule["by"]], value) if value else None
        return str(option.get("color", "gray")) if option else ""


def of(viewing: Viewing) -> Colours:
    """The rules of the address, else of the view, as far as they are the reader's to see."""
    return Colours(viewing.scope, tuple(chosen(viewing)))


def key(viewing: Viewing) -> dict[str, list[dict[str, Any]]]:
    """What the colours mean, for the line beneath a view: ``rules`` in words, and the ``options``
    of the view's own records; tables shown beside have their rules among the others.
    """
    beside = [one for one, _name in viewing.kind.layers(viewing) if one]
    shown = [viewing, *(viewing.kind.beside(viewing, one) for one in beside)]
    context = viewing.viewer.context
    rules = [
        {"label": _said(rule["when"], one), "color": rule["color"]}
        for one in shown
        for rule in chosen(one)
        if "when" in rule
    ]
    return {"rules": rules, "options": legend(of(viewing).by, context.lang)}


def _said(when: Any, viewing: Viewing) -> str:
    """A condition in words, with the titles of the records it names, as far as they are seen."""
    for part in parts(when):
        field = viewing.table.find(part.get("field"))
        if field is not None and fieldtypes.get(field).family == "link":
            ids: Any = part.get("value")
            known = [one for one in ids if isinstance(one, int)] if isinstance(ids, list) else []
            load_titles(viewing.viewer, field.options["table"], known)
    return conditions.sentence(when, viewing.table, viewing.viewer.context)


def chosen(viewing: Viewing) -> list[dict[str, Any]]:
    raw = viewing.params.get("colors")
    if raw is not None:
        try:
            rules = orjson.loads(raw or b"[]")
        except orjson.JSONDecodeError:
            raise Refused(UNREADABLE) from None
        return check(rules, viewing.table, viewing.viewer.context)
    return kept(viewing.options, viewing.table, viewing.viewer.context)


def kept(options: Mapping[str, Any], table: Table, context: Context) -> list[dict[str, Any]]:
    """The stored rules over the fields of ``table``, which are those that a reader may see."""
    found = []
    for rule in stored(options)[: limits.COLOUR_RULES]:
        try:
            found.append(_checked(rule, table, context))
        except Refused:
            continue
    return found


def stored(options: Mapping[str, Any]) -> list[Any]:
    """The rules as options keep them, also as they did before there was one form for all kinds:
    the conditions of a timeline in ``rules``, a field of options in ``color``.
    """
    if isinstance(options.get("colors"), list):
        return list(options["colors"])
    rules = options.get("rules")
    by = options.get("color")
    return [*(rules if isinstance(rules, list) else []), *([{"by": by}] if by else [])]


def check(rules: Any, table: Table, context: Context) -> list[dict[str, Any]]:
    """Rules as a view keeps them; raises `Refused` for what cannot be read or seen."""
    if not isinstance(rules, list):
        raise Refused(UNREADABLE)
    if len(rules) > limits.COLOUR_RULES:
        raise Refused(_("At most {n} colour rules fit.", n=limits.COLOUR_RULES))
    return [_checked(one, table, context) for one in rules]


def _checked(rule: Any, table: Table, context: Context) -> dict[str, Any]:
    if not isinstance(rule, dict) or rule.get("paint", "edge") not in PAINTS:
        raise Refused(UNREADABLE)
    made: dict[str, Any] = {"paint": rule.get("paint", "edge")}
    if made["paint"] == "cell":
        made["field"] = _seen(rule.get("field"), table).id
    if "by" in rule:
        return {**made, "by": _of_options(rule["by"], table).id}
    if rule.get("color") not in choices.COLORS:
        raise Refused(UNREADABLE)
    when = conditions.check(rule.get("when"), table, context)
    return {**made, "when": when, "color": rule["color"]}


def _seen(ref: Any, table: Table) -> Field:
    found = table.find(ref)
    if found is None:
        raise Refused(_("There is no field called {name}.", name=str(ref)[:60]))
    return found


def colouring(field: Field) -> bool:
    """Whether a field's options can colour records."""
    fits = fieldtypes.get(field).widget in {"choice", "stage"} and field.problem is None
    return fits and bool(choices.options(field))


def option_fields(table: Table) -> list[Field]:
    """The fields of a table whose options can colour its records."""
    return [one for one in table.fields if colouring(one)]


def legend(color: Field | None, lang: str) -> list[dict[str, Any]]:
    """The options of the field that colours, and their colours."""
    return [
        {"id": one["id"], "label": label(one, lang), "color": one.get("color", "gray")}
        for one in (choices.options(color) if color else ())
    ]


def _of_options(ref: Any, table: Table) -> Field:
    found = _seen(ref, table)
    if not colouring(found):
        raise Refused(_("“{field}” has no options with colours.", field=found.name))
    return found
