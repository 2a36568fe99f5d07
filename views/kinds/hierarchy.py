"""Hierarchy: records beneath the record that their own link names, figures rolled up (目标)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import current_app, g

from tracker import db, fieldtypes, limits
from tracker.errors import Missing, Refused
from tracker.hierarchy import Branch, Tree, parent_fields
from tracker.permissions import Viewer
from tracker.query import Record
from tracker.rowrights import changeable
from tracker.schema import Field, Table
from tracker.text import Text, _, label
from views import cells, colours
from views.kinds import ViewKind, registry
from views.offering import Setting, of_fields, offered
from views.viewing import Viewing

COLUMNS = 6  # fields beside the name
FIRST_COLUMNS = 3  # … of a new view
TILE_LINES = 10
LARGEST_ID = 2**53


@registry.register
class HierarchyKind(ViewKind):
    """``options``: ``parent`` (a link of the table to itself), ``progress`` (a number that is
    rolled up) and ``weight`` (how much each record counts for in it).
    """

    key = "hierarchy"
    name = _("Hierarchy")
    icon = "list-tree"
    order = 27
    template = "hierarchy.html"
    tools = ("filter", "sort", "hide", "color", "search")
    paints = ("edge", "row")

    def defaults(self, table: Table | None, viewer: Viewer) -> dict[str, Any]:
        if table is None:
            return {}
        parents = parent_fields(table)
        shares = [one for one in number_fields(table) if fieldtypes.get(one).widget == "progress"]
        beside = [one for one in table.fields if one != table.title and one not in parents]
        beside = [one for one in beside if one not in shares]
        return {
            "parent": parents[0].id if parents else None,
            "progress": shares[0].id if shares else None,
            "weight": None,
            "hidden": [one.id for one in beside[FIRST_COLUMNS:]],
        }

    def check_options(
        self, options: dict[str, Any], table: Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        if table is None:
            raise Missing
        parent = table.find(options.get("parent")) if options.get("parent") else None
        if parent is None or parent not in parent_fields(table):
            said = _("A hierarchy needs a link from the table to itself.")
            raise Refused(said, field="parent")
        found: dict[str, Any] = {"parent": parent.id}
        for name in ("progress", "weight"):
            field = table.find(options[name]) if options.get(name) else None
            if options.get(name) and (field is None or field not in number_fields(table)):
                raise Refused(_("Choose another field here."), field=name)
            found[name] = field.id if field else None
        return found

    def context(self, viewing: Viewing) -> dict[str, Any]:
        branches = Branches(viewing)
        found: dict[str, Any] = {
            "branches": branches,
            "query": urlencode(viewing.params),
            "settings": settings(viewing) if viewing.may_change else None,
            "has_links": bool(parent_fields(viewing.table)),
        }
        if branches.parent is None:
            return found
        scope = viewing.scope.count()
        shown = viewing.query.count() if branches.narrowed else scope
        return found | {
            "setup": setup(viewing, branches),
            "first": first_lines(branches, scope),
            "shown": shown,
            "total": scope,
            "cut": branches.narrowed and shown > limits.HIERARCHY_RECORDS,
            "most": limits.HIERARCHY_RECORDS,
        }

    def data(self, viewing: Viewing, what: str) -> Any:
        """``lines`` below a record or several, or ``fits``: may this stand below that?"""
        answers = {"lines": lines_of, "fits": fits}
        branches = Branches(viewing)
        if what not in answers or branches.parent is None:
            raise Missing
        return current_app.json.response(answers[what](branches))

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        branches = Branches(viewing)
        if branches.parent is None:
            return {"lines": None}
        return {"lines": branches.lines(branches.page(None, 0)[0][:TILE_LINES])}


def number_fields(table: Table) -> list[Field]:
    return [one for one in table.fields if fieldtypes.get(one).family == "number"]


@dataclass
class Branches:
    """What one hierarchy shows: its fields as the viewer may see them, and its records."""

    viewing: Viewing

    def __post_init__(self) -> None:
        viewing = self.viewing
        self.parent = self._one_of("parent", parent_fields(viewing.table))
        self.progress = self._one_of("progress", number_fields(viewing.table))
        self.weight = self._one_of("weight", number_fields(viewing.table))
        beside = (viewing.table.title, self.parent, self.progress)
        self.columns = [one for one in viewing.shown if one not in beside][:COLUMNS]
        self.narrowed = bool(
            viewing.params.get("q")
            or viewing.saved_filter is not None
            or viewing.filter is not None
        )

    def _one_of(self, name: str, fields: list[Field]) -> Field | None:
        field = self.viewing.option_field(name)
        return field if field in fields else None

    @property
    def tree(self) -> Tree:
        if self.parent is None:
            raise Missing
        return Tree(self.viewing.query, self.parent, narrowed=self.narrowed)

    def page(self, parent: int | None, first: int) -> tuple[list[int], bool]:
        """The ids right below a record (at the top), ``first`` on, and whether there are more."""
        most = limits.HIERARCHY_CHILDREN
        ids = self.tree.children(parent).ids(first + most + 1)[first:]
        return ids[:most], len(ids) > most

    # ── lines ────────────────────────────────────────────────────────────────

    def lines(self, ids: list[int]) -> list[dict[str, Any]]:
        """The records as lines of the tree, in this order; some statements, however many."""
        tree, title = self.tree, self.viewing.table.title
        wanted = [*self.columns, self.progress, self.parent, title]
        query = tree.everything.only({one.id: one for one in wanted if one}.values())
        records = query.fetch(ids)
        branches = tree.branches(ids, self.progress, self.weight)
        found, movable = tree.found(ids), self._movable(tree, ids)
        marks = colours.of(self.viewing).marks(ids)
        return [
            {
                "id": one.id,
                "rev": one.rev,
                "title": one.title or f"#{one.id}",
                "cells": [cells.cell(one, field, self.context)["html"] for field in self.columns],
                "children": branches[one.id].children,
                "below": branches[one.id].below,
                "figure": self._figure(one, branches[one.id]),
                "note": self._note(branches[one.id]),
                "grey": one.id not in found,
                "moves": one.id in movable,
                "color": cells.row_classes(marks[one.id]) if one.id in marks else "",
                "above": one.values.get(self.parent.id if self.parent else 0) or [],
            }
            for one in records
        ]

    @property
    def context(self) -> Any:
        return self.viewing.viewer.context

    def _movable(self, tree: Tree, ids: Iterable[int]) -> set[int]:
        """The records whose parent this viewer may change."""
        if self.parent is None:
            return set()
        query = tree.everything
        model, test = query.scope.model, changeable(query.scope, [self.parent])
        select = model.select(model.id).where(model.id.in_(list(ids) or [0]), test)
        return {row[0] for row in db.proxy.execute(select).fetchall()}

    def _figure(self, record: Record, branch: Branch) -> str:
        """The figure of a record: of those below it, where there are any."""
        if self.progress is None:
            return ""
        if not branch.children:
            return str(cells.cell(record, self.progress, self.context)["html"])
        kind = fieldtypes.get(self.progress)
        if branch.value is None:
            return ""
        value = round(branch.value) if kind.scaled else branch.value
        return cells.shown_html(value, self.progress, self.context)

    def _note(self, branch: Branch) -> str:
        """How the figure came about."""
        if self.progress is None or not branch.children:
            return ""
        said: Text = _("{n} of {all} at the ends below count", n=branch.counted, all=branch.leaves)
        if not branch.whole:
            said = _("More than {n} records lie below", n=f"{limits.HIERARCHY_RECORDS:,}")
        return said.to(self.context.lang)


# ── answers ──────────────────────────────────────────────────────────────────


def first_lines(branches: Branches, scope: int) -> dict[str, Any]:
    """The top of the tree; with the records of circles, which no way from the top leads to."""
    ids, more = branches.page(None, 0)
    rings = branches.tree.circles() if scope <= limits.HIERARCHY_RECORDS else []
    lines = branches.lines([*ids, *rings])
    for one in lines:
        one["ring"] = one["id"] in rings
    return {"lines": lines, "more": len(ids) if more else 0}


def lines_of(branches: Branches) -> dict[str, Any]:
    """``of`` one record (or ``top``) from ``from`` on; ``of`` several: all children of each.

    Several with more than a page of children together are answered with ``cut``.
    """
    params = branches.viewing.params
    parents = [_id(one) for one in params.get("of", "").split(",") if one and one != "top"]
    first = _id(params.get("from", "0"))
    if len(parents) > 1:
        found = branches.tree.links(parents[: limits.HIERARCHY_CHILDREN], limits.PAGE_ROWS)
        ids = list(dict.fromkeys(one for below in found.values() for one in below))
        known = {one["id"]: one for one in branches.lines(ids)}
        told = {over: [known[one] for one in below] for over, below in found.items()}
        return {"of": told, "cut": not found}
    ids, more = branches.page(parents[0] if parents else None, first)
    return {"lines": branches.lines(ids), "more": first + len(ids) if more else 0}


def fits(branches: Branches) -> dict[str, Any]:
    """Whether ``record`` may be put below ``under``: never below itself or what is below it."""
    params = branches.viewing.params
    record, under = _id(params.get("record", "")), _id(params.get("under", ""))
    model = branches.viewing.scope.scope.model
    both = branches.viewing.scope.test(model.id.in_([record, under]))
    names = {one.id: one.title or f"#{one.id}" for one in both.only([]).fetch([record, under])}
    if {record, under} - names.keys():
        raise Missing
    if not branches.tree.stands_above(record, under):
        return {"fits": True}
    if record == under:
        said = _("A record cannot stand below itself.")
    else:
        said = _(
            "“{under}” is part of “{record}”: it would stand below itself.",
            under=names[under],
            record=names[record],
        )
    return {"fits": False, "why": said.to(g.lang)}


def _id(raw: str) -> int:
    if not raw.isdecimal() or len(raw) > 15:
        raise Missing
    return int(raw)


# ── first paint ──────────────────────────────────────────────────────────────


def setup(viewing: Viewing, branches: Branches) -> dict[str, Any]:
    """What js/hierarchy.js is told once."""
    if branches.parent is None:
        raise Missing
    parent, title = branches.parent, viewing.table.title
    rights = viewing.scope.access
    needed = [one for one in (parent, title) if one]
    creates = rights.may("create") and all(rights.writable(one.id, create=True) for one in needed)
    typed = title is not None and fieldtypes.get(title).widget == "text"
    return {
        "view": viewing.view.id,
        "table": viewing.table.id,
        "parent": parent.id,
        "single": bool(parent.options.get("single")),
        "title": title.id if title else None,
        "creates": bool(creates and typed),
        "narrowed": branches.narrowed,
        "figure": branches.progress is not None,
        "opened": limits.HIERARCHY_OPENED,
        "columns": [
            {"name": label(one, g.lang), "align": fieldtypes.get(one).align}
            for one in branches.columns
        ],
    }


def settings(viewing: Viewing) -> list[Setting]:
    table, options = viewing.table, viewing.options
    parents, numbers = of_fields(parent_fields(table), none=False), of_fields(number_fields(table))
    return [
        Setting(
            "parent",
            _("Stands below"),
            offered(parents, options.get("parent")),
            _("The link that names the record above."),
        ),
        Setting("progress", _("Rolled up"), offered(numbers, options.get("progress"))),
        Setting(
            "weight",
            _("Weighted by"),
            offered(numbers, options.get("weight")),
            _("The mean of the records at the ends; those without a figure do not count."),
        ),
    ]
