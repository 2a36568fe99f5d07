"""A table as a tree, by a link of its records to the record above them, as one viewer may see it.

Records and links that are hidden from the viewer are as if they were not there: a record whose
parent is invisible stands at the top, and nothing hidden is counted into any figure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import peewee as pw

from tracker import db, ddl, fieldtypes, limits
from tracker.errors import TooMuch
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.scope import Scope
from tracker.text import _

Node = tuple[int, int, Any, Any]  # parent, id, value and weight of a record below another


@dataclass(frozen=True)
class Branch:
    """What lies below a record: ``value`` is the mean of its ``counted`` leaves, in the field's own
    unit; ``whole`` is False where more lie below than are gone through.
    """

    children: int = 0
    below: int = 0
    leaves: int = 0
    counted: int = 0
    value: float | None = None
    whole: bool = True


def parent_fields(table: Table) -> list[Field]:
    """The links of a table to itself: each may say what stands above a record."""
    return [
        one
        for one in table.fields
        if fieldtypes.get(one).family == "link" and one.options.get("table") == table.id
    ]


class Tree:
    """The records of ``query`` (its tests narrow, its order sorts) beneath one another."""

    def __init__(self, query: Query, parent: Field, *, narrowed: bool = False) -> None:
        """``narrowed``: the query is filtered, so what stands above its records is kept too."""
        self.query, self.parent = query, parent
        self.access = query.access
        self.everything = Query(query.viewer, query.table).order(query.sorts)
        self.narrowed = narrowed

    # ── links ────────────────────────────────────────────────────────────────

    def _linked(self, *columns: str, loops: bool = False) -> tuple[Any, Any, Any]:
        """``(select, child, parent)`` over the links whose two ends the viewer sees; with
        ``loops`` also those of a record to itself.
        """
        junction, near, far = ddl.link_sides(self.parent)
        link: Any = junction.alias()
        child, parent = getattr(link, near.name), getattr(link, far.name)
        lower, upper = Scope(self.access, beside=True), Scope(self.access, beside=True)
        guard = lower.guard(self.parent)
        seen = lower.live & upper.live
        seen = seen if loops else seen & (child != parent)
        chosen = [{"child": child, "parent": parent}[one] for one in columns]
        select = (
            link.select(*chosen)
            .join_from(link, lower.model, on=(lower.model.id == child))
            .join_from(link, upper.model, on=(upper.model.id == parent))
            .where(seen if guard is True else seen & guard)
        )
        return select, child, parent

    def _children(self, parents: Iterable[int] | None) -> Any:
        """The ids of the records that stand below any (below these)."""
        select, _child, parent = self._linked("child")
        return select if parents is None else select.where(parent.in_(list(parents)))

    def _closure(self, seed: Any, *, up: bool) -> Any:
        """The ids of ``seed`` and all above (or below) them. Circles end it: no row comes twice."""
        whole = self._reached(seed, up=up)
        return whole.select_from(whole.c.id)

    def _reached(self, seed: Any, *, up: bool) -> Any:
        reached = seed.cte("reached", recursive=True, columns=("id",))
        select, child, parent = self._linked()
        near, far = (child, parent) if up else (parent, child)
        step = select.select(far).join_from(near.source, reached, on=(near == reached.c.id))
        return reached.union(step)

    def _seed(self, ids: Any) -> Any:
        model = self.everything.scope.model
        return model.select(model.id).where(model.id.in_(ids))

    # ── what is shown ────────────────────────────────────────────────────────

    @property
    def shown(self) -> Query:
        """The records of the query, and where it is narrowed, those above them."""
        if not self.narrowed:
            return self.everything
        model = self.query.scope.model
        found = self.query.select(model.id).limit(limits.HIERARCHY_RECORDS)
        kept = self._closure(self._seed(found), up=True)
        return self.everything.test(self.everything.scope.model.id.in_(kept))

    def found(self, ids: Sequence[int]) -> set[int]:
        """Which of these records the query itself holds, not only as something above them."""
        if not self.narrowed:
            return set(ids)
        model = self.query.scope.model
        return {row[0] for row in self.query.test(model.id.in_(ids or [0])).rows(model.id)}

    def children(self, parent: int | None) -> Query:
        """The records right below one; for None those that nothing visible stands above."""
        model = self.everything.scope.model
        if parent is None:
            return self.shown.test(model.id.not_in(self._children(None)))
        return self.shown.test(model.id.in_(self._children([parent])))

    def links(self, parents: Sequence[int], limit: int) -> dict[int, list[int]]:
        """Parent → its children in order; empty when there are more than ``limit`` together."""
        model = self.everything.scope.model
        ids = self.shown.test(model.id.in_(self._children(parents))).ids(limit + 1)
        if len(ids) > limit:
            return {}
        above = defaultdict(set)
        select, child, parent = self._linked("child", "parent")
        for one, over in db.proxy.execute(
            select.where(parent.in_(list(parents)), child.in_(ids or [0]))
        ).fetchall():
            above[one].add(over)
        return {over: [one for one in ids if over in above[one]] for over in parents}

    def circles(self) -> list[int]:
        """One record of each circle of links: nothing at the top leads to them."""
        model = self.everything.scope.model
        tops = model.select(model.id).where(
            self.everything.scope.live, model.id.not_in(self._children(None))
        )
        reached = self._reached(tops, up=False)
        apart = (  # a join: PostgreSQL goes through a recursive NOT IN again for every record
            model.select(model.id)
            .join(reached, pw.JOIN.LEFT_OUTER, on=(reached.c.id == model.id))
            .where(self.everything.scope.live, reached.c.id.is_null())
            .limit(limits.HIERARCHY_CHILDREN)
        )
        lost = [row[0] for row in db.proxy.execute(apart.with_cte(reached)).fetchall()]
        ids = self.shown.test(model.id.in_(lost)).ids() if lost else []
        if not ids:
            return []
        select, child, _parent = self._linked("child", "parent")
        above = dict(db.proxy.execute(select.where(child.in_(ids))).fetchall())
        return sorted({_head(one, above) for one in ids} & set(ids))

    def stands_above(self, record: int, other: int) -> bool:
        """Whether ``record`` is ``other``, or above it as far as the viewer sees."""
        whole = self._closure(self._seed([other]), up=True)
        return record in {row[0] for row in db.proxy.execute(whole).fetchall()}

    def in_circle(self) -> int | None:
        """A record that stands above itself, of all the viewer sees; `TooMuch` as `circling`."""
        above = self._above(self._linked("child", "parent", loops=True)[0])
        waiting = [one for one, over in above.items() if not over & above.keys()]
        below: dict[int, list[int]] = defaultdict(list)
        for each, over in above.items():
            for higher in over:
                below[higher].append(each)
        while waiting:  # whoever stands below none that is left goes, too
            gone = waiting.pop()
            del above[gone]
            for each in below[gone]:
                above[each].discard(gone)
                if not above[each] & above.keys():
                    waiting.append(each)
        way = set[int]()
        one: int | None = min(above, default=None)
        while one is not None and one not in way:  # some of those left only stand below a circle
            way.add(one)
            one = min(above[one] & above.keys())
        return one

    def circling(self, ids: Sequence[int]) -> set[int]:
        """Which of these records stand above themselves, as far as the viewer sees: one statement
        for all, over the links above them; `TooMuch` where there are more than can be followed.
        """
        select, child, _parent = self._linked("child", "parent", loops=True)
        seed = select.where(child.in_(list(ids)))
        way = seed.cte("way", recursive=True, columns=("child", "parent"))
        select, child, _parent = self._linked("child", "parent", loops=True)
        whole = way.union(select.join_from(child.source, way, on=(child == way.c.parent)))
        above = self._above(whole.select_from(whole.c.child, whole.c.parent))
        return {one for one in ids if _returns(one, above)}

    def _above(self, links: Any) -> dict[int, set[int]]:
        """Child → its parents, of ``links``."""
        found = db.proxy.execute(links.limit(limits.CIRCLE_LINKS + 1)).fetchall()
        if len(found) > limits.CIRCLE_LINKS:
            raise TooMuch(_("More than {n} links lead upwards.", n=f"{limits.CIRCLE_LINKS:,}"))
        above: dict[int, set[int]] = defaultdict(set)
        for one, over in found:
            above[one].add(over)
        return above

    # ── what lies below ──────────────────────────────────────────────────────

    def branches(
        self, ids: Sequence[int], value: Field | None = None, weight: Field | None = None
    ) -> dict[int, Branch]:
        """What lies below each of these records, in two statements however many they are."""
        if not ids:
            return {}
        select, _child, parent = self._linked("parent")
        counted = select.select(parent, pw.fn.COUNT(pw.SQL("*"))).where(parent.in_(list(ids)))
        children = dict(db.proxy.execute(counted.group_by(parent)).fetchall())
        rows = self._below(ids, value, weight)
        if len(rows) > limits.HIERARCHY_RECORDS:
            return {one: Branch(children.get(one, 0), whole=False) for one in ids}
        nodes: dict[int, list[Node]] = defaultdict(list)
        for root, *node in rows:
            nodes[root].append((node[0], node[1], node[2], node[3]))
        return {one: _rolled(one, children.get(one, 0), nodes[one]) for one in ids}

    def _below(self, ids: Sequence[int], value: Field | None, weight: Field | None) -> list[Any]:
        """``(root, parent, id, value, weight)`` of each record and everything below it."""
        model = self.everything.scope.model
        roots = model.select(model.id, model.id, model.id).where(model.id.in_(list(ids)))
        below = roots.cte("below", recursive=True, columns=("root", "parent", "id"))
        select, child, parent = self._linked()
        step = select.select(below.c.root, parent, child)
        whole = below.union(step.join_from(parent.source, below, on=(parent == below.c.id)))
        found = whole.select_from(whole.c.root, whole.c.parent, whole.c.id)
        found = found.limit(limits.HIERARCHY_RECORDS + 1).alias("found")
        scope = Scope(self.access, beside=True)
        figures = [scope.column(one) if one else pw.Value(None) for one in (value, weight)]
        return list(
            db.proxy.execute(
                scope.model.select(found.c.root, found.c.parent, found.c.id, *figures).join(
                    found, on=(found.c.id == scope.model.id)
                )
            ).fetchall()
        )


def _returns(record: int, above: dict[int, set[int]]) -> bool:
    """Whether the ways up from a record lead back to it."""
    reached: set[int] = set()
    ahead = list(above.get(record, ()))
    while ahead:
        one = ahead.pop()
        if one == record:
            return True
        if one not in reached:
            reached.add(one)
            ahead += above.get(one, ())
    return False


def _head(record: int, above: dict[int, int]) -> int:
    """The smallest record of the circle that the way up from ``record`` ends in."""
    way: list[int] = []
    while record not in way:
        way.append(record)
        if record not in above:
            return record
        record = above[record]
    return min(way[way.index(record) :])


def _rolled(root: int, children: int, rows: list[Node]) -> Branch:
    """The mean of the leaves below a record, each by its weight (one where there is none)."""
    figures = {one: (value, weight) for _parent, one, value, weight in rows}
    above = {parent for parent, one, _value, _weight in rows if one != parent}
    leaves = [one for one in figures if one not in above]
    if not children:
        return Branch(leaves=1)
    total = parts = 0.0
    counted = 0
    for one in leaves:
        value, weight = figures[one]
        share = 1.0 if weight is None else max(0.0, float(weight))
        if value is not None and share:
            total, parts, counted = total + float(value) * share, parts + share, counted + 1
    mean = total / parts if parts else None
    return Branch(children, len(figures) - 1, len(leaves), counted, mean)
