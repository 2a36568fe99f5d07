"""Indexes come by themselves, behind sort orders, calendars and row rules."""

from __future__ import annotations

from tests import world as worlds
from tracker import db, indexes, models, permissions, retype


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
                models.View.create(
                    base=world.base.id,
                    table=world.visits.id,
                    kind="grid",
                    name="x",
                    options=options,
                )
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
