"""Lookups, rollups and counts as SQL: one correlated subselect over the linked records.

What the linked table shows is asked of its `Reach`, the scope of one viewer: row rule and field
guards are inside, so a record that is not there for them changes nothing.
"""

from __future__ import annotations

from typing import Any, Protocol

import peewee as pw

from tracker import db, ddl, fieldtypes, limits
from tracker.models import Department, Person
from tracker.schema import Field, Table

NOTHING = pw.SQL("NULL")


class Reach(fieldtypes.Source, Protocol):
    """A table as somebody sees it, read under an alias of its own."""

    model: Any
    table: Table

    @property
    def live(self) -> Any:
        """The records that are there."""

    def within(self, condition: Any) -> Any:
        """A condition over what is seen of them."""


def through_link(outer: Any, field: Field, link: Field, target: Reach | None) -> Any:
    """The value of a lookup, rollup or count for the row of ``outer`` (a model or an alias)."""
    counts = field.type == "count" or field.options.get("aggregate") == "count"
    empty = pw.Value(0, converter=False) if counts else NOTHING
    if target is None:
        return empty
    links = _links(outer, field, link, target)
    if counts:
        return links.select(pw.fn.COUNT(pw.SQL("*")))
    source = target.table.by_id.get(field.options["field"])
    if source is None:
        return empty
    column = target.column(source)
    if field.type == "lookup":
        return _lookup(links, link, source, column)
    return _rollup(links, field, source, column)


def one_by_one(outer: Any, field: Field, link: Field, target: Reach | None) -> Any:
    """The stored values behind a lookup as a JSON list, in the order of the links."""
    source = target.table.by_id.get(field.options["field"]) if target else None
    if source is None or target is None:
        return NOTHING
    links = _links(outer, field, link, target)
    order = pw.NodeList((pw.SQL("ORDER BY"), pw.CommaNodeList(links.order)))
    values = pw.NodeList((target.column(source), order))
    if db.is_sqlite():
        return links.select(pw.fn.JSON_GROUP_ARRAY(values))
    return links.select(pw.Cast(pw.fn.JSON_AGG(values), "text"))


def _links(outer: Any, field: Field, link: Field, target: Reach) -> _Links:
    links = _Links(outer, link, target)
    if field.options.get("condition"):
        links.tests.append(target.within(field.options["condition"]))
    return links


class _Links:
    """The linked records of the outer row."""

    def __init__(self, outer: Any, link: Field, target: Reach) -> None:
        junction, near, far = ddl.link_sides(link)
        self.links: Any = junction.alias()
        self.near, self.far = getattr(self.links, near.name), getattr(self.links, far.name)
        self.outer, self.target = outer, target
        self.tests: list[Any] = []

    @property
    def order(self) -> list[Any]:
        return [self.links.ord, self.far]

    def select(self, value: Any) -> Any:
        select = (
            self.links.select(value)
            .join(self.target.model, on=(self.target.model.id == self.far))
            .where(self.near == self.outer.id, self.target.live)
        )
        for test in self.tests:
            select = select.where(test)
        return select

    def one(self, value: Any, *order: Any) -> Any:
        return self.select(value).order_by(*order).limit(1)


def _lookup(links: _Links, link: Field, source: Field, column: Any) -> Any:
    kind = fieldtypes.get(source)
    if link.options.get("single"):
        return links.one(column, *links.order)
    if kind.widget in {"person", "department"}:
        joined = _joined(links, _name(kind.widget, column), ", ")
    elif kind.family == "text":
        joined = _joined(links, column, ", ")
    elif kind.family == "one":
        return _wrapped(_joined(links, column, "|"), "|", "|")
    elif kind.family == "many":
        return _joined(links, column, "")
    else:
        return _listed(links, kind, column)
    return pw.fn.SUBSTR(joined, 1, limits.TEXT_LENGTH)


def _joined(links: _Links, value: Any, between: str) -> Any:
    order = pw.NodeList((pw.SQL("ORDER BY"), pw.CommaNodeList(links.order)))
    name = "GROUP_CONCAT" if db.is_sqlite() else "STRING_AGG"
    text = value if db.is_sqlite() else pw.Cast(value, "text")
    separator = pw.NodeList((pw.Value(between, converter=False), order))
    return links.select(getattr(pw.fn, name)(text, separator))


def _wrapped(text: Any, before: str, after: str) -> Any:
    """``text`` between two marks; nothing stays nothing."""
    first = pw.Expression(pw.Value(before, converter=False), "||", text)
    return pw.Expression(first, "||", pw.Value(after, converter=False))


def _listed(links: _Links, kind: Any, column: Any) -> Any:
    """A JSON list, of strings for dates and moments."""
    if kind.family == "checkbox":
        column = pw.Case(None, [(column, "true"), (~column, "false")])
    if kind.family == "time":
        return _wrapped(_joined(links, column, '","'), '["', '"]')
    return _wrapped(_joined(links, column, ","), "[", "]")


def _name(widget: str, column: Any) -> Any:
    model: Any = (Person if widget == "person" else Department).alias()
    return model.select(model.name).where(model.id == column)


def _rollup(links: _Links, field: Field, source: Field, column: Any) -> Any:
    aggregate = field.options["aggregate"]
    if aggregate in {"first", "last"}:
        by = links.target.table.by_id.get(field.options["by"])
        if by is None:
            return NOTHING
        moment = links.target.column(by)
        links.tests.append(moment.is_null(False))
        if aggregate == "first":
            return links.one(column, moment.asc(), links.far.asc())
        return links.one(column, moment.desc(), links.far.desc())
    if aggregate == "counta":
        return links.select(pw.fn.COUNT(column))
    if aggregate == "unique":
        return links.select(pw.fn.COUNT(pw.fn.DISTINCT(column)))
    return links.select(_number(field, source, aggregate, column))


def _number(field: Field, source: Field, aggregate: str, column: Any) -> Any:
    if fieldtypes.get(source).family == "time":
        return getattr(pw.fn, aggregate.upper())(column)
    figure = getattr(pw.fn, aggregate.upper())(column)
    if field.result == "real":
        return figure
    if aggregate == "avg":
        more = int(field.options.get("precision", 0)) - int(source.options.get("precision", 0))
        figure = pw.fn.ROUND(figure * 10**more)
    return pw.Cast(figure, "INTEGER" if db.is_sqlite() else "BIGINT")
