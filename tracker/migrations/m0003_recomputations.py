"""Recomputations: kept values that the worker is bringing up to date."""

from __future__ import annotations

from tracker import db
from tracker.models import Recomputation


def apply() -> None:
    db.proxy.create_tables([Recomputation])
