"""Buttons that start automations: for whoever sees them, with the rights of the automation."""

from __future__ import annotations

import pytest

from automations import pressing, runner
from automations.worker import Worker
from tests.automations.conftest import Clock
from tests.automations.world import SYSTEM, World, automation, inbox_of
from tracker import db, schema, settings, tables
from tracker.errors import Missing, Refused
from tracker.models import Automation, FieldRight, Run
from tracker.query import Query


def test_a_pressed_button_starts_its_automations_at_once(
    world: World, worker: Worker, clock: Clock
) -> None:
    button = tables.add_field(SYSTEM, world.table, "button", "催一下", key="press", options={})
    plain = {"address": "https://a.cn/{title}"}
    other = tables.add_field(SYSTEM, world.table, "button", "看", key="look", options=plain)
    mine, theirs = world.file("上海", "2026-11-18"), world.file("广州", "2026-11-18", state="草稿")
    clerk = world.viewer("上海专员")

    def press(record: int, field: int = button.id) -> str:
        said = pressing.press(clerk, world.table, record, field, settings.load())
        return said.to("zh")

    found = Query(clerk, world.table).one(mine).values
    assert found[button.id] == f"/r/{world.table_id}/{mine}/press/{button.id}"
    with pytest.raises(Refused):
        press(mine)  # nothing begins with it
    trigger = {"kind": "button", "table": world.table_id, "button": button.id}
    made = automation(world, trigger, condition=world.condition(), subject="催：{title}")
    assert "催一下" in runner.sentence(Automation.get_by_id(made.id), SYSTEM)
    assert press(mine) == press(mine) == "“催一下”已完成。"  # twice within seconds tells once
    worker.tick()
    assert inbox_of(world, "上海专员") == ["催：上海 2026-11-18"]
    assert [(run.trigger, run.record_id) for run in Run.select()] == [("button", mine)] * 2
    clock.wait(minutes=1)
    press(mine)
    worker.tick()
    assert len(inbox_of(world, "上海专员")) == 2
    for record, field in ((theirs, button.id), (mine, other.id), (mine, 999), (999, button.id)):
        with pytest.raises(Missing):
            press(record, field)
    for wrong in ({"button": other.id}, {"button": None}, {"table": 99}):
        with pytest.raises(Refused):
            runner.check(SYSTEM, world.base, {"trigger": {**trigger, **wrong}, "actions": []})
    with db.write():
        FieldRight.create(role=world.roles["staff"], field=button.id, level="hidden")
        schema.changed()
    clerk = world.viewer("上海专员")
    with pytest.raises(Missing):
        press(mine)
