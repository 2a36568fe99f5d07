"""The demo of the coordination workspace in tests: one Sunday, its people, its checksum."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.conftest import alone
from tracker import models, permissions, schema
from tracker.permissions import Viewer
from tracker.query import Query

STAFF, HEAD = "wangfang@example.com", "lijianguo@example.com"
COORDINATOR, ADMIN = "chenjing@example.com", "zhaolei@example.com"
SYSTEM = permissions.system()
NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")  # a Sunday


def viewer(email: str) -> Viewer:
    return permissions.viewer_for(models.Person.get(models.Person.email == email))


def table(key: str) -> schema.Table:
    return schema.current().locate(f"coordination/{key}")


def total(who: Viewer, key: str, condition: Any = None) -> int:
    return Query(who, table(key)).where(condition).count()


def checksum() -> dict[str, str]:
    """Everything installed that tells of the demo, one sum per table."""
    sums = {}
    for one in schema.current().base("coordination").tables:
        digest = hashlib.sha256()
        every = Query(SYSTEM, one)
        for record in every.fetch(every.ids()):
            digest.update(repr([record.id, record.title, sorted(record.values.items())]).encode())
        sums[one.key] = digest.hexdigest()
    people = models.Person.select(models.Person.email, models.Person.name, models.Person.department)
    people = people.order_by(models.Person.id)
    sums["people"] = hashlib.sha256(repr(list(people.tuples())).encode()).hexdigest()
    return sums


def same_as_elsewhere(run_folder: Path) -> bool:
    """Whether this installation equals those made before it in this run, on either database."""
    sums, own = run_folder / "demo.sums", repr(checksum())
    with alone(run_folder, "demo.sums"):
        if not sums.exists():
            sums.write_text(own, "utf-8")
        return sums.read_text("utf-8") == own
