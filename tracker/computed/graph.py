"""Which fields are made from which: the order to work them out in, and the circles to refuse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tracker import fieldtypes, schema
from tracker.computed import formulas
from tracker.computed.throughlinks import parts
from tracker.errors import Refused
from tracker.formula import Plan
from tracker.schema import Field
from tracker.text import _


@dataclass(frozen=True)
class Graph:
    """``kept``: the fields whose values lie in a column, each after those it is made from."""

    inputs: dict[int, frozenset[int]]
    users: dict[int, list[int]]
    kept: tuple[Field, ...]
    watched: frozenset[int]  # the tables where a write may change a kept value
    looks: dict[int, list[tuple[Field, frozenset[int]]]]  # links looked through, fields beyond
    restless: frozenset[int]  # fields that change with every write to their record
    timely: tuple[Field, ...]  # kept fields that change as time goes by
    plans: dict[int, Plan]
    sources: dict[int, frozenset[int]] = field(default_factory=dict)  # table → tables read for it


def current() -> Graph:
    """The graph of the schema as it stands."""
    now = schema.current()
    if "computed" not in now.derived:
        now.derived["computed"] = _build(now.fields.values(), now)
    graph: Graph = now.derived["computed"]
    return graph


def inputs_of(one: Field) -> frozenset[int]:
    """The fields that the values of ``one`` are made from; nothing for a field people fill in."""
    kind = fieldtypes.registry.get(one.type)
    return frozenset(kind.inputs(one)) if isinstance(kind, fieldtypes.Computed) else frozenset()


def _build(fields: Iterable[Field], now: schema.Schema) -> Graph:
    computed = [one for one in fields if fieldtypes.is_computed(one)]
    inputs = {one.id: inputs_of(one) for one in computed}
    users: dict[int, list[int]] = {}
    for one in computed:
        for source in inputs[one.id]:
            users.setdefault(source, []).append(one.id)
    order = [now.fields[one] for one in _sorted(inputs)]
    kept = tuple(one for one in order if fieldtypes.get(one).stored)
    looks = {one.id: _looks(one, inputs[one.id], now) for one in kept}
    watched = {table for one in kept for table in _tables(one, now)}
    plans = {one.id: formulas.planned(one, now.fields) for one in kept if one.type == "formula"}
    sources = {
        table: frozenset(
            other
            for one in order
            if one.table_id == table
            for other in _reached(one.id, inputs, now)
        )
        for table in {one.table_id for one in order}
    }
    return Graph(
        inputs,
        users,
        kept,
        frozenset(watched),
        looks,
        restless=frozenset(one for one, plan in plans.items() if "updated_at" in plan.system),
        timely=tuple(one for one in kept if _is_timely(one, plans.get(one.id), now)),
        plans=plans,
        sources=sources,
    )


def _looks(
    one: Field, inputs: frozenset[int], now: schema.Schema
) -> list[tuple[Field, frozenset[int]]]:
    """The links that a kept field looks through, each with what it reads there; a formula reads
    the titles of linked records.
    """
    through = now.fields.get(one.options.get("link") or 0)
    if through is not None:
        return [(through, inputs - {through.id})]
    links = [now.fields[id_] for id_ in inputs if id_ in now.fields]
    found = []
    for link in (other for other in links if other.type == "link"):
        target = now.tables.get(link.options["table"])
        title = target.title if target else None
        found.append((link, frozenset([title.id] if title else [])))
    return found


def _is_timely(one: Field, plan: Plan | None, now: schema.Schema) -> bool:
    """Whether values change without a write: a formula with TODAY(), a condition on “this week”."""
    if plan is not None:
        return plan.volatile
    leaves = [part for part in parts(one.options.get("condition")) if "op" in part]
    return any(
        part["field"] in now.fields
        and fieldtypes.get(now.fields[part["field"]]).family == "time"
        and part["op"] not in {"empty", "filled"}
        for part in leaves
    )


def _tables(one: Field, now: schema.Schema) -> Iterator[int]:
    yield one.table_id
    for link, _beyond in _looks(one, inputs_of(one), now):
        yield link.options["table"]


def _reached(field_id: int, inputs: Any, now: schema.Schema) -> set[int]:
    """The tables whose records have a part in a field's values."""
    found: set[int] = set()
    waiting, seen = [field_id], set[int]()
    while waiting:
        one = now.fields.get(waiting.pop())
        if one is None or one.id in seen:
            continue
        seen.add(one.id)
        found.update(_tables(one, now))
        waiting += inputs.get(one.id, ())
    return found


def _sorted(inputs: dict[int, frozenset[int]]) -> list[int]:
    """Computed fields, each after those it is made from; one in a circle comes where it comes."""
    done: dict[int, None] = {}

    def visit(one: int, above: tuple[int, ...]) -> None:
        if one in done or one in above or one not in inputs:
            return
        for source in sorted(inputs[one]):
            visit(source, (*above, one))
        done[one] = None

    for one in sorted(inputs):
        visit(one, ())
    return list(done)


def refuse_circle(draft: Field) -> None:
    """`Refused`, naming the way round, when the field would be made from itself."""
    inputs = {**current().inputs, draft.id: inputs_of(draft)}
    way = _way(draft.id, draft.id, inputs, [])
    if way:
        fields = schema.current().fields
        names = [draft.name, *(fields[one].name for one in way[:-1]), draft.name]
        told = " → ".join(f"“{name}”" for name in names)
        raise Refused(_("This would go round in a circle: {path}.", path=told))


def _way(start: int, goal: int, inputs: Any, been: list[int]) -> list[int]:
    for one in sorted(inputs.get(start, ())):
        if one == goal:
            return [one]
        if one not in been:
            been.append(one)
            rest = _way(one, goal, inputs, been)
            if rest:
                return [one, *rest]
    return []


def dependents(field_id: int) -> list[Field]:
    """The computed fields made from this one, directly."""
    fields = schema.current().fields
    return [fields[one] for one in current().users.get(field_id, []) if one in fields]
