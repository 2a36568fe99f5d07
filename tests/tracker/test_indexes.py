"""Indexes come by themselves, behind sort orders, calendars and row rules."""

from __future__ import annotations

from tests import world as worlds
from tracker import (
    crossing,
    db,
    grouping,
    indexes,
    limits,
    models,
    permissions,
    retype,
    schema,
)
from tracker.query import Query

FIGURES = ("sum", "avg", "min", "max")


def view(world: worlds.World, kind: str, options: dict) -> None:
    base, table = world.base.id, world.visits.id
    models.View.create(base=base, table=table, kind=kind, name="x", options=options)


def test_what_views_and_rules_look_at_is_indexed_once(database):
    with db.connection():
        world = worlds.build()
        field = {one.key: one.id for one in world.visits.fields}
        with db.write():
            for options in (
                {"sort": [{"field": field["amount"], "desc": True}, {"field": field["people"]}]},
                {"start": field["day"], "end": field["start"]},
                {"sort": [{"field": field["company"]}]},  # a link has no column
                {"sort": [{"field": 999_999}]},  # gone meanwhile
            ):
                view(world, "grid", options)
        made = indexes.make_missing()
        keys = ("amount", "day", "start", "department", "owner")
        assert {f"x{field[key]}" for key in keys} <= indexes.existing()
        pairs = {f"x{field[a]}_{field[b]}" for a in keys[3:] for b in keys[:3]}
        assert pairs <= indexes.existing()  # a rule's field, then that of a sort order
        assert made == len(keys) + len(pairs)
        assert indexes.make_missing() == 0
        plan = "EXPLAIN " + ("QUERY PLAN " if db.is_sqlite() else "")
        table = world.visits.sql_name
        live = f"SELECT id FROM {table} WHERE deleted_at IS NULL"
        rows = db.query(f"{plan} {live} ORDER BY f{field['amount']} DESC LIMIT 5")
        assert f"x{field['amount']}" in str(rows) or not db.is_sqlite()
        retype.apply(permissions.system(), world.visits.field("amount"), "text")
        assert not {one for one in indexes.existing() if f"{field['amount']}" in one[1:].split("_")}
        assert indexes.make_missing() == 3  # for the new column


def test_charts_of_large_tables_read_their_numbers_from_an_index(database, monkeypatch):
    monkeypatch.setattr(limits, "CHART_INDEXED", 0)
    with db.connection():
        world = worlds.build()
        for number in range(40):
            day = f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}"
            world.visit(str(number), day=day if number % 9 else None, amount=number, kind="上门")
        field = {one.key: one.id for one in world.visits.fields}
        by = [grouping.By(world.visits.field("day"), one) for one in grouping.BUCKETS]
        whole = Query(permissions.system(), world.visits)
        amount = world.visits.field("amount")
        measures = [grouping.Measure(), *(grouping.Measure(one, amount) for one in FIGURES)]

        def figures():
            return [grouping.measured(whole, [one], measures) for one in by], [
                crossing.cells(whole, crossing.Cross((one,), None, tuple(measures[:3])))
                for one in by
            ]

        before = figures()
        month = {"group": field["day"], "measure": {"kind": "sum", "field": field["amount"]}}
        split = {"group": field["day"], "split": field["kind"]}
        with db.write():
            for options in (month, split, {"group": field["company"]}, {"group": field["day"]}):
                view(world, "chart", options)
            grouped = {"group_by": [{"field": field["state"]}], "sort": [{"field": field["day"]}]}
            view(world, "grid", grouped)
            schema.changed()
        indexes.make_missing()
        ordered = f"x{field['state']}_{field['day']}"
        assert (ordered in indexes.existing()) == db.is_sqlite()
        rules = f"{field['owner']}_{field['department']}"
        names = {
            f"x{field['day']}_{rules}_{field['amount']}",
            f"x{field['day']}_{field['kind']}_{rules}",
        }
        made = {one for one in indexes.existing() if one.startswith(f"x{field['day']}_")}
        assert made == (names if db.is_sqlite() else set())
        assert indexes.holds([world.visits.field("day"), amount]) == db.is_sqlite()
        assert figures() == before
