"""Kept values follow what they are made from, in the transaction of the change.

What a write touched spreads field by field, in the order of the graph: to the record itself, to
the records linking to it, and on to what is made from those. Past `limits.RECOMPUTED_AT_ONCE`
records of one field, the rest is left to the worker (`tracker.computed.backlog`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tracker import clock, db, ddl, fieldtypes, limits, models, schema
from tracker.computed import computing, graph, telling
from tracker.computed.computing import chunks
from tracker.schema import Field, Table


class Spread:
    """What has changed so far: record ids by field, and by table where records came or went."""

    def __init__(self) -> None:
        self.fields: dict[int, set[int]] = defaultdict(set)
        self.others: dict[int, set[int]] = defaultdict(set)  # by link: who lost or won a link
        self.alive: dict[int, set[int]] = defaultdict(set)  # by table: came into being or went
        self.written: dict[int, set[int]] = defaultdict(set)  # by table
        self.new: frozenset[tuple[int, int]] = frozenset()  # (table, record): made just now
        self.made: dict[int, set[int]] = defaultdict(set)  # by table: to be worked out as a whole

    def dirty(self, one: Field) -> tuple[set[int], set[int]]:
        """The records in which the values of ``one`` may have changed: of themselves, and because
        of records they link to.
        """
        now = graph.current()
        own = set(self.made.get(one.table_id, ()))
        if one.id in now.restless:
            own |= self.written.get(one.table_id, set())
        if one.id in now.plans:
            own.update(*(self.fields.get(source, ()) for source in now.inputs[one.id]))
        linking: set[int] = set()
        for link, sources in now.looks[one.id]:
            own |= self._linking(link)
            beyond = set(self.alive.get(link.options["table"], ()))
            beyond.update(*(self.fields.get(source, ()) for source in sources))
            if beyond:
                linking |= near(link, beyond)
        return own, linking - own

    def of_record(
        self, table: Table, record_id: int, before: Mapping[int, Any]
    ) -> dict[int, list[Any]]:
        """Field id → ``[old, new]`` of the kept values of one record that have changed."""
        changed = [
            one
            for one in graph.current().kept
            if one.table_id == table.id and record_id in self.fields.get(one.id, ())
        ]
        if not changed:
            return {}
        columns = ", ".join(one.column for one in changed)
        row = db.query(f"SELECT {columns} FROM {table.sql_name} WHERE id = ?", record_id)[0]
        found = {}
        for one, cell in zip(changed, row, strict=True):
            read = fieldtypes.get(one).column(one).python_value
            found[one.id] = [before.get(one.id), None if cell is None else read(cell)]
        return found

    def _linking(self, link: Field) -> set[int]:
        """The records whose links changed, from whichever side they were written."""
        found = set(self.fields.get(link.id, ()))
        for other_id, others in self.others.items():
            other = schema.current().fields.get(other_id)
            if other is None or other.options.get("junction") != link.options["junction"]:
                continue
            if bool(other.options.get("reverse")) != bool(link.options.get("reverse")):
                found |= others
        return found


def near(link: Field, far_ids: Iterable[int]) -> set[int]:
    """The records that link to any of these."""
    junction, near_, far = ddl.link_sides(link)
    found: set[int] = set()
    for part in chunks(far_ids):
        rows = db.proxy.execute(junction.select(near_).where(far.in_(part))).fetchall()
        found.update(row[0] for row in rows)
    return found


# ── the hook of every writer ─────────────────────────────────────────────────


def watched(table: Table) -> bool:
    """Whether a write to ``table`` may change kept values anywhere."""
    return table.id in graph.current().watched


def wrote(
    table: Table, written: Mapping[int, Mapping[int, list[Any]]], *, depth: int = 0
) -> Spread:
    """Records were changed: record id → field id → ``[old, new]``. ``depth`` as of `changes.note`:
    what follows in other tables may set off automations, too.
    """
    changed = Spread()
    if watched(table):
        links = {one.id for one in table.fields if one.type == "link"}
        changed.written[table.id].update(written)
        for record_id, values in written.items():
            for one, pair in values.items():
                changed.fields[one].add(record_id)
                if one in links:
                    changed.others[one].update(*(ids or () for ids in pair))
        spread(changed, table.id, depth=depth)
    return changed


def made(table: Table, ids: Sequence[int], *, depth: int = 0) -> Spread:
    """Records are new."""
    changed = Spread()
    if watched(table):
        changed.made[table.id] = changed.alive[table.id] = set(ids)
        changed.new = frozenset((table.id, one) for one in ids)
        spread(changed, table.id, depth=depth)
    return changed


def came_or_went(table: Table, ids: Iterable[int]) -> None:
    """Records went to the bin or came back."""
    if watched(table):
        changed = Spread()
        changed.alive[table.id] = changed.made[table.id] = set(ids)
        spread(changed, table.id)


def spread(changed: Spread, origin: int, *, but: int = 0, depth: int = 0) -> None:
    """Work out again what follows from what has changed; what of it changed goes on from there.

    ``origin`` is the table that was written, ``but`` a field that is left alone.
    """
    told = telling.Told(origin)
    hands = computing.Hands(changed.new)
    for one in graph.current().kept:
        if one.id == but:
            continue
        own, linking = changed.dirty(one)
        if len(own) + len(linking) > limits.RECOMPUTED_AT_ONCE:
            later(one)
            linking = set()
        if own or linking:
            told.look(one, own | linking)
            changed.fields[one.id] |= computing.work_out(one, own | linking, hands)
    hands.put_down()
    told.note(depth)


def later(one: Field) -> None:
    """Leave all values of a field to the worker."""
    job = models.Recomputation
    inserted = job.insert(field_id=one.id, table_id=one.table_id, asked_at=clock.now())
    again: dict[Any, Any] = {job.again: True}
    inserted.on_conflict(conflict_target=[job.field_id], update=again).execute()
