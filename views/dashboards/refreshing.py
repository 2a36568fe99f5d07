"""Whether a dashboard that stands open has changed: asked often, answered mostly without drawing.

What this process remembers is only a short cut; another one draws again and comes to the same.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Any

from tracker import clock, db, schema
from tracker.models import Change
from views.viewing import Viewing

KEPT = 500
TRUSTED_MINUTES = 5  # views, people and departments change without a record changing
_drawn: OrderedDict[tuple[Any, ...], tuple[Any, str]] = OrderedDict()


def unchanged(viewing: Viewing, known: str) -> bool:
    """Whether nothing at all has happened since this viewer was given ``known``."""
    return _drawn.get(_key(viewing)) == (_state(viewing), known)


def remember(viewing: Viewing, html: str) -> str:
    """The stamp of what was drawn for this viewer."""
    stamp = hashlib.sha256(html.encode()).hexdigest()[:32]
    key = _key(viewing)
    _drawn[key] = (_state(viewing), stamp)
    _drawn.move_to_end(key)
    while len(_drawn) > KEPT:
        _drawn.popitem(last=False)
    return stamp


def _key(viewing: Viewing) -> tuple[Any, ...]:
    viewer = viewing.viewer
    params = {key: value for key, value in viewing.params.items() if key != "known"}
    address = tuple(sorted(params.items()))
    return (
        str(db.proxy.obj.database),
        viewing.view.id,
        viewer.person_id,
        viewer.context.lang,
        address,
    )


def _state(viewing: Viewing) -> tuple[Any, ...]:
    """Changes of records, of the schema and rights, of the dashboard, and of the time of day."""
    last = Change.select(Change.id).order_by(Change.id.desc()).first()
    options = hashlib.sha256(repr(viewing.options).encode()).hexdigest()
    now = clock.now()
    moment = f"{now:%Y%m%d%H}", now.minute // TRUSTED_MINUTES
    return last and last.id, schema.version(), options, moment
