"""The small house of the automations' tests, served: its people's browsers, a clock that stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import time_machine

import app as application
from automations import chases
from automations.worker import Worker
from tests.automations import world as house
from tests.automations.world import SYSTEM
from tests.views.conftest import Site
from tracker import db, duties, models, settings
from tracker.models import Duty

COORDINATOR, STAFF, HEAD, STRANGER = "管理员", "上海专员", "华东经理", "外人"


@contextmanager
def served(database: str, folder: Path) -> Iterator[Site]:
    """The house in the database, and the app over it."""
    loaded = settings.load({"ROUNDS_DATA_DIR": str(folder), "ROUNDS_WORKER": "0"})
    made = application.create_app(dataclasses.replace(loaded, database_url=database))
    opened = db.proxy.obj
    with db.connection():
        world: Any = house.build()
        yield Site(made, world, {})
    if hasattr(opened, "close_all"):
        opened.close_all()
    elif not opened.is_closed():
        opened.close()


def site_at(moment: str) -> Any:
    """The fixture ``site`` of a module whose clock stands at this moment."""

    @pytest.fixture
    def site(database: str, tmp_path: Path) -> Iterator[Site]:
        with time_machine.travel(moment, tick=False), served(database, tmp_path) as made:
            yield made

    return site


def worker(site: Site) -> Worker:
    return Worker(site.app.config["SETTINGS"])


def weekly(site: Site, **changes: Any) -> Duty:
    """Each branch files a report by Friday 17:00; its staff are chased."""
    world: Any = site.world
    form = models.Form.create(table=world.table_id, name="填周报")
    duty = duties.save(
        SYSTEM,
        world.base,
        name="项目周报",
        names={"en": "Weekly report"},
        table=world.table,
        definition={
            "owers": {"level": 3},
            "ower_field": "branch",
            "date_field": "day",
            "every": "week",
            "due": {"weekday": 4, "time": "17:00"},
            "since": "2026-10-05",
            **changes,
        },
        form_id=form.id,
    )
    ladder = [{"after_days": 0, "to": "ower"}, {"after_days": 2, "to": "head"}]
    told = {"at": "09:00", "ladder": ladder, "channels": ["inbox"]}
    chases.save(SYSTEM, duty, {**told, "role": world.roles["staff"].id})
    return duty


def matrix(duty: Duty, site: Site) -> models.View:
    """The duty's matrix, shown to staff too."""
    world: Any = site.world
    view = models.View.create(
        base=world.base_id,
        table=world.table_id,
        kind="matrix",
        name="填报情况",
        sharing="shared",
        options={"duty": duty.id},
    )
    role = world.roles["staff"]
    role.views = [view.id]
    role.save()
    return view


def told(name: str) -> int:
    """How many lines somebody has in their inbox."""
    rows = models.Notification.select().join(models.Person).where(models.Person.name == name)
    return int(rows.count())
