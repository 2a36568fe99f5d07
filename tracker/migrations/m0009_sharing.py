"""Links to single views, and passes of our own browser."""

from __future__ import annotations

from tracker import db
from tracker.models import RenderPass, SharedLink


def apply() -> None:
    db.proxy.create_tables([SharedLink, RenderPass])
