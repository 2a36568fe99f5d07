"""What a base file says of forms, views and work is looked at by their rooms before it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from automations import chases, runner
from forms import checking
from tracker import models, permissions, schema
from tracker.errors import Problem, Refused
from tracker.schema import Base
from tracker.text import _
from views import kinds, view_options

VIEWER = permissions.system()
NONE = type(None)
SHAPES: dict[str, tuple[type, ...]] = {  # of the options common to views
    "filter": (dict, bool, NONE),
    "sort": (list, NONE),
    "hidden": (list, NONE),
    "order": (list, str, NONE),
    "widths": (dict, NONE),
    "group": (int, NONE),
    "color": (int, NONE),
}


def look(base: Base) -> None:
    """`Refused` for what could never have been stored here; what merely names nothing may stay."""
    for view in models.View.filter(base=base.id):
        if view.kind not in kinds.registry or kinds.get(view.kind).of_table != bool(view.table_id):
            raise Refused(_("There is no kind of view called {name} here.", name=view.kind[:60]))
        _need_shape(view.options)
        _try(lambda: view_options.checked(VIEWER, view, _options(view)))  # noqa: B023 - called at once
    tables = [one.id for one in base.tables]
    for form in models.Form.filter(models.Form.table.in_(tables)):
        table = schema.current().table(form.table_id)
        for section in _dicts(form.definition, "sections"):
            _dicts(section, "questions")
        _try(lambda: checking.examine(form.definition, table, VIEWER))  # noqa: B023 - called at once
    for one in models.Automation.filter(base=base.id):
        _dicts(one.definition, "actions")
        _try(lambda: runner.check(VIEWER, base, one.definition))  # noqa: B023 - called at once
    for duty in models.Duty.filter(base=base.id):
        for chase in chases.of_duty(duty):
            _dicts(chase.definition, "ladder")
            _try(lambda: chases.check(chase.definition, duty))  # noqa: B023 - called at once


def _need_shape(options: Any) -> None:
    if not all(isinstance(options.get(key), kinds) for key, kinds in SHAPES.items()):
        raise TypeError
    _dicts(options, "sort")
    _dicts(options, "tiles")
    if not all(isinstance(one, int) for one in (options.get("widths") or {}).values()):
        raise TypeError


def _dicts(data: Any, key: str) -> list[dict[str, Any]]:
    """What stands under ``key``: a list of mappings, or nothing."""
    found = data.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise TypeError
    return found


def _options(view: models.View) -> dict[str, Any]:
    """A dashboard has none of the options that are common to the views of a table."""
    stored: dict[str, Any] = dict(view.options)
    if view.table_id:
        return stored
    return {key: one for key, one in stored.items() if key not in view_options.COMMON}


def _try(check: Callable[[], object]) -> None:
    """Refused today is allowed: it was stored while it worked. What breaks the check is not."""
    try:
        check()
    except Problem:
        return
